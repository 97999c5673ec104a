from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest

from lionrock.core.engine import Engine
from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from lionrock.journal.segments import JournalDamaged
from lionrock.node import node as node_module
from lionrock.node.errors import DirectoryInUse, NodeBusy, NodeStopped
from lionrock.node.node import Node
from lionrock.node.published import Published
from lionrock.node.skipping import PoisonFrame
from lionrock.node.stamping import FIRST_ID
from lionrock.sim.world.disk import Medium, SimulatedDisk
from lionrock.words.commands import Command, OpenAccount, PlaceOrder
from lionrock.words.enumerations import AccountKind, Side
from lionrock.words.events import AccountOpened, CommandRejected, Event, OrderFilled, OrderPlaced, TradeExecuted
from tests.journal.journals import only_segment
from tests.node.echo_engine import EchoEngine
from tests.node.trading import order, venue

BUY = order(11, Side.BUY, 100, 1)


def ticking() -> Callable[[], int]:
    return count(1000).__next__


class GatedDisk(Disk):
    """Every sync waits until the test lets it go on."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def sync_data(self, descriptor: int) -> None:
        self.begun.set()
        assert self.may_end.wait(timeout=60)
        super().sync_data(descriptor)

    async def sync_has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 60)


@pytest.fixture
def gated_disk() -> Iterator[GatedDisk]:
    disk = GatedDisk()
    yield disk
    disk.may_end.set()


async def outcomes(calls: list[asyncio.Task[list[Event]]]) -> list[list[Event] | BaseException]:
    return await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.shows("JRNL-010")
async def test_nothing_is_shown_before_it_is_durable(tmp_path: Path, gated_disk: GatedDisk) -> None:
    shown: list[Published] = []
    node = Node.open(tmp_path, EchoEngine, ticking(), disk=gated_disk)
    node.subscribe(shown.append)
    await node.settled()
    order_of_things: list[str] = []
    node.subscribe(lambda _: order_of_things.append("listener"))

    async def submit() -> list[Event]:
        events = await node.submit(BUY, b"note")
        order_of_things.append("submitter")
        return events

    submitting = asyncio.create_task(submit())
    await gated_disk.sync_has_begun()
    settling = asyncio.create_task(node.settled())
    await asyncio.sleep(0.05)
    assert node.engine.last_sequence == 1  # applied meanwhile
    assert (shown, submitting.done(), settling.done()) == ([], False, False)

    gated_disk.may_end.set()
    events = await submitting
    await settling
    assert order_of_things == ["listener", "submitter"]
    assert [frame.events for frame in shown] == [events]
    assert shown[0].notes == {0: b"note"}
    await node.close()


@pytest.mark.shows("JRNL-011")
async def test_64_senders_share_frames(tmp_path: Path) -> None:
    frames: list[Published] = []
    node = Node.open(tmp_path, EchoEngine, ticking(), listeners=[frames.append])

    async def send(account_id: int) -> None:
        for _ in range(10):
            (event,) = await node.submit(order(account_id, Side.BUY, 100, 1))
            assert isinstance(event, CommandRejected)
            assert event.first_figure == account_id  # everyone gets the answer to his own command

    await asyncio.gather(*(send(account_id) for account_id in range(100, 164)))
    await node.close()
    assert sum(frame.command_count for frame in frames) == 640
    assert len(frames) <= 640 // 16


@pytest.mark.shows("JRNL-011")
async def test_a_group_stands_in_one_frame_in_its_order(tmp_path: Path) -> None:
    frames: list[Published] = []
    node = Node.open(tmp_path, EchoEngine, ticking(), listeners=[frames.append], batch_limit=27)
    groups = [[(order(account_id, Side.BUY, price, 1), b"") for price in range(1, 11)] for account_id in range(1, 6)]
    answers = await asyncio.gather(*(node.submit_all(group) for group in groups))
    assert await node.submit_all([]) == []
    await node.close()
    for number, answer in enumerate(answers):
        assert [event.sequence for (event,) in answer] == list(range(1 + 10 * number, 11 + 10 * number))
    placed = [command for frame in frames for command in frame.commands if isinstance(command, PlaceOrder)]
    assert [(command.account_id, command.price_ticks) for command in placed] == [
        (account_id, price) for account_id in range(1, 6) for price in range(1, 11)
    ]
    assert [frame.command_count for frame in frames] == [20, 20, 10]


@pytest.mark.shows("JRNL-012")
async def test_the_node_gives_sequence_time_and_ids(tmp_path: Path) -> None:
    frames: list[Published] = []
    times = iter([50, 40, 60])
    node = Node.open(tmp_path, EchoEngine, times.__next__, listeners=[frames.append])
    open_account = OpenAccount(account_id=0, account_kind=AccountKind.CLIENT)
    await node.submit_all([(BUY, b""), (open_account, b"a"), (order(5, Side.SELL, 1, 1), b"")])
    await node.submit(PlaceOrder(**{name: getattr(BUY, name) for name in BUY.__struct_fields__} | {"order_id": 77}))
    await node.close()
    node = Node.open(tmp_path, EchoEngine, times.__next__)
    node.subscribe(frames.append)
    await node.submit(OpenAccount(account_id=78, account_kind=AccountKind.CLIENT))
    await node.close()
    assert [
        (command.sequence, command.time_ns, _created(command)) for frame in frames for command in frame.commands
    ] == [(1, 50, FIRST_ID + 1), (2, 50, FIRST_ID + 2), (3, 50, FIRST_ID + 3), (4, 50, 77), (5, 60, 78)]
    assert len(str(FIRST_ID + 1)) == 19


def _created(command: Command) -> int:
    return command.order_id if isinstance(command, PlaceOrder) else getattr(command, "account_id", 0)


@pytest.mark.shows("JRNL-013")
async def test_a_failed_sync_stops_the_node_and_loses_nothing_acknowledged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk, shown = SimulatedDisk(Medium(Random(0), tmp_path)), list[Published]()
    node = Node.open(tmp_path, Engine, ticking(), disk=disk, listeners=[shown.append])
    acknowledged = [events for group in [await node.submit_all([(c, b"") for c in venue()])] for events in group]
    acknowledged.append(await node.submit(BUY))
    shown_before = len(shown)
    disk.faults.failed_sync = 1.0
    failing = asyncio.create_task(node.failed())
    await asyncio.sleep(0)
    assert (failing.done(), node.failure, caplog.records) == (False, None, [])
    calls = [asyncio.create_task(node.submit(BUY)) for _ in range(5)]
    settling = asyncio.create_task(_settled_after(calls[0], node))
    for outcome in await outcomes(calls):
        assert isinstance(outcome, NodeStopped)
        assert not outcome.outcome_known
        assert "Input/output error" in str(outcome)
        assert "ask for its state" in str(outcome)
    assert isinstance(await settling, NodeStopped)
    with pytest.raises(NodeStopped, match="was not recorded") as refused:
        await node.submit(BUY)
    assert refused.value.outcome_known
    assert len(shown) == shown_before
    await failing
    assert node.failure == "OSError: [Errno 5] Input/output error"
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("CRITICAL", "The node has stopped: OSError: [Errno 5] Input/output error")
    ]
    await node.close()

    after: list[Published] = []
    node = Node.open(tmp_path, Engine, ticking(), disk=SimulatedDisk(disk.medium), listeners=[after.append])
    replayed = [events for frame in after for events in frame.events_by_command]
    assert replayed[: len(acknowledged)] == acknowledged
    assert node.recovered.commands in {len(acknowledged), len(acknowledged) + 5}
    await node.close()


async def _settled_after(call: asyncio.Task[list[Event]], node: Node) -> BaseException | None:
    await asyncio.wait([call])
    try:
        await node.settled()
    except NodeStopped as stopped:
        return stopped
    return None


@pytest.mark.shows("JRNL-013")
async def test_a_fault_of_the_engine_stops_the_node(tmp_path: Path) -> None:
    shown: list[Published] = []
    node = Node.open(tmp_path, lambda: EchoEngine(fault_at=3), ticking(), listeners=[shown.append], batch_limit=2)
    calls = [asyncio.create_task(node.submit(BUY)) for _ in range(6)]
    results = await outcomes(calls)
    assert [isinstance(result, NodeStopped) for result in results] == [False, False, True, True, True, True]
    assert [result.outcome_known for result in results if isinstance(result, NodeStopped)] == [False, False, True, True]
    assert "command 3 broke a sum" in str(results[-1])
    assert [frame.sequence for frame in shown] == [1]
    with pytest.raises(NodeStopped, match="command 3 broke a sum"):
        await node.settled()
    await node.close()
    with pytest.raises(PoisonFrame, match="command 3 broke a sum"):
        Node.open(tmp_path, lambda: EchoEngine(fault_at=3), ticking())


async def test_a_listener_that_raises_stops_the_node(tmp_path: Path) -> None:
    node = Node.open(tmp_path, EchoEngine, ticking())

    def listener(_: Published) -> None:
        raise RuntimeError("the view is full")

    node.subscribe(listener)
    with pytest.raises(NodeStopped, match="the view is full"):
        await node.submit(BUY)
    await node.close()


@pytest.mark.shows("JRNL-014")
async def test_too_many_waiting_commands_are_refused(
    tmp_path: Path, gated_disk: GatedDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_module, "WAITING_LIMIT", 10)
    node = Node.open(tmp_path, EchoEngine, ticking(), disk=gated_disk)
    first = asyncio.create_task(node.submit(BUY))
    await gated_disk.sync_has_begun()
    waiting = [asyncio.create_task(node.submit(BUY)) for _ in range(8)]
    await asyncio.sleep(0)
    with pytest.raises(NodeBusy, match="8 commands are waiting and the limit is 10"):
        await node.submit_all([(BUY, b"")] * 3)
    with pytest.raises(ValueError, match="11 commands at once"):
        await node.submit_all([(BUY, b"")] * 11)
    waiting.append(asyncio.create_task(node.submit(BUY)))
    gated_disk.may_end.set()
    assert all(isinstance(result, list) for result in await outcomes([first, *waiting]))
    await node.submit_all([(BUY, b"")] * 3)
    await node.close()
    assert Node.open(tmp_path, EchoEngine, ticking()).recovered.commands == 13


async def test_a_malformed_command_is_refused_alone(tmp_path: Path) -> None:
    node = Node.open(tmp_path, EchoEngine, ticking())
    good = asyncio.create_task(node.submit(BUY))
    with pytest.raises(ValueError, match="does not fit"):
        await node.submit(order(2**64, Side.BUY, 1, 1))
    with pytest.raises(ValueError, match="longer than 4096"):
        await node.submit(BUY, bytes(4097))
    assert (await good)[0].sequence == 1
    assert (await node.submit(BUY))[0].sequence == 2
    await node.close()


async def test_a_sender_who_goes_away_does_not_take_his_command_with_him(tmp_path: Path, gated_disk: GatedDisk) -> None:
    node = Node.open(tmp_path, EchoEngine, ticking(), disk=gated_disk)
    gone, stays = asyncio.create_task(node.submit(BUY)), asyncio.create_task(node.submit(BUY))
    await gated_disk.sync_has_begun()
    gone.cancel()
    gated_disk.may_end.set()
    assert (await stays)[0].sequence == 2
    await node.close()


async def test_closing_finishes_what_waits_and_takes_no_more(tmp_path: Path, gated_disk: GatedDisk) -> None:
    node = Node.open(tmp_path, EchoEngine, ticking(), disk=gated_disk)
    waiting = [asyncio.create_task(node.submit(BUY)) for _ in range(20)]
    await gated_disk.sync_has_begun()
    closing = asyncio.create_task(node.close())
    await asyncio.sleep(0)
    with pytest.raises(NodeStopped, match="being closed"):
        await node.submit(BUY)
    gated_disk.may_end.set()
    await closing
    await node.close()
    assert all(isinstance(result, list) for result in await outcomes(waiting))
    with pytest.raises(NodeStopped, match="closed"):
        await node.submit(BUY)


@pytest.mark.shows("JRNL-015")
async def test_a_restart_brings_the_same_state_and_the_same_frames(tmp_path: Path) -> None:
    live: list[Published] = []
    node = Node.open(tmp_path, Engine, ticking(), listeners=[live.append])
    await node.submit_all([(command, b"") for command in venue()])
    sold = await node.submit(order(11, Side.SELL, 100, 5), b"ann-1")
    bought = await node.submit(order(12, Side.BUY, 101, 5), b"bob-1")
    assert [type(event) for event in sold] == [OrderPlaced]
    assert [type(event) for event in bought] == [OrderPlaced, TradeExecuted, OrderFilled, OrderFilled]
    (opened,) = await node.submit(OpenAccount(account_id=0, account_kind=AccountKind.CLIENT))
    assert isinstance(opened, AccountOpened)
    lines, digest = node.engine.lines(), node.engine.digest()
    await node.close()

    again: list[Published] = []
    read_bytes: list[tuple[int, int]] = []
    node = Node.open(
        tmp_path, Engine, ticking(), listeners=[again.append], progress=lambda *so_far: read_bytes.append(so_far)
    )
    assert (node.engine.lines(), node.engine.digest()) == (lines, digest)
    assert [_content(frame) for frame in again] == [_content(frame) for frame in live]
    assert (node.recovered.frames, node.recovered.torn_tail) == (len(live), None)
    assert node.recovered.commands == sum(frame.command_count for frame in live)
    assert read_bytes == sorted(read_bytes)
    assert read_bytes[-1][0] == read_bytes[-1][1] == _only_segment(tmp_path).stat().st_size
    later = await node.submit(order(12, Side.BUY, 99, 1))
    assert later[0].sequence == node.engine.last_sequence == node.recovered.commands + 1
    await node.close()


def _only_segment(directory: Path) -> Path:
    return only_segment(directory / "journal")


def _content(frame: Published) -> tuple[int, int, bytes, bytes, dict[int, bytes], list[Command], list[Event]]:
    return (
        frame.sequence, frame.time_ns, bytes(frame.command_records), frame.event_records, frame.notes, frame.commands,
        frame.events,
    )  # fmt: skip


@pytest.mark.shows("JRNL-015", "JRNL-020")
async def test_a_torn_tail_is_told_at_restart_and_damage_refuses_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node.open(tmp_path, EchoEngine, ticking())
    for _ in range(3):
        await node.submit(BUY)
    await node.close()
    path = _only_segment(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(JournalDamaged, match="was closed after its last write"):
        Node.open(tmp_path, EchoEngine, ticking())
    (tmp_path / "journal" / MARK_NAME).unlink()
    shown: list[Published] = []
    node = Node.open(tmp_path, EchoEngine, ticking(), listeners=[shown.append])
    torn = node.recovered.torn_tail
    assert torn is not None
    (told,) = caplog.records
    assert told.getMessage().startswith(
        f"The last write to {path} was cut short: bytes {torn.start} to {torn.stop} are dropped ({torn.reason}). "
        "What a crash cuts short was never acknowledged"
    )
    assert [frame.sequence for frame in shown] == [1, 2]
    await node.close()
    path.write_bytes(whole[:100] + b"!" + whole[101:])
    for _ in range(2):  # the lock is free again after the refusal
        with pytest.raises(JournalDamaged):
            Node.open(tmp_path, EchoEngine, ticking())


@pytest.mark.shows("JRNL-017")
async def test_a_second_writer_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    node = Node.open(tmp_path, EchoEngine, ticking())
    with pytest.raises(DirectoryInUse, match=f"in use by process {os.getpid()}:"):
        Node.open(tmp_path, EchoEngine, ticking())
    script = (
        "import sys, pathlib; from lionrock.node.lock import DirectoryLock; DirectoryLock(pathlib.Path(sys.argv[1]))"
    )
    other = [sys.executable, "-c", script, str(tmp_path)]
    refused = await asyncio.to_thread(subprocess.run, other, capture_output=True, text=True, check=False)
    assert f"in use by process {os.getpid()}:" in refused.stderr
    await node.close()
    freed = await asyncio.to_thread(subprocess.run, other, capture_output=True, text=True, check=False)
    assert (freed.returncode, freed.stderr) == (0, "")
    await Node.open(tmp_path, EchoEngine, ticking()).close()


async def test_a_clock_that_fails_stops_the_node_and_nothing_waits_for_ever(tmp_path: Path) -> None:
    node = Node.open(tmp_path, EchoEngine, iter([5]).__next__)
    await node.submit(BUY)
    with pytest.raises(NodeStopped) as stopped:
        await node.submit(BUY)
    assert stopped.value.outcome_known
    await node.close()
