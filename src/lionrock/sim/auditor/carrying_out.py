"""In the ledger and the book: what was planned on paper is carried out, posting by posting and event by event."""

from __future__ import annotations

from typing import NamedTuple

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.fees import charge, pays_in_base, pays_out_of_hold, rebate, worth_of_fill
from lionrock.sim.auditor.icebergs import replenish, shrink_in_place
from lionrock.sim.auditor.paper import BothShrink, Fill, OwnCancelled, Plan, held_asset_id, hold_of_rest
from lionrock.sim.auditor.recent_trades import RecentTrade
from lionrock.sim.auditor.venue import Venue
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import CancelReason, MarketPhase, Side
from lionrock.words.events import (
    HoldReduced,
    MarketPhaseChanged,
    OrderCancelled,
    OrderFilled,
    OrderReduced,
    TradeExecuted,
)
from lionrock.words.faults import Fault

CALL_PHASES = frozenset({MarketPhase.PRE_OPEN, MarketPhase.VOLATILITY_AUCTION})
"""Orders are collected, so the book may become crossed."""


class Deal(NamedTuple):
    """One trade to be made. In an auction the buyer is called taker and the seller maker, and neither takes."""

    taker: Order
    maker: Order
    size_lots: int
    price_ticks: int
    in_auction: bool = False


def carry_out(venue: Venue, market: Market, order: Order, plan: Plan) -> None:
    """The incoming order, whose funds are held and which stands in no queue, does what was planned.

    After its steps it is cancelled, filled, or rests with no more held than its rest needs. Then the auction begins
    that its market holds instead of a trade beyond the band.
    """
    for step in plan.steps:
        match step:
            case Fill(maker, lots):
                trade(venue, market, Deal(order, maker, lots, maker.price_ticks))
            case OwnCancelled(maker):
                cancel_resting(venue, market, maker, CancelReason.SELF_TRADE)
            case BothShrink():
                _shrink_both(venue, market, order, step)
    if plan.cancelled:
        _cancelled(venue, market, order, plan.cancelled)
    elif order.remaining_lots == 0:
        filled(venue, market, order)
    else:
        _enter_book(venue, market, order)
        reduce_hold(venue, market, order)
    if plan.leaves_band:
        change_phase(venue, market, MarketPhase.VOLATILITY_AUCTION)
    if market.is_crossed() and not market.may_be_crossed:
        raise Fault(f"order {order.order_id} left the book of market {market.listing.market_id} crossed")


def change_phase(venue: Venue, market: Market, phase: MarketPhase) -> None:
    """The phase and its event alone; what comes of it is `phase_rules.enter_phase`."""
    previous_phase, market.phase = market.phase, phase
    market.may_be_crossed = market.may_be_crossed or phase in CALL_PHASES
    venue.events.append(
        MarketPhaseChanged(
            **venue.head(), market_id=market.listing.market_id, phase=phase, previous_phase=previous_phase
        )
    )


def cancel_open(venue: Venue, order_id: int, reason: CancelReason) -> None:
    """The order, which rests or waits, is over."""
    if order_id in venue.resting:
        cancel_resting(venue, *venue.resting[order_id], reason)
        return
    market, order = venue.waiting[order_id]
    stop_waiting(venue, market, order)
    _cancelled(venue, market, order, reason)


def cancel_resting(venue: Venue, market: Market, order: Order, reason: CancelReason) -> None:
    """The order leaves its queue and is over."""
    leave_book(venue, market, order)
    _cancelled(venue, market, order, reason)


def _enter_book(venue: Venue, market: Market, order: Order) -> None:
    order.shown_lots = order.part_that_shows(order.remaining_lots)
    market.sides[order.side].add(order)
    venue.resting[order.order_id] = market, order
    venue.accounts[order.account_id].open_orders += 1


def leave_book(venue: Venue, market: Market, order: Order) -> None:
    """Out of its queue; what it holds it keeps."""
    market.sides[order.side].remove(order)
    del venue.resting[order.order_id]
    venue.accounts[order.account_id].open_orders -= 1


def wait(venue: Venue, market: Market, order: Order, placed: PlaceOrder) -> None:
    """The order, whose funds are held, waits for its trigger from now on."""
    market.waiting.add(order, placed)
    venue.waiting[order.order_id] = market, order
    venue.accounts[order.account_id].open_orders += 1


def stop_waiting(venue: Venue, market: Market, order: Order) -> PlaceOrder:
    """No longer among those that wait; what it holds it keeps. Returns the command that placed it."""
    del venue.waiting[order.order_id]
    venue.accounts[order.account_id].open_orders -= 1
    return market.waiting.remove(order)


def trade(venue: Venue, market: Market, deal: Deal) -> None:
    """The deal in the ledger and among the events; the maker, which rests, is over when nothing of it is left.

    In an auction both rest, and what they hide trades as what they show; otherwise the maker's part that shows trades.
    """
    taker, maker, lots, price_ticks, in_auction = deal
    venue.trades += 1
    taker_fee, maker_fee = _settle(venue, market, deal)
    taker.remaining_lots -= lots
    maker.remaining_lots -= lots
    _note_price(venue, market, price_ticks, in_auction)
    venue.events.append(
        TradeExecuted(
            **venue.head(),
            market_id=market.listing.market_id,
            taker_side=taker.side,
            trade_id=venue.trades,
            maker_order_id=maker.order_id,
            taker_order_id=taker.order_id,
            maker_account_id=maker.account_id,
            taker_account_id=taker.account_id,
            price_ticks=price_ticks,
            size_lots=lots,
            quote_atoms=market.value_atoms(lots, price_ticks),
            maker_fee_atoms=maker_fee,
            taker_fee_atoms=taker_fee,
            maker_remaining_lots=maker.remaining_lots,
            in_auction=int(in_auction),
        )
    )
    if in_auction:
        shrink_in_place(taker)
        shrink_in_place(maker)
    else:
        maker.shown_lots -= lots
    if maker.remaining_lots == 0:
        leave_book(venue, market, maker)
        filled(venue, market, maker)
    elif maker.shown_lots == 0:
        replenish(venue, market, maker)


def _note_price(venue: Venue, market: Market, price_ticks: int, in_auction: bool) -> None:
    """What bands and triggers will want to know of a trade."""
    market_id = market.listing.market_id
    if not in_auction:
        venue.band_references.setdefault(market_id, market.last_price_ticks)
    venue.traded_market_ids.add(market_id)
    market.last_price_ticks = price_ticks
    market.highest_trade_ticks = max(market.highest_trade_ticks, price_ticks)
    market.lowest_trade_ticks = min(market.lowest_trade_ticks or price_ticks, price_ticks)


def _settle(venue: Venue, market: Market, deal: Deal) -> tuple[int, int]:
    """Posts one fill, every leg of it, and remembers what it did.

    Returns the fee of the taker and that of the maker, or minus its rebate.
    """
    taker, maker, lots, price_ticks, in_auction = deal
    listing = market.listing
    base_id, quote_id, fee_account_id = listing.base_asset_id, listing.quote_asset_id, listing.fee_account_id
    base, quote = lots * listing.lot_base_atoms, market.value_atoms(lots, price_ticks)
    buyer, seller = (taker, maker) if taker.side == Side.BUY else (maker, taker)
    taker_worth = worth_of_fill(market, taker.side, lots, price_ticks)
    maker_worth = worth_of_fill(market, maker.side, lots, price_ticks)
    taker_fee = charge(market, taker, taker_worth, taker.maker_fee_ppm if in_auction else taker.taker_fee_ppm)
    maker_fee = charge(market, maker, maker_worth, maker.maker_fee_ppm)
    buyer_fee, seller_fee = (taker_fee, maker_fee) if buyer is taker else (maker_fee, taker_fee)

    gives_rebate = maker.maker_fee_ppm < 0 and not in_auction
    given = rebate(maker, taker_worth, taker_fee) if gives_rebate else 0
    in_base, given_in_base = pays_in_base(market, Side.BUY), pays_in_base(market, taker.side)
    buyer_pays = quote + (buyer_fee if pays_out_of_hold(market, Side.BUY) else 0)
    buyer_gets, seller_gets = base - (buyer_fee if in_base else 0), quote - seller_fee

    _take_from_hold(venue, buyer, quote_id, buyer_pays)
    _take_from_hold(venue, seller, base_id, base)
    venue.ledger.post(buyer.account_id, base_id, available=buyer_gets)
    venue.ledger.post(seller.account_id, quote_id, available=seller_gets)
    venue.ledger.post(fee_account_id, base_id if in_base else quote_id, available=buyer_fee)
    venue.ledger.post(fee_account_id, quote_id, available=seller_fee)
    given_id = base_id if given_in_base else quote_id
    venue.ledger.post(fee_account_id, given_id, available=-given)
    venue.ledger.post(maker.account_id, given_id, available=given)
    to_buyer, to_seller = (given, 0) if buyer is maker else (0, given)
    venue.recent_trades.remember(
        RecentTrade(
            trade_id=venue.trades,
            time_ns=venue.time_ns,
            market_id=listing.market_id,
            buyer_account_id=buyer.account_id,
            seller_account_id=seller.account_id,
            buyer_base_atoms=buyer_gets + (to_buyer if given_in_base else 0),
            buyer_quote_atoms=-buyer_pays + (0 if given_in_base else to_buyer),
            seller_base_atoms=-base + (to_seller if given_in_base else 0),
            seller_quote_atoms=seller_gets + (0 if given_in_base else to_seller),
        )
    )
    return taker_fee, -given if gives_rebate else maker_fee


def _take_from_hold(venue: Venue, order: Order, asset_id: int, atoms: int) -> None:
    order.held_atoms -= atoms
    if order.held_atoms < 0:
        raise Fault(f"order {order.order_id} traded {-order.held_atoms} atoms more than it held")
    venue.ledger.post(order.account_id, asset_id, held=-atoms)


def _release(venue: Venue, market: Market, order: Order, atoms: int) -> int:
    order.held_atoms -= atoms
    venue.ledger.post(order.account_id, held_asset_id(market, order.side), available=atoms, held=-atoms)
    return atoms


def _shrink_both(venue: Venue, market: Market, taker: Order, step: BothShrink) -> None:
    maker, lots = step
    if maker.remaining_lots == lots:
        cancel_resting(venue, market, maker, CancelReason.SELF_TRADE)
    else:
        _reduced(venue, market, maker, lots)
    if taker.remaining_lots > lots:  # otherwise this was its last step, and its plan says that it is cancelled
        _reduced(venue, market, taker, lots)


def _reduced(venue: Venue, market: Market, order: Order, lots: int) -> None:
    order.size_lots -= lots
    order.remaining_lots -= lots
    shrink_in_place(order)
    rests = order.order_id in venue.resting  # an incoming order gets its hold back later, when it rests or ends
    spare_atoms = order.held_atoms - hold_of_rest(market, order) if rests else 0
    if spare_atoms < 0:
        raise Fault(f"order {order.order_id} rests with {-spare_atoms} atoms less than it may have to pay")
    venue.events.append(
        OrderReduced(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=market.listing.market_id,
            reduced_lots=lots,
            remaining_lots=order.remaining_lots,
            released_atoms=_release(venue, market, order, spare_atoms),
        )
    )


def reduce_hold(venue: Venue, market: Market, order: Order) -> None:
    """The order, which rests, gets back what its rest need not hold."""
    atoms = order.held_atoms - hold_of_rest(market, order)
    if atoms < 0:
        raise Fault(f"order {order.order_id} rests with {-atoms} atoms less than it may have to pay")
    if atoms > 0:
        venue.events.append(
            HoldReduced(
                **venue.head(),
                order_id=order.order_id,
                account_id=order.account_id,
                market_id=market.listing.market_id,
                released_atoms=_release(venue, market, order, atoms),
            )
        )


def filled(venue: Venue, market: Market, order: Order) -> None:
    """The order, which stands in no queue, is over, and gets back all it still holds."""
    venue.client_ids.end(order, venue.time_ns)
    venue.events.append(
        OrderFilled(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=market.listing.market_id,
            filled_lots=order.size_lots,
            released_atoms=_release(venue, market, order, order.held_atoms),
        )
    )


def _cancelled(venue: Venue, market: Market, order: Order, reason: CancelReason) -> None:
    venue.client_ids.end(order, venue.time_ns)
    venue.events.append(
        OrderCancelled(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=market.listing.market_id,
            reason=reason,
            filled_lots=order.size_lots - order.remaining_lots,
            remaining_lots=order.remaining_lots,
            released_atoms=_release(venue, market, order, order.held_atoms),
        )
    )
