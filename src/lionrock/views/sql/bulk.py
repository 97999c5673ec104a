"""Writes many rows at a time: one prepared statement in SQLite, COPY in PostgreSQL.

Rows come as columns: NumPy arrays of signed 64-bit integers, in which `NONE` stands for null, or lists where a column
holds text or a `Whole`. For PostgreSQL columns of integers become the rows of its binary COPY format without a Python
object for each (PostgreSQL 17 documentation, COPY, "Binary Format").
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Connection, Integer, SmallInteger, Table, bindparam, insert, text, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lionrock.views.sql.decoding import NONE, Ints
from lionrock.views.sql.tables import Whole

Values = Ints | Sequence[object]
Columns = Mapping[str, Values]

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


def bulk_insert(connection: Connection, table: Table, columns: Columns) -> None:
    """New rows."""
    if not _count(columns):
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, table.name, columns)
        return
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    _execute_many(connection, table, str(statement), statement.positiontup or (), columns)


def bulk_update(connection: Connection, table: Table, columns: Columns) -> None:
    """Sets the columns of the rows that these keys name; the primary key's columns are among those given."""
    if not _count(columns):
        return
    keys = [column.name for column in table.primary_key.columns]
    others = [name for name in columns if name not in keys]
    if connection.dialect.name == "postgresql":
        staged = _stage(connection, table, columns)
        assigned = ", ".join(f'"{name}" = staged."{name}"' for name in others)
        matched = " AND ".join(f'{table.name}."{name}" = staged."{name}"' for name in keys)
        setting = f"UPDATE {table.name} SET {assigned} FROM {staged} AS staged WHERE {matched}"  # noqa: S608 - ours
        connection.execute(text(setting))
        return
    statement = (
        update(table)
        .where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
        .values({name: bindparam(name) for name in others})
        .compile(dialect=connection.dialect)
    )
    names = [name.removeprefix("key_") for name in statement.positiontup or ()]
    _execute_many(connection, table, str(statement), names, columns)


def bulk_upsert(connection: Connection, table: Table, columns: Columns) -> None:
    """New rows, or the new values of rows with the same key."""
    if not _count(columns):
        return
    keys = [column.name for column in table.primary_key.columns]
    if connection.dialect.name == "postgresql":
        staged = _stage(connection, table, columns)
        names = _quoted(columns)
        assigned = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in keys)
        connection.execute(
            text(
                f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staged} "  # noqa: S608 - our own names
                f"ON CONFLICT ({_quoted(keys)}) DO UPDATE SET {assigned}"
            )
        )
        return
    upsert = sqlite_insert(table)
    changed = {name: upsert.excluded[name] for name in columns if name not in keys}
    statement = upsert.on_conflict_do_update(index_elements=keys, set_=changed).compile(
        dialect=connection.dialect, column_keys=list(columns)
    )
    _execute_many(connection, table, str(statement), statement.positiontup or (), columns)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _count(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _listed(values: Values) -> Sequence[object]:
    if not isinstance(values, np.ndarray):
        return values
    listed: list[object] = values.tolist()
    if (values == NONE).any():
        listed = [None if value == NONE else value for value in listed]
    return listed


def _execute_many(connection: Connection, table: Table, statement: str, names: Sequence[str], columns: Columns) -> None:
    values = [
        map(str, columns[name]) if isinstance(table.c[name].type, Whole) else _listed(columns[name]) for name in names
    ]
    driver: Any = connection.connection.driver_connection
    driver.executemany(statement, zip(*values, strict=True))


def _stage(connection: Connection, table: Table, columns: Columns) -> str:
    """The rows in a temporary table of this connection, emptied at each commit; returns its name."""
    name = f"staged_{table.name}"
    connection.execute(
        text(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS AS "  # noqa: S608 - our own names
            f"SELECT {_quoted(columns)} FROM {table.name} WITH NO DATA"
        )
    )
    connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - of what this transaction staged before
    _copy(connection, table, name, columns)
    return name


def _copy(connection: Connection, table: Table, into: str, columns: Columns) -> None:
    driver: Any = connection.connection.driver_connection
    names = list(columns)
    statement = f"COPY {into} ({_quoted(names)}) FROM STDIN"
    plain = [name for name in names if isinstance(columns[name], np.ndarray)]
    with driver.cursor() as cursor:
        if len(plain) < len(names) - 1 or plain != names[: len(plain)]:
            with cursor.copy(statement) as copy:
                copy.write(_text_rows([_listed(columns[name]) for name in names]))
            return
        text_column = columns[names[-1]] if len(plain) < len(names) else None
        with cursor.copy(f"{statement} (FORMAT BINARY)") as copy:
            copy.write(_SIGNATURE)
            for block in _binary_rows(table, {name: columns[name] for name in plain}, text_column):
                copy.write(block)
            copy.write(_TRAILER)


def _text_rows(columns: Sequence[Sequence[object]]) -> bytes:
    """Rows in COPY's text format."""
    written = [[_as_text(value) for value in column] for column in columns]
    return "".join(f"{line}\n" for line in map("\t".join, zip(*written, strict=True))).encode()


def _as_text(value: object) -> str:
    if value is None:
        return r"\N"
    return str(value).translate(_ESCAPED) if isinstance(value, str) else str(value)


_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def _binary_rows(table: Table, columns: Mapping[str, Values], texts: Values | None) -> list[bytes]:
    """Blocks of rows in binary COPY format. Rows with the same nulls have the same length and make one block."""
    nullable = [name for name in columns if table.c[name].nullable]
    pattern = np.zeros(_count(columns), np.int64)
    for number, name in enumerate(nullable):
        pattern += (np.asarray(columns[name]) == NONE).astype(np.int64) << number
    blocks = []
    for nulls in np.unique(pattern).tolist():
        rows = np.flatnonzero(pattern == nulls)
        absent = {name for number, name in enumerate(nullable) if nulls >> number & 1}
        block = _fixed_rows(table, columns, rows, absent, len(columns) + (texts is not None))
        if texts is None:
            blocks.append(block.tobytes())
        else:
            blocks.append(_with_texts(block, [texts[row] for row in rows.tolist()]))
    return blocks


def _fixed_rows(
    table: Table, columns: Mapping[str, Values], rows: Ints, absent: set[str], fields: int
) -> np.ndarray[Any, np.dtype[Any]]:
    widths = {name: _width(table, name) for name in columns}
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name in columns:
        layout.append((f"{name} bytes", ">i4"))
        if name not in absent:
            layout.append((name, f">i{widths[name]}"))
    block = np.empty(len(rows), np.dtype(layout))
    block["fields"] = fields
    for name, column in columns.items():
        block[f"{name} bytes"] = -1 if name in absent else widths[name]
        if name not in absent:
            block[name] = np.asarray(column)[rows]
    return block


def _with_texts(block: np.ndarray[Any, np.dtype[Any]], texts: Sequence[object]) -> bytes:
    width, fixed = block.itemsize, block.tobytes()
    parts: list[bytes] = []
    for row, value in enumerate(texts):
        raw = b"" if value is None else str(value).encode()
        parts += (fixed[row * width : (row + 1) * width], struct.pack(">i", -1 if value is None else len(raw)), raw)
    return b"".join(parts)


def _width(table: Table, name: str) -> int:
    """Bytes of an integer column in PostgreSQL."""
    kind = table.c[name].type
    if isinstance(kind, Whole):
        raise TypeError(f"{table.name}.{name} is given as a list, not as an array")
    if isinstance(kind, SmallInteger):
        return 2
    if isinstance(kind, BigInteger):
        return 8
    if isinstance(kind, Integer):
        return 4
    raise TypeError(f"{table.name}.{name} is no column of integers")
