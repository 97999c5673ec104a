"""The events column, both ways: its words become the exact events, and any event becomes words again."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from lionrock.words import events
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import CancelReason, FeeCurrency, MarketPhase, Side
from lionrock.words.events import Event
from lionrock.words.records import layout_of
from lionrock.words.rejections import Rejection
from tests.spec import bookings
from tests.spec.pages import MalformedPage
from tests.spec.stage import UNNAMED, Asked, Stage

_ECHOES: dict[str, dict[int, type[Event]]] = {
    "listed": {1: events.AssetListed, 5: events.MarketListed},
    "opened": {2: events.AccountOpened},
    "set": {3: events.FeeTierSet},
    "assigned": {4: events.FeeTierAssigned},
    "posted": {6: events.TransferPosted},
    "owned": {7: events.BeneficialOwnerSet},
    "stopped": {14: events.KillSwitchSet},
    "resumed": {14: events.KillSwitchSet},
    "advanced": {15: events.TimeAdvanced},
    "scheduled": {16: events.MarketPhaseScheduled},
    "band set": {17: events.PriceBandSet},
    "profile set": {18: events.AccountProfileSet},
    "rules set": {19: events.MarketRulesSet},
    "leg added": {20: events.LegAdded},
    "legs posted": {21: events.LegsPosted},
    "hold placed": {23: events.HoldPlaced},
    "valued": {27: events.ValuationSet},
    "permission set": {28: events.AssetPermissionSet},
}
"""Events that repeat their command, by their word and the kind of the command."""

_PLACED = re.compile(r"(?:(\w+) )?placed, holds (\d+)")
_TRADE = re.compile(r"trade (\d+) @ (\d+): (\w+) takes (\w+)(?:, taker fee (\d+), maker fee (-?\d+))?")
_AUCTION_TRADE = re.compile(r"auction (\d+) @ (\d+): (\w+) buys from (\w+)(?:, buyer fee (\d+), seller fee (\d+))?")
_PHASE = re.compile(r"phase ([A-Z_]+) from ([A-Z_]+)")
_UNCROSSED = re.compile(r"uncrossed (\d+) @ (\d+), imbalance (-?\d+)")
_FILLED = re.compile(r"(\w+) filled, releases (\d+)")
_CANCELLED = re.compile(r"(\w+) cancelled ([A-Z_]+), (\d+) left, releases (\d+)")
_REPLENISHED = re.compile(r"(\w+) replenished, shows (\d+), (\d+) left")
_TRIGGERED = re.compile(r"(\w+) triggered")
_HOLD_REDUCED = re.compile(r"(\w+) hold reduced by (\d+)")
_AMENDED = re.compile(r"(\w+) amended, holds (\d+), (keeps|loses) its place")
_REDUCED = re.compile(r"(\w+) reduced by (\d+), (\d+) left, releases (\d+)")
_COUNTED = re.compile(r"(\d+) cancelled")
_REFUSED = re.compile(r"refused ([A-Z_]+) (\S+) (\S+)")


def expected_events(text: str, asked: Asked, stage: Stage) -> list[Event]:
    """The events that a cell names, each with all its fields; the stage goes along. Raises `MalformedPage`.

    One tick is one whole unit of quote and one lot one whole unit of base, as on the stage, so the value of a trade
    is its price times its size.
    """
    expected: list[Event] = []
    for index, sentence in enumerate(text.split("; ")):
        event = _event(sentence, asked, stage)
        event = msgspec.structs.replace(event, index=index, sequence=stage.sequence, time_ns=stage.time_ns)
        stage.took_effect(event, asked)
        expected.append(event)
    return expected


def _event(sentence: str, asked: Asked, stage: Stage) -> Event:
    """One event, its header still empty."""
    if asked.kind in _ECHOES.get(sentence, {}):
        return _repeating(asked, _ECHOES[sentence][asked.kind], **_ENGAGED.get(sentence, {}))
    if match := _PLACED.fullmatch(sentence):
        return _placed(match, asked, stage)
    if match := _AMENDED.fullmatch(sentence):
        return _amended(match, asked, stage)
    if match := _TRADE.fullmatch(sentence):
        return _trade(match, stage, in_auction=0)
    if match := _AUCTION_TRADE.fullmatch(sentence):
        return _trade(match, stage, in_auction=1)
    if event := _of_the_market(sentence, asked, stage):
        return event
    if match := _COUNTED.fullmatch(sentence):
        return events.OrdersCancelled(**_HEADER, orders=int(match[1]))
    if match := _REFUSED.fullmatch(sentence):
        first, second = (_figure(figure, stage) for figure in (match[2], match[3]))
        return events.CommandRejected(
            **_HEADER,
            command_kind=asked.kind,
            rejection=Rejection[match[1]],
            first_figure=first,
            second_figure=second,
        )
    if event := _of_an_order(sentence, stage) or bookings.told(sentence, asked, stage):
        return event
    raise MalformedPage(f"{sentence!r} is not in the grammar of the events column for this command")


def _of_an_order(sentence: str, stage: Stage) -> Event | None:
    """The sentences about one order that was placed before: what it gave back, or that it comes in."""
    if match := _FILLED.fullmatch(sentence):
        order = stage.order(match[1])
        owner = _owner(order.placed)
        return events.OrderFilled(**owner, filled_lots=order.filled_lots, released_atoms=int(match[2]))
    if match := _CANCELLED.fullmatch(sentence):
        order = stage.order(match[1])
        return events.OrderCancelled(
            **_owner(order.placed),
            reason=CancelReason[match[2]],
            filled_lots=order.filled_lots,
            remaining_lots=int(match[3]),
            released_atoms=int(match[4]),
        )
    if match := _REPLENISHED.fullmatch(sentence):
        owner = _owner(stage.order(match[1]).placed)
        return events.OrderReplenished(**owner, shown_lots=int(match[2]), remaining_lots=int(match[3]))
    if match := _TRIGGERED.fullmatch(sentence):
        return events.OrderTriggered(**_owner(stage.order(match[1]).placed))
    if match := _HOLD_REDUCED.fullmatch(sentence):
        return events.HoldReduced(**_owner(stage.order(match[1]).placed), released_atoms=int(match[2]))
    if match := _REDUCED.fullmatch(sentence):
        return events.OrderReduced(
            **_owner(stage.order(match[1]).placed),
            reduced_lots=int(match[2]),
            remaining_lots=int(match[3]),
            released_atoms=int(match[4]),
        )
    return None


def _of_the_market(sentence: str, asked: Asked, stage: Stage) -> Event | None:
    """The sentences about a market's phase: of the market that the command names, or else of BTCUSD."""
    market_id = getattr(asked.command, "market_id", 0) or stage.markets["BTCUSD"].market_id
    if match := _PHASE.fullmatch(sentence):
        phase, previous_phase = MarketPhase[match[1]], MarketPhase[match[2]]
        return events.MarketPhaseChanged(**_HEADER, market_id=market_id, phase=phase, previous_phase=previous_phase)
    if match := _UNCROSSED.fullmatch(sentence):
        size_lots, price_ticks, imbalance_lots = map(int, match.groups())
        return events.AuctionUncrossed(
            **_HEADER,
            market_id=market_id,
            price_ticks=price_ticks,
            size_lots=size_lots,
            imbalance_lots=imbalance_lots,
        )
    return None


_ENGAGED = {"stopped": {"engaged": 1}, "resumed": {"engaged": 0}}
_HEADER = {"index": 0, "sequence": 0, "time_ns": 0}


def _repeating(asked: Asked, event_type: type[Event], **others: int) -> Event:
    """An event with the fields of its command, and the others given."""
    command = msgspec.structs.asdict(asked.command) if asked.command else {}
    values = command | _HEADER | others
    return event_type(**{name: values[name] for name in layout_of(event_type).fields if name != "kind"})


def _placed(match: re.Match[str], asked: Asked, stage: Stage) -> Event:
    if (match[1] or UNNAMED) != asked.order_name:
        raise MalformedPage(f"the row names its order {asked.order_name!r}, its events {match[1]!r}")
    if not isinstance(asked.command, PlaceOrder):
        raise MalformedPage("only an order is placed")
    maker, taker = stage.rates[stage.tiers.get(asked.command.account_id, 0)]
    return _repeating(
        asked,
        events.OrderPlaced,
        held_atoms=int(match[2]),
        maker_fee_ppm=maker,
        taker_fee_ppm=taker,
        minimum_fee_atoms=0 if maker < 0 else _minimum_fee_atoms(asked.command, stage),
    )


def _minimum_fee_atoms(order: PlaceOrder, stage: Stage) -> int:
    """What the market's rules say for the asset in which the order's fees are."""
    base_atoms, quote_atoms = stage.minimum_fees.get(order.market_id, (0, 0))
    [market] = (market for market in stage.markets.values() if market.market_id == order.market_id)
    in_base = order.side == Side.BUY and market.fee_currency == FeeCurrency.RECEIVED
    return base_atoms if in_base else quote_atoms


def _amended(match: re.Match[str], asked: Asked, stage: Stage) -> Event:
    order = stage.order(match[1])
    size_lots = getattr(asked.command, "size_lots", 0)
    return _repeating(
        asked,
        events.OrderAmended,
        **_owner(order.placed),
        priority_kept=int(match[3] == "keeps"),
        remaining_lots=size_lots - order.filled_lots,
        held_atoms=int(match[2]),
    )


def _trade(match: re.Match[str], stage: Stage, *, in_auction: int) -> Event:
    """In an auction the buyer stands where the taker does, the seller where the maker does."""
    size_lots, price_ticks = int(match[1]), int(match[2])
    taker, maker = stage.order(match[3]), stage.order(match[4])
    return events.TradeExecuted(
        **_HEADER,
        market_id=maker.placed.market_id,
        taker_side=taker.placed.side,
        trade_id=stage.trades + 1,
        maker_order_id=maker.placed.order_id,
        taker_order_id=taker.placed.order_id,
        maker_account_id=maker.placed.account_id,
        taker_account_id=taker.placed.account_id,
        price_ticks=price_ticks,
        size_lots=size_lots,
        quote_atoms=price_ticks * size_lots,
        taker_fee_atoms=int(match[5] or 0),
        maker_fee_atoms=int(match[6] or 0),
        maker_remaining_lots=maker.remaining_lots - size_lots,
        in_auction=in_auction,
    )


def _owner(placed: events.OrderPlaced) -> dict[str, int]:
    return {
        **_HEADER,
        "order_id": placed.order_id,
        "account_id": placed.account_id,
        "market_id": placed.market_id,
    }


def _figure(text: str, stage: Stage) -> int:
    """A number, or the name of an order for its id."""
    return int(text) if text.lstrip("-").isdigit() else stage.order(text).placed.order_id


_ABOUT_ORDERS = (
    Rejection.ORDER_UNKNOWN,
    Rejection.ORDER_OF_ANOTHER_ACCOUNT,
    Rejection.AMENDED_ORDER_IS_WAITING,
    Rejection.CLIENT_ORDER_ID_IN_USE,
)
"""Refusals whose first figure is the id of an order."""


def in_words(told: Sequence[Event], asked: Asked, stage: Stage) -> str:
    """Events in the words of the events column."""
    return "; ".join(_sentence(event, asked, stage) for event in told) or "no event"


def _sentence(event: Event, asked: Asked, stage: Stage) -> str:
    def name(order_id: int) -> str:
        return order_in_words(order_id, asked, stage)

    match event:
        case events.OrderPlaced():
            named = "" if asked.order_name == UNNAMED else f"{name(event.order_id)} "
            return f"{named}placed, holds {event.held_atoms}"
        case events.TradeExecuted():
            return _trade_in_words(event, name(event.taker_order_id), name(event.maker_order_id))
        case events.MarketPhaseChanged():
            return f"phase {_named(MarketPhase, event.phase)} from {_named(MarketPhase, event.previous_phase)}"
        case events.AuctionUncrossed():
            return f"uncrossed {event.size_lots} @ {event.price_ticks}, imbalance {event.imbalance_lots}"
        case events.OrderFilled():
            return f"{name(event.order_id)} filled, releases {event.released_atoms}"
        case events.OrderCancelled():
            left = f"{event.remaining_lots} left, releases {event.released_atoms}"
            return f"{name(event.order_id)} cancelled {_named(CancelReason, event.reason)}, {left}"
        case events.OrderReplenished():
            left = f"shows {event.shown_lots}, {event.remaining_lots} left"
            return f"{name(event.order_id)} replenished, {left}"
        case events.OrderTriggered():
            return f"{name(event.order_id)} triggered"
        case events.HoldReduced():
            return f"{name(event.order_id)} hold reduced by {event.released_atoms}"
        case events.OrderAmended():
            place = "keeps" if event.priority_kept else "loses"
            return f"{name(event.order_id)} amended, holds {event.held_atoms}, {place} its place"
        case events.OrderReduced():
            left = f"{event.remaining_lots} left, releases {event.released_atoms}"
            return f"{name(event.order_id)} reduced by {event.reduced_lots}, {left}"
        case events.OrdersCancelled():
            return f"{event.orders} cancelled"
        case events.KillSwitchSet():
            return "stopped" if event.engaged else "resumed"
        case events.CommandRejected():
            about_order = event.rejection in _ABOUT_ORDERS and event.first_figure in stage.orders
            first = name(event.first_figure) if about_order else event.first_figure
            return f"refused {_named(Rejection, event.rejection)} {first} {event.second_figure}"
    if booked := bookings.in_words(event, stage):
        return booked
    kind = layout_of(type(event)).kind
    return next((word for word, kinds in _ECHOES.items() if type(event) in kinds.values()), f"event of kind {kind}")


def order_in_words(order_id: int, asked: Asked | None, stage: Stage) -> str:
    """The order's name on the page, or its number with a # where it has none or a later order took its name."""
    if asked and isinstance(asked.command, PlaceOrder) and asked.command.order_id == order_id:
        return asked.order_name
    order = stage.orders.get(order_id)
    return order.name if order and stage.order(order.name) is order else f"#{order_id}"


def _trade_in_words(event: events.TradeExecuted, taker: str, maker: str) -> str:
    """A page leaves out fees when both are zero."""
    how, does, one, other = ("auction", "buys from", "buyer", "seller") if event.in_auction else _TAKING
    fees = f", {one} fee {event.taker_fee_atoms}, {other} fee {event.maker_fee_atoms}"
    told = f"{how} {event.size_lots} @ {event.price_ticks}: {taker} {does} {maker}"
    return told + (fees if event.taker_fee_atoms or event.maker_fee_atoms else "")


_TAKING = ("trade", "takes", "taker", "maker")


def _named(kinds: type[CancelReason | MarketPhase | Rejection], number: int) -> str:
    return kinds(number).name if number in kinds._value2member_map_ else str(number)


def differences(expected: Sequence[Event], actual: Sequence[Event]) -> list[str]:
    """Field by field, where both lists tell of the same kinds of events."""
    found = []
    for wanted, given in zip(expected, actual, strict=False):
        if type(wanted) is not type(given):
            break
        for name in wanted.__struct_fields__:
            if getattr(wanted, name) != getattr(given, name):
                label = f"{type(wanted).__name__}.{name}"
                found.append(f"{label} is {getattr(given, name)}, not {getattr(wanted, name)}")
    return found


def side_in_words(side: int) -> str:
    """The column of the book that a resting order of this side stands in."""
    return "bids" if side == Side.BUY else "asks"
