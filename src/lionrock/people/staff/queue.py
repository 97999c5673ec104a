"""What waits for the staff, with deadlines: proposals, reviews, and whatever other rooms put in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.proposal import Proposal, State
from lionrock.people.staff.proposals import Proposals
from lionrock.people.staff.roles import Role


class WorkItem(msgspec.Struct, frozen=True):
    """Something that somebody of these roles is to do."""

    kind: str
    """Such as `proposal`, `review`, `application`."""
    item_id: str
    """Opaque; of that kind."""
    words: str
    """What is to be done, without personal data."""
    roles: frozenset[Role]
    since_ns: int
    due_ns: int
    """0 for no deadline."""
    not_for: frozenset[str] = frozenset()
    """Members who may not do it, such as whoever proposed it."""
    action: str = ""
    """Of what is proposed, or was done."""
    about: str = ""
    """Opaque id of the client, account or member of the staff that it is about."""


class WorkSource(Protocol):
    """A room that has work for the staff."""

    def work(self, now_ns: int) -> Iterable[WorkItem]:
        """What waits now. Called in a thread; may be SQL."""


class WorkQueue:
    """All sources together."""

    def __init__(self) -> None:
        self._sources: list[WorkSource] = []

    def add(self, source: WorkSource) -> None:
        """Once for each room, when the site is put together."""
        self._sources.append(source)

    def items(self, now_ns: int, roles: frozenset[Role], staff_id: str) -> list[WorkItem]:
        """For somebody of these roles, what is due first at the top. Calls are SQL: make them in a thread."""
        found = [
            item
            for source in self._sources
            for item in source.work(now_ns)
            if item.roles & roles and staff_id not in item.not_for
        ]
        return sorted(found, key=lambda item: (item.due_ns or 2**63, item.since_ns, item.item_id))


class ProposalWork:
    """Proposals that wait for a checker, reviews of what was done before, and what nobody knows the end of."""

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals

    def work(self, now_ns: int) -> Iterable[WorkItem]:  # noqa: ARG002 every source is told the time
        states = State.OPEN, State.TO_REVIEW, State.UNKNOWN
        for proposal in self._proposals.listed(states, most=1_000):
            action = ACTIONS[proposal.action]
            is_unknown = proposal.state is State.UNKNOWN
            yield WorkItem(
                {State.OPEN: "proposal", State.TO_REVIEW: "review"}.get(proposal.state, "outcome_unknown"),
                proposal.proposal_id,
                action.words,
                action.makers if is_unknown else action.checkers,
                proposal.made_ns,
                0 if is_unknown else proposal.ends_ns,
                frozenset() if is_unknown else frozenset({proposal.made_by, *(g.staff_id for g in proposal.verdicts)}),
                proposal.action,
                str(proposal.payload.get(action.subject.value, "")),
            )


def may_see(roles: frozenset[Role], action: str) -> bool:
    """Whether proposals of an action are any business of these roles: suspicions are not told to everybody."""
    row = ACTIONS.get(action)
    return row is not None and bool(roles & (row.makers | row.checkers | Permission.AUDIT_READ.roles))


def may_read(roles: frozenset[Role], proposal: Proposal) -> bool:
    """The same of one proposal: of what was done alone in an emergency everybody is told who may do so, and whoever is
    told may look.
    """
    is_told = proposal.is_break_glass and bool(roles & Permission.BREAK_GLASS.roles)
    return is_told or may_see(roles, proposal.action)


def may_look_ahead(roles: frozenset[Role], action: str) -> bool:
    """Whether they may see what it would change: who may do it alone in an emergency looks before acting as well."""
    row = ACTIONS.get(action)
    is_open = row is not None and row.may_break_glass and bool(roles & Permission.BREAK_GLASS.roles)
    return is_open or may_see(roles, action)
