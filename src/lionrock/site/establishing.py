"""Brings a journal to what the definition of its site says: assets, accounts, fee tiers, markets and who may trade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lionrock.gateways.rest.contract import refusal_in
from lionrock.node.node import Node
from lionrock.site.definition import Definition
from lionrock.site.site import Site
from lionrock.views.catalogue import Catalogue
from lionrock.words.amounts import parse_decimal
from lionrock.words.commands import (
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    SetAccountProfile,
    SetFeeTier,
    SetPriceBand,
    SetValuation,
)
from lionrock.words.enumerations import AccountKind, AccountRestriction, ClientClass
from lionrock.words.events import AssetListed, MarketListed, MarketRulesSet
from lionrock.words.faults import Fault
from lionrock.words.figures import explain

ALL_PRODUCTS = (1 << 32) - 1


async def establish(site: Site, definition: Definition) -> int:
    """Carry out what is missing; returns how many commands that took, none at a second start.

    What the operator changed later by command is left as it is. Raises `Fault` when the ledger refuses, and what
    `Node.submit` raises.
    """
    missing = [*still_to_list(site.catalogue, definition), *_still_to_rule(site, definition)]
    for command in missing:
        await carry_out(site.node, command)
    return len(missing)


def still_to_list(catalogue: Catalogue, definition: Definition) -> Iterator[Command]:
    """Assets, accounts of the site's own, fee tiers and markets that are not there yet."""
    for asset in definition.assets:
        if asset.id not in catalogue.assets:
            yield ListAsset(asset_id=asset.id, decimals=asset.decimals, code=asset.code)
    for account in definition.accounts:
        if account.id not in catalogue.accounts:
            yield OpenAccount(account_id=account.id, account_kind=AccountKind[account.kind])
    # Tier 0 is there from the start, charging nothing; it is set first, so the tier above tells whether it was.
    for tier, rates in enumerate(definition.tiers):
        if max(tier, 1) not in catalogue.fee_tiers:
            yield SetFeeTier(tier=tier, maker_fee_ppm=rates.maker_ppm, taker_fee_ppm=rates.taker_ppm)
    for market in definition.markets:
        if market.id not in catalogue.markets:
            yield definition.listing(market)


def listed_otherwise(catalogue: Catalogue, definition: Definition) -> Iterator[str]:
    """What the file says of assets and markets, and the ledger, which counts, has otherwise."""
    for asset in definition.assets:
        wanted = ListAsset(asset_id=asset.id, decimals=asset.decimals, code=asset.code)
        yield from _differences(f"asset {asset.code}", wanted, catalogue.assets.get(asset.id))
    for market in definition.markets:
        listed = catalogue.markets.get(market.id)
        yield from _differences(
            f"market {market.symbol}", definition.listing(market), listed.listing if listed is not None else None
        )


def _differences(name: str, wanted: ListAsset | ListMarket, listed: AssetListed | MarketListed | None) -> Iterator[str]:
    if listed is None:
        return
    for field in wanted.__struct_fields__:
        said, has = getattr(wanted, field), getattr(listed, field, None)
        if (
            field not in Command.__struct_fields__ and said != has
        ):  # those of every command are its place in the journal
            yield f"{name}: {field} is {said} in the file and {has} in the ledger"


def _still_to_rule(site: Site, definition: Definition) -> Iterator[Command]:
    """What belongs to a market or account from its first moment; a market's rules tell whether it was done."""
    rules: Mapping[int, MarketRulesSet] = site.trading_rules.rules
    new = [market for market in definition.markets if market.id not in rules]
    for market in new:
        yield SetPriceBand(market_id=market.id, band_ppm=market.band_ppm)
        yield definition.rules(market)
    if len(new) < len(definition.markets):
        return
    valuation = definition.asset(definition.site.valuation_asset)
    for asset in definition.assets:
        if asset.value:
            price_atoms = parse_decimal(asset.value, valuation.decimals)
            yield SetValuation(asset_id=asset.id, price_atoms=price_atoms, is_money=int(asset.is_money))
    for account in definition.accounts:
        yield own_profile(definition, account.id, AccountKind[account.kind])


def own_profile(definition: Definition, account_id: int, kind: AccountKind) -> SetAccountProfile:
    """Under which entity an account of the site's own stands."""
    return SetAccountProfile(
        account_id=account_id,
        legal_entity=definition.entity_of_kind(kind).number,
        products=ALL_PRODUCTS,
        client_class=ClientClass.UNCLASSIFIED,
        restriction=AccountRestriction.NONE,
        open_order_cap=0,
    )


async def carry_out(node: Node, command: Command) -> None:
    """Raises `Fault` when it is refused."""
    refused = refusal_in(await node.submit(command))
    if refused is not None:
        raise Fault(explain(refused.rejection, refused.first_figure, refused.second_figure))
