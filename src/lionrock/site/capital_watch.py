"""What a monitor is told of the operator's money: alarms that the regulator was not told of yet, and late ones."""

from __future__ import annotations

import math
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.exc import SQLAlchemyError

from lionrock.compliance.capital.book import CapitalBook
from lionrock.gateways.rest.contract import Reason


def watch_capital(
    book: CapitalBook, registry: CollectorRegistry, clock: Callable[[], int]
) -> Callable[[], Reason | None]:
    """Puts the figures into `registry`, once for a site, and gives what readiness asks."""

    def waiting() -> tuple[int, int]:
        """Open alarms, and how many of them are past their time."""
        due = [each.due_ns for each in book.alarms() if each.notified_ns is None]
        return len(due), sum(due_ns < clock() for due_ns in due)

    def count(which: int) -> float:
        try:
            return waiting()[which]
        except SQLAlchemyError:
            return math.nan

    alarms = Gauge("lionrock_capital_alarms_open", "Alarms that the regulator was not told of yet.", registry=registry)
    alarms.set_function(lambda: count(0))
    late = Gauge("lionrock_capital_alarms_late", "Those of them whose time is over.", registry=registry)
    late.set_function(lambda: count(1))

    def remark() -> Reason | None:
        try:
            open_ones, late_ones = waiting()
        except SQLAlchemyError:
            return Reason("capital_alarms_unknown", "the database does not say which alarms about capital are open")
        if not open_ones:
            return None
        words = f"the regulator must be told of {open_ones} alarms about capital, {late_ones} of them late"
        return Reason("capital_alarms_open", f"{words}: see /lionrock/v1/staff/capital/notices")

    return remark
