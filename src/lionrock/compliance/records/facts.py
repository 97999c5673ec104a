"""What the site tells its rules about how long it keeps records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from lionrock.compliance.records.keeping import FOREVER_DAYS, Begins
from lionrock.compliance.records.records import Keeper
from lionrock.rulebook.facts import RecordClass


class KeepingFacts:
    """Supplies `RecordClass`: for every class that has a place, the time that the site in fact keeps it."""

    def __init__(self, keeper: Keeper, now_ns: int) -> None:
        self._keeper, self._now_ns = keeper, now_ns

    def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[Any] | None:
        """As `FactSource`."""
        if fact_type is not RecordClass:
            return None
        keepings = self._keeper.keepings(self._now_ns)
        tables: dict[str, list[str]] = {}
        for shelf in self._keeper.shelves:
            tables.setdefault(shelf.record_class, []).extend(shelf.tables)
        # A class without a time is erased when it is asked for: it is kept no day.
        kept = [
            RecordClass(name, tuple(places), keeping.keep_days, str(keeping.begins), is_erased_after=True)
            if (keeping := keepings.get(name))
            else RecordClass(name, tuple(places), 0, str(Begins.RECORD), is_erased_after=True)
            for name, places in sorted(tables.items())
        ]
        always = [
            RecordClass(each.record_class, each.tables, FOREVER_DAYS, _latest(keepings, each.record_class), False)
            for each in self._keeper.standing
        ]
        return [*kept, *always]


def _latest(keepings: Any, record_class: str) -> str:
    """What is never cut is kept from whichever event a rule counts."""
    keeping = keepings.get(record_class)
    return str(keeping.begins if keeping else Begins.RECORD)
