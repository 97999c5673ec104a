"""Brings a site back from a backup, and believes nothing before it is replayed from the first frame."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from lionrock.compliance.onboarding.documents import DIRECTORY as DOCUMENTS
from lionrock.core.engine import Engine
from lionrock.journal.checkpoints import Checkpoint, CheckpointInvalid, check_note, origin_of, read_note
from lionrock.journal.closing import Closed, write_mark
from lionrock.journal.copying import cut_journal
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.journal.segments import JournalDamaged
from lionrock.journal.tree import Frontier
from lionrock.node.recovery import LookedBack, Place, Progress, look_back
from lionrock.node.skipping import PoisonFrame
from lionrock.site.backup_log import log_drill
from lionrock.site.configuration import FILE_NAME as SETTINGS_FILE
from lionrock.site.configuration import ConfigurationInvalid, read_configuration
from lionrock.site.manifest import BackupDamaged, Manifest, StoredFile, read_manifest
from lionrock.site.setting_back import Forgotten, forget_later
from lionrock.site.settings_file import without_outside
from lionrock.site.signing import KEY_FILE, check_master_key, notary_of
from lionrock.store.database import DATABASE_FILE
from lionrock.store.sealing import MASTER_KEY_FILE, MasterKeyUnusable, SealBroken


class RestoreRefused(Exception):
    """Nothing was restored: the backup may be good, and what was asked is not possible."""


class Kept(NamedTuple):
    """A checkpoint that somebody kept elsewhere."""

    note: str
    public_key: str | None
    """Whose signature it must have; without it what the note says counts, whoever signed it."""


class BroughtBack(NamedTuple):
    """What a restore arrived at."""

    manifest: Manifest
    frames: int
    sequence: int
    head_hash: str
    tree_root: str
    state_digest: str
    has_master_key: bool
    forgotten: Forgotten
    """What came after the moment that was asked for."""
    outside: str | None = None
    """The second home of checkpoints that the settings of the site name, of one that is another branch from now on."""
    outside_left_out: bool = False
    """Whether it was taken out of them."""


def restore(
    target: Path,
    directory: Path,
    *,
    until: int | None = None,
    kept: Kept | None = None,
    master_key: Path | None = None,
    progress: Progress | None = None,
) -> BroughtBack:
    """Bring the site of the backup in `target` back into `directory`, which must be empty or not there.

    With `until` the site is as it was after the last whole frame up to that sequence; its checkpoints and the key that
    signed them stay behind, because it may not say again, and differently, what it has signed; for the same reason it
    does not keep checkpoints where the site that went on keeps its own. `master_key` is a file
    for a backup without one. Everything is proved before anything stands in `directory`. Raises `RestoreRefused`,
    `BackupDamaged` and `OSError`.
    """
    manifest = read_manifest(target)
    _refuse_what_cannot_be(directory, manifest, until)
    directory = directory.absolute()
    disk = Disk()
    disk.make_directory(directory.parent)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}-") as temporary:
        place = Place(Path(temporary) / "site", disk)
        place.directory.mkdir(mode=0o700)
        for file in manifest.files:
            _bring(target, file, place)
        _unlock(place, master_key)
        found = _proved(place, manifest, progress)
        if kept:
            _compare(place, _read(kept), manifest)
        forgotten, outside, is_out = Forgotten(), None, False
        if until is not None:
            _set_back(place, until)
            keys = read_configuration(place.directory).known_keys
            found = look_back(place, Engine, operator_keys=keys, progress=progress)
            outside, is_out = _leave_outside(place)
            forgotten = forget_later(place.directory, found.next_sequence - 1, found.engine.last_time_ns)
        disk.make_directory(place.journal)
        write_mark(place.journal, disk, Closed(found.next_sequence, found.last_hash))
        place.directory.rename(directory)
        disk.sync_directory(directory.parent)
    return BroughtBack(
        manifest,
        found.frames,
        found.next_sequence - 1,
        found.last_hash.hex(),
        found.tree.root().hex(),
        found.engine.digest(),
        (directory / MASTER_KEY_FILE).exists(),
        forgotten,
        outside,
        is_out,
    )


def _refuse_what_cannot_be(directory: Path, manifest: Manifest, until: int | None) -> None:
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise RestoreRefused(f"{directory} is not empty: a restore overwrites nothing")
    if directory.is_symlink():
        raise RestoreRefused(f"{directory} is a link, in whose place nothing is put: name the directory itself")
    if until == 0:
        raise RestoreRefused("there is nothing of a site up to 0: give a sequence that it had, or make a new one")
    if until is not None and not 0 < until <= manifest.sequence:
        raise RestoreRefused(f"the backup ends with sequence {manifest.sequence}: there is no {until}")


class Drilled(NamedTuple):
    """What a drill showed."""

    brought_back: BroughtBack
    seconds: float
    is_signed: bool
    """Whether the backup has a report of it that counts; without the site's master key there is nobody to sign one."""


def drill(
    target: Path,
    clock: Callable[[], int],
    *,
    kept: Kept | None = None,
    master_key: Path | None = None,
    progress: Progress | None = None,
) -> Drilled:
    """Restore into a temporary directory and remove it; the backup then has a report of when, signed by the site's key,
    which is opened with what was brought back. Raises as `restore` does.
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="lionrock-drill-") as temporary:
        directory = Path(temporary) / "site"
        brought_back = restore(target, directory, kept=kept, master_key=master_key, progress=progress)
        seconds = time.perf_counter() - started
        notary = notary_of(directory)
        if notary is not None:
            log_drill(target, brought_back.manifest, notary, clock())
    return Drilled(brought_back, seconds, notary is not None)


def _bring(target: Path, file: StoredFile, place: Place) -> None:
    stored = target / file.stored
    try:
        content = stored.read_bytes()
    except FileNotFoundError as error:
        raise BackupDamaged(f"{stored} is missing") from error
    if (len(content), hashlib.sha256(content).hexdigest()) != (file.bytes, file.sha256):
        raise BackupDamaged(f"{stored} is not what was written: its length or its SHA-256 differs from the manifest")
    path = place.directory / file.path
    place.disk.make_directory(path.parent)
    place.disk.write_file(path, content)
    if path.parent in {place.directory, place.directory / DOCUMENTS}:
        path.chmod(0o600)
    if path.parent == place.directory / DOCUMENTS:
        path.parent.chmod(0o700)


def _unlock(place: Place, master_key: Path | None) -> None:
    """Puts the key that was given beside the rest, and looks whether the site's key opens what is sealed."""
    if master_key:
        place.disk.write_file(place.directory / MASTER_KEY_FILE, master_key.read_bytes())
        (place.directory / MASTER_KEY_FILE).chmod(0o600)
    try:
        check_master_key(place.directory)
    except (MasterKeyUnusable, SealBroken) as error:
        said = f"{error}".replace(f"{place.directory}/", "")  # a place that will not be there any more
        raise RestoreRefused(
            f"{master_key or 'the master key'} is not this site's of the day of this backup: {said}. Where the key was "
            "changed since, take the copy from before"
        ) from error


def _proved(place: Place, manifest: Manifest, progress: Progress | None) -> LookedBack:
    """Replay from the first frame, without the snapshot. Raises `BackupDamaged` where it differs from the manifest."""
    try:
        keys = read_configuration(place.directory).known_keys
        found = look_back(place, Engine, operator_keys=keys, progress=progress)
    except (JournalDamaged, PoisonFrame, ConfigurationInvalid) as error:
        raise BackupDamaged(f"the backup does not replay: {error}") from error
    for name, expected, actual in (
        ("number of frames", manifest.frames, found.frames),
        ("last sequence", manifest.sequence, found.next_sequence - 1),
        ("hash of the last frame", manifest.head_hash, found.last_hash.hex()),
        ("root of the tree", manifest.tree_root, found.tree.root().hex()),
        ("digest of the state", manifest.state_digest, found.engine.digest()),
    ):
        if expected != actual:
            raise BackupDamaged(f"the {name} is {actual} after a replay, and {expected} in the manifest")
    database = place.directory / DATABASE_FILE
    if database.exists():
        with closing(sqlite3.connect(database)) as connection:
            (told,) = connection.execute("PRAGMA quick_check").fetchone()
        if told != "ok":
            raise BackupDamaged(f"{DATABASE_FILE} is damaged: {told}")
    return found


def _read(kept: Kept) -> Checkpoint:
    try:
        return check_note(kept.note, kept.public_key) if kept.public_key else read_note(kept.note)
    except (CheckpointInvalid, ValueError) as error:
        raise RestoreRefused(f"the checkpoint cannot be used: {error}") from error


def _compare(place: Place, checkpoint: Checkpoint, manifest: Manifest) -> None:
    """Whether the backup begins with exactly the frames that the checkpoint covers."""
    if checkpoint.origin != origin_of(bytes.fromhex(manifest.journal_id)):
        raise RestoreRefused(f"the checkpoint is of another journal than {manifest.journal_id}")
    if checkpoint.size > manifest.frames:
        raise RestoreRefused(
            f"the checkpoint covers {checkpoint.size} frames and the backup has {manifest.frames}: take a newer "
            "backup, or an older checkpoint"
        )
    tree = Frontier()
    reader = Reader(place.journal, place.disk, archive=place.archive)
    for _ in reader:
        tree.append(reader.last_hash)
        if tree.size == checkpoint.size:
            break
    if tree.root() != checkpoint.root:
        raise BackupDamaged(f"the first {checkpoint.size} frames are not those that the checkpoint covers")


def _set_back(place: Place, until: int) -> None:
    """Leave out everything later, and what was signed about it."""
    cut_journal(place.journal, place.archive, place.disk, until)
    for name in ("snapshots", "checkpoints"):
        shutil.rmtree(place.directory / name, ignore_errors=True)
    place.disk.remove(place.directory / KEY_FILE)


def _leave_outside(place: Place) -> tuple[str | None, bool]:
    """Take the second home of checkpoints out of the settings; gives which it was, and whether it could be done."""
    outside = read_configuration(place.directory).checkpoints.outside
    if outside is None:
        return None, False
    path = place.directory / SETTINGS_FILE
    changed = without_outside(path.read_text("utf-8"))
    if changed is not None:
        place.disk.write_file(path, changed.encode())
        path.chmod(0o600)
    return outside, changed is not None
