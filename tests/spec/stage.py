"""Who stands on the stage, and the grammar of the command column: a row of text becomes a stamped command.

The stage remembers what the later words of a page refer to: names, orders and their fills, rates. It knows no rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from lionrock.words import commands, events
from lionrock.words.commands import COMMANDS, Command
from lionrock.words.enumerations import (
    AccountKind,
    CancelReason,
    FeeCurrency,
    KillSwitchScope,
    MarketPhase,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TransferPurpose,
    Trigger,
)
from lionrock.words.records import RECORD_BYTES, layout_of
from tests.spec import bookings
from tests.spec.pages import MalformedPage

UNNAMED = "raw"
"""What later sentences call an order whose row gave it no name."""


@dataclass
class Order:
    """An order that was placed, with what the page said about it so far."""

    name: str
    """As its row calls it."""
    placed: events.OrderPlaced
    size_lots: int
    """As it was placed or last amended, less what self-trade prevention took away."""
    filled_lots: int = 0

    @property
    def remaining_lots(self) -> int:
        return self.size_lots - self.filled_lots


@dataclass(frozen=True)
class Asked:
    """What a row of the command column asks for."""

    kind: int
    record: bytes
    command: Command | None
    """None when the row asks for a kind that is not in the vocabulary."""
    order_name: str = UNNAMED
    """For `A = ann buy ...`, A."""


_TIMES_IN_FORCE = {
    "ioc": TimeInForce.IMMEDIATE_OR_CANCEL,
    "fok": TimeInForce.FILL_OR_KILL,
    "until": TimeInForce.GOOD_TILL_DATE,
    "day": TimeInForce.DAY,
}
_MODES = {mode.name.lower().replace("_", "-"): mode for mode in SelfTradePrevention if mode}
_TRIGGERS = {"stop": Trigger.STOP, "take-profit": Trigger.TAKE_PROFIT}
_DETAIL = (
    rf"ioc|fok|until \d+|day|post-only|{'|'.join(_MODES)}|group \d+|on \S+|(?:{'|'.join(_TRIGGERS)}) \d+"
    r"|shows \d+|client \d+"
)
_ONE_OF_EACH = (_TIMES_IN_FORCE, _MODES, _TRIGGERS)
"""An order has at most one detail of each."""
_ORDER = re.compile(
    r"(?:(?P<name>\w+) = )?(?P<account>\w+) (?P<side>buy|sell) "
    r"(?:(?P<size>\d+) @ (?P<price>\d+)|(?P<base>\d+) at market|for (?P<quote>\d+) at market)"
    rf"(?P<details>(?: (?:{_DETAIL}))*)"
)
_MARKET = re.compile(
    r"market (?P<symbol>\S+) id (?P<id>\d+) fee currency (?P<currency>\w+) max price (?P<price>\d+) "
    r"max size (?P<size>\d+) notional (?P<least>\d+) to (?P<most>\d+)"
)
_OTHERS = {
    "asset": re.compile(r"asset (\S+) id (\d+) decimals (\d+)"),
    "account": re.compile(r"account (\w+) (\d+) ([A-Z]+)"),
    "deposit": re.compile(r"deposit (\d+) (\w+) to (\w+)"),
    "withdraw": re.compile(r"withdraw (\d+) (\w+) from (\w+)"),
    "move": re.compile(r"move (\d+) (\w+) from (\w+) to (\w+)"),
    "tier": re.compile(r"tier (\d+) maker (-?\d+) taker (\d+)"),
    "assign": re.compile(r"(\w+) to tier (\d+)"),
    "cancel": re.compile(r"(\w+) cancels (?!all\b)(client \d+|\w+)"),
    "cancel all": re.compile(r"(?:(\w+) cancels|cancel) all(?: on (\S+))?"),
    "disconnect": re.compile(r"(\w+) disconnects (\d+)"),
    "amend": re.compile(r"(\w+) amends (client \d+|\w+) to (\d+) @ (\d+)"),
    "switch": re.compile(r"(stop|resume) (\S+)"),
    "owner": re.compile(r"(\w+) belongs to (\d+)"),
    "time": re.compile(r"time (\d+)"),
    "phase": re.compile(r"(\S+) to ([A-Z_]+)(?: at (\d+))?(?: reference (\d+))?"),
    "band": re.compile(r"(\S+) band (\d+)"),
}
_FIRST_PROFILE = {
    "legal_entity": 0,
    "products": 2**32 - 1,
    "client_class": 0,
    "restriction": 0,
    "open_order_cap": 0,
    "exposure_limit_atoms": 0,
}
_FIRST_RULES = {"legal_entity": 0, "admitted_classes": 15, "price_deviation_ppm": 0, "max_order_value_atoms": 0}
"""What every account and every market begins with."""
_RAW = re.compile(r"(?P<kind>[A-Z]\w+)(?P<fields>(?: \w+=\S*)*)")


class Stage:
    """Gives each row its place in the order of commands, and each name its number.

    `time_step_ns` lies between one command and the next; the first is at time 0. After a row that gives a time of its
    own, time stands still until the next such row.
    """

    def __init__(self) -> None:
        self.sequence = 0
        self.time_ns = 0
        self.time_step_ns = 0
        self.accounts: dict[str, int] = {}
        self.assets: dict[str, events.AssetListed] = {}
        self.markets: dict[str, events.MarketListed] = {}
        self.orders: dict[int, Order] = {}
        """By their ids, in the order of their rows."""
        self.trades = 0
        self.rates: dict[int, tuple[int, int]] = {0: (0, 0)}
        """Maker and taker fee in ppm by tier."""
        self.tiers: dict[int, int] = {}
        """Tier by account, where it is not 0."""
        self.minimum_fees: dict[int, tuple[int, int]] = {}
        """Least fees of an order in base and in quote by market, where rules were set."""
        self.holds: dict[int, events.HoldPlaced] = {}
        """Holds outside the book, by their ids."""

    def ask(self, text: str) -> Asked:
        """The command that a row asks for, as the next of the venue. Raises `MalformedPage`."""
        self.sequence += 1
        self.time_ns += self.time_step_ns
        name = UNNAMED
        if raw := _RAW.fullmatch(text):
            values = dict(pair.split("=", 1) for pair in raw["fields"].split())
            if raw["kind"] == "Unknown":
                return self._unknown(int(values["kind"]))
            command = self._raw(raw["kind"], values)
        elif match := _ORDER.fullmatch(text):
            command, name = self._order(match), match["name"] or UNNAMED
        elif match := _MARKET.fullmatch(text):
            command = self._market(match)
        elif booking := bookings.asked(text, self):
            command = booking
        else:
            command = self._other(text)
        if command.time_ns:
            self.time_ns, self.time_step_ns = command.time_ns, 0
        stamped = msgspec.structs.replace(command, sequence=self.sequence, time_ns=self.time_ns)
        return Asked(layout_of(type(stamped)).kind, stamped.pack(), stamped, name)

    def order(self, name: str) -> Order:
        """The order that a row named, the latest if a name is used again. Raises `MalformedPage`."""
        for order in reversed(self.orders.values()):
            if order.name == name:
                return order
        raise MalformedPage(f"no row named an order {name}")

    def took_effect(self, event: events.Event, asked: Asked) -> None:
        """Remembers what the page says has happened, as far as later rows refer to it."""
        match event:
            case events.AssetListed():
                self.assets[event.code] = event
            case events.MarketListed():
                self.markets[event.symbol] = event
            case events.OrderPlaced():
                self.orders[event.order_id] = Order(asked.order_name, event, event.size_lots)
            case events.OrderAmended():
                self.orders[event.order_id].size_lots = event.size_lots
            case events.OrderReduced():
                self.orders[event.order_id].size_lots -= event.reduced_lots
            case events.FeeTierSet():
                self.rates[event.tier] = event.maker_fee_ppm, event.taker_fee_ppm
            case events.FeeTierAssigned():
                self.tiers[event.account_id] = event.tier
            case events.MarketRulesSet():
                self.minimum_fees[event.market_id] = event.minimum_fee_base_atoms, event.minimum_fee_quote_atoms
            case events.HoldPlaced():
                self.holds[event.hold_id] = event
            case events.TradeExecuted():
                self.trades += 1
                self.orders[event.maker_order_id].filled_lots += event.size_lots
                self.orders[event.taker_order_id].filled_lots += event.size_lots

    def _unknown(self, kind: int) -> Asked:
        header = kind.to_bytes(2, "little") + self.sequence.to_bytes(8, "little") + self.time_ns.to_bytes(8, "little")
        return Asked(kind, header.ljust(RECORD_BYTES, b"\0"), None)

    def _raw(self, kind: str, texts: dict[str, str]) -> Command:
        command = self._plain(kind)
        fields = layout_of(type(command)).fields
        unknown = texts.keys() - fields.keys()
        if unknown:
            raise MalformedPage(f"{kind} has no field {', '.join(sorted(unknown))}")
        values = {name: text if fields[name].length else int(text) for name, text in texts.items()}
        return msgspec.structs.replace(command, **values)

    def _plain(self, kind: str) -> Command:
        """What a raw command starts from."""
        ann = self.accounts["ann"]
        match kind:
            case "PlaceOrder":
                return self._limit_order(ann, Side.BUY, size_lots=1, price_ticks=100)
            case "CancelOrder":
                return commands.CancelOrder(order_id=0, account_id=ann)
            case "Transfer":
                return self._transfer("1", "USD", "custody", "ann", TransferPurpose.DEPOSIT)
            case "ListMarket":
                values = msgspec.structs.asdict(self.markets["BTCUSD"]) | {"market_id": 9, "symbol": "NEW"}
                del values["index"]
                return commands.ListMarket(**values)
            case "ListAsset":
                return commands.ListAsset(asset_id=3, decimals=0, code="NEW")
            case "OpenAccount":
                return commands.OpenAccount(account_id=20, account_kind=AccountKind.CLIENT)
            case "SetFeeTier":
                return commands.SetFeeTier(tier=0, maker_fee_ppm=0, taker_fee_ppm=0)
            case "AssignFeeTier":
                return commands.AssignFeeTier(account_id=ann, tier=0)
            case "AmendOrder":
                return commands.AmendOrder(order_id=0, account_id=ann, price_ticks=100, size_lots=1)
            case "CancelOrders":
                return self._cancel_all(ann, None)
            case "SetKillSwitch":
                return self._kill_switch("stop", "site")
            case "SetBeneficialOwner":
                return commands.SetBeneficialOwner(account_id=ann, owner_id=7)
            case "AdvanceTime":
                return commands.AdvanceTime()
            case "SetMarketPhase":
                return self._phase("BTCUSD", MarketPhase.CONTINUOUS.name)
            case "SetPriceBand":
                return commands.SetPriceBand(market_id=self.markets["BTCUSD"].market_id, band_ppm=0)
            case "SetAccountProfile":
                return commands.SetAccountProfile(account_id=ann, **_FIRST_PROFILE)
            case "SetMarketRules":
                return commands.SetMarketRules(market_id=self.markets["BTCUSD"].market_id, **_FIRST_RULES)
        if booking := bookings.plain(kind, self):
            return booking
        known = ", ".join(command.__name__ for command in COMMANDS.values())
        raise MalformedPage(f"{kind} is no command; there are {known}, and Unknown kind=...")

    def _limit_order(self, account_id: int, side: Side, *, size_lots: int, price_ticks: int) -> commands.PlaceOrder:
        return commands.PlaceOrder(
            order_id=self.sequence,
            account_id=account_id,
            market_id=self.markets["BTCUSD"].market_id,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
            post_only=0,
            price_ticks=price_ticks,
            size_lots=size_lots,
            quote_amount_atoms=0,
        )

    def _order(self, match: re.Match[str]) -> commands.PlaceOrder:
        words = re.findall(_DETAIL, match["details"])
        details = dict(word.partition(" ")[::2] for word in words)
        if len(details) < len(words) or any(len(kind.keys() & details) > 1 for kind in _ONE_OF_EACH):
            raise MalformedPage(f"{match['details']!r} says one thing twice")
        plain = self._limit_order(
            self.accounts[match["account"]],
            Side[match["side"].upper()],
            size_lots=int(match["size"] or match["base"] or 0),
            price_ticks=int(match["price"] or 0),
        )
        at_market = match["price"] is None
        waits_for = next((word for word in details if word in _TRIGGERS), "")
        usual = TimeInForce.IMMEDIATE_OR_CANCEL if at_market else TimeInForce.GOOD_TILL_CANCELLED
        return msgspec.structs.replace(
            plain,
            market_id=self.markets[details.get("on", "BTCUSD")].market_id,
            order_type=OrderType.MARKET if at_market else OrderType.LIMIT,
            time_in_force=next((_TIMES_IN_FORCE[word] for word in details if word in _TIMES_IN_FORCE), usual),
            post_only=int("post-only" in details),
            quote_amount_atoms=int(match["quote"] or 0),
            self_trade_prevention=next((_MODES[word] for word in details if word in _MODES), SelfTradePrevention.NONE),
            expire_time_ns=int(details.get("until", 0)),
            group_id=int(details.get("group", 0)),
            trigger=_TRIGGERS.get(waits_for, Trigger.NONE),
            trigger_price_ticks=int(details.get(waits_for, 0)),
            display_lots=int(details.get("shows", 0)),
            client_order_key=int(details.get("client", 0)),
        )

    def _market(self, match: re.Match[str]) -> commands.ListMarket:
        """One tick is one whole unit of quote, one lot one whole unit of base; the symbol is their codes in a row."""
        codes = [(base, quote) for base in self.assets for quote in self.assets if base + quote == match["symbol"]]
        if len(codes) != 1:
            raise MalformedPage(f"{match['symbol']} is not the codes of two listed assets in a row")
        base, quote = (self.assets[code] for code in codes[0])
        return commands.ListMarket(
            market_id=int(match["id"]),
            base_asset_id=base.asset_id,
            quote_asset_id=quote.asset_id,
            fee_currency=FeeCurrency[match["currency"]],
            symbol=match["symbol"],
            tick_quote_atoms=10**quote.decimals,
            lot_base_atoms=10**base.decimals,
            max_price_ticks=int(match["price"]),
            max_size_lots=int(match["size"]),
            min_notional_atoms=int(match["least"]),
            max_notional_atoms=int(match["most"]),
            fee_account_id=self.accounts["fees"],
        )

    def _other(self, text: str) -> Command:
        matches = {verb: found.groups() for verb, pattern in _OTHERS.items() if (found := pattern.fullmatch(text))}
        match matches:
            case {"asset": (code, number, decimals)}:
                return commands.ListAsset(asset_id=int(number), decimals=int(decimals), code=code)
            case {"account": (name, number, kind)}:
                self.accounts[name] = int(number)
                return commands.OpenAccount(account_id=int(number), account_kind=AccountKind[kind])
            case {"deposit": (amount, asset, account)}:
                return self._transfer(amount, asset, "custody", account, TransferPurpose.DEPOSIT)
            case {"withdraw": (amount, asset, account)}:
                return self._transfer(amount, asset, account, "custody", TransferPurpose.WITHDRAWAL)
            case {"move": (amount, asset, debit, credit)}:
                return self._transfer(amount, asset, debit, credit, TransferPurpose.INTERNAL)
            case {"tier": (tier, maker, taker)}:
                return commands.SetFeeTier(tier=int(tier), maker_fee_ppm=int(maker), taker_fee_ppm=int(taker))
            case {"assign": (account, tier)}:
                return commands.AssignFeeTier(account_id=self.accounts[account], tier=int(tier))
            case {"cancel": (account, name)}:
                return commands.CancelOrder(account_id=self.accounts[account], **self._named(name))
            case {"cancel all": (account, symbol)} if account or symbol:
                return self._cancel_all(self.accounts[account] if account else 0, symbol)
            case {"disconnect": (account, group)}:
                return commands.CancelOrders(
                    account_id=self.accounts[account],
                    market_id=0,
                    group_id=int(group),
                    reason=CancelReason.DISCONNECTED,
                )
            case {"amend": (account, name, size, price)}:
                return commands.AmendOrder(
                    account_id=self.accounts[account],
                    price_ticks=int(price),
                    size_lots=int(size),
                    **self._named(name),
                )
            case {"switch": (verb, over)}:
                return self._kill_switch(verb, over)
            case {"owner": (account, owner)}:
                return commands.SetBeneficialOwner(account_id=self.accounts[account], owner_id=int(owner))
            case {"time": (time,)}:
                return commands.AdvanceTime(time_ns=int(time))
            case {"phase": (symbol, phase, at_time, reference)}:
                return self._phase(symbol, phase, int(at_time or 0), int(reference or 0))
            case {"band": (symbol, band)}:
                return commands.SetPriceBand(market_id=self.markets[symbol].market_id, band_ppm=int(band))
        raise MalformedPage(f"{text!r} is not in the grammar of the command column")

    def _named(self, text: str) -> dict[str, int]:
        """How a command names an order: by its id, or by the client's own, as in `client 7`."""
        if text.startswith("client "):
            return {"order_id": 0, "client_order_key": int(text.removeprefix("client "))}
        return {"order_id": self.order(text).placed.order_id}

    def _transfer(self, amount: str, asset: str, debit: str, credit: str, purpose: TransferPurpose) -> Command:
        return commands.Transfer(
            asset_id=self.assets[asset].asset_id,
            debit_account_id=self.accounts[debit],
            credit_account_id=self.accounts[credit],
            amount_atoms=int(amount),
            purpose=purpose,
        )

    def _phase(self, symbol: str, phase: str, at_time_ns: int = 0, reference: int = 0) -> commands.SetMarketPhase:
        if phase not in MarketPhase.__members__:
            raise MalformedPage(f"{phase} is no market phase")
        return commands.SetMarketPhase(
            market_id=self.markets[symbol].market_id,
            phase=MarketPhase[phase],
            at_time_ns=at_time_ns,
            reference_price_ticks=reference,
        )

    def _cancel_all(self, account_id: int, symbol: str | None) -> commands.CancelOrders:
        return commands.CancelOrders(
            account_id=account_id,
            market_id=self.markets[symbol].market_id if symbol else 0,
            group_id=0,
            reason=CancelReason.REQUESTED,
        )

    def _kill_switch(self, verb: str, over: str) -> commands.SetKillSwitch:
        """Over the site, or over the account or market of that name. Raises `MalformedPage` when there is none."""
        engaged = int(verb == "stop")
        if over == "site":
            return commands.SetKillSwitch(scope=KillSwitchScope.SITE, scope_id=0, engaged=engaged)
        if over in self.accounts:
            return commands.SetKillSwitch(scope=KillSwitchScope.ACCOUNT, scope_id=self.accounts[over], engaged=engaged)
        if over in self.markets:
            market_id = self.markets[over].market_id
            return commands.SetKillSwitch(scope=KillSwitchScope.MARKET, scope_id=market_id, engaged=engaged)
        raise MalformedPage(f"{over} is neither the site nor an account nor a market")
