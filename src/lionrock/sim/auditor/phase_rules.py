"""The rules of spec/phases.md, and the bands of spec/auctions.md: what a market does with orders, and when."""

from __future__ import annotations

from bisect import insort

from lionrock.sim.auditor.auction import uncross
from lionrock.sim.auditor.book import Market
from lionrock.sim.auditor.carrying_out import cancel_open, change_phase
from lionrock.sim.auditor.stop_rules import expire_until
from lionrock.sim.auditor.venue import ScheduledChange, Venue, known_or_refuse, refuse_if
from lionrock.words.commands import SetMarketPhase, SetPriceBand
from lionrock.words.enumerations import CancelReason, MarketPhase, Side, TimeInForce
from lionrock.words.events import MarketPhaseScheduled, PriceBandSet
from lionrock.words.limits import PPM
from lionrock.words.rejections import Rejection

R = Rejection
MARKET_PHASES = frozenset(MarketPhase)


def do_what_is_due(venue: Venue) -> None:
    """Comes before every command, also one that is refused or that nobody knows: by time, expiries before changes."""
    while venue.schedule and venue.schedule[0].at_time_ns <= venue.time_ns:
        change = venue.schedule.pop(0)
        expire_until(venue, change.at_time_ns)
        enter_phase(venue, venue.markets[change.market_id], change.phase, change.reference_price_ticks)
    expire_until(venue, venue.time_ns)


def set_market_phase(venue: Venue, command: SetMarketPhase) -> None:
    market_id, phase, at_time_ns = command.market_id, command.phase, command.at_time_ns
    reference, is_now = command.reference_price_ticks, command.at_time_ns == 0
    comes_too_late = not is_now and at_time_ns <= command.time_ns

    market = known_or_refuse(venue.markets, market_id, R.MARKET_UNKNOWN)
    max_price_ticks = market.listing.max_price_ticks
    refuse_if(phase not in MARKET_PHASES, R.PHASE_UNKNOWN, phase)
    refuse_if(comes_too_late, R.PHASE_TIME_NOT_IN_FUTURE, command.time_ns, at_time_ns)
    refuse_if(not 0 <= reference <= max_price_ticks, R.REFERENCE_PRICE_OUT_OF_RANGE, max_price_ticks, reference)
    # ---- Decided. Nothing below may fail. ----
    if is_now:
        enter_phase(venue, market, phase, reference)
        return
    insort(venue.schedule, ScheduledChange(at_time_ns, market_id, command.sequence, phase, reference))
    venue.events.append(
        MarketPhaseScheduled(
            **venue.head(),
            market_id=market_id,
            phase=phase,
            at_time_ns=at_time_ns,
            reference_price_ticks=reference,
        )
    )


def enter_phase(venue: Venue, market: Market, phase: int, reference_price_ticks: int) -> None:
    """The change, the auction it ends the collecting with, and at the close the end of the day orders, by id."""
    change_phase(venue, market, MarketPhase(phase))
    if phase in (MarketPhase.CONTINUOUS, MarketPhase.CLOSED):
        uncross(venue, market, reference_price_ticks)
    if phase == MarketPhase.CLOSED:
        is_open = [order for side in (Side.BUY, Side.SELL) for order in market.sides[side]]
        is_open += [order for order, _ in market.waiting]
        for order in sorted(is_open, key=lambda order: order.order_id):
            if order.time_in_force == TimeInForce.DAY:
                cancel_open(venue, order.order_id, CancelReason.EXPIRED)


def set_price_band(venue: Venue, command: SetPriceBand) -> None:
    market_id, band_ppm = command.market_id, command.band_ppm

    market = known_or_refuse(venue.markets, market_id, R.MARKET_UNKNOWN)
    refuse_if(band_ppm > PPM, R.BAND_ABOVE_LIMIT, PPM, band_ppm)
    # ---- Decided. Nothing below may fail. ----
    market.band_ppm = band_ppm
    venue.events.append(PriceBandSet(**venue.head(), market_id=market_id, band_ppm=band_ppm))
