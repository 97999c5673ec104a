"""What clients agree to: standing authorities and the agreement itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.calendars import due_ns
from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.controls.spans import NS_PER_DAY, months_later
from lionrock.rulebook.facts import AgreementVersion, StandingAuthority
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter


class Authority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    months: Annotated[int, Stricter.LOWER]
    notice_days: Annotated[int, Stricter.HIGHER]
    """How long before its end a client must be reminded, for the authority to be renewed by silence."""
    confirmation_amount: Annotated[int, Stricter.LOWER]
    confirmation_unit: str
    """How soon after its end the renewal must be confirmed."""


@control(Kind.TIMER)
def standing_authority_in_force(
    parameters: Authority, authorities: Sequence[StandingAuthority], moment: Moment
) -> Finding:
    """A client's standing authority lasts no longer than allowed, and is renewed by silence only after a timely
    reminder.

    Professional investors' authorities may last until they are taken back. An authority whose renewal was confirmed
    must have been announced so many days before its end, and confirmed soon after it. One that has ended without that
    is over: nothing may be moved on it, which is for the place that moves assets to refuse.
    """
    bad = [
        each.authority_id
        for each in authorities
        if (not each.is_professional and each.ends_ns > months_later(each.begins_ns, parameters.months))
        or (each.renewal_confirmed_ns and not _was_renewed(parameters, each, moment))
    ]
    figures = {"authorities": len(authorities), "bad": len(bad), "months": parameters.months}
    if bad:
        return failed(
            "Standing authorities last too long, or were renewed without a timely reminder.",
            "Move nothing on them; ask the clients for new ones.",
            bad,
            **figures,
        )
    return passed("Every standing authority is within its time.", **figures)


def _was_renewed(parameters: Authority, authority: StandingAuthority, moment: Moment) -> bool:
    reminded = 0 < authority.renewal_notice_ns <= authority.ends_ns - parameters.notice_days * NS_PER_DAY
    last_ns = due_ns(moment.calendar, authority.ends_ns, parameters.confirmation_amount, parameters.confirmation_unit)
    return reminded and authority.renewal_confirmed_ns <= last_ns


class LeadTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agreement: str
    days: Annotated[int, Stricter.HIGHER]


@control(Kind.TIMER)
def agreement_changes_announced(parameters: LeadTime, versions: Sequence[AgreementVersion], moment: Moment) -> Finding:
    """A change of the agreement was announced to clients so many days before it came into force.

    The first version needs no announcement. Exactly the time is enough.
    """
    mine = [each for each in versions if each.agreement == parameters.agreement]
    if not mine:
        return no_data("The site has no version of the agreement.", "Publish the agreement.")
    lead_ns = parameters.days * NS_PER_DAY
    bad = [each.sha256 for each in mine if not each.is_first and each.in_force_ns - each.announced_ns < lead_ns]
    figures = {"versions": len(mine), "too_soon": len(bad), "days": parameters.days}
    if bad:
        return failed("A change came into force too soon.", "Put its coming into force off.", bad, **figures)
    return passed("Every change was announced in time.", **figures)


class Clauses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agreement: str
    clauses: Annotated[tuple[str, ...], Stricter.UNION]


@control(Kind.SCHEMA_CHECK)
def agreement_has_clauses(parameters: Clauses, versions: Sequence[AgreementVersion], moment: Moment) -> Finding:
    """The version of the agreement that is in force holds every clause that the rule wants, word for word.

    Which clauses a version holds is told by comparing hashes of the registered wording when the version is published.
    """
    mine = [each for each in versions if each.agreement == parameters.agreement and each.in_force_ns <= moment.now_ns]
    if not mine:
        return no_data("No version of the agreement is in force.", "Publish the agreement.")
    current = max(mine, key=lambda each: each.in_force_ns)
    missing = [clause for clause in parameters.clauses if clause not in current.clauses]
    if missing:
        return failed(
            f"The agreement lacks the clause {', '.join(missing)}.", "Publish a version that has it.", missing
        )
    return passed("The agreement in force has every clause.", clauses=len(parameters.clauses))
