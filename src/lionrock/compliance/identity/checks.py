"""What does not fit together about somebody's identity: the document's zone, what was typed, and the day."""

from __future__ import annotations

from datetime import date

import msgspec

from lionrock.compliance.identity.countries import country_of
from lionrock.compliance.identity.mrz import MalformedZone, Zone, parse
from lionrock.compliance.identity.names import same_name
from lionrock.compliance.identity.numbers import emirates_identity_card, hong_kong_identity_card


class Concern(msgspec.Struct, frozen=True):
    """One thing that does not fit. Without personal data."""

    name: str
    words: str
    next_step: str


class Claimed(msgspec.Struct, frozen=True):
    """What somebody typed about themselves and their document."""

    surname: str
    given_names: str
    birth: date | None
    nationality: str
    """ISO 3166-1, two letters."""
    document_kind: str
    """`passport`, `identity_card` or `visa`."""
    document_number: str
    document_country: str
    document_expiry: date | None
    """None for a document that does not end, such as a permanent identity card of Hong Kong."""
    zone: str = ""
    """Its machine readable zone; empty for a document without one."""

    def __repr__(self) -> str:
        return "Claimed()"


_LOOK = "Look at the document and correct what was typed."

WORDS: dict[str, tuple[str, str]] = {
    "zone_malformed": ("the machine readable zone is not one", "Type every line of it, fillers (<) too."),
    "zone_check_digit": ("a check digit of the machine readable zone is wrong", "Type the zone again."),
    "name_differs": ("the name is not that of the document", _LOOK),
    "birth_differs": ("the date of birth is not that of the document", _LOOK),
    "expiry_differs": ("the expiry is not that of the document", _LOOK),
    "number_differs": ("the document's number is not that of its zone", _LOOK),
    "nationality_differs": ("the nationality is not that of the document", _LOOK),
    "issuer_differs": ("the issuing country is not that of the document", _LOOK),
    "document_expired": ("the document has expired", "Give a document that is valid."),
    "birth_in_future": ("the date of birth has not come yet", _LOOK),
    "number_impossible": ("the document's number cannot be one of that country", _LOOK),
    "birth_year_differs": ("the year of birth is not that of the document's number", _LOOK),
}
"""Words and next step by name."""


def concerns(claimed: Claimed, today: date) -> list[Concern]:
    """All that does not fit on this day; none when everything does."""
    names = [*_of_zone(claimed, today), *_of_dates(claimed, today), *_of_number(claimed)]
    return [Concern(name, *WORDS[name]) for name in dict.fromkeys(names)]


def _of_zone(claimed: Claimed, today: date) -> list[str]:
    """Cards of some countries print the holder's number in the optional data and the card's own as its number."""
    if not claimed.zone.strip():
        return []
    try:
        zone = parse(claimed.zone)
    except MalformedZone:
        return ["zone_malformed"]
    found = ["zone_check_digit"] if zone.wrong else []
    printed = f"{zone.surname} {zone.given_names}"
    if not same_name(f"{claimed.surname} {claimed.given_names}", printed, is_cut=zone.is_name_cut):
        found.append("name_differs")
    found += _birth_of(zone, claimed, today)
    ends = zone.expiry_date(today)
    if ends != claimed.document_expiry:
        found.append("expiry_differs")
    if ends is not None and ends < today:
        found.append("document_expired")
    if _plain(claimed.document_number) not in {_plain(zone.document_number), _plain(zone.optional)}:
        found.append("number_differs")
    if country_of(zone.nationality) not in {claimed.nationality, ""}:
        found.append("nationality_differs")
    if country_of(zone.issuer) not in {claimed.document_country, ""}:
        found.append("issuer_differs")
    return found


def _birth_of(zone: Zone, claimed: Claimed, today: date) -> list[str]:
    """Of a date that the document does not know whole, the parts it knows must fit."""
    if claimed.birth is None:
        return ["birth_differs"]
    if zone.birth_date(today) == claimed.birth:
        return []
    typed = claimed.birth.strftime("%y%m%d")
    unknown = "<" in zone.birth
    fits = unknown and all(printed in {"<", given} for printed, given in zip(zone.birth, typed, strict=True))
    return [] if fits else ["birth_differs"]


def _of_dates(claimed: Claimed, today: date) -> list[str]:
    found = []
    if claimed.document_expiry is not None and claimed.document_expiry < today:
        found.append("document_expired")
    if claimed.birth is not None and claimed.birth > today:
        found.append("birth_in_future")
    return found


def _of_number(claimed: Claimed) -> list[str]:
    if claimed.document_kind != "identity_card":
        return []
    if claimed.document_country == "HK":
        return [] if hong_kong_identity_card(claimed.document_number) else ["number_impossible"]
    if claimed.document_country == "AE":
        is_one, year = emirates_identity_card(claimed.document_number)
        if not is_one:
            return ["number_impossible"]
        return ["birth_year_differs"] if claimed.birth is not None and claimed.birth.year != year else []
    return []


def _plain(number: str) -> str:
    return "".join(sign for sign in number.upper() if sign.isalnum())
