"""What trading costs, for everybody to read: fee tiers, how they are earned, the least fees of markets."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.contract import Call, Endpoint, Security, Venue
from lionrock.people.tiers import DAYS
from lionrock.views.catalogue import Market
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import Side
from lionrock.words.events import MarketRulesSet

_PPM_DECIMALS = 6


class FeeTier(msgspec.Struct, rename="camel", kw_only=True):
    """One tier. Its rates are the same in every market."""

    tier: int
    least_volume: str | None
    """What an owner's accounts must have traded, in `volumeAsset`; null for a tier that only the operator gives."""
    maker_rate: str
    """A share of the fill, such as "0.0012"; below zero a rebate out of the taker's fee."""
    taker_rate: str


class MarketFees(msgspec.Struct, rename="camel", kw_only=True):
    """In which asset a market charges, and the least that an order pays once it trades."""

    symbol: str
    buy_fee_asset: str
    sell_fee_asset: str
    buy_least_fee: str
    """Of one buy order in all, in `buyFeeAsset`; "0" for none."""
    sell_least_fee: str
    """Of one sell order in all, in `sellFeeAsset`; "0" for none."""


class Fees(msgspec.Struct, rename="camel", kw_only=True):
    """Fee tiers of the site, and what differs between its markets."""

    volume_asset: str
    """In which volumes are counted; empty where none earn a tier."""
    volume_days: int
    """So many whole days, each from midnight of UTC+8, count towards a tier."""
    tiers: list[FeeTier]
    """From tier 0, which needs nothing."""
    markets: list[MarketFees]


async def fees(venue: Venue, _call: Call) -> Fees:
    """The tiers as they are set at the moment; an open order keeps the rates it was placed with."""
    clients = venue.clients
    volumes = clients.tier_volumes if clients.valuation is not None else ()
    return Fees(
        volume_asset=clients.valuation.asset_code if clients.valuation is not None else "",
        volume_days=DAYS,
        tiers=[
            FeeTier(
                tier=tier,
                least_volume="0" if tier == 0 else volumes[tier] if tier < len(volumes) else None,
                maker_rate=format_decimal(rates.maker_fee_ppm, _PPM_DECIMALS),
                taker_rate=format_decimal(rates.taker_fee_ppm, _PPM_DECIMALS),
            )
            for tier, rates in sorted(venue.catalogue.fee_tiers.items())
        ],
        markets=[
            _market_fees(market, venue.trading_rules.rules.get(market.market_id))
            for market in venue.catalogue.markets.values()
        ],
    )


def _market_fees(market: Market, rules: MarketRulesSet | None) -> MarketFees:
    return MarketFees(
        symbol=market.symbol,
        buy_fee_asset=market.fee_asset(Side.BUY).code,
        sell_fee_asset=market.fee_asset(Side.SELL).code,
        buy_least_fee=_least_fee(market, rules, Side.BUY),
        sell_least_fee=_least_fee(market, rules, Side.SELL),
    )


def _least_fee(market: Market, rules: MarketRulesSet | None, side: Side) -> str:
    """Orders whose fees are in base have another least than those that pay in quote (spec/fees.md)."""
    if rules is None:
        return "0"
    in_base = market.fee_asset(side) is market.base
    return market.fee_text(side, rules.minimum_fee_base_atoms if in_base else rules.minimum_fee_quote_atoms)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET", "/lionrock/v1/fees", Security.NONE, 1, fees, "Fee tiers, and the least fees of markets", answer=Fees
    ),
)
