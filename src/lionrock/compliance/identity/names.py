"""Names as they are compared: one spelling of what is written in many ways."""

from __future__ import annotations

import unicodedata

from rapidfuzz import fuzz

_MILLION = 1_000_000
_TRANSLITERATED = {
    "Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS", "ẞ": "SS", "Æ": "AE", "Ø": "OE", "Å": "AA", "Œ": "OE", "Þ": "TH",
    "Ð": "D", "Ł": "L", "Đ": "D", "Ħ": "H", "ı": "I", "İ": "I",
}  # fmt: skip
"""As ICAO Doc 9303-3, section 6, writes them in machine readable zones."""


def plain_name(name: str) -> str:
    """Capital letters and single spaces; marks are dropped as travel documents drop them."""
    folded = unicodedata.normalize("NFKC", name).strip()
    spelt = "".join(_TRANSLITERATED.get(sign, _TRANSLITERATED.get(sign.upper(), sign)) for sign in folded)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", spelt.upper()) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare if sign not in "'’.").split())


def unmarked_name(name: str) -> str:
    """The same with every mark simply dropped, as people without the keys for them type it."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name.upper()) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare if sign not in "'’.").split())


def same_name(typed: str, printed: str, *, is_cut: bool) -> bool:
    """Whether a name that was typed is the one printed in a machine readable zone.

    The order of its parts does not matter. Of a printed name that fills its field, the beginning must fit.
    """
    for spelling in (plain_name(typed), unmarked_name(typed)):
        parts, shown = spelling.split(), plain_name(printed).split()
        if sorted(parts) == sorted(shown) or "".join(parts) == "".join(shown):
            return True
        if is_cut and shown and "".join(parts).startswith("".join(shown)):
            return True
        if is_cut and shown and set(shown[:-1]) <= set(parts) and any(part.startswith(shown[-1]) for part in parts):
            return True
    return False


def likeness_ppm(one: str, other: str) -> int:
    """How alike two names are, parts per million; the order of their parts does not matter (rapidfuzz)."""
    return int(fuzz.token_sort_ratio(plain_name(one), plain_name(other)) * (_MILLION // 100))
