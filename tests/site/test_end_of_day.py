"""The pack of a day: what was there and what was open, and no change of any part goes unseen offline."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.core.engine import Engine
from lionrock.journal import verify as journal_verify
from lionrock.journal.checkpoints import verifier_key
from lionrock.journal.disk import Disk
from lionrock.node.recovery import Place, look_back
from lionrock.rulebook import verify
from lionrock.site.backup import back_up
from lionrock.site.end_of_day import CannotPack, Packed, make_pack
from lionrock.site.restore import drill
from tests.site.at_work import AtWork
from tests.site.test_trading_hours import ns

DAY, NIGHT = date(2027, 3, 3), ns("2027-03-04 02:30")


async def worked(directory: Path) -> None:
    """A site in Hong Kong that ran its rulebook and stopped in the evening."""
    site = AtWork(directory)
    site.now_ns = ns("2027-03-03 12:00")
    async with site.opened():
        site.now_ns = ns("2027-03-03 18:00")
        await site.rooms.rulebook.run()


def packed(directory: Path, target: Path, *, now_ns: int = NIGHT, asked: date | None = None) -> Packed:
    return make_pack(directory, target, asked, lambda: now_ns, bytes)


class Kept:
    """A site, its pack, and the key that it is checked with."""

    def __init__(self, place: Path) -> None:
        self.directory, self.target = place / "data", place / "packs"
        asyncio.run(worked(self.directory))
        self.first = packed(self.directory, self.target)
        self.key = self.first.public_key

    def faults(self, folder: Path) -> list[str]:
        return verify.check_pack(folder, [verify.read_key(self.key)]).faults


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def folder(kept: Kept, tmp_path: Path) -> Path:
    """A copy of the pack, to be changed."""
    return Path(shutil.copytree(kept.first.folder, tmp_path / "pack"))


@pytest.mark.shows("OPER-021")
def test_a_pack_tells_the_journal_its_digest_the_run_and_what_is_open(kept: Kept) -> None:
    told = kept.first.contents
    assert (told["site"], told["day"], told["time_zone"]) == ("hk", "2027-03-03", "Asia/Hong_Kong")
    found = look_back(Place(kept.directory, Disk()), Engine, operator_keys={})
    record = told["record"]
    assert (record["sequence"], record["frames"]) == (found.next_sequence - 1, found.frames)
    assert (record["root"], record["state_digest"]) == (found.tree.root().hex(), found.engine.digest())
    assert told["rulebook"]["counts"]["fail"] > 0
    assert sum(told["rulebook"]["counts"].values()) == len(json.loads(bundle_of(kept.first.folder))["report"]["rules"])
    assert {"lionrock backup" in each or "--drill" in each or "are red" in each for each in told["open"]} == {True}
    assert len(told["open"]) == 3


def bundle_of(folder: Path) -> str:
    return str(json.loads((folder / "rulebook.bundle").read_bytes())["contents"])


@pytest.mark.shows("OPER-021", "OPER-022")
def test_what_is_done_is_open_no_more_and_a_later_pack_stands_beside_the_first(kept: Kept, tmp_path: Path) -> None:
    back_up(kept.directory, tmp_path / "backup", lambda: NIGHT, with_master_key=False)
    drill(tmp_path / "backup", lambda: NIGHT, master_key=kept.directory / "master.key")
    try:
        again = packed(kept.directory, kept.target)
    finally:
        (kept.directory / "backups.json").unlink()
    assert ["are red" in each for each in again.open] == [True]
    assert again.contents["backup"]["state_digest"] == again.contents["record"]["state_digest"]
    assert (again.folder.name, kept.first.folder.name) == ("2027-03-03.2", "2027-03-03")
    assert kept.faults(again.folder) == kept.faults(kept.first.folder) == []
    folders = [f"{each.folder}" for each in (kept.first, again)]
    looked = CliRunner().invoke(app, ["rulebook", "verify", *folders, "--public-key", kept.key])
    assert looked.exit_code == 0, looked.output
    told = [line.partition(": ") for line in looked.stdout.splitlines()]
    assert [folder for folder, _, _ in told] == folders
    assert all("pack of 2027-03-03, " in words and "verified, signed by " in words for _, _, words in told)


@pytest.mark.shows("OPER-021")
def test_a_day_that_is_not_over_and_a_record_that_does_not_reach_have_no_pack(kept: Kept, tmp_path: Path) -> None:
    with pytest.raises(CannotPack, match="is not over"):
        packed(kept.directory, tmp_path, asked=date(2027, 3, 4))
    with pytest.raises(CannotPack, match="is not over"):
        packed(kept.directory, tmp_path, now_ns=ns("2027-03-03 23:59"), asked=DAY)
    with pytest.raises(CannotPack, match="is no data directory"):
        packed(tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.shows("OPER-022")
def test_one_file_alone_verifies_a_pack_and_another_the_journal_by_its_checkpoint(kept: Kept, tmp_path: Path) -> None:
    for name, module, arguments in (
        ("pack.py", verify, [f"{kept.first.folder}"]),
        ("journal.py", journal_verify, [f"{kept.directory}", "--checkpoint", f"{kept.first.folder / 'checkpoint'}"]),
    ):
        alone = shutil.copy(str(module.__file__), tmp_path / name)
        done = subprocess.run(
            [sys.executable, "-I", "-S", alone, *arguments, "--public-key", kept.key, "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
        assert told.get("sound", True), told
    assert verify.main([f"{kept.first.folder}"]) == verify.NOT_VERIFIED, "without a key anybody could have made it"
    assert verify.main([f"{kept.first.folder}", "--public-key", kept.key]) == verify.SOUND
    other = verifier_key(Ed25519PrivateKey.generate().public_key(), "another")
    assert verify.main([f"{kept.first.folder}", "--public-key", other]) == verify.FAULTY
    assert verify.main([f"{tmp_path}", "--public-key", kept.key]) == verify.NO_BUNDLE


def edited(folder: Path, change: Callable[[Any], None]) -> None:
    told = json.loads((folder / "pack.json").read_bytes())
    change(told)
    (folder / "pack.json").write_text(json.dumps(told, sort_keys=True, separators=(",", ":")))


@pytest.mark.shows("OPER-022")
def test_no_change_of_a_pack_goes_unseen(kept: Kept, folder: Path, tmp_path: Path) -> None:
    assert kept.faults(folder) == []
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 40)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with contextlib.suppress(verify.CannotCheck):
                assert kept.faults(folder) != [], (path.name, place)
        path.write_bytes(whole)
    (folder / "more").write_text("more")
    assert kept.faults(folder) == ["more is missing, or was not signed for"]
    (folder / "more").unlink()
    (folder / "rulebook.bundle").unlink()
    assert kept.faults(folder) == ["rulebook.bundle is missing, or was not signed for"]


@pytest.mark.shows("OPER-022")
def test_a_pack_that_tells_less_or_of_another_day_is_not_what_was_signed(kept: Kept, folder: Path) -> None:
    for change in (
        lambda told: told["open"].clear(),
        lambda told: told.update(day="2027-03-02"),
        lambda told: told["record"].update(state_digest="0" * 64),
    ):
        edited(folder, change)
        assert "the contents are not those that were signed" in kept.faults(folder)
        shutil.copy(kept.first.folder / "pack.json", folder / "pack.json")


@pytest.mark.shows("OPER-021")
def test_the_command_ends_with_1_while_something_is_open_and_with_2_without_a_pack(kept: Kept, tmp_path: Path) -> None:
    to = ["--out", f"{tmp_path / 'packs'}"]
    asked = CliRunner().invoke(app, ["eod", f"{kept.directory}", *to, "--day", "2026-01-31", "--json"])
    told = json.loads(asked.stdout)
    assert (asked.exit_code, told["public_key"], len(told["open"]) > 0) == (1, kept.key, True), asked.output
    assert kept.faults(Path(told["folder"])) == []
    wrong = CliRunner().invoke(app, ["eod", f"{kept.directory}", *to, "--day", "yesterday"])
    assert (wrong.exit_code, "write 2026-01-31" in wrong.stderr) == (2, True), wrong.output
    nowhere = CliRunner().invoke(app, ["eod", f"{tmp_path}", *to])
    assert (nowhere.exit_code, "is no data directory" in nowhere.stderr) == (2, True)
