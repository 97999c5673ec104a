"""What the rules may ask of papers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import msgspec

from lionrock.compliance.papers.documents import AccountStatement, ContractNote, Receipt, fields_of
from lionrock.compliance.papers.job import SETTLED_NS, PaperRules
from lionrock.compliance.papers.periods import PaperKind, PlaceCalendar, begun_ns, period_at
from lionrock.compliance.papers.shelf import Shelf
from lionrock.rulebook.facts import Obligation, RecordShape, Watched

Fact = TypeVar("Fact", bound=msgspec.Struct)

PLACE = "compliance.papers"
SHOWN_NS = 62 * 24 * 3_600 * 1_000_000_000
"""Papers that were made in time are told for so long; those that are late or owed are always told."""
_SHAPES: dict[PaperKind, type[msgspec.Struct]] = {
    PaperKind.CONTRACT_NOTE: ContractNote,
    PaperKind.RECEIPT: Receipt,
    PaperKind.DAILY_STATEMENT: AccountStatement,
    PaperKind.MONTHLY_STATEMENT: AccountStatement,
    PaperKind.POSITION_STATEMENT: AccountStatement,
}


class PaperFacts:
    """A source of facts (`lionrock.rulebook.ports.FactSource`)."""

    def __init__(self, shelf: Shelf, rules: PaperRules, calendar: PlaceCalendar, clock: Callable[[], int]) -> None:
        self._shelf, self.rules, self._calendar, self._clock = shelf, rules, calendar, clock

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """Obligations, what is watched, shapes of records. SQL: not for the event loop's thread."""
        if fact_type is Obligation:
            return cast("Sequence[Fact]", [*self._owed(), *self._behind()])
        if fact_type is Watched:
            return cast("Sequence[Fact]", [Watched(kind.value, PLACE) for kind in self.rules.deadlines])
        if fact_type is RecordShape:
            shapes = [RecordShape(kind.value, fields_of(_SHAPES[kind])) for kind in self.rules.deadlines]
            return cast("Sequence[Fact]", shapes)
        return None

    def _owed(self) -> list[Obligation]:
        rows = self._shelf.owed_since(self._clock() - SHOWN_NS)
        return [Obligation(row.kind, row.paper_id, row.begun_ns, row.made_ns) for row in rows]

    def _behind(self) -> list[Obligation]:
        """A period that is over and for which nobody has looked yet what is owed: as if one paper of it were owed."""
        found = []
        for kind in self.rules.deadlines:
            begins_ns = self._shelf.next_period_begins(kind)
            if begins_ns is None:
                continue
            period = period_at(kind, self._calendar, begins_ns)
            if period.until_ns + SETTLED_NS <= self._clock():
                found.append(Obligation(kind.value, f"period:{kind.value}:{period.from_ns}", begun_ns(kind, period)))
        return found
