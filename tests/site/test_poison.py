"""A frame that the engine cannot apply stops every start, until two operators have signed that it is skipped."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.core.engine import Engine as Core
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.journal.writer import Writer
from lionrock.node.engine import Engine
from lionrock.node.errors import NodeStopped
from lionrock.node.node import Node
from lionrock.node.published import Published
from lionrock.node.skipping import PoisonFrame, Signature, pack_skip, signers
from lionrock.site.configuration import FILE_NAME
from lionrock.site.poison import CannotSkip, NothingToSkip, SignatureFile, find_poison, record_skip, sign_skip
from lionrock.words.commands import COMMANDS
from lionrock.words.enumerations import Side
from lionrock.words.records import RECORD_VERSION, unpack_all
from tests.gateways.rest.live import LiveServer
from tests.node.echo_engine import EchoEngine
from tests.node.trading import order, venue
from tests.programs import run

KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n, name in enumerate(("ann", "bob", "eve"), 1)}
PUBLIC = {name: key.public_key().public_bytes_raw() for name, key in KEYS.items()}
OPERATORS = {name: PUBLIC[name] for name in ("ann", "bob")}


class FaultyCore:
    """The core as it is, save that it meets a fault at one command, in the midst of its frame."""

    def __init__(self, fault_at: int, core: Core | None = None) -> None:
        self._core, self._fault_at = core or Core(), fault_at

    def __getattr__(self, name: str) -> object:
        return getattr(self._core, name)

    def apply(self, commands: bytes | memoryview, /) -> bytes:
        for number, command in enumerate(unpack_all(COMMANDS, commands)):
            if command.sequence == self._fault_at:
                self._core.apply(commands[: number * 128])
                raise OverflowError(f"command {command.sequence} left 64 bits")
        return self._core.apply(commands)


class World(NamedTuple):
    """An engine that faults, and what it takes to bring it back."""

    make: Callable[[], Engine]
    load: Callable[[bytes], Engine] | None
    fault: str


def echo_load(data: bytes) -> Engine:
    engine = EchoEngine(fault_at=16)
    engine.last_sequence, engine.last_time_ns = (int(word) for word in data.split())
    return engine


WORLDS = {
    "echo": World(lambda: EchoEngine(fault_at=16), echo_load, "command 16 broke a sum"),
    "core": World(
        lambda: FaultyCore(16),  # type: ignore[arg-type,return-value]
        lambda data: FaultyCore(16, Core.load(data)),  # type: ignore[arg-type,return-value]
        "command 16 left 64 bits",
    ),
}
BUY = order(11, Side.BUY, 100, 1)


@pytest.fixture(params=list(WORLDS.values()), ids=list(WORLDS))
def world(request: pytest.FixtureRequest) -> World:
    assert isinstance(request.param, World)
    return request.param


def opened(directory: Path, world: World, shown: list[Published] | None = None, *, snapshots: bool = False) -> Node:
    return Node.open(
        directory,
        world.make,
        count(1000).__next__,
        load_engine=world.load if snapshots else None,
        listeners=[] if shown is None else [shown.append],
        operator_keys=OPERATORS,
    )


@pytest.fixture
async def stopped(tmp_path: Path, world: World) -> Path:
    """The data directory of a node that stopped at command 16, the second of the frame of 15 to 17."""
    names = "".join(f'{name} = "{key.hex()}"\n' for name, key in OPERATORS.items())
    (tmp_path / FILE_NAME).write_text(f"[operators]\n{names}")
    node = opened(tmp_path, world)
    await node.submit_all([(command, b"") for command in venue()])
    with pytest.raises(NodeStopped, match=world.fault) as told:
        await node.submit_all([(BUY, b"")] * 3)
    assert not told.value.outcome_known
    await node.close()
    return tmp_path


def signed(directory: Path, world: World, name: str) -> SignatureFile:
    return sign_skip(directory, name, KEYS[name], engine_factory=world.make)


def sequences(frames: list[Published]) -> list[int]:
    return [sequence for frame in frames for sequence in range(frame.sequence, frame.sequence + frame.command_count)]


@pytest.mark.shows("OPER-002")
async def test_a_node_stops_at_it_at_every_start_and_shows_nothing_of_it(stopped: Path, world: World) -> None:
    told = set()
    for _ in range(3):
        shown: list[Published] = []
        with pytest.raises(PoisonFrame, match=world.fault) as poison:
            opened(stopped, world, shown)
        assert sequences(shown) == list(range(1, 15))
        assert (poison.value.sequence, poison.value.next_sequence, poison.value.is_last) == (15, 18, True)
        told.add((str(poison.value), poison.value.statement))
    ((message, statement),) = told
    assert "the frame of sequences 15 to 17 cannot be applied" in message
    assert "lionrock skip" in message
    found = find_poison(stopped, engine_factory=world.make)
    assert (str(found), found.statement) == (message, statement)


@pytest.mark.shows("OPER-003")
async def test_after_two_signatures_the_node_goes_on_behind_it(stopped: Path, world: World) -> None:
    signatures = [signed(stopped, world, name) for name in OPERATORS]
    record_skip(stopped, signatures, 2000, engine_factory=world.make)
    with pytest.raises(NothingToSkip, match="up to sequence 17"):
        find_poison(stopped, engine_factory=world.make)

    shown: list[Published] = []
    node = opened(stopped, world, shown)
    assert node.recovered.commands == 17
    (event,) = await node.submit(BUY)
    assert event.sequence == 18
    await node.close()
    assert sequences(shown) == [*range(1, 15), 18]
    digest = node.engine.digest()

    again: list[Published] = []
    node = opened(stopped, world, again)
    assert sequences(again) == sequences(shown)
    assert node.engine.digest() == digest
    await node.close()

    node = opened(stopped, world, snapshots=True)
    assert (node.recovered.snapshot_sequence, node.recovered.commands) == (0, 18)
    await node.close()
    node = opened(stopped, world, snapshots=True)
    assert (node.recovered.snapshot_sequence, node.recovered.commands) == (18, 0)
    assert node.engine.digest() == digest
    assert (await node.submit(BUY))[0].sequence == 19
    await node.close()


@pytest.mark.shows("OPER-003")
async def test_a_snapshot_before_it_serves_as_well(tmp_path: Path, world: World) -> None:
    node = opened(tmp_path, world, snapshots=True)
    await node.submit_all([(command, b"") for command in venue()])
    await node.close()
    node = opened(tmp_path, world, snapshots=True)
    assert node.recovered.snapshot_sequence == 14
    with pytest.raises(NodeStopped):
        await node.submit_all([(BUY, b"")] * 3)
    await node.close()
    with pytest.raises(PoisonFrame):
        opened(tmp_path, world, snapshots=True)
    names = "".join(f'{name} = "{key.hex()}"\n' for name, key in OPERATORS.items())
    (tmp_path / FILE_NAME).write_text(f"[operators]\n{names}")
    record_skip(tmp_path, [signed(tmp_path, world, name) for name in OPERATORS], 2000, engine_factory=world.make)
    node = opened(tmp_path, world, snapshots=True)
    assert (node.recovered.snapshot_sequence, node.recovered.commands) == (14, 3)
    assert (await node.submit(BUY))[0].sequence == 18
    await node.close()


@pytest.mark.shows("OPER-004")
async def test_nothing_less_than_two_operators_over_this_frame_is_recorded(stopped: Path, world: World) -> None:
    ann, bob = (signed(stopped, world, name) for name in OPERATORS)
    other = ann.statement.replace("15 to 17", "12 to 14")
    over_another = SignatureFile("bob", other, KEYS["bob"].sign(other.encode()).hex())
    forged = SignatureFile("bob", bob.statement, KEYS["eve"].sign(bob.statement.encode()).hex())
    garbage = SignatureFile("bob", bob.statement, "no hex")
    stranger = SignatureFile("eve", ann.statement, KEYS["eve"].sign(ann.statement.encode()).hex())
    before = {path: path.read_bytes() for path in (stopped / "journal").iterdir()}
    for signatures, complaint in (
        ([], "0 of 2 signatures"),
        ([ann], "1 of 2 signatures: another operator has to sign"),
        ([ann, ann], "ann signed twice; 2 operators have to sign"),
        ([ann, over_another], "bob signed something else"),
        ([ann, forged], "the signature of bob is not one of the key"),
        ([ann, garbage], "the signature of bob is not one of the key"),
        ([ann, stranger], "knows no operator eve"),
        ([ann, bob, stranger], "knows no operator eve"),
    ):
        with pytest.raises(CannotSkip, match=complaint):
            record_skip(stopped, signatures, 2000, engine_factory=world.make)
    with pytest.raises(CannotSkip, match="knows no operator eve"):
        signed(stopped, world, "eve")
    with pytest.raises(CannotSkip, match="not the key that the configuration has for ann"):
        sign_skip(stopped, "ann", KEYS["bob"], engine_factory=world.make)
    assert {path: path.read_bytes() for path in (stopped / "journal").iterdir()} == before
    with pytest.raises(PoisonFrame):
        opened(stopped, world)


FORGED: dict[str, Callable[[bytes], list[Signature]]] = {
    "none": lambda _: [],
    "one": lambda text: [Signature("ann", KEYS["ann"].sign(text))],
    "one, twice": lambda text: [Signature("ann", KEYS["ann"].sign(text))] * 2,
    "one key, two names": lambda text: [Signature(name, KEYS["ann"].sign(text)) for name in OPERATORS],
    "over another text": lambda text: [Signature(name, KEYS[name].sign(text + b" ")) for name in OPERATORS],
    "strangers": lambda text: [Signature(name, KEYS["eve"].sign(text)) for name in ("eve", "bob")],
}


@pytest.mark.shows("OPER-004")
@pytest.mark.parametrize("signatures", FORGED.values(), ids=FORGED)
async def test_a_frame_without_two_valid_signatures_skips_nothing(
    stopped: Path, world: World, signatures: Callable[[bytes], list[Signature]]
) -> None:
    """Whoever can write in the journal still needs two operators' keys."""
    text = find_poison(stopped, engine_factory=world.make).statement
    append(stopped, 0, b"", pack_skip(text, signatures(text)), RECORD_VERSION)
    with pytest.raises(PoisonFrame, match=world.fault) as poison:
        opened(stopped, world)
    assert not poison.value.is_last
    valid = [SignatureFile(name, text.decode(), KEYS[name].sign(text).hex()) for name in OPERATORS]
    with pytest.raises(CannotSkip, match="Frames follow it"):
        record_skip(stopped, valid, 2000, engine_factory=world.make)


def test_one_key_under_two_names_is_one_operator() -> None:
    signatures = [Signature(name, KEYS["ann"].sign(b"text")) for name in ("ann", "anna")]
    assert signers(b"text", signatures, {"ann": PUBLIC["ann"], "anna": PUBLIC["ann"]}) == {PUBLIC["ann"]}


def append(directory: Path, record_count: int, records: bytes, side: bytes, record_version: int) -> None:
    """A frame from outside, right in every checksum."""
    reader = Reader(directory / "journal", Disk(), from_any_sequence=True)
    frames = list(reader)
    writer = Writer(directory / "journal", Disk(), reader.end, bytes(16))
    writer.append(frames[-1].time_ns, record_count, records, side, record_version)
    writer.close()


def command(*arguments: object) -> dict[str, object]:
    """The JSON that a command prints."""
    done = run(*(str(each) for each in arguments), "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def refused(*arguments: object) -> str:
    """The one line that a command says instead of doing anything."""
    done = run(*(str(each) for each in arguments))
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


@pytest.mark.shows("OPER-002", "OPER-003", "OPER-004", "JRNL-025")
@pytest.mark.parametrize(
    ("records", "version", "reason"),
    [
        (bytes(256), RECORD_VERSION, "command 0 does not follow"),
        (bytes(256), RECORD_VERSION + 1, f"its records are of version {RECORD_VERSION + 1}"),
    ],
    ids=["no commands", "a later vocabulary"],
)
def test_operators_bring_a_server_past_it(tmp_path: Path, records: bytes, version: int, reason: str) -> None:
    site = tmp_path / "site"
    server = LiveServer(site, "--sandbox")
    trader = server.account(BTC="1")
    assert server.stop() == 0
    append(site, 2, records, b"", version)

    start = ("serve", "--sandbox", "--data", site, "--port", "0")
    messages = {refused(*start) for _ in range(3)}
    assert len(messages) == 1
    assert reason in messages.pop()

    keys = {name: command("operator", "new-key", tmp_path / f"{name}.key")["public_key"] for name in ("ann", "bob")}
    assert (tmp_path / "ann.key").stat().st_mode & 0o777 == 0o600
    assert "it was kept, and no key was made" in refused("operator", "new-key", tmp_path / "ann.key")
    (site / FILE_NAME).write_text("".join(["[operators]\n", *(f'{name} = "{key}"\n' for name, key in keys.items())]))
    shown = command("skip", "show", site)
    assert reason in str(shown["reason"])
    assert str(shown["frame_hash"]) in str(shown["statement"])
    for name in keys:
        out = tmp_path / f"{name}.signature"
        told = command("skip", "sign", site, "--operator", name, "--key", tmp_path / f"{name}.key", "--out", out)
        assert told == {"operator": name, "file": str(out)}
    one, other = (tmp_path / f"{name}.signature" for name in keys)
    assert "1 of 2" in refused("skip", "record", site, "--signature", one)
    assert "no file that" in refused("skip", "record", site, "--signature", one, "--signature", site / FILE_NAME)
    assert reason in refused(*start)
    (tmp_path / "ann.key").chmod(0o640)
    assert "chmod 600" in refused("skip", "sign", site, "--operator", "ann", "--key", tmp_path / "ann.key")

    told = command("skip", "record", site, "--signature", one, "--signature", other)
    assert told["signed_by"] == ["ann", "bob"]
    assert told["last_sequence"] == shown["last_sequence"]
    for _ in range(2):
        server.start()
        assert "is in use by process" in refused("skip", "show", site)
        trader.limit("SELL", "0.1", "50000")
        assert server.stop() == 0
    server.start()
    assert [row["price"] for row in trader.open_orders()] == ["50000", "50000"]
    assert server.stop() == 0
    assert "nothing is to be skipped" in refused("skip", "show", site)

    (site / FILE_NAME).write_text("")  # no snapshot either: the signatures are needed again
    for path in (site / "snapshots").iterdir():
        path.unlink()
    assert reason in refused(*start)
    former = "".join(f'{name} = "{key}"\n' for name, key in keys.items())
    (site / FILE_NAME).write_text(f"[former_operators]\n{former}")
    server.start()
    assert len(trader.open_orders()) == 2
    digest = server.get("/lionrock/v1/sandbox/state").json()["digest"]
    assert server.stop() == 0
    assert command("journal", "digest", site)["digest"] == digest
    assert command("backup", site, tmp_path / "kept")["state_digest"] == digest
    assert command("backup", "--drill", tmp_path / "kept")["state_digest"] == digest
