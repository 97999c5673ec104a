"""What a backup says about itself: `manifest.json` in its directory, with the SHA-256 of every file and of itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from lionrock.journal.disk import Disk

FILE_NAME = "manifest.json"
_FORMAT = 1


class BackupDamaged(Exception):
    """The backup is not what was written, or not a backup. Nothing was restored from it."""


class StoredFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the data directory."""

    path: str
    """Relative to the data directory."""
    bytes: int
    sha256: str

    @property
    def stored(self) -> str:
        """Relative to the backup: another content never takes the place of one that a manifest still names."""
        return f"{self.path}.{self.sha256[:16]}"


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a restore has to arrive at."""

    format: int
    created_ns: int
    """When the backup was complete, since 1970-01-01 UTC."""
    program_version: str
    journal_id: str
    frames: int
    sequence: int
    """Of the last record."""
    head_hash: str
    """Frame hash of the last frame."""
    tree_root: str
    """Root of the RFC 6962 tree over all frame hashes."""
    state_digest: str
    """SHA-256 of the state after the last record (spec/state.md)."""
    has_master_key: bool
    files: tuple[StoredFile, ...]


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    manifest: Manifest
    sha256: str
    """Of the manifest alone, encoded without spaces."""


def write_manifest(target: Path, disk: Disk, manifest: Manifest) -> None:
    """Durable, and in place of the one before, when this returns. Raises `OSError`."""
    sealed = _Sealed(manifest, hashlib.sha256(msgspec.json.encode(manifest)).hexdigest())
    disk.write_file(target / FILE_NAME, msgspec.json.format(msgspec.json.encode(sealed)) + b"\n")


def read_manifest(target: Path) -> Manifest:
    """Raises `BackupDamaged` and `OSError`."""
    path = target / FILE_NAME
    try:
        sealed = msgspec.json.decode(path.read_bytes(), type=_Sealed)
    except FileNotFoundError as error:
        raise BackupDamaged(f"{target} holds no whole backup: there is no {FILE_NAME}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupDamaged(f"{path} cannot be read: {error}") from error
    manifest = sealed.manifest
    if hashlib.sha256(msgspec.json.encode(manifest)).hexdigest() != sealed.sha256:
        raise BackupDamaged(f"{path} was changed: its SHA-256 is not the one that is written in it")
    if manifest.format != _FORMAT:
        raise BackupDamaged(f"{path} is of format {manifest.format}; this program reads {_FORMAT}")
    for file in manifest.files:
        if Path(file.path).is_absolute() or ".." in Path(file.path).parts:
            raise BackupDamaged(f"{path} names a file outside of a data directory: {file.path}")
    return manifest


def new_manifest(**fields: object) -> Manifest:
    """A manifest of today's format."""
    return msgspec.convert({"format": _FORMAT} | fields, Manifest)
