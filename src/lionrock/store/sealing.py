"""Encryption at rest: AES-256-GCM (NIST SP 800-38D) under the master key of the data directory.

A sealed value is a 96-bit nonce followed by the ciphertext and its tag. It is bound to the place it was sealed for, so
that a value copied to another row does not open.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MASTER_KEY_FILE = "master.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealBroken(Exception):
    """A value was changed, moved, or sealed under another master key."""


class MasterKeyUnusable(Exception):
    """The master key file is not one: wrong size, or readable by others."""


class Sealer:
    """Seals and opens with one master key. `random_bytes(n)` must be a cryptographic source."""

    def __init__(self, master_key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._master_key = master_key
        self._cipher = AESGCM(master_key)
        self._random_bytes = random_bytes

    def hasher(self, purpose: str) -> Callable[[bytes], int]:
        """A keyed hash for one purpose: 64 bits, never 0, the same at every start with the same master key.

        Nobody without the key can find two texts with one hash, or the text of a hash (BLAKE2b, RFC 7693).
        """
        key = blake2b(purpose.encode(), key=self._master_key).digest()
        return lambda data: int.from_bytes(blake2b(data, digest_size=8, key=key).digest(), "little") or 1

    def digester(self, purpose: str) -> Callable[[bytes], bytes]:
        """As `hasher`, with 256 bits: for names that are looked up and must not stand in the clear."""
        key = blake2b(purpose.encode(), key=self._master_key).digest()
        return lambda data: blake2b(data, digest_size=32, key=key).digest()

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for one place, named like `api_keys.secret:K1`."""
        nonce = self._random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises `SealBroken`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"the sealed value of {place} does not open with this master key") from error


def open_sealer(directory: Path, random_bytes: Callable[[int], bytes]) -> Sealer:
    """The sealer of a data directory; at the first start makes its master key (mode 0600) and keeps others out (0700).

    Raises `MasterKeyUnusable`. The caller holds the lock of the directory.
    """
    path = directory / MASTER_KEY_FILE
    if not path.exists():
        directory.chmod(0o700)
        _write_key(path, random_bytes(_KEY_BYTES))
    if path.stat().st_mode & 0o077:
        raise MasterKeyUnusable(f"{path} may be read by others: run chmod 600 on it")
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise MasterKeyUnusable(f"{path} has {len(key)} bytes; a master key has {_KEY_BYTES}")
    return Sealer(key, random_bytes)


def _write_key(path: Path, key: bytes) -> None:
    """Whole or not at all: a crash in between leaves no half key under the final name."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, key)
        os.fsync(file)
    finally:
        os.close(file)
    draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
