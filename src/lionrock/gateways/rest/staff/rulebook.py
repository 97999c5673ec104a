"""The rulebook over HTTP: what the licences ask, to everybody; where the site stands, to its staff."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Media, Parameter, Reply, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.staff.rows import staff_row
from lionrock.people.staff.permissions import Permission
from lionrock.rulebook.calendars import day_asked
from lionrock.rulebook.checking import CheckFound
from lionrock.rulebook.evidence import EvidenceBroken
from lionrock.rulebook.matrix import Row, counts
from lionrock.rulebook.office import RulebookOffice
from lionrock.rulebook.regime import RuleInForce
from lionrock.rulebook.reports import FORMATS, run_ns

_TYPES = {
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_RUN_WEIGHT = 50


class PublicRule(msgspec.Struct, rename="camel"):
    """A rule that the site is held to."""

    id: str
    version: str
    """The day from which this version holds."""
    licence: str
    instrument: str
    issuer: str
    paragraph: str
    words: str
    trust: str
    kind: str
    effective_to: str
    """The first day on which it holds no more; empty while none is known."""


class RulesTurn(msgspec.Struct, rename="camel"):
    """A day on which the rules change."""

    day: str
    """Such as 2026-11-03."""
    begins: list[str]
    """Ids of rules that hold from this day on, or in a new version."""
    ends: list[str]
    """Ids of those that hold no more."""


class MatrixRow(msgspec.Struct, rename="camel"):
    """Where one rule stands."""

    id: str
    version: str
    licence: str
    instrument: str
    paragraph: str
    words: str
    trust: str
    kind: str
    severity: str
    cadence: str
    status: str
    reason: str
    next_step: str
    waits_for: str
    controls: list[str]
    tests: list[str]
    evidence_at_ms: int
    """0 where there is none."""
    evidence_run: str
    evidence_sequence: int
    """Where the journal holds the hash of the run; 0 where there is none."""


class StaffMatrix(msgspec.Struct, rename="camel"):
    """All rules in force at a moment, by the evidence of that moment."""

    site: str
    at_ms: int
    rules_version: str
    counts: dict[str, int]
    rows: list[MatrixRow]
    run_at_ms: int
    """When the newest run was that the rows rest on; 0 where there is none."""


class ControlShown(msgspec.Struct, rename="camel"):
    """A control with the numbers of one rule."""

    name: str
    kind: str
    words: str
    parameters: dict[str, object]


class FindingShown(msgspec.Struct, rename="camel"):
    """What a control found in the last run."""

    control: str
    verdict: str
    words: str
    figures: dict[str, str]
    next_step: str
    breaches: list[str]


class ParameterChangeShown(msgspec.Struct, rename="camel"):
    """A parameter of a rule that two people changed."""

    control: str
    parameter: str
    value: int | bool | list[str]
    from_day: str
    about: dict[str, int | bool | str]
    proposal_id: str
    by: str
    approved_by: str
    recorded_at_ms: int
    journal_sequence: str
    in_force: bool
    """Whether it is part of what held at the moment that was asked for."""


class RuleShown(msgspec.Struct, rename="camel"):
    """One rule with everything behind it."""

    row: MatrixRow
    controls: list[ControlShown]
    findings: list[FindingShown]
    inputs: dict[str, str]
    """SHA-256 of the facts that it was judged by, by their type."""
    changes: list[ParameterChangeShown]
    """Every change of its parameters, also those that are ahead, oldest first."""


class RunShown(msgspec.Struct, rename="camel"):
    """A run of all rules."""

    run_id: str
    at_ms: int
    counts: dict[str, int]


def office_of_rulebook(venue: Venue) -> RulebookOffice:
    """Raises `Refused` where no site was chosen, which then has no licence."""
    if venue.rulebook is None:
        raise Refused(-1101)
    return venue.rulebook


def _moment(venue: Venue, call: Call, office: RulebookOffice | None) -> int:
    """The end of the day that is asked for, or now."""
    text = call.parameters.text("asOf")
    if not text:
        return venue.clock()
    rules = office.regime.by_id if office else {}
    try:
        day = day_asked(text)
    except ValueError as error:
        raise missing_or_invalid("asOf") from error
    first = next(iter(rules.values()), None)
    return first[0].calendar.ends_ns(day) if first else venue.clock()


async def rules(venue: Venue, call: Call) -> list[PublicRule]:
    """What the site is held to, on a day: nothing where it has no licence."""
    office = venue.rulebook
    at_ns = _moment(venue, call, office)
    if office is None:
        return []
    return [_public(rule) for rule in office.regime.at(at_ns)]


def _public(rule: RuleInForce) -> PublicRule:
    row = rule.loaded.rule
    return PublicRule(
        row.id,
        rule.loaded.version,
        rule.licence,
        rule.loaded.instrument.title,
        rule.loaded.instrument.issuer,
        row.paragraph,
        row.words,
        row.trust.value,
        row.kind.value,
        row.effective_to.isoformat() if row.effective_to else "",
    )


async def turns(venue: Venue, call: Call) -> list[RulesTurn]:  # noqa: ARG001 every handler is given both
    """The days on which what the site is held to changes, also those to come: nothing where it has no licence."""
    found = venue.rulebook.regime.turns() if venue.rulebook else []
    return [RulesTurn(each.day.isoformat(), list(each.begins), list(each.ends)) for each in found]


async def show_matrix(venue: Venue, call: Call) -> StaffMatrix:
    """Clause, control, test, last evidence."""
    office = office_of_rulebook(venue)
    at_ns = _moment(venue, call, office)
    rows = await asyncio.to_thread(office.matrix, at_ns)
    return StaffMatrix(
        office.site_id,
        at_ns // NS_PER_MS,
        office.regime.version(at_ns),
        counts(rows),
        [_row(row) for row in rows],
        run_ns(rows) // NS_PER_MS,
    )


def _row(row: Row) -> MatrixRow:
    evidence = row.evidence
    return MatrixRow(
        row.id,
        row.version,
        row.licence,
        row.instrument,
        row.paragraph,
        row.words,
        row.trust.value,
        row.kind.value,
        row.severity.value,
        row.cadence.value,
        row.status.value,
        row.reason,
        row.next_step,
        row.waits_for,
        list(row.controls),
        list(row.tests),
        evidence.at_ns // NS_PER_MS if evidence else 0,
        evidence.run_id if evidence else "",
        evidence.sequence if evidence else 0,
    )


async def show_rule(venue: Venue, call: Call) -> RuleShown:
    """One rule: its control, the numbers, what the last run found and from which facts."""
    office = office_of_rulebook(venue)
    rule_id = call.parameters.text("id") or ""
    at_ns = _moment(venue, call, office)
    row = next((row for row in await asyncio.to_thread(office.matrix, at_ns) if row.id == rule_id), None)
    rule = office.regime.rule_at(rule_id, at_ns)
    if row is None or rule is None:
        raise missing_or_invalid("id")
    findings, inputs = await asyncio.to_thread(_found, office, row)
    controls = [
        ControlShown(
            check.control.name, check.control.kind.value, check.control.words, msgspec.to_builtins(check.parameters)
        )
        for check in rule.loaded.checks
    ]
    return RuleShown(_row(row), controls, findings, inputs, _changes(office, rule))


def _changes(office: RulebookOffice, now: RuleInForce) -> list[ParameterChangeShown]:
    known = {each.sequence: each for version in office.regime.by_id[now.id] for each in version.changes}
    return [
        ParameterChangeShown(
            each.change.control,
            each.change.parameter,
            msgspec.to_builtins(each.change.value),
            each.change.from_day.isoformat(),
            each.change.about,
            each.change.proposal_id,
            each.change.by,
            each.change.approved_by,
            each.at_ns // NS_PER_MS,
            str(each.sequence),
            each in now.changes,
        )
        for _, each in sorted(known.items())
    ]


def _found(office: RulebookOffice, row: Row) -> tuple[list[FindingShown], dict[str, str]]:
    if row.evidence is None:
        return [], {}
    try:
        run = office.evidence.read(row.evidence.run_id).run
    except EvidenceBroken:
        return [], {}
    found = next(each for each in run.rules if (each.id, each.version) == (row.id, row.version))
    return [_finding(each) for each in found.checks], {used.fact_type: used.sha256 for used in found.inputs}


def _finding(found: CheckFound) -> FindingShown:
    figures = {name: str(figure) for name, figure in found.figures.items()}
    return FindingShown(found.control, found.verdict.value, found.words, figures, found.next_step, list(found.breaches))


async def run_now(venue: Venue, call: Call) -> RunShown:  # noqa: ARG001 every handler is given both
    """Ask every rule now; what is found is evidence as that of the daily run."""
    office = office_of_rulebook(venue)
    run = await office.run()
    at_ns = run.at_ns
    rows = await asyncio.to_thread(office.matrix, at_ns)
    return RunShown(run.run_id, at_ns // NS_PER_MS, counts(rows))


async def download(venue: Venue, call: Call) -> Reply:
    """The matrix as a file."""
    office = office_of_rulebook(venue)
    file_format = call.parameters.text("format") or "json"
    if file_format not in FORMATS:
        raise missing_or_invalid("format")
    report = await asyncio.to_thread(office.report, _moment(venue, call, office))
    made = await asyncio.to_thread(FORMATS[file_format], report)
    name = f'attachment; filename="rulebook-{office.site_id}.{file_format}"'
    return Reply(200, _TYPES[file_format].encode(), made, ((b"content-disposition", name.encode()),))


_AS_OF = Parameter("asOf", "A day, such as 2025-12-01: as it was at its end; now where it is not sent")
_ID = Parameter("id", "Id of a rule, such as HK-F02", is_required=True, example="HK-F02")

PUBLIC: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/lionrock/v1/rules",
        Security.NONE,
        5,
        rules,
        "The rules of the licences that the site is held to",
        shows_state=False,
        parameters=(_AS_OF,),
        answer=list[PublicRule],
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/rules/days",
        Security.NONE,
        5,
        turns,
        "The days on which those rules change",
        shows_state=False,
        answer=list[RulesTurn],
    ),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row(
        "GET",
        "rulebook",
        Permission.RULEBOOK_READ,
        show_matrix,
        "Every rule with its control, test and last evidence",
        (_AS_OF,),
        answer=StaffMatrix,
        weight=5,
    ),
    staff_row(
        "GET",
        "rulebook/rule",
        Permission.RULEBOOK_READ,
        show_rule,
        "One rule with what the last run found",
        (_ID, _AS_OF),
        answer=RuleShown,
        weight=5,
    ),
    staff_row(
        "POST",
        "rulebook/run",
        Permission.RULEBOOK_WORK,
        run_now,
        "Ask every rule now",
        answer=RunShown,
        weight=_RUN_WEIGHT,
    ),
    staff_row(
        "GET",
        "rulebook/report",
        Permission.RULEBOOK_READ,
        download,
        "The matrix as a file",
        (_AS_OF, Parameter("format", "Which kind of file; json where it is not sent", choices=tuple(_TYPES))),
        answer=Media(tuple(_TYPES.values())),
        weight=10,
    ),
)
