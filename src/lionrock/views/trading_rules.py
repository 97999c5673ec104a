"""What markets are subject to: bands, rules, changes to come, auctions held; and who engaged kill switches."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import msgspec

from lionrock.node.published import Published
from lionrock.words.enumerations import KillSwitchScope
from lionrock.words.events import (
    AuctionUncrossed,
    Event,
    KillSwitchSet,
    MarketPhaseChanged,
    MarketPhaseScheduled,
    MarketRulesSet,
    PriceBandSet,
)
from lionrock.words.records import layout_of, unpack_all
from lionrock.words.side_notes import unmarked

KEPT_AUCTIONS = 100
"""Last ones of each market."""
BY_CLIENT = b"by client"
"""Note of a kill switch that the account's own client set. Without it the operator did."""

_KINDS = (MarketRulesSet, PriceBandSet, MarketPhaseScheduled, MarketPhaseChanged, AuctionUncrossed)
_REGISTRY: dict[int, type[Event]] = {layout_of(kind).kind: kind for kind in _KINDS}


class _Saved(msgspec.Struct, array_like=True):
    records: bytes
    by_client: list[int]
    by_operator: list[int]


class TradingRules:
    """All markets, by market id."""

    def __init__(self) -> None:
        self.rules: dict[int, MarketRulesSet] = {}
        self.bands: dict[int, PriceBandSet] = {}
        self.phases: dict[int, MarketPhaseChanged] = {}
        """The last change of each market."""
        self.auctions: defaultdict[int, deque[AuctionUncrossed]] = defaultdict(lambda: deque(maxlen=KEPT_AUCTIONS))
        self._scheduled: defaultdict[int, dict[int, MarketPhaseScheduled]] = defaultdict(dict)
        self._by_client: set[int] = set()
        self._by_operator: set[int] = set()
        self._takes: dict[type[Event], Callable[[Any, Published], None]] = {
            MarketRulesSet: self._take_rules,
            PriceBandSet: self._take_band,
            MarketPhaseScheduled: self._take_scheduled,
            MarketPhaseChanged: self._take_phase,
            AuctionUncrossed: self._take_auction,
            KillSwitchSet: self._take_kill_switch,
        }

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        if published.event_types.isdisjoint(self._takes):  # most frames are of orders alone
            return
        for event in published.events:
            take = self._takes.get(type(event))
            if take:
                take(event, published)

    __call__ = apply
    name = "trading rules 1"
    """Of its section in a snapshot; to be counted up when `_Saved` changes."""

    def _take_rules(self, event: MarketRulesSet, _published: Published) -> None:
        self.rules[event.market_id] = event

    def _take_band(self, event: PriceBandSet, _published: Published) -> None:
        self.bands[event.market_id] = event

    def _take_scheduled(self, event: MarketPhaseScheduled, _published: Published) -> None:
        coming = {at: other for at, other in self._scheduled[event.market_id].items() if at > event.time_ns}
        self._scheduled[event.market_id] = coming | {event.at_time_ns: event}  # of two at one time the last decides

    def _take_phase(self, event: MarketPhaseChanged, _published: Published) -> None:
        self.phases[event.market_id] = event

    def _take_auction(self, event: AuctionUncrossed, _published: Published) -> None:
        self.auctions[event.market_id].append(event)

    def _take_kill_switch(self, event: KillSwitchSet, published: Published) -> None:
        if event.scope != KillSwitchScope.ACCOUNT:
            return
        by_client = unmarked(published.notes.get(event.sequence - published.sequence, b"")) == BY_CLIENT
        if not event.engaged:
            self._by_client.discard(event.scope_id)
            self._by_operator.discard(event.scope_id)
        else:
            (self._by_client if by_client else self._by_operator).add(event.scope_id)

    def next_change(self, market_id: int, now_ns: int) -> MarketPhaseScheduled | None:
        """The next change of phase that is set for later."""
        coming = [event for at, event in self._scheduled[market_id].items() if at > now_ns]
        return min(coming, key=lambda event: event.at_time_ns, default=None)

    def engaged_by_client(self, account_id: int) -> bool:
        return account_id in self._by_client

    def engaged_by_operator(self, account_id: int) -> bool:
        return account_id in self._by_operator

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        kept = [*self.rules.values(), *self.bands.values(), *self.phases.values()]
        kept += [event for changes in self._scheduled.values() for event in changes.values()]
        kept += [event for auctions in self.auctions.values() for event in auctions]
        records = b"".join(event.pack() for event in kept)
        return msgspec.msgpack.encode(_Saved(records, sorted(self._by_client), sorted(self._by_operator)))

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        unpack_all(_REGISTRY, saved.records)  # raises before anything is taken up
        self.apply(Published(1, 0, b"", b"", saved.records))
        self._by_client, self._by_operator = set(saved.by_client), set(saved.by_operator)
