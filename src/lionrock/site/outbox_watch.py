"""What a monitor is told of the outbox: how many deliveries wait and were given up, with a remark on the last ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.exc import SQLAlchemyError

from lionrock.gateways.rest.contract import Reason
from lionrock.store.outbox.messages import DeliveryState
from lionrock.store.outbox.outbox import NS_PER_S, Outbox

REMARKED_NS = 24 * 3_600 * NS_PER_S
"""So long after it was given up a delivery is told of; after that it is only counted."""


def watch_outbox(outbox: Outbox, registry: CollectorRegistry, clock: Callable[[], int]) -> Callable[[], Reason | None]:
    """Puts the figures into `registry`, once for a site, and gives what readiness asks."""

    def count(state: DeliveryState) -> float:
        try:
            return outbox.counts()[state.value]
        except SQLAlchemyError:
            return math.nan

    for name, words, state in (
        ("lionrock_outbox_waiting", "Deliveries of notices that are still tried.", DeliveryState.WAITING),
        ("lionrock_outbox_dead", "Deliveries of notices that were given up and not sent again.", DeliveryState.DEAD),
    ):
        Gauge(name, words, registry=registry).set_function(partial(count, state))

    def remark() -> Reason | None:
        try:
            dead = outbox.given_up_since(clock() - REMARKED_NS)
        except SQLAlchemyError:
            return Reason("notices_unknown", "the database does not say which notices were given up")
        if not dead:
            return None
        words = f"{dead} deliveries of notices were given up within a day: see /lionrock/v1/staff/outbox?state=dead"
        return Reason("notices_given_up", words)

    return remark
