"""How often value left accounts of clients outside a trade, and for what purpose. Fed with every frame."""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec

from lionrock.node.published import Published
from lionrock.words.enumerations import AccountKind, TransferPurpose
from lionrock.words.events import AccountOpened, HoldSettled, LegPosted, LegsPosted, TransferPosted
from lionrock.words.ledger_events import Booked


class _Saved(msgspec.Struct, array_like=True):
    clients: list[int]
    movements: dict[int, int]
    without_authority: dict[int, int]


class Movements:
    """Counts by `TransferPurpose`. A movement is one entry that takes from a client's account."""

    def __init__(self) -> None:
        self._clients: set[int] = set()
        self.movements: Counter[int] = Counter()
        self.without_authority: Counter[int] = Counter()
        """Of those, the ones whose entry names no authority."""

    name = "movements 1"
    """Of its section in a snapshot; to be counted up when `_Saved` changes."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        legs: defaultdict[int, int] = defaultdict(int)
        for event in published.events:
            if isinstance(event, AccountOpened):
                if event.account_kind == AccountKind.CLIENT:
                    self._clients.add(event.account_id)
            elif isinstance(event, TransferPosted):
                self._count(event, event.purpose, int(event.debit_account_id in self._clients))
            elif isinstance(event, HoldSettled):
                self._count(event, event.purpose, int(event.account_id in self._clients))
            elif isinstance(event, LegPosted):
                legs[event.sequence] += int(event.amount_atoms < 0 and event.account_id in self._clients)
            elif isinstance(event, LegsPosted):  # the last event of its command
                self._count(event, event.purpose, legs[event.sequence])

    __call__ = apply

    def _count(self, event: Booked, purpose: int, movements: int) -> None:
        if movements:
            self.movements[purpose] += movements
            if not event.authority_id:
                self.without_authority[purpose] += movements

    def tally(self) -> dict[TransferPurpose, tuple[int, int]]:
        """Movements, and how many of them name no authority, by purpose; only those there were."""
        return {
            TransferPurpose(purpose): (count, self.without_authority[purpose])
            for purpose, count in sorted(self.movements.items())
        }

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.msgpack.encode(_Saved(sorted(self._clients), dict(self.movements), dict(self.without_authority)))

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        self._clients = set(saved.clients)
        self.movements, self.without_authority = Counter(saved.movements), Counter(saved.without_authority)
