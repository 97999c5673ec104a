"""A restore believes nothing that it has not replayed, and leaves nothing behind when it refuses."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.core.engine import Engine
from lionrock.journal.checkpoints import Checkpoint, origin_of, sign, verifier_key
from lionrock.journal.disk import Disk
from lionrock.node.node import Node
from lionrock.people.api_keys import ApiKeys
from lionrock.site.manifest import BackupDamaged, Manifest, read_manifest, write_manifest
from lionrock.site.restore import BroughtBack, Kept, RestoreRefused, drill, restore
from lionrock.site.setting_back import Forgotten
from lionrock.store.database import open_database
from lionrock.store.sealing import MasterKeyUnusable, open_sealer
from lionrock.views.catalogue import Catalogue
from tests.site.backups import COMMANDS, SmallSite, copied, make_keys, stored
from tests.site.test_poison import command, refused


class Backup(NamedTuple):
    target: Path
    manifest: Manifest
    site: SmallSite
    digests: list[str]
    """After each order; the first is the one after the venue was listed."""
    keys: list[str]


@pytest.fixture
async def kept(tmp_path: Path) -> Backup:
    site = SmallSite(tmp_path / "site")
    await site.begin()
    keys = make_keys(site.directory)
    digests = [digest for _ in range(3) for digest in await site.trade(40)]
    return Backup(tmp_path / "kept", copied(site.directory, tmp_path / "kept").manifest, site, digests, keys)


def brought_back(backup: Backup, **options: object) -> BroughtBack:
    return restore(backup.target, backup.target.parent / "back", **options)  # type: ignore[arg-type]


def assert_nothing_is_left(kept: Backup) -> None:
    assert sorted(path.name for path in kept.target.parent.iterdir()) == ["kept", "site"]


@pytest.mark.shows("OPER-013")
async def test_what_comes_back_is_what_was(kept: Backup, tmp_path: Path) -> None:
    found = brought_back(kept, master_key=kept.site.directory / "master.key")
    assert (found.state_digest, found.sequence) == (kept.digests[-1], COMMANDS + 120)
    assert (found.has_master_key, found.forgotten) == (True, Forgotten())
    back = SmallSite(tmp_path / "back")
    for folder in ("archive", "checkpoints"):
        assert back.names(folder) == kept.site.names(folder)
    node = back.open()
    assert (node.recovered.snapshot_sequence, node.recovered.commands) == (found.sequence, 0)
    assert node.engine.digest() == found.state_digest
    await node.close()
    assert known_keys(back.directory) == kept.keys
    assert (back.directory / "master.key").stat().st_mode & 0o777 == 0o600


def known_keys(directory: Path) -> list[str]:
    """The keys that a site on this directory would know. Raises as its start does."""
    catalogue = Catalogue()
    node = Node.open(directory, Engine, lambda: 0, listeners=[catalogue])
    database = open_database(directory)
    try:
        sealer = open_sealer(directory, os.urandom)
        keys = ApiKeys(database, sealer, os.urandom, lambda: 0, journal_id=node.journal_id, accounts=catalogue.accounts)
        return list(keys._credentials)
    finally:
        database.dispose()
        node._writer.close()
        node._lock.release()


@pytest.mark.shows("OPER-013")
async def test_without_the_master_key_no_secret_opens(kept: Backup, tmp_path: Path) -> None:
    """Nor is another key made in its place."""
    assert not brought_back(kept).has_master_key
    with pytest.raises(MasterKeyUnusable, match="put the site's own back"):
        known_keys(tmp_path / "back")
    assert not (tmp_path / "back" / "master.key").exists()


@pytest.mark.shows("OPER-013")
async def test_a_master_key_that_opens_nothing_is_refused(kept: Backup) -> None:
    wrong = kept.site.directory / "wrong.key"
    for content in (bytes(32), bytes(3)):
        wrong.write_bytes(content)
        with pytest.raises(RestoreRefused, match=r"wrong\.key is not this site's of the day .*master") as refused:
            brought_back(kept, master_key=wrong)
        assert "/.back-" not in f"{refused.value}", "where it was tried is gone"
    assert_nothing_is_left(kept)


@pytest.mark.shows("OPER-013")
@pytest.mark.parametrize("damage", ["changed", "cut", "longer", "missing"])
async def test_a_backup_with_any_damaged_file_is_refused(kept: Backup, damage: str) -> None:
    files = stored(kept.target)
    assert {path.parent.name for path in files} == {"kept", "archive", "journal", "snapshots", "checkpoints"}
    for path in files:
        whole = path.read_bytes()
        middle = len(whole) // 2
        if damage == "missing":
            path.unlink()
        else:
            spoiled = {
                "changed": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
                "cut": whole[:-2],
                "longer": whole + b"!",
            }
            path.write_bytes(spoiled[damage])
        with pytest.raises(BackupDamaged):
            brought_back(kept)
        with pytest.raises(BackupDamaged):
            drill(kept.target, time.time_ns)
        path.write_bytes(whole)
        assert_nothing_is_left(kept)
    brought_back(kept)


def resealed(kept: Backup, **changes: object) -> None:
    """The same backup with a manifest that says something else and is right in its own SHA-256."""
    write_manifest(kept.target, Disk(), msgspec.structs.replace(kept.manifest, **changes))


LIES = {
    "frames": ({"frames": 7}, "number of frames"),
    "sequence": ({"sequence": 7}, "last sequence"),
    "head": ({"head_hash": "00" * 32}, "hash of the last frame"),
    "root": ({"tree_root": "00" * 32}, "root of the tree"),
    "digest": ({"state_digest": "00" * 32}, "digest of the state"),
    "format": ({"format": 2}, "of format 2"),
}


@pytest.mark.shows("OPER-013")
@pytest.mark.parametrize(("changes", "told"), LIES.values(), ids=LIES)
async def test_a_manifest_that_the_journal_does_not_lead_to_is_refused(
    kept: Backup, changes: dict[str, object], told: str
) -> None:
    resealed(kept, **changes)
    with pytest.raises(BackupDamaged, match=told):
        brought_back(kept)
    assert_nothing_is_left(kept)


@pytest.mark.shows("OPER-013")
async def test_a_segment_left_out_with_care_is_refused(kept: Backup) -> None:
    """Whoever can write the backup can write its manifest; the chain of frames tells."""
    for folder in ("archive/", "journal/"):
        (first, *_) = (file for file in kept.manifest.files if file.path.startswith(folder))
        resealed(kept, files=tuple(file for file in kept.manifest.files if file != first))
        with pytest.raises(BackupDamaged, match="does not replay"):
            brought_back(kept)
    outside = msgspec.structs.replace(kept.manifest.files[0], path="../escaped")
    resealed(kept, files=(outside,))
    with pytest.raises(BackupDamaged, match="outside of a data directory"):
        brought_back(kept)
    assert_nothing_is_left(kept)


@pytest.mark.shows("OPER-014")
async def test_a_site_comes_back_as_it_was_after_any_frame(kept: Backup, tmp_path: Path) -> None:
    for order in (1, 2, 39, 40, 41, 77, 80, 119, 120):
        found = restore(kept.target, tmp_path / f"back{order}", until=COMMANDS + order)
        assert (found.sequence, found.state_digest) == (COMMANDS + order, kept.digests[order - 1])
        back = SmallSite(tmp_path / f"back{order}")
        shutil.copy(kept.site.directory / "master.key", back.directory)
        assert not (back.directory / "checkpoints").exists()
        node = back.open()
        assert node.engine.digest() == found.state_digest
        await node.close()
        assert len(await back.trade(3)) == 3
        assert known_keys(back.directory) == kept.keys
    within = restore(kept.target, tmp_path / "within", until=COMMANDS - 1)  # in the midst of the first frame
    assert (within.sequence, within.frames, within.state_digest) == (0, 0, Engine().digest())
    assert within.forgotten.keys == len(kept.keys)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RestoreRefused, match="link is a link, in whose place nothing is put"):
        restore(kept.target, tmp_path / "link")
    (tmp_path / "link").unlink()
    with pytest.raises(RestoreRefused, match="nothing of a site up to 0"):
        brought_back(kept, until=0)
    for until in (COMMANDS + 121, -1):
        with pytest.raises(RestoreRefused, match="there is no"):
            brought_back(kept, until=until)


def said(kept: Backup, **changes: object) -> Checkpoint:
    manifest = kept.manifest
    checkpoint = Checkpoint(
        origin_of(bytes.fromhex(manifest.journal_id)),
        manifest.frames,
        bytes.fromhex(manifest.tree_root),
        manifest.sequence,
        bytes.fromhex(manifest.head_hash),
        7,
    )
    return checkpoint._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.shows("OPER-015")
async def test_a_backup_agrees_with_a_checkpoint_kept_elsewhere_or_is_refused(kept: Backup, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, stranger = verifier_key(key.public_key(), "venue"), verifier_key(key.public_key(), "other")
    notes = {
        "agrees": (said(kept), None, ""),
        "an older one": (said(kept, size=1, root=first_root(kept)), None, ""),
        "other root": (said(kept, root=bytes(32)), BackupDamaged, "not those that the checkpoint covers"),
        "other root, older": (said(kept, size=3), BackupDamaged, "not those that the checkpoint covers"),
        "newer": (said(kept, size=kept.manifest.frames + 1), RestoreRefused, "take a newer backup"),
        "another journal": (said(kept, origin=bytes(16)), RestoreRefused, "is of another journal"),
    }
    for number, (checkpoint, error, told) in enumerate(notes.values()):
        one = Kept(sign(checkpoint, key, "venue"), public)
        if error:
            with pytest.raises(error, match=told):
                brought_back(kept, kept=one)
        else:
            restore(kept.target, tmp_path / f"back{number}", kept=one)
    good = sign(said(kept), key, "venue")
    for note, public_key in (
        (good, stranger),
        (good.replace("time-ns 7", "time-ns 8"), public),
        ("", public),
        ("x", None),
    ):
        with pytest.raises(RestoreRefused, match="the checkpoint cannot be used"):
            brought_back(kept, kept=Kept(note, public_key))
    assert drill(kept.target, time.time_ns, kept=Kept(good, None)).brought_back.tree_root == kept.manifest.tree_root


def first_root(kept: Backup) -> bytes:
    """Root of the tree over the first frame alone."""
    return bytes.fromhex(restore(kept.target, kept.target.parent / "first", until=COMMANDS).tree_root)


@pytest.mark.shows("OPER-015")
async def test_the_checkpoints_that_the_site_signed_itself_prove_its_backup(kept: Backup, tmp_path: Path) -> None:
    folder = kept.site.directory / "checkpoints"
    notes = (folder / "checkpoints").read_text("utf-8").split("lionrock/")[1:]
    assert len(notes) > 1
    public_key = (folder / "public-key").read_text().strip()
    options = ("--checkpoint", tmp_path / "one.checkpoint", "--public-key", public_key)
    for number, note in enumerate(notes):
        (tmp_path / "one.checkpoint").write_text(f"lionrock/{note}", "utf-8")
        assert (
            command("restore", kept.target, tmp_path / f"back{number}", *options)["sequence"] == kept.manifest.sequence
        )
        command("backup", "--drill", kept.target, *options)
    changed = notes[0].replace("sequence ", "sequence 1")
    (tmp_path / "one.checkpoint").write_text(f"lionrock/{changed}", "utf-8")
    assert "cannot be used" in refused("restore", kept.target, tmp_path / "back", *options)


@pytest.mark.shows("OPER-013")
async def test_a_restore_overwrites_nothing(kept: Backup, tmp_path: Path) -> None:
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "mine").write_text("mine")
    with pytest.raises(RestoreRefused, match="is not empty"):
        brought_back(kept)
    with pytest.raises(RestoreRefused, match="is not empty"):
        restore(kept.target, tmp_path / "back" / "mine")
    with pytest.raises(BackupDamaged, match="holds no whole backup"):
        restore(tmp_path / "back", tmp_path / "other")
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["mine"]
    (tmp_path / "back" / "mine").unlink()
    brought_back(kept)
    assert read_manifest(kept.target) == kept.manifest
