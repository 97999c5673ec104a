"""What compliance said each account may do, as the journal has it: a change of one thing keeps the others."""

from __future__ import annotations

import msgspec

from lionrock.node.published import Published
from lionrock.words.commands import SetAccountProfile
from lionrock.words.enumerations import AccountKind, AccountRestriction, ClientClass
from lionrock.words.events import AccountOpened, AccountProfileSet, AssetPermissionSet, Event
from lionrock.words.records import layout_of, unpack_all

_KINDS = (AccountProfileSet, AssetPermissionSet)
_REGISTRY: dict[int, type[Event]] = {layout_of(kind).kind: kind for kind in _KINDS}
ALL_PRODUCTS = 2**32 - 1


class Profiles:
    """By account id; fed with every frame."""

    def __init__(self) -> None:
        self.clients: set[int] = set()
        """Accounts of clients."""
        self._profiles: dict[int, AccountProfileSet] = {}
        self._forbidden: dict[int, set[int]] = {}
        """Accounts that may not acquire it, by asset id."""

    name = "profiles 1"
    """Of its section in a snapshot; to be counted up when what `save` gives changes."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        for event in published.events:
            if isinstance(event, AccountOpened):
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

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        records = b"".join(event.pack() for event in self._profiles.values())
        return msgspec.msgpack.encode(
            (sorted(self.clients), records, [(asset_id, sorted(each)) for asset_id, each in self._forbidden.items()])
        )

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        clients, records, forbidden = msgspec.msgpack.decode(
            state, type=tuple[list[int], bytes, list[tuple[int, list[int]]]]
        )
        found = unpack_all(_REGISTRY, records)
        self.clients = set(clients)
        self._profiles = {event.account_id: event for event in found if isinstance(event, AccountProfileSet)}
        self._forbidden = {asset_id: set(accounts) for asset_id, accounts in forbidden}
