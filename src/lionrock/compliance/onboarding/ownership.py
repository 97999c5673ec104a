"""Who owns a company in the end: shares in parts per million, through as many layers as there are.

A graph is refused when somebody owns themselves through others, when more than the whole of a company is given away, or
when a company in it is not the applicant and nobody's.
"""

from __future__ import annotations

from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

import msgspec

WHOLE_PPM = 1_000_000
MOST_PARTIES = 200
"""In one graph; a structure beyond it is for people to look at."""
APPLICANT = "applicant"
"""Key of the company that applies."""


class Share(msgspec.Struct, frozen=True, rename="camel"):
    """What one party has of a company."""

    owner: str
    """Key of a party."""
    company: str
    """Key of a company, or `APPLICANT`."""
    share_ppm: int
    """Of shares or votes, whichever is more; parts per million."""


class Graph(msgspec.Struct, frozen=True):
    """Parties by key: whether each is a person; and who has how much of whom."""

    is_person: dict[str, bool]
    shares: tuple[Share, ...]


class Owner(msgspec.Struct, frozen=True):
    """A person, and how much of the applicant is theirs in the end."""

    key: str
    share_ppm: int
    """Rounded up, so that nobody falls below a threshold by rounding."""


def complaints(graph: Graph) -> list[str]:
    """Names of what is wrong with it: `too_many_parties`, `party_unknown`, `share_out_of_range`, `share_twice`,
    `person_is_owned`, `above_whole`, `cycle`, `not_connected`; none when it is sound.
    """
    if len(graph.is_person) > MOST_PARTIES or len(graph.shares) > MOST_PARTIES * 4:
        return ["too_many_parties"]
    companies = {key for key, is_person in graph.is_person.items() if not is_person} | {APPLICANT}
    found = []
    if any(share.owner not in graph.is_person or share.owner == APPLICANT for share in graph.shares):
        found.append("party_unknown")
    if any(share.company not in companies | set(graph.is_person) for share in graph.shares):
        found.append("party_unknown")
    if any(graph.is_person.get(share.company, False) for share in graph.shares):
        found.append("person_is_owned")
    if any(not 0 < share.share_ppm <= WHOLE_PPM for share in graph.shares):
        found.append("share_out_of_range")
    if len({(share.owner, share.company) for share in graph.shares}) < len(graph.shares):
        found.append("share_twice")
    sums: dict[str, int] = {}
    for share in graph.shares:
        sums[share.company] = sums.get(share.company, 0) + share.share_ppm
    if any(total > WHOLE_PPM for total in sums.values()):
        found.append("above_whole")
    if _has_cycle(graph):
        found.append("cycle")
    if {share.owner for share in graph.shares} != set(graph.is_person) - {APPLICANT}:
        found.append("not_connected")
    return list(dict.fromkeys(found))


def _has_cycle(graph: Graph) -> bool:
    try:
        _order(graph)
    except CycleError:
        return True
    return False


def _order(graph: Graph) -> list[str]:
    """Every company before those who own it."""
    before: dict[str, set[str]] = {APPLICANT: set()}
    for share in graph.shares:
        before.setdefault(share.owner, set()).add(share.company)
    return list(TopologicalSorter(before).static_order())


def owners(graph: Graph) -> list[Owner]:
    """Every person who owns a part of the applicant, directly and through companies, the largest first.

    Along a way shares are multiplied, over ways they are added; exact until the last step. Raises `CycleError` where
    `complaints` names a cycle.
    """
    parts: dict[str, Fraction] = {APPLICANT: Fraction(1)}
    by_company: dict[str, list[Share]] = {}
    for share in graph.shares:
        by_company.setdefault(share.company, []).append(share)
    for company in _order(graph):
        for share in by_company.get(company, ()):
            through = parts.get(company, Fraction(0)) * Fraction(share.share_ppm, WHOLE_PPM)
            parts[share.owner] = parts.get(share.owner, Fraction(0)) + through
    people = [
        Owner(key, -int(-part * WHOLE_PPM // 1)) for key, part in parts.items() if graph.is_person.get(key) and part
    ]
    return sorted(people, key=lambda owner: (-owner.share_ppm, owner.key))


def beneficial_owners(graph: Graph, threshold_ppm: int) -> list[Owner]:
    """Those whose part is above the threshold, which the rule book gives; in AMLO, Cap 615, more than 25 %."""
    return [owner for owner in owners(graph) if owner.share_ppm > threshold_ppm]


def unexplained_ppm(graph: Graph) -> int:
    """How much of the applicant leads to no person, parts per million rounded up: shares that nobody told of."""
    known = sum((Fraction(owner.share_ppm, WHOLE_PPM) for owner in owners(graph)), Fraction(0))
    return max(-int(-(1 - known) * WHOLE_PPM // 1), 0)
