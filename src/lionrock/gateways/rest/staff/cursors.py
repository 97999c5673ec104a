"""Where the next page of a list for staff begins: the key of the last row, with the question it came from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from lionrock.gateways.rest.contract import Call, Parameter
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.histories import explained

CURSOR = Parameter("cursor", "`nextCursor` of the page before, with the same other parameters")

Key = tuple[int, str]
"""When, and the id that tells rows of one moment apart."""


class _Sealed(msgspec.Struct, array_like=True):
    question: str
    when: int
    row_id: str


def next_cursor(question: str, rows: Sequence[object], most: int, key: Key) -> str | None:
    """The cursor behind a page's last row; None where the page was not full, so that there is nothing behind it.

    It holds no secret and gives no right: it names a row that its reader was shown.
    """
    if len(rows) < most:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode(_Sealed(question, *key))).decode().rstrip("=")


def read_cursor(call: Call, question: str) -> Key | None:
    """The key that the request goes on behind; None for the first page. Raises `Refused` for what is no cursor, and for
    one of another question.
    """
    text = call.parameters.text("cursor")
    if text is None:
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(data, type=_Sealed)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise missing_or_invalid("cursor") from error
    if found.question != question or not 0 <= found.when < 2**63:
        words = "this cursor did not come from a request for the same rows"
        raise explained("0001", "cursor_of_another_question", words, "begin without a cursor", subject="cursor")
    return found.when, found.row_id
