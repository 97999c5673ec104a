"""The rules of spec/markets.md and the owners of spec/self-trade.md: one function each.

Each function reads as its page does: the refusals in order of precedence, a line each, a mark, then what happens.
"""

from __future__ import annotations

from msgspec.structs import asdict

from lionrock.sim.auditor.book import Market
from lionrock.sim.auditor.gate_rules import first_profile
from lionrock.sim.auditor.venue import LARGEST_FIGURE, Account, FeeTier, Venue, known_or_refuse, refuse_if
from lionrock.words.commands import (
    AssignFeeTier,
    ListAsset,
    ListMarket,
    OpenAccount,
    SetBeneficialOwner,
    SetFeeTier,
)
from lionrock.words.enumerations import AccountKind, FeeCurrency
from lionrock.words.events import (
    AccountOpened,
    AssetListed,
    BeneficialOwnerSet,
    FeeTierAssigned,
    FeeTierSet,
    MarketListed,
)
from lionrock.words.limits import MAX_ATOMS, MAX_DECIMALS, MAX_PRICE_TICKS, MAX_RATE_PPM
from lionrock.words.rejections import Rejection

R = Rejection

ACCOUNT_KINDS = frozenset(AccountKind)
FEE_CURRENCIES = frozenset(FeeCurrency)


def list_asset(venue: Venue, command: ListAsset) -> None:
    """A malformed code arrives here as an empty one, see `Auditor`."""
    asset_id, code = command.asset_id, command.code
    is_listed = asset_id in venue.assets or any(asset.code == code for asset in venue.assets.values())

    refuse_if(asset_id == 0, R.ASSET_ID_NOT_POSITIVE)
    refuse_if(is_listed, R.ASSET_ALREADY_LISTED, asset_id)
    refuse_if(not code, R.ASSET_CODE_MALFORMED)
    refuse_if(command.decimals > MAX_DECIMALS, R.ASSET_DECIMALS_ABOVE_LIMIT, MAX_DECIMALS, command.decimals)
    # ---- Decided. Nothing below may fail. ----
    venue.assets[asset_id] = command
    venue.events.append(AssetListed(**venue.head(), asset_id=asset_id, decimals=command.decimals, code=code))


def open_account(venue: Venue, command: OpenAccount) -> None:
    account_id, kind = command.account_id, command.account_kind

    refuse_if(not 1 <= account_id <= LARGEST_FIGURE, R.ACCOUNT_ID_NOT_POSITIVE, account_id)
    refuse_if(account_id in venue.accounts, R.ACCOUNT_ALREADY_OPEN, account_id)
    refuse_if(kind not in ACCOUNT_KINDS, R.ACCOUNT_KIND_UNKNOWN, kind)
    # ---- Decided. Nothing below may fail. ----
    venue.accounts[account_id] = Account(kind, owner_id=account_id, profile=first_profile(account_id))
    if kind == AccountKind.CUSTODY:
        venue.ledger.custody_account_ids.add(account_id)
    venue.events.append(AccountOpened(**venue.head(), account_id=account_id, account_kind=kind))


def set_fee_tier(venue: Venue, command: SetFeeTier) -> None:
    tier, maker_fee_ppm, taker_fee_ppm = command.tier, command.maker_fee_ppm, command.taker_fee_ppm
    larger_ppm = max(maker_fee_ppm, taker_fee_ppm)

    refuse_if(maker_fee_ppm < -MAX_RATE_PPM, R.FEE_RATE_ABOVE_LIMIT, MAX_RATE_PPM, maker_fee_ppm)
    refuse_if(larger_ppm > MAX_RATE_PPM, R.FEE_RATE_ABOVE_LIMIT, MAX_RATE_PPM, larger_ppm)
    # ---- Decided. Nothing below may fail. ----
    venue.tiers[tier] = FeeTier(maker_fee_ppm, taker_fee_ppm)
    venue.events.append(FeeTierSet(**venue.head(), tier=tier, maker_fee_ppm=maker_fee_ppm, taker_fee_ppm=taker_fee_ppm))


def assign_fee_tier(venue: Venue, command: AssignFeeTier) -> None:
    account = known_or_refuse(venue.accounts, command.account_id, R.ACCOUNT_UNKNOWN)
    known_or_refuse(venue.tiers, command.tier, R.FEE_TIER_UNKNOWN)
    # ---- Decided. Nothing below may fail. ----
    account.tier = command.tier
    venue.events.append(FeeTierAssigned(**venue.head(), account_id=command.account_id, tier=command.tier))


def list_market(venue: Venue, command: ListMarket) -> None:
    """A malformed symbol arrives here as an empty one, see `Auditor`."""
    market_id, symbol, max_price_ticks = command.market_id, command.symbol, command.max_price_ticks
    base_id, quote_id, fee_account_id = command.base_asset_id, command.quote_asset_id, command.fee_account_id
    is_listed = market_id in venue.markets or any(market.listing.symbol == symbol for market in venue.markets.values())
    fee_account = venue.accounts.get(fee_account_id)
    fee_kind = fee_account.kind if fee_account else 0
    smallest = min(
        command.tick_quote_atoms, command.lot_base_atoms, max_price_ticks, command.max_size_lots,
        command.min_notional_atoms, command.max_notional_atoms,
    )  # fmt: skip

    refuse_if(market_id == 0, R.MARKET_ID_NOT_POSITIVE)
    refuse_if(is_listed, R.MARKET_ALREADY_LISTED, market_id)
    refuse_if(not symbol, R.MARKET_SYMBOL_MALFORMED)
    base = known_or_refuse(venue.assets, base_id, R.ASSET_UNKNOWN)
    known_or_refuse(venue.assets, quote_id, R.ASSET_UNKNOWN)
    refuse_if(base_id == quote_id, R.MARKET_ASSETS_EQUAL, base_id)
    refuse_if(command.fee_currency not in FEE_CURRENCIES, R.FEE_CURRENCY_UNKNOWN, command.fee_currency)
    refuse_if(fee_kind != AccountKind.FEE, R.FEE_ACCOUNT_NOT_OF_KIND_FEE, fee_account_id, fee_kind)
    refuse_if(smallest <= 0, R.MARKET_LIMIT_NOT_POSITIVE, smallest)
    refuse_if(max_price_ticks > MAX_PRICE_TICKS, R.MAX_PRICE_ABOVE_LIMIT, MAX_PRICE_TICKS, max_price_ticks)
    one_unit_atoms = 10**base.decimals
    per_lot_tick, not_whole = divmod(command.tick_quote_atoms * command.lot_base_atoms, one_unit_atoms)
    refuse_if(not_whole != 0, R.TICK_TIMES_LOT_NOT_WHOLE, one_unit_atoms, not_whole)
    largest = max(
        per_lot_tick * max_price_ticks * command.max_size_lots,
        command.lot_base_atoms * command.max_size_lots,
        command.max_notional_atoms,
    )
    min_notional, max_notional = command.min_notional_atoms, command.max_notional_atoms
    refuse_if(largest > MAX_ATOMS, R.MARKET_PRODUCT_ABOVE_LIMIT, MAX_ATOMS)
    refuse_if(min_notional > max_notional, R.MIN_NOTIONAL_ABOVE_MAX, max_notional, min_notional)
    # ---- Decided. Nothing below may fail. ----
    venue.markets[market_id] = Market(command, per_lot_tick)
    venue.events.append(MarketListed(**(asdict(command) | venue.head())))


def set_beneficial_owner(venue: Venue, command: SetBeneficialOwner) -> None:
    account = known_or_refuse(venue.accounts, command.account_id, R.ACCOUNT_UNKNOWN)
    refuse_if(command.owner_id == 0, R.OWNER_ID_NOT_POSITIVE)
    # ---- Decided. Nothing below may fail. ----
    account.owner_id = command.owner_id
    venue.events.append(BeneficialOwnerSet(**venue.head(), account_id=command.account_id, owner_id=command.owner_id))
