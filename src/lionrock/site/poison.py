"""What operators do about a frame that the core cannot apply: look at it, sign that it is skipped, record that.

See `lionrock.node.skipping` for what is signed and what counts. Everything here holds the lock of the data directory:
no node runs meanwhile, which is no loss, because one stops at such a frame at every start.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lionrock.core.engine import Engine
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.journal.writer import Writer
from lionrock.node.engine import Engine as AnyEngine
from lionrock.node.lock import DirectoryLock
from lionrock.node.recovery import Place, Progress, look_back
from lionrock.node.skipping import NEEDED_SIGNATURES, PoisonFrame, Signature, pack_skip, sign
from lionrock.site.configuration import read_configuration
from lionrock.words.records import RECORD_VERSION

_KEY_BYTES = 32


class NothingToSkip(Exception):
    """Every frame can be applied."""


class CannotSkip(Exception):
    """The frame is not skipped; the words say what is missing."""


class KeyUnusable(Exception):
    """The file holds no operator's private key, or others may read it."""


class SignatureFile(msgspec.Struct, frozen=True):
    """What `lionrock skip sign` writes, as JSON."""

    operator: str
    statement: str
    signature: str
    """128 hex digits."""


def make_key(path: Path, random_bytes: Callable[[int], bytes]) -> str:
    """Write a new private key, readable by its owner alone, and return the public one in hex.

    `random_bytes(n)` must be a cryptographic source. Raises `FileExistsError` and `OSError`.
    """
    key = random_bytes(_KEY_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, f"{key.hex()}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw().hex()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Raises `KeyUnusable` and `OSError`."""
    if path.stat().st_mode & 0o077:
        raise KeyUnusable(f"{path} may be read by others: run chmod 600 on it")
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))
    except ValueError as error:
        raise KeyUnusable(f"{path} is no private key that `lionrock operator new-key` made") from error


def find_poison(
    directory: Path, *, engine_factory: Callable[[], AnyEngine] = Engine, progress: Progress | None = None
) -> PoisonFrame:
    """The frame that keeps the site from starting.

    Raises `NothingToSkip`, `DirectoryInUse`, `JournalDamaged`, `ConfigurationInvalid` and `OSError`.
    """
    with _locked(directory):
        return _find(directory, engine_factory, progress)


def sign_skip(
    directory: Path,
    operator: str,
    key: Ed25519PrivateKey,
    *,
    engine_factory: Callable[[], AnyEngine] = Engine,
    progress: Progress | None = None,
) -> SignatureFile:
    """One operator's signature. Raises what `find_poison` raises, and `CannotSkip`."""
    known = read_configuration(directory).signing_keys.get(operator)
    if known is None:
        raise CannotSkip(f"the configuration knows no operator {operator}")
    if known != key.public_key().public_bytes_raw():
        raise CannotSkip(f"this is not the key that the configuration has for {operator}")
    poison = find_poison(directory, engine_factory=engine_factory, progress=progress)
    _check_is_last(poison)
    signature = sign(operator, key, poison.statement)
    return SignatureFile(operator, poison.statement.decode(), signature.signature.hex())


def record_skip(
    directory: Path,
    signatures: Sequence[SignatureFile],
    time_ns: int,
    *,
    engine_factory: Callable[[], AnyEngine] = Engine,
    progress: Progress | None = None,
) -> PoisonFrame:
    """Append the frame that has the poison frame skipped; returns that one.

    `time_ns` is the time of the new frame, since 1970. Raises what `find_poison` raises, `CannotSkip` and, when the
    journal cannot be written, `OSError`.
    """
    keys = read_configuration(directory).signing_keys
    with _locked(directory):
        poison = _find(directory, engine_factory, progress)
        _check_is_last(poison)
        checked = _checked(signatures, poison.statement, keys)
        place = Place(directory, Disk())
        reader = Reader(place.journal, place.disk, from_any_sequence=True)
        for _ in reader:
            pass
        writer = Writer(place.journal, place.disk, reader.end, b"\0" * 16)
        try:
            writer.append(time_ns, 0, b"", pack_skip(poison.statement, checked), RECORD_VERSION)
        finally:
            writer.close()
        return poison


def _find(directory: Path, engine_factory: Callable[[], AnyEngine], progress: Progress | None) -> PoisonFrame:
    place = Place(directory, Disk())
    known = read_configuration(directory).known_keys
    load = Engine.load if engine_factory is Engine else None
    try:
        found = look_back(place, engine_factory, load, operator_keys=known, progress=progress)
    except PoisonFrame as poison:
        return poison
    raise NothingToSkip(
        f"every frame can be applied, up to sequence {found.next_sequence - 1}: nothing is to be skipped"
    )


def _check_is_last(poison: PoisonFrame) -> None:
    if not poison.is_last:
        raise CannotSkip(f"{poison}")


def _checked(signatures: Sequence[SignatureFile], statement: bytes, keys: Mapping[str, bytes]) -> list[Signature]:
    """Raises `CannotSkip` at the first signature that does not count, or when there are too few of them."""
    checked, by_key = [], dict[bytes, str]()
    for operator, text, encoded in (msgspec.structs.astuple(each) for each in signatures):
        key = keys.get(operator)
        if key is None:
            raise CannotSkip(f"the configuration knows no operator {operator}")
        if text.encode() != statement:
            raise CannotSkip(f"{operator} signed something else than that this frame is skipped")
        try:
            signature = bytes.fromhex(encoded)
            Ed25519PublicKey.from_public_bytes(key).verify(signature, statement)
        except (InvalidSignature, ValueError) as error:
            raise CannotSkip(f"the signature of {operator} is not one of the key in the configuration") from error
        if key in by_key:
            raise CannotSkip(f"{operator} signed twice; {NEEDED_SIGNATURES} operators have to sign")
        by_key[key] = operator
        checked.append(Signature(operator, signature))
    if len(checked) < NEEDED_SIGNATURES:
        raise CannotSkip(f"{len(checked)} of {NEEDED_SIGNATURES} signatures: another operator has to sign")
    return checked


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    if not (directory / "journal").is_dir():
        raise FileNotFoundError(f"{directory} is no data directory: it has no journal")
    lock = DirectoryLock(directory)
    try:
        yield
    finally:
        lock.release()
