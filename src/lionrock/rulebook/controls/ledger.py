"""What the ledger must look like at every moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.facts import AssetSum, EntityAccount, MovementTally, Setting
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

_STOP = "Engage the site's kill switch, and find the entry that caused it."


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Takes no numbers."""


@control(Kind.INVARIANT)
def sums_are_zero(parameters: Nothing, sums: Sequence[AssetSum], moment: Moment) -> Finding:
    """Over all accounts, custody included, every asset sums to zero: nothing was made and nothing was lost."""
    bad = [each.asset for each in sums if each.sum_atoms != 0]
    figures = {"assets": len(sums), "unbalanced": len(bad)}
    if bad:
        return failed("Assets do not sum to zero.", _STOP, bad, **figures)
    return passed("Every asset sums to zero.", **figures)


@control(Kind.INVARIANT)
def custody_owes_what_clients_own(parameters: Nothing, sums: Sequence[AssetSum], moment: Moment) -> Finding:
    """For every asset the ledger's custody accounts stand for at least what is owed to clients, in the same asset.

    This is the ledger's side: that the chains hold it is for custody to show.
    """
    bad = [each.asset for each in sums if each.custody_atoms < each.client_liability_atoms]
    figures = {"assets": len(sums), "short": len(bad)}
    if bad:
        return failed("Custody stands for less than clients own.", _STOP, bad, **figures)
    return passed("Custody stands for all that clients own.", **figures)


@control(Kind.INVARIANT)
def no_debt(
    parameters: Nothing, accounts: Sequence[EntityAccount], sums: Sequence[AssetSum], moment: Moment
) -> Finding:
    """No account is below zero in any asset, save custody, which owes what clients own: nobody was lent anything."""
    bad = [str(each.account_id) for each in accounts if each.has_debt and each.account_kind != "CUSTODY"]
    negative = sum(each.negative_balances for each in sums)
    figures = {"accounts": len(accounts), "in_debt": len(bad), "negative_balances": negative}
    if bad or negative:
        return failed("There are balances below zero.", _STOP, bad, **figures)
    return passed("No balance is below zero.", **figures)


class TrustEntity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: Annotated[tuple[str, ...], Stricter.UNION] = ("CLIENT", "CUSTODY")
    """Kinds of accounts that stand for assets of clients."""
    own_kinds: Annotated[tuple[str, ...], Stricter.UNION] = ("HOUSE", "TREASURY", "FEE")
    """Kinds of accounts that stand for the operator's own."""


@control(Kind.INVARIANT)
def client_assets_under_trust_entity(
    parameters: TrustEntity, accounts: Sequence[EntityAccount], settings: Sequence[Setting], moment: Moment
) -> Finding:
    """Every account of clients' assets stands under the company that holds them on trust, and none of the operator's
    does.

    The two companies are named by the settings `entity.trust` and `entity.operator` and must differ. An account without
    an entity is a breach, too.
    """
    named = {each.name: str(each.value) for each in settings}
    trust, operator = named.get("entity.trust", ""), named.get("entity.operator", "")
    if not trust or not operator:
        return no_data("The site does not name its trust entity and its operator.", "Name both in the site's file.")
    if trust == operator:
        return failed("Trust entity and operator are one company.", "Hold clients' assets through another company.")
    bad = [
        str(each.account_id)
        for each in accounts
        if (each.account_kind in parameters.kinds and each.legal_entity != trust)
        or (each.account_kind in parameters.own_kinds and each.legal_entity != operator)
    ]
    figures = {"accounts": len(accounts), "under_another": len(bad)}
    if bad:
        return failed("Accounts stand under the wrong company.", "Set the accounts' legal entity.", bad, **figures)
    return passed("Clients' assets stand under the trust entity alone.", **figures)


class OwnAccounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: Annotated[tuple[str, ...], Stricter.UNION] = ("HOUSE", "TREASURY", "FEE", "INSURANCE", "SUSPENSE")


@control(Kind.INVARIANT)
def no_own_account_trading(parameters: OwnAccounts, accounts: Sequence[EntityAccount], moment: Moment) -> Finding:
    """No account of the operator or its group may place orders in the books.

    The engine refuses orders of accounts that are not clients'; this looks whether any could all the same.
    """
    bad = [str(each.account_id) for each in accounts if each.account_kind in parameters.kinds and each.may_trade]
    figures = {"accounts": len(accounts), "may_trade": len(bad)}
    if bad:
        return failed("Accounts of the operator may trade.", "Take away their permission to trade.", bad, **figures)
    return passed("No account of the operator may trade.", **figures)


class Movements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    purposes: Annotated[tuple[str, ...], Stricter.INTERSECTION]
    """What value may leave accounts of clients for."""
    with_authority: Annotated[tuple[str, ...], Stricter.UNION] = ()
    """Of these, the ones whose every entry names an authority."""


@control(Kind.INVARIANT)
def movements_only_for(parameters: Movements, tallies: Sequence[MovementTally], moment: Moment) -> Finding:
    """What belongs to clients left their accounts for allowed purposes only, with an authority where one is needed.

    Nothing of theirs is lent, pledged or deposited elsewhere: the ledger has no purpose for that, and this counts that
    no other purpose was used for it.
    """
    other = [each.purpose for each in tallies if each.movements and each.purpose not in parameters.purposes]
    bare = [each.purpose for each in tallies if each.without_authority and each.purpose in parameters.with_authority]
    figures = {
        "movements": sum(each.movements for each in tallies),
        "for_other_purposes": sum(each.movements for each in tallies if each.purpose in other),
        "without_authority": sum(each.without_authority for each in tallies if each.purpose in bare),
    }
    if other or bare:
        return failed(
            "Clients' assets moved for other purposes, or without authority.",
            "Find the entries, and book them back.",
            sorted({*other, *bare}),
            **figures,
        )
    return passed("Clients' assets moved for allowed purposes only.", **figures)
