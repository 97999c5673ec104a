"""What an order would do, told before it is placed: what it holds, pays and comes to, or why it would be refused.

This is what a client of a licensed venue confirms before a trade (Hong Kong: VATP Guidelines 9.31).
"""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.causes import with_cause
from lionrock.gateways.rest.contract import Call, Venue
from lionrock.gateways.rest.lionrock.answers import Amount
from lionrock.gateways.rest.lionrock.requests import ORDER_TYPES, read_own_order
from lionrock.gateways.rest.reasons import refused_body, refused_by_core
from lionrock.gateways.rest.rows import side_name
from lionrock.views.catalogue import Market, Rates
from lionrock.views.telling import About, held_asset
from lionrock.words.amounts import format_decimal
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import MarketPhase, OrderType, Side, TimeInForce, Trigger
from lionrock.words.events import AssetListed, CommandRejected, Event, MarketRulesSet, OrderPlaced
from lionrock.words.records import layout_of, unpack
from lionrock.words.rounding import fee_hold_rounded_up, fee_rounded_down, rebate_rounded_down, spendable_rounded_down

CANNOT_BE_UNDONE = "An order that was executed cannot be undone."
MOST_LEVELS = 1_000
"""Of the book that is looked at: as many as the book itself shows."""
PPM, PPM_DECIMALS = 1_000_000, 6
_ANSWERS: dict[int, type[Event]] = {layout_of(kind).kind: kind for kind in (OrderPlaced, CommandRejected)}
_TYPE_NAMES = {kind: name for name, kind in ORDER_TYPES.items()}


class PreviewFees(msgspec.Struct, rename="camel", kw_only=True):
    """By the account's fee tier, as it is now."""

    asset: str
    maker_rate: str
    """A share; below zero a rebate."""
    taker_rate: str
    if_maker: str
    """Fee where all of the order rests before it trades; below zero the most that it is given."""
    if_taker: str
    """Fee where all of it trades at once."""
    at_once: str
    """Fee of what would trade at once by the book as it shows now."""


class AtOnce(msgspec.Struct, rename="camel", kw_only=True):
    """What would trade at once by the book as it shows now. What others hide in it may make it better."""

    quantity: str
    value: str
    """In quote."""
    average_price: str
    """Cut down to quote atoms; "0" where nothing would trade."""
    best_price: str
    """Of the other side; "0" where it is empty."""
    slippage: str
    """By which share the average is worse than the best price, rounded up."""
    is_all: bool
    """Whether the order would be done with it."""


class Exposure(msgspec.Struct, rename="camel", kw_only=True):
    """What the account would have at stake, as the core counts it, in the site's valuation asset."""

    asset: str
    with_order: str
    limit: str
    """Empty for no limit."""


class OrderPreview(msgspec.Struct, rename="camel", kw_only=True):
    """An order as it would be taken now. Another moment may give another answer."""

    symbol: str
    side: str
    type: str
    asset: str
    """What is bought or sold."""
    amount: str
    """How much of it; of an order by quote what the book would give."""
    value: Amount
    """At the limit price, or what the book would give; of an order that waits, at its trigger price."""
    fees: PreviewFees
    cannot_be_undone: str
    at_once: AtOnce
    held: Amount | None
    """What would be set aside until it trades or ends; null where it would be refused."""
    exposure: Exposure | None
    """Null where it would be refused before that is asked, and on a site that values nothing."""
    refused: dict[str, object] | None
    """Why it would be refused, with the rules of the licence; null where it would be taken."""
    sequence: str
    """Of the last command in the journal that this rests on."""


class _Walk(msgspec.Struct):
    """What an order finds on the other side."""

    lots: int = 0
    quote_atoms: int = 0
    best_ticks: int = 0
    is_all: bool = False


class _Asked(msgspec.Struct):
    """The order with what it meets."""

    market: Market
    command: PlaceOrder
    rates: Rates
    walk: _Walk
    rules: MarketRulesSet | None

    @property
    def pays_on_top(self) -> bool:
        return _pays_on_top(self.market, self.command)


async def preview(venue: Venue, call: Call) -> OrderPreview:
    """Asks the engine itself, which answers as it would answer the order and changes nothing (`Engine.preview`): so
    every gate is asked, in the core's order, with the core's figures. What is due by now and not done yet, such as an
    order's end, is not taken into account.

    Fees and slippage are worked out from the book as everybody sees it, the account's own orders included; of an order
    at market by quantity what is held follows from it too, so that nobody reads hidden orders out of a preview.
    """
    command = read_own_order(venue, call.account_id, call.parameters).command
    market, engine = venue.catalogue.markets[command.market_id], venue.node.engine
    told, exposure_atoms = engine.preview(command.pack(), venue.clock())
    bids, asks = engine.depth(market.market_id, MOST_LEVELS)
    sequence = engine.last_sequence
    answer = unpack(_ANSWERS, told)
    rates = venue.catalogue.fee_tiers[venue.catalogue.tier_of(call.account_id)]
    walk = _walk(venue, market, command, rates, asks if command.side == Side.BUY else bids)
    await venue.settled()
    order = _Asked(market, command, rates, walk, venue.trading_rules.rules.get(market.market_id))
    lots, value_atoms = _whole(order)
    refused = None
    if isinstance(answer, CommandRejected):
        known = About(market, held_asset(market, command.side), venue.clients.valuation)
        told_plainly = refused_by_core(answer, known)
        refused = with_cause(venue, call.account_id, answer, told_plainly)
    return OrderPreview(
        symbol=market.symbol,
        side=side_name(command.side),
        type=_TYPE_NAMES[OrderType(command.order_type), Trigger(command.trigger)],
        asset=market.base.code,
        amount=market.size_text(lots),
        value=Amount(market.quote.code, market.quote_text(value_atoms)),
        fees=_fees(order, lots, value_atoms),
        cannot_be_undone=CANNOT_BE_UNDONE,
        at_once=_at_once(order),
        held=_held(order, answer) if isinstance(answer, OrderPlaced) else None,
        exposure=_exposure(venue, call.account_id, exposure_atoms) if exposure_atoms or not refused else None,
        refused=refused_body(refused, "/lionrock/", venue.licence_rules) if refused else None,
        sequence=str(sequence),
    )


def _walk(venue: Venue, market: Market, command: PlaceOrder, rates: Rates, levels: list[tuple[int, int]]) -> _Walk:
    """Level by level to the limit, the size, or what the amount buys."""
    walk = _Walk(best_ticks=levels[0][0] if levels else 0)
    waits = command.trigger or command.post_only or venue.catalogue.phase_of(market.market_id) != MarketPhase.CONTINUOUS
    if waits:
        return walk
    budget_atoms = command.quote_amount_atoms
    if budget_atoms and _pays_on_top(market, command):
        budget_atoms = spendable_rounded_down(budget_atoms, rates.taker_fee_ppm)
    for price_ticks, there in levels:
        if command.price_ticks and not _reaches(command, price_ticks):
            break
        per_lot = price_ticks * market.lot_tick_quote_atoms
        if command.quote_amount_atoms:
            lots = min(there, (budget_atoms - walk.quote_atoms) // per_lot)
        else:
            lots = min(there, command.size_lots - walk.lots)
        walk.lots += lots
        walk.quote_atoms += lots * per_lot
        if lots < there:
            walk.is_all = True
            break
    walk.is_all = walk.is_all or 0 < command.size_lots == walk.lots
    if command.time_in_force == TimeInForce.FILL_OR_KILL and not walk.is_all:
        return _Walk(best_ticks=walk.best_ticks)
    return walk


def _reaches(command: PlaceOrder, price_ticks: int) -> bool:
    return price_ticks <= command.price_ticks if command.side == Side.BUY else price_ticks >= command.price_ticks


def _pays_on_top(market: Market, command: PlaceOrder) -> bool:
    return command.side == Side.BUY and market.fee_asset(Side.BUY) is market.quote


def _whole(order: _Asked) -> tuple[int, int]:
    """Lots and quote atoms of the whole order."""
    market, command, walk = order.market, order.command, order.walk
    price_ticks = command.price_ticks or (command.trigger_price_ticks if command.trigger else 0)
    if command.size_lots and price_ticks:
        return command.size_lots, command.size_lots * price_ticks * market.lot_tick_quote_atoms
    if command.size_lots:
        return command.size_lots, walk.quote_atoms
    if price_ticks:  # waits, by amount
        return command.quote_amount_atoms // (price_ticks * market.lot_tick_quote_atoms), command.quote_amount_atoms
    return walk.lots, walk.quote_atoms


def _at_once(order: _Asked) -> AtOnce:
    market, command, walk = order.market, order.command, order.walk
    slippage_ppm = 0
    if walk.lots:
        best_atoms = walk.lots * walk.best_ticks * market.lot_tick_quote_atoms
        worse_atoms = walk.quote_atoms - best_atoms if command.side == Side.BUY else best_atoms - walk.quote_atoms
        slippage_ppm = -(-worse_atoms * PPM // best_atoms)
    return AtOnce(
        quantity=market.size_text(walk.lots),
        value=market.quote_text(walk.quote_atoms),
        average_price=market.average_price_text(walk.quote_atoms, walk.lots),
        best_price=market.price_text(walk.best_ticks),
        slippage=format_decimal(slippage_ppm, PPM_DECIMALS),
        is_all=walk.is_all,
    )


def _fees(order: _Asked, lots: int, value_atoms: int) -> PreviewFees:
    market, rates, rules = order.market, order.rates, order.rules
    asset = market.fee_asset(order.command.side)
    in_base = asset is market.base
    least_atoms = 0
    if rules and rates.maker_fee_ppm >= 0:
        least_atoms = rules.minimum_fee_base_atoms if in_base else rules.minimum_fee_quote_atoms

    def fee(rate_ppm: int, lots: int, value_atoms: int) -> str:
        charged_atoms = lots * market.listing.lot_base_atoms if in_base else value_atoms
        if rate_ppm < 0:
            return format_decimal(-rebate_rounded_down(charged_atoms, -rate_ppm), asset.decimals)
        atoms = max(fee_rounded_down(charged_atoms, rate_ppm), least_atoms) if charged_atoms else 0
        return format_decimal(atoms, asset.decimals)

    return PreviewFees(
        asset=asset.code,
        maker_rate=format_decimal(rates.maker_fee_ppm, PPM_DECIMALS),
        taker_rate=format_decimal(rates.taker_fee_ppm, PPM_DECIMALS),
        if_maker=fee(rates.maker_fee_ppm, lots, value_atoms),
        if_taker=fee(rates.taker_fee_ppm, lots, value_atoms),
        at_once=fee(rates.taker_fee_ppm, order.walk.lots, order.walk.quote_atoms),
    )


def _held(order: _Asked, placed: OrderPlaced) -> Amount:
    market, command, walk = order.market, order.command, order.walk
    asset, atoms = held_asset(market, command.side), placed.held_atoms
    measured = command.order_type == OrderType.MARKET and not command.trigger
    if measured and command.size_lots and command.side == Side.BUY:
        atoms = walk.quote_atoms
        if atoms and order.pays_on_top:
            atoms += max(fee_hold_rounded_up(atoms, order.rates.taker_fee_ppm), placed.minimum_fee_atoms)
    elif measured and command.quote_amount_atoms and command.side == Side.SELL:
        atoms = walk.lots * market.listing.lot_base_atoms
    return _amount(asset, atoms)


def _amount(asset: AssetListed, atoms: int) -> Amount:
    return Amount(asset.code, format_decimal(atoms, asset.decimals))


def _exposure(venue: Venue, account_id: int, exposure_atoms: int) -> Exposure | None:
    valuation = venue.clients.valuation
    if valuation is None or venue.profiles is None:
        return None
    limit = venue.profiles.of(account_id).exposure_limit_atoms
    return Exposure(
        asset=valuation.asset_code,
        with_order=format_decimal(exposure_atoms, valuation.decimals),
        limit=format_decimal(limit, valuation.decimals) if limit else "",
    )
