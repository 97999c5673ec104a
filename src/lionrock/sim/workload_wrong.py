"""The seldom and the wrong commands of a random flow: what operators change, and what nobody should send."""

from __future__ import annotations

from random import Random

import msgspec

from lionrock.sim.workload_gates import open_profile, open_rules
from lionrock.sim.workload_sweeps import CLIENTS, GROUPS, SHARED_OWNERS, kill_switch
from lionrock.sim.workload_venue import CUSTODY_ACCOUNTS, EMPTY_CUSTODY_ACCOUNT, FEE_ACCOUNTS, RICH_ACCOUNTS
from lionrock.words.commands import (
    AmendOrder,
    AssignFeeTier,
    CancelOrder,
    CancelOrders,
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    SetAccountProfile,
    SetBeneficialOwner,
    SetFeeTier,
    SetKillSwitch,
    SetMarketPhase,
    SetMarketRules,
    SetPriceBand,
    Transfer,
)
from lionrock.words.enumerations import (
    AccountKind,
    CancelReason,
    KillSwitchScope,
    MarketPhase,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TransferPurpose,
    Trigger,
)
from lionrock.words.limits import MAX_ATOMS, MAX_DECIMALS, MAX_PRICE_TICKS, MAX_RATE_PPM
from lionrock.words.records import layout_of

NOBODY = 7_777_777
"""No account, asset, market or order has this number."""

_NEW: dict[str, int | str] = {"market_id": NOBODY, "symbol": "NEVER-LISTED", "base_asset_id": 1, "quote_asset_id": 3}
_MARKET_ORDER: dict[str, int | str] = {
    "order_type": OrderType.MARKET,
    "time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL,
    "price_ticks": 0,
}

SLIPS: tuple[tuple[type[Command], dict[str, int | str]], ...] = (
    (ListAsset, {"asset_id": 0}),
    (ListAsset, {"asset_id": 1}),
    (ListAsset, {"asset_id": NOBODY, "code": "usd"}),
    (ListAsset, {"asset_id": NOBODY, "code": "NEVER", "decimals": MAX_DECIMALS + 1}),
    (OpenAccount, {"account_id": 0}),
    (OpenAccount, {"account_id": 2**63}),
    (OpenAccount, {"account_id": 11}),
    (OpenAccount, {"account_id": NOBODY, "account_kind": 4}),
    (SetFeeTier, {"maker_fee_ppm": MAX_RATE_PPM + 1}),
    (AssignFeeTier, {"account_id": NOBODY}),
    (AssignFeeTier, {"tier": 60_000}),
    (ListMarket, _NEW | {"market_id": 0}),
    (ListMarket, _NEW | {"market_id": 1}),
    (ListMarket, _NEW | {"symbol": "BTC/USDT"}),
    (ListMarket, _NEW | {"quote_asset_id": NOBODY}),
    (ListMarket, _NEW | {"quote_asset_id": 1}),
    (ListMarket, _NEW | {"fee_currency": 3}),
    (ListMarket, _NEW | {"fee_account_id": 11}),
    (ListMarket, _NEW | {"max_size_lots": -1}),
    (ListMarket, _NEW | {"max_price_ticks": MAX_PRICE_TICKS + 1}),
    (ListMarket, _NEW | {"tick_quote_atoms": 3, "lot_base_atoms": 7}),
    (ListMarket, _NEW | {"tick_quote_atoms": 10**8, "lot_base_atoms": 10**8, "max_size_lots": MAX_ATOMS}),
    (ListMarket, _NEW | {"tick_quote_atoms": 10**8, "min_notional_atoms": 2, "max_notional_atoms": 1}),
    (Transfer, {"purpose": 4}),
    (Transfer, {"debit_account_id": 11, "credit_account_id": 11}),
    (Transfer, {"amount_atoms": 0}),
    (Transfer, {"amount_atoms": MAX_ATOMS}),
    (Transfer, {"amount_atoms": 2**63 - 1}),
    (Transfer, {"debit_account_id": 11, "credit_account_id": EMPTY_CUSTODY_ACCOUNT, "amount_atoms": 1}),
    (PlaceOrder, {"market_id": NOBODY}),
    (PlaceOrder, {"account_id": 1}),
    (PlaceOrder, {"order_id": 1}),
    (PlaceOrder, {"side": 3}),
    (PlaceOrder, {"order_type": 3}),
    (PlaceOrder, {"time_in_force": 6}),
    (PlaceOrder, {"time_in_force": TimeInForce.GOOD_TILL_DATE}),
    (PlaceOrder, {"time_in_force": TimeInForce.GOOD_TILL_DATE, "expire_time_ns": 1}),
    (PlaceOrder, {"expire_time_ns": 2**62}),
    (PlaceOrder, _MARKET_ORDER | {"time_in_force": TimeInForce.GOOD_TILL_DATE, "expire_time_ns": 2**62}),
    (PlaceOrder, {"self_trade_prevention": 5}),
    (PlaceOrder, {"time_in_force": TimeInForce.FILL_OR_KILL, "self_trade_prevention": SelfTradePrevention.DECREMENT}),
    (PlaceOrder, {"order_type": OrderType.MARKET}),
    (PlaceOrder, {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.FILL_OR_KILL, "price_ticks": 0}),
    (PlaceOrder, {"quote_amount_atoms": 1}),
    (PlaceOrder, {"post_only": 1, "time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}),
    (PlaceOrder, {"price_ticks": 0}),
    (PlaceOrder, {"price_ticks": MAX_PRICE_TICKS}),
    (PlaceOrder, {"size_lots": 0}),
    (PlaceOrder, {"size_lots": 2**62}),
    (PlaceOrder, {"market_id": 1, "price_ticks": 10**8, "size_lots": 10**6}),
    (PlaceOrder, {"time_in_force": TimeInForce.DAY, "expire_time_ns": 2**62}),
    (PlaceOrder, _MARKET_ORDER | {"time_in_force": TimeInForce.DAY}),
    (PlaceOrder, _MARKET_ORDER | {"size_lots": 0}),
    (PlaceOrder, _MARKET_ORDER | {"size_lots": -1}),
    (PlaceOrder, _MARKET_ORDER | {"market_id": 1, "size_lots": 0, "quote_amount_atoms": 1}),
    (PlaceOrder, {"trigger": 3, "trigger_price_ticks": 1}),
    (PlaceOrder, {"trigger": Trigger.STOP}),
    (PlaceOrder, {"trigger": Trigger.TAKE_PROFIT, "trigger_price_ticks": -1}),
    (PlaceOrder, {"trigger": Trigger.STOP, "trigger_price_ticks": MAX_PRICE_TICKS}),
    (PlaceOrder, {"trigger_price_ticks": 1}),
    (PlaceOrder, {"trigger": Trigger.STOP, "trigger_price_ticks": 1, "post_only": 1}),
    (PlaceOrder, _MARKET_ORDER | {"side": Side.BUY, "trigger": Trigger.STOP, "trigger_price_ticks": 10**5}),
    (
        PlaceOrder,
        _MARKET_ORDER
        | {"side": Side.SELL, "size_lots": 0, "quote_amount_atoms": 10**7, "trigger": 1, "trigger_price_ticks": 1},
    ),
    (CancelOrder, {"order_id": 0}),
    (AmendOrder, {"order_id": 0}),
    (CancelOrders, {"account_id": NOBODY}),
    (CancelOrders, {"market_id": NOBODY}),
    (CancelOrders, {"account_id": 0}),
    (CancelOrders, {"account_id": 0, "market_id": 0, "group_id": 0}),
    (CancelOrders, {"reason": CancelReason.EXPIRED}),
    (SetKillSwitch, {"scope": 4}),
    (SetKillSwitch, {"engaged": 2}),
    (SetKillSwitch, {"scope": KillSwitchScope.SITE, "scope_id": 1}),
    (SetKillSwitch, {"scope": KillSwitchScope.MARKET, "scope_id": NOBODY}),
    (SetKillSwitch, {"scope": KillSwitchScope.ACCOUNT, "scope_id": NOBODY}),
    (SetMarketPhase, {"market_id": NOBODY}),
    (SetMarketPhase, {"phase": 0}),
    (SetMarketPhase, {"phase": len(MarketPhase) + 1}),
    (SetMarketPhase, {"at_time_ns": 1}),
    (SetMarketPhase, {"at_time_ns": -1}),
    (SetMarketPhase, {"reference_price_ticks": -1}),
    (SetMarketPhase, {"reference_price_ticks": MAX_PRICE_TICKS}),
    (SetPriceBand, {"market_id": NOBODY}),
    (SetPriceBand, {"band_ppm": MAX_RATE_PPM + 1}),
    (SetBeneficialOwner, {"account_id": NOBODY}),
    (SetBeneficialOwner, {"owner_id": 0}),
    (SetAccountProfile, {"account_id": NOBODY}),
    (SetAccountProfile, {"client_class": 4}),
    (SetAccountProfile, {"restriction": 3}),
    (SetMarketRules, {"market_id": NOBODY}),
    (SetMarketRules, {"admitted_classes": 16}),
    (SetMarketRules, {"price_deviation_ppm": MAX_RATE_PPM + 1}),
    (SetMarketRules, {"max_order_value_atoms": -1}),
    (SetMarketRules, {"max_order_value_atoms": MAX_ATOMS + 1}),
)
"""Fields that make an otherwise plain command wrong, each in a way that has its own refusal."""

_NASTY: dict[str, tuple[int, ...]] = {
    "B": (0, 1, 2, 3, 4, 18, 19, 127, 255),
    "H": (0, 1, 2, 3, 9, 77, 107, 255, 256, 65_535),
    "I": (0, 1, 2, 3, 4, 5, MAX_RATE_PPM, 99_999, 2**31 - 1, 2**31, 2**32 - 1),
    "Q": (0, 1, 2, 3, 11, 21, 99_999, 2**32, 2**63 - 1, 2**63, 2**64 - 1),
    "q": (-(2**63), -1, 0, 1, 2, 10**9, 2**30 - 1, 2**30, 2**32, MAX_ATOMS, MAX_ATOMS + 1, 2**63 - 1),
}
_NASTY_TEXTS = ("", "A", "BTC", "BTC-USDT", "btc", "A B", "-", "?", "ABCDEFGHIJKLMNOP")


def nasty_value(chance: Random, code: str) -> int:
    """A number at or beyond some edge, that fits a field of this `struct` code."""
    return chance.choice(_NASTY[code])


def wrong_command(chance: Random, order: PlaceOrder) -> Command:
    """One of four is plain (a listing, a tier, a deposit or `order`), one of four slips, the rest have nasty fields."""
    draw = chance.random()
    if draw < 0.25:
        return _plain(chance, chance.choice((ListAsset, OpenAccount, SetFeeTier, AssignFeeTier, ListMarket)), order)
    if draw < 0.5:
        command_type, slip = chance.choice(SLIPS)
        return msgspec.structs.replace(_plain(chance, command_type, order), **slip)
    types = (
        ListAsset,
        OpenAccount,
        SetFeeTier,
        AssignFeeTier,
        ListMarket,
        Transfer,
        PlaceOrder,
        PlaceOrder,
        PlaceOrder,
        CancelOrder,
        AmendOrder,
        CancelOrders,
        SetKillSwitch,
        SetBeneficialOwner,
        SetMarketPhase,
        SetPriceBand,
        SetAccountProfile,
        SetMarketRules,
    )
    return _with_nasty_fields(chance, _plain(chance, chance.choice(types), order))


def _with_nasty_fields(chance: Random, command: Command) -> Command:
    fields = dict(layout_of(type(command)).fields)
    for header in ("kind", "sequence", "time_ns"):
        del fields[header]
    changes: dict[str, int | str] = {}
    for name in chance.sample(list(fields), k=chance.choice((1, 1, 1, 2))):
        field = fields[name]
        if field.length:
            changes[name] = chance.choice(_NASTY_TEXTS)
        elif name != "order_id" or not isinstance(command, PlaceOrder):
            # One order with the greatest id would be the last of the flow.
            changes[name] = nasty_value(chance, field.code)
    return msgspec.structs.replace(command, **changes)


def _plain(chance: Random, command_type: type[Command], order: PlaceOrder) -> Command:
    """A command that an operator or a client might send, often refused because it was sent before."""
    number = chance.randint(6, 30)
    client = chance.choice(RICH_ACCOUNTS)
    if command_type is ListAsset:
        return ListAsset(asset_id=number, decimals=chance.randint(0, MAX_DECIMALS), code=f"T{number}")
    if command_type is OpenAccount:
        return OpenAccount(account_id=30 + number, account_kind=chance.choice(tuple(AccountKind)))
    if command_type is SetFeeTier:
        maker, taker = chance.randrange(3_000), chance.randrange(5_000)
        return SetFeeTier(tier=chance.randrange(6), maker_fee_ppm=maker, taker_fee_ppm=taker)
    if command_type is AssignFeeTier:
        return AssignFeeTier(account_id=client, tier=chance.randrange(6))
    if command_type is ListMarket:
        return _plain_listing(chance, number)
    if command_type is CancelOrder:
        return CancelOrder(order_id=max(order.order_id - number, 1), account_id=client)
    if command_type is AmendOrder:
        order_id, price_ticks = max(order.order_id - number, 1), order.price_ticks
        return AmendOrder(order_id=order_id, account_id=client, price_ticks=price_ticks, size_lots=order.size_lots)
    if command_type is CancelOrders:
        group_id, reason = chance.randrange(1, GROUPS), CancelReason.REQUESTED
        return CancelOrders(account_id=client, market_id=order.market_id, group_id=group_id, reason=reason)
    if command_type is SetKillSwitch:
        return kill_switch(chance, engaged=0)
    if command_type is SetBeneficialOwner:
        return SetBeneficialOwner(account_id=chance.choice(CLIENTS), owner_id=chance.choice(SHARED_OWNERS))
    if command_type is SetMarketPhase:
        market_id, phase = order.market_id, MarketPhase.CONTINUOUS
        return SetMarketPhase(market_id=market_id, phase=phase, at_time_ns=0, reference_price_ticks=0)
    if command_type is SetPriceBand:
        return SetPriceBand(market_id=order.market_id, band_ppm=0)
    if command_type is SetAccountProfile:
        return open_profile(chance, client)
    if command_type is SetMarketRules:
        return open_rules(chance, order.market_id)
    if command_type is Transfer:
        return Transfer(
            asset_id=chance.randint(1, 5),
            debit_account_id=chance.choice(CUSTODY_ACCOUNTS),
            credit_account_id=client,
            amount_atoms=chance.randint(1, 1_000),
            purpose=TransferPurpose.DEPOSIT,
        )
    return order


def _plain_listing(chance: Random, number: int) -> ListMarket:
    return ListMarket(
        market_id=number,
        base_asset_id=chance.randint(1, 8),
        quote_asset_id=chance.randint(1, 8),
        fee_currency=chance.choice((1, 2)),
        symbol=f"M-{number}",
        tick_quote_atoms=10 ** chance.randint(0, 9),
        lot_base_atoms=10 ** chance.randint(0, 9),
        max_price_ticks=chance.choice((1_000_000, MAX_PRICE_TICKS)),
        max_size_lots=1_000_000,
        min_notional_atoms=1,
        max_notional_atoms=10**12,
        fee_account_id=chance.choice(FEE_ACCOUNTS),
    )
