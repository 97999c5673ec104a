"""Who stands on the stage, and the grammar of the command column: a row of text becomes a stamped command.

The stage remembers what the later words of a page refer to: names, orders and their fills, rates. It knows no rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from lionrock.words import commands, events
from lionrock.words.commands import COMMANDS, Command
from lionrock.words.enumerations import AccountKind, FeeCurrency, OrderType, Side, TimeInForce, TransferPurpose
from lionrock.words.records import RECORD_BYTES, layout_of
from tests.spec.pages import MalformedPage


@dataclass
class Order:
    """An order that was placed, with what the page said about it so far."""

    name: str
    """As its row calls it; empty when the row gave no name."""
    placed: events.OrderPlaced
    filled_lots: int = 0


@dataclass(frozen=True)
class Asked:
    """What a row of the command column asks for."""

    kind: int
    record: bytes
    command: Command | None
    """None when the row asks for a kind that is not in the vocabulary."""
    order_name: str = ""
    """For `A = ann buy ...`, A."""


_ORDER = re.compile(
    r"(?:(?P<name>\w+) = )?(?P<account>\w+) (?P<side>buy|sell) "
    r"(?:(?P<size>\d+) @ (?P<price>\d+)(?: (?P<style>ioc|fok|post-only))?"
    r"|(?P<base>\d+) at market|for (?P<quote>\d+) at market)(?: on (?P<symbol>\S+))?"
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
    "tier": re.compile(r"tier (\d+) maker (\d+) taker (\d+)"),
    "assign": re.compile(r"(\w+) to tier (\d+)"),
    "cancel": re.compile(r"(\w+) cancels (\w+)"),
}
_RAW = re.compile(r"(?P<kind>[A-Z]\w+)(?P<fields>(?: \w+=\S*)*)")


class Stage:
    """Gives each row its place in the order of commands, and each name its number.

    `time_step_ns` lies between one command and the next; the first is at time 0.
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

    def ask(self, text: str) -> Asked:
        """The command that a row asks for, as the next of the venue. Raises `MalformedPage`."""
        self.sequence += 1
        self.time_ns += self.time_step_ns
        name = ""
        if raw := _RAW.fullmatch(text):
            values = dict(pair.split("=", 1) for pair in raw["fields"].split())
            if raw["kind"] == "Unknown":
                return self._unknown(int(values["kind"]))
            command = self._raw(raw["kind"], values)
        elif match := _ORDER.fullmatch(text):
            command, name = self._order(match), match["name"] or ""
        elif match := _MARKET.fullmatch(text):
            command = self._market(match)
        else:
            command = self._other(text)
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
                self.orders[event.order_id] = Order(asked.order_name, event)
            case events.FeeTierSet():
                self.rates[event.tier] = event.maker_fee_ppm, event.taker_fee_ppm
            case events.FeeTierAssigned():
                self.tiers[event.account_id] = event.tier
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
        styles = {"ioc": TimeInForce.IMMEDIATE_OR_CANCEL, "fok": TimeInForce.FILL_OR_KILL}
        plain = self._limit_order(
            self.accounts[match["account"]],
            Side[match["side"].upper()],
            size_lots=int(match["size"] or match["base"] or 0),
            price_ticks=int(match["price"] or 0),
        )
        at_market = match["price"] is None
        return msgspec.structs.replace(
            plain,
            market_id=self.markets[match["symbol"] or "BTCUSD"].market_id,
            order_type=OrderType.MARKET if at_market else OrderType.LIMIT,
            time_in_force=styles["ioc"] if at_market else styles.get(match["style"] or "", plain.time_in_force),
            post_only=int(match["style"] == "post-only"),
            quote_amount_atoms=int(match["quote"] or 0),
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
                order_id = self.order(name).placed.order_id
                return commands.CancelOrder(order_id=order_id, account_id=self.accounts[account])
        raise MalformedPage(f"{text!r} is not in the grammar of the command column")

    def _transfer(self, amount: str, asset: str, debit: str, credit: str, purpose: TransferPurpose) -> Command:
        return commands.Transfer(
            asset_id=self.assets[asset].asset_id,
            debit_account_id=self.accounts[debit],
            credit_account_id=self.accounts[credit],
            amount_atoms=int(amount),
            purpose=purpose,
        )
