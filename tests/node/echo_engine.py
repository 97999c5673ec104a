"""An engine that refuses every command, and faults at one if told to."""

from __future__ import annotations

from lionrock.words.commands import COMMANDS
from lionrock.words.events import CommandRejected
from lionrock.words.faults import Fault
from lionrock.words.records import unpack_all
from lionrock.words.rejections import Rejection


class EchoEngine:
    """Its state is how many commands it took."""

    def __init__(self, fault_at: int = 0) -> None:
        self.last_sequence = 0
        self.last_time_ns = 0
        self.next_due_ns = 2**63 - 1
        self._fault_at = fault_at

    @property
    def remembered_trades(self) -> tuple[int, int]:
        return 1, 1

    def apply(self, commands: bytes | memoryview, /) -> bytes:
        events = []
        for command in unpack_all(COMMANDS, commands):
            if command.sequence != self.last_sequence + 1 or command.time_ns < self.last_time_ns:
                raise Fault(f"command {command.sequence} came after command {self.last_sequence}")
            if command.sequence == self._fault_at:
                raise Fault(f"command {command.sequence} broke a sum")
            self.last_sequence, self.last_time_ns = command.sequence, command.time_ns
            rejected = CommandRejected(
                index=0,
                sequence=command.sequence,
                time_ns=command.time_ns,
                command_kind=10,
                rejection=Rejection.ACCOUNT_UNKNOWN,
                first_figure=getattr(command, "account_id", 0),
                second_figure=0,
            )
            events.append(rejected.pack())
        return b"".join(events)

    def pass_over(self, last_sequence: int, /) -> None:
        self.last_sequence = last_sequence

    def save(self) -> bytes:
        return f"{self.last_sequence} {self.last_time_ns}".encode()

    def lines(self) -> list[str]:
        return [f"echo|{self.last_sequence}"]

    def digest(self) -> str:
        return f"{self.last_sequence:064x}"

    def depth(self, market_id: int, limit: int, /) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        raise KeyError(market_id)

    def auction(self, market_id: int, /) -> tuple[int, int, int] | None:
        return None

    def balances(self, account_id: int, /) -> list[tuple[int, int, int]]:
        raise KeyError(account_id)

    def preview(self, order: bytes, time_ns: int, /) -> tuple[bytes, int]:
        return b"", 0
