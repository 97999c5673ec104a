"""Golden journals: one of each version of the vocabulary, kept for good, and what a restart has to make of it.

A venue's journal outlives the program that wrote it. So of each `RECORD_VERSION` there is a directory with

- `archive/NNN.frames.gz`: a journal of that version, in the form of a site's archive, with every command, event, note
  and a frame without records;
- `vocabulary.txt`: every command, event and enumeration of that version, field by field;
- `recorded.json`: how many there are, and the SHA-256 of the events, of the state and of the vocabulary.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import struct
import tempfile
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from random import Random
from typing import NamedTuple

from lionrock.core.engine import Engine
from lionrock.journal.disk import Disk
from lionrock.journal.frames import GENESIS_HASH, JOURNAL_ID_BYTES
from lionrock.journal.segments import End, segment_paths
from lionrock.journal.writer import Writer
from lionrock.node.published import Published
from lionrock.node.recovery import Place, recover
from lionrock.sim.workload import random_flow
from lionrock.words import enumerations
from lionrock.words.commands import COMMANDS
from lionrock.words.events import EVENTS
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION, Record, layout_of
from lionrock.words.rejections import Rejection
from lionrock.words.side_notes import pack_notes

SEED = 1
GOLDEN_COMMANDS = 8_000
"""Of this seed's flow 4,000 have every command and every event."""
SEGMENT_BYTES = 384 * 1024
_JOURNAL_ID = b"a golden journal"
_LEVEL = 9


class Recorded(NamedTuple):
    """What a restart made of a golden journal when it was written, and has to make of it ever after."""

    record_version: int
    commands: int
    frames: int
    """With those that have no records."""
    events: int
    events_sha256: str
    """Over the event records, one after the other."""
    state_digest: str
    vocabulary_sha256: str


class GoldenStandsError(Exception):
    """There is a golden journal of this version already."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"{directory} stands, and is not written over: a venue may have journals of this version. When layouts or "
            "what follows from a command changed, count RECORD_VERSION (lionrock.words.records) up and write the next."
        )


def vocabulary_text() -> str:
    """The present vocabulary, canonical: names, numbers, types and offsets of all that stands in records."""
    lines = [f"record {RECORD_BYTES} bytes, little-endian"]
    for what, registry in (("command", COMMANDS), ("event", EVENTS)):
        for kind, record_type in sorted(registry.items()):
            lines += [f"{what} {kind} {record_type.__name__}", *_field_lines(record_type)]
    for enumeration in sorted(_enumerations(), key=lambda enumeration: enumeration.__name__):
        lines.append(f"enumeration {enumeration.__name__}")
        lines += [f"  {name} {value:d}" for name, value in enumeration.__members__.items()]
    return "\n".join(lines) + "\n"


def _field_lines(record_type: type[Record]) -> Iterator[str]:
    offset = 0
    for name, field in layout_of(record_type).fields.items():
        yield f"  {offset} {field.code} {name}"
        offset += struct.calcsize(f"<{field.code}")


def _enumerations() -> list[type[IntEnum]]:
    found = [value for value in vars(enumerations).values() if isinstance(value, type) and issubclass(value, IntEnum)]
    return [Rejection, *(value for value in found if value is not IntEnum)]


def sha256_of(text: str) -> str:
    """Lowercase hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def write_golden(golden: Path) -> Path:
    """Write the present version's directory below `golden`. Raises `GoldenStandsError` and then changes nothing."""
    directory = golden / str(RECORD_VERSION)
    if directory.exists():
        raise GoldenStandsError(directory)
    archive = directory / "archive"
    archive.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        journal = Path(temporary) / "journal"
        _write_journal(journal)
        for path in segment_paths(journal, Disk()):
            (archive / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), _LEVEL, mtime=0))
    (directory / "vocabulary.txt").write_text(vocabulary_text(), encoding="utf-8")
    recorded = replayed(directory)
    (directory / "recorded.json").write_text(json.dumps(recorded._asdict(), indent=2) + "\n", encoding="utf-8")
    return directory


def recorded_in(directory: Path) -> Recorded:
    """What `recorded.json` says."""
    return Recorded(**json.loads((directory / "recorded.json").read_text(encoding="utf-8")))


def replayed(directory: Path) -> Recorded:
    """What a restart makes of the journal in this directory today, which is left as it is."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Place(Path(temporary), Disk())
        shutil.copytree(directory / "archive", place.archive)
        events, count = hashlib.sha256(), 0

        def listener(published: Published) -> None:
            nonlocal count
            events.update(published.event_records)
            count += published.event_count

        restored = recover(place, _JOURNAL_ID, Engine, None, listeners=[listener], operator_keys={}, progress=None)
        restored.writer.close()
    return Recorded(
        record_version=int(directory.name),
        commands=restored.report.commands,
        frames=restored.report.frames,
        events=count,
        events_sha256=events.hexdigest(),
        state_digest=restored.engine.digest(),
        vocabulary_sha256=sha256_of((directory / "vocabulary.txt").read_text(encoding="utf-8")),
    )


def _write_journal(journal: Path) -> None:
    """Frames of 1 to 300 commands, some with notes, and now and then one without commands."""
    chance = Random(SEED)
    end = End(None, 0, 0, 1, GENESIS_HASH, None, None)
    writer = Writer(journal, Disk(), end, _JOURNAL_ID.ljust(JOURNAL_ID_BYTES), segment_bytes=SEGMENT_BYTES)
    records = b"".join(random_flow(SEED, GOLDEN_COMMANDS))
    at = 0
    while at < len(records):
        count = min(chance.choice((1, 2, 16, 100, 300)), (len(records) - at) // RECORD_BYTES)
        batch = records[at : at + count * RECORD_BYTES]
        notes = pack_notes((position, chance.randbytes(12)) for position in range(0, count, 7))
        time_ns = int.from_bytes(batch[10:18], "little")
        writer.append(time_ns, count, batch, notes if chance.random() < 1 / 4 else b"", RECORD_VERSION)
        if chance.random() < 1 / 16:
            writer.append(time_ns, 0, b"", b"a frame without commands", RECORD_VERSION)
        at += len(batch)
    writer.close()
