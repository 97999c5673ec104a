"""Simulated market makers: ordinary clients of the public API that quote round a random walk, so that a sandbox lives.

All of them take turns in one thread. As long as nobody else trades, the same seed on the same venue sends the same
requests in the same order.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from lionrock.sim.api_client import Connection, RefusedByVenueError, Trader

LEVELS = 6
"""Orders a side, of each maker in each market."""
PAUSE_SECONDS = 0.5
"""Between two turns; in a turn each maker quotes one market anew, with two requests."""
AWAY_SECONDS = 0.5
"""Between two attempts to reach a venue that is away."""
STEP_PER_MILLION = 300
"""How far the middle goes in one step at most, and how far a maker's own opinion lies from it."""
LEVEL_PER_MILLION = 200
"""From one level to the next, and from the middle to the first."""
PULL = 100
"""Each step goes back by this part of the way to where the walk began: it wanders, it does not leave."""

FUNDS = {"BTC": 100, "ETH": 2_000, "USDT": 20_000_000, "USD": 20_000_000, "HKD": 150_000_000}
"""What a maker begins with. The bound: it never sells more than it has, nor holds more than twice as much."""

WORTH = {"BTC": 60_000, "ETH": 3_000, "USDT": 1, "USD": 1}
"""In US dollars, where nothing traded yet; anything else is taken for a Hong Kong dollar."""
HKD_PER_USD = Decimal("7.8")


class Key(msgspec.Struct, rename="camel"):
    """Of a maker's account."""

    api_key: str
    secret: str


class Quote(msgspec.Struct, frozen=True):
    """One order that a maker wants to have in the book."""

    side: str
    price_ticks: int
    size_lots: int


class Market(msgspec.Struct, frozen=True):
    """What a maker knows of a market: steps of its prices and sizes, and where the walk begins."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    start_ticks: int
    most_lots: int
    """Of one order."""

    def price_text(self, ticks: int) -> str:
        return format(ticks * self.tick, "f")

    def size_text(self, lots: int) -> str:
        return format(lots * self.lot, "f")


class Walk:
    """The middle of one market, step by step."""

    def __init__(self, market: Market, seed: int) -> None:
        self._chance = Random(f"{seed}:{market.symbol}")
        self._start = market.start_ticks
        self.ticks = market.start_ticks

    def step(self) -> int:
        """The next middle, in ticks."""
        most = max(1, self.ticks * STEP_PER_MILLION // 1_000_000)
        self.ticks += self._chance.randint(-most, most) + (self._start - self.ticks) // PULL
        self.ticks = max(self.ticks, 2 * LEVELS + 2)
        return self.ticks


def quotes(
    market: Market, middle_ticks: int, chance: Random, *, base: Decimal, quote: Decimal, target: Decimal
) -> list[Quote]:
    """What a maker with so much free base and quote wants to have in the book.

    Sizes lean against what it has: at `target` of base both sides are equal, at twice that it buys nothing, with none
    it sells nothing. Half of what it has of either is offered at most, as other markets need it, too.
    """
    most = max(1, middle_ticks * STEP_PER_MILLION // 1_000_000)
    opinion = middle_ticks + chance.randint(-most, most)
    gap = max(1, middle_ticks * LEVEL_PER_MILLION // 1_000_000)
    usual = target / 100
    fullness = min(base / target, Decimal(2)) if target else Decimal(0)
    left = {"BUY": quote / 2, "SELL": base / 2}
    weight = {"BUY": 2 - fullness, "SELL": fullness}
    wanted = []
    for level in range(1, LEVELS + 1):
        for side, sign in (("BUY", -1), ("SELL", 1)):
            price = opinion + sign * (level * gap - chance.randrange(gap))
            size = usual * weight[side] * chance.randint(50, 150) / 100
            per_lot = market.lot * (price * market.tick if side == "BUY" else 1)
            lots = min(int(size / market.lot), int(left[side] / per_lot), market.most_lots)
            if price > 0 and lots > 0 and lots * market.lot * price * market.tick >= _least_value(market):
                left[side] -= lots * per_lot
                wanted.append(Quote(side, price, lots))
    return wanted


def _least_value(market: Market) -> Decimal:
    """Above the smallest order of every sandbox market, in quote."""
    return Decimal(100 if market.quote == "HKD" else 10)


class Maker:
    """One of them: its account, and its own chance."""

    def __init__(self, trader: Trader, chance: Random) -> None:
        self._trader = trader
        self._chance = chance

    def requote(self, market: Market, middle_ticks: int) -> None:
        """Take what is in the book away and put new quotes there."""
        self.withdraw(market)
        free = self._free()
        wanted = quotes(
            market,
            middle_ticks,
            self._chance,
            base=free.get(market.base, Decimal(0)),
            quote=free.get(market.quote, Decimal(0)),
            target=Decimal(FUNDS[market.base]),
        )
        rows = [
            {
                "symbol": market.symbol,
                "side": quote.side,
                "type": "LIMIT",
                "price": market.price_text(quote.price_ticks),
                "quantity": market.size_text(quote.size_lots),
            }
            for quote in wanted
        ]
        if rows:
            self._trader.signed_json("POST", "/api/v1/spot/batchOrders", rows)

    def withdraw(self, market: Market) -> None:
        """Cancel what is in the book."""
        self._trader.signed("DELETE", "/api/v1/spot/openOrders", symbol=market.symbol)

    def _free(self) -> dict[str, Decimal]:
        rows = self._trader.signed("GET", "/api/v1/account")["balances"]
        return {row["asset"]: Decimal(row["free"]) for row in rows}


class Makers:
    """All of them, taking turns. Raises `OSError` when the venue is gone."""

    def __init__(
        self, url: str, keys: Sequence[Key], seed: int, clock_ms: Callable[[], int], symbols: frozenset[str]
    ) -> None:
        """`clock_ms` gives Unix milliseconds; no `symbols` are all."""
        self._connection = Connection(url)
        rows = [row for row in self._listed() if not symbols or row["symbol"] in symbols]
        self._markets = [market for market in map(self._market, rows) if market is not None]
        self._walks = {market.symbol: Walk(market, seed) for market in self._markets}
        self._makers = [
            Maker(Trader(self._connection, key.api_key, key.secret, clock_ms), Random(f"{seed}:maker {number}"))
            for number, key in enumerate(keys)
        ]
        self._turn = 0
        self.withdraw()  # what an earlier life left

    def _listed(self) -> list[dict[str, Any]]:
        return list(self._connection.call("GET", "/api/v1/exchangeInfo")["symbols"])

    def _market(self, row: dict[str, Any]) -> Market | None:
        """None for one that no maker has anything of."""
        base, quote = row["baseAsset"], row["quoteAsset"]
        if base not in FUNDS or quote not in FUNDS:
            return None
        filters = {each["filterType"]: each for each in row["filters"]}
        tick = Decimal(filters["PRICE_FILTER"]["tickSize"])
        lot = Decimal(filters["LOT_SIZE"]["stepSize"])
        (last,) = self._connection.call("GET", f"/quote/v1/ticker/price?symbol={row['symbol']}")
        price = Decimal(last["p"]) or _worth(base) / _worth(quote)
        most = int(Decimal(filters["LOT_SIZE"]["maxQty"]) / lot)
        return Market(row["symbol"], base, quote, tick, lot, int(price / tick), most)

    def turn(self) -> None:
        """Each maker quotes one market anew."""
        for number, maker in enumerate(self._makers):
            market = self._markets[(self._turn + number) % len(self._markets)]
            maker.requote(market, self._walks[market.symbol].step())
        self._turn += 1

    def withdraw(self) -> None:
        """Nothing of theirs stays in any book."""
        for maker in self._makers:
            for market in self._markets:
                maker.withdraw(market)

    def close(self) -> None:
        self._connection.close()


def _worth(code: str) -> Decimal:
    return Decimal(WORTH[code]) if code in WORTH else 1 / HKD_PER_USD


def open_accounts(url: str, count: int) -> list[Key]:
    """Accounts of their own, as anybody gets them from a sandbox. Raises as `Connection.call`."""
    connection = Connection(url)
    body = msgspec.json.encode({"fund": {code: str(amount) for code, amount in FUNDS.items()}})
    headers = {"Content-Type": "application/json"}
    try:
        rows = [connection.call("POST", "/lionrock/v1/sandbox/accounts", headers, body) for _ in range(count)]
    finally:
        connection.close()
    return [Key(row["apiKey"], row["secret"]) for row in rows]


def run(
    url: str,
    keys: Sequence[Key],
    seed: int,
    stop: threading.Event,
    *,
    symbols: frozenset[str] = frozenset(),
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Quote these markets, or all, until `stop` is set, then take everything away.

    A venue that is away, or busy, is waited for.
    """
    makers: Makers | None = None
    trouble = ""
    while not stop.wait(PAUSE_SECONDS if makers else 0):
        try:
            if makers is None:
                makers = Makers(url, keys, seed, lambda: time.time_ns() // 1_000_000, symbols)
                tell(f"{len(keys)} makers quote at {url}")
            makers.turn()
            trouble = ""
        except (OSError, RefusedByVenueError) as error:
            if str(error) != trouble:  # said once, however long it lasts
                trouble = str(error)
                tell(f"waiting for {url}: {error}")
            if makers is not None and isinstance(error, OSError):
                makers.close()
                makers = None
            stop.wait(AWAY_SECONDS)
    if makers is not None:
        try:
            makers.withdraw()
        except (OSError, RefusedByVenueError) as error:
            tell(f"orders may be left at {url}: {error}")
        makers.close()


class Orders(msgspec.Struct):
    """What a process of makers is started with, as one line of JSON on its standard input."""

    url: str
    keys: list[Key]
    seed: int


def main() -> None:
    """Reads its orders, and quotes until the other end of the pipe is closed, by will or by death."""
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    stop = threading.Event()
    quoting = threading.Thread(target=run, args=(orders.url, orders.keys, orders.seed, stop))
    quoting.start()
    sys.stdin.buffer.read()
    stop.set()
    quoting.join()


if __name__ == "__main__":
    main()
