"""Encryption at rest: AES-256-GCM (NIST SP 800-38D) under data keys, which are themselves sealed under the master key.

A sealed value names its data key and is bound to the place it was sealed for: copied to another row it does not open.

    4 bytes  "LRS1"
    4 bytes  number of the data key, little-endian
    16 bytes keyed hash of the place (BLAKE2b)
    12 bytes nonce
    the rest ciphertext and tag; the first 24 bytes are authenticated with it

As the place stands in the value by its hash, anything sealed can be sealed again under a newer key without knowing what
it is (`lionrock.store.rotating`). Values from before there were data keys have neither head nor number: a nonce, then
ciphertext and tag under key 0, which is the first master key.
"""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lionrock.store.database import DATABASE_FILE

MASTER_KEY_FILE = "master.key"
KEYS_FILE = "data.keys"
"""Sealed under the master key; not there until the first rotation."""
NEXT_KEYS_FILE = "data.keys.next"
"""While the master key is being changed: the same, sealed under the one to come."""
KEY_BYTES = 32
_NONCE_BYTES = 12
_MAGIC = b"LRS1"
_HEAD = struct.Struct("<4sI16s")
_KEYS_PLACE = b"lionrock data keys"


class SealBroken(Exception):
    """A value was changed, moved, or sealed under another master key."""


class MasterKeyUnusable(Exception):
    """The master key file is not one: wrong size, or readable by others."""


class Ring(msgspec.Struct, frozen=True):
    """The data keys of a directory."""

    root: bytes
    """What keyed hashes are derived from. It never changes: names are looked up by them."""
    keys: Mapping[int, bytes]
    """By number; 0 is the first master key."""

    @property
    def current(self) -> int:
        """Number of the key that new values are sealed under."""
        return max(self.keys)

    def with_key(self, key: bytes) -> Ring:
        """The same with one key more, which is current from then on."""
        return Ring(self.root, {**self.keys, self.current + 1: key})

    def only(self, numbers: set[int]) -> Ring:
        """The same without keys that nothing is sealed under; the current one stays."""
        return Ring(self.root, {number: key for number, key in self.keys.items() if number in numbers | {self.current}})

    def __repr__(self) -> str:
        return f"Ring(current={self.current})"


class Sealer:
    """Seals and opens with one ring of keys. `random_bytes(n)` must be a cryptographic source."""

    def __init__(self, master_key: bytes, random_bytes: Callable[[int], bytes], ring: Ring | None = None) -> None:
        self.ring = ring or Ring(master_key, {0: master_key})
        self._random_bytes = random_bytes
        self._ciphers = {number: AESGCM(key) for number, key in self.ring.keys.items()}
        self._place_key = blake2b(b"places", key=self.ring.root).digest()

    def hasher(self, purpose: str) -> Callable[[bytes], int]:
        """A keyed hash for one purpose: 64 bits, never 0, the same for as long as the directory lives.

        Nobody without the key can find two texts with one hash, or the text of a hash (BLAKE2b, RFC 7693).
        """
        key = blake2b(purpose.encode(), key=self.ring.root).digest()
        return lambda data: int.from_bytes(blake2b(data, digest_size=8, key=key).digest(), "little") or 1

    def digester(self, purpose: str) -> Callable[[bytes], bytes]:
        """As `hasher`, with 256 bits: for names that are looked up and must not stand in the clear."""
        key = blake2b(purpose.encode(), key=self.ring.root).digest()
        return lambda data: blake2b(data, digest_size=32, key=key).digest()

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for one place, named like `api_keys.secret:K1`."""
        return self._sealed(plain, self._place_hash(place))

    def _sealed(self, plain: bytes, place_hash: bytes) -> bytes:
        head = _HEAD.pack(_MAGIC, self.ring.current, place_hash)
        nonce = self._random_bytes(_NONCE_BYTES)
        return head + nonce + self._ciphers[self.ring.current].encrypt(nonce, plain, head)

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises `SealBroken`."""
        broken = SealBroken(f"the sealed value of {place} does not open with this master key")
        try:
            plain, place_hash = self._opened(sealed)
            if hmac.compare_digest(place_hash, self._place_hash(place)):
                return plain
        except SealBroken:
            pass
        first = self._ciphers.get(0)
        if first is None:
            raise broken
        try:  # from before there were data keys; one such nonce in four billion begins like a head
            return first.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise broken from error

    def seal_again(self, sealed: bytes) -> bytes:
        """The same value for the same place under the current key. Raises `SealBroken`."""
        plain, place_hash = self._opened(sealed)
        return self._sealed(plain, place_hash)

    def _opened(self, sealed: bytes) -> tuple[bytes, bytes]:
        """What was sealed, and the hash of its place."""
        number = key_number(sealed)
        cipher = self._ciphers.get(-1 if number is None else number)
        if cipher is None:
            raise SealBroken("a sealed value names a data key that is not there")
        head, rest = sealed[: _HEAD.size], sealed[_HEAD.size :]
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head), _HEAD.unpack(head)[2]
        except (InvalidTag, ValueError) as error:
            raise SealBroken("a sealed value was changed, or sealed under another key") from error

    def _place_hash(self, place: str) -> bytes:
        return blake2b(place.encode(), digest_size=16, key=self._place_key).digest()


def key_number(sealed: bytes) -> int | None:
    """Number of the data key that a value names; None for what has no head, sealed or not."""
    if len(sealed) < _HEAD.size + _NONCE_BYTES or not sealed.startswith(_MAGIC):
        return None
    number: int = _HEAD.unpack_from(sealed)[1]
    return number


def open_sealer(directory: Path, random_bytes: Callable[[int], bytes]) -> Sealer:
    """The sealer of a data directory; at the first start makes its master key (mode 0600) and keeps others out (0700).

    Where something was sealed before, no other key takes the place of one that is gone. Raises `MasterKeyUnusable` and
    `SealBroken`. The caller holds the lock of the directory.
    """
    path = directory / MASTER_KEY_FILE
    if not path.exists():
        if any((directory / name).exists() for name in (DATABASE_FILE, KEYS_FILE, NEXT_KEYS_FILE)):
            raise MasterKeyUnusable(f"{directory} has no {MASTER_KEY_FILE}: put the site's own back")
        directory.chmod(0o700)
        write_key(path, random_bytes(KEY_BYTES))
    if path.stat().st_mode & 0o077:
        raise MasterKeyUnusable(f"{path} may be read by others: run chmod 600 on it")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise MasterKeyUnusable(f"{path} has {len(key)} bytes; a master key has {KEY_BYTES}")
    return Sealer(key, random_bytes, _read_ring(directory, key))


def seal_ring(ring: Ring, master_key: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
    """What stands in the file of data keys."""
    nonce = random_bytes(_NONCE_BYTES)
    plain = msgspec.msgpack.encode((ring.root, list(ring.keys.items())))
    return nonce + AESGCM(master_key).encrypt(nonce, plain, _KEYS_PLACE)


def _read_ring(directory: Path, master_key: bytes) -> Ring | None:
    """None before the first rotation. A change of the master key that was cut short left two files; one opens."""
    paths = [path for name in (KEYS_FILE, NEXT_KEYS_FILE) if (path := directory / name).exists()]
    for path in paths:
        sealed = path.read_bytes()
        try:
            plain = AESGCM(master_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _KEYS_PLACE)
        except (InvalidTag, ValueError):
            continue
        root, keys = msgspec.msgpack.decode(plain, type=tuple[bytes, list[tuple[int, bytes]]])
        return Ring(root, dict(keys))
    if paths:
        raise SealBroken(f"{paths[0]} does not open with this master key")
    return None


def write_key(path: Path, key: bytes) -> None:
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
