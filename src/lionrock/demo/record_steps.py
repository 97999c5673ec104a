"""Steps of the record: killed in mid-flow and the same again, and one byte of a copy that does not stay unseen."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lionrock.demo.stage import Stage, left
from lionrock.demo.trading_day import Flow, TradingDay
from lionrock.journal.disk import Disk
from lionrock.journal.frames import HEADER_BYTES, MAGIC, encoded_length
from lionrock.journal.reader import Reader
from lionrock.sim.api_client import RefusedByVenueError
from lionrock.sim.auditor import Auditor

ANSWERS_BEFORE_KILL = 500
PATIENCE_SECONDS = 60
STEPS_AFTER = 200
"""The last ones of the flow."""
UNSIGNED = 3
"""What the verifier ends with when it finds no fault and was given no key."""
NEWEST = 100
"""Orders that the venue acknowledged last, asked for one by one after the restart."""


def kill(stage: Stage) -> None:
    day, flow, venue = left(stage.day), left(stage.flow), left(stage.venue)
    day.move_to(stage.connection())
    before = day.answered()
    reached = threading.Event()

    def look() -> None:
        if day.answered() >= before + ANSWERS_BEFORE_KILL:
            reached.set()

    trading = threading.Thread(target=lambda: _until_it_is_gone(day, flow, look), daemon=True)
    trading.start()
    stage.check(reached.wait(PATIENCE_SECONDS), "orders are flowing: 500 more were acknowledged")
    venue.kill()
    trading.join(PATIENCE_SECONDS)
    stage.check(not trading.is_alive(), f"killed as by a power cut (SIGKILL), after {day.answered():,} answers")
    seconds = stage.open_venue()
    stage.check_ready(f"started again on what is left, the journal; it answers after {seconds:.1f} s")
    day.move_to(stage.connection())
    state = stage.connection().call("GET", "/lionrock/v1/sandbox/state")
    newest = list(day.sent)[-NEWEST:]
    known = sum(_is_known(day, reference) for reference in newest)
    stage.check(known == len(newest), f"the {known} orders that were acknowledged last are all there")
    auditor = Auditor()
    for frame in Reader(stage.data / "journal", Disk()):
        auditor.apply(frame.records)
        if frame.next_sequence > state["sequence"]:
            break  # makers go on quoting meanwhile
    stage.check(
        auditor.digest() == state["digest"],
        f"command {state['sequence']:,}: a second model, written apart, reads the journal to the same digest "
        f"{state['digest'][:16]}…",
    )
    day.move_to(stage.connection())  # a server hangs up on who says nothing for long
    grown = day.answered()
    day.play(flow.steps[-STEPS_AFTER:], lambda: None)
    stage.check(day.answered() > grown, f"and trading goes on: {day.answered() - grown} more answers")


def _until_it_is_gone(day: TradingDay, flow: Flow, look: Callable[[], None]) -> None:
    try:
        day.play(flow.after_kill, look)
    except (OSError, RefusedByVenueError):
        return  # the venue was killed while it was asked


def _is_known(day: TradingDay, reference: int) -> bool:
    try:
        found = day.trader_of(reference).signed("GET", "/api/v1/spot/order", clientOrderId=str(reference))
    except RefusedByVenueError:
        return False
    return str(found["clientOrderId"]) == str(reference)


def one_byte(stage: Stage) -> None:
    copy = stage.directory / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(stage.data / "journal", copy / "journal")
    whole, told = _verified(stage, copy)
    stage.check(
        whole in {0, UNSIGNED} and not told["faults"],
        f"a copy of the journal verifies: {told['frames']:,} frames in a chain, no fault",
    )
    segment, offset, frame = _in_the_middle(copy / "journal")
    raw = bytearray(segment.read_bytes())
    raw[offset] ^= 1
    segment.write_bytes(raw)
    stage.tell(f"One bit of the copy is turned, in byte {offset:,} of {segment.name}.")
    broken, told = _verified(stage, copy)
    stage.check(
        broken == 1 and not told["sound"],
        f"the verifier, one file that needs nothing else, says no: exit code {broken}",
    )
    (fault,) = told["faults"][:1]
    first, last = fault["frames"]
    stage.check(
        first <= frame <= last,
        f"and names the frame, {first}, which begins with command {fault['sequence']}: {fault['reason']}",
    )
    shutil.rmtree(copy)


def _verified(stage: Stage, directory: Path) -> tuple[int, dict[str, Any]]:
    done = stage.run("journal", "verify", str(directory), "--json")
    return done.returncode, json.loads(done.stdout or "{}")


def _in_the_middle(journal: Path) -> tuple[Path, int, int]:
    """A byte in the records of a frame half way through the first segment: its file, its place, the frame's number."""
    segment = min(journal.glob("*.frames"))
    raw = segment.read_bytes()
    starts = [0]
    while raw[starts[-1] : starts[-1] + len(MAGIC)] == MAGIC:
        starts.append(starts[-1] + encoded_length(raw[starts[-1] : starts[-1] + HEADER_BYTES]))
    wanted = len(starts) // 2
    return segment, starts[wanted] + HEADER_BYTES, wanted
