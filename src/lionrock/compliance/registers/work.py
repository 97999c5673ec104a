"""Records that wait for the staff, for the one queue."""

from __future__ import annotations

from collections.abc import Iterable

from lionrock.compliance.registers.registers import Registers
from lionrock.compliance.registers.terms import TERMS, Register
from lionrock.people.staff.queue import WorkItem
from lionrock.people.staff.roles import Role

_WORDS = {
    Register.INCIDENT: "Tell the regulator of the incident",
    Register.COMPLAINT: "Answer the complaint",
    Register.PARTICULARS_CHANGE: "Tell the regulator of the change",
    Register.PATCH: "Install the tested patch",
    Register.AML_POLICY_CHANGE: "Tell the regulator of the new policy",
}


class RegisterWork:
    """As `WorkSource`. SQL."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers

    def work(self, now_ns: int) -> Iterable[WorkItem]:  # noqa: ARG002 every source is told the time
        for register in self._registers.deadlines:
            roles = frozenset(role for role in Role if role.value in TERMS[register].roles)
            for record in self._registers.read_all(register):
                if record.done_ns is None:
                    kind = TERMS[register].obligation
                    yield WorkItem(kind, record.record_id, _WORDS[register], roles, record.begun_ns, record.due_ns)
