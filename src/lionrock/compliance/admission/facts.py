"""What rules are told of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from lionrock.compliance.admission.board_report import OBLIGATION, BoardReports
from lionrock.compliance.admission.room import Admission
from lionrock.people.staff.queue import WorkItem
from lionrock.people.staff.roles import Role
from lionrock.rulebook.facts import GateWired, Obligation, TokenRecord, Watched
from lionrock.rulebook.ports import Fact

PLACE = "compliance.admission"


class AdmissionFacts:
    """Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, admission: Admission, reports: BoardReports, clock: Callable[[], int]) -> None:
        self._admission, self._reports, self._clock = admission, reports, clock

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """As `FactSource`: tokens, the gates that are asked of them, and the board's reports."""
        found: dict[type[msgspec.Struct], Callable[[], Sequence[Any]]] = {
            TokenRecord: lambda: [token.present for token in self._admission.register.all()],
            GateWired: self._gates,
            Obligation: self._owed,
            Watched: lambda: [Watched(OBLIGATION, PLACE)],
        }
        return found[fact_type]() if fact_type in found else None

    def _gates(self) -> list[GateWired]:
        asked = self._admission.asked
        return [
            GateWired(gate, PLACE, asked[gate, "admitted"], asked[gate, "refused"]) for gate in self._admission.gates
        ]

    def _owed(self) -> list[Obligation]:
        return [Obligation(OBLIGATION, *each) for each in self._reports.owed(self._clock())]

    def work(self, now_ns: int) -> Iterable[WorkItem]:
        """As `WorkSource`: reports that are owed."""
        for month, end_ns, made_ns in self._reports.owed(now_ns):
            if made_ns is None:
                roles = frozenset({Role.COMPLIANCE_OFFICER})
                yield WorkItem(OBLIGATION, month, "Make the monthly report to the board", roles, end_ns, 0)
