"""What a client may do and why: risk profile, exposure limit, class, and everything that holds its accounts back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable

import msgspec

from lionrock.compliance.assessments.declaring import check_may_declare
from lionrock.compliance.assessments.exposure import Means
from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.profile import ProfileClass, ProfileQuestion
from lionrock.compliance.assessments.records import Finding, Kind, last
from lionrock.compliance.assessments.standing import Condition
from lionrock.compliance.assessments.terms import Effect
from lionrock.gateways.rest.assessed import assessed_client, cited, ms, row, told_why
from lionrock.gateways.rest.contract import Assessed, Call, Parameter, Venue
from lionrock.gateways.rest.contract import Kind as Of
from lionrock.gateways.rest.errors import LicenceRule, Refused
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.people.people import FRESH_NS
from lionrock.words.amounts import format_decimal

_ONE_AT_A_TIME = threading.Lock()
"""Two declarations sent together must not both find that there was none before."""


class ProfileAnswers(msgspec.Struct, frozen=True):
    answers: dict[str, str]

    def __repr__(self) -> str:
        return "ProfileAnswers()"


class ProfileShown(msgspec.Struct, rename="camel"):
    """The client's risk profile, and the method behind it."""

    profile: str
    """Empty where there is none."""
    points: int
    until_ms: int
    method: str
    method_sha256: str
    words: str
    valid_days: int
    classes: list[ProfileClass]
    questions: list[ProfileQuestion]
    licence_rules: list[LicenceRule]


class ConditionShown(msgspec.Struct, rename="camel"):
    """Something that holds the client's accounts back."""

    name: str
    effect: str
    """`reduce_only`, `no_orders` or `frozen`."""
    words: str
    figures: dict[str, str]
    next_step: str
    licence_rules: list[LicenceRule]


class AccountLimits(msgspec.Struct, rename="camel"):
    """What the venue lets one account do now."""

    account_id: str
    exposure_limit: str
    """In the site's valuation asset; empty for no limit."""
    open_order_cap: int
    """0 for no cap."""
    restriction: str
    products: list[str]


class StepShown(msgspec.Struct):
    """One step of how the limit came about, in minor units."""

    words: str
    minor: int


class RaiseShown(msgspec.Struct, rename="camel"):
    """A higher limit that the client's own declaration asks for, and that waits for somebody of the staff."""

    number: int
    limit_minor: int
    declared_at_ms: int
    steps: list[StepShown]
    """How it was worked out."""


class LimitsShown(msgspec.Struct, rename="camel"):
    """What a client may do, and why."""

    client_class: str
    class_until_ms: int
    """When the evidence of the class ends; 0 where none is needed."""
    risk_profile: str
    exposure_limit_minor: int | None
    """In minor units of the valuation currency; null where none is asked."""
    exposure_until_ms: int
    """When it is to be reviewed."""
    exposure_steps: list[StepShown]
    exposure_raise: RaiseShown | None
    """What waits; the limit above holds meanwhile. Null where nothing does."""
    method: str
    accounts: list[AccountLimits]
    conditions: list[ConditionShown]
    licence_rules: list[LicenceRule]
    """Rules behind limit and class."""
    valuation_asset: str
    """What amounts are counted in."""
    minor_decimals: int
    """Decimals of its minor unit."""
    circumstances: list[str]
    """Names that the method knows for `PUT /lionrock/v1/limits/means`."""


async def show_profile(venue: Venue, call: Call) -> ProfileShown:
    """The risk profile, and the questions and the scoring that lead to it."""
    assessed, client = await assessed_client(venue, call)
    return await _profile(assessed, client)


async def _profile(assessed: Assessed, client: Client) -> ProfileShown:
    method, digest = assessed.assessments.data.profile
    newest = last(await asyncio.to_thread(assessed.assessments.records.of, client.client_id), Kind.RISK_PROFILE)
    return ProfileShown(
        newest.result if newest else "",
        newest.points if newest else 0,
        ms(newest.until_ns) if newest else 0,
        method.id,
        digest,
        method.words,
        method.valid_days,
        list(method.classes),
        list(method.questions),
        cited(assessed, method.rules),
    )


async def answer_profile(venue: Venue, call: Call) -> ProfileShown:
    """Scores the questionnaire; the class counts from now on. The exposure limit is worked out anew with it from the
    means declared last: a lower one counts at once, a higher one waits for somebody of the staff.
    """
    assessed, client = await assessed_client(venue, call)
    asked, now_ns = read_json(call.body, ProfileAnswers), venue.clock()
    with told_why(assessed):
        await asyncio.to_thread(_answer, assessed, client, asked, now_ns)
    await assessed.clock.attend(client.client_id, now_ns)
    return await _profile(assessed, client)


def _answer(assessed: Assessed, client: Client, asked: ProfileAnswers, now_ns: int) -> None:
    room = assessed.assessments
    with _ONE_AT_A_TIME:
        found = room.records.of(client.client_id)
        check_may_declare(client, found, Kind.RISK_PROFILE, room.terms, now_ns)
        room.profiles.answer(client.client_id, asked.answers, now_ns)
        room.exposure.follow_profile(client.client_id, now_ns)


def _declare(assessed: Assessed, client: Client, asked: Means, now_ns: int) -> None:
    room = assessed.assessments
    with _ONE_AT_A_TIME:
        found = room.records.of(client.client_id)
        check_may_declare(client, found, Kind.EXPOSURE_LIMIT, room.terms, now_ns)
        room.exposure.assess(client.client_id, asked, now_ns)


async def show_limits(venue: Venue, call: Call) -> LimitsShown:
    """What the client may do, and which rules are behind it."""
    assessed, client = await assessed_client(venue, call)
    return await _limits(venue, assessed, client)


async def declare_means(venue: Venue, call: Call) -> LimitsShown:
    """Works the exposure limit out anew; the figures are sealed. The first, and one that is lower, counts at once; what
    would raise it waits for somebody of the staff (`exposureRaise`).
    """
    assessed, client = await assessed_client(venue, call)
    asked, now_ns = read_json(call.body, Means), venue.clock()
    with told_why(assessed):
        await asyncio.to_thread(_declare, assessed, client, asked, now_ns)
    return await _limits(venue, assessed, client)


async def reactivate(venue: Venue, call: Call) -> LimitsShown:
    """Wakes a dormant account; takes a second factor shown in the last five minutes."""
    assessed, client = await assessed_client(venue, call)
    session, now_ns = call.session, venue.clock()
    fresh = session is not None and 0 < session.second_factor_ns > now_ns - FRESH_NS
    current = await assessed.clock.attend(client.client_id, now_ns)
    used_ns = current.record.last_activity_ns if current else 0
    with told_why(assessed):
        await asyncio.to_thread(
            lambda: assessed.assessments.reviews.wake(client, used_ns, now_ns, second_factor_shown=fresh)
        )
    return await _limits(venue, assessed, client)


async def _limits(venue: Venue, assessed: Assessed, client: Client) -> LimitsShown:
    current = await assessed.clock.attend(client.client_id, venue.clock())
    if current is None:
        raise Refused(-1101)
    findings = await asyncio.to_thread(assessed.assessments.records.of, client.client_id)
    newest = last(findings, Kind.EXPOSURE_LIMIT)
    terms = assessed.assessments.terms
    return LimitsShown(
        current.client_class,
        ms(current.record.professional_evidence_until_ns),
        current.profile,
        current.exposure_limit_minor,
        ms(newest.until_ns) if newest else 0,
        await asyncio.to_thread(_steps, assessed, newest),
        await asyncio.to_thread(raise_shown, assessed, findings),
        newest.method if newest else "",
        [account_limits(assessed, account_id) for account_id in assessed.gates.accounts(current.client)],
        conditions(assessed, told_to_client(current.conditions)),
        cited(assessed, (*terms.exposure.rules, *terms.evidence.rules)),
        assessed.gates.site.valuation_asset,
        assessed.gates.site.minor_decimals,
        list(assessed.assessments.data.exposure[0].circumstances_ppm),
    )


def _steps(assessed: Assessed, newest: Finding | None) -> list[StepShown]:
    if newest is None:
        return []
    return [StepShown(words, minor) for words, minor in assessed.assessments.exposure.steps(newest).items()]


def raise_shown(assessed: Assessed, findings: Iterable[Finding]) -> RaiseShown | None:
    """What of a client's own declaration waits for the staff. SQL."""
    asked = last(findings, Kind.EXPOSURE_RAISE)
    return RaiseShown(asked.number, asked.points, ms(asked.from_ns), _steps(assessed, asked)) if asked else None


def account_limits(assessed: Assessed, account_id: int) -> AccountLimits:
    """What the core holds for an account."""
    profile = assessed.gates.ledger.profiles.of(account_id)
    limit = profile.exposure_limit_atoms
    restrictions = ("none", "frozen", "reduce_only")
    return AccountLimits(
        str(account_id),
        format_decimal(limit, assessed.gates.site.valuation_decimals) if limit else "",
        profile.open_order_cap,
        restrictions[profile.restriction],
        [name for name, bit in assessed.gates.site.products.items() if profile.products >> bit & 1],
    )


def told_to_client(found: Iterable[Condition]) -> list[Condition]:
    """What a client may know of its conditions: that checks are not complete, never which rating asks for them."""
    told: dict[str, Condition] = {}
    for each in found:
        neutral = _NEUTRAL if each.name in _OF_RATING else each
        told.setdefault(neutral.name, neutral)
    return list(told.values())


def conditions(assessed: Assessed, found: Iterable[Condition]) -> list[ConditionShown]:
    """Conditions as they are shown, each with where its rules stand."""
    return [
        ConditionShown(
            each.name,
            each.effect.name.lower(),
            each.words,
            {name: str(figure) for name, figure in each.figures.items()},
            each.next_step,
            cited(assessed, each.rules),
        )
        for each in found
    ]


_OF_RATING = {"enhanced_checks_missing"}
"""Conditions that only a high rating brings: their name alone would tell it."""

_NEUTRAL = Condition(
    "due_diligence_incomplete",
    Effect.NO_ORDERS,
    "the checks of the client are not complete",
    "send what is asked of you, or wait",
    (),
)

_MINOR = "in minor units of the site's valuation currency"

ENDPOINTS = (
    row("GET", "riskProfile", show_profile, "Risk profile, its questions and scoring", answer=ProfileShown),
    row(
        "POST",
        "riskProfile",
        answer_profile,
        "Answer the questionnaire of the risk profile",
        (Parameter("answers", "Choices by question", is_required=True, shapes=(dict[str, str],)),),
        answer=ProfileShown,
    ),
    row("GET", "limits", show_limits, "What the client may do, and the rules behind it", answer=LimitsShown),
    row(
        "PUT",
        "limits/means",
        declare_means,
        "Declare means, so that the exposure limit is worked out",
        (
            Parameter("netWorthMinor", f"Liquid net worth {_MINOR}", Of.WHOLE_NUMBER, is_required=True),
            Parameter("yearlyIncomeMinor", f"Income of a year {_MINOR}", Of.WHOLE_NUMBER, is_required=True),
            Parameter(
                "heldElsewhereMinor", f"Virtual assets held elsewhere {_MINOR}", Of.WHOLE_NUMBER, is_required=True
            ),
            Parameter("circumstances", "Those that apply, by the names that the method knows", Of.TEXTS),
        ),
        answer=LimitsShown,
    ),
    row("POST", "reactivation", reactivate, "Wake a dormant account", answer=LimitsShown),
)
