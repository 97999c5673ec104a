"""Defects of what compliance and the operator allow: gates, permissions for assets, exposure."""

from __future__ import annotations

from tests.defects.defect import Defect

_GATES = (
    Defect(
        "account-of-no-entity-trades-nowhere",
        "GATE-001",
        "if account.legal_entity != 0 and market.legal_entity != 0 and",
        "if market.legal_entity != 0 and",
    ),
    Defect(
        "products-of-a-new-profile-are-not-taken-over",
        "GATE-002",
        "        account.products = command.products\n",
        "",
    ),
    Defect(
        "frozen-account-is-asked-for-before-its-class",
        "GATE-009",
        "if not (market.admitted_classes >> account.client_class) & 1:",
        "if account.restriction != ACCOUNT_RESTRICTION_FROZEN"
        " and not (market.admitted_classes >> account.client_class) & 1:",
    ),
    Defect(
        "frozen-account-withdraws",
        "GATE-004",
        "if self.ledger.accounts[debit].restriction == ACCOUNT_RESTRICTION_FROZEN:",
        "if self.ledger.accounts[debit].restriction == ACCOUNT_RESTRICTION_FROZEN and not to_custody:",
    ),
    Defect(
        "reduce-only-account-may-not-sell",
        "GATE-005",
        "account.restriction == ACCOUNT_RESTRICTION_REDUCE_ONLY and side == SIDE_BUY:",
        "account.restriction == ACCOUNT_RESTRICTION_REDUCE_ONLY:",
    ),
    Defect(
        "limit-at-the-bound-of-the-deviation-is-too-far",
        "GATE-006",
        "if price_ticks <= bound:",
        "if price_ticks < bound:",
    ),
    Defect(
        "order-by-amount-is-worth-what-it-likes",
        "GATE-007",
        "if market.max_order_value_atoms != 0 and value_atoms >",
        "if market.max_order_value_atoms != 0 and price_ticks != 0 and value_atoms >",
    ),
    Defect(
        "waiting-market-order-does-not-ask-the-cap",
        "GATE-008",
        "may_rest(command.time_in_force) or command.trigger != TRIGGER_NONE,",
        "may_rest(command.time_in_force),",
    ),
    Defect(
        "ended-order-counts-into-the-cap",
        "GATE-008",
        "        self.ledger.accounts[self.ledger.balances[order.hold_balance].account].open_orders -= 1\n",
        "",
    ),
    Defect(
        "amendment-asks-the-cap",
        "GATE-008",
        "command.price_ticks, notional, False\n",
        "command.price_ticks, notional, True\n",
    ),
)

_ASSET_PERMISSIONS = (
    Defect(
        "permission-is-asked-for-what-an-order-gives",
        "GATE-011",
        "received = market.base_asset_id if side == SIDE_BUY else market.quote_asset_id",
        "received = market.base_asset_id if side == SIDE_SELL else market.quote_asset_id",
    ),
    Defect(
        "one-asset-permitted-again-permits-all",
        "GATE-011",
        "self.ledger.accounts[slot].forbidden_assets -= 1",
        "self.ledger.accounts[slot].forbidden_assets = 0",
    ),
    Defect(
        "amendment-needs-no-permission",
        "GATE-011",
        "if account.forbidden_assets != 0 and",
        "if kind != COMMAND_AMEND_ORDER and account.forbidden_assets != 0 and",
    ),
)

_EXPOSURE = (
    Defect(
        "exposure-at-its-limit-is-above-it",
        "EXPO-001",
        "        if exposure <= limit:\n",
        "        if exposure < limit:\n",
    ),
    Defect(
        "worth-is-rounded-down",
        "EXPO-004",
        "(amount * (unsigned __int128) price + (unsigned __int128) (whole - 1))",
        "(amount * (unsigned __int128) price)",
    ),
    Defect(
        "new-hold-is-rounded-by-itself",
        "EXPO-008",
        "total, value_rounded_up(added, held, available, valuation.price_atoms, valuation.whole_atoms)",
        "capped_sum(total, value_rounded_up(added, 0, 0, valuation.price_atoms, valuation.whole_atoms)),\n"
        "                value_rounded_up(0, held, available, valuation.price_atoms, valuation.whole_atoms)",
    ),
    Defect(
        "available-money-is-exposed",
        "EXPO-007",
        "if balance >= 0 and not valuation.is_money else 0",
        "if balance >= 0 else 0",
    ),
    Defect(
        "amendment-counts-what-it-holds-already-once-more",
        "EXPO-003",
        "            command.kind, hold.account, hold.asset_id, added_atoms\n",
        "            command.kind, hold.account, hold.asset_id, held_atoms\n",
    ),
    Defect(
        "seller-is-asked-for-its-exposure",
        "EXPO-002",
        "if slot < 0 or not self.valuations[slot].is_money:",
        "if slot < 0:",
    ),
)

IN_GATES = (*_GATES, *_ASSET_PERMISSIONS, *_EXPOSURE)
