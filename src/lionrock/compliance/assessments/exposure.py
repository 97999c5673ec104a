"""How much a client may have at stake, by what it owns and earns: a versioned method, told to the client, reviewed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import BY_CLIENT, Finding, Kind, New, Records, last
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
        self._records.add(new, {"means": means, "steps": limit.steps})
        return limit

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
        """Two people set another limit, with a reason, until the next review. Raises `AssessmentRefused`."""
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
        return self._records.add(msgspec.structs.replace(new, points=limit_minor), {"reason": reason, "steps": []})

    def steps(self, finding: Finding) -> Mapping[str, int]:
        """How a limit came about, by the words of each step."""
        details = msgspec.convert(self._records.details(finding)["steps"], tuple[Step, ...])
        return {step.words: step.minor for step in details}
