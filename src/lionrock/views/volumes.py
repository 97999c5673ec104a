"""What accounts traded, by day, for fee tiers. A day is one of Hong Kong's, UTC+8, by the time of the trade."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

import msgspec

from lionrock.node.published import Published
from lionrock.words.events import MarketListed, TradeCancelled, TradeExecuted

_KINDS = frozenset({TradeExecuted, TradeCancelled, MarketListed})
_HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * _HOUR_NS
UTC_OFFSET_NS = 8 * _HOUR_NS
"""Of Hong Kong."""
_KEPT_DAYS = 40
"""More than any tier looks back."""
_REMEMBERED_NS = 2 * _HOUR_NS
"""Error trades are booked back within an hour (spec/error-trades.md)."""


class _Traded(msgspec.Struct, array_like=True, gc=False):
    trade_id: int
    time_ns: int
    accounts: tuple[int, int]
    quote_asset_id: int
    quote_atoms: int


class _Saved(msgspec.Struct, array_like=True):
    quote_assets: dict[int, int]
    days: dict[int, dict[int, dict[int, int]]]
    recent: list[_Traded]


def day_of(time_ns: int) -> int:
    """Number of the day since 1970-01-01, counted at midnight of UTC+8."""
    return (time_ns + UTC_OFFSET_NS) // DAY_NS


class Volumes:
    """Both sides of a trade count its value in quote. Fed with every frame."""

    def __init__(self) -> None:
        self._quote_assets: dict[int, int] = {}
        self._days: defaultdict[int, dict[int, dict[int, int]]] = defaultdict(dict)
        """Quote atoms by account, day and quote asset."""
        self._recent: deque[_Traded] = deque()

    name = "volumes 1"
    """Of its section in a snapshot; to be counted up when `_Saved` changes."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        if published.event_types.isdisjoint(_KINDS):
            return
        for event in published.events:
            if isinstance(event, TradeExecuted):
                accounts = event.maker_account_id, event.taker_account_id
                asset_id = self._quote_assets[event.market_id]
                traded = _Traded(event.trade_id, event.time_ns, accounts, asset_id, event.quote_atoms)
                self._count(traded, event.quote_atoms)
                self._recent.append(traded)
                while self._recent[0].time_ns < event.time_ns - _REMEMBERED_NS:
                    self._recent.popleft()
            elif isinstance(event, TradeCancelled):
                for traded in self._recent:
                    if traded.trade_id == event.trade_id:
                        self._count(traded, -traded.quote_atoms)
            elif isinstance(event, MarketListed):
                self._quote_assets[event.market_id] = event.quote_asset_id

    __call__ = apply

    def _count(self, traded: _Traded, quote_atoms: int) -> None:
        day = day_of(traded.time_ns)
        for account_id in traded.accounts:
            days = self._days[account_id]
            if day not in days:
                for old in [kept for kept in days if kept <= day - _KEPT_DAYS]:
                    del days[old]
                days[day] = {}
            by_asset = days[day]
            by_asset[traded.quote_asset_id] = by_asset.get(traded.quote_asset_id, 0) + quote_atoms

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.msgpack.encode(_Saved(self._quote_assets, dict(self._days), list(self._recent)))

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        self._quote_assets = saved.quote_assets
        self._days = defaultdict(dict, saved.days)
        self._recent = deque(saved.recent)

    def traded(self, account_ids: Iterable[int], first_day: int, last_day: int) -> dict[int, int]:
        """Quote atoms by quote asset that these accounts traded together on these days, both included."""
        total: dict[int, int] = defaultdict(int)
        for account_id in account_ids:
            for day, by_asset in self._days.get(account_id, {}).items():
                if first_day <= day <= last_day:
                    for asset_id, quote_atoms in by_asset.items():
                        total[asset_id] += quote_atoms
        return dict(total)
