"""Defects of value that moves outside trades: legs, where a booking comes from, holds, error trades."""

from __future__ import annotations

from tests.defects.defect import Defect

_LEGS = (
    Defect(
        "legs-of-different-assets-balance-each-other",
        "LEDG-012",
        "sums[asset_id] = sums.get(asset_id, 0) + amount",
        "sums[legs[0][1]] = sums.get(legs[0][1], 0) + amount",
    ),
    Defect(
        "transfer-has-a-leg-too-many",
        "LEDG-017",
        "if len(legs) == MAX_LEGS:",
        "if len(legs) > MAX_LEGS:",
    ),
    Defect(
        "posted-legs-can-be-posted-again",
        "LEDG-011",
        "        del self.legs[command.transfer_id]\n",
        "",
    ),
    Defect(
        "two-legs-take-the-same-from-a-hold",
        "LEDG-014",
        "            left[hold_id] = left.get(hold_id, held_atoms) + amount\n",
        "",
    ),
    Defect(
        "hold-of-a-frozen-account-pays-a-leg",
        "LEDG-020",
        "for account, _, amount, _ in legs:\n            if amount < 0 and",
        "for account, _, amount, hold_id in legs:\n            if amount < 0 and hold_id == 0 and",
    ),
    Defect(
        "one-person-pays-legs-from-a-hold-for-a-correction",
        "LEDG-022",
        "            if self.origins.lacks_second(kind, purpose, command.actor_id, command.authority_id):\n"
        "                return 1\n",
        "",
    ),
    Defect(
        "legs-of-custody-do-not-count-into-what-it-owes",
        "LEDG-005",
        "            self.ledger.move(account, asset_id, total)\n",
        "            self.ledger.credit(self.ledger.balance(account, asset_id), total)\n",
    ),
)

_ORIGINS = (
    Defect(
        "one-person-makes-a-correction-as-both",
        "LEDG-010",
        "(actor_id == 0 or authority_id == 0 or actor_id == authority_id):",
        "(actor_id == 0 or authority_id == 0):",
    ),
    Defect(
        "refused-transfer-uses-up-its-sources-number",
        "LEDG-009",
        "        return self.origins.lacks_second(kind, command.purpose,",
        "        self.origins.book(command.source, command.source_sequence)\n"
        "        return self.origins.lacks_second(kind, command.purpose,",
    ),
    Defect(
        "all-sources-are-numbered-together",
        "LEDG-009",
        "last = self.last.get(source, 0) if source != 0 else -1",
        "last = max(self.last.values(), default=0) if source != 0 else -1",
    ),
    Defect(
        "released-hold-does-not-say-who-released-it",
        "LEDG-018",
        "        event.amount_atoms = self.give_back(command.hold_id)\n"
        "        event.purpose = purpose\n"
        "        memcpy(&event.tax_report_type, &command.tax_report_type, ORIGIN_BYTES)\n",
        "        event.amount_atoms = self.give_back(command.hold_id)\n        event.purpose = purpose\n",
    ),
)

_HOLDS = (
    Defect(
        "rest-of-a-hold-is-gone-when-a-part-is-settled",
        "HOLD-002",
        "        if held_atoms > amount_atoms:\n",
        "        if False:\n",
    ),
    Defect(
        "refused-hold-uses-up-its-id",
        "HOLD-009",
        "        if self.ledger.accounts[account].restriction == ACCOUNT_RESTRICTION_FROZEN:\n",
        "        self.highest_hold_id = command.hold_id\n"
        "        if self.ledger.accounts[account].restriction == ACCOUNT_RESTRICTION_FROZEN:\n",
    ),
    Defect(
        "frozen-account-receives-no-settlement",
        "HOLD-009",
        "        if self.ledger.accounts[<int32_t> account].restriction == ACCOUNT_RESTRICTION_FROZEN:\n",
        "        if ACCOUNT_RESTRICTION_FROZEN in (\n"
        "            self.ledger.accounts[<int32_t> account].restriction, self.ledger.accounts[credit].restriction\n"
        "        ):\n",
    ),
    Defect(
        "one-person-releases-a-hold-for-a-correction",
        "HOLD-007",
        "        account, asset_id, held_atoms, purpose = self.holds[command.hold_id]\n"
        "        if self.origins.lacks_second(kind, purpose, command.actor_id, command.authority_id):\n"
        "            return 1\n"
        "        # accepted\n",
        "        account, asset_id, held_atoms, purpose = self.holds[command.hold_id]\n        # accepted\n",
    ),
    Defect(
        "what-a-hold-sends-to-custody-stays-owed",
        "LEDG-005",
        "        self.ledger.move(credit, asset_id, command.amount_atoms)\n",
        "        self.ledger.credit(self.ledger.balance(credit, asset_id), command.amount_atoms)\n",
    ),
)

_ERROR_TRADES = (
    Defect(
        "fee-account-keeps-the-fee-in-base-and-the-buyer-gives-it-back",
        "ERRT-001",
        "        ]\n        changes = {}\n",
        "        ]\n"
        "        rows[0] = (trade.buyer, base, int(trade.seller_base_atoms))\n"
        "        rows[4] = (fees, base, 0)\n"
        "        changes = {}\n",
    ),
    Defect(
        "fees-are-given-back-to-the-other-side",
        "ERRT-001",
        "            either(buys, taker_fee, maker_fee), either(buys, maker_fee, taker_fee),\n",
        "            either(buys, maker_fee, taker_fee), either(buys, taker_fee, maker_fee),\n",
    ),
    Defect(
        "sellers-rebate-goes-back-in-quote",
        "ERRT-011",
        "if market.fee_currency == FEE_CURRENCY_RECEIVED and seller_fee < 0:",
        "if False:",
    ),
    Defect(
        "trade-is-forgotten-a-nanosecond-late",
        "ERRT-008",
        "        while time_ns - self.oldest_ns >= TRADE_MEMORY_NS():\n",
        "        while time_ns - self.oldest_ns > TRADE_MEMORY_NS():\n",
    ),
    Defect(
        "trade-is-cancelled-twice",
        "ERRT-001",
        "        trade.cancelled = 1\n",
        "",
    ),
    Defect(
        "one-person-cancels-a-trade",
        "ERRT-005",
        "self.origins.lacks_second(kind, TRANSFER_PURPOSE_CORRECTION, command.actor_id,",
        "self.origins.lacks_second(kind, TRANSFER_PURPOSE_INTERNAL, command.actor_id,",
    ),
    Defect(
        "trades-are-written-over-that-are-remembered",
        "ERRT-009",
        "        if number - oldest >= room:\n",
        "        if number - oldest > room:\n",
    ),
    Defect(
        "trades-change-places-when-there-are-more",
        "ERRT-009",
        "self.memory[(oldest + place) & (room - 1)]",
        "self.memory[place]",
    ),
    Defect(
        "oldest-trade-is-not-saved",
        "ERRT-009",
        "array[max(self.first, begins) - begins :",
        "array[max(self.first + 1, begins) - begins :",
    ),
)

IN_BOOKINGS = (*_LEGS, *_ORIGINS, *_HOLDS, *_ERROR_TRADES)
