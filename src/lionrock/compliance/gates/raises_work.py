"""Higher exposure limits that clients' own declarations ask for, in the queue of the staff."""

from __future__ import annotations

from collections.abc import Iterable

from lionrock.compliance.assessments.exposure import ExposureLimits
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.queue import WorkItem

KIND = "exposure_raise"
ANSWER_WITHIN_NS = 7 * DAY_NS
"""As long as a proposal of the staff waits for its checker."""


class RaisesWork:
    """As `WorkSource`. SQL."""

    def __init__(self, limits: ExposureLimits) -> None:
        self._limits = limits

    def work(self, now_ns: int) -> Iterable[WorkItem]:  # noqa: ARG002 every source is told the time
        roles, words = Permission.EXPOSURE_RAISES.roles, "Approve or decline a higher exposure limit"
        for each in self._limits.waiting():
            due_ns = each.from_ns + ANSWER_WITHIN_NS
            yield WorkItem(KIND, each.client_id, words, roles, each.from_ns, due_ns, about=each.client_id)
