"""Files of an index's constituents: CSV with a header, one token a row, codes in a column of a known name."""

from __future__ import annotations

import csv
import io
import re

CODE_COLUMNS = ("asset", "symbol", "ticker", "code", "constituent")
"""What providers call the column; the first that the header has is taken, letter case aside."""
MOST_CONSTITUENTS = 1_000
_CODE = re.compile(r"[A-Z0-9]{1,16}")


class IndexFileUnreadable(Exception):
    """No constituents can be read from it; the words say where it stops making sense."""


def constituents(content: bytes) -> tuple[str, ...]:
    """The codes in order of the alphabet. Raises `IndexFileUnreadable`: a file that is half understood is not used.

    A token missed by mistake would be taken from clients, and one read by mistake offered to them.
    """
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise IndexFileUnreadable(f"the file is no CSV in UTF-8: {type(error).__name__}") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise IndexFileUnreadable("the file has no rows below its header")
    header = [cell.strip().lower() for cell in rows[0]]
    column = next((header.index(name) for name in CODE_COLUMNS if name in header), None)
    if column is None:
        raise IndexFileUnreadable(f"the header has none of the columns {', '.join(CODE_COLUMNS)}")
    codes: list[str] = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise IndexFileUnreadable(f"row {number} has {len(row)} cells, the header {len(header)}")
        code = row[column].strip().upper()
        if not _CODE.fullmatch(code):
            raise IndexFileUnreadable(f"row {number} has no code of letters and digits")
        if code in codes:
            raise IndexFileUnreadable(f"row {number} has {code} once more")
        codes.append(code)
    if len(codes) > MOST_CONSTITUENTS:
        raise IndexFileUnreadable(f"the file has {len(codes)} rows, more than {MOST_CONSTITUENTS}")
    return tuple(sorted(codes))
