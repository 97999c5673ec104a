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

from lionrock.compliance.onboarding.clients import forget_later_clients
from lionrock.compliance.onboarding.documents import DIRECTORY as DOCUMENTS
from lionrock.compliance.papers.shelf import forget_later_papers
from lionrock.core.engine import Engine
from lionrock.gateways.rest.answer_memory import forget_answers
from lionrock.journal.checkpoints import Checkpoint, CheckpointInvalid, check_note, origin_of, read_note
from lionrock.journal.closing import Closed, write_mark
from lionrock.journal.copying import cut_journal
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.journal.segments import JournalDamaged
from lionrock.journal.tree import Frontier
from lionrock.node.recovery import LookedBack, Place, Progress, look_back
from lionrock.node.skipping import PoisonFrame
from lionrock.people.api_keys import forget_later_keys
from lionrock.people.trade_notices import forget_told_trades
from lionrock.people.users import forget_later_users
from lionrock.site.backup_log import log_drill
from lionrock.site.configuration import ConfigurationInvalid, read_configuration
from lionrock.site.manifest import BackupDamaged, Manifest, StoredFile, read_manifest
from lionrock.site.signing import KEY_FILE
from lionrock.store.database import DATABASE_FILE, open_database
from lionrock.store.sealing import MASTER_KEY_FILE


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
    forgotten_keys: int
    """API keys of accounts that were opened after the moment that was asked for."""


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
    signed them stay behind, because it may not say again, and differently, what it has signed. `master_key` is a file
    for a backup without one. Everything is proved before anything stands in `directory`. Raises `RestoreRefused`,
    `BackupDamaged` and `OSError`.
    """
    manifest = read_manifest(target)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise RestoreRefused(f"{directory} is not empty: a restore overwrites nothing")
    if until is not None and not 0 <= until <= manifest.sequence:
        raise RestoreRefused(f"the backup ends with sequence {manifest.sequence}: there is no {until}")
    directory = directory.absolute()
    disk = Disk()
    disk.make_directory(directory.parent)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}-") as temporary:
        place = Place(Path(temporary) / "site", disk)
        place.directory.mkdir(mode=0o700)
        for file in manifest.files:
            _bring(target, file, place)
        if master_key:
            disk.write_file(place.directory / MASTER_KEY_FILE, master_key.read_bytes())
            (place.directory / MASTER_KEY_FILE).chmod(0o600)
        found = _proved(place, manifest, progress)
        if kept:
            _compare(place, _read(kept), manifest)
        forgotten = 0
        if until is not None:
            _set_back(place, until)
            keys = read_configuration(place.directory).known_keys
            found = look_back(place, Engine, operator_keys=keys, progress=progress)
            forgotten = _forget_later_keys(place, found.next_sequence - 1)
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
    )


class Drilled(NamedTuple):
    """What a drill showed."""

    brought_back: BroughtBack
    seconds: float


def drill(
    target: Path, clock: Callable[[], int], *, kept: Kept | None = None, progress: Progress | None = None
) -> Drilled:
    """Restore into a temporary directory and remove it; the backup then says when. Raises as `restore` does."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="lionrock-drill-") as temporary:
        brought_back = restore(target, Path(temporary) / "site", kept=kept, progress=progress)
        seconds = time.perf_counter() - started
    log_drill(target, brought_back.manifest.journal_id, clock())
    return Drilled(brought_back, seconds)


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


def _forget_later_keys(place: Place, last_sequence: int) -> int:
    if not (place.directory / DATABASE_FILE).exists():
        return 0
    database = open_database(place.directory)
    try:
        forget_later_clients(database, last_sequence)
        forget_later_users(database, last_sequence)
        forget_answers(database)
        forget_later_papers(database, last_sequence)
        forget_told_trades(database)
        return forget_later_keys(database, last_sequence)
    finally:
        database.dispose()
