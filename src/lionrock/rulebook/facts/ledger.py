"""What the ledger and the journal say of themselves."""

from __future__ import annotations

import msgspec


class AssetSum(msgspec.Struct, frozen=True):
    """All balances of an asset together."""

    asset: str
    sum_atoms: int
    """Over all accounts, custody included: zero."""
    negative_balances: int
    """Accounts below zero other than custody's."""
    client_liability_atoms: int
    custody_atoms: int
    """What custody owes, as a positive number."""


class EntityAccount(msgspec.Struct, frozen=True):
    """An account and the legal entity that it stands under."""

    account_id: int
    account_kind: str
    """Name of an `AccountKind`."""
    legal_entity: str
    """Code of the site's entity; empty when none is set."""
    may_trade: bool
    has_debt: bool
    """Below zero in any asset."""


class RecordProof(msgspec.Struct, frozen=True):
    """The last time the journal was checked by itself."""

    checked_ns: int
    is_whole: bool
    frames: int
    last_backup_ns: int
    """0 for never."""
    last_backup_drilled_ns: int


class MovementTally(msgspec.Struct, frozen=True):
    """How often value left accounts of clients outside a trade, by purpose, since the site began."""

    purpose: str
    """Name of a `TransferPurpose`."""
    movements: int
    without_authority: int
    """Those whose entry names no authority."""
