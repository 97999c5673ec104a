"""What compliance set for accounts, when they were last used, and how often each gate refused. Fed with every frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from lionrock.node.published import Published
from lionrock.words.events import (
    AccountProfileSet,
    AssetPermissionSet,
    CommandRejected,
    Event,
    HoldPlaced,
    OrderPlaced,
    TransferPosted,
)
from lionrock.words.records import layout_of, unpack_all
from lionrock.words.rejections import Rejection

GATES = frozenset(
    {
        Rejection.LEGAL_ENTITY_DIFFERS,
        Rejection.PRODUCT_NOT_PERMITTED,
        Rejection.CLIENT_CLASS_NOT_ADMITTED,
        Rejection.ACCOUNT_FROZEN,
        Rejection.ACCOUNT_REDUCE_ONLY,
        Rejection.PRICE_TOO_FAR_FROM_LAST,
        Rejection.ORDER_VALUE_ABOVE_LIMIT,
        Rejection.OPEN_ORDERS_ABOVE_CAP,
        Rejection.ASSET_NOT_PERMITTED,
        Rejection.EXPOSURE_ABOVE_LIMIT,
        Rejection.KILL_SWITCH_ENGAGED,
    }
)
"""Refusals that a fact about an account or a market is the ground of (spec/gates.md, spec/exposure.md)."""

_REGISTRY: dict[int, type[Event]] = {layout_of(AccountProfileSet).kind: AccountProfileSet}


class _Saved(msgspec.Struct, array_like=True):
    profiles: bytes
    forbidden: list[tuple[int, list[int]]]
    last_used: dict[int, int]
    refused: dict[int, int]


class AccountProfiles:
    """What the core has been told of accounts."""

    def __init__(self) -> None:
        self.profiles: dict[int, AccountProfileSet] = {}
        """The last of each account; one that has none may do everything, as every account begins."""
        self.forbidden: dict[int, set[int]] = {}
        """Assets that an account may not acquire, by account."""
        self.last_used_ns: dict[int, int] = {}
        """When an account last placed an order, or something was moved to or from it."""
        self.refused: Counter[int] = Counter()
        """Commands refused, by the number of a gate's rejection."""
        self._takes: dict[type[Event], Callable[[Any], None]] = {
            AccountProfileSet: self._take_profile,
            AssetPermissionSet: self._take_permission,
            OrderPlaced: self._take_use,
            HoldPlaced: self._take_use,
            TransferPosted: self._take_transfer,
            CommandRejected: self._take_refusal,
        }

    name = "account profiles 1"
    """Of its section in a snapshot; to be counted up when `_Saved` changes."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        for event in published.events:
            take = self._takes.get(type(event))
            if take:
                take(event)

    __call__ = apply

    def _take_profile(self, event: AccountProfileSet) -> None:
        self.profiles[event.account_id] = event

    def _take_permission(self, event: AssetPermissionSet) -> None:
        if event.permitted:
            self.forbidden.get(event.account_id, set()).discard(event.asset_id)
        else:
            self.forbidden.setdefault(event.account_id, set()).add(event.asset_id)

    def _take_use(self, event: OrderPlaced | HoldPlaced) -> None:
        self.last_used_ns[event.account_id] = event.time_ns

    def _take_transfer(self, event: TransferPosted) -> None:
        self.last_used_ns[event.debit_account_id] = self.last_used_ns[event.credit_account_id] = event.time_ns

    def _take_refusal(self, event: CommandRejected) -> None:
        if event.rejection in GATES:
            self.refused[event.rejection] += 1

    def is_forbidden(self, account_id: int, asset_id: int) -> bool:
        """Whether the account may not acquire the asset."""
        return asset_id in self.forbidden.get(account_id, ())

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.msgpack.encode(
            _Saved(
                b"".join(event.pack() for event in self.profiles.values()),
                [(account_id, sorted(assets)) for account_id, assets in self.forbidden.items()],
                self.last_used_ns,
                dict(self.refused),
            )
        )

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        unpack_all(_REGISTRY, saved.profiles)  # raises before anything is taken up
        self.apply(Published(1, 0, b"", b"", saved.profiles))
        self.forbidden = {account_id: set(assets) for account_id, assets in saved.forbidden}
        self.last_used_ns, self.refused = saved.last_used, Counter(saved.refused)
