"""Where a client stands, as the staff sees it, and the three things that one person may do about it.

What takes two people is proposed (`proposals.py`): `client_evidence`, `client_risk`, `client_due_diligence`,
`client_review`, `agreement_version`. Who speaks with clients does not see how they were rated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from lionrock.compliance.assessments.authorities import Authority
from lionrock.compliance.assessments.records import NEVER_NS, Finding, Kind, last
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.risk import Fact, Rating
from lionrock.compliance.assessments.standing import Standing
from lionrock.compliance.gates import by_staff
from lionrock.compliance.staff_identity import StaffIdentity, identity_of
from lionrock.gateways.rest.assessed import cited, ms, told_why
from lionrock.gateways.rest.client_limits import (
    AccountLimits,
    ConditionShown,
    RaiseShown,
    StepShown,
    account_limits,
    conditions,
    raise_shown,
)
from lionrock.gateways.rest.contract import NS_PER_MS, Assessed, Call, Endpoint, Parameter, Venue
from lionrock.gateways.rest.contract import Kind as Of
from lionrock.gateways.rest.errors import LicenceRule, Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.proposal import MOST_WORDS
from lionrock.rulebook.decisions import Decision

_MOST_FACT = 64


class RiskFactsGiven(msgspec.Struct, rename="camel", frozen=True):
    client_id: str
    facts: dict[str, str | int | None]

    def __repr__(self) -> str:
        return "RiskFactsGiven()"


class EvidenceRevoked(msgspec.Struct, rename="camel", frozen=True):
    client_id: str
    number: int


class RaiseAnswered(msgspec.Struct, rename="camel", frozen=True):
    client_id: str
    number: int
    approves: bool
    words: str

    def __repr__(self) -> str:
        return "RaiseAnswered()"


class FactorShown(msgspec.Struct, rename="camel"):
    """What one factor of the rating came to."""

    factor: str
    words: str
    value: str
    """Empty where it is missing."""
    points: int
    is_missing: bool
    least_level: str
    """Level that the value forces at least; empty for none."""


class FactAsked(msgspec.Struct, rename="camel"):
    """A fact that the method rates by."""

    factor: str
    words: str
    values: list[str]
    """That have points of their own; any other is taken as well, with the points of all others."""
    is_whole_number: bool
    """It is counted, and not named."""


class RiskShown(msgspec.Struct, rename="camel"):
    """How much risk the client is."""

    level: str
    """Empty without a rating."""
    is_override: bool
    """Two people set the level by hand."""
    rated_at_ms: int
    next_review_ms: int
    """0 without a rating."""
    missing_steps: list[str]
    """Of enhanced due diligence."""
    points: int
    """Of the factors, as the method adds them."""
    method: str
    method_sha256: str
    factors: list[FactorShown]
    """Of the newest rating by facts; empty where there is none."""
    asked: list[FactAsked]
    """What the next rating goes by."""
    licence_rules: list[LicenceRule]


class FindingOnFile(msgspec.Struct, rename="camel"):
    """Something that was found out, with who decided it."""

    number: int
    kind: str
    result: str
    method: str
    """Of evidence the kind of document."""
    document_sha256: str
    from_ms: int
    until_ms: int
    """0 for good."""
    ended_ms: int
    """When it was taken back; 0 when it was not."""
    is_in_force: bool
    decided_by: str
    approved_by: str


class AuthorityOnFile(msgspec.Struct, rename="camel"):
    """A standing authority."""

    authority_id: str
    scope: str
    document_sha256: str
    begins_ms: int
    ends_ms: int
    revoked_ms: int
    is_in_force: bool


class GateAnswer(msgspec.Struct, rename="camel"):
    """What a gate of the licences answered about the client."""

    gate: str
    outcome: str
    words: str
    figures: dict[str, str]
    next_step: str
    licence_rules: list[LicenceRule]
    rules_version: str
    at_ms: int


class StaffStanding(msgspec.Struct, rename="camel"):
    """Where a client stands, and what of it the core holds."""

    client_id: str
    state: str
    at_ms: int
    client_class: str
    class_until_ms: int
    """When the evidence of the class ends; 0 where none is needed."""
    effect: str
    """Strictest of all conditions."""
    conditions: list[ConditionShown]
    risk_profile: str
    exposure_limit_minor: int | None
    """In minor units of the valuation currency; null where none is asked."""
    valuation_asset: str
    """The valuation currency."""
    minor_decimals: int
    """Places of its minor unit."""
    exposure_steps: list[StepShown]
    exposure_raise: RaiseShown | None
    """A higher limit by the client's own declaration that waits for an answer."""
    risk: RiskShown
    evidence: list[FindingOnFile]
    reviews: list[FindingOnFile]
    """Reviews, and steps of enhanced due diligence."""
    restrictions: list[FindingOnFile]
    authorities: list[AuthorityOnFile]
    decisions: list[GateAnswer]
    accounts: list[AccountLimits]
    """What the core holds for each account of the client."""
    next_change_ms: int
    """When something changes by itself; 0 for never."""


def _assessed(venue: Venue) -> Assessed:
    if venue.assessed is None:
        raise Refused(-1101)
    return venue.assessed


async def _known(venue: Venue, client_id: str) -> Assessed:
    assessed = _assessed(venue)
    if await asyncio.to_thread(assessed.assessments.clients.client, client_id) is None:
        raise missing_or_invalid("clientId")
    return assessed


async def _decides(venue: Venue, call: Call, client_id: str) -> tuple[Assessed, StaffIdentity]:
    """Who of the staff decides about a client: nobody about their own file. Raises `Refused`."""
    assessed, member, office = await _known(venue, client_id), session_of_staff(call).member, office_of(venue)
    with told_to_staff():
        await office.check_own_file(member, clients=[client_id])
    return assessed, identity_of(member)


async def show_standing(venue: Venue, call: Call) -> StaffStanding:
    """Who looks is on the staff's log before anything is shown."""
    client_id = call.parameters.required("clientId")
    assessed = await _known(venue, client_id)
    await office_of(venue).note(session_of_staff(call).member.staff_id, "client assessments read", client_id)
    return await _shown(venue, assessed, client_id)


async def rate(venue: Venue, call: Call) -> StaffStanding:
    """Rates a client by facts; one that is not sent counts as missing. It takes the place of a level set by hand."""
    asked = read_json(call.body, RiskFactsGiven)
    assessed, staff = await _decides(venue, call, asked.client_id)
    facts = _facts(assessed, asked.facts)
    await office_of(venue).note(staff.staff_id, "client risk rated", asked.client_id)
    with told_why(assessed):
        await by_staff.rate_risk(assessed.clock, staff, asked.client_id, facts, venue.clock())
    return await _shown(venue, assessed, asked.client_id)


def _facts(assessed: Assessed, told: dict[str, Fact]) -> dict[str, Fact]:
    """Those that the method knows. Raises `Refused` for others, so that a slip of the pen is not taken for missing."""
    known = {factor.name for factor in assessed.assessments.data.risk[0].factor}
    with told_why(assessed):
        if set(told) - known:
            raise AssessmentRefused(
                "risk_fact_unknown",
                "a fact is not among those that the method knows",
                next_step=f"use {', '.join(sorted(known))}",
                rules=assessed.assessments.data.risk[0].rules,
                figures={"unknown": len(set(told) - known)},
            )
    if any(isinstance(value, str) and not 0 < len(value) <= _MOST_FACT for value in told.values()):
        raise missing_or_invalid("facts")
    return told


async def revoke(venue: Venue, call: Call) -> StaffStanding:
    """Evidence counts no more: one person may, as the client has fewer rights after it."""
    asked = read_json(call.body, EvidenceRevoked)
    assessed, staff = await _decides(venue, call, asked.client_id)
    with told_why(assessed):
        await by_staff.revoke_evidence(assessed.clock, staff, asked.client_id, asked.number, venue.clock())
    await office_of(venue).note(staff.staff_id, "client evidence revoked", asked.client_id)
    return await _shown(venue, assessed, asked.client_id)


async def answer_raise(venue: Venue, call: Call) -> StaffStanding:
    """The client declared, one person of the staff checks: the higher limit counts from now on, or the present stays.

    Why is sealed with it, and not told to the client.
    """
    asked = read_json(call.body, RaiseAnswered)
    if len(asked.words) > MOST_WORDS:
        raise missing_or_invalid("words")
    assessed, staff = await _decides(venue, call, asked.client_id)
    with told_why(assessed):
        await by_staff.answer_raise(
            assessed.clock,
            staff,
            asked.client_id,
            asked.number,
            approves=asked.approves,
            reason=asked.words,
            at_ns=venue.clock(),
        )
    event = "client limit raised" if asked.approves else "client limit not raised"
    await office_of(venue).note(staff.staff_id, event, asked.client_id)
    return await _shown(venue, assessed, asked.client_id)


async def _shown(venue: Venue, assessed: Assessed, client_id: str) -> StaffStanding:
    current = await assessed.clock.attend(client_id, venue.clock())
    if current is None:
        raise missing_or_invalid("clientId")
    accounts = [account_limits(assessed, each) for each in assessed.gates.accounts(current.client)]
    return await asyncio.to_thread(_standing, assessed, current, accounts)


def _standing(assessed: Assessed, current: Standing, accounts: list[AccountLimits]) -> StaffStanding:
    room, at_ns = assessed.assessments, current.at_ns
    findings = room.records.of(current.client.client_id)
    limit = last(findings, Kind.EXPOSURE_LIMIT)
    return StaffStanding(
        current.client.client_id,
        current.client.state,
        ms(at_ns),
        current.client_class,
        ms(current.record.professional_evidence_until_ns),
        current.effect.name.lower(),
        conditions(assessed, current.conditions),
        current.profile,
        current.exposure_limit_minor,
        assessed.gates.site.valuation_asset,
        assessed.gates.site.minor_decimals,
        [StepShown(words, minor) for words, minor in room.exposure.steps(limit).items()] if limit else [],
        raise_shown(assessed, findings),
        _risk(assessed, current, findings),
        _on_file(findings, at_ns, Kind.EVIDENCE),
        _on_file(findings, at_ns, Kind.REVIEW, Kind.ENHANCED),
        _on_file(findings, at_ns, Kind.RESTRICTION),
        [_authority(each, at_ns) for each in room.authorities.of(current.client.client_id)],
        [_answer(assessed, each) for each in current.decisions],
        accounts,
        0 if current.next_change_ns == NEVER_NS else ms(current.next_change_ns),
    )


def _risk(assessed: Assessed, current: Standing, findings: list[Finding]) -> RiskShown:
    state, method = current.risk, assessed.assessments.data.risk[0]
    newest = last(findings, Kind.RISK_RATING)
    rating = assessed.assessments.risk.factors(newest) if newest else Rating("", 0, (), "", "")
    words = {factor.name: factor.words for factor in method.factor}
    return RiskShown(
        state.level,
        state.is_override,
        ms(state.rated_ns),
        0 if state.next_review_ns == NEVER_NS else ms(state.next_review_ns),
        list(state.missing_steps),
        rating.points,
        rating.method,
        rating.method_sha256,
        [
            FactorShown(
                each.factor,
                words.get(each.factor, ""),
                "" if each.value is None else str(each.value),
                each.points,
                each.is_missing,
                each.floor,
            )
            for each in rating.factors
        ],
        [FactAsked(each.name, each.words, list(each.points), bool(each.bands)) for each in method.factor],
        cited(assessed, method.rules),
    )


def _on_file(findings: Iterable[Finding], at_ns: int, *kinds: Kind) -> list[FindingOnFile]:
    return [
        FindingOnFile(
            each.number,
            each.kind,
            each.result,
            each.method,
            each.document_sha256,
            ms(each.from_ns),
            ms(each.until_ns),
            ms(each.ended_ns),
            each.holds(at_ns),
            each.decided_by,
            each.approved_by,
        )
        for each in findings
        if each.kind in kinds
    ]


def _authority(each: Authority, at_ns: int) -> AuthorityOnFile:
    return AuthorityOnFile(
        each.authority_id,
        each.scope,
        each.document_sha256,
        ms(each.begins_ns),
        ms(each.ends_ns),
        ms(each.revoked_ns),
        each.holds(at_ns),
    )


def _answer(assessed: Assessed, decision: Decision) -> GateAnswer:
    return GateAnswer(
        decision.gate,
        decision.outcome,
        decision.words,
        {name: str(figure) for name, figure in decision.figures.items()},
        decision.next_step,
        cited(assessed, decision.rule_ids),
        decision.rules_version,
        decision.at_ns // NS_PER_MS,
    )


_CLIENT_ID = Parameter("clientId", "Which client", is_required=True)

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row(
        "GET",
        "clients/standing",
        Permission.ASSESSMENTS_READ,
        show_standing,
        "Where a client stands: conditions, risk by factor, evidence, and what the core holds",
        (_CLIENT_ID,),
        answer=StaffStanding,
        weight=5,
    ),
    staff_row(
        "POST",
        "clients/risk",
        Permission.CLIENTS_WORK,
        rate,
        "Rate a client's risk by facts",
        (
            _CLIENT_ID,
            Parameter(
                "facts", "Values by factor; none for one that is not known", is_required=True, shapes=(dict[str, Fact],)
            ),
        ),
        answer=StaffStanding,
        weight=5,
    ),
    staff_row(
        "POST",
        "clients/exposureRaise",
        Permission.EXPOSURE_RAISES,
        answer_raise,
        "Approve or decline a higher exposure limit that a client's own declaration asks for",
        (
            _CLIENT_ID,
            Parameter("number", "Of the raise that waits", Of.WHOLE_NUMBER, is_required=True),
            Parameter("approves", "Whether the higher limit is to count", Of.BOOLEAN, is_required=True),
            Parameter("words", "Why; kept sealed, not told to the client", is_required=True),
        ),
        answer=StaffStanding,
        weight=5,
    ),
    staff_row(
        "POST",
        "clients/evidence/revoke",
        Permission.CLIENTS_WORK,
        revoke,
        "Take evidence of a client's class back",
        (_CLIENT_ID, Parameter("number", "Which evidence", Of.WHOLE_NUMBER, is_required=True)),
        answer=StaffStanding,
        weight=5,
    ),
)
