"""docs/verify.md, word for word: every command of the page, on a record with checkpoints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lionrock.journal import verify
from lionrock.journal.checkpoints import FILE_NAME, CheckpointFile, keep_outside, verifier_key
from lionrock.journal.disk import Disk
from tests.house.tree import ROOT
from tests.journal.records import KEY, KEY_NAME, note_of
from tests.site.test_end_of_day import Kept, packed
from tests.trading_record import make_trading_record

PAGE = (ROOT / "docs" / "verify.md").read_text("utf-8")
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
OF_PACKS = SHELL.findall(PAGE.partition("## The packs of days")[2].partition("\n## ")[0])
BLOCKS = [block for block in SHELL.findall(PAGE) if block not in OF_PACKS]


@pytest.fixture
def auditor(tmp_path: Path) -> Path:
    """A directory with everything that the page says an auditor has."""
    record = make_trading_record(tmp_path / "data", 40)
    for size in (5, 20, 38):
        CheckpointFile(tmp_path / "data" / "checkpoints", Disk()).append(note_of(record.frames[:size]))
        keep_outside(tmp_path / "kept", Disk(), note_of(record.frames[:size]))
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return tmp_path


def run(script: str, directory: Path, key: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KEY": key or verifier_key(KEY.public_key(), KEY_NAME)}
    return subprocess.run(
        ["sh", "-e", "-c", script], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_every_command_of_the_page_works(auditor: Path) -> None:
    assert len(BLOCKS) == 6
    told = ""
    before = {path: path.read_bytes() for path in (auditor / "data").rglob("*") if path.is_file()}
    for block in BLOCKS:
        done = run(block, auditor)
        assert (done.returncode, done.stderr) == (0, ""), (block, done)
        told += done.stdout
    for words in ("vouched sequence", '"sound": true', "kind              consistency", "ListMarket", "digest "):
        assert words in told, words
    assert {path: path.read_bytes() for path in (auditor / "data").rglob("*") if path.is_file()} == before


def test_a_command_of_the_page_that_meets_a_fault_fails(auditor: Path) -> None:
    path = auditor / "data" / "checkpoints" / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b"time-ns 1", b"time-ns 2", 1))
    done = run(BLOCKS[0], auditor)
    assert done.returncode == 1
    assert "this is no checkpoint of yours" in done.stdout


def test_the_packs_of_days_and_the_journal_they_are_about(tmp_path: Path) -> None:
    kept = Kept(tmp_path)  # a site in `data`, a pack of its day in `packs`
    again = packed(kept.directory, kept.target)
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    (tmp_path / "verify.py").write_bytes(Path(verify.__file__).read_bytes())
    done = [run(block, tmp_path, kept.key) for block in OF_PACKS]
    assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * 2, done
    assert done[0].stdout.count("verified, signed by") == 2
    assert "vouched sequence" in done[1].stdout
    assert again.contents["record"]["state_digest"] in done[1].stdout
    files = {path.name for path in again.folder.iterdir()}
    assert {"pack.json", "pack.note", "checkpoint", "rulebook.bundle"} <= files


def test_the_page_quotes_what_the_verifier_says() -> None:
    source = Path(verify.__file__).read_text("utf-8")
    table = PAGE.split("| told | means |", 1)[1].split("\n\n", 1)[0]
    quoted = [row.split("|")[1] for row in table.splitlines() if row.startswith("|") and "---" not in row]
    assert len(quoted) > 8
    for cell in quoted:
        for words in re.split(r" \.\.\.|,(?= no)", cell):
            text = words.strip(" `:,")
            assert text.replace(" ", "_") in source if text == "cut short" else text in source, text
