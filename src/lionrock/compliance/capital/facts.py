"""What the rules may ask of capital and returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import msgspec

from lionrock.compliance.capital.book import CapitalBook
from lionrock.compliance.capital.documents import CapitalReturn, CyberReturn, MonthlyStatistics, Reconciliation
from lionrock.compliance.capital.returns import DAILY, ReturnKind, ReturnRow, Returns
from lionrock.compliance.papers.documents import fields_of
from lionrock.rulebook.facts import CapitalPosition, Obligation, RecordShape, Watched

Fact = TypeVar("Fact", bound=msgspec.Struct)

PLACE = "compliance.capital"
NOTICE = "liquid_capital_notice"
_SHAPES: dict[ReturnKind, type[msgspec.Struct]] = {
    ReturnKind.MONTHLY_RETURN: CapitalReturn,
    ReturnKind.MONTHLY_STATISTICS: MonthlyStatistics,
    ReturnKind.ANNUAL_RETURN: CapitalReturn,
    ReturnKind.NET_LIQUID_ASSETS_RETURN: CapitalReturn,
    ReturnKind.LIQUID_ASSETS_RECONCILIATION: Reconciliation,
    ReturnKind.CYBER_RETURN: CyberReturn,
}


class CapitalFacts:
    """A source of facts (`lionrock.rulebook.ports.FactSource`)."""

    def __init__(
        self, book: CapitalBook, returns: Returns, clock: Callable[[], int], licensed_since_ns: Callable[[], int]
    ) -> None:
        """Returns are owed for every period from the one in which the licence began."""
        self._book, self._returns, self._clock, self._since = book, returns, clock, licensed_since_ns

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """Positions, obligations, what is watched, shapes of records. SQL: not for the event loop's thread."""
        if fact_type is CapitalPosition:
            return cast("Sequence[Fact]", self._book.positions())
        if fact_type is Obligation:
            return cast("Sequence[Fact]", [*self._notices(), *self._owed()])
        kinds = tuple(self._returns.rules.deadlines)
        if fact_type is Watched:
            names = (NOTICE, *(each.value for each in kinds))
            return cast("Sequence[Fact]", [Watched(name, PLACE) for name in names])
        if fact_type is RecordShape:
            shapes = [RecordShape(kind.value, fields_of(_SHAPES[kind])) for kind in kinds]
            return cast("Sequence[Fact]", shapes)
        return None

    def _notices(self) -> list[Obligation]:
        return [Obligation(NOTICE, each.alarm_id, each.found_ns, each.notified_ns) for each in self._book.alarms()]

    def _owed(self) -> list[Obligation]:
        done = {row.return_id: _done_ns(row) for row in self._returns.all()}
        owed = self._returns.owed(self._since(), self._clock())
        return [
            Obligation(kind.value, return_id, period.until_ns - 1, done.get(return_id))
            for kind, return_id, period in owed
        ]


def _done_ns(row: ReturnRow) -> int | None:
    """A reconciliation is done when somebody has looked at it and approved it; a return when it was sent."""
    return row.approved_ns if row.kind in DAILY else row.filed_ns
