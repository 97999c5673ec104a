"""What the journal says of deposits, withdrawals and transfers. Where it and SQL differ, it is right.

Each of the three has a numbering of its own, the `source` of the commands. A deposit's command carries the key of its
output as its note, so that the journal alone tells whether an output was credited.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from lionrock.node.published import Published
from lionrock.words.enumerations import TransferPurpose
from lionrock.words.events import HoldPlaced, HoldReleased, HoldSettled, TransferPosted

_WATCHED = frozenset({TransferPosted, HoldPlaced, HoldReleased, HoldSettled})


class Source(IntEnum):
    """Numberings of the ledger's commands that custody sends."""

    DEPOSITS = 1
    WITHDRAWALS = 2
    TRANSFERS = 3
    RETURNS = 4
    """Of deposits that were set aside, to their accounts."""


class _Saved(msgspec.Struct, array_like=True):
    credited: dict[bytes, int]
    transfers: dict[int, int]
    holds: dict[int, int]
    open_holds: list[int]
    last_number: dict[int, int]
    last_hold_id: int
    set_aside: dict[bytes, int]


class Bookings:
    """Fed with every frame."""

    def __init__(self) -> None:
        self._credited: dict[bytes, int] = {}
        """Sequence of the transfer that credited an output, by its key."""
        self._set_aside: dict[bytes, int] = {}
        """The same of the one that put it into the suspense account."""
        self._transfers: dict[int, int] = {}
        """Sequence of a transfer of an owner, by its number."""
        self._holds: dict[int, int] = {}
        """Hold of a withdrawal, by its number."""
        self._open_holds: set[int] = set()
        self._last_number: dict[int, int] = {}
        self._last_hold_id = 0

    name = "custody bookings 2"
    """Of its section in a snapshot; to be counted up when `_Saved` changes."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        if published.event_types.isdisjoint(_WATCHED):  # most frames are of orders alone
            return
        for event in published.events:
            if type(event) not in _WATCHED:  # most are of orders, and looked at by nobody here
                continue
            match event:
                case TransferPosted(source=Source.DEPOSITS | Source.RETURNS):
                    key = published.notes.get(event.sequence - published.sequence, b"")
                    is_aside = event.source == Source.DEPOSITS and event.purpose == TransferPurpose.SUSPENSE
                    (self._set_aside if is_aside else self._credited)[key] = event.sequence
                case TransferPosted(source=Source.TRANSFERS):
                    self._transfers[event.source_sequence] = event.sequence
                case HoldPlaced():
                    self._last_hold_id = event.hold_id
                    if event.source == Source.WITHDRAWALS:
                        self._holds[event.source_sequence] = event.hold_id
                        self._open_holds.add(event.hold_id)
                case HoldReleased() | HoldSettled():
                    self._open_holds.discard(event.hold_id)
                case _:
                    continue
            self._last_number[event.source] = max(event.source_sequence, self._last_number.get(event.source, 0))

    __call__ = apply

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.msgpack.encode(
            _Saved(
                self._credited,
                self._transfers,
                self._holds,
                sorted(self._open_holds),
                self._last_number,
                self._last_hold_id,
                self._set_aside,
            )
        )

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        self._credited, self._transfers, self._holds = saved.credited, saved.transfers, saved.holds
        self._open_holds = set(saved.open_holds)
        self._last_number, self._last_hold_id = saved.last_number, saved.last_hold_id
        self._set_aside = saved.set_aside

    def credited(self, output_key: bytes) -> int | None:
        """The command that credited an output to its account."""
        return self._credited.get(output_key)

    def set_aside(self, output_key: bytes) -> int | None:
        """The command that put it into the suspense account, wherever it went from there."""
        return self._set_aside.get(output_key)

    def transferred(self, number: int) -> int | None:
        """The command that booked a transfer of an owner."""
        return self._transfers.get(number)

    def hold_of(self, number: int) -> int | None:
        """The hold of a withdrawal, in force or not."""
        return self._holds.get(number)

    def is_held(self, hold_id: int) -> bool:
        return hold_id in self._open_holds

    def held_withdrawals(self) -> dict[int, int]:
        """Holds in force, by the number of their withdrawal."""
        return {number: hold_id for number, hold_id in self._holds.items() if hold_id in self._open_holds}

    def last_number(self, source: Source) -> int:
        """The highest number of a source that was booked."""
        return self._last_number.get(source, 0)

    @property
    def last_hold_id(self) -> int:
        """Of all holds, whoever asked for them."""
        return self._last_hold_id
