"""Making and checking proposals over HTTP; acting at once and alone; what waits, and what was done."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Venue
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.staff.actions import StaffAction, list_actions
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.actions import ACTIONS, Reason
from lionrock.people.staff.audit import MACHINE, Entry, canonical_json
from lionrock.people.staff.members import Member
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.proposal import Proposal, State, Told, Verdict
from lionrock.people.staff.queue import may_look_ahead, may_read
from lionrock.people.staff.refusals import No, StaffRefused

MOST_ROWS = 500
_THE_SITE = "-"
"""Asks for what nobody of the staff did."""


class ProposalMade(msgspec.Struct, rename="camel", frozen=True):
    action: str
    payload: dict[str, Any]
    reason_code: str = ""
    words: str = ""

    def __repr__(self) -> str:
        return "ProposalMade()"


class VerdictGiven(msgspec.Struct, rename="camel", frozen=True):
    proposal_id: str
    payload_sha256: str
    words: str = ""

    def __repr__(self) -> str:
        return "VerdictGiven()"


class ReviewGiven(msgspec.Struct, rename="camel", frozen=True):
    proposal_id: str
    payload_sha256: str
    verdict: Verdict
    words: str = ""

    def __repr__(self) -> str:
        return "ReviewGiven()"


class ProposalNamed(msgspec.Struct, rename="camel", frozen=True):
    proposal_id: str


class StaffVerdict(msgspec.Struct, rename="camel"):
    """What somebody said who checked it."""

    staff_id: str
    verdict: str
    given_at_ms: int
    words: str


class StaffProposal(msgspec.Struct, rename="camel"):
    """A proposal as it stands."""

    proposal_id: str
    action: str
    payload: dict[str, Any]
    payload_sha256: str
    """Of its canonical JSON; sent back with a verdict, so that what was read is what is approved."""
    payload_json: str
    """The very bytes of the SHA-256, as text; whole numbers in it are exact, which they are not in every program's
    `payload`.
    """
    reason_code: str
    words: str
    made_by: str
    made_at_ms: int
    ends_at_ms: int
    """When it expires, or when its review is overdue."""
    state: str
    """Of the proposal as a job. The HTTP status tells of the request alone: a verdict that was taken is answered with
    200, also where carrying it out then came to `failed` (nothing was changed; `outcome` says why) or to `unknown`
    (look at what it was to change, and propose anew). Only `carried_out`, or `to_review`, means that it was done.
    """
    changed_at_ms: int
    outcome: str
    """What was done, or why it was not; empty until then."""
    is_break_glass: bool
    verdicts: list[StaffVerdict]
    now: dict[str, str | list[str]]
    """Fields of an open proposal's payload as they stand at this moment, as text, where one is shown alone."""


class ProposalPreview(msgspec.Struct, rename="camel"):
    """What would be proposed. Nothing was."""

    payload: dict[str, Any]
    """With every field that was not sent."""
    payload_sha256: str
    payload_json: str
    """The very bytes of the SHA-256, as text."""
    now: dict[str, str | list[str]]
    """Its fields as they stand at this moment, as text, where that is told."""


class StaffWork(msgspec.Struct, rename="camel"):
    """Something that waits."""

    kind: str
    item_id: str
    words: str
    since_ms: int
    due_ms: int
    """0 for no deadline."""
    is_overdue: bool
    action: str
    """Of what is proposed, or was done before it was checked; otherwise empty."""
    about: str
    """Opaque id of the client, account or member of the staff that it is about; empty for none."""


class AuditRow(msgspec.Struct, rename="camel"):
    """An entry of the log, with what it takes to find it in the journal and to check it alone."""

    entry: int
    at_ms: int
    staff_id: str
    event: str
    subject: str
    details: dict[str, str]
    canonical: str
    """The bytes that the digest is over, as text."""
    digest: str
    """SHA-256 of `canonical`, as hex digits."""
    previous: str
    """Digest of the entry before."""
    journal_sequence: str
    """Of the command in the journal that carries the digest, for `lionrock journal prove`; 0 while on its way."""


async def list_proposals(venue: Venue, call: Call) -> list[StaffProposal]:
    """Those that one's roles may make, check or oversee, newest first."""
    office, member = office_of(venue), session_of_staff(call).member
    named = call.parameters.text("state")
    if named is not None and named not in set(State):
        raise missing_or_invalid("state")
    states, most = [State(named)] if named else [], call.parameters.limit(100, MOST_ROWS)
    found = await asyncio.to_thread(office.proposals.listed, states, most)
    return [_shown(proposal) for proposal in found if _is_business_of(member, proposal)]


async def show_proposal(venue: Venue, call: Call) -> StaffProposal:
    """One of them; what is none of one's business is not there."""
    office, member = office_of(venue), session_of_staff(call).member
    named = call.parameters.required("proposalId")
    with told_to_staff():
        proposal = await asyncio.to_thread(office.proposals.read, named)
        if not _is_business_of(member, proposal):
            raise StaffRefused(No.PROPOSAL_UNKNOWN)
    return _shown(proposal, await asyncio.to_thread(office.proposals.present, proposal))


def _is_business_of(member: Member, proposal: Proposal) -> bool:
    """What somebody did alone in an emergency is theirs to follow, whatever their roles."""
    return proposal.made_by == member.staff_id or may_read(member.roles, proposal)


async def preview(venue: Venue, call: Call) -> ProposalPreview:
    """What a proposal would say and what it would change, before anybody proposes it."""
    asked, office = read_json(call.body, ProposalMade), office_of(venue)
    if asked.action in ACTIONS and not may_look_ahead(session_of_staff(call).member.roles, asked.action):
        with told_to_staff():
            raise StaffRefused(No.NOT_MAKER, action=asked.action, roles=", ".join(sorted(ACTIONS[asked.action].makers)))
    with told_to_staff():
        payload, digest, now = await asyncio.to_thread(office.proposals.preview, _told(asked))
    return ProposalPreview(payload, digest, canonical_json(payload).decode(), _as_text(now))


def _as_text(now: dict[str, object]) -> dict[str, str | list[str]]:
    return {
        name: [str(each) for each in value] if isinstance(value, list) else str(value) for name, value in now.items()
    }


async def propose(venue: Venue, call: Call) -> StaffProposal:
    """Waits for somebody else's approval."""
    asked, office = read_json(call.body, ProposalMade), office_of(venue)
    with told_to_staff():
        return _shown(await office.proposals.propose(session_of_staff(call).staff_id, _told(asked)))


async def do_at_once(venue: Venue, call: Call) -> StaffProposal:
    """Done now and reviewed by somebody else after, for the few actions where waiting would do harm."""
    asked, office = read_json(call.body, ProposalMade), office_of(venue)
    with told_to_staff():
        return _shown(await office.proposals.do_at_once(session_of_staff(call).staff_id, _told(asked)))


async def break_glass(venue: Venue, call: Call) -> StaffProposal:
    """Acts alone in an emergency: an alarm goes off, and a review must follow within a day."""
    asked, office = read_json(call.body, ProposalMade), office_of(venue)
    with told_to_staff():
        done = await office.proposals.do_at_once(session_of_staff(call).staff_id, _told(asked), breaking_glass=True)
    return _shown(done)


async def approve(venue: Venue, call: Call) -> StaffProposal:
    """Says yes to what was read. With the last yes that is needed it is carried out."""
    asked, office = read_json(call.body, VerdictGiven), office_of(venue)
    with told_to_staff():
        return _shown(
            await office.proposals.approve(
                session_of_staff(call).staff_id, asked.proposal_id, asked.payload_sha256, asked.words
            )
        )


async def reject(venue: Venue, call: Call) -> StaffProposal:
    """Says no, with words; that ends it."""
    asked, office = read_json(call.body, VerdictGiven), office_of(venue)
    with told_to_staff():
        return _shown(
            await office.proposals.reject(
                session_of_staff(call).staff_id, asked.proposal_id, asked.payload_sha256, asked.words
            )
        )


async def review(venue: Venue, call: Call) -> StaffProposal:
    """Says whether what was done before it was checked should have been done."""
    asked, office = read_json(call.body, ReviewGiven), office_of(venue)
    with told_to_staff():
        return _shown(
            await office.proposals.review(
                session_of_staff(call).staff_id, asked.proposal_id, asked.verdict, asked.payload_sha256, asked.words
            )
        )


async def withdraw(venue: Venue, call: Call) -> StaffProposal:
    """Takes back what one proposed oneself."""
    asked, office = read_json(call.body, ProposalNamed), office_of(venue)
    with told_to_staff():
        return _shown(await office.proposals.withdraw(session_of_staff(call).staff_id, asked.proposal_id))


async def show_queue(venue: Venue, call: Call) -> list[StaffWork]:
    """What waits for one's roles, the first deadline at the top."""
    office, session, now_ns = office_of(venue), session_of_staff(call), venue.clock()
    items = await asyncio.to_thread(office.queue.items, now_ns, session.member.roles, session.staff_id)
    return [
        StaffWork(
            item.kind,
            item.item_id,
            item.words,
            item.since_ns // NS_PER_MS,
            item.due_ns // NS_PER_MS,
            0 < item.due_ns <= now_ns,
            item.action,
            item.about,
        )
        for item in items
    ]


async def show_audit(venue: Venue, call: Call) -> list[AuditRow]:
    """The log of what the staff did and tried, the newest first; each entry can be checked alone."""
    asked = call.parameters
    named = asked.text("staffId")
    entries = await asyncio.to_thread(
        office_of(venue).audit.newest,
        asked.number("before"),
        asked.limit(100, MOST_ROWS),
        subject=asked.text("subject"),
        event=asked.text("event"),
        staff_id=MACHINE if named == _THE_SITE else named,
    )
    return [audit_row(each) for each in entries]


def audit_row(entry: Entry) -> AuditRow:
    """As it is shown."""
    return AuditRow(
        entry.entry,
        entry.at_ns // NS_PER_MS,
        entry.staff_id,
        entry.event,
        entry.subject,
        {name: str(detail) for name, detail in entry.details.items()},
        entry.canonical.decode(),
        entry.digest.hex(),
        entry.previous.hex(),
        str(entry.sequence),
    )


def _told(asked: ProposalMade) -> Told:
    return Told(asked.action, asked.payload, asked.reason_code, asked.words)


def _shown(proposal: Proposal, now: dict[str, object] | None = None) -> StaffProposal:
    return StaffProposal(
        proposal.proposal_id,
        proposal.action,
        proposal.payload,
        proposal.payload_sha256,
        canonical_json(proposal.payload).decode(),
        proposal.reason_code,
        proposal.words,
        proposal.made_by,
        proposal.made_ns // NS_PER_MS,
        proposal.ends_ns // NS_PER_MS,
        proposal.state.value,
        proposal.changed_ns // NS_PER_MS,
        proposal.outcome,
        proposal.is_break_glass,
        [
            StaffVerdict(each.staff_id, each.verdict.value, each.given_ns // NS_PER_MS, each.words)
            for each in proposal.verdicts
        ],
        _as_text(now or {}),
    )


_MADE = (
    Parameter("action", "Name of an action from the list", is_required=True, choices=tuple(ACTIONS)),
    Parameter(
        "payload",
        "What is to be done, with the fields that `GET /lionrock/v1/staff/actions` tells of the action",
        is_required=True,
        shapes=(dict[str, Any],),
    ),
    Parameter("reasonCode", "Why", choices=tuple(reason.value for reason in Reason)),
    Parameter("words", "Why, in a sentence or more; at most 2,000 characters"),
)
_PROPOSAL_ID = Parameter("proposalId", "Which proposal", is_required=True)
_GIVEN = (
    _PROPOSAL_ID,
    Parameter("payloadSha256", "SHA-256 of the payload that was read, as the proposal shows it", is_required=True),
    Parameter("words", "What the checker has to say; a no needs some"),
)
_LIMIT = Parameter("limit", "Most rows to answer", Kind.WHOLE_NUMBER, example="100")
_WORK = Permission.PROPOSALS_WORK

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row(
        "GET", "actions", Permission.PROPOSALS_READ, list_actions, "What takes two people", answer=list[StaffAction]
    ),
    staff_row(
        "GET",
        "proposals",
        Permission.PROPOSALS_READ,
        list_proposals,
        "Proposals",
        (Parameter("state", "Only those in this state", choices=tuple(state.value for state in State)), _LIMIT),
        answer=list[StaffProposal],
    ),
    staff_row(
        "GET",
        "proposals/one",
        Permission.PROPOSALS_READ,
        show_proposal,
        "One proposal",
        (_PROPOSAL_ID,),
        answer=StaffProposal,
    ),
    staff_row("POST", "proposals", _WORK, propose, "Propose something", _MADE, answer=StaffProposal),
    staff_row(
        "POST",
        "proposals/preview",
        _WORK,
        preview,
        "What a proposal would say and change; nothing is proposed",
        _MADE,
        answer=ProposalPreview,
    ),
    staff_row("POST", "proposals/approve", _WORK, approve, "Approve a proposal", _GIVEN, answer=StaffProposal),
    staff_row("POST", "proposals/reject", _WORK, reject, "Reject a proposal", _GIVEN, answer=StaffProposal),
    staff_row(
        "POST",
        "proposals/withdraw",
        _WORK,
        withdraw,
        "Take back one's own proposal",
        (_PROPOSAL_ID,),
        answer=StaffProposal,
    ),
    staff_row(
        "POST",
        "proposals/review",
        _WORK,
        review,
        "Review what was done at once or alone",
        (
            *_GIVEN,
            Parameter(
                "verdict", "Whether it was right", is_required=True, choices=tuple(verdict.value for verdict in Verdict)
            ),
        ),
        answer=StaffProposal,
    ),
    staff_row(
        "POST",
        "proposals/atOnce",
        _WORK,
        do_at_once,
        "Do something at once that is reviewed after",
        _MADE,
        answer=StaffProposal,
    ),
    staff_row(
        "POST",
        "breakGlass",
        Permission.BREAK_GLASS,
        break_glass,
        "Act alone in an emergency",
        _MADE,
        answer=StaffProposal,
    ),
    staff_row("GET", "queue", Permission.QUEUE, show_queue, "What waits for one's roles", answer=list[StaffWork]),
    staff_row(
        "GET",
        "audit",
        Permission.AUDIT_READ,
        show_audit,
        "The log of what the staff did, newest first",
        (
            Parameter(
                "before", "Entries before this one; from the newest unless sent", Kind.WHOLE_NUMBER, example="120"
            ),
            Parameter("subject", "Only entries about this id"),
            Parameter("event", "Only entries of what happened, such as approved", example="approved"),
            Parameter("staffId", "Only what this member of the staff did; - for the site itself", example=_THE_SITE),
            _LIMIT,
        ),
        answer=list[AuditRow],
        weight=5,
    ),
)
