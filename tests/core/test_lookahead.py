"""Looking ahead decides nothing: whatever becomes of what it looks at, the commands are decided as without it."""

from __future__ import annotations

import pytest

from lionrock.bench.blocks import record_of, stamped
from lionrock.bench.flows import FIRST_ACCOUNT, MIDDLE_TICKS, stage
from lionrock.words.commands import CancelOrder, PlaceOrder
from lionrock.words.events import EVENTS, CommandRejected, OrderCancelled
from lionrock.words.records import RECORD_BYTES, unpack_all
from tests.engines import new_venue

MORE_THAN_CACHED = 8_193
"""Accounts from which on a venue is large enough for the core to look at levels and neighbours."""


@pytest.mark.parametrize("build", ["fast", "checked"])
def test_an_order_that_ends_while_it_is_looked_at(build: str) -> None:
    """It is found for a cancellation twelve commands on, and stands in no level any more when that is looked at."""
    order = PlaceOrder(
        order_id=1, account_id=FIRST_ACCOUNT, market_id=1, side=1, order_type=1, time_in_force=1, post_only=0,
        price_ticks=MIDDLE_TICKS, size_lots=1, quote_amount_atoms=0,
    )  # fmt: skip
    before = stamped([stage(1, MORE_THAN_CACHED, 2, 10**12), record_of(order)], 1)
    cancels = [record_of(CancelOrder(order_id=1, account_id=FIRST_ACCOUNT))] * 40
    venue = new_venue(build)
    venue.apply(before)
    told = unpack_all(EVENTS, venue.apply(stamped(cancels, 1 + len(before) // RECORD_BYTES)))
    assert [type(event) for event in told] == [OrderCancelled] + [CommandRejected] * 39
