"""How much a client may have at stake, by what it owns and earns: a versioned method, told to the client, reviewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import BY_CLIENT, BY_SITE, Finding, Kind, New, Records, last, of_kind
from lionrock.compliance.assessments.refusals import AssessmentRefused, check_reason, check_two
from lionrock.compliance.assessments.terms import ExposureTerms, read_method
from lionrock.compliance.staff_identity import StaffIdentity

PPM = 1_000_000
BY_HAND = "by_hand"
"""Result of a limit that two people set."""
MOST_MINOR = 10**15
"""Of one figure of a declaration: ten million million of a currency with cents; above it is a slip."""


class Means(msgspec.Struct, frozen=True, rename="camel"):
    """What a client declares, in minor units of the site's valuation currency."""

    net_worth_minor: int
    """Liquid: without the home one lives in."""
    yearly_income_minor: int
    held_elsewhere_minor: int
    """Worth of virtual assets held elsewhere."""
    circumstances: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Means()"


class ExposureMethod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the method; shares in parts per million by risk profile."""

    id: str
    words: str
    rules: tuple[str, ...]
    net_worth_ppm: dict[str, int]
    income_ppm: dict[str, int]
    circumstances_ppm: dict[str, int]
    """Part that each circumstance takes off."""


class Step(msgspec.Struct, frozen=True):
    """One step of the calculation, for whoever asks how it came about."""

    words: str
    minor: int


class ExposureLimit(msgspec.Struct, frozen=True):
    """The limit and how it came about."""

    limit_minor: int
    """0 for a client that may have nothing at stake."""
    steps: tuple[Step, ...]
    method: str


def read_exposure_method(name: str = "exposure-1.toml") -> tuple[ExposureMethod, str]:
    """A method and its SHA-256. Raises `ValueError` where it contradicts itself."""
    method, digest = read_method(name, ExposureMethod)
    if method.net_worth_ppm.keys() != method.income_ppm.keys():
        raise ValueError(f"{name}: the shares are of different profiles")
    return method, digest


def share_rounded_down(amount_minor: int, share_ppm: int) -> int:
    """A share of an amount, cut to whole minor units: to the side of less at stake."""
    return amount_minor * share_ppm // PPM


def limit_of(means: Means, profile: str, method: ExposureMethod) -> ExposureLimit:
    """Raises `AssessmentRefused` for figures below zero or out of all bounds, and circumstances nobody knows."""
    for name in ("net_worth_minor", "yearly_income_minor", "held_elsewhere_minor"):
        if not 0 <= getattr(means, name) <= MOST_MINOR:
            raise AssessmentRefused(
                "figure_out_of_range",
                f"{name} is below zero or above what is possible",
                next_step="correct the figure",
                rules=method.rules,
                figures={"most_minor": MOST_MINOR},
            )
    if unknown := sorted(set(means.circumstances) - method.circumstances_ppm.keys()):
        raise AssessmentRefused(
            "circumstance_unknown",
            f"{len(unknown)} of the circumstances are not among those that the method knows",
            next_step=f"use {', '.join(method.circumstances_ppm)}",
            rules=method.rules,
        )
    worth = share_rounded_down(means.net_worth_minor, method.net_worth_ppm[profile])
    income = share_rounded_down(means.yearly_income_minor, method.income_ppm[profile])
    taken_ppm = min(sum(method.circumstances_ppm[name] for name in set(means.circumstances)), PPM)
    kept = share_rounded_down(worth + income, PPM - taken_ppm)
    limit = max(kept - means.held_elsewhere_minor, 0)
    steps = (
        Step("share of net worth", worth),
        Step("share of a year's income", income),
        Step("after circumstances", kept),
        Step("less what is held elsewhere", limit),
    )
    return ExposureLimit(limit, steps, method.id)


class ExposureLimits:
    """Limits of a site's clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, method: ExposureMethod, method_sha256: str, terms: ExposureTerms) -> None:
        self._records, self.method, self._sha256, self.terms = records, method, method_sha256, terms

    def assess(self, client_id: str, means: Means, at_ns: int, by: str = BY_CLIENT) -> ExposureLimit:
        """Works the limit out, seals the figures and writes it down until its review. Raises `AssessmentRefused`."""
        profile = last(self._records.of(client_id), Kind.RISK_PROFILE)
        if profile is None or not profile.holds(at_ns):
            raise AssessmentRefused(
                "risk_profile_missing",
                "the limit follows from the risk profile, and there is none in force",
                next_step="answer the questionnaire of the risk profile first",
                rules=self.method.rules,
            )
        limit = limit_of(means, profile.result, self.method)
        new = New(
            client_id,
            Kind.EXPOSURE_LIMIT,
            profile.result,
            at_ns,
            by,
            until_ns=at_ns + self.terms.review_days * DAY_NS,
            points=limit.limit_minor,
            method=self.method.id,
            method_sha256=self._sha256,
        )
        self._take(self._records.of(client_id), new, {"means": means, "steps": limit.steps})
        return limit

    def follow_profile(self, client_id: str, at_ns: int) -> None:
        """Works the limit out anew from the means declared last, as the profile is another one; until when it holds
        stays. Nothing without such means, nor of a limit that people set by hand.
        """
        findings = self._records.of(client_id)
        standing, profile = last(findings, Kind.EXPOSURE_LIMIT), last(findings, Kind.RISK_PROFILE)
        declared = last(findings, Kind.EXPOSURE_LIMIT, Kind.EXPOSURE_RAISE)
        if profile is None or standing is None or declared is None or standing.result == BY_HAND:
            return
        means = msgspec.convert(self._records.details(declared)["means"], Means)
        limit = limit_of(means, profile.result, self.method)
        if limit.limit_minor == standing.points:
            self._replace_waiting(findings, at_ns)
            return
        new = New(client_id, Kind.EXPOSURE_LIMIT, profile.result, at_ns, BY_SITE, until_ns=standing.until_ns)
        method = {"method": self.method.id, "method_sha256": self._sha256}
        new = msgspec.structs.replace(new, points=limit.limit_minor, **method)
        self._take(findings, new, {"means": means, "steps": limit.steps})

    def _take(self, findings: Sequence[Finding], new: New, details: dict[str, Any]) -> None:
        """What lowers a limit, or is the first, counts at once. What raises it waits for somebody of the staff, and
        meanwhile the one before bounds the client, also where that has ended and was declared anew.
        """
        standing = last(findings, Kind.EXPOSURE_LIMIT)
        raised = standing is not None and new.points > standing.points
        with self._records.database.begin() as connection:
            self._replace_waiting(findings, new.from_ns, connection)
            if standing is None or not raised:
                self._records.add(new, details, connection)
                return
            if not standing.holds(new.from_ns) and new.decided_by == BY_CLIENT:
                kept = (*details["steps"], Step("as before, until somebody has looked at it", standing.points))
                told = details | {"steps": kept}
                self._records.add(msgspec.structs.replace(new, points=standing.points), told, connection)
            self._records.add(msgspec.structs.replace(new, kind=Kind.EXPOSURE_RAISE, until_ns=0), details, connection)

    def _replace_waiting(self, findings: Sequence[Finding], at_ns: int, connection: Connection | None = None) -> None:
        """What waits was asked before something newer, and is answered by that."""
        for each in of_kind(findings, Kind.EXPOSURE_RAISE):
            self._records.end(each.number, at_ns, connection)

    def approve_raise(self, client_id: str, number: int, staff: StaffIdentity, reason: str, at_ns: int) -> Finding:
        """The client asked by declaring, one person of the staff approves; it holds until its review from now on.

        Raises `AssessmentRefused`, also where it was answered or replaced, or the profile behind it has ended.
        """
        check_reason(reason)
        findings = self._records.of(client_id)
        asked, profile = self._waiting(findings, number), last(findings, Kind.RISK_PROFILE)
        if profile is None or not profile.holds(at_ns) or profile.result != asked.result:
            raise AssessmentRefused(
                "risk_profile_missing",
                "the limit follows from a risk profile that is no longer in force",
                next_step="have the client answer the questionnaire of the risk profile, or decline",
                rules=self.method.rules,
            )
        new = New(
            client_id,
            Kind.EXPOSURE_LIMIT,
            asked.result,
            at_ns,
            asked.decided_by,
            staff.staff_id,
            at_ns + self.terms.review_days * DAY_NS,
            asked.points,
            asked.method,
            asked.method_sha256,
        )
        details = self._records.details(asked) | {"reason": reason}
        with self._records.database.begin() as connection:
            self._answer(asked, at_ns, connection)
            return self._records.add(new, details, connection)

    def decline_raise(self, client_id: str, number: int, staff: StaffIdentity, reason: str, at_ns: int) -> Finding:
        """The limit of before stays; why is sealed, and not told to the client. Raises `AssessmentRefused`."""
        check_reason(reason)
        asked = self._waiting(self._records.of(client_id), number)
        new = New(client_id, Kind.EXPOSURE_RAISE_DECLINED, str(asked.number), at_ns, staff.staff_id)
        with self._records.database.begin() as connection:
            self._answer(asked, at_ns, connection)
            return self._records.add(msgspec.structs.replace(new, points=asked.points), {"reason": reason}, connection)

    def _waiting(self, findings: Sequence[Finding], number: int) -> Finding:
        asked = last(findings, Kind.EXPOSURE_RAISE)
        if asked is None or asked.number != number:
            raise self._answered_already()
        return asked

    def _answer(self, asked: Finding, at_ns: int, connection: Connection) -> None:
        """It waits no longer. Of two who answer at once one is late and refused."""
        if not self._records.end(asked.number, at_ns, connection):
            raise self._answered_already()

    def _answered_already(self) -> AssessmentRefused:
        return AssessmentRefused(
            "raise_not_waiting",
            "this raise of the limit was answered already, or another declaration took its place",
            next_step="read the client's file again",
            rules=self.method.rules,
        )

    def set_by_hand(
        self,
        client_id: str,
        limit_minor: int,
        reason: str,
        *,
        proposer: StaffIdentity,
        approver: StaffIdentity,
        at_ns: int,
    ) -> Finding:
        """Two people set another limit, with a reason, until the next review; a raise that waits is answered with it.

        Raises `AssessmentRefused`.
        """
        check_two(proposer, approver, self.method.rules)
        check_reason(reason)
        if not 0 <= limit_minor <= MOST_MINOR:
            raise AssessmentRefused(
                "figure_out_of_range",
                "the limit is below zero or above what is possible",
                next_step="correct the figure",
                rules=self.method.rules,
                figures={"most_minor": MOST_MINOR},
            )
        until_ns = at_ns + self.terms.review_days * DAY_NS
        new = New(client_id, Kind.EXPOSURE_LIMIT, BY_HAND, at_ns, proposer.staff_id, approver.staff_id, until_ns)
        new, told = msgspec.structs.replace(new, points=limit_minor), {"reason": reason, "steps": []}
        findings = self._records.of(client_id)
        with self._records.database.begin() as connection:
            self._replace_waiting(findings, at_ns, connection)
            return self._records.add(new, told, connection)

    def waiting(self) -> list[Finding]:
        """Raises of all clients that nobody of the staff has answered."""
        return [asked for each in self._records.all().values() if (asked := last(each, Kind.EXPOSURE_RAISE))]

    def steps(self, finding: Finding) -> Mapping[str, int]:
        """How a limit came about, by the words of each step."""
        details = msgspec.convert(self._records.details(finding)["steps"], tuple[Step, ...])
        return {step.words: step.minor for step in details}
