"""New keys for what is sealed at rest: a new data key with everything sealed again under it, and a new master key.

A directory's values are found by their head (`lionrock.store.sealing`), in every column of bytes of its database and in
its files, so no room has to say what it sealed. The caller holds the directory's lock; nothing is served meanwhile.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Column, Engine, LargeBinary, MetaData, Table, select, update

from lionrock.store.sealing import (
    KEY_BYTES,
    KEYS_FILE,
    MASTER_KEY_FILE,
    NEXT_KEYS_FILE,
    SealBroken,
    Sealer,
    key_number,
    open_sealer,
    seal_ring,
    write_key,
)

_ROWS_AT_ONCE = 500
_NO_SEALED_FILES = frozenset({"journal", "archive", "snapshots"})

RandomBytes = Callable[[int], bytes]
Progress = Callable[[int], None]
"""Told of the number of values sealed again so far."""


class Rotated(msgspec.Struct, frozen=True):
    """What a rotation came to."""

    current_key: int
    sealed_again: int
    broken: int
    """Values that did not open, or only look like sealed ones."""
    keys_left: tuple[int, ...]
    """Numbers that something is still sealed under; 0 where values from before data keys may be."""


def values_by_key(directory: Path, database: Engine) -> dict[int, int]:
    """How many values name each data key. Values without a head are not among them."""
    found: Counter[int] = Counter()
    for _, columns in _tables(database):
        with database.connect() as connection:
            for row in connection.execute(select(*columns)):
                found.update(number for value in row if (number := key_number(value or b"")) is not None)
    for path in _files(directory):
        number = key_number(path.read_bytes())
        found.update([] if number is None else [number])
    return dict(sorted(found.items()))


def rotate_data_key(
    directory: Path, database: Engine, random_bytes: RandomBytes, progress: Progress | None = None
) -> Rotated:
    """A new data key; everything with a head is sealed again under it, and keys that nothing names are forgotten.

    A crash leaves values under the old key and the new one, and both keys: run it again. What does not open is left as
    it is and counted. Raises `MasterKeyUnusable`, `SealBroken` for the keys themselves, and `OSError`.
    """
    sealer = open_sealer(directory, random_bytes)
    master_key = (directory / MASTER_KEY_FILE).read_bytes()
    ring = sealer.ring.with_key(random_bytes(KEY_BYTES))
    _write_file(directory / KEYS_FILE, seal_ring(ring, master_key, random_bytes))
    again = _Again(open_sealer(directory, random_bytes), progress)
    again.files(directory)
    for table, columns in _tables(database):
        again.table(database, table, columns)
    left = set(values_by_key(directory, database)) | ({0} if 0 in ring.keys else set())
    ring = ring.only(left)
    _write_file(directory / KEYS_FILE, seal_ring(ring, master_key, random_bytes))
    return Rotated(ring.current, again.count, again.broken, tuple(sorted(ring.keys)))


def change_master_key(directory: Path, random_bytes: RandomBytes) -> None:
    """A new master key over the same data keys. A crash at any moment leaves one that opens them.

    Keep the new `master.key` where the old one was kept. Raises `MasterKeyUnusable`, `SealBroken` and `OSError`.
    """
    ring = open_sealer(directory, random_bytes).ring
    new_key = random_bytes(KEY_BYTES)
    _write_file(directory / NEXT_KEYS_FILE, seal_ring(ring, new_key, random_bytes))
    write_key(directory / MASTER_KEY_FILE, new_key)
    (directory / NEXT_KEYS_FILE).replace(directory / KEYS_FILE)
    _sync(directory)


def _tables(database: Engine) -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Every table with its columns of bytes."""
    metadata = MetaData()
    metadata.reflect(database)
    for table in metadata.sorted_tables:
        if columns := [column for column in table.columns if isinstance(column.type, LargeBinary)]:
            yield table, list(columns)


class _Again:
    """Seals what it is shown under the current key."""

    def __init__(self, sealer: Sealer, progress: Progress | None) -> None:
        self._sealer, self._progress = sealer, progress
        self.count = self.broken = 0

    def files(self, directory: Path) -> None:
        for path in _files(directory):
            sealed = self._value(path.read_bytes())
            if sealed is not None:
                _write_file(path, sealed)

    def table(self, database: Engine, table: Table, columns: list[Column[Any]]) -> None:
        """Rows are found by their primary key, which is never sealed."""
        keys = list(table.primary_key.columns)
        with database.connect() as connection:
            rows = connection.execute(select(*keys, *columns)).all()
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            with database.begin() as connection:
                for row in rows[start : start + _ROWS_AT_ONCE]:
                    names, values = row[: len(keys)], row[len(keys) :]
                    again = {
                        column.name: sealed
                        for column, value in zip(columns, values, strict=True)
                        if (sealed := self._value(value)) is not None
                    }
                    if again:
                        one = [key == name for key, name in zip(keys, names, strict=True)]
                        connection.execute(update(table).where(*one).values(**again))

    def _value(self, value: bytes | None) -> bytes | None:
        """None for what is not sealed, or under the current key, or does not open."""
        number = key_number(value or b"")
        if value is None or number is None or number == self._sealer.ring.current:
            return None
        try:
            sealed = self._sealer.seal_again(value)
        except SealBroken:
            self.broken += 1
            return None
        self.count += 1
        if self._progress:
            self._progress(self.count)
        return sealed


def _files(directory: Path) -> Iterator[Path]:
    """Files that may be sealed: those that begin like one, outside of the journal."""
    for path in sorted(directory.rglob("*")):
        if path.relative_to(directory).parts[0] in _NO_SEALED_FILES or not path.is_file():
            continue
        with path.open("rb") as file:
            if key_number(file.read(64)) is not None:
                yield path


def _write_file(path: Path, data: bytes) -> None:
    """Durable, whole or not at all, for its owner alone."""
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, data)
        os.fsync(file)
    finally:
        os.close(file)
    draft.rename(path)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
