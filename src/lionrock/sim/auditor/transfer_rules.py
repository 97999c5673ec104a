"""The transfers of spec/ledger.md between two accounts."""

from __future__ import annotations

from lionrock.sim.auditor.origin import TRANSFER_PURPOSES, note_source, refuse_origin, told_of
from lionrock.sim.auditor.venue import Venue, known_or_refuse, refuse_if, refuse_if_frozen
from lionrock.words.commands import Transfer
from lionrock.words.enumerations import AccountKind
from lionrock.words.events import TransferPosted
from lionrock.words.limits import MAX_ATOMS
from lionrock.words.rejections import Rejection

R = Rejection


def transfer(venue: Venue, command: Transfer) -> None:
    ledger, asset_id, amount = venue.ledger, command.asset_id, command.amount_atoms
    debit_id, credit_id = command.debit_account_id, command.credit_account_id

    debit = known_or_refuse(venue.accounts, debit_id, R.ACCOUNT_UNKNOWN)
    credit = known_or_refuse(venue.accounts, credit_id, R.ACCOUNT_UNKNOWN)
    known_or_refuse(venue.assets, asset_id, R.ASSET_UNKNOWN)
    refuse_if(command.purpose not in TRANSFER_PURPOSES, R.TRANSFER_PURPOSE_UNKNOWN, command.purpose)
    refuse_if(debit_id == credit_id, R.TRANSFER_ACCOUNTS_EQUAL, debit_id)
    refuse_if(amount <= 0, R.TRANSFER_AMOUNT_NOT_POSITIVE, amount)
    refuse_origin(venue, command, command.purpose)
    if debit.kind == AccountKind.CUSTODY and credit.kind != AccountKind.CUSTODY:
        would_owe = ledger.custody_owes(asset_id) + amount
        refuse_if(would_owe > MAX_ATOMS, R.ASSET_SUPPLY_ABOVE_LIMIT, MAX_ATOMS, would_owe)
    if credit.kind == AccountKind.CUSTODY:
        owed = -ledger.available(credit_id, asset_id)
        refuse_if(amount > owed, R.CUSTODY_NEVER_IN_CREDIT, amount, owed)
    refuse_if_frozen(venue, debit_id)
    if debit.kind != AccountKind.CUSTODY:
        available = ledger.available(debit_id, asset_id)
        refuse_if(amount > available, R.AVAILABLE_INSUFFICIENT, amount, available)
    # ---- Decided. Nothing below may fail. ----
    ledger.post(debit_id, asset_id, available=-amount)
    ledger.post(credit_id, asset_id, available=amount)
    note_source(venue, command)
    venue.events.append(
        TransferPosted(
            **venue.head(),
            asset_id=asset_id,
            debit_account_id=debit_id,
            credit_account_id=credit_id,
            amount_atoms=amount,
            purpose=command.purpose,
            **told_of(command),
        )
    )
