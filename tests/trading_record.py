"""A data directory in which some trading was recorded, with what an engine made of it, to look into."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lionrock.core.engine import Engine
from lionrock.journal.frames import Frame
from lionrock.journal.writer import SEGMENT_BYTES
from lionrock.node.stamping import FIRST_ID, stamped
from lionrock.words.commands import COMMANDS, Command
from lionrock.words.records import RECORD_VERSION, unpack_all
from lionrock.words.side_notes import pack_notes
from tests.journal.journals import read, writer_at_end
from tests.node.trading import random_flow, venue


class TradingRecord(NamedTuple):
    """What was recorded, and where it led."""

    frames: list[Frame]
    commands: list[Command]
    """As they were stamped."""
    notes: dict[int, bytes]
    """By sequence."""
    digests: dict[int, str]
    """After the last sequence of each frame, and after 0."""
    events: int


def make_trading_record(directory: Path, frames: int, segment_bytes: int = SEGMENT_BYTES) -> TradingRecord:
    """Some of the frames have no record, some commands a note. The journal is closed."""
    chance = random.Random(11)
    engine = Engine()
    writer = writer_at_end(directory / "journal", segment_bytes=segment_bytes)
    flow = _flow(chance)
    record = TradingRecord([], [], {}, {0: engine.digest()}, 0)
    events = 0
    for number in range(frames):
        time_ns = 10**18 + number * 10**9
        if number % 7 == 6:
            writer.append(time_ns, 0, b"", b"said beside the records", RECORD_VERSION)
            continue
        first = writer.next_sequence
        batch = [next(flow) for _ in range(chance.randint(1, 5))]
        block = stamped([command.pack() for command in batch], first, time_ns)
        notes = {at: f"client {first + at}\n\x1b[1m".encode() for at in range(len(batch)) if chance.random() < 0.5}
        writer.append(time_ns, len(batch), block, pack_notes(notes.items()), RECORD_VERSION)
        events += len(engine.apply(block)) // 128
        record.commands.extend(unpack_all(COMMANDS, block))
        record.notes.update({first + at: note for at, note in notes.items()})
        record.digests[first + len(batch) - 1] = engine.digest()
    writer.close()
    return record._replace(frames=read(directory / "journal")[0], events=events)


def _flow(chance: random.Random) -> Iterator[Command]:
    yield from venue()
    yield from random_flow(chance, FIRST_ID, len(venue()))
