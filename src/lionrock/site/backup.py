"""Copies a site, also while it serves, into a directory that holds one backup and grows with each further one.

What is copied first is what may only be behind the rest: database, checkpoints and snapshot come before the journal, so
that every account a key was made for, every frame a checkpoint covers and every frame a snapshot covers is in the copy;
documents come after the database, so that every one that it knows is there.
Read models (`views.sqlite`) are not copied; they are made again from the journal.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from lionrock.compliance.onboarding.documents import DIRECTORY as DOCUMENTS
from lionrock.core.engine import Engine
from lionrock.journal.archive import ARCHIVED_SUFFIX, archived_segment
from lionrock.journal.copying import cut_after, durable_sequence, segments
from lionrock.journal.disk import Disk
from lionrock.journal.snapshots import SnapshotInvalid, read_snapshot, snapshot_paths
from lionrock.node.errors import DirectoryInUse
from lionrock.node.lock import DirectoryLock
from lionrock.node.recovery import LookedBack, Place, Progress, look_back
from lionrock.node.skipping import PoisonFrame
from lionrock.site.backup_log import log_backup
from lionrock.site.configuration import FILE_NAME as CONFIGURATION_FILE
from lionrock.site.configuration import read_configuration
from lionrock.site.definition import FILE_NAME as DEFINITION_FILE
from lionrock.site.manifest import FILE_NAME as MANIFEST_FILE
from lionrock.site.manifest import Manifest, StoredFile, new_manifest, read_manifest, write_manifest
from lionrock.site.signing import KEY_FILE
from lionrock.store.database import DATABASE_FILE
from lionrock.store.sealing import KEYS_FILE, MASTER_KEY_FILE

_DRAFT, _VIEW = ".copying-", ".proving-"
_ATTEMPTS = 5
"""A segment may move into the archive, and a snapshot be removed, between listing and copying; not so often as this."""


class BackupRefused(Exception):
    """No backup is made, and the one that was there is as it was."""


class BackedUp(NamedTuple):
    """What a backup came to."""

    manifest: Manifest
    copied_files: int
    copied_bytes: int
    """New since the backup before; the others were there already."""


def back_up(
    directory: Path,
    target: Path,
    clock: Callable[[], int],
    *,
    with_master_key: bool,
    progress: Progress | None = None,
) -> BackedUp:
    """Copy the site of `directory` into `target`, and prove the copy by replaying it.

    `clock` gives nanoseconds since 1970. Raises `BackupRefused`, `BackupDamaged` for a backup in `target` that is not
    one, `JournalDamaged`, `ConfigurationInvalid` and `OSError`.
    """
    if not (directory / "journal").is_dir():
        raise BackupRefused(f"{directory} is no data directory: it has no journal")
    if target.resolve().is_relative_to(directory.resolve()):
        raise BackupRefused(f"{target} is inside of {directory}: a backup belongs on another disk")
    disk = Disk()
    disk.make_directory(target)
    target.chmod(0o700)
    with _locked(target):
        before = read_manifest(target) if (target / MANIFEST_FILE).exists() else None
        _remove_unfinished(target)
        copy = _Copy(directory, target, disk, before)
        copy.make(with_master_key=with_master_key)
        found = _proved(copy, progress)
        journal_id = found.journal_id.hex() if found.journal_id else ""
        if before and before.frames and before.journal_id != journal_id:
            raise BackupRefused(f"{target} holds a backup of another journal, {before.journal_id}: take another place")
        if before and before.sequence > found.next_sequence - 1:
            raise BackupRefused(
                f"{target} holds a backup up to sequence {before.sequence}, and the journal ends with "
                f"{found.next_sequence - 1}: it has lost its end or was set back. Take another place"
            )
        manifest = new_manifest(
            created_ns=clock(),
            program_version=version("lionrock"),
            journal_id=journal_id,
            frames=found.frames,
            sequence=found.next_sequence - 1,
            head_hash=found.last_hash.hex(),
            tree_root=found.tree.root().hex(),
            state_digest=found.engine.digest(),
            has_master_key=with_master_key,
            files=copy.files,
        )
        write_manifest(target, disk, manifest)
        _remove_unnamed(target, manifest)
    log_backup(directory, target, manifest.created_ns)
    return BackedUp(manifest, copy.copied_files, copy.copied_bytes)


class _Copy:
    """Files of the data directory under the names they have in the backup."""

    def __init__(self, directory: Path, target: Path, disk: Disk, before: Manifest | None) -> None:
        self.place, self.target = Place(directory, disk), target
        self._known = {file.path: file for file in before.files} if before else {}
        self.files: list[StoredFile] = []
        self.copied_files = self.copied_bytes = 0
        self._covered_sequence = 0

    def make(self, *, with_master_key: bool) -> None:
        self._copy_database()
        self._copy_documents()
        names = [CONFIGURATION_FILE, DEFINITION_FILE, KEY_FILE, KEYS_FILE]
        names += [MASTER_KEY_FILE] if with_master_key else []
        if with_master_key and not (self.place.directory / MASTER_KEY_FILE).exists():
            raise BackupRefused(f"there is no {MASTER_KEY_FILE} in {self.place.directory}")
        for path in [self.place.directory / name for name in names]:
            if path.exists():
                self._store_file(path, path.name)
        checkpoints = self.place.directory / "checkpoints"
        for name in sorted(self.place.disk.list_directory(checkpoints)):
            if not name.endswith(".new"):
                self._store_file(checkpoints / name, f"checkpoints/{name}")
        self._copy_snapshot()
        self._copy_journal()

    def _copy_database(self) -> None:
        path = self.place.directory / DATABASE_FILE
        if not path.exists():
            return
        with tempfile.NamedTemporaryFile(dir=self.target, prefix=_DRAFT) as draft:
            with (
                closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(draft.name)) as copy,
            ):
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                (found,) = copy.execute("PRAGMA quick_check").fetchone()
            if found != "ok":
                raise BackupRefused(f"{path} is damaged: {found}")
            self._store_file(Path(draft.name), DATABASE_FILE)

    def _copy_documents(self) -> None:
        """Clients' documents as they are sealed. One that is kept is never written again."""
        documents = self.place.directory / DOCUMENTS
        for path in sorted(documents.iterdir()) if documents.is_dir() else []:
            with suppress(FileNotFoundError):  # taken out of a draft meanwhile
                self._store_file(path, f"{DOCUMENTS}/{path.name}")

    def _copy_snapshot(self) -> None:
        """The newest that is whole; without one a restore takes longer and comes to the same."""
        for path in snapshot_paths(self.place.snapshots, self.place.disk):
            try:
                self._covered_sequence = read_snapshot(path, self.place.disk).next_sequence - 1
                self._store_file(path, f"snapshots/{path.name}")
            except (SnapshotInvalid, FileNotFoundError):
                continue
            return

    def _copy_journal(self) -> None:
        journal, disk = self.place.journal, self.place.disk
        durable = max(durable_sequence(journal, disk), self._covered_sequence)
        for _ in range(_ATTEMPTS):
            copied_before = list(self.files)
            archived, sealed, newest = segments(journal, self.place.archive, disk)
            try:
                for path in archived:
                    self._store_unchanging(path, f"archive/{path.name}")
                for path in sealed:
                    self._store_unchanging(path, f"journal/{path.name}")
                if newest and (content := cut_after(disk.read_file(newest), durable)):
                    self._store(content, f"journal/{newest.name}")
            except FileNotFoundError:  # it has moved into the archive meanwhile
                self.files = copied_before
            else:
                return
        raise BackupRefused(f"{journal} changes faster than it can be copied")

    def _store_unchanging(self, path: Path, name: str) -> None:
        """A file that is never written again: what is there under its name and with its length is not read again."""
        known = self._known.get(name)
        if known and known.bytes == path.stat().st_size and self._is_there(known):
            self.files.append(known)
        else:
            if path.name.endswith(ARCHIVED_SUFFIX):
                archived_segment(path, self.place.disk)  # raises what is damaged
            self._store_file(path, name)

    def _store_file(self, path: Path, name: str) -> None:
        self._store(path.read_bytes(), name)

    def _store(self, content: bytes, name: str) -> None:
        file = StoredFile(name, len(content), hashlib.sha256(content).hexdigest())
        self.files.append(file)
        if self._is_there(file):
            return
        stored = self.target / file.stored
        self.place.disk.make_directory(stored.parent)
        self.place.disk.write_file(stored, content)
        stored.chmod(0o600)
        self.copied_files += 1
        self.copied_bytes += file.bytes

    def _is_there(self, file: StoredFile) -> bool:
        stored = self.target / file.stored
        return stored.is_file() and stored.stat().st_size == file.bytes


def _proved(copy: _Copy, progress: Progress | None) -> LookedBack:
    """Replay what was copied, from its snapshot where it has one."""
    keys = read_configuration(copy.place.directory).known_keys
    with tempfile.TemporaryDirectory(dir=copy.target, prefix=_VIEW) as temporary:
        for file in copy.files:
            shown = Path(temporary) / file.path
            shown.parent.mkdir(parents=True, exist_ok=True)
            shown.symlink_to((copy.target / file.stored).resolve())
        try:
            return look_back(Place(Path(temporary), Disk()), Engine, Engine.load, operator_keys=keys, progress=progress)
        except PoisonFrame as poison:
            raise BackupRefused(
                f"{poison} Until then there is no state to prove; copy the directory of the stopped site as it is."
            ) from poison


def _remove_unfinished(target: Path) -> None:
    """What a backup left that was killed."""
    for path in target.glob(f"{_DRAFT}*"):
        path.unlink()
    for path in target.glob(f"{_VIEW}*"):
        shutil.rmtree(path)


def _remove_unnamed(target: Path, manifest: Manifest) -> None:
    """What no manifest names any more. Whatever a person put there stays."""
    named = {target / file.stored for file in manifest.files}
    for part in (".", "journal", "archive", "snapshots", "checkpoints", DOCUMENTS):
        for path in (target / part).glob("*.*"):
            suffix = path.suffix[1:]
            if path not in named and path.is_file() and len(suffix) == 16 and set(suffix) <= set("0123456789abcdef"):
                path.unlink()


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    try:
        lock = DirectoryLock(target)
    except DirectoryInUse as error:
        raise BackupRefused(f"another backup into {target} is at work") from error
    try:
        yield
    finally:
        lock.release()
