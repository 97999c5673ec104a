"""Clients: what must be there before an account is opened or an order is placed.

A gate is asked of the client's record as it would stand after the decision: to let a client trade, ask with `may_trade`
set. The same gates look every day at the records of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import failed, passed
from lionrock.rulebook.controls.spans import days_between, has_passed
from lionrock.rulebook.facts import ClientRecord, StaffRecord
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

_IDLE = passed("The client has no relationship with the site, or may not trade.")
"""One for all: a site asks this of every client each day."""


class Relationship(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    states: Annotated[tuple[str, ...], Stricter.UNION] = ("active",)
    """States of onboarding in which there is a relationship; a client that may trade always has one."""


def _has_relationship(client: ClientRecord, states: tuple[str, ...]) -> bool:
    return client.may_trade or client.state in states


_DILIGENT = passed("Due diligence is complete.")


@control(Kind.GATE)
def due_diligence_before_account(parameters: Relationship, client: ClientRecord, moment: Moment) -> Finding:
    """No account is opened, and none goes on, for a client whose due diligence is not complete."""
    if not _has_relationship(client, parameters.states):
        return _IDLE
    if not client.due_diligence_complete:
        return failed(
            "Due diligence is not complete.", "Complete what is missing, or end the relationship.", (client.client_id,)
        )
    return _DILIGENT


class OneAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    most: Annotated[int, Stricter.LOWER] = 1
    states: Annotated[tuple[str, ...], Stricter.UNION] = ("active",)


_SINGLE = passed("The client has one account and no double.")


@control(Kind.GATE)
def one_account_per_client(parameters: OneAccount, client: ClientRecord, moment: Moment) -> Finding:
    """A client has one account; sub-accounts under it are not counted. Somebody who is a client already gets no second
    one.
    """
    if not _has_relationship(client, parameters.states):
        return _IDLE
    if client.duplicate_of:
        return failed("The client has an account already.", "Use the first account.", (client.client_id,))
    if client.accounts > parameters.most:
        return failed(
            f"The client has {client.accounts} accounts; the most is {parameters.most}.",
            "Close all but one, or make them sub-accounts.",
            (client.client_id,),
            accounts=client.accounts,
            most=parameters.most,
        )
    return _SINGLE


class Knowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exempt_classes: Annotated[tuple[str, ...], Stricter.INTERSECTION] = ()
    """Classes in which a company that was found to be exempt needs no assessment. A person is never exempt."""
    states: Annotated[tuple[str, ...], Stricter.UNION] = ("active",)


_KNOWS = passed("The client passed the assessment of knowledge, or needs none.")


@control(Kind.GATE)
def knowledge_before_trading(parameters: Knowledge, client: ClientRecord, moment: Moment) -> Finding:
    """A client has passed the assessment of knowledge of virtual assets before there is an account.

    Institutions and qualified companies may be found exempt, and the finding is recorded; a person's exemption counts
    for nothing. Who fails is trained, and asked again.
    """
    if not _has_relationship(client, parameters.states):
        return _IDLE
    if 0 < client.knowledge_passed_ns <= moment.now_ns:
        return _KNOWS
    if client.knowledge_exempt and not client.is_person and client.client_class in parameters.exempt_classes:
        return _KNOWS
    return failed(
        "The client has not passed the assessment of knowledge.",
        "Offer the assessment; after a failure, training first.",
        (client.client_id,),
    )


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Takes no numbers."""


_PROFILED = passed("The client has a risk profile made by a stated method.")


@control(Kind.GATE)
def risk_profile_before_trading(parameters: Nothing, client: ClientRecord, moment: Moment) -> Finding:
    """A client who may trade has a risk profile, and the version of the method that made it is recorded with it."""
    if not client.may_trade:
        return _IDLE
    if not client.risk_profile or not client.risk_method_version:
        return failed("The client has no risk profile.", "Have the client answer the questions.", (client.client_id,))
    return _PROFILED


class Exposure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    review_months: Annotated[int, Stricter.LOWER]
    """How long a limit may go without a review."""


_LIMITED = passed("The client's exposure limit is set, notified and reviewed.")


@control(Kind.GATE)
def exposure_limit_set_and_notified(parameters: Exposure, client: ClientRecord, moment: Moment) -> Finding:
    """A client who may trade has an exposure limit, was told of it, and it was looked at again in time.

    The time runs from the last review, or from the notice when there was none yet.
    """
    if not client.may_trade:
        return _IDLE
    if client.exposure_limit_minor <= 0:
        return failed("The client has no exposure limit.", "Set a limit, and tell the client.", (client.client_id,))
    if not client.exposure_notified_ns:
        return failed("The client was not told of the exposure limit.", "Tell the client.", (client.client_id,))
    looked_ns = max(client.exposure_notified_ns, client.exposure_reviewed_ns)
    if has_passed(looked_ns, parameters.review_months, moment.now_ns):
        return failed(
            f"The exposure limit was last looked at {days_between(looked_ns, moment.now_ns)} days ago.",
            "Review the limit.",
            (client.client_id,),
            review_months=parameters.review_months,
        )
    return _LIMITED


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    classes: Annotated[tuple[str, ...], Stricter.UNION] = ("professional",)
    """Classes that rest on evidence which runs out."""


_EVIDENCED = passed("The client's class rests on evidence that has not run out, or needs none.")


@control(Kind.GATE)
def professional_evidence_not_expired(parameters: Evidence, client: ClientRecord, moment: Moment) -> Finding:
    """A client who trades as a professional investor has evidence of being one that has not run out.

    At the very moment at which it runs out it counts no more.
    """
    if not client.may_trade or client.client_class not in parameters.classes:
        return _EVIDENCED
    if moment.now_ns >= client.professional_evidence_until_ns:
        return failed(
            "There is no evidence in force of being a professional investor.",
            "Ask for new evidence, or treat the client as retail.",
            (client.client_id,),
            overdue_days=days_between(client.professional_evidence_until_ns, moment.now_ns)
            if client.professional_evidence_until_ns
            else 0,
        )
    return _EVIDENCED


_AGREED = passed("The client accepted the agreement in force.")


@control(Kind.GATE)
def agreement_accepted_current(parameters: Nothing, client: ClientRecord, moment: Moment) -> Finding:
    """A client who may trade has accepted the version of the agreement that is in force.

    When a new version comes into force, a client who has not accepted it is stopped until they have: that is no breach.
    """
    if not client.may_trade:
        return _IDLE
    if not client.agreement_accepted_ns or not client.agreement_is_current:
        return failed(
            "The client has not accepted the agreement in force.", "Ask the client to accept it.", (client.client_id,)
        )
    return _AGREED


_RESIDENT = passed("The client's residence is admitted.")


@control(Kind.GATE)
def residence_is_admitted(parameters: Relationship, client: ClientRecord, moment: Moment) -> Finding:
    """The site holds the licence that serving people or companies of the client's residence takes."""
    if not _has_relationship(client, parameters.states):
        return _IDLE
    if not client.residence_is_admitted:
        return failed(
            "The site may not serve clients of this residence.",
            "Do not open the account; wind down one that is open.",
            (client.client_id,),
        )
    return _RESIDENT


_CERTIFIED = passed("The client certified where it is resident for tax.")


@control(Kind.GATE)
def tax_self_certified(parameters: Relationship, client: ClientRecord, moment: Moment) -> Finding:
    """A client has certified where it is resident for tax, with its tax number, before there is an account."""
    if not _has_relationship(client, parameters.states):
        return _IDLE
    if not 0 < client.tax_self_certified_ns <= moment.now_ns:
        return failed("The client has not certified its tax residence.", "Ask for it.", (client.client_id,))
    return _CERTIFIED


class Dormant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: Annotated[int, Stricter.LOWER]


@control(Kind.INVARIANT)
def dormant_accounts_are_marked(parameters: Dormant, clients: Sequence[ClientRecord], moment: Moment) -> Finding:
    """A client who has done nothing for so long that the account counts as dormant is marked so, and may not trade."""
    bad = [
        each.client_id
        for each in clients
        if each.state == "active"
        and not each.dormant
        and each.last_activity_ns
        and days_between(each.last_activity_ns, moment.now_ns) > parameters.days
    ]
    figures = {"clients": len(clients), "unmarked": len(bad), "days": parameters.days}
    if bad:
        return failed("Dormant accounts are not marked.", "Mark them, and ask their owners.", bad, **figures)
    return passed("Every dormant account is marked.", **figures)


@control(Kind.INVARIANT)
def employees_are_flagged(
    parameters: Nothing, staff: Sequence[StaffRecord], clients: Sequence[ClientRecord], moment: Moment
) -> Finding:
    """Every account that a member of the staff declared as theirs or a relation's is flagged as an employee's.

    A declared account that is not named, or that no client has, is a breach, too: what is not found is not watched.
    """
    flagged = {each.client_id for each in clients if each.is_employee}
    declared = [(each.staff_id, client) for each in staff for client in each.client_ids]
    bad = [client for _, client in declared if client not in flagged]
    bad += [each.staff_id for each in staff if each.has_trading_account and not each.client_ids]
    figures = {"declared": len(declared), "not_flagged": len(bad)}
    if bad:
        return failed("Accounts of staff are not flagged.", "Flag them as employees' accounts.", bad, **figures)
    return passed("Every declared account of staff is flagged.", **figures)
