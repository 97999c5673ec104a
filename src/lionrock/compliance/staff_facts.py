"""What rules are told of the operator's people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lionrock.people.staff.members import Members
from lionrock.rulebook.facts import StaffRecord
from lionrock.rulebook.ports import Fact


class StaffFacts:
    """Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def facts(self, fact_type: type[Fact]) -> Sequence[Any] | None:
        """As `FactSource`: a `StaffRecord` of everybody who is, or was, of the staff."""
        if fact_type is not StaffRecord:
            return None
        return [
            StaffRecord(
                member.staff_id,
                tuple(sorted(role.value for role in member.roles)),
                member.is_active,
                member.is_enrolled,  # there is no way in with one factor
                member.access_reviewed_ns,
                member.has_trading_account,
                self._members.own_files(member),
            )
            for member in self._members.all()
        ]
