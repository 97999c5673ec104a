"""What operators and compliance order of the core, by proposal: each becomes one command to the node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from enum import IntEnum
from typing import Annotated

import msgspec

from lionrock.node.node import Node
from lionrock.people.staff.orders import CarryOut, Executors, Order, OrderRefused
from lionrock.people.staff.payloads import PayloadChoice, numbered
from lionrock.views.catalogue import Catalogue
from lionrock.views.profiles import Profiles
from lionrock.views.telling import about, refusal_told
from lionrock.views.trading_rules import TradingRules
from lionrock.words.commands import (
    AssignFeeTier,
    CancelTrade,
    Command,
    ListAsset,
    ListMarket,
    SetFeeTier,
    SetKillSwitch,
    SetMarketPhase,
    SetMarketRules,
    SetPriceBand,
    Transfer,
)
from lionrock.words.enumerations import (
    AccountRestriction,
    ActorKind,
    ClientClass,
    FeeCurrency,
    KillSwitchScope,
    MarketPhase,
    TransferPurpose,
)
from lionrock.words.events import CommandRejected


class AccountRestricted(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    restriction: Annotated[int, numbered(AccountRestriction)]


class ClientClassified(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    client_class: Annotated[int, numbered(ClientClass)]


class ExposureLimited(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    exposure_limit_atoms: int
    """Of the valuation asset; 0 for no limit."""


class MarketPhased(msgspec.Struct, frozen=True, kw_only=True):
    market_id: int
    phase: Annotated[int, numbered(MarketPhase)]
    at_time_ns: int = 0
    reference_price_ticks: int = 0


class Switch(IntEnum):
    """Of a kill switch."""

    RELEASED = 0
    ENGAGED = 1


class KillSwitched(msgspec.Struct, frozen=True, kw_only=True):
    scope: Annotated[int, numbered(KillSwitchScope)]
    scope_id: int = 0
    engaged: Annotated[int, numbered(Switch)] = 1


class BandSet(msgspec.Struct, frozen=True, kw_only=True):
    market_id: int
    band_ppm: int


class RulesSet(msgspec.Struct, frozen=True, kw_only=True):
    """As `SetMarketRules`."""

    market_id: int
    legal_entity: int = 0
    admitted_classes: int = 15
    price_deviation_ppm: int = 0
    max_order_value_atoms: int = 0
    product: int = 0
    minimum_fee_base_atoms: int = 0
    minimum_fee_quote_atoms: int = 0


class NewAsset(msgspec.Struct, frozen=True, kw_only=True):
    """As `ListAsset`."""

    asset_id: int
    decimals: int
    code: str


class NewMarket(msgspec.Struct, frozen=True, kw_only=True):
    """As `ListMarket`."""

    market_id: int
    base_asset_id: int
    quote_asset_id: int
    fee_currency: Annotated[int, numbered(FeeCurrency)]
    symbol: str
    tick_quote_atoms: int
    lot_base_atoms: int
    max_price_ticks: int
    max_size_lots: int
    min_notional_atoms: int
    max_notional_atoms: int
    fee_account_id: int


class TierSet(msgspec.Struct, frozen=True, kw_only=True):
    tier: int
    maker_fee_ppm: int
    taker_fee_ppm: int


class TierAssigned(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    tier: int


class TradeCancelled(msgspec.Struct, frozen=True, kw_only=True):
    trade_id: int


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    asset_id: int
    debit_account_id: int
    credit_account_id: int
    amount_atoms: int


class PresentState:
    """What orders would change, field by field, as it is at the moment."""

    def __init__(self, catalogue: Catalogue, rules: TradingRules, profiles: Profiles) -> None:
        self._catalogue, self._rules, self._profiles = catalogue, rules, profiles

    def profile(self, payload: AccountRestricted | ClientClassified | ExposureLimited) -> dict[str, object]:
        profile = self._profiles.of(payload.account_id)
        return {name: getattr(profile, name) for name in payload.__struct_fields__}

    def phase(self, payload: MarketPhased) -> dict[str, object]:
        return {"phase": int(self._catalogue.phase_of(payload.market_id))}

    def kill_switch(self, payload: KillSwitched) -> dict[str, object]:
        return {"engaged": int(self._catalogue.is_engaged(payload.scope, payload.scope_id))}

    def band(self, payload: BandSet) -> dict[str, object]:
        band = self._rules.bands.get(payload.market_id)
        return {"band_ppm": band.band_ppm if band else 0}

    def market_rules(self, payload: RulesSet) -> dict[str, object]:
        rules = self._rules.rules.get(payload.market_id)
        standing = rules if rules is not None else RulesSet(market_id=payload.market_id)
        return {name: getattr(standing, name) for name in payload.__struct_fields__}

    def tier(self, payload: TierSet) -> dict[str, object]:
        rates = self._catalogue.fee_tiers.get(payload.tier)
        return {"maker_fee_ppm": rates.maker_fee_ppm, "taker_fee_ppm": rates.taker_fee_ppm} if rates else {}

    def tier_of(self, payload: TierAssigned) -> dict[str, object]:
        return {"tier": self._catalogue.tier_of(payload.account_id)}


CarryOutForClient = Callable[[Order], Awaitable[str | None]]
"""Does it for an account of a client who is assessed; None for any other account."""


async def _of_nobody(_order: Order) -> str | None:
    return None


class MarketOrders:
    """Carries out what is ordered of the core."""

    def __init__(self, node: Node, catalogue: Catalogue, rules: TradingRules, profiles: Profiles) -> None:
        self._node, self._catalogue, self._rules, self._profiles = node, catalogue, rules, profiles
        self.of_client: CarryOutForClient = _of_nobody
        """Asked first when an account's profile is to change: what a site found out about a client decides there."""

    def register(self, executors: Executors) -> None:
        """All of them. Raises `ValueError` when one is there already."""
        add = executors.register
        now = PresentState(self._catalogue, self._rules, self._profiles)
        add("account_restriction", AccountRestricted, self._restrict, self._profile, now.profile)
        add("client_class", ClientClassified, self._classify, self._profile, now.profile)
        add("exposure_limit", ExposureLimited, self._limit_exposure, self._profile, now.profile)
        add("market_phase", MarketPhased, self._phase, self._market, now.phase)
        add("kill_switch", KillSwitched, self._as_command(SetKillSwitch), self._switched, now.kill_switch)
        add("price_band", BandSet, self._as_command(SetPriceBand), self._band, now.band)
        add("market_rules", RulesSet, self._as_command(SetMarketRules), self._market_rules, now.market_rules)
        add("asset_listing", NewAsset, self._as_command(ListAsset), self._new_asset)
        add("market_listing", NewMarket, self._as_command(ListMarket), self._new_market, choices=self._assets)
        add("fee_tier", TierSet, self._as_command(SetFeeTier), self._tier, now.tier)
        add(
            "fee_tier_assignment", TierAssigned, self._as_command(AssignFeeTier), self._tier_of, now.tier_of,
            choices=self._tiers,
        )  # fmt: skip
        add("error_trade", TradeCancelled, self._cancel_trade, self._trade)
        add("correction", Corrected, self._correct, self._booked, choices=self._assets)

    # What a proposal would change, as it is now

    def _profile(self, payload: AccountRestricted | ClientClassified | ExposureLimited) -> object:
        _known("account", self._catalogue.accounts, payload.account_id)
        return msgspec.to_builtins(self._profiles.of(payload.account_id))

    def _market(self, payload: MarketPhased) -> object:
        _known("market", self._catalogue.markets, payload.market_id)
        phase = self._rules.phases.get(payload.market_id)
        return [phase.phase if phase else 0]

    def _band(self, payload: BandSet) -> object:
        _known("market", self._catalogue.markets, payload.market_id)
        band = self._rules.bands.get(payload.market_id)
        return [band.band_ppm if band else 0]

    def _market_rules(self, payload: RulesSet) -> object:
        _known("market", self._catalogue.markets, payload.market_id)
        rules = self._rules.rules.get(payload.market_id)
        return [rules.sequence if rules else 0]

    def _tier(self, payload: TierSet) -> object:
        rates = self._catalogue.fee_tiers.get(payload.tier)
        return [rates.maker_fee_ppm, rates.taker_fee_ppm] if rates else []

    # What a proposal may name

    def _assets(self) -> dict[str, list[PayloadChoice]]:
        """For every field that names an asset that is listed."""
        listed = [PayloadChoice(str(each), asset.code) for each, asset in sorted(self._catalogue.assets.items())]
        return dict.fromkeys(("asset_id", "base_asset_id", "quote_asset_id"), listed)

    def _tiers(self) -> dict[str, list[PayloadChoice]]:
        return {"tier": [PayloadChoice(str(each), str(each)) for each in sorted(self._catalogue.fee_tiers)]}

    # Whether there is what a proposal names

    def _switched(self, payload: KillSwitched) -> None:
        if payload.scope == KillSwitchScope.MARKET:
            _known("market", self._catalogue.markets, payload.scope_id)
        elif payload.scope == KillSwitchScope.ACCOUNT:
            _known("account", self._catalogue.accounts, payload.scope_id)
        elif payload.scope_id:
            raise OrderRefused(f"the whole site has no number {payload.scope_id}")

    def _trade(self, payload: TradeCancelled) -> None:
        first, following = self._node.engine.remembered_trades
        if not first <= payload.trade_id < following:
            raise OrderRefused(f"there is no trade {payload.trade_id} of the last hour")

    def _new_asset(self, payload: NewAsset) -> None:
        if payload.asset_id in self._catalogue.assets or payload.code in self._catalogue.asset_by_code:
            raise OrderRefused(f"there is an asset {payload.asset_id} or {payload.code} already")

    def _new_market(self, payload: NewMarket) -> None:
        if payload.market_id in self._catalogue.markets or payload.symbol in self._catalogue.market_by_symbol:
            raise OrderRefused(f"there is a market {payload.market_id} or {payload.symbol} already")
        for asset_id in (payload.base_asset_id, payload.quote_asset_id):
            _known("asset", self._catalogue.assets, asset_id)
        _known("account", self._catalogue.accounts, payload.fee_account_id)

    def _tier_of(self, payload: TierAssigned) -> None:
        _known("account", self._catalogue.accounts, payload.account_id)
        _known("fee tier", self._catalogue.fee_tiers, payload.tier)

    def _booked(self, payload: Corrected) -> None:
        _known("asset", self._catalogue.assets, payload.asset_id)
        for account_id in (payload.debit_account_id, payload.credit_account_id):
            _known("account", self._catalogue.accounts, account_id)

    # Carrying out

    async def _restrict(self, order: Order) -> str:
        if (done := await self.of_client(order)) is not None:
            return done
        return await self._change_profile(order.payload.account_id, restriction=order.payload.restriction)

    async def _classify(self, order: Order) -> str:
        if (done := await self.of_client(order)) is not None:
            return done
        return await self._change_profile(order.payload.account_id, client_class=order.payload.client_class)

    async def _limit_exposure(self, order: Order) -> str:
        if (done := await self.of_client(order)) is not None:
            return done
        limit = order.payload.exposure_limit_atoms
        return await self._change_profile(order.payload.account_id, exposure_limit_atoms=limit)

    async def _change_profile(self, account_id: int, **changes: int) -> str:
        return await self._submit(msgspec.structs.replace(self._profiles.of(account_id), **changes))

    async def _phase(self, order: Order) -> str:
        return await self._submit(SetMarketPhase(**msgspec.to_builtins(order.payload)))

    def _as_command(self, command: type[Command]) -> CarryOut:
        async def carry_out(order: Order) -> str:
            return await self._submit(command(**msgspec.to_builtins(order.payload)))

        return carry_out

    async def _cancel_trade(self, order: Order) -> str:
        return await self._submit(CancelTrade(trade_id=order.payload.trade_id, **_answering(order)))

    async def _correct(self, order: Order) -> str:
        payload = msgspec.to_builtins(order.payload)
        return await self._submit(Transfer(**payload, purpose=TransferPurpose.CORRECTION, **_answering(order)))

    async def _submit(self, command: Command) -> str:
        try:
            command.pack()
        except (ValueError, OverflowError) as error:
            raise OrderRefused("a figure is not one that the command takes") from error
        for event in await self._node.submit(command):
            if isinstance(event, CommandRejected):
                raise OrderRefused(refusal_told(event, about(self._catalogue, command)))
        return f"{type(command).__name__} was carried out"


def _known(what: str, those: Container[int], number: int) -> None:
    if number not in those:
        raise OrderRefused(f"there is no {what} {number}")


def _answering(order: Order) -> dict[str, int]:
    """Who is behind an entry: the maker as actor, whoever approved as authority."""
    return {
        "actor_kind": ActorKind.STAFF,
        "actor_id": order.maker.number,
        "authority_id": order.authority.number,
    }
