"""What compliance said each account may do, as the journal has it, when it was last used, how often gates refused."""

from __future__ import annotations

from collections import Counter

import msgspec

from lionrock.node.published import Published
from lionrock.words.commands import SetAccountProfile
from lionrock.words.enumerations import AccountKind, AccountRestriction, ClientClass
from lionrock.words.events import (
    AccountOpened,
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

_KINDS = (AccountProfileSet, AssetPermissionSet)
_REGISTRY: dict[int, type[Event]] = {layout_of(kind).kind: kind for kind in _KINDS}
ALL_PRODUCTS = 2**32 - 1
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


class _Saved(msgspec.Struct, array_like=True):
    clients: list[int]
    profiles: bytes
    forbidden: list[tuple[int, list[int]]]
    last_used_ns: dict[int, int]
    refused: dict[int, int]


class Profiles:
    """By account id; fed with every frame."""

    def __init__(self) -> None:
        self.clients: set[int] = set()
        """Accounts of clients."""
        self._profiles: dict[int, AccountProfileSet] = {}
        self._forbidden: dict[int, set[int]] = {}
        """Accounts that may not acquire it, by asset id."""
        self.last_used_ns: dict[int, int] = {}
        """When an account last placed an order, or something was moved to or from it."""
        self.refused: Counter[int] = Counter()
        """Commands refused, by the number of a gate's rejection."""

    name = "profiles 2"
    """Of its section in a snapshot; to be counted up when what `save` gives changes."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        for event in published.events:
            if isinstance(event, OrderPlaced | HoldPlaced):
                self.last_used_ns[event.account_id] = event.time_ns
            elif isinstance(event, TransferPosted):
                self.last_used_ns[event.debit_account_id] = event.time_ns
                self.last_used_ns[event.credit_account_id] = event.time_ns
            elif isinstance(event, CommandRejected):
                if event.rejection in GATES:
                    self.refused[event.rejection] += 1
            elif isinstance(event, AccountOpened):
                if event.account_kind == AccountKind.CLIENT:
                    self.clients.add(event.account_id)
            elif isinstance(event, AccountProfileSet):
                self._profiles[event.account_id] = event
            elif isinstance(event, AssetPermissionSet):
                self._permission(event)

    __call__ = apply

    def _permission(self, event: AssetPermissionSet) -> None:
        forbidden = self._forbidden.setdefault(event.asset_id, set())
        if event.permitted:
            forbidden.discard(event.account_id)
        else:
            forbidden.add(event.account_id)

    def of(self, account_id: int) -> SetAccountProfile:
        """The command that would set what holds now; what every account begins with where nothing was set."""
        event = self._profiles.get(account_id)
        if event is None:
            return SetAccountProfile(
                account_id=account_id,
                legal_entity=0,
                products=ALL_PRODUCTS,
                client_class=ClientClass.UNCLASSIFIED,
                restriction=AccountRestriction.NONE,
                open_order_cap=0,
            )
        fields = [name for name in SetAccountProfile.__struct_fields__ if name not in {"sequence", "time_ns"}]
        return SetAccountProfile(**{name: getattr(event, name) for name in fields})

    def forbidden(self, asset_id: int) -> frozenset[int]:
        """Accounts that may not acquire an asset."""
        return frozenset(self._forbidden.get(asset_id, ()))

    def forbidden_assets(self, account_id: int) -> set[int]:
        """Assets that an account may not acquire."""
        return {asset_id for asset_id, accounts in self._forbidden.items() if account_id in accounts}

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        records = b"".join(event.pack() for event in self._profiles.values())
        return msgspec.msgpack.encode(
            _Saved(
                sorted(self.clients),
                records,
                [(asset_id, sorted(each)) for asset_id, each in self._forbidden.items()],
                self.last_used_ns,
                dict(self.refused),
            )
        )

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        found = unpack_all(_REGISTRY, saved.profiles)
        self.clients = set(saved.clients)
        self.last_used_ns, self.refused = saved.last_used_ns, Counter(saved.refused)
        self._profiles = {event.account_id: event for event in found if isinstance(event, AccountProfileSet)}
        self._forbidden = {asset_id: set(accounts) for asset_id, accounts in saved.forbidden}
