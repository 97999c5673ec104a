"""What a write did, told from the events of its command alone, so that it can be told again after a restart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from lionrock.gateways.rest.contract import NS_PER_MS, Venue
from lionrock.gateways.rest.lionrock.requests import ORDER_TYPES, OWN_TIMES_IN_FORCE, SELF_TRADE_MODES
from lionrock.gateways.rest.rows import side_name
from lionrock.views.catalogue import Market
from lionrock.views.orders import Fill, OrderState, OrderStatus, status_of
from lionrock.views.telling import held_asset
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import CancelReason, Side
from lionrock.words.events import (
    AssetListed,
    Event,
    HoldReduced,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrderTriggered,
    TradeExecuted,
)

_TYPE_NAMES = {kind: name for name, kind in ORDER_TYPES.items()}
_TIME_IN_FORCE_NAMES = {value: name for name, value in OWN_TIMES_IN_FORCE.items()}
_SELF_TRADE_NAMES = {value: name for name, value in SELF_TRADE_MODES.items()}


class OwnOrder(msgspec.Struct, rename="camel", kw_only=True):
    """An order with everything it was given. "0" where it has no price, quantity, amount or display quantity."""

    order_id: str
    client_order_id: str
    """Its order id when its owner gave no name."""
    account_id: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    post_only: bool
    price: str
    quantity: str
    """What has traded included; as last amended or reduced."""
    amount: str
    """Of quote, of a market order that names one."""
    display_quantity: str
    """Most that shows at a time; "0" when all of it shows."""
    trigger_price: str
    expire_time_ms: int
    """0 for never."""
    group: str
    self_trade_mode: str
    status: str
    executed_quantity: str
    remaining_quantity: str
    """"0" for an order by amount, and when it is over."""
    cancel_reason: str
    """Name of a `CancelReason`; empty for an order that was not cancelled."""
    time_ms: int
    """When it was placed."""
    cumulative_quote: str | UnsetType = UNSET
    """Only where all of its life is looked at: not in the answer to an amendment."""
    average_price: str | UnsetType = UNSET


class OwnFill(msgspec.Struct, rename="camel", kw_only=True):
    """What one trade gave and cost this order."""

    trade_id: str
    price: str
    quantity: str
    quote: str
    fee: str
    """Below zero a rebate."""
    fee_asset: str
    is_maker: bool


class Amount(msgspec.Struct):
    asset: str
    amount: str


class OtherOrder(msgspec.Struct, rename="camel", kw_only=True):
    """Another order of the account that the same command ended, shrank or set off."""

    order_id: str
    what: str
    """`cancelled`, `reduced`, `filled` or `triggered`."""
    reason: str = ""
    """Of a cancel: name of the `CancelReason`."""
    remaining_quantity: str = "0"


class Consequence(msgspec.Struct, rename="camel", kw_only=True):
    """The whole consequence of a write on one order, as it was when its command had been carried out."""

    sequence: str
    """Of the command in the journal."""
    time_ms: int
    """Of the command."""
    order: OwnOrder
    fills: list[OwnFill]
    """Of this command only."""
    fees: list[Amount]
    """Sum of these fills' fees by asset."""
    held: Amount
    """What the order still holds."""
    released: Amount
    """What it held and need not hold any more, besides what its fills took."""
    priority_kept: bool | UnsetType = UNSET
    """Of an amendment: whether the order stands where it stood."""
    other_orders: list[OtherOrder] = []


class CancelledRow(msgspec.Struct, rename="camel", kw_only=True):
    order_id: str
    client_order_id: str
    symbol: str
    reason: str
    executed_quantity: str
    remaining_quantity: str
    released: Amount


class Cancellation(msgspec.Struct, rename="camel", kw_only=True):
    """What a mass cancel or a kill switch took back."""

    sequence: str
    time_ms: int
    count: int
    cancelled: list[CancelledRow]


def _amount(asset: AssetListed, atoms: int) -> Amount:
    return Amount(asset.code, format_decimal(atoms, asset.decimals))


def own_order(market: Market, order: OrderState, remaining_lots: int | None = None) -> OwnOrder:
    placed = order.placed
    if remaining_lots is None:
        remaining_lots = placed.size_lots - order.filled_lots if order.is_open else 0
    return OwnOrder(
        order_id=str(placed.order_id),
        client_order_id=order.client_order_id,
        account_id=str(placed.account_id),
        symbol=market.symbol,
        side=side_name(placed.side),
        type=_TYPE_NAMES[placed.order_type, placed.trigger],  # type: ignore[index] # the numbers are the enumerations'
        time_in_force=_TIME_IN_FORCE_NAMES[placed.time_in_force],  # type: ignore[index]
        post_only=bool(placed.post_only),
        price=market.price_text(placed.price_ticks),
        quantity=market.size_text(placed.size_lots),
        amount=market.quote_text(placed.quote_amount_atoms),
        display_quantity=market.size_text(placed.display_lots),
        trigger_price=market.price_text(placed.trigger_price_ticks),
        expire_time_ms=placed.expire_time_ns // NS_PER_MS,
        group=str(placed.group_id),
        self_trade_mode=_SELF_TRADE_NAMES[placed.self_trade_prevention],  # type: ignore[index]
        status=order.status,
        executed_quantity=market.size_text(order.filled_lots),
        remaining_quantity=market.size_text(remaining_lots) if placed.size_lots else "0",
        cancel_reason=CancelReason(order.cancel_reason).name if order.cancel_reason else "",
        time_ms=placed.time_ns // NS_PER_MS,
    )


def whole_order(market: Market, order: OrderState) -> OwnOrder:
    """An order with what its life came to."""
    shown = own_order(market, order)
    shown.cumulative_quote = market.quote_text(order.filled_quote_atoms)
    shown.average_price = market.average_price_text(order.filled_quote_atoms, order.filled_lots)
    return shown


_Touching = OrderFilled | OrderCancelled | HoldReduced | OrderReduced | OrderAmended


class _Telling:
    """Reads the events of one command for one of its orders."""

    def __init__(self, market: Market, order: OrderState, held_atoms: int) -> None:
        self.market, self.order = market, order
        self.held_atoms = held_atoms
        self.released_atoms = 0
        self.fills: list[OwnFill] = []
        self.fees: defaultdict[str, tuple[AssetListed, int]] = defaultdict()
        self.priority_kept: bool | UnsetType = UNSET

    def take(self, event: Event) -> None:
        order = self.order
        order_id = order.placed.order_id
        if isinstance(event, TradeExecuted):
            if order_id in (event.taker_order_id, event.maker_order_id):
                self._trade(event)
        elif isinstance(event, _Touching) and event.order_id == order_id:
            self._touch(event)

    def _trade(self, event: TradeExecuted) -> None:
        order, market = self.order, self.market
        named_maker = event.maker_order_id == order.placed.order_id
        fill = Fill(event, order, named_maker)
        asset = market.fee_asset(fill.fee_side)
        before = self.fees[asset.code][1] if asset.code in self.fees else 0
        self.fees[asset.code] = asset, before + fill.fee_atoms
        if order.placed.side == Side.BUY:
            paid = fill.fee_atoms if asset is market.quote and fill.fee_atoms > 0 else 0
            self.held_atoms -= event.quote_atoms + paid
        else:
            self.held_atoms -= event.size_lots * market.listing.lot_base_atoms
        order.filled_lots += event.size_lots
        order.filled_quote_atoms += event.quote_atoms
        order.status = OrderStatus.PARTIALLY_FILLED
        self.fills.append(
            OwnFill(
                trade_id=str(event.trade_id),
                price=market.price_text(event.price_ticks),
                quantity=market.size_text(event.size_lots),
                quote=market.quote_text(event.quote_atoms),
                fee=format_decimal(fill.fee_atoms, asset.decimals),
                fee_asset=asset.code,
                is_maker=fill.is_maker,
            )
        )

    def _touch(self, event: _Touching) -> None:
        order = self.order
        if isinstance(event, OrderAmended):
            self.held_atoms, self.priority_kept = event.held_atoms, bool(event.priority_kept)
            return
        self.released_atoms += event.released_atoms
        self.held_atoms -= event.released_atoms
        if isinstance(event, OrderReduced):
            size_lots = order.placed.size_lots - event.reduced_lots
            order.placed = msgspec.structs.replace(order.placed, size_lots=size_lots)
        elif isinstance(event, OrderFilled):
            order.status, self.held_atoms = OrderStatus.FILLED, 0
        elif isinstance(event, OrderCancelled):
            order.cancel_reason, self.held_atoms = event.reason, 0
            order.filled_lots = event.filled_lots
            order.status = status_of(event)

    def told(self, venue: Venue, events: Sequence[Event], remaining_lots: int | None = None) -> Consequence:
        order, market = self.order, self.market
        asset = held_asset(market, order.placed.side)
        return Consequence(
            sequence=str(events[-1].sequence),
            time_ms=events[-1].time_ns // NS_PER_MS,
            order=own_order(market, order, remaining_lots),
            fills=self.fills,
            fees=[_amount(*pair) for pair in self.fees.values()],
            held=_amount(asset, self.held_atoms),
            released=_amount(asset, self.released_atoms),
            priority_kept=self.priority_kept,
            other_orders=list(_others(venue, order, events)),
        )


def _others(venue: Venue, order: OrderState, events: Sequence[Event]) -> Iterable[OtherOrder]:
    account_id, order_id = order.placed.account_id, order.placed.order_id
    names = {OrderCancelled: "cancelled", OrderReduced: "reduced", OrderFilled: "filled", OrderTriggered: "triggered"}
    for event in events:
        if not isinstance(event, OrderCancelled | OrderReduced | OrderFilled | OrderTriggered):
            continue
        if event.account_id == account_id and event.order_id != order_id:
            other = OtherOrder(order_id=str(event.order_id), what=names[type(event)])
            if isinstance(event, OrderCancelled | OrderReduced):
                market = venue.catalogue.markets[event.market_id]
                other.remaining_quantity = market.size_text(event.remaining_lots)
            if isinstance(event, OrderCancelled):
                other.reason = CancelReason(event.reason).name
            yield other


def placed_consequence(venue: Venue, events: Sequence[Event], client_order_id: str) -> Consequence:
    """Of a `PlaceOrder` that was not refused."""
    placed = next(event for event in events if isinstance(event, OrderPlaced))
    order = OrderState(placed, client_order_id or str(placed.order_id), placed.time_ns)
    telling = _Telling(venue.catalogue.markets[placed.market_id], order, placed.held_atoms)
    for event in events:
        telling.take(event)
    told = telling.told(venue, events)
    told.order.cumulative_quote = telling.market.quote_text(order.filled_quote_atoms)
    told.order.average_price = telling.market.average_price_text(order.filled_quote_atoms, order.filled_lots)
    return told


def amended_consequence(venue: Venue, events: Sequence[Event], known: OrderState) -> Consequence:
    """Of an `AmendOrder` that was not refused; of `known` only what never changes is read."""
    amended = next(event for event in events if isinstance(event, OrderAmended))
    placed = msgspec.structs.replace(known.placed, price_ticks=amended.price_ticks, size_lots=amended.size_lots)
    filled_lots = amended.size_lots - amended.remaining_lots
    status = OrderStatus.PARTIALLY_FILLED if filled_lots else OrderStatus.NEW
    order = OrderState(placed, known.client_order_id, amended.time_ns, status, filled_lots)
    telling = _Telling(venue.catalogue.markets[placed.market_id], order, amended.held_atoms)
    for event in events:
        telling.take(event)
    return telling.told(venue, events)


def cancelled_consequence(venue: Venue, events: Sequence[Event], known: OrderState) -> Consequence:
    """Of a `CancelOrder` that was not refused; of `known` only what never changes any more is read."""
    cancelled = next(e for e in events if isinstance(e, OrderCancelled) and e.order_id == known.placed.order_id)
    order = OrderState(known.placed, known.client_order_id, cancelled.time_ns, OrderStatus.NEW, cancelled.filled_lots)
    telling = _Telling(venue.catalogue.markets[known.placed.market_id], order, cancelled.released_atoms)
    for event in events:
        telling.take(event)
    return telling.told(venue, events, cancelled.remaining_lots)


def cancellation(venue: Venue, account_id: int, commands: Sequence[Sequence[Event]]) -> Cancellation:
    """Of commands that cancel many, the account's own orders."""
    rows = []
    for event in (event for events in commands for event in events):
        if not isinstance(event, OrderCancelled) or event.account_id != account_id:
            continue
        order = venue.orders.find(account_id, event.order_id)
        market = venue.catalogue.markets[event.market_id]
        if order is None:
            raise LookupError(f"the views do not know order {event.order_id}, which was cancelled")
        rows.append(
            CancelledRow(
                order_id=str(event.order_id),
                client_order_id=order.client_order_id,
                symbol=market.symbol,
                reason=CancelReason(event.reason).name,
                executed_quantity=market.size_text(event.filled_lots),
                remaining_quantity=market.size_text(event.remaining_lots),
                released=_amount(held_asset(market, order.placed.side), event.released_atoms),
            )
        )
    last = commands[-1][-1] if commands else None
    return Cancellation(
        sequence=str(last.sequence) if last else "0",
        time_ms=last.time_ns // NS_PER_MS if last else venue.now_ms(),
        count=len(rows),
        cancelled=rows,
    )
