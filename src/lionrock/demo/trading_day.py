"""Sends a flow of steps to a venue over the public API, as many traders, and keeps count of what it answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lionrock.sim.api_client import Connection, RefusedByVenueError, Trader
from lionrock.sim.order_steps import Cancel, Place, Step
from lionrock.sim.replay import Fill
from lionrock.words.amounts import format_decimal, parse_decimal
from lionrock.words.enumerations import TimeInForce

SYMBOL = "BTCUSD"
SIZE_DECIMALS = 8
FUNDS = {"BTC": "5000", "USD": "100000000"}
"""What each trader starts with: enough for any order of a real half hour."""

_TIME_IN_FORCE = {
    TimeInForce.GOOD_TILL_CANCELLED: "GTC",
    TimeInForce.IMMEDIATE_OR_CANCEL: "IOC",
    TimeInForce.FILL_OR_KILL: "FOK",
}


class Flow(NamedTuple):
    """What is traded: most of it before the venue is killed, the rest while and after."""

    steps: list[Step]
    kill_at: int
    recording: Path | None
    """None for a flow that was generated."""

    @property
    def before_kill(self) -> list[Step]:
        return self.steps[: self.kill_at]

    @property
    def after_kill(self) -> list[Step]:
        return self.steps[self.kill_at :]


@dataclass
class TradingDay:
    """Traders with funds at a venue, and what has happened to their orders."""

    traders: list[Trader]
    statuses: Counter[str] = field(default_factory=Counter)
    """How orders were answered, by the contract's order status."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Refused orders, by the venue's own words."""
    cancelled: int = 0
    too_late_to_cancel: int = 0
    sent: dict[int, Place] = field(default_factory=dict)
    """Orders the venue took, by reference; the reference is also the client order id."""

    @classmethod
    def open(cls, connection: Connection, count: int, clock_ms: Callable[[], int]) -> TradingDay:
        """Opens so many funded accounts on a sandbox."""
        return cls([Trader.open(connection, FUNDS, clock_ms) for _ in range(count)])

    def answered(self) -> int:
        """Requests that the venue answered so far."""
        return self.statuses.total() + self.refusals.total() + self.cancelled + self.too_late_to_cancel

    def play(self, steps: Iterable[Step], after_each: Callable[[], None]) -> None:
        """Send the steps one after the other; each is answered, and so durable, before the next is sent."""
        for step in steps:
            if isinstance(step, Place):
                self._place(step)
            elif step.reference in self.sent:
                self._cancel(step)
            after_each()

    def move_to(self, connection: Connection) -> None:
        """The venue came back at another address."""
        for trader in self.traders:
            trader.connection = connection

    def trader_of(self, reference: int) -> Trader:
        """Who sends the orders of this reference."""
        return self.traders[reference // 4096 % len(self.traders)]

    def _place(self, step: Place) -> None:
        parameters: dict[str, str | int] = {
            "symbol": SYMBOL,
            "side": step.side.name,
            "quantity": format_decimal(step.size_lots, SIZE_DECIMALS),
            "newClientOrderId": str(step.reference),
        }
        if step.price_ticks == 0:
            parameters["type"] = "MARKET"
        else:
            parameters["type"] = "LIMIT_MAKER" if step.post_only else "LIMIT"
            parameters["price"] = step.price_ticks
            parameters["timeInForce"] = _TIME_IN_FORCE[step.time_in_force]
        try:
            answer = self.trader_of(step.reference).signed("POST", "/api/v1/spot/order", **parameters)
        except RefusedByVenueError as refusal:
            self.refusals[str(refusal.body.get("msg"))] += 1
            return
        self.sent[step.reference] = step
        self.statuses[answer["status"]] += 1

    def _cancel(self, step: Cancel) -> None:
        try:
            self.trader_of(step.reference).signed("DELETE", "/api/v1/spot/order", clientOrderId=str(step.reference))
        except RefusedByVenueError:
            self.too_late_to_cancel += 1
        else:
            self.cancelled += 1

    def fills(self) -> list[Fill]:
        """Every trade of the day, put together from what the traders see of their own."""
        seen: dict[str, dict[bool, dict[str, Any]]] = {}
        for trader in self.traders:
            last_id = ""
            while rows := trader.signed(
                "GET", "/api/v1/account/trades", symbol=SYMBOL, limit=500, **({"toId": last_id} if last_id else {})
            ):
                fresh = [row for row in rows if row["isMaker"] not in seen.get(row["ticketId"], {})]
                for row in fresh:
                    seen.setdefault(row["ticketId"], {})[row["isMaker"]] = row
                if not fresh:
                    break
                last_id = rows[-1]["id"]
        return [
            Fill(
                parse_decimal(sides[True]["price"], 0),
                parse_decimal(sides[True]["qty"], SIZE_DECIMALS),
                int(sides[True]["clientOrderId"]),
                int(sides[False]["clientOrderId"]),
            )
            for sides in seen.values()
        ]

    def total_held(self, asset: str) -> int:
        """What all traders own of an asset, in 10^-8, available and held."""
        total = 0
        for trader in self.traders:
            for balance in trader.signed("GET", "/api/v1/account")["balances"]:
                if balance["asset"] == asset:
                    total += parse_decimal(balance["total"], SIZE_DECIMALS)
        return total

    def open_orders(self) -> int:
        """How many orders rest, as their owners see it."""
        return sum(len(trader.signed("GET", "/api/v1/spot/openOrders", limit=1000)) for trader in self.traders)
