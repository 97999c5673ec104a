"""Each thing that can be wrong is broken, and the finding is there with its remedy."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.site.configuration import FILE_NAME
from lionrock.site.doctor import examine, machine, place
from lionrock.site.doctor.finding import Finding, Level
from lionrock.words.records import RECORD_VERSION
from tests.gateways.rest.live import LiveServer
from tests.programs import run
from tests.site.backups import SmallSite, make_keys
from tests.site.test_configuration import ANN, BOB
from tests.site.test_poison import append

OPERATORS = f'[operators]\nann = "{ANN}"\nbob = "{BOB}"\n'


@pytest.fixture
async def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site in good order, on a machine in good order."""
    site = SmallSite(tmp_path / "site")
    await site.begin()
    make_keys(site.directory)
    for _ in range(2):
        await site.trade(20)
    site.directory.chmod(0o700)
    (tmp_path / "outside").mkdir()
    (site.directory / FILE_NAME).write_text(f'{OPERATORS}[checkpoints]\noutside = "{tmp_path / "outside"}"\n')
    monkeypatch.setattr(machine, "kernel_clock_status", lambda: 0)
    monkeypatch.setattr(place, "file_system_kind", lambda _: "ext4")
    monkeypatch.setattr(place, "measured_sync_ns", lambda _: 200_000)
    monkeypatch.setattr(place, "_COMFORTABLE_BYTES", 0)
    monkeypatch.setattr(place, "LEAST_FREE_BYTES", 0)
    return site.directory


def found(directory: Path | None, *, port: int | None = None, full: bool = False) -> dict[str, Finding]:
    findings = examine(directory, port=port, full=full, progress=lambda *_: None)
    assert len({finding.code for finding in findings}) == len(findings)
    for finding in findings:
        assert finding.words
        assert bool(finding.remedy) == (finding.level is not Level.OK), finding
    return {finding.code: finding for finding in findings}


def only_complaint(directory: Path, *, full: bool = False) -> Finding:
    """The one finding that is not well, beside the outside directory, which is on this very disk."""
    bad = [each for each in found(directory, full=full).values() if each.level is not Level.OK]
    (complaint,) = [each for each in bad if each.code != "checkpoints-outside"]
    return complaint


@pytest.mark.shows("OPER-010")
async def test_a_site_in_good_order_has_no_complaint(directory: Path) -> None:
    findings = found(directory, full=True)
    outside = findings.pop("checkpoints-outside")
    assert (outside.level, "same file system" in outside.words) == (Level.WARNING, True)
    assert {finding.level for finding in findings.values()} == {Level.OK}
    assert set(findings) == {
        "python", "core", "pages", "fonts", "open-files", "clock", "clock-synchronised", "disk-space", "file-system",
        "sync-speed", "permissions", "lock", "configuration", "site-file", "operators", "tls", "trusted-proxies",
        "master-key", "journal", "snapshots", "database", "record",
    }  # fmt: skip
    assert "sequence 54" in findings["journal"].words


def spoil(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def newest_segment(directory: Path) -> Path:
    return max((directory / "journal").glob("*.frames"))


def cut_short(directory: Path) -> None:
    reader = Reader(directory / "journal", Disk(), from_any_sequence=True)
    list(reader)
    (directory / "journal" / MARK_NAME).unlink()
    os.truncate(newest_segment(directory), reader.end.last_frame_offset + 100)


def set_back(directory: Path) -> None:
    """As after a restore of the master key's file alone, or of nothing."""
    (directory / "master.key").unlink()


def from_the_future(directory: Path) -> None:
    append(directory, 1, bytes(128), b"", RECORD_VERSION + 1)


def later_than_the_clock(directory: Path) -> None:
    reader = Reader(directory / "journal", Disk(), from_any_sequence=True)
    list(reader)
    from lionrock.journal.writer import Writer

    writer = Writer(directory / "journal", Disk(), reader.end, bytes(16))
    writer.append(time.time_ns() + 10**12, 0, b"", b"note", RECORD_VERSION)
    writer.close()


def without_snapshots(directory: Path) -> None:
    shutil.rmtree(directory / "snapshots")


def spoil_snapshots(directory: Path) -> None:
    for path in (directory / "snapshots").iterdir():
        spoil(path, 200)


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda directory: (directory / name).write_text(text)


def another_key(directory: Path) -> None:
    (directory / "master.key").write_bytes(bytes(32))


BROKEN: dict[str, tuple[Callable[[Path], object], str, Level, str]] = {
    "mode": (lambda each: each.chmod(0o755), "permissions", Level.WARNING, "0755"),
    "one operator": (write(FILE_NAME, f'[operators]\nann = "{ANN}"\n'), "operators", Level.WARNING, "1 operators"),
    "no operator": (write(FILE_NAME, ""), "operators", Level.WARNING, "0 operators"),
    "key readable": (lambda each: (each / "master.key").chmod(0o644), "master-key", Level.ERROR, "0644"),
    "key cut": (lambda each: os.truncate(each / "master.key", 31), "master-key", Level.ERROR, "31 bytes"),
    "another key": (another_key, "master-key", Level.ERROR, "does not open with this master key"),
    "key gone": (set_back, "master-key", Level.ERROR, "there is no master.key"),
    "cut short": (cut_short, "journal", Level.WARNING, "was cut short"),
    "last byte": (lambda each: spoil(newest_segment(each), -1), "journal", Level.ERROR, "it is damaged"),
    "closing mark": (lambda each: spoil(each / "journal" / MARK_NAME, 20), "journal", Level.ERROR, "clean close"),
    "newer version": (from_the_future, "journal", Level.ERROR, f"of version {RECORD_VERSION + 1}"),
    "clock behind": (later_than_the_clock, "journal", Level.WARNING, "later than the clock"),
    "no snapshot": (without_snapshots, "snapshots", Level.WARNING, "there is none"),
    "one snapshot": (
        lambda each: spoil(max((each / "snapshots").iterdir()), 200),
        "snapshots",
        Level.WARNING,
        "not usable: ",
    ),
    "all snapshots": (
        spoil_snapshots,
        "snapshots",
        Level.WARNING,
        "none is usable",
    ),
    "database": (
        lambda each: (each / "site.sqlite").write_bytes((each / "site.sqlite").read_bytes()[:5000] + b"\x55" * 3000),
        "database",
        Level.ERROR,
        "site.sqlite is damaged",
    ),
    "no database": (
        lambda each: (each / "site.sqlite").write_bytes(b"\x55" * 4096),
        "database",
        Level.ERROR,
        "damaged",
    ),
}


@pytest.mark.shows("OPER-010")
@pytest.mark.parametrize(("break_it", "code", "level", "words"), BROKEN.values(), ids=BROKEN)
async def test_what_is_broken_is_found_with_its_remedy(
    directory: Path, break_it: Callable[[Path], object], code: str, level: Level, words: str
) -> None:
    break_it(directory)
    complaint = only_complaint(directory)
    assert (complaint.code, complaint.level) == (code, level)
    assert words in complaint.words


@pytest.mark.shows("OPER-010")
async def test_a_wrong_setting_is_told_once_and_stops_what_needs_it(directory: Path) -> None:
    (directory / FILE_NAME).write_text("[nothing]\n")
    findings = found(directory)
    assert findings["configuration"].level is Level.ERROR
    assert "there is no setting nothing" in findings["configuration"].words
    assert {findings[code].remedy for code in ("operators", "checkpoints-outside")} == {"see configuration"}


@pytest.mark.shows("OPER-010")
async def test_an_outside_directory_that_cannot_be_written_is_found(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").rmdir()
    assert found(directory)["checkpoints-outside"].level is Level.ERROR
    (directory / FILE_NAME).write_text(OPERATORS)
    assert "in the data directory alone" in found(directory)["checkpoints-outside"].words


@pytest.mark.shows("OPER-010")
async def test_only_the_full_examination_reads_what_is_archived(directory: Path) -> None:
    archived = sorted((directory / "archive").iterdir())
    assert archived
    spoil(archived[0], 100)
    assert found(directory)["journal"].level is Level.OK
    assert only_complaint(directory, full=True).code == "record"
    spoil(archived[0], 100)
    spoil(directory / "checkpoints" / "checkpoints", 60)
    assert only_complaint(directory, full=True).code == "record"


@pytest.mark.shows("OPER-010")
@pytest.mark.parametrize(
    ("kind", "level"),
    [("nfs4", Level.ERROR), ("tmpfs", Level.ERROR), ("overlay", Level.WARNING), ("xfs", Level.OK)],
)
async def test_file_systems_that_do_not_keep_are_found(
    directory: Path, monkeypatch: pytest.MonkeyPatch, kind: str, level: Level
) -> None:
    monkeypatch.setattr(place, "file_system_kind", lambda _: kind)
    assert found(directory)["file-system"].level is level


def test_the_kind_of_a_file_system_is_that_of_its_mount() -> None:
    assert place.file_system_kind(Path("/proc/self")) == "proc"
    assert place.file_system_kind(Path("/sys/kernel")) == "sysfs"


@pytest.mark.shows("OPER-010")
@pytest.mark.parametrize(("median_ns", "words"), [(50_000_000, "50.00 ms"), (5_000, "faster than any disk")])
async def test_a_disk_that_syncs_too_slowly_or_not_at_all_is_found(
    directory: Path, monkeypatch: pytest.MonkeyPatch, median_ns: int, words: str
) -> None:
    monkeypatch.setattr(place, "measured_sync_ns", lambda _: median_ns)
    assert words in only_complaint(directory).words


def test_a_sync_is_measured_and_leaves_nothing(tmp_path: Path) -> None:
    assert place.measured_sync_ns(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.shows("OPER-010")
async def test_a_disk_that_fills_up_is_found(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_COMFORTABLE_BYTES", 2**62)
    assert (only_complaint(directory).code, only_complaint(directory).level) == ("disk-space", Level.WARNING)
    monkeypatch.setattr(place, "LEAST_FREE_BYTES", 2**62)
    assert only_complaint(directory).level is Level.ERROR


@pytest.mark.shows("OPER-010")
async def test_a_machine_that_does_not_suit_is_found(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 9, "final", 0))
    assert only_complaint(directory).words == "Python 3.10.9"
    monkeypatch.undo()
    monkeypatch.setattr(time, "time_ns", lambda: 10**18)
    assert found(None)["clock"].level is Level.ERROR
    monkeypatch.undo()
    for status, words in ((0x40, "is not synchronised"), (None, "does not tell")):
        monkeypatch.setattr(machine, "kernel_clock_status", lambda status=status: status)
        assert words in found(None)["clock-synchronised"].words
    monkeypatch.undo()
    assert machine.kernel_clock_status() is None or machine.kernel_clock_status() >= 0  # type: ignore[operator]
    import lionrock.core.engine_checked

    monkeypatch.setattr(lionrock.core.engine_checked, "IS_CHECKED_BUILD", False)
    assert "mixed up" in found(None)["core"].words


@pytest.mark.shows("OPER-010")
def test_a_limit_of_open_files_that_is_too_low_is_found() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (900, before[1]))
    try:
        told = found(None)["open-files"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert (told.level, "a process may open 900 files" in told.words) == (Level.ERROR, True)


@pytest.mark.shows("OPER-010")
def test_a_port_in_use_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        assert found(None, port=port)["port"].level is Level.ERROR
    assert found(None, port=port)["port"].level is Level.OK


@pytest.mark.shows("OPER-010")
async def test_what_the_system_refuses_is_a_finding(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> int:
        raise PermissionError(13, "Permission denied", str(directory))

    monkeypatch.setattr(place, "measured_sync_ns", refuse)
    complaint = only_complaint(directory)
    assert (complaint.code, complaint.level) == ("unreadable", Level.ERROR)
    assert "Permission denied" in complaint.words
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert "this is user 4711" in found(directory)["permissions"].words


@pytest.mark.shows("OPER-010")
async def test_a_directory_that_may_not_be_written_in_is_told_as_that(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path != directory)
    finding = found(directory)["permissions"]
    assert (finding.level, finding.remedy) == (Level.ERROR, f"chmod 700 {directory}")
    assert "it may not be written in" in finding.words
    real = os.statvfs(directory)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((*real[:8], real.f_flag | os.ST_RDONLY, *real[9:])))
    assert "mount it for writing" in found(directory)["permissions"].remedy


@pytest.mark.shows("OPER-010")
@pytest.mark.parametrize(
    ("code", "words", "remedy"),
    [
        (sqlite3.SQLITE_READONLY_DIRECTORY, "attempt to write a readonly database", "see permissions"),
        (sqlite3.SQLITE_CANTOPEN, "unable to open database file", "see permissions"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, "disk I/O error", "see disk-space: a full disk does this"),
        (sqlite3.SQLITE_FULL, "database or disk is full", "see disk-space: a full disk does this"),
        (sqlite3.SQLITE_BUSY, "database is locked", "look again in a moment"),
    ],
)
async def test_a_database_that_cannot_be_looked_at_is_not_called_damaged(
    directory: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str, remedy: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError(words)
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(sqlite3, "connect", refuse)
    finding = found(directory)["database"]
    assert finding.level is Level.ERROR
    assert words in finding.words
    assert finding.remedy.startswith(remedy)
    assert "damaged" not in finding.words
    assert "restore" not in finding.remedy


@pytest.mark.shows("OPER-010")
def test_a_directory_that_cannot_even_be_looked_for_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied", f"{tmp_path}")

    monkeypatch.setattr(Path, "is_dir", refuse)
    findings = {each.code: each for each in examine(tmp_path, port=None, full=False, progress=lambda *_: None)}
    assert findings["directory"].words == f"{tmp_path}: Permission denied"
    assert "run the command as the user that runs the site" in findings["directory"].remedy


@pytest.mark.shows("OPER-010")
def test_the_command_lets_no_directory_of_another_user_pass_without_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    ended = CliRunner().invoke(app, ["doctor", f"{tmp_path}"])
    assert (ended.exit_code, "and this is user 4711" in ended.stdout) == (1, True)


@pytest.mark.shows("OPER-010")
async def test_a_full_disk_is_told_as_that(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(place, "measured_sync_ns", refuse)
    complaint = only_complaint(directory)
    assert (complaint.words, complaint.remedy.partition(":")[0]) == ("No space left on device", "the disk is full")


@pytest.mark.shows("OPER-010")
def test_the_command_looks_at_a_site_that_works(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    server.account(BTC="1")
    done = run("doctor", str(tmp_path / "site"), "--full", "--port", server.url.rpartition(":")[2], "--json")
    told = json.loads(done.stdout)
    findings = {finding["code"]: finding for finding in told["findings"]}
    assert (done.returncode, told["sound"]) == (1, False)  # its port is in use
    assert findings["port"]["level"] == "error"
    assert f"process {server.process.pid} runs a node" in findings["lock"]["words"]
    sequence = server.get("/ready").json()["figures"]["sequence"]
    assert f"durable up to sequence {sequence}" in findings["journal"]["words"]
    assert findings["record"]["level"] == "ok"
    assert server.get("/ready").status_code == 200
    assert server.stop() == 0
    nowhere = run("doctor", str(tmp_path / "nothing"))
    assert nowhere.returncode == 1
    assert "is not there" in nowhere.stdout
    assert "Traceback" not in nowhere.stderr


def test_an_installation_without_pages_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.web_pages().level is Level.OK
    monkeypatch.setattr("lionrock.web.pages.is_built", lambda: False)
    assert machine.web_pages().level is Level.WARNING
