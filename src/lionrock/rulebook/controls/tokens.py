"""Assets: what must be there before one is admitted, and while it is.

A gate is asked of the token's record as it would stand after the decision: to offer an asset to retail clients, ask
with the audience `retail`. An audience of `none` is offered to nobody and is always admitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import due, failed, passed
from lionrock.rulebook.controls.spans import days_between, months_later
from lionrock.rulebook.facts import IndexMembership, TokenRecord
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

EVERYBODY = ("professional", "retail", "retail_reduce_only")
_NOT_ASKED = passed("Not asked of this asset or audience.")


def _is_asked(token: TokenRecord, audiences: tuple[str, ...]) -> bool:
    return token.audience in audiences and not token.is_money


class Votes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seats: Annotated[tuple[str, ...], Stricter.UNION]
    audiences: Annotated[tuple[str, ...], Stricter.UNION] = EVERYBODY


@control(Kind.GATE)
def admission_votes_complete(parameters: Votes, token: TokenRecord, moment: Moment) -> Finding:
    """Every seat of the admission committee that the rule names has voted for the asset, and the vote is recorded."""
    if not _is_asked(token, parameters.audiences):
        return _NOT_ASKED
    missing = [seat for seat in parameters.seats if seat not in token.votes_for]
    figures = {"seats": len(parameters.seats), "missing": len(missing)}
    if missing or not 0 < token.voted_ns <= moment.now_ns:
        return failed(
            f"The committee's vote lacks {', '.join(missing) or 'its date'}.",
            "Put the asset to the committee.",
            (token.asset,),
            **figures,
        )
    return passed("Every seat voted for the asset.", **figures)


class Age(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    months: Annotated[int, Stricter.HIGHER]
    audiences: Annotated[tuple[str, ...], Stricter.UNION] = EVERYBODY
    asked_of_licensed_stablecoins: Annotated[bool, Stricter.TRUE] = True


@control(Kind.GATE)
def issued_long_enough(parameters: Age, token: TokenRecord, moment: Moment) -> Finding:
    """The asset was first issued so many months ago, so that there is a record of how it behaves.

    Not asked of money and of securities. The day on which the months are over is enough. An asset whose first issue is
    not known does not pass.
    """
    if not _is_asked(token, parameters.audiences) or token.is_security:
        return _NOT_ASKED
    if token.is_stablecoin and token.issuer_is_licensed and not parameters.asked_of_licensed_stablecoins:
        return _NOT_ASKED
    if not token.issued_on_ns:
        return failed("It is not known when the asset was first issued.", "Find out.", (token.asset,))
    days = days_between(token.issued_on_ns, moment.now_ns)
    figures = {"months": parameters.months, "issued_days_ago": days}
    wanted_ns = months_later(token.issued_on_ns, parameters.months)
    if moment.now_ns < wanted_ns:
        return failed(
            f"The asset was issued {days} days ago; it takes {parameters.months} months.",
            "Wait, or offer it to those for whom this is not asked.",
            (token.asset,),
            **figures,
            days_to_wait=-days_between(wanted_ns, moment.now_ns),
        )
    return passed("The asset was issued long enough ago.", **figures)


class Indices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    indices: Annotated[int, Stricter.HIGHER]
    oldest_days: Annotated[int, Stricter.LOWER]
    """How old a file of constituents may be: indices are put together again each quarter."""
    one_follows_iosco_and_knows_conventional: Annotated[bool, Stricter.TRUE] = True
    audiences: Annotated[tuple[str, ...], Stricter.UNION] = ("retail",)


@control(Kind.GATE)
def two_independent_indices(parameters: Indices, token: TokenRecord, moment: Moment) -> Finding:
    """An asset for retail clients is in enough accepted indices of providers that are independent of each other.

    Providers of one group count once, and so do two indices of one provider. At least one of the providers follows the
    IOSCO principles and has experience with indices of conventional securities. Each membership rests on a file of
    constituents that is young enough. A security is not offered to retail clients on this ground.
    """
    if not _is_asked(token, parameters.audiences):
        return _NOT_ASKED
    if token.is_security:
        return failed("The asset is a security.", "Offer it to professional investors only.", (token.asset,))
    found, has_known = _independent(token.indices, parameters.oldest_days, moment)
    figures = {"independent_indices": found, "asked": parameters.indices}
    if found < parameters.indices:
        return failed(
            f"The asset is in {found} independent indices; it takes {parameters.indices}.",
            "Add files of constituents, or let retail clients only sell.",
            (token.asset,),
            **figures,
        )
    if parameters.one_follows_iosco_and_knows_conventional and not has_known:
        return failed(
            "None of the providers follows the IOSCO principles and knows conventional indices.",
            "Add an index of such a provider.",
            (token.asset,),
            **figures,
        )
    return passed("The asset is in enough independent indices.", **figures)


@control(Kind.INVARIANT)
def retail_reduce_only_on_falling_out(parameters: Indices, tokens: Sequence[TokenRecord], moment: Moment) -> Finding:
    """An asset that has fallen out of the indices is not taken off at once: retail clients may only sell, and it is
    evaluated.

    An asset that is still offered to retail clients for buying is a breach. One that they may only sell, and that was
    not evaluated since the latest file of constituents, is due.
    """
    buying, unevaluated, fallen = [], [], 0
    for token in tokens:
        found, _ = _independent(token.indices, parameters.oldest_days, moment)
        if token.is_money or found >= parameters.indices:
            continue
        if token.audience in parameters.audiences:
            buying.append(token.asset)
        elif token.audience == "retail_reduce_only":
            fallen += 1
            latest_ns = max((each.as_of_ns for each in token.indices), default=0)
            if not token.index_evaluated_ns or token.index_evaluated_ns < latest_ns:
                unevaluated.append(token.asset)
    figures = {"fallen_out": fallen + len(buying), "still_bought": len(buying), "not_evaluated": len(unevaluated)}
    if buying:
        return failed(
            "Retail clients may still buy assets that fell out of the indices.",
            "Let retail clients only sell, and evaluate the asset.",
            buying,
            **figures,
        )
    if unevaluated:
        return due("Assets that fell out were not evaluated.", "Have the committee evaluate them.", **figures)
    return passed("What fell out of the indices is only sold, and was evaluated.", **figures)


def _independent(memberships: Sequence[IndexMembership], oldest_days: int, moment: Moment) -> tuple[int, bool]:
    """How many independent providers' indices have the token, and whether one of the providers is such as is asked."""
    young = [
        each
        for each in memberships
        if each.constituents_sha256 and 0 <= days_between(each.as_of_ns, moment.now_ns) <= oldest_days
    ]
    groups = {each.provider_group or each.provider for each in young}
    return len(groups), any(each.is_iosco_compliant and each.has_conventional_indices for each in young)


class Audience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    audiences: Annotated[tuple[str, ...], Stricter.UNION] = EVERYBODY


@control(Kind.GATE)
def audit_matches_bytecode(parameters: Audience, token: TokenRecord, moment: Moment) -> Finding:
    """The smart contract on chain is, byte for byte, the one that an independent auditor looked at.

    A coin without a smart contract needs no audit. A contract that was changed after its audit does not pass.
    """
    if not _is_asked(token, parameters.audiences) or not token.bytecode_sha256:
        return _NOT_ASKED
    if not token.audit_report_sha256:
        return failed("There is no report of an audit.", "Have the contract audited.", (token.asset,))
    if token.audit_bytecode_sha256 != token.bytecode_sha256:
        return failed(
            "The contract on chain is not the one that was audited.",
            "Have the contract on chain audited.",
            (token.asset,),
            on_chain=token.bytecode_sha256,
            audited=token.audit_bytecode_sha256,
        )
    return passed("The contract on chain is the one that was audited.")


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    approval_audiences: Annotated[tuple[str, ...], Stricter.UNION]
    notice_audiences: Annotated[tuple[str, ...], Stricter.UNION] = ()


@control(Kind.GATE)
def approval_before_listing(parameters: Approval, token: TokenRecord, moment: Moment) -> Finding:
    """An asset is offered, stopped or taken off only with the regulator's approval, or after telling the regulator.

    Which of the two depends on whom it is offered to. A reference of an approval is also a notice.
    """
    approved = bool(token.approval_reference.strip())
    if _is_asked(token, parameters.approval_audiences) and not approved:
        return failed("The regulator has not approved.", "Ask for approval, and record its reference.", (token.asset,))
    if _is_asked(token, parameters.notice_audiences) and not approved and not 0 < token.notified_ns <= moment.now_ns:
        return failed("The regulator was not told.", "Tell the regulator first.", (token.asset,))
    return passed("The regulator approved or was told, as is asked.")


@control(Kind.GATE)
def no_builtin_anonymity(parameters: Audience, token: TokenRecord, moment: Moment) -> Finding:
    """An asset with an inbuilt function that hides its holders and its history is not admitted."""
    if _is_asked(token, parameters.audiences) and token.has_builtin_anonymity:
        return failed("The asset hides its holders.", "Do not admit it.", (token.asset,))
    return passed("The asset does not hide its holders.")


@control(Kind.GATE)
def white_paper_published(parameters: Audience, token: TokenRecord, moment: Moment) -> Finding:
    """The asset has a white paper, kept with its hash. Money is not asked for one."""
    if _is_asked(token, parameters.audiences) and not token.white_paper_sha256:
        return failed("The asset has no white paper.", "Record the white paper.", (token.asset,))
    return passed("The asset has its white paper, or needs none.")


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fields: Annotated[tuple[str, ...], Stricter.UNION]
    contract_fields: Annotated[tuple[str, ...], Stricter.UNION] = ()
    """Asked only of assets with a smart contract."""
    audiences: Annotated[tuple[str, ...], Stricter.UNION] = EVERYBODY


@control(Kind.GATE)
def disclosure_complete(parameters: Disclosure, token: TokenRecord, moment: Moment) -> Finding:
    """The public page of the asset says everything that the rule wants clients to be told."""
    if not _is_asked(token, parameters.audiences):
        return _NOT_ASKED
    asked = parameters.fields + (parameters.contract_fields if token.bytecode_sha256 else ())
    missing = [field for field in asked if field not in token.disclosed_fields]
    figures = {"asked": len(asked), "missing": len(missing)}
    if missing:
        return failed(f"The asset's page lacks {', '.join(missing)}.", "Complete the page.", (token.asset,), **figures)
    return passed("The asset's page says everything.", **figures)


class Stablecoins(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    audiences: Annotated[tuple[str, ...], Stricter.UNION] = ("retail",)


@control(Kind.GATE)
def stablecoin_issuer_licensed(parameters: Stablecoins, token: TokenRecord, moment: Moment) -> Finding:
    """A stablecoin is offered to retail clients only when its issuer is licensed at the place of the site."""
    if token.is_stablecoin and _is_asked(token, parameters.audiences) and not token.issuer_is_licensed:
        return failed(
            "The stablecoin's issuer is not licensed here.",
            "Offer it to professional investors only, or not at all.",
            (token.asset,),
        )
    return passed("The issuer is licensed, or this is not asked.")
