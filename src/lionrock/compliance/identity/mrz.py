"""Machine readable zones of travel documents: ICAO Doc 9303, parts 3 to 7 (eighth edition).

Five formats: TD1 (cards, 3 lines of 30), TD2 (2 of 36), TD3 (passports, 2 of 44), MRV-A and MRV-B (visas, 2 of 44, 36).
A check digit finds every single wrong digit, and most other slips; it says nothing about who holds the document.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

import msgspec

FILLER = "<"
_WEIGHTS = (7, 3, 1)
_VALUES = {sign: value for value, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {FILLER: 0}
_LINE = re.compile(r"[A-Z0-9<]+")


class Format(StrEnum):
    """How the zone is laid out."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRV_A = "MRV-A"
    MRV_B = "MRV-B"


class MalformedZone(ValueError):
    """These lines are no machine readable zone. Says what about them, without what they hold."""


class Zone(msgspec.Struct, frozen=True):
    """What a zone says. Texts are as printed, without fillers at their end."""

    format: Format
    document_code: str
    issuer: str
    """Three letters, fillers cut."""
    surname: str
    given_names: str
    """Separated by spaces."""
    document_number: str
    nationality: str
    birth: str
    """YYMMDD; unknown parts are fillers."""
    sex: str
    """`F`, `M` or empty."""
    expiry: str
    """YYMMDD."""
    optional: str
    wrong: tuple[str, ...]
    """Names of the check digits that do not fit: document_number, birth, expiry, optional, composite."""

    def __repr__(self) -> str:
        return f"Zone(format={self.format!s}, wrong={self.wrong})"

    @property
    def is_name_cut(self) -> bool:
        """Whether the name fills its field to the end, so that a part of it may be missing."""
        printed = len(self.surname) + (2 + len(self.given_names) if self.given_names else 0)
        return printed >= _NAME_WIDTH[self.format]

    def birth_date(self, today: date) -> date | None:
        """None when a part of it is unknown or it is no date. The latest century that is not in the future."""
        return _date(self.birth, latest=today)

    def expiry_date(self, today: date) -> date | None:
        """None when it is no date. Documents end within fifty years of today."""
        return _date(self.expiry, latest=date(today.year + 50, 12, 31))


_NAME_WIDTH = {Format.TD1: 30, Format.TD2: 31, Format.TD3: 39, Format.MRV_A: 39, Format.MRV_B: 31}


def check_digit(text: str) -> str:
    """The check digit of a field: values times 7, 3, 1 and again, modulo 10 (part 3, section 4.9).

    Raises `MalformedZone` for a sign that no zone has.
    """
    try:
        total = sum(_VALUES[sign] * _WEIGHTS[place % 3] for place, sign in enumerate(text))
    except KeyError as error:
        raise MalformedZone("a sign is none of A to Z, 0 to 9 and <") from error
    return str(total % 10)


def parse(text: str) -> Zone:
    """The zone in these lines; spaces and letter case do not matter. Raises `MalformedZone`."""
    lines = ["".join(line.split()).upper() for line in text.strip().splitlines() if line.strip()]
    if not all(_LINE.fullmatch(line) for line in lines):
        raise MalformedZone("a sign is none of A to Z, 0 to 9 and <")
    shape = tuple(len(line) for line in lines)
    if shape == (30, 30, 30):
        return _card(lines)
    is_visa = bool(lines) and lines[0].startswith("V")
    if shape == (44, 44):
        return _visa(lines, Format.MRV_A) if is_visa else _passport(lines)
    if shape == (36, 36):
        return _visa(lines, Format.MRV_B) if is_visa else _small(lines)
    raise MalformedZone(f"lines of {list(shape)} signs are none of the five formats")


def _passport(lines: list[str]) -> Zone:
    first, second = lines
    optional, optional_check = second[28:42], second[42]
    wrong = _wrong_of(second[0:9], second[9], second[13:20], second[21:28])
    empty = not optional.strip(FILLER)
    if not (empty and optional_check == FILLER) and check_digit(optional) != optional_check:
        wrong.append("optional")
    if check_digit(second[0:10] + second[13:20] + second[21:43]) != second[43]:
        wrong.append("composite")
    number = second[0:9].rstrip(FILLER)
    return _two_lines(Format.TD3, first, second, number, optional=optional, wrong=wrong)


def _small(lines: list[str]) -> Zone:
    first, second = lines
    number, optional, is_right = _long_number(second[0:9], second[9], second[28:35])
    wrong = _wrong_of(None, "", second[13:20], second[21:28])
    if not is_right:
        wrong.insert(0, "document_number")
    if check_digit(second[0:10] + second[13:20] + second[21:35]) != second[35]:
        wrong.append("composite")
    return _two_lines(Format.TD2, first, second, number, optional=optional, wrong=wrong)


def _visa(lines: list[str], kind: Format) -> Zone:
    first, second = lines
    wrong = _wrong_of(second[0:9], second[9], second[13:20], second[21:28])
    return _two_lines(kind, first, second, second[0:9].rstrip(FILLER), optional=second[28:], wrong=wrong)


def _card(lines: list[str]) -> Zone:
    first, second, names = lines
    number, optional, is_right = _long_number(first[5:14], first[14], first[15:30])
    wrong = _wrong_of(None, "", second[0:7], second[8:15])
    if not is_right:
        wrong.insert(0, "document_number")
    if check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29]) != second[29]:
        wrong.append("composite")
    surname, given = _names(names)
    both = f"{optional}{FILLER}{second[18:29].rstrip(FILLER)}".strip(FILLER)
    return Zone(
        Format.TD1,
        first[0:2].rstrip(FILLER),
        first[2:5].rstrip(FILLER),
        surname,
        given,
        number,
        second[15:18].rstrip(FILLER),
        second[0:6],
        second[7].strip(FILLER),
        second[8:14],
        both,
        tuple(wrong),
    )


def _two_lines(kind: Format, first: str, second: str, number: str, *, optional: str, wrong: list[str]) -> Zone:
    surname, given = _names(first[5:])
    return Zone(
        kind,
        first[0:2].rstrip(FILLER),
        first[2:5].rstrip(FILLER),
        surname,
        given,
        number,
        second[10:13].rstrip(FILLER),
        second[13:19],
        second[20].strip(FILLER),
        second[21:27],
        optional.rstrip(FILLER),
        tuple(wrong),
    )


def _wrong_of(number: str | None, number_check: str, birth: str, expiry: str) -> list[str]:
    """Each of the last two with its check digit at its end."""
    wrong = []
    if number is not None and check_digit(number) != number_check:
        wrong.append("document_number")
    if check_digit(birth[:6]) != birth[6]:
        wrong.append("birth")
    if check_digit(expiry[:6]) != expiry[6]:
        wrong.append("expiry")
    return wrong


def _long_number(number: str, check: str, optional: str) -> tuple[str, str, bool]:
    """Document number, what is left of the optional data, and whether the check digit fits.

    A number of more than nine signs has a filler where its check digit would be and goes on in the optional data, where
    the check digit comes after its last sign (part 5, section 4.2.2.1, note j; part 6 likewise).
    """
    if check != FILLER:
        return number.rstrip(FILLER), optional.rstrip(FILLER), check_digit(number) == check
    rest, _, after = optional.partition(FILLER)
    whole = number + rest[:-1]
    return whole, after.strip(FILLER), bool(rest) and check_digit(whole) == rest[-1]


def _names(field: str) -> tuple[str, str]:
    surname, _, given = field.rstrip(FILLER).partition(FILLER * 2)
    return surname.replace(FILLER, " ").strip(), given.replace(FILLER, " ").strip()


def _date(text: str, *, latest: date) -> date | None:
    if not text.isdigit():
        return None
    century = latest.year // 100 * 100
    for year in (century + int(text[:2]), century - 100 + int(text[:2])):
        try:
            found = date(year, int(text[2:4]), int(text[4:6]))
        except ValueError:
            continue
        if found <= latest:
            return found
    return None
