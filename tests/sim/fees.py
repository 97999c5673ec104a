"""What every fill costs and every order must hold, worked out from events alone (FEES, and the holds of ORDR)."""

from __future__ import annotations

from lionrock.words import events
from lionrock.words.enumerations import OrderType, Side
from lionrock.words.events import Event
from lionrock.words.rounding import fee_hold_rounded_up, fee_rounded_down, rebate_rounded_down
from tests.sim.living_orders import Market, Order


class Fees:
    """Fed with every event; raises `AssertionError` for a rate, a fee or a hold that the pages do not give."""

    def __init__(self) -> None:
        self._rates: dict[int, tuple[int, int]] = {0: (0, 0)}
        """Maker and taker rate by tier."""
        self._tiers: dict[int, int] = {}
        """By account, where one was assigned."""
        self._least: dict[int, tuple[int, int]] = {}
        """Least fee in base and in quote by market, where rules were set."""

    def enter(self, event: Event) -> None:
        match event:
            case events.FeeTierSet():
                self._rates[event.tier] = event.maker_fee_ppm, event.taker_fee_ppm
            case events.FeeTierAssigned():
                self._tiers[event.account_id] = event.tier
            case events.MarketRulesSet():
                self._least[event.market_id] = event.minimum_fee_base_atoms, event.minimum_fee_quote_atoms

    def place(self, event: events.OrderPlaced, market: Market) -> None:
        """Rates and least fee are those of now; with a rebate there is no least."""
        rates = self._rates[self._tiers.get(event.account_id, 0)]
        assert (event.maker_fee_ppm, event.taker_fee_ppm) == rates, f"its tier has the rates {rates}: {event}"
        base_atoms, quote_atoms = self._least.get(event.market_id, (0, 0))
        least_atoms = base_atoms if market.pays_fees_in_base(event.side) else quote_atoms
        least_atoms = 0 if event.maker_fee_ppm < 0 else least_atoms
        assert event.minimum_fee_atoms == least_atoms, f"the least fee is {least_atoms}: {event}"

    def trade(self, event: events.TradeExecuted, market: Market, maker: Order, taker: Order) -> None:
        """Notes on both orders what they pay. In an auction both pay as makers, and nobody is given anything."""
        rebate_ppm = 0 if event.in_auction else -maker.placed.maker_fee_ppm
        taker_ppm = taker.placed.maker_fee_ppm if event.in_auction else taker.placed.taker_fee_ppm
        taker_atoms = _charge(event, market, taker, max(taker_ppm, 0))
        maker_atoms = _charge(event, market, maker, max(maker.placed.maker_fee_ppm, 0))
        if rebate_ppm > 0:
            shared_atoms = market.charged_on_atoms(taker.placed.side, event.size_lots, event.quote_atoms)
            maker_atoms = -min(rebate_rounded_down(shared_atoms, rebate_ppm), taker_atoms)
        fees = event.taker_fee_atoms, event.maker_fee_atoms
        assert fees == (taker_atoms, maker_atoms), f"taker fee {taker_atoms}, maker fee {maker_atoms}, not {event}"


def _charge(event: events.TradeExecuted, market: Market, order: Order, rate_ppm: int) -> int:
    """After each fill the order has paid its least or what is due, whichever is more, or else all that came in."""
    side, least_atoms = order.placed.side, order.placed.minimum_fee_atoms
    worth_atoms = market.charged_on_atoms(side, event.size_lots, event.quote_atoms)
    order.due_atoms += fee_rounded_down(worth_atoms, rate_ppm)
    in_all_atoms = max(least_atoms, order.due_atoms)
    if not market.pays_fees_from_hold(side):
        order.received_atoms += worth_atoms
        in_all_atoms = min(in_all_atoms, order.received_atoms)
    now_atoms = in_all_atoms - order.charged_atoms
    order.charged_atoms = in_all_atoms
    return now_atoms


def needed_atoms(market: Market, order: Order) -> int:
    """What the rest of a limit order needs held, in the asset it pays with."""
    if order.placed.side == Side.SELL:
        return market.base_atoms(order.remaining_lots)
    dearer_ppm = max(order.placed.maker_fee_ppm, order.placed.taker_fee_ppm)
    return _with_fee(market, order, market.quote_atoms(order.remaining_lots, order.price_ticks), dearer_ppm)


def _with_fee(market: Market, order: Order, value_atoms: int, rate_ppm: int) -> int:
    if not market.pays_fees_from_hold(order.placed.side):
        return value_atoms
    to_least = order.placed.minimum_fee_atoms - order.charged_atoms
    to_due = order.due_atoms - order.charged_atoms + fee_hold_rounded_up(value_atoms, rate_ppm)
    return value_atoms + max(to_least, to_due)


def check_hold_of_new(market: Market, order: Order) -> None:
    """What an order holds as it is placed, where that does not depend on the book."""
    placed = order.placed
    if placed.order_type == OrderType.LIMIT:
        hold_atoms = needed_atoms(market, order)
    elif placed.quote_amount_atoms:
        if placed.side == Side.SELL:
            return
        hold_atoms = placed.quote_amount_atoms
    elif placed.side == Side.SELL:
        hold_atoms = market.base_atoms(placed.size_lots)
    else:
        return
    assert placed.held_atoms == hold_atoms, f"it must hold {hold_atoms}: {placed}"


def check_hold_of_ended(market: Market, order: Order) -> None:
    """A market order whose hold depends on the book held what it then took from it."""
    placed = order.placed
    if placed.order_type == OrderType.LIMIT or (placed.quote_amount_atoms > 0) == (placed.side == Side.BUY):
        return
    if placed.side == Side.SELL and not placed.quote_amount_atoms:
        return
    if placed.side == Side.SELL:
        hold_atoms = market.base_atoms(order.filled_lots)
    elif order.filled_lots:
        unpaid = Order(placed, 0, 0, 0)
        hold_atoms = _with_fee(market, unpaid, order.filled_quote_atoms, placed.taker_fee_ppm)
    else:
        hold_atoms = 0
    assert placed.held_atoms == hold_atoms, f"it took what {hold_atoms} would have paid: {placed}"
