"""A backup is whole, proved, and only grows by what is new; it is made while the site works."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from pathlib import Path

import pytest

from lionrock.core.engine import Engine
from lionrock.journal.disk import Disk
from lionrock.node.node import Node
from lionrock.site import backup
from lionrock.site.backup import BackupRefused
from lionrock.site.configuration import FILE_NAME
from lionrock.site.manifest import read_manifest
from lionrock.site.restore import restore
from lionrock.words.records import RECORD_VERSION
from tests.gateways.rest.live import LiveServer
from tests.site.backups import BUY, COMMANDS, SmallSite, copied, make_keys, stored
from tests.site.test_poison import append, command, refused


@pytest.fixture
async def site(tmp_path: Path) -> SmallSite:
    """Frames in the archive, in sealed segments and in an open one; snapshots, checkpoints, keys, settings."""
    made = SmallSite(tmp_path / "site")
    await made.begin()
    make_keys(made.directory)
    for _ in range(3):
        await made.trade(40)
    return made


@pytest.mark.shows("OPER-011")
async def test_everything_that_cannot_be_made_again_is_in_it(site: SmallSite, tmp_path: Path) -> None:
    assert (len(site.names("archive")) > 1, len(site.names("journal")) > 2, len(site.names("snapshots"))) == (
        True,
        True,
        2,
    )
    made = copied(site.directory, tmp_path / "kept").manifest
    paths = {file.path for file in made.files}
    assert {"site.sqlite", "checkpoint.key", FILE_NAME, "checkpoints/checkpoints", "checkpoints/public-key"} < paths
    assert {f"archive/{name}" for name in site.names("archive")} < paths
    assert {f"journal/{name}" for name in site.names("journal") if name.endswith(".frames")} < paths
    assert f"snapshots/{site.names('snapshots')[-1]}" in paths
    assert "master.key" not in paths
    assert made == read_manifest(tmp_path / "kept")
    assert len(stored(tmp_path / "kept")) == len(paths) + 1
    assert (made.sequence, made.has_master_key, made.created_ns) == (COMMANDS + 120, False, 5)
    assert {path.stat().st_mode & 0o777 for path in stored(tmp_path / "kept") if path.name != "manifest.json"} == {
        0o600
    }
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    with_key = copied(site.directory, tmp_path / "kept", with_master_key=True).manifest
    assert {file.path for file in with_key.files} - paths == {"master.key"}
    assert {file.path for file in copied(site.directory, tmp_path / "kept").manifest.files} == paths
    assert not list((tmp_path / "kept").glob("master.key*"))


@pytest.mark.shows("OPER-012")
async def test_a_second_backup_copies_only_what_is_new(site: SmallSite, tmp_path: Path) -> None:
    first = copied(site.directory, tmp_path / "kept")
    assert first.copied_files == len(first.manifest.files)
    again = copied(site.directory, tmp_path / "kept")
    assert (again.copied_files, again.copied_bytes) == (0, 0)
    times = {path: path.stat().st_mtime_ns for path in stored(tmp_path / "kept")}

    await site.trade(30)
    grown = copied(site.directory, tmp_path / "kept")
    kept = {tmp_path / "kept" / file.stored for file in first.manifest.files} & set(stored(tmp_path / "kept"))
    assert {path: path.stat().st_mtime_ns for path in kept} == {path: times[path] for path in kept}
    assert grown.copied_files == len(grown.manifest.files) - len(kept)
    assert any(path.parent.name == "archive" for path in kept)
    assert {tmp_path / "kept" / file.stored for file in grown.manifest.files} == set(stored(tmp_path / "kept")) - {
        tmp_path / "kept" / "manifest.json"
    }
    restore(tmp_path / "kept", tmp_path / "back")


@pytest.mark.shows("OPER-012")
async def test_a_backup_that_is_cut_short_leaves_the_one_before(
    site: SmallSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = copied(site.directory, tmp_path / "kept").manifest
    await site.trade(30)
    writes = 0

    def full(disk: Disk, path: Path, data: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes == allowed:
            raise OSError(28, "No space left on device")
        original(disk, path, data)

    original = Disk.write_file
    monkeypatch.setattr(Disk, "write_file", full)
    allowed, after = 1, None
    while after is None:
        writes = 0
        try:
            after = copied(site.directory, tmp_path / "kept").manifest
        except OSError:
            monkeypatch.setattr(Disk, "write_file", original)
            assert restore(tmp_path / "kept", tmp_path / f"back{allowed}").manifest == before
            monkeypatch.setattr(Disk, "write_file", full)
            allowed += 1
    assert allowed > 3
    assert after.sequence == before.sequence + 30


@pytest.mark.shows("OPER-011")
async def test_a_node_that_works_is_copied_up_to_what_is_durable(tmp_path: Path) -> None:
    site = SmallSite(tmp_path / "site")
    await site.begin()
    node = site.open()
    over = False

    async def trade() -> None:
        while not over:
            await node.submit(BUY)

    traders = [asyncio.create_task(trade()) for _ in range(4)]
    for number in range(6):
        acknowledged = (await node.submit(BUY))[0].sequence
        made = await asyncio.to_thread(copied, site.directory, tmp_path / "kept")
        assert acknowledged <= made.manifest.sequence <= node.engine.last_sequence
        found = await asyncio.to_thread(restore, tmp_path / "kept", tmp_path / f"back{number}")
        assert found.state_digest == made.manifest.state_digest
    over = True
    await asyncio.gather(*traders)
    await node.close()


@pytest.mark.shows("OPER-011")
def test_a_server_under_load_is_backed_up_and_restored(tmp_path: Path) -> None:
    site, kept, back = tmp_path / "site", tmp_path / "kept", tmp_path / "back"
    server = LiveServer(site, "--sandbox")
    trader = server.account(BTC="100")
    acknowledged: list[str] = []
    over = threading.Event()

    def trade() -> None:
        while not over.is_set():
            acknowledged.append(trader.limit("SELL", "0.001", "50000")["orderId"])

    trading = threading.Thread(target=trade)
    trading.start()
    reports = []
    for _ in range(3):
        before = len(acknowledged)
        reports.append((before, command("backup", site, kept)))
    drilled = command("backup", "--drill", kept)
    over.set()
    trading.join()
    before, told = reports[-1]
    assert server.stop() == 0
    assert before > reports[0][0]
    for name in ("frames", "sequence", "head_hash", "tree_root", "state_digest", "journal_id"):
        assert drilled[name] == told[name]
    assert drilled["seconds"] > 0  # type: ignore[operator]
    digest = command("restore", kept, back, "--master-key", site / "master.key")["state_digest"]
    assert digest == told["state_digest"]
    restored = LiveServer(back, "--sandbox")
    assert restored.get("/lionrock/v1/sandbox/state").json() == {"sequence": told["sequence"], "digest": digest}
    trader.server = restored
    for order_id in acknowledged[:before]:
        answer = trader.signed("GET", "/api/v1/spot/order", orderId=order_id)
        assert (answer.status_code, answer.json()["status"]) == (200, "NEW"), order_id
    trader.limit("SELL", "0.001", "50000")
    assert restored.stop() == 0


@pytest.mark.shows("OPER-012")
async def test_a_backup_is_never_replaced_by_less(site: SmallSite, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(site.directory, tmp_path / "earlier")
    await site.trade(10)
    before = copied(site.directory, kept).manifest
    with pytest.raises(BackupRefused, match="it has lost its end or was set back"):
        copied(tmp_path / "earlier", kept)
    other = SmallSite(tmp_path / "other")
    await other.begin()
    with pytest.raises(BackupRefused, match="backup of another journal"):
        copied(other.directory, kept)
    assert restore(kept, tmp_path / "back").manifest == before


async def test_what_is_no_site_or_no_place_is_refused(site: SmallSite, tmp_path: Path) -> None:
    for directory, target, complaint in (
        (tmp_path, tmp_path / "kept", "no data directory"),
        (site.directory, site.directory / "kept", "belongs on another disk"),
    ):
        with pytest.raises(BackupRefused, match=complaint):
            copied(directory, target)
    assert "belongs on another disk" in refused("backup", site.directory, site.directory / "kept")
    assert "say what is backed up" in refused("backup", site.directory)
    assert "takes the one backup" in refused("backup", site.directory, "--drill", tmp_path / "kept")
    (site.directory / "master.key").unlink()
    with pytest.raises(BackupRefused, match=r"no master\.key"):
        copied(site.directory, tmp_path / "kept", with_master_key=True)


async def test_two_backups_into_one_place_do_not_mix(site: SmallSite, tmp_path: Path) -> None:
    with (
        backup._locked(tmp_path / "site"),
        pytest.raises(BackupRefused, match="is at work"),
        backup._locked(tmp_path / "site"),
    ):
        raise AssertionError
    copied(site.directory, tmp_path / "kept")


async def test_damage_in_the_site_is_found_before_it_gets_into_the_backup(site: SmallSite, tmp_path: Path) -> None:
    before = copied(site.directory, tmp_path / "kept").manifest
    await site.trade(5)
    path = site.directory / "archive" / site.names("archive")[-1]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"!!" + whole[len(whole) // 2 + 2 :])
    with pytest.raises(Exception, match="cannot be unpacked"):
        copied(site.directory, tmp_path / "another")
    path.write_bytes(whole)
    database = site.directory / "site.sqlite"
    content = bytearray(database.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    database.write_bytes(content)
    with pytest.raises(Exception, match=r"malformed|damaged"):
        copied(site.directory, tmp_path / "kept")
    assert restore(tmp_path / "kept", tmp_path / "back").manifest == before


async def test_a_poison_frame_is_not_backed_up_as_a_state(site: SmallSite, tmp_path: Path) -> None:
    append(site.directory, 1, bytes(128), b"", RECORD_VERSION)
    with pytest.raises(BackupRefused, match="cannot be applied"):
        copied(site.directory, tmp_path / "kept")
    assert "lionrock skip" in refused("backup", site.directory, tmp_path / "kept")


async def test_an_empty_site_comes_back_empty(tmp_path: Path) -> None:
    node = Node.open(tmp_path / "site", Engine, lambda: 1)
    await node.close()
    made = copied(tmp_path / "site", tmp_path / "kept").manifest
    assert (made.frames, made.sequence, made.head_hash) == (0, 0, "00" * 32)
    assert restore(tmp_path / "kept", tmp_path / "back").state_digest == Engine().digest()
    node = Node.open(tmp_path / "back", Engine, lambda: 1)
    await node.close()


def test_the_command_says_what_the_master_key_means(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    server.account(BTC="1")
    assert server.stop() == 0
    site, kept = tmp_path / "site", tmp_path / "kept"
    told = json.dumps(command("backup", site, kept))
    assert '"has_master_key": false' in told
    assert '"has_master_key": true' in json.dumps(command("backup", site, kept, "--with-master-key"))
