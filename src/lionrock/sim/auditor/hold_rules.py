"""The rules of spec/holds.md: value is set aside, then settled or released."""

from __future__ import annotations

from msgspec.structs import asdict

from lionrock.sim.auditor.origin import (
    TRANSFER_PURPOSES,
    note_source,
    refuse_actor_kind,
    refuse_lone_correction,
    refuse_origin,
    refuse_source,
    told_of,
)
from lionrock.sim.auditor.venue import Hold, Venue, known_or_refuse, refuse_if, refuse_if_frozen
from lionrock.words.commands import PlaceHold, ReleaseHold, SettleHold
from lionrock.words.enumerations import AccountKind
from lionrock.words.events import HoldPlaced, HoldReleased, HoldSettled
from lionrock.words.rejections import Rejection

R = Rejection


def place_hold(venue: Venue, command: PlaceHold) -> None:
    hold_id, account_id, asset_id = command.hold_id, command.account_id, command.asset_id
    amount, highest_id = command.amount_atoms, venue.highest_hold_id

    known_or_refuse(venue.accounts, account_id, R.ACCOUNT_UNKNOWN)
    known_or_refuse(venue.assets, asset_id, R.ASSET_UNKNOWN)
    refuse_if(command.purpose not in TRANSFER_PURPOSES, R.TRANSFER_PURPOSE_UNKNOWN, command.purpose)
    refuse_if(amount <= 0, R.TRANSFER_AMOUNT_NOT_POSITIVE, amount)
    refuse_origin(venue, command, command.purpose)
    refuse_if(hold_id <= highest_id, R.HOLD_ID_NOT_INCREASING, highest_id, hold_id)
    refuse_if_frozen(venue, account_id)
    available = venue.ledger.available(account_id, asset_id)
    refuse_if(amount > available, R.AVAILABLE_INSUFFICIENT, amount, available)
    # ---- Decided. Nothing below may fail. ----
    venue.highest_hold_id = hold_id
    venue.holds[hold_id] = Hold(account_id, asset_id, amount, command.purpose)
    venue.ledger.post(account_id, asset_id, available=-amount, held=amount)
    note_source(venue, command)
    venue.events.append(HoldPlaced(**(asdict(command) | venue.head())))


def settle_hold(venue: Venue, command: SettleHold) -> None:
    hold_id, credit_id, amount = command.hold_id, command.credit_account_id, command.amount_atoms

    hold = _known_or_refuse_origin(venue, command)
    account_id, asset_id = hold.account_id, hold.asset_id
    credit = known_or_refuse(venue.accounts, credit_id, R.ACCOUNT_UNKNOWN)
    refuse_if(credit_id == account_id, R.TRANSFER_ACCOUNTS_EQUAL, credit_id)
    refuse_if(amount <= 0, R.TRANSFER_AMOUNT_NOT_POSITIVE, amount)
    refuse_if(amount > hold.amount_atoms, R.HOLD_INSUFFICIENT, hold.amount_atoms, amount)
    refuse_if(command.release_rest not in (0, 1), R.PERMISSION_UNKNOWN, command.release_rest)
    if credit.kind == AccountKind.CUSTODY:
        owed = -venue.ledger.available(credit_id, asset_id)
        refuse_if(amount > owed, R.CUSTODY_NEVER_IN_CREDIT, amount, owed)
    refuse_if_frozen(venue, account_id)
    # ---- Decided. Nothing below may fail. ----
    released = hold.amount_atoms - amount if command.release_rest else 0
    venue.take_from_hold(hold_id, amount + released)
    venue.ledger.post(account_id, asset_id, available=released, held=-amount - released)
    venue.ledger.post(credit_id, asset_id, available=amount)
    note_source(venue, command)
    venue.events.append(
        HoldSettled(
            **venue.head(),
            hold_id=hold_id,
            account_id=account_id,
            credit_account_id=credit_id,
            asset_id=asset_id,
            amount_atoms=amount,
            released_atoms=released,
            purpose=hold.purpose,
            **told_of(command),
        )
    )


def release_hold(venue: Venue, command: ReleaseHold) -> None:
    hold = _known_or_refuse_origin(venue, command)
    # ---- Decided. Nothing below may fail. ----
    amount = hold.amount_atoms
    venue.take_from_hold(command.hold_id, amount)
    venue.ledger.post(hold.account_id, hold.asset_id, available=amount, held=-amount)
    note_source(venue, command)
    venue.events.append(
        HoldReleased(
            **venue.head(),
            hold_id=command.hold_id,
            account_id=hold.account_id,
            asset_id=hold.asset_id,
            amount_atoms=amount,
            purpose=hold.purpose,
            **told_of(command),
        )
    )


def _known_or_refuse_origin(venue: Venue, command: SettleHold | ReleaseHold) -> Hold:
    """Whether it takes two, only the hold says; so the hold is looked for in the middle of the origin's refusals."""
    refuse_actor_kind(command)
    refuse_source(venue, command)
    hold = known_or_refuse(venue.holds, command.hold_id, R.HOLD_UNKNOWN)
    refuse_lone_correction(command, hold.purpose)
    return hold
