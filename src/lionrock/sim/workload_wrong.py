"""The seldom and the wrong commands of a random flow: what operators change, and what nobody should send."""

from __future__ import annotations

from random import Random

import msgspec

from lionrock.sim.workload_gates import open_profile, open_rules
from lionrock.sim.workload_sweeps import CLIENTS, GROUPS, SHARED_OWNERS, kill_switch
from lionrock.sim.workload_venue import (
    CUSTODY_ACCOUNTS,
    EMPTY_CUSTODY_ACCOUNT,
    FEE_ACCOUNTS,
    RICH_ACCOUNTS,
    TRADED_ASSETS,
    worth,
)
from lionrock.words.commands import (
    AddLeg,
    AmendOrder,
    AssignFeeTier,
    CancelOrder,
    CancelOrders,
    CancelTrade,
    Command,
    DropLegs,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceHold,
    PlaceOrder,
    PostLegs,
    ReleaseHold,
    SetAccountProfile,
    SetAssetPermission,
    SetBeneficialOwner,
    SetFeeTier,
    SetKillSwitch,
    SetMarketPhase,
    SetMarketRules,
    SetPriceBand,
    SettleHold,
    SetValuation,
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
    (OpenAccount, {"account_id": NOBODY, "account_kind": 8}),
    (SetFeeTier, {"maker_fee_ppm": MAX_RATE_PPM + 1}),
    (SetFeeTier, {"maker_fee_ppm": -MAX_RATE_PPM - 1}),
    (SetFeeTier, {"maker_fee_ppm": -MAX_RATE_PPM - 1, "taker_fee_ppm": MAX_RATE_PPM + 2}),
    (SetFeeTier, {"maker_fee_ppm": -MAX_RATE_PPM, "taker_fee_ppm": MAX_RATE_PPM + 1}),
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
    (Transfer, {"purpose": 0}),
    (Transfer, {"purpose": 12}),
    (Transfer, {"purpose": TransferPurpose.CORRECTION}),
    (Transfer, {"purpose": TransferPurpose.CORRECTION, "actor_id": 5, "authority_id": 5, "actor_kind": 1}),
    (Transfer, {"actor_kind": 4}),
    (Transfer, {"source": 9, "source_sequence": 0}),
    (Transfer, {"amount_atoms": 0, "actor_kind": 4}),
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
    (PlaceOrder, {"display_lots": -1}),
    (PlaceOrder, {"display_lots": 2**62}),
    (PlaceOrder, {"display_lots": 2, "size_lots": 1}),
    (PlaceOrder, {"display_lots": -1, "self_trade_prevention": 5}),
    (PlaceOrder, {"display_lots": 1, "time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}),
    (PlaceOrder, {"display_lots": -1, "time_in_force": TimeInForce.FILL_OR_KILL}),
    (PlaceOrder, _MARKET_ORDER | {"display_lots": 1}),
    (PlaceOrder, {"client_order_key": 2**64 - 1, "size_lots": 1}),
    (PlaceOrder, {"client_order_key": 2**64 - 1, "time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}),
    (PlaceOrder, {"client_order_key": 2**64 - 1, "display_lots": -1}),
    (PlaceOrder, {"client_order_key": 2**64 - 1, "price_ticks": 0}),
    (CancelOrder, {"order_id": 0}),
    (CancelOrder, {"order_id": 0, "client_order_key": 2**64 - 1}),
    (CancelOrder, {"order_id": 0, "client_order_key": 1, "account_id": NOBODY}),
    (AmendOrder, {"order_id": 0}),
    (AmendOrder, {"order_id": 0, "client_order_key": 2**64 - 1}),
    (AmendOrder, {"order_id": 0, "client_order_key": 1, "account_id": NOBODY}),
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
    (SetAccountProfile, {"exposure_limit_atoms": -1}),
    (SetAccountProfile, {"exposure_limit_atoms": MAX_ATOMS + 1}),
    (SetAccountProfile, {"exposure_limit_atoms": MAX_ATOMS}),
    (SetAccountProfile, {"exposure_limit_atoms": -1, "restriction": 3}),
    (AddLeg, {"transfer_id": 0}),
    (AddLeg, {"transfer_id": 2**64 - 1}),
    (AddLeg, {"account_id": NOBODY}),
    (AddLeg, {"asset_id": NOBODY}),
    (AddLeg, {"amount_atoms": 0}),
    (AddLeg, {"amount_atoms": MAX_ATOMS + 1}),
    (AddLeg, {"amount_atoms": -MAX_ATOMS - 1}),
    (AddLeg, {"amount_atoms": -MAX_ATOMS}),
    (PostLegs, {"purpose": 0}),
    (PostLegs, {"purpose": 12, "actor_kind": 4}),
    (PostLegs, {"actor_kind": 4}),
    (PostLegs, {"transfer_id": NOBODY}),
    (PostLegs, {"purpose": TransferPurpose.CORRECTION}),
    (DropLegs, {"transfer_id": NOBODY}),
    (PlaceHold, {"account_id": NOBODY}),
    (PlaceHold, {"asset_id": NOBODY}),
    (PlaceHold, {"purpose": 0}),
    (PlaceHold, {"purpose": 12}),
    (PlaceHold, {"amount_atoms": 0}),
    (PlaceHold, {"amount_atoms": 2**63 - 1}),
    (PlaceHold, {"amount_atoms": -(2**63)}),
    (PlaceHold, {"hold_id": 0}),
    (PlaceHold, {"account_id": CUSTODY_ACCOUNTS[0]}),
    (PlaceHold, {"purpose": TransferPurpose.CORRECTION, "actor_id": 5}),
    (SettleHold, {"hold_id": 0}),
    (SettleHold, {"hold_id": 2**64 - 1}),
    (SettleHold, {"credit_account_id": NOBODY}),
    (SettleHold, {"amount_atoms": 0}),
    (SettleHold, {"amount_atoms": 2**63 - 1}),
    (SettleHold, {"amount_atoms": -(2**63)}),
    (SettleHold, {"release_rest": 2}),
    (SettleHold, {"actor_kind": 4}),
    (ReleaseHold, {"hold_id": 0}),
    (ReleaseHold, {"hold_id": 2**64 - 1}),
    (ReleaseHold, {"actor_kind": 4, "hold_id": NOBODY}),
    (CancelTrade, {"trade_id": 0}),
    (CancelTrade, {"trade_id": 2**64 - 1}),
    (CancelTrade, {"authority_id": 0}),
    (CancelTrade, {"actor_kind": 4, "authority_id": 5}),
    (SetValuation, {"asset_id": NOBODY}),
    (SetValuation, {"price_atoms": -1}),
    (SetValuation, {"price_atoms": MAX_ATOMS + 1, "is_money": 2}),
    (SetValuation, {"is_money": 2}),
    (SetAssetPermission, {"account_id": NOBODY}),
    (SetAssetPermission, {"asset_id": NOBODY}),
    (SetAssetPermission, {"permitted": 2}),
    (SetMarketRules, {"market_id": NOBODY}),
    (SetMarketRules, {"admitted_classes": 16}),
    (SetMarketRules, {"price_deviation_ppm": MAX_RATE_PPM + 1}),
    (SetMarketRules, {"max_order_value_atoms": -1}),
    (SetMarketRules, {"max_order_value_atoms": MAX_ATOMS + 1}),
    (SetMarketRules, {"product": 32}),
    (SetMarketRules, {"product": 255, "minimum_fee_base_atoms": -1}),
    (SetMarketRules, {"minimum_fee_base_atoms": -1, "minimum_fee_quote_atoms": -1}),
    (SetMarketRules, {"minimum_fee_base_atoms": MAX_ATOMS + 1}),
    (SetMarketRules, {"minimum_fee_quote_atoms": -1}),
    (SetMarketRules, {"minimum_fee_quote_atoms": MAX_ATOMS + 1}),
    (SetMarketRules, {"minimum_fee_base_atoms": MAX_ATOMS, "minimum_fee_quote_atoms": MAX_ATOMS}),
)
"""Fields that make an otherwise plain command wrong, each in a way that has its own refusal."""

_NASTY: dict[str, tuple[int, ...]] = {
    "B": (0, 1, 2, 3, 4, 18, 19, 127, 255),
    "H": (0, 1, 2, 3, 9, 77, 107, 255, 256, 65_535),
    "i": (-(2**31), -MAX_RATE_PPM - 1, -MAX_RATE_PPM, -1, 0, 1, 2, MAX_RATE_PPM, 2**30 - 1, 2**30, 2**31 - 1),
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
    types: tuple[type[Command], ...] = (
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
        *_BOOKINGS,
    )
    return _with_nasty_fields(chance, _plain(chance, chance.choice(types), order))


def _with_nasty_fields(chance: Random, command: Command) -> Command:
    fields = dict(layout_of(type(command)).fields)
    for header in ("kind", "sequence", "time_ns"):
        del fields[header]
    changes: dict[str, int | str] = {}
    for name in chance.sample(list(fields), k=min(len(fields), chance.choice((1, 1, 1, 2)))):
        field = fields[name]
        if field.length:
            changes[name] = chance.choice(_NASTY_TEXTS)
        elif (type(command), name) not in ((PlaceOrder, "order_id"), (PlaceHold, "hold_id")):
            # One with the greatest id would be the last of the flow.
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
        maker, taker = chance.randrange(-1_000, 3_000), chance.randrange(5_000)
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
    if command_type in _BOOKINGS:
        return _plain_booking(chance, command_type, client)
    if command_type is Transfer:
        return Transfer(
            asset_id=chance.randint(1, 5),
            debit_account_id=chance.choice(CUSTODY_ACCOUNTS),
            credit_account_id=client,
            amount_atoms=chance.randint(1, 1_000),
            purpose=TransferPurpose.DEPOSIT,
        )
    return order


_BOOKINGS: tuple[type[Command], ...] = (
    AddLeg,
    PostLegs,
    DropLegs,
    PlaceHold,
    SettleHold,
    ReleaseHold,
    CancelTrade,
    SetValuation,
    SetAssetPermission,
)


def _plain_booking(chance: Random, command_type: type[Command], client: int) -> Command:
    """About value outside the book; its ids are those of the beginning of a flow."""
    small, asset_id, amount_atoms = chance.randint(1, 30), chance.choice(TRADED_ASSETS), chance.randint(1, 1_000)
    if command_type is AddLeg:
        return AddLeg(transfer_id=small, account_id=client, asset_id=asset_id, amount_atoms=-amount_atoms)
    if command_type is PostLegs:
        return PostLegs(transfer_id=small, legs=chance.randint(0, 3), purpose=TransferPurpose.OTC)
    if command_type is DropLegs:
        return DropLegs(transfer_id=small)
    if command_type is PlaceHold:
        return PlaceHold(
            hold_id=small,
            account_id=client,
            asset_id=asset_id,
            amount_atoms=amount_atoms,
            purpose=TransferPurpose.WITHDRAWAL,
        )
    if command_type is SettleHold:
        return SettleHold(hold_id=small, credit_account_id=client, amount_atoms=amount_atoms, release_rest=0)
    if command_type is ReleaseHold:
        return ReleaseHold(hold_id=small)
    if command_type is CancelTrade:
        return CancelTrade(trade_id=small, actor_id=5, authority_id=6)
    if command_type is SetValuation:
        return worth(asset_id)
    return SetAssetPermission(account_id=client, asset_id=asset_id, permitted=1)


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
