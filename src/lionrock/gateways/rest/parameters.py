"""Parameters as they arrive: text, from the query string or a form body. The query wins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import printable

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MAX_NUMBER_DIGITS = 18
"""Longest whole number read: below 2^63 whatever its digits."""


def parse_urlencoded(raw: bytes) -> dict[str, str]:
    """Names and values of one place. Raises `Refused` for a name that stands twice or has no value, and
    for text that is not UTF-8.
    """
    if raw.find(b"%") < 0 and raw.find(b"+") < 0:  # for bytes half the time of `in`
        try:
            pairs = [pair.split("=", 1) for pair in raw.decode().split("&") if pair]
            found = dict(pairs)
        except ValueError:  # a pair that is half of one, or no UTF-8: below it is told which
            pass
        else:
            if len(found) == len(pairs):
                return found
    return _parse_carefully(raw)


def _parse_carefully(raw: bytes) -> dict[str, str]:
    """The same where something is encoded or wrong."""
    found: dict[str, str] = {}
    try:
        for pair in raw.split(b"&"):
            if not pair:
                continue
            raw_name, equals, raw_value = pair.partition(b"=")
            if not equals:  # signed text cut in two elsewhere: half a name here, half a value there
                raise missing_or_invalid("pair")
            name, value = _decode(raw_name), _decode(raw_value)
            if name in found:
                raise missing_or_invalid(printable(name))
            found[name] = value
    except UnicodeDecodeError as error:
        raise missing_or_invalid("encoding") from error
    return found


def _decode(raw: bytes) -> str:
    if _BAD_ESCAPE.search(raw):
        raise missing_or_invalid("encoding")
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode()


_ABSENT = object()


def _undeclared(name: str) -> LookupError:
    return LookupError(f"the endpoint's row does not declare the parameter {name}")


class Parameters:
    """What a handler reads. A parameter that no handler asks for is ignored.

    Values of a JSON row may be other things than text. A handler that reads a name outside `declared` raises
    `LookupError`: documents are made from what is declared, so it is a bug and no refusal. None declares everything.
    """

    __slots__ = ("_declared", "_values")

    def __init__(self, values: Mapping[str, object], declared: frozenset[str] | None = None) -> None:
        self._values = values
        self._declared = declared

    def __iter__(self) -> Iterator[str]:
        """Names that were sent."""
        return iter(self._values)

    def _sent(self, name: str) -> object:
        if self._declared is not None and name not in self._declared:
            raise _undeclared(name)
        return self._values.get(name, _ABSENT)

    def text(self, name: str) -> str | None:
        """The value, or None when the parameter was not sent. One that was sent empty, or as true, null or a list, is
        refused: it is a client's bug, and taking it for absent could widen what the client asked for.
        """
        if self._declared is not None and name not in self._declared:  # as `_sent`: an order reads twelve of them
            raise _undeclared(name)
        value = self._values.get(name, _ABSENT)
        if value is _ABSENT:
            return None
        if not isinstance(value, str) or not value:
            raise missing_or_invalid(name)
        return value

    def required(self, name: str) -> str:
        """The same of one that has to be there."""
        if self._declared is not None and name not in self._declared:
            raise _undeclared(name)
        value = self._values.get(name)
        if not isinstance(value, str) or not value:
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
        value = self._sent(name)
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
        value = self._sent(name)
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
