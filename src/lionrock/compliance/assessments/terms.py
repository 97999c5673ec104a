"""The numbers that decide, each beside the rules that it carries out: data of a site, never of the program."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from enum import IntEnum
from hashlib import sha256
from importlib.resources import files
from typing import Any, TypeVar

import msgspec

CLASSES = ("unclassified", "retail", "professional", "institutional")
"""In the order of `ClientClass`; a later one is owed less protection."""

_METHODS = files(__package__) / "methods"
_Read = TypeVar("_Read", bound=msgspec.Struct)


class Effect(IntEnum):
    """What a condition does to a client's accounts, mildest first."""

    NONE = 0
    REDUCE_ONLY = 1
    """No buying; selling and withdrawing stay possible."""
    NO_ORDERS = 2
    """No order at all; withdrawing stays possible."""
    FROZEN = 3
    """Nothing goes in and nothing leaves."""


class _Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Exempt(_Terms, frozen=True):
    """Who need not be asked."""

    client_class: str
    is_person: bool | None = None
    """None for either."""


def is_exempt(exempt: Sequence[Exempt], client_class: str, *, is_person: bool) -> bool:
    """Whether one of the rows names such a client."""
    return any(row.client_class == client_class and row.is_person in (None, is_person) for row in exempt)


class RiskTerms(_Terms, frozen=True):
    """Section `[risk]`. Points and levels are the method's."""

    rules: tuple[str, ...]


class KnowledgeTerms(_Terms, frozen=True):
    """Section `[knowledge]`."""

    rules: tuple[str, ...]
    questions_per_topic: int
    pass_correct: int
    """Least number of right answers."""
    minutes: int
    """From the beginning to the answers."""
    attempts: int
    """Most within `attempts_days`."""
    attempts_days: int
    wait_hours: int
    """From the end of a failed test to the next."""
    valid_days: int
    """0 for good."""
    exempt: tuple[Exempt, ...] = ()


class ProfileTerms(_Terms, frozen=True):
    """Section `[profile]`."""

    rules: tuple[str, ...]
    notice_days: int
    """Before it ends, at the latest."""
    exempt: tuple[Exempt, ...] = ()


class ExposureTerms(_Terms, frozen=True):
    """Section `[exposure]`."""

    rules: tuple[str, ...]
    review_days: int
    notice_days: int
    exempt: tuple[Exempt, ...] = ()


class DeclaringTerms(_Terms, frozen=True):
    """Section `[declaring]`: what a client itself says of its profile and its means."""

    wait_hours: int
    """From one answer of the questionnaire, or one declaration of means, to the next."""


class EvidenceTerms(_Terms, frozen=True):
    """Section `[evidence]`."""

    rules: tuple[str, ...]
    valid_days: int
    """From the date of the document."""
    notice_days: int
    falls_back_to: str
    """Class of a client whose evidence has ended, or who never gave any."""
    kinds: dict[str, str]
    """Class that a kind of document is evidence of."""


class AgreementTerms(_Terms, frozen=True):
    """Section `[agreements]`."""

    rules: tuple[str, ...]
    lead_days: int
    """Calendar days from the announcement of a change to its effect, at least."""
    required: tuple[str, ...]
    """Agreements that are accepted before any service."""
    clauses: dict[str, dict[str, str]]
    """SHA-256 of each clause that an agreement must hold, by agreement and the clause's name."""


class ReviewTerms(_Terms, frozen=True):
    """Section `[review]`. How often, says the method of the risk rating."""

    rules: tuple[str, ...]
    notice_days: int
    grace_days: int
    """After a review was due, before the account may only reduce."""


class DormancyTerms(_Terms, frozen=True):
    """Section `[dormancy]`."""

    rules: tuple[str, ...]
    after_days: int


class AuthorityTerms(_Terms, frozen=True):
    """Section `[authorities]`."""

    rules: tuple[str, ...]
    most_months: int
    notice_days: int
    """Before it ends, at the latest, if it is to be renewed without objection."""
    send_days: int
    """Before it ends, when the notice is sent."""
    confirm_days: int
    """After the renewal, at the latest."""
    unlimited_classes: tuple[str, ...]
    """Classes whose authorities may last longer."""


class Terms(_Terms, frozen=True):
    """All of them."""

    id: str
    risk: RiskTerms
    knowledge: KnowledgeTerms
    profile: ProfileTerms
    exposure: ExposureTerms
    declaring: DeclaringTerms
    evidence: EvidenceTerms
    agreements: AgreementTerms
    review: ReviewTerms
    dormancy: DormancyTerms
    authorities: AuthorityTerms
    states: dict[str, str]
    """What an account may do by the client's state; an `Effect` in lower case."""
    gates: dict[str, str]
    """What a refusal does, an `Effect` in lower case, by gate of the rulebook that is asked with the client record."""
    class_products: dict[str, tuple[str, ...]]
    open_order_cap: dict[str, int]
    """0 for no cap."""

    def state_effect(self, state: str) -> Effect:
        """A state that nobody foresaw freezes."""
        return Effect[self.states.get(state, "frozen").upper()]


class Read(msgspec.Struct, frozen=True):
    """A file of data as it was read."""

    data: bytes
    sha256: str


def read_file(name: str) -> Read:
    """A file of `methods/`, such as `risk-1.toml`. Raises `FileNotFoundError`."""
    data = _METHODS.joinpath(*name.split("/")).read_bytes()
    return Read(data, sha256(data).hexdigest())


def read_method(name: str, kind: type[_Read]) -> tuple[_Read, str]:
    """A method and its SHA-256. Raises `msgspec.ValidationError` for one that says what no method says."""
    read = read_file(name)
    return msgspec.convert(tomllib.loads(read.data.decode()), kind), read.sha256


def read_terms(name: str = "terms-hk.toml") -> Terms:
    """The terms of a site. A file that names a `base` says only what differs from it, key by key of each section.

    Raises `FileNotFoundError`, and `ValueError` where they contradict themselves.
    """
    return checked(msgspec.convert(_over_base(name), Terms))


def _over_base(name: str) -> dict[str, Any]:
    told = tomllib.loads(read_file(name).data.decode())
    base = told.pop("base", "")
    if not base:
        return told
    found = _over_base(base)
    for section, value in told.items():
        found[section] = found.get(section, {}) | value if isinstance(value, dict) else value
    return found


def checked(terms: Terms) -> Terms:
    """The same terms. Raises `ValueError` where they contradict themselves."""
    for effect in (*terms.states.values(), *terms.gates.values()):
        if effect.upper() not in Effect.__members__:
            raise ValueError(f"{effect} is no effect")
    named = {*terms.class_products, *terms.open_order_cap, *terms.evidence.kinds.values(), terms.evidence.falls_back_to}
    if unknown := named - set(CLASSES):
        raise ValueError(f"no client class is called {', '.join(sorted(unknown))}")
    if terms.authorities.send_days < terms.authorities.notice_days:
        raise ValueError("a renewal notice would be sent too late to count")
    return terms
