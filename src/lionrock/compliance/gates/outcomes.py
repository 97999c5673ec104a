"""What should hold in the core for each account of a client, and which commands bring it about. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from lionrock.compliance.assessments.ports import AssetTerms
from lionrock.compliance.assessments.profile import ProfileMethod
from lionrock.compliance.assessments.standing import Standing
from lionrock.compliance.assessments.terms import Effect, Terms, is_exempt
from lionrock.views.profiles import Profiles
from lionrock.words.amounts import MINOR_DECIMALS
from lionrock.words.commands import CancelOrders, Command, SetAccountProfile, SetAssetPermission, SetBeneficialOwner
from lionrock.words.enumerations import AccountRestriction, CancelReason, ClientClass
from lionrock.words.limits import MAX_ATOMS

MONEY = "money"
LEAST_LIMIT_ATOMS = 1
"""A limit of 0 is none to the core, so a client that may have nothing at stake gets one atom."""

_RESTRICTION = {
    Effect.NONE: AccountRestriction.NONE,
    Effect.REDUCE_ONLY: AccountRestriction.REDUCE_ONLY,
    Effect.NO_ORDERS: AccountRestriction.REDUCE_ONLY,
    Effect.FROZEN: AccountRestriction.FROZEN,
}


class SiteTerms(msgspec.Struct, frozen=True):
    """How the site's ledger counts."""

    products: Mapping[str, int]
    """Bit of each product."""
    valuation_decimals: int
    """Of the asset that exposure is counted in."""
    minor_decimals: int = MINOR_DECIMALS
    """Of the currency that clients declare their means in."""
    valuation_asset: str = ""
    """Its code."""

    def atoms(self, minor: int) -> int:
        """Minor units in atoms of the valuation asset; cut down where it is the coarser one."""
        if self.valuation_decimals >= self.minor_decimals:
            return minor * int(10 ** (self.valuation_decimals - self.minor_decimals))
        return minor // int(10 ** (self.minor_decimals - self.valuation_decimals))

    def minor(self, atoms: int) -> int:
        """Atoms in minor units, cut down: to the side of less at stake."""
        if self.valuation_decimals >= self.minor_decimals:
            return atoms // int(10 ** (self.valuation_decimals - self.minor_decimals))
        return atoms * int(10 ** (self.minor_decimals - self.valuation_decimals))


class Listed(msgspec.Struct, frozen=True):
    """What is listed, as the gates see it."""

    assets: Mapping[int, str]
    """Codes by asset id."""
    markets: Mapping[int, tuple[int, int]]
    """Base and quote asset by market id."""
    terms: Mapping[str, AssetTerms] | None
    """By asset code; None where the site does not say who may acquire what."""


class Wanted(msgspec.Struct, frozen=True):
    """What should hold for one account."""

    profile: SetAccountProfile
    forbidden: frozenset[int] | None
    """Assets that it may not acquire; None where the site does not say, and what is set stays."""


def wanted(
    standing: Standing, accounts: Sequence[int], listed: Listed, *, site: SiteTerms, terms: Terms, method: ProfileMethod
) -> dict[int, Wanted]:
    """For every account of the client, all alike. The exposure limit is divided over them in equal parts, cut down, so
    that they never come to more than the client's limit together.
    """
    limit = 0
    if standing.exposure_limit_minor is not None:
        whole = min(site.atoms(standing.exposure_limit_minor), MAX_ATOMS)
        limit = max(whole // max(len(accounts), 1), LEAST_LIMIT_ATOMS)
    products = _products(standing, site, terms, method)
    forbidden = _forbidden(standing, listed, terms, method)
    return {
        account_id: Wanted(
            SetAccountProfile(
                account_id=account_id,
                legal_entity=standing.client.legal_entity,
                products=products,
                client_class=ClientClass[standing.client_class.upper()],
                restriction=_RESTRICTION[standing.effect],
                open_order_cap=terms.open_order_cap.get(standing.client_class, 0),
                exposure_limit_atoms=limit,
            ),
            forbidden,
        )
        for account_id in accounts
    }


def _has_profile(standing: Standing, terms: Terms) -> bool:
    """Whether a risk profile bounds what the client trades."""
    return not is_exempt(terms.profile.exempt, standing.client_class, is_person=standing.client.is_person)


def _products(standing: Standing, site: SiteTerms, terms: Terms, method: ProfileMethod) -> int:
    if standing.effect is Effect.NO_ORDERS:
        return 0
    allowed = set(terms.class_products.get(standing.client_class, ()))
    if _has_profile(standing, terms):
        bounds = method.class_named(standing.profile) if standing.profile else method.classes[0]
        allowed &= set(bounds.products)
    return sum(1 << bit for name, bit in site.products.items() if name in allowed)


def _forbidden(standing: Standing, listed: Listed, terms: Terms, method: ProfileMethod) -> frozenset[int] | None:
    if listed.terms is None:
        return None
    groups = None
    if _has_profile(standing, terms):
        groups = set(method.class_named(standing.profile).asset_groups) if standing.profile else {MONEY}
    return frozenset(
        asset_id
        for asset_id, code in listed.assets.items()
        if not _may_acquire(listed.terms.get(code), standing, groups)
    )


def _may_acquire(asset: AssetTerms | None, standing: Standing, groups: set[str] | None) -> bool:
    """What nobody admitted, nobody acquires."""
    if asset is None:
        return False
    if asset.group == MONEY:
        return True
    if standing.client.jurisdiction in asset.blocked_jurisdictions:
        return False
    if groups is not None and asset.group not in groups:
        return False
    if standing.client_class in ("professional", "institutional"):
        return asset.audience in ("professional", "retail", "retail_reduce_only")
    return asset.audience == "retail"


def difference(
    wanted_by_account: Mapping[int, Wanted],
    have: Profiles,
    owners: Mapping[int, int],
    owner_id: int,
    listed: Listed,
) -> list[Command]:
    """Commands that bring what the core has to what it should have; none when nothing differs.

    Orders that a lesser right would not let in are taken back: the core itself leaves resting orders alone.
    """
    commands: list[Command] = []
    for account_id, want in wanted_by_account.items():
        if owners.get(account_id, account_id) != owner_id:
            commands.append(SetBeneficialOwner(account_id=account_id, owner_id=owner_id))
        before = have.of(account_id)
        if want.profile != before:
            commands.append(want.profile)
        forbidden = have.forbidden_assets(account_id)
        should = forbidden if want.forbidden is None else want.forbidden
        newly = sorted(should - forbidden)
        commands += [_permission(account_id, asset_id, permitted=0) for asset_id in newly]
        commands += [_permission(account_id, asset_id, permitted=1) for asset_id in sorted(forbidden - should)]
        commands += _taken_back(account_id, before, want.profile, newly, listed)
    return commands


_STRICTNESS = (AccountRestriction.NONE, AccountRestriction.REDUCE_ONLY, AccountRestriction.FROZEN)


def is_reduced(before: SetAccountProfile, after: SetAccountProfile) -> bool:
    """Whether an account loses a right, so that orders may rest which it could not place any more."""
    return (
        before.products & ~after.products != 0
        or after.client_class < before.client_class
        or _STRICTNESS.index(AccountRestriction(after.restriction))
        > _STRICTNESS.index(AccountRestriction(before.restriction))
        or before.legal_entity not in (after.legal_entity, 0)
    )


def _taken_back(
    account_id: int,
    before: SetAccountProfile,
    after: SetAccountProfile,
    newly_forbidden: Iterable[int],
    listed: Listed,
) -> list[Command]:
    if is_reduced(before, after):
        return [_cancel(account_id, 0)]
    assets = set(newly_forbidden)
    return [_cancel(account_id, market_id) for market_id, pair in sorted(listed.markets.items()) if assets & set(pair)]


def _permission(account_id: int, asset_id: int, *, permitted: int) -> SetAssetPermission:
    return SetAssetPermission(account_id=account_id, asset_id=asset_id, permitted=permitted)


def _cancel(account_id: int, market_id: int) -> CancelOrders:
    return CancelOrders(account_id=account_id, market_id=market_id, group_id=0, reason=CancelReason.REQUESTED)
