"""What a monitor is told of deposits that came after their account was closed: somebody has to return them."""

from __future__ import annotations

import math
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from lionrock.custody.set_aside import waiting
from lionrock.gateways.rest.contract import Reason


def watch_set_aside(database: Engine, registry: CollectorRegistry) -> Callable[[], Reason | None]:
    """Puts the figure into `registry`, once for a site, and gives what readiness asks."""

    def count() -> float:
        try:
            return len(waiting(database))
        except SQLAlchemyError:
            return math.nan

    gauge = Gauge(
        "lionrock_deposits_set_aside",
        "Deposits in the suspense account, as their own account was closed when they came.",
        registry=registry,
    )
    gauge.set_function(count)

    def remark() -> Reason | None:
        try:
            rows = waiting(database)
        except SQLAlchemyError:
            return Reason("deposits_set_aside_unknown", "the database does not say which deposits are set aside")
        if not rows:
            return None
        words = (
            f"{len(rows)} deposits came after their account was closed and are in the suspense account: one person "
            "proposes `deposit_return` and another approves it, see /lionrock/v1/staff/queue"
        )
        return Reason("deposits_set_aside", words)

    return remark
