"""Defects of what the operator does: transfers, and what may be listed."""

from __future__ import annotations

from tests.defects.defect import Defect

_TRANSFERS = (
    Defect(
        "custody-gets-more-than-it-owes-from-custody",
        "LEDG-006",
        "if to_custody and command.amount_atoms > -self.ledger",
        "if to_custody and not from_custody and command.amount_atoms > -self.ledger",
    ),
    Defect(
        "custody-owes-one-atom-too-much",
        "LEDG-005",
        "if from_custody and not to_custody and owed > MAX_ATOMS():",
        "if from_custody and not to_custody and owed > MAX_ATOMS() + 1:",
    ),
    Defect(
        "what-was-withdrawn-stays-owed",
        "LEDG-005",
        "self.owed_atoms[asset_id] = self.owed_atoms.get(asset_id, 0) - amount_atoms",
        "self.owed_atoms[asset_id] = self.owed_atoms.get(asset_id, 0)",
    ),
    Defect(
        "one-atom-moves-that-is-not-there",
        "LEDG-003",
        "if not from_custody and command.amount_atoms > self.ledger",
        "if not from_custody and command.amount_atoms > 1 + self.ledger",
    ),
    Defect(
        "transfer-of-nothing-is-posted",
        "LEDG-004",
        "REJECTION_TRANSFER_ACCOUNTS_EQUAL, command.debit_account_id, 0)\n        if command.amount_atoms <= 0:",
        "REJECTION_TRANSFER_ACCOUNTS_EQUAL, command.debit_account_id, 0)\n        if command.amount_atoms < 0:",
    ),
    Defect(
        "transfer-to-itself-is-posted",
        "LEDG-004",
        "if debit == credit:",
        "if debit == credit and command.purpose != TRANSFER_PURPOSE_INTERNAL:",
    ),
)

_LISTING = (
    Defect(
        "code-of-an-asset-stands-twice",
        "MRKT-001",
        "if command.asset_id in self.assets or code in self.codes:",
        "if command.asset_id in self.assets:",
    ),
    Defect(
        "account-of-no-kind-is-opened",
        "MRKT-003",
        "if not ACCOUNT_KIND_CLIENT <= command.account_kind <= ACCOUNT_KIND_TREASURY:",
        "if command.account_kind > ACCOUNT_KIND_TREASURY:",
    ),
    Defect(
        "account-is-put-into-a-tier-that-is-not-set",
        "MRKT-004",
        "if command.tier >= self.tiers.shape[0] or not self.tiers[command.tier].is_set:",
        "if command.tier >= self.tiers.shape[0]:",
    ),
    Defect(
        "maker-rate-has-no-limit",
        "MRKT-005",
        "cdef int64_t dearer = max(<int64_t> command.maker_fee_ppm, <int64_t> command.taker_fee_ppm)",
        "cdef int64_t dearer = command.taker_fee_ppm",
    ),
    Defect(
        "symbol-of-a-market-stands-twice",
        "MRKT-006",
        "if command.market_id in self.markets or symbol in self.symbols:",
        "if command.market_id in self.markets:",
    ),
    Defect(
        "fees-go-to-a-client",
        "MRKT-006",
        "if fee_kind != ACCOUNT_KIND_FEE:",
        "if fee_kind != ACCOUNT_KIND_FEE and fee_kind != ACCOUNT_KIND_CLIENT:",
    ),
    Defect(
        "largest-size-is-not-proved-to-fit",
        "MRKT-007",
        "max(price * size * (tick * lot // whole), size * lot, most)",
        "max(price * size * (tick * lot // whole), most)",
    ),
    Defect(
        "least-worth-may-not-be-the-most",
        "MRKT-007",
        "if least > most:",
        "if least >= most:",
    ),
    Defect(
        "lot-at-a-tick-is-part-of-an-atom",
        "MRKT-008",
        "if tick * lot % whole:",
        "if tick * lot < whole:",
    ),
    Defect(
        "unknown-base-asset-is-told-as-the-quote",
        "MRKT-006",
        "for asset_id in (command.base_asset_id, command.quote_asset_id):",
        "for asset_id in (command.quote_asset_id, command.base_asset_id):",
    ),
)

IN_OPERATIONS = (*_TRANSFERS, *_LISTING)
