"""The trades of spec/error-trades.md that are not too old to be booked back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from lionrock.words.faults import Fault
from lionrock.words.limits import TRADE_MEMORY_NS


@dataclass(slots=True)
class RecentTrade:
    """A trade, and what it did to its two accounts: what came above zero, what went below; fees and rebates included.

    What the four amounts do not come to together is what the market's fee account got.
    """

    trade_id: int
    time_ns: int
    market_id: int
    buyer_account_id: int
    seller_account_id: int
    buyer_base_atoms: int
    buyer_quote_atoms: int
    seller_base_atoms: int
    seller_quote_atoms: int
    is_cancelled: bool = False


class RecentTrades:
    """By id, which is also by age. Cancelled ones stay in as long as they would have."""

    def __init__(self) -> None:
        self._trades: OrderedDict[int, RecentTrade] = OrderedDict()

    def __iter__(self) -> Iterator[RecentTrade]:
        """The oldest first."""
        yield from self._trades.values()

    def oldest_id(self) -> int:
        """0 when there is none."""
        return next(iter(self._trades), 0)

    def find(self, trade_id: int) -> RecentTrade | None:
        return self._trades.get(trade_id)

    def remember(self, trade: RecentTrade) -> None:
        self._trades[trade.trade_id] = trade

    def forget_until(self, time_ns: int) -> None:
        """Comes before everything else that a command of this time does."""
        while self._trades and time_ns - self._trades[self.oldest_id()].time_ns >= TRADE_MEMORY_NS:
            self._trades.popitem(last=False)

    def check(self, trades: int, time_ns: int) -> None:
        """Looks whether these are the last of so many trades, and none too old or unsound. Raises `Fault` when not."""
        if list(self._trades) != list(range(trades - len(self._trades) + 1, trades + 1)):
            raise Fault(f"the trades remembered are not the last {len(self._trades)} of {trades}")
        times_ns = [trade.time_ns for trade in self]
        if times_ns != sorted(times_ns) or any(not 0 <= time_ns - at_ns < TRADE_MEMORY_NS for at_ns in times_ns):
            raise Fault(f"the trades remembered at {time_ns} ns are not those of the last hour by age")
        for trade in self:
            base_fees = -trade.buyer_base_atoms - trade.seller_base_atoms
            quote_fees = -trade.buyer_quote_atoms - trade.seller_quote_atoms
            goes_right = trade.buyer_base_atoms >= 0 >= trade.seller_base_atoms
            is_paid = trade.buyer_quote_atoms <= 0 <= trade.seller_quote_atoms
            if not goes_right or not is_paid or min(base_fees, quote_fees) < 0:
                raise Fault(f"{trade} cannot have been")
