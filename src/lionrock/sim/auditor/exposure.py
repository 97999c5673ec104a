"""The rules of spec/exposure.md: how much a client may have at stake, and what assets are worth to that limit."""

from __future__ import annotations

from msgspec.structs import asdict

from lionrock.sim.auditor.venue import Venue, known_or_refuse, refuse_if
from lionrock.words.commands import SetValuation
from lionrock.words.events import ValuationSet
from lionrock.words.limits import MAX_ATOMS
from lionrock.words.rejections import Rejection
from lionrock.words.rounding import value_rounded_up

R = Rejection


def refuse_above_exposure(venue: Venue, account_id: int, asset_id: int, more_atoms: int) -> None:
    """Gate 9, of a new or amended order that would hold so much more of this asset than before, or less."""
    limit = venue.accounts[account_id].profile.exposure_limit_atoms
    valuation = venue.valuations.get(asset_id)
    is_money = valuation is not None and valuation.is_money == 1
    if limit == 0 or more_atoms <= 0 or not is_money:
        return
    exposure = _exposure(venue, account_id, asset_id, more_atoms)
    refuse_if(exposure > limit, R.EXPOSURE_ABOVE_LIMIT, limit, exposure)


def _exposure(venue: Venue, account_id: int, money_id: int, more_held_atoms: int) -> int:
    """In atoms of the valuation asset, with so much more of this money held."""
    total = 0
    for asset_id, valuation in venue.valuations.items():
        counted = venue.ledger.held(account_id, asset_id)
        if asset_id == money_id:
            counted += more_held_atoms
        if valuation.is_money == 0:
            counted += venue.ledger.available(account_id, asset_id)
        total += value_rounded_up(counted, valuation.price_atoms, venue.assets[asset_id].decimals)
    return total


def set_valuation(venue: Venue, command: SetValuation) -> None:
    price, is_money = command.price_atoms, command.is_money

    known_or_refuse(venue.assets, command.asset_id, R.ASSET_UNKNOWN)
    refuse_if(not 0 <= price <= MAX_ATOMS, R.VALUATION_OUT_OF_RANGE, MAX_ATOMS, price)
    refuse_if(is_money not in (0, 1), R.VALUATION_OUT_OF_RANGE, 1, is_money)
    # ---- Decided. Nothing below may fail. ----
    venue.valuations[command.asset_id] = command
    venue.events.append(ValuationSet(**(asdict(command) | venue.head())))
