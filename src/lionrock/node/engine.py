"""What the node asks of an engine. `lionrock.core.engine` has it; a test may bring its own."""

from __future__ import annotations

from typing import Protocol


class Engine(Protocol):
    """Deterministic: the same commands give the same events and the same state, whatever they are batched into."""

    @property
    def last_sequence(self) -> int:
        """Of the last command applied; 0 before the first."""

    @property
    def last_time_ns(self) -> int:
        """Of the last command applied."""

    @property
    def next_due_ns(self) -> int:
        """When something is due that the next command from then on brings; 2^63 - 1 for never."""

    @property
    def remembered_trades(self) -> tuple[int, int]:
        """Number of the first trade that can be booked back, and of the next one there will be. From any thread."""

    def apply(self, commands: bytes | memoryview, /) -> bytes:
        """Whole command records in, event records out. Raises `lionrock.words.faults.Fault`."""

    def pass_over(self, last_sequence: int, /) -> None:
        """Go on behind commands that were recorded but never carried out."""

    def save(self) -> bytes:
        """The whole state, for whatever loads an engine."""

    def lines(self) -> list[str]:
        """The state as lines of text (spec/state.md)."""

    def digest(self) -> str:
        """SHA-256 of these lines, lowercase hex."""

    def depth(self, market_id: int, limit: int, /) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Bids and asks as (price_ticks, lots), best first. Raises `KeyError` for an unknown market."""

    def auction(self, market_id: int, /) -> tuple[int, int, int] | None:
        """What an auction would do now: price_ticks, lots, imbalance_lots. Raises `KeyError` for an unknown market."""

    def balances(self, account_id: int, /) -> list[tuple[int, int, int]]:
        """(asset_id, available_atoms, held_atoms) by asset. Raises `KeyError` for an unknown account."""

    def preview(self, order: bytes, time_ns: int, /) -> tuple[bytes, int]:
        """What a `PlaceOrder` record would be answered, as an event record, and the account's exposure with it."""
