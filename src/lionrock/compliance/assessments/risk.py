"""How much risk a client is: points for each factor, by a published method, and two people who may decide otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import NEVER_NS, Finding, Kind, New, Records, last
from lionrock.compliance.assessments.refusals import AssessmentRefused, check_reason, check_two
from lionrock.compliance.assessments.terms import read_method
from lionrock.compliance.staff_identity import StaffIdentity


class Band(msgspec.Struct, frozen=True, rename={"from_figure": "from"}, forbid_unknown_fields=True):
    """Points of a whole number from here on, up to the next band."""

    from_figure: int
    points: int


class Factor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that makes a client more or less of a risk."""

    name: str
    words: str
    missing_points: int
    """Where the fact is not known."""
    other_points: int
    """Of a value that the method does not name."""
    points: dict[str, int] = {}
    bands: tuple[Band, ...] = ()
    floor: dict[str, str] = {}
    """Least level that a value allows."""


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the points come to."""

    name: str
    from_points: int
    review_days: int
    """From one review to the next."""
    enhanced: tuple[str, ...] = ()
    """Steps of enhanced due diligence that it takes."""


class RiskMethod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the method; levels from the lowest up."""

    id: str
    words: str
    rules: tuple[str, ...]
    level: tuple[Level, ...]
    factor: tuple[Factor, ...]

    def level_named(self, name: str) -> Level:
        """Raises `KeyError`."""
        for level in self.level:
            if level.name == name:
                return level
        raise KeyError(name)

    def rank(self, name: str) -> int:
        return self.level.index(self.level_named(name))


Fact = str | int | None
"""A value that the method knows, a whole number, or nothing where nobody knows."""


class FactorPoints(msgspec.Struct, frozen=True):
    """What one factor came to."""

    factor: str
    value: Fact
    points: int
    is_missing: bool
    floor: str = ""
    """Level that this value forces at least."""


class Rating(msgspec.Struct, frozen=True):
    """What they came to together."""

    level: str
    points: int
    factors: tuple[FactorPoints, ...]
    method: str
    method_sha256: str


def read_risk_method(name: str = "risk-1.toml") -> tuple[RiskMethod, str]:
    """A method and its SHA-256. Raises `ValueError` where it contradicts itself."""
    method, digest = read_method(name, RiskMethod)
    if [level.from_points for level in method.level] != sorted({level.from_points for level in method.level}):
        raise ValueError(f"{name}: levels stand from the lowest up")
    if method.level[0].from_points != 0:
        raise ValueError(f"{name}: the lowest level begins with no points")
    for factor in method.factor:
        for floor in factor.floor.values():
            method.level_named(floor)
    return method, digest


def rate(facts: Mapping[str, Fact], method: RiskMethod, method_sha256: str) -> Rating:
    """Every factor with its points, and the level. A fact that is not there counts as missing."""
    factors = tuple(_points(factor, facts.get(factor.name)) for factor in method.factor)
    points = sum(each.points for each in factors)
    reached = max(rank for rank, level in enumerate(method.level) if points >= level.from_points)
    forced = max((method.rank(each.floor) for each in factors if each.floor), default=0)
    return Rating(method.level[max(reached, forced)].name, points, factors, method.id, method_sha256)


def _points(factor: Factor, value: Fact) -> FactorPoints:
    if value is None:
        return FactorPoints(factor.name, None, factor.missing_points, is_missing=True)
    if isinstance(value, int):
        reached = [band.points for band in factor.bands if value >= band.from_figure]
        return FactorPoints(factor.name, value, reached[-1] if reached else factor.other_points, is_missing=False)
    points = factor.points.get(value, factor.other_points)
    return FactorPoints(factor.name, value, points, is_missing=False, floor=factor.floor.get(value, ""))


class RiskState(msgspec.Struct, frozen=True):
    """Where a client stands."""

    level: str
    """Empty without a rating."""
    rated_ns: int
    is_override: bool
    missing_steps: tuple[str, ...]
    """Of enhanced due diligence."""
    next_review_ns: int
    """The largest number without a rating."""


def risk_state(findings: Sequence[Finding], method: RiskMethod) -> RiskState:
    """By the newest rating or override, and the newest review. Steps done before the rating do not count."""
    rated = last(findings, Kind.RISK_RATING, Kind.RISK_OVERRIDE)
    if rated is None:
        return RiskState("", 0, is_override=False, missing_steps=(), next_review_ns=NEVER_NS)
    level = method.level_named(rated.result)
    done = {each.result for each in findings if each.kind == Kind.ENHANCED and each.number > rated.number}
    review = last(findings, Kind.REVIEW)
    reviewed_ns = max(rated.from_ns, review.from_ns if review else 0)
    return RiskState(
        level.name,
        rated.from_ns,
        rated.kind == Kind.RISK_OVERRIDE,
        tuple(step for step in level.enhanced if step not in done),
        reviewed_ns + level.review_days * DAY_NS,
    )


class RiskRatings:
    """Ratings of a site's clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, method: RiskMethod, method_sha256: str) -> None:
        self._records, self.method, self._sha256 = records, method, method_sha256

    def rate(self, client_id: str, facts: Mapping[str, Fact], by: str, at_ns: int) -> Rating:
        """Rate and write it down, with every factor sealed. It takes the place of an override."""
        rating = rate(facts, self.method, self._sha256)
        self._records.add(
            New(
                client_id,
                Kind.RISK_RATING,
                rating.level,
                at_ns,
                by,
                points=rating.points,
                method=rating.method,
                method_sha256=rating.method_sha256,
            ),
            rating,
        )
        return rating

    def override(
        self, client_id: str, level: str, reason: str, *, proposer: StaffIdentity, approver: StaffIdentity, at_ns: int
    ) -> Finding:
        """Two people set another level, with a reason. Raises `AssessmentRefused`."""
        check_two(proposer, approver, self.method.rules)
        check_reason(reason)
        self._known(level)
        rated = last(self._records.of(client_id), Kind.RISK_RATING, Kind.RISK_OVERRIDE)
        if rated is None:
            raise AssessmentRefused(
                "not_rated",
                "there is no rating to override",
                next_step="rate the client first",
                rules=self.method.rules,
            )
        return self._records.add(
            New(
                client_id,
                Kind.RISK_OVERRIDE,
                level,
                at_ns,
                proposer.staff_id,
                approver.staff_id,
                points=rated.points,
                method=rated.method,
                method_sha256=rated.method_sha256,
            ),
            {"reason": reason, "instead_of": rated.result},
        )

    def enhance(
        self,
        client_id: str,
        step: str,
        document_sha256: str,
        *,
        proposer: StaffIdentity,
        approver: StaffIdentity,
        at_ns: int,
    ) -> Finding:
        """A step of enhanced due diligence is done, on a document. Raises `AssessmentRefused`."""
        check_two(proposer, approver, self.method.rules)
        state = risk_state(self._records.of(client_id), self.method)
        if step not in state.missing_steps:
            raise AssessmentRefused(
                "step_not_missing",
                f"the step {step} is not asked for, or is done",
                next_step="see which steps are missing",
                rules=self.method.rules,
                figures={"missing_steps": len(state.missing_steps)},
            )
        new = New(client_id, Kind.ENHANCED, step, at_ns, proposer.staff_id, approver.staff_id)
        return self._records.add(msgspec.structs.replace(new, document_sha256=document_sha256))

    def factors(self, finding: Finding) -> Rating:
        """What a rating was made of."""
        return msgspec.convert(self._records.details(finding), Rating)

    def _known(self, level: str) -> None:
        if level not in {each.name for each in self.method.level}:
            raise AssessmentRefused(
                "level_unknown",
                f"the method {self.method.id} has no such level",
                next_step=f"use one of {', '.join(each.name for each in self.method.level)}",
                rules=self.method.rules,
            )
