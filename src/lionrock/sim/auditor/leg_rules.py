"""The transfers of many legs of spec/ledger.md: collected leg by leg, then booked whole or not at all."""

from __future__ import annotations

from msgspec.structs import asdict

from lionrock.sim.auditor.origin import (
    TRANSFER_PURPOSES,
    note_source,
    refuse_lone_correction,
    refuse_origin,
    told_of,
)
from lionrock.sim.auditor.venue import Venue, known_or_refuse, refuse_if, refuse_if_frozen
from lionrock.words.commands import AddLeg, DropLegs, PostLegs
from lionrock.words.enumerations import AccountKind
from lionrock.words.events import LegAdded, LegPosted, LegsDropped, LegsPosted
from lionrock.words.limits import MAX_ATOMS, MAX_LEGS
from lionrock.words.rejections import Rejection

R = Rejection


def add_leg(venue: Venue, command: AddLeg) -> None:
    transfer_id, amount = command.transfer_id, command.amount_atoms
    legs = venue.legs.get(transfer_id, [])

    refuse_if(transfer_id == 0, R.TRANSFER_ID_NOT_POSITIVE)
    known_or_refuse(venue.accounts, command.account_id, R.ACCOUNT_UNKNOWN)
    known_or_refuse(venue.assets, command.asset_id, R.ASSET_UNKNOWN)
    refuse_if(not 0 < abs(amount) <= MAX_ATOMS, R.LEG_AMOUNT_OUT_OF_RANGE, MAX_ATOMS, amount)
    refuse_if(len(legs) >= MAX_LEGS, R.LEGS_ABOVE_LIMIT, MAX_LEGS, len(legs))
    # ---- Decided. Nothing below may fail. ----
    venue.legs[transfer_id] = [*legs, command]
    venue.events.append(LegAdded(**(asdict(command) | venue.head())))


def drop_legs(venue: Venue, command: DropLegs) -> None:
    legs = known_or_refuse(venue.legs, command.transfer_id, R.TRANSFER_UNKNOWN)
    # ---- Decided. Nothing below may fail. ----
    del venue.legs[command.transfer_id]
    venue.events.append(LegsDropped(**venue.head(), transfer_id=command.transfer_id, legs=len(legs)))


def post_legs(venue: Venue, command: PostLegs) -> None:
    refuse_if(command.purpose not in TRANSFER_PURPOSES, R.TRANSFER_PURPOSE_UNKNOWN, command.purpose)
    refuse_origin(venue, command, command.purpose)
    legs = known_or_refuse(venue.legs, command.transfer_id, R.TRANSFER_UNKNOWN)
    refuse_if(command.legs != len(legs), R.TRANSFER_LEGS_DIFFER, command.legs, len(legs))
    _refuse_imbalance(legs)
    _refuse_holds(venue, command, legs)
    for leg in legs:
        if leg.amount_atoms < 0:
            refuse_if_frozen(venue, leg.account_id)
    _refuse_sums_by_account(venue, legs)
    _refuse_supply(venue, legs)
    # ---- Decided. Nothing below may fail. ----
    for leg in legs:
        _book(venue, leg)
    del venue.legs[command.transfer_id]
    note_source(venue, command)
    venue.events.append(
        LegsPosted(
            **venue.head(),
            transfer_id=command.transfer_id,
            legs=len(legs),
            purpose=command.purpose,
            **told_of(command),
        )
    )


def _refuse_imbalance(legs: list[AddLeg]) -> None:
    for asset_id in _assets_of(legs):
        total = sum(leg.amount_atoms for leg in legs if leg.asset_id == asset_id)
        refuse_if(total != 0, R.TRANSFER_NOT_BALANCED, asset_id, total)


def _refuse_holds(venue: Venue, command: PostLegs, legs: list[AddLeg]) -> None:
    taken: dict[int, int] = {}
    for leg in legs:
        hold_id, asked = leg.hold_id, -leg.amount_atoms
        if hold_id == 0:
            continue
        hold = known_or_refuse(venue.holds, hold_id, R.HOLD_UNKNOWN)
        fits = (leg.account_id, leg.asset_id) == (hold.account_id, hold.asset_id) and asked > 0
        refuse_if(not fits, R.HOLD_DOES_NOT_FIT, hold_id, leg.account_id)
        left = hold.amount_atoms - taken.get(hold_id, 0)
        refuse_if(asked > left, R.HOLD_INSUFFICIENT, left, asked)
        refuse_lone_correction(command, hold.purpose)
        taken[hold_id] = taken.get(hold_id, 0) + asked


def _refuse_sums_by_account(venue: Venue, legs: list[AddLeg]) -> None:
    """A leg from a hold names its account and asset, too, but is no part of the sum."""
    for account_id, asset_id in dict.fromkeys((leg.account_id, leg.asset_id) for leg in legs):
        available = venue.ledger.available(account_id, asset_id)
        arrives = sum(
            leg.amount_atoms for leg in legs if (leg.account_id, leg.asset_id, leg.hold_id) == (account_id, asset_id, 0)
        )
        if venue.accounts[account_id].kind == AccountKind.CUSTODY:
            refuse_if(arrives > -available, R.CUSTODY_NEVER_IN_CREDIT, arrives, -available)
        elif arrives < 0:
            refuse_if(-arrives > available, R.AVAILABLE_INSUFFICIENT, -arrives, available)


def _refuse_supply(venue: Venue, legs: list[AddLeg]) -> None:
    custody_account_ids = venue.ledger.custody_account_ids
    for asset_id in _assets_of(legs):
        given_back = sum(
            leg.amount_atoms for leg in legs if leg.asset_id == asset_id and leg.account_id in custody_account_ids
        )
        would_owe = venue.ledger.custody_owes(asset_id) - given_back
        refuse_if(would_owe > MAX_ATOMS, R.ASSET_SUPPLY_ABOVE_LIMIT, MAX_ATOMS, would_owe)


def _assets_of(legs: list[AddLeg]) -> list[int]:
    """In the order in which the legs first name them."""
    return list(dict.fromkeys(leg.asset_id for leg in legs))


def _book(venue: Venue, leg: AddLeg) -> None:
    account_id, asset_id, amount = leg.account_id, leg.asset_id, leg.amount_atoms
    if leg.hold_id == 0:
        venue.ledger.post(account_id, asset_id, available=amount)
    else:
        venue.take_from_hold(leg.hold_id, -amount)
        venue.ledger.post(account_id, asset_id, held=amount)
    venue.events.append(LegPosted(**(asdict(leg) | venue.head())))
