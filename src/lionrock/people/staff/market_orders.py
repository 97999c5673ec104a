"""What operators and compliance order of the core, by proposal: each becomes one command to the node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from lionrock.node.node import Node
from lionrock.people.staff.orders import CarryOut, Executors, Order, OrderRefused
from lionrock.views.catalogue import Catalogue
from lionrock.views.profiles import Profiles
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
from lionrock.words.enumerations import ActorKind, TransferPurpose
from lionrock.words.events import CommandRejected
from lionrock.words.rejections import Rejection, explain


class AccountRestricted(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    restriction: int
    """An `AccountRestriction`."""


class ClientClassified(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    client_class: int
    """A `ClientClass`."""


class ExposureLimited(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    exposure_limit_atoms: int
    """Of the valuation asset; 0 for no limit."""


class MarketPhased(msgspec.Struct, frozen=True, kw_only=True):
    market_id: int
    phase: int
    """A `MarketPhase`."""
    at_time_ns: int = 0
    reference_price_ticks: int = 0


class KillSwitched(msgspec.Struct, frozen=True, kw_only=True):
    scope: int
    """A `KillSwitchScope`."""
    scope_id: int = 0
    engaged: int = 1


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
    fee_currency: int
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
        add("account_restriction", AccountRestricted, self._restrict, self._profile)
        add("client_class", ClientClassified, self._classify, self._profile)
        add("exposure_limit", ExposureLimited, self._limit_exposure, self._profile)
        add("market_phase", MarketPhased, self._phase, self._market)
        add("kill_switch", KillSwitched, self._as_command(SetKillSwitch))
        add("price_band", BandSet, self._as_command(SetPriceBand), self._band)
        add("market_rules", RulesSet, self._as_command(SetMarketRules), self._market_rules)
        add("asset_listing", NewAsset, self._as_command(ListAsset))
        add("market_listing", NewMarket, self._as_command(ListMarket))
        add("fee_tier", TierSet, self._as_command(SetFeeTier), self._tier)
        add("fee_tier_assignment", TierAssigned, self._as_command(AssignFeeTier))
        add("error_trade", TradeCancelled, self._cancel_trade)
        add("correction", Corrected, self._correct)

    # What a proposal would change, as it is now

    def _profile(self, payload: AccountRestricted | ClientClassified | ExposureLimited) -> object:
        if payload.account_id not in self._catalogue.accounts:
            raise OrderRefused(f"there is no account {payload.account_id}")
        return msgspec.to_builtins(self._profiles.of(payload.account_id))

    def _market(self, payload: MarketPhased) -> object:
        if payload.market_id not in self._catalogue.markets:
            raise OrderRefused(f"there is no market {payload.market_id}")
        phase = self._rules.phases.get(payload.market_id)
        return [phase.phase if phase else 0]

    def _band(self, payload: BandSet) -> object:
        band = self._rules.bands.get(payload.market_id)
        return [band.band_ppm if band else 0]

    def _market_rules(self, payload: RulesSet) -> object:
        rules = self._rules.rules.get(payload.market_id)
        return [rules.sequence if rules else 0]

    def _tier(self, payload: TierSet) -> object:
        rates = self._catalogue.fee_tiers.get(payload.tier)
        return [rates.maker_fee_ppm, rates.taker_fee_ppm] if rates else []

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
                raise OrderRefused(explain(Rejection(event.rejection), event.first_figure, event.second_figure))
        return f"{type(command).__name__} was carried out"


def _answering(order: Order) -> dict[str, int]:
    """Who is behind an entry: the maker as actor, whoever approved as authority."""
    return {
        "actor_kind": ActorKind.STAFF,
        "actor_id": order.maker.number,
        "authority_id": order.authority.number,
    }
