"""Ends volatility auctions: an hour in which nobody of the staff looks must not be an hour in which nothing trades."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from lionrock.gateways.rest.contract import Venue
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.words.commands import SetMarketPhase
from lionrock.words.enumerations import MarketPhase

LOOK_SECONDS = 1
NS_PER_SECOND = 10**9


async def end_auctions(venue: Venue, seconds: Mapping[int, int]) -> None:
    """Each volatility auction goes over into trading so many seconds (by market id; 0: by hand) after it began.

    The end is a command like the staff's, so it is in the journal and shown as the market's next change. One that the
    staff scheduled is left as it is. Returns when the node has stopped.
    """
    while True:
        try:
            for command in due_ends(venue, seconds):
                await venue.node.submit(command)
        except NodeStopped:
            return
        except NodeBusy:
            pass  # looked at again in a second
        await asyncio.sleep(LOOK_SECONDS)


def due_ends(venue: Venue, seconds: Mapping[int, int]) -> Iterator[SetMarketPhase]:
    """The end of each volatility auction that has none set."""
    now_ns, rules = venue.clock(), venue.trading_rules
    for market_id, after in seconds.items():
        began = rules.phases.get(market_id)
        if not after or began is None or venue.catalogue.phase_of(market_id) is not MarketPhase.VOLATILITY_AUCTION:
            continue
        if rules.next_change(market_id, 0) is None:
            at_ns = max(began.time_ns + after * NS_PER_SECOND, now_ns + NS_PER_SECOND)
            yield SetMarketPhase(
                market_id=market_id, phase=MarketPhase.CONTINUOUS, at_time_ns=at_ns, reference_price_ticks=0
            )
