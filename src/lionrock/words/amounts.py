"""Numbers with a unit: different units do not add, and text becomes an integer exactly or not at all."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Self

_DECIMAL = re.compile(r"(\d{1,40})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,2}))?", re.ASCII)


class InexactAmount(ValueError):
    """The text is a number, but finer than the step it must be a multiple of."""


class MalformedAmount(ValueError):
    """The text is not a plain decimal number without sign."""


class Quantity(int):
    """An integer that adds to and compares with its own unit only.

    >>> PriceTicks(3) + PriceTicks(4)
    PriceTicks(7)
    >>> PriceTicks(3) + SizeLots(4)
    Traceback (most recent call last):
    TypeError: unsupported operand type(s) for +: 'PriceTicks' and 'SizeLots'
    """

    __slots__ = ()

    def __add__(self, other: object) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return type(self)(int(self) + int(other))

    __radd__ = __add__

    def __sub__(self, other: object) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return type(self)(int(self) - int(other))

    def __rsub__(self, other: object) -> Self:
        return NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"

    __str__ = int.__repr__


class PriceTicks(Quantity):
    """A price in steps of its market's tick."""

    __slots__ = ()


class SizeLots(Quantity):
    """A size in steps of its market's lot."""

    __slots__ = ()


class Atoms(Quantity):
    """An amount of one asset in its smallest ledger unit."""

    __slots__ = ()


_REMEMBERED = 16_384
"""Numbers and texts each: the prices and sizes of a day come again and again."""


@lru_cache(_REMEMBERED)
def parse_decimal(text: str, decimals: int) -> int:
    """`text` times 10^decimals as an exact integer: `parse_decimal("1.5", 8)` is 150000000.

    Accepts digits with an optional point and an optional exponent, as API clients write them ("1e-05"). Raises
    `MalformedAmount` for anything else (signs, spaces, infinities) and `InexactAmount` when digits would be lost.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise MalformedAmount(f"{text[:50]!r} is not a decimal number")
    whole, fraction, exponent = match[1], match[2] or "", int(match[3] or 0)
    digits = int(whole + fraction)
    shift = decimals + exponent - len(fraction)
    if shift >= 0:
        return digits * int(10**shift)
    quotient, rest = divmod(digits, int(10**-shift))
    if rest:
        raise InexactAmount(f"{text} has more than {decimals} decimals")
    return quotient


@lru_cache(_REMEMBERED)
def format_decimal(value: int, decimals: int) -> str:
    """`value` / 10^decimals as text without trailing zeros: `format_decimal(150000000, 8)` is "1.5"."""
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(decimals + 1, "0")
    if not decimals:
        return sign + digits
    whole, fraction = digits[:-decimals], digits[-decimals:].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


MINOR_DECIMALS = 2
"""Of the currencies in which clients declare their means and officers enter capital: cents, fils of a dirham."""


def format_minor(minor: int) -> str:
    """Minor units as whole ones with both decimals, exact: `format_minor(100)` is "1.00"."""
    whole, rest = divmod(abs(minor), 10**MINOR_DECIMALS)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{MINOR_DECIMALS}}"
