"""The rules of spec/gates.md: who may trade what, where and how much, and the facts that say so."""

from __future__ import annotations

from msgspec.structs import asdict

from lionrock.sim.auditor.book import Market
from lionrock.sim.auditor.venue import Account, Venue, known_or_refuse, refuse_if
from lionrock.words.commands import SetAccountProfile, SetAssetPermission, SetMarketRules
from lionrock.words.enumerations import AccountRestriction, ClientClass, Side
from lionrock.words.events import AccountProfileSet, AssetPermissionSet, MarketRulesSet
from lionrock.words.limits import MAX_ATOMS, MAX_PRODUCT, PPM
from lionrock.words.rejections import Rejection
from lionrock.words.rounding import band_bottom_rounded_up, band_top_rounded_down

R = Rejection
CLIENT_CLASSES = frozenset(ClientClass)
RESTRICTIONS = frozenset(AccountRestriction)
ALL_CLASSES = 15
ALL_PRODUCTS = 2**32 - 1


def first_profile(account_id: int) -> SetAccountProfile:
    """What an account may do before anybody says otherwise."""
    return SetAccountProfile(
        account_id=account_id,
        legal_entity=0,
        products=ALL_PRODUCTS,
        client_class=ClientClass.UNCLASSIFIED,
        restriction=AccountRestriction.NONE,
        open_order_cap=0,
    )


def refuse_at_gates(market: Market, account: Account, side: int, limit_ticks: int | None, worth: int | None) -> None:
    """Gates 1 to 7, of a new or amended order; a market order has no limit, and by base no worth in quote atoms."""
    profile, rules, account_id = account.profile, market.rules, account.profile.account_id
    entity, client_class = profile.legal_entity, profile.client_class
    differs = 0 not in (entity, rules.legal_entity) and entity != rules.legal_entity
    is_admitted = rules.admitted_classes >> client_class & 1
    only_sells = profile.restriction == AccountRestriction.REDUCE_ONLY
    most_atoms = rules.max_order_value_atoms or MAX_ATOMS
    product = 1 << rules.product
    received_id = market.listing.base_asset_id if side == Side.BUY else market.listing.quote_asset_id
    is_forbidden = received_id in account.forbidden_asset_ids

    refuse_if(differs, R.LEGAL_ENTITY_DIFFERS, rules.legal_entity, entity)
    refuse_if(not profile.products & product, R.PRODUCT_NOT_PERMITTED, product, profile.products)
    refuse_if(is_forbidden, R.ASSET_NOT_PERMITTED, received_id, account_id)
    refuse_if(not is_admitted, R.CLIENT_CLASS_NOT_ADMITTED, rules.admitted_classes, client_class)
    refuse_if(profile.restriction == AccountRestriction.FROZEN, R.ACCOUNT_FROZEN, account_id)
    refuse_if(only_sells and side == Side.BUY, R.ACCOUNT_REDUCE_ONLY, account_id)
    if limit_ticks is not None and rules.price_deviation_ppm != 0 and market.last_price_ticks != 0:
        _refuse_far_limit(market, side, limit_ticks)
    if worth is not None:
        refuse_if(worth > most_atoms, R.ORDER_VALUE_ABOVE_LIMIT, most_atoms, worth)


def _refuse_far_limit(market: Market, side: int, limit_ticks: int) -> None:
    last_ticks, deviation_ppm = market.last_price_ticks, market.rules.price_deviation_ppm
    if side == Side.BUY:
        top = band_top_rounded_down(last_ticks, deviation_ppm)
        refuse_if(limit_ticks > top, R.PRICE_TOO_FAR_FROM_LAST, top, limit_ticks)
    else:
        bottom = band_bottom_rounded_up(last_ticks, deviation_ppm)
        refuse_if(limit_ticks < bottom, R.PRICE_TOO_FAR_FROM_LAST, bottom, limit_ticks)


def refuse_above_cap(account: Account) -> None:
    """Gate 8, of a new order that may rest or wait."""
    cap = account.profile.open_order_cap
    refuse_if(cap != 0 and account.open_orders >= cap, R.OPEN_ORDERS_ABOVE_CAP, cap, account.open_orders)


def set_account_profile(venue: Venue, command: SetAccountProfile) -> None:
    client_class, restriction, limit = command.client_class, command.restriction, command.exposure_limit_atoms

    account = known_or_refuse(venue.accounts, command.account_id, R.ACCOUNT_UNKNOWN)
    refuse_if(client_class not in CLIENT_CLASSES, R.CLIENT_CLASS_UNKNOWN, client_class)
    refuse_if(restriction not in RESTRICTIONS, R.RESTRICTION_UNKNOWN, restriction)
    refuse_if(not 0 <= limit <= MAX_ATOMS, R.EXPOSURE_LIMIT_OUT_OF_RANGE, MAX_ATOMS, limit)
    # ---- Decided. Nothing below may fail. ----
    account.profile = command
    venue.events.append(AccountProfileSet(**(asdict(command) | venue.head())))


def set_asset_permission(venue: Venue, command: SetAssetPermission) -> None:
    asset_id, permitted = command.asset_id, command.permitted

    account = known_or_refuse(venue.accounts, command.account_id, R.ACCOUNT_UNKNOWN)
    known_or_refuse(venue.assets, asset_id, R.ASSET_UNKNOWN)
    refuse_if(permitted not in (0, 1), R.PERMISSION_UNKNOWN, permitted)
    # ---- Decided. Nothing below may fail. ----
    if permitted:
        account.forbidden_asset_ids.discard(asset_id)
    else:
        account.forbidden_asset_ids.add(asset_id)
    venue.events.append(AssetPermissionSet(**(asdict(command) | venue.head())))


def set_market_rules(venue: Venue, command: SetMarketRules) -> None:
    classes, deviation_ppm, product = command.admitted_classes, command.price_deviation_ppm, command.product
    base_fee, quote_fee = command.minimum_fee_base_atoms, command.minimum_fee_quote_atoms
    most_atoms = command.max_order_value_atoms

    market = known_or_refuse(venue.markets, command.market_id, R.MARKET_UNKNOWN)
    refuse_if(classes > ALL_CLASSES, R.MARKET_RULE_OUT_OF_RANGE, ALL_CLASSES, classes)
    refuse_if(deviation_ppm > PPM, R.MARKET_RULE_OUT_OF_RANGE, PPM, deviation_ppm)
    refuse_if(not 0 <= most_atoms <= MAX_ATOMS, R.MARKET_RULE_OUT_OF_RANGE, MAX_ATOMS, most_atoms)
    refuse_if(product > MAX_PRODUCT, R.MARKET_RULE_OUT_OF_RANGE, MAX_PRODUCT, product)
    refuse_if(not 0 <= base_fee <= MAX_ATOMS, R.MARKET_RULE_OUT_OF_RANGE, MAX_ATOMS, base_fee)
    refuse_if(not 0 <= quote_fee <= MAX_ATOMS, R.MARKET_RULE_OUT_OF_RANGE, MAX_ATOMS, quote_fee)
    # ---- Decided. Nothing below may fail. ----
    market.rules = command
    venue.events.append(MarketRulesSet(**(asdict(command) | venue.head())))
