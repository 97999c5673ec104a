"""Why something about a client is refused, as data: what, which rule, which numbers, what next."""

from __future__ import annotations

from collections.abc import Mapping

from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.rulebook.decisions import Decision


class AssessmentRefused(Exception):
    """What was asked is refused; nothing was changed."""

    def __init__(
        self,
        name: str,
        words: str,
        *,
        next_step: str,
        rules: tuple[str, ...] = (),
        figures: Mapping[str, int | str] | None = None,
    ) -> None:
        self.name, self.words, self.next_step, self.rules = name, words, next_step, rules
        self.figures: dict[str, int | str] = dict(figures or {})
        super().__init__(name)

    @classmethod
    def by(cls, decision: Decision) -> AssessmentRefused:
        """What a gate of the rulebook refused."""
        return cls(
            decision.gate,
            decision.words,
            next_step=decision.next_step,
            rules=decision.rule_ids,
            figures=decision.figures,
        )


def check_two(proposer: StaffIdentity, approver: StaffIdentity, rules: tuple[str, ...] = ()) -> None:
    """That two people stand behind it. Raises `AssessmentRefused`."""
    if proposer.staff_id == approver.staff_id or not proposer.staff_id or not approver.staff_id:
        raise AssessmentRefused(
            "second_person_missing",
            "this takes two people, and both are the same",
            next_step="have somebody else approve it",
            rules=rules,
        )


def check_reason(reason: str) -> None:
    """That something was said. Raises `AssessmentRefused`."""
    if not reason.strip():
        raise AssessmentRefused("reason_missing", "a reason must be given", next_step="say why")
