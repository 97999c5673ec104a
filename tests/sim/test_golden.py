"""A journal of each version of the vocabulary replays to what was recorded with it, and no version changes unseen."""

from __future__ import annotations

import difflib
import subprocess
import sys
from pathlib import Path

import pytest

from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.sim.golden import recorded_in, replayed, sha256_of, vocabulary_text
from lionrock.words.commands import COMMANDS
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION
from tests.house.tree import ROOT

GOLDEN = ROOT / "tests" / "golden"
VERSIONS = range(1, RECORD_VERSION + 1)


@pytest.mark.shows("JRNL-030")
def test_there_is_a_golden_journal_of_every_version() -> None:
    assert sorted(int(path.name) for path in GOLDEN.iterdir()) == list(VERSIONS), (
        "run setup/write_golden_journal.py after RECORD_VERSION was counted up, and keep those before it"
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.shows("JRNL-030")
def test_golden_journal_replays_to_what_was_recorded(version: int) -> None:
    directory = GOLDEN / str(version)
    assert replayed(directory) == recorded_in(directory), (
        "An old journal no longer comes to the same events and state. Never change the record: let what is new begin "
        "with a new RECORD_VERSION, and carry records of the old one out as before."
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_golden_journal_has_every_command_notes_and_frames_without_commands(version: int) -> None:
    frames = list(Reader(GOLDEN / "no live journal", Disk(), archive=GOLDEN / str(version) / "archive"))
    records = b"".join(frame.records for frame in frames)
    kinds = {int.from_bytes(records[at : at + 2], "little") for at in range(0, len(records), RECORD_BYTES)}
    if version == RECORD_VERSION:
        assert kinds >= COMMANDS.keys()
    assert any(frame.side and frame.record_count for frame in frames)
    assert any(not frame.record_count for frame in frames)
    assert {frame.record_version for frame in frames} == {version}


@pytest.mark.shows("JRNL-031")
def test_vocabulary_is_that_of_its_version() -> None:
    directory = GOLDEN / str(RECORD_VERSION)
    present = vocabulary_text()
    recorded = (directory / "vocabulary.txt").read_text("utf-8")
    changes = "\n".join(difflib.unified_diff(recorded.splitlines(), present.splitlines(), n=1, lineterm=""))
    assert sha256_of(present) == recorded_in(directory).vocabulary_sha256, (
        f"The vocabulary is not that of RECORD_VERSION {RECORD_VERSION}:\n{changes}\n"
        "Journals of that version exist and must be read as they were written. So: count RECORD_VERSION up in "
        "lionrock/words/records.py, give node/recovery.py the upgrade from the version before, and write a golden "
        "journal of the new one with setup/write_golden_journal.py."
    )


def test_tool_writes_a_golden_journal_and_never_over_one_that_stands(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "setup" / "write_golden_journal.py"), str(tmp_path)]
    subprocess.run(command, check=True)
    directory = tmp_path / str(RECORD_VERSION)
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    assert replayed(directory) == recorded_in(directory)
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "is not written over" in again.stderr
    assert "count RECORD_VERSION" in again.stderr
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before
