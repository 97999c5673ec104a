"""Parameters as they arrive: text, from the query string or a form body. The query wins."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from lionrock.gateways.rest.errors import Refused, missing_or_invalid

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MAX_NUMBER_DIGITS = 18
"""Longest whole number read: below 2^63 whatever its digits."""


def parse_urlencoded(raw: bytes) -> dict[str, str]:
    """Names and values of one place. Raises `Refused` for a name that stands twice or has no value, and
    for text that is not UTF-8.
    """
    found: dict[str, str] = {}
    if not raw:
        return found
    plain = b"%" not in raw and b"+" not in raw
    try:
        for pair in raw.split(b"&"):
            if not pair:
                continue
            raw_name, equals, raw_value = pair.partition(b"=")
            if not equals:  # signed text cut in two elsewhere: half a name here, half a value there
                raise missing_or_invalid("pair")
            name, value = (raw_name.decode(), raw_value.decode()) if plain else (_decode(raw_name), _decode(raw_value))
            if name in found:
                raise missing_or_invalid(_printable(name))
            found[name] = value
    except UnicodeDecodeError as error:
        raise missing_or_invalid("encoding") from error
    return found


def parse_json_object(raw: bytes) -> dict[str, object]:
    """Members of one JSON object; numbers stay the text they were sent as. Raises `Refused` for anything else, and for
    a name that stands twice in one object.
    """

    def read_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) < len(pairs):
            names = [name for name, _ in pairs]
            raise missing_or_invalid(_printable(next(name for name in names if names.count(name) > 1)))
        return members

    try:
        found = json.loads(raw, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=read_object)
    except (ValueError, RecursionError) as error:
        raise missing_or_invalid("body") from error
    if not isinstance(found, dict):
        raise missing_or_invalid("body")
    return found


def _decode(raw: bytes) -> str:
    if _BAD_ESCAPE.search(raw):
        raise missing_or_invalid("encoding")
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode()


def _printable(name: str) -> str:
    return name[:50] if name.isascii() and name.isprintable() else "name"


class Parameters:
    """What a handler reads. A parameter that no handler asks for is ignored.

    Values of a JSON row may be other things than text.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str) -> str | None:
        """The value, or None when the parameter was not sent. One that was sent empty, or as true, null or a list, is
        refused: it is a client's bug, and taking it for absent could widen what the client asked for.
        """
        if name not in self._values:
            return None
        value = self._values[name]
        if not isinstance(value, str) or not value:
            raise missing_or_invalid(name)
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise missing_or_invalid(name)
        return value

    def number(self, name: str) -> int | None:
        """A whole number without sign, of at most 18 digits."""
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= _MAX_NUMBER_DIGITS):
            raise missing_or_invalid(name)
        return int(value)

    def boolean(self, name: str) -> bool | None:
        """`true` or `false`, in JSON also as themselves."""
        value = self._values.get(name)
        if isinstance(value, bool):
            return value
        text = self.text(name)
        if text is None:
            return None
        if text not in ("true", "false"):
            raise missing_or_invalid(name)
        return text == "true"

    def rows(self, name: str, most: int) -> list[Parameters]:
        """A list of objects, one at least. Raises `Refused` for anything else, and for more than `most`."""
        value = self._values.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(row, dict) for row in value):
            raise missing_or_invalid(name)
        if len(value) > most:
            raise Refused(-2022)
        return [Parameters(row) for row in value]

    def order_id(self, name: str) -> int | None:
        """An order id: up to 19 digits."""
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= _MAX_NUMBER_DIGITS + 1):
            raise missing_or_invalid(name)
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """How many rows to answer: more than the most is cut to it, as clients ask for 1000 of everything."""
        value = self.text("limit")
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= _MAX_NUMBER_DIGITS and int(value)):
            raise Refused(-100002, "limit")
        return min(int(value), most)
