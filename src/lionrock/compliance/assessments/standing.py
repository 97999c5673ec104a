"""Where a client stands: everything that was found out, put together at one moment. A pure function, so it replays.

What it gives is of one moment only, with the next moment at which it changes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from lionrock.compliance.assessments.agreements import Acceptance, AgreementText, agreement_state
from lionrock.compliance.assessments.evidence import ClassState, class_state
from lionrock.compliance.assessments.knowledge_tests import PASSED
from lionrock.compliance.assessments.ports import DAY_NS, Client, Decide
from lionrock.compliance.assessments.profile import ProfileMethod
from lionrock.compliance.assessments.records import NEVER_NS, Finding, Kind, last, of_kind
from lionrock.compliance.assessments.restrictions import restrictions_of
from lionrock.compliance.assessments.risk import RiskMethod, RiskState, risk_state
from lionrock.compliance.assessments.terms import Effect, Exempt, Terms, is_exempt
from lionrock.rulebook.decisions import Decision
from lionrock.rulebook.facts import ClientRecord
from lionrock.rulebook.subject import Subject

DORMANT, ACTIVE = "dormant", "active"


class Condition(msgspec.Struct, frozen=True):
    """Something that holds a client's accounts back: what, which rule, which numbers, what next."""

    name: str
    effect: Effect
    words: str
    next_step: str
    rules: tuple[str, ...]
    figures: dict[str, int | str] = {}


class ClientFile(msgspec.Struct, frozen=True):
    """What is on record about a client."""

    findings: Sequence[Finding]
    acceptances: Sequence[Acceptance]
    last_used_ns: int = 0
    """When one of its accounts was last used, as the ledger tells; 0 for never."""


class Methods(msgspec.Struct, frozen=True):
    """By what it is judged."""

    terms: Terms
    risk: RiskMethod
    profile: ProfileMethod
    texts: Sequence[AgreementText] = ()


class Standing(msgspec.Struct, frozen=True):
    """What follows."""

    client: Client
    at_ns: int
    client_class: str
    conditions: tuple[Condition, ...]
    exposure_limit_minor: int | None
    """None for a client that needs no limit."""
    profile: str
    """Class of the risk profile; empty where none is asked or there."""
    risk: RiskState
    record: ClientRecord
    """As rules see the client, as if it traded."""
    decisions: tuple[Decision, ...]
    next_change_ns: int
    """When it changes by itself if nothing is done; the largest number for never."""

    @property
    def effect(self) -> Effect:
        """The strictest of all conditions."""
        return max((condition.effect for condition in self.conditions), default=Effect.NONE)


class _Gathered:
    """Conditions, and the moments at which something changes."""

    def __init__(self, at_ns: int) -> None:
        self.at_ns = at_ns
        self.conditions: list[Condition] = []
        self.next_change_ns = NEVER_NS

    def add(
        self, name: str, effect: Effect, words: str, next_step: str, rules: Sequence[str], **figures: int | str
    ) -> None:
        if effect:
            self.conditions.append(Condition(name, effect, words, next_step, tuple(rules), figures))

    def changes(self, when_ns: int) -> None:
        if self.at_ns < when_ns < self.next_change_ns:
            self.next_change_ns = when_ns


def standing(client: Client, file: ClientFile, methods: Methods, decide: Decide | None, at_ns: int) -> Standing:
    """Everything together. `decide` is asked for the gates that the terms name; None where a site has no rulebook."""
    terms, got = methods.terms, _Gathered(at_ns)
    findings = [each for each in file.findings if each.from_ns <= at_ns]
    client_class = class_state(findings, terms.evidence, at_ns)
    got.changes(client_class.until_ns)
    _state(got, client, terms)
    _restrictions(got, findings)
    risk = risk_state(findings, methods.risk)
    _risk(got, risk, methods)
    passed_ns = _knowledge(got, client, client_class, findings, terms)
    profile = _lasting(
        got, client, client_class, findings, Kind.RISK_PROFILE, rules=terms.profile.rules, exempt=terms.profile.exempt
    )
    limit = _lasting(
        got,
        client,
        client_class,
        findings,
        Kind.EXPOSURE_LIMIT,
        rules=terms.exposure.rules,
        exempt=terms.exposure.exempt,
    )
    accepted, is_current = _agreements(got, file, methods, at_ns)
    is_dormant = _dormancy(got, client, findings, file.last_used_ns, terms)
    record = _record(
        client,
        client_class,
        risk,
        _Assessed(passed_ns, profile, limit, _notice_of(limit, findings), accepted, is_current),
        exempt=_is_exempt(terms.knowledge.exempt, client, client_class),
    )
    record = msgspec.structs.replace(record, dormant=is_dormant, last_activity_ns=file.last_used_ns)
    decisions = _ask(got, client, record, terms, decide)
    needs_limit = not _is_exempt(terms.exposure.exempt, client, client_class)
    return Standing(
        client,
        at_ns,
        client_class.client_class,
        tuple(got.conditions),
        (limit.points if limit else 0) if needs_limit else None,
        record.risk_profile,
        risk,
        record,
        decisions,
        got.next_change_ns,
    )


class _Assessed(msgspec.Struct, frozen=True):
    """What there is."""

    passed_ns: int
    profile: Finding | None
    limit: Finding | None
    notice: Finding | None
    accepted: Acceptance | None
    is_current: bool


def _notice_of(limit: Finding | None, findings: Sequence[Finding]) -> Finding | None:
    """Of this limit, not of an earlier one."""
    return last([each for each in findings if limit and each.number > limit.number], Kind.EXPOSURE_NOTICE)


def _record(client: Client, client_class: ClassState, risk: RiskState, has: _Assessed, *, exempt: bool) -> ClientRecord:
    """As rules see the client, as if it traded."""
    return ClientRecord(
        client_id=client.client_id,
        state=client.state,
        client_class=client_class.client_class,
        is_person=client.is_person,
        may_trade=True,
        due_diligence_complete=client.due_diligence_complete and not risk.missing_steps and bool(risk.level),
        knowledge_passed_ns=has.passed_ns,
        knowledge_exempt=exempt,
        risk_profile=has.profile.result if has.profile else "",
        risk_method_version=has.profile.method if has.profile else "",
        exposure_limit_minor=has.limit.points if has.limit else 0,
        exposure_notified_ns=has.notice.from_ns if has.notice else 0,
        exposure_reviewed_ns=has.limit.from_ns if has.limit else 0,
        professional_evidence_until_ns=client_class.until_ns if client_class.finding else 0,
        agreement_sha256=has.accepted.sha256 if has.accepted else "",
        agreement_accepted_ns=has.accepted.accepted_ns if has.accepted else 0,
        agreement_is_current=has.is_current,
        next_review_ns=0 if risk.next_review_ns == NEVER_NS else risk.next_review_ns,
        duplicate_of=client.duplicate_of,
        risk_rating=risk.level,
        tax_self_certified_ns=client.tax_self_certified_ns,
        is_employee=client.is_employee,
        residence_is_admitted=client.residence_is_admitted,
    )


def _is_exempt(exempt: Sequence[Exempt], client: Client, client_class: ClassState) -> bool:
    return is_exempt(exempt, client_class.client_class, is_person=client.is_person)


def _was_exempt(exempt: Sequence[Exempt], client: Client, findings: Sequence[Finding]) -> bool:
    """Whether an earlier class freed the client from being asked: it was served, and may still sell what it has."""
    return any(is_exempt(exempt, each.result, is_person=client.is_person) for each in of_kind(findings, Kind.EVIDENCE))


def _state(got: _Gathered, client: Client, terms: Terms) -> None:
    got.add(
        "client_state",
        terms.state_effect(client.state),
        f"the relationship stands at {client.state}",
        "see the state of the application",
        terms.review.rules,
        state=client.state,
    )
    if not client.due_diligence_complete:
        got.add(
            "due_diligence_incomplete",
            Effect.NO_ORDERS,
            "the checks of the client are not complete",
            "complete what onboarding asks for",
            terms.review.rules,
        )


def _restrictions(got: _Gathered, findings: Sequence[Finding]) -> None:
    for each in restrictions_of(findings, got.at_ns):
        got.changes(each.end_ns)
        got.add(
            "restricted_by_staff",
            Effect[each.result.upper()],
            "the staff has restricted the account",
            "nothing is asked of you; write to the site if you need something",
            (),
            since_ns=each.from_ns,
        )


def _risk(got: _Gathered, risk: RiskState, methods: Methods) -> None:
    terms, rules = methods.terms.review, methods.risk.rules
    if not risk.level:
        got.add("risk_not_rated", Effect.NO_ORDERS, "the client has no risk rating", "wait for the staff", rules)
        return
    if risk.missing_steps:
        got.add(
            "enhanced_checks_missing",
            Effect.NO_ORDERS,
            f"a rating of {risk.level} takes further checks: {', '.join(risk.missing_steps)}",
            "send what the staff asks for",
            rules,
            missing_steps=len(risk.missing_steps),
        )
    overdue_ns = risk.next_review_ns + terms.grace_days * DAY_NS
    got.changes(overdue_ns)
    if got.at_ns >= overdue_ns:
        got.add(
            "review_overdue",
            Effect.REDUCE_ONLY,
            "the periodic review of the client is overdue",
            "answer what the staff asks for",
            terms.rules,
            due_ns=risk.next_review_ns,
            grace_days=terms.grace_days,
        )


def _knowledge(
    got: _Gathered, client: Client, client_class: ClassState, findings: Sequence[Finding], terms: Terms
) -> int:
    """When the test was passed that counts now; 0 for none."""
    passed = [each for each in of_kind(findings, Kind.KNOWLEDGE) if each.result == PASSED]
    holding = [each for each in passed if each.holds(got.at_ns)]
    for each in holding:
        got.changes(each.end_ns)
    if not holding and not _is_exempt(terms.knowledge.exempt, client, client_class):
        served = bool(passed) or _was_exempt(terms.knowledge.exempt, client, findings)
        got.add(
            "knowledge_test_outdated" if passed else "knowledge_test_not_passed",
            Effect.REDUCE_ONLY if served else Effect.NO_ORDERS,
            "the knowledge test must be passed again" if passed else "the knowledge test is not passed",
            "take the knowledge test",
            terms.knowledge.rules,
            pass_correct=terms.knowledge.pass_correct,
        )
    return holding[-1].from_ns if holding else 0


_LASTING = {
    Kind.RISK_PROFILE: ("risk_profile", "the questionnaire of the risk profile", "answer it"),
    Kind.EXPOSURE_LIMIT: ("exposure_limit", "the exposure limit", "declare your means, so that it is worked out"),
}


def _lasting(
    got: _Gathered,
    client: Client,
    client_class: ClassState,
    findings: Sequence[Finding],
    kind: Kind,
    *,
    rules: Sequence[str],
    exempt: Sequence[Exempt],
) -> Finding | None:
    """The newest finding of a kind that must be there and must be renewed. One that has ended still sets the bounds."""
    newest = last(findings, kind)
    if _is_exempt(exempt, client, client_class):
        return newest
    name, words, next_step = _LASTING[kind]
    if newest is None:
        served = _was_exempt(exempt, client, findings)
        effect = Effect.REDUCE_ONLY if served else Effect.NO_ORDERS
        got.add(f"{name}_missing", effect, f"{words} is missing", next_step, rules)
        return None
    got.changes(newest.end_ns)
    if not newest.holds(got.at_ns):
        got.add(
            f"{name}_outdated",
            Effect.REDUCE_ONLY,
            f"{words} must be renewed",
            next_step,
            rules,
            ended_ns=newest.end_ns,
        )
    return newest


def _agreements(got: _Gathered, file: ClientFile, methods: Methods, at_ns: int) -> tuple[Acceptance | None, bool]:
    """What was accepted of the first agreement that is required, and whether all of them are current."""
    terms = methods.terms.agreements
    states = [agreement_state(methods.texts, file.acceptances, each, at_ns) for each in terms.required]
    for state in states:
        got.changes(state.next_change_ns)
        if not state.is_current:
            before = state.accepted_version > 0
            got.add(
                "agreement_outdated" if before else "agreement_not_accepted",
                Effect.REDUCE_ONLY if before else Effect.NO_ORDERS,
                f"the version of {state.agreement} in force is not accepted",
                "read and accept it",
                terms.rules,
                agreement=state.agreement,
                version_in_force=state.required_version,
                version_accepted=state.accepted_version,
            )
    return (states[0].accepted if states else None), all(state.is_current for state in states)


def dormant_from(client: Client, findings: Iterable[Finding], last_used_ns: int, terms: Terms) -> int:
    """When an account that nobody uses becomes dormant, counted from its last use, opening or return to life."""
    woken = last(findings, Kind.DORMANCY)
    woken_ns = woken.from_ns if woken and woken.result == ACTIVE else 0
    return max(last_used_ns, client.since_ns, woken_ns) + terms.dormancy.after_days * DAY_NS


def _dormancy(got: _Gathered, client: Client, findings: Sequence[Finding], last_used_ns: int, terms: Terms) -> bool:
    """Whether the account sleeps: only the client or the staff wakes it, not what somebody sends to it."""
    marked = last(findings, Kind.DORMANCY)
    from_ns = dormant_from(client, findings, last_used_ns, terms)
    asleep = bool(marked and marked.result == DORMANT)
    got.changes(from_ns)
    if asleep or got.at_ns >= from_ns:
        got.add(
            "dormant",
            Effect.FROZEN,
            "the account was not used for a long time",
            "sign in with a second factor and ask for its reactivation",
            terms.dormancy.rules,
            after_days=terms.dormancy.after_days,
            last_used_ns=last_used_ns,
        )
        return True
    return False


def subject_of(client: Client, client_class: str) -> Subject:
    """Whom rules are asked about."""
    return Subject(
        entity=client.entity,
        client_class=client_class,
        is_person=client.is_person,
        jurisdiction=client.jurisdiction,
        product="spot",
    )


def _ask(
    got: _Gathered, client: Client, record: ClientRecord, terms: Terms, decide: Decide | None
) -> tuple[Decision, ...]:
    if decide is None:
        return ()
    decisions = []
    for gate, effect in terms.gates.items():
        decision = decide(gate, record, got.at_ns, subject_of(client, record.client_class))
        decisions.append(decision)
        if not decision.is_admitted:
            got.add(
                gate,
                Effect[effect.upper()],
                decision.words,
                decision.next_step,
                decision.rule_ids,
                **decision.figures,
            )
    return tuple(decisions)
