"""A restart agrees with the engine that never stopped, on real flow and on a million random commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from lionrock.core.engine import Engine
from lionrock.journal.disk import Disk
from lionrock.journal.frames import JOURNAL_ID_BYTES
from lionrock.journal.reader import Reader
from lionrock.journal.writer import Writer
from lionrock.node.published import Published
from lionrock.node.recovery import Place, recover
from lionrock.sim.recorded_flow import order_flow, read_recording
from lionrock.sim.recordings import recording_directory, why_absent
from lionrock.sim.replay import as_commands
from lionrock.sim.workload import random_flow
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION

JOURNAL_ID = b"\x07" * JOURNAL_ID_BYTES


def restart_agrees(directory: Path, batches: Iterable[bytes]) -> int:
    """Journal what an engine applies, restart from the journal alone, and compare. Returns how many commands."""
    living, disk = Engine(), Disk()
    reader = Reader(directory, disk)
    assert list(reader) == []
    writer = Writer(directory, disk, reader.end, JOURNAL_ID)
    before: list[bytes] = []
    for batch in batches:
        time_ns = int.from_bytes(batch[10:18], "little")
        writer.append(time_ns, len(batch) // RECORD_BYTES, batch, b"", RECORD_VERSION)
        before.append(living.apply(batch))
    writer.close()

    after: list[bytes] = []

    def listener(published: Published) -> None:
        after.append(published.event_records)

    place = Place(directory.parent, disk)
    restored = recover(place, JOURNAL_ID, Engine, Engine.load, listeners=[listener], operator_keys={}, progress=None)
    restored.writer.close()
    restarted = restored.engine
    assert after == before
    assert restarted.lines() == living.lines()
    assert restarted.digest() == living.digest()
    return restored.report.commands


@pytest.mark.shows("STAT-002")
def test_restart_agrees_on_the_recording(tmp_path: Path) -> None:
    recording = recording_directory(os.environ, Path(sys.prefix))
    if recording is None:
        pytest.skip(why_absent(os.environ, Path(sys.prefix)))
    flow = as_commands(order_flow(read_recording(recording / "orders.csv.gz")))
    assert restart_agrees(tmp_path / "journal", flow.batches(1_024)) > 300_000


@pytest.mark.shows("STAT-002")
def test_restart_agrees_on_a_million_random_commands(tmp_path: Path) -> None:
    assert restart_agrees(tmp_path / "journal", random_flow(100, 1_000_000)) == 1_000_000
