"""What an account pays: its fee tier, the volume that earns it, its rates in each market."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.contract import Call, Endpoint, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.people.tiers import DAYS
from lionrock.views.catalogue import Market
from lionrock.views.volumes import day_of
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import FeeCurrency, Side

_PPM_DECIMALS = 6


class MarketRates(msgspec.Struct, rename="camel"):
    symbol: str
    product_type: str
    buy_maker_fee_currency: str
    buy_taker_fee_currency: str
    sell_maker_fee_currency: str
    sell_taker_fee_currency: str
    actual_maker_rate: str
    actual_taker_rate: str


class Vip(msgspec.Struct, rename="camel"):
    code: int
    vip_level: str
    trade_vol30_day: str | msgspec.UnsetType
    """What the owner's accounts traded in the last 30 days, today included, in the valuation asset."""
    total_asset_bal: str | msgspec.UnsetType
    """What the owner's accounts have, in the valuation asset."""
    data: list[MarketRates]
    update_timestamp: str


async def vip_info(venue: Venue, call: Call) -> Vip:
    """The account's fee tier, what earns it, and its rates in each market."""
    symbols = call.parameters.text("symbols")
    markets = list(venue.catalogue.markets.values())
    if symbols is not None:
        named = [venue.catalogue.market_by_symbol.get(symbol) for symbol in symbols.split(",")]
        markets = [market for market in named if market is not None]
        if len(markets) < len(named):
            raise Refused("0201")
    tier = venue.catalogue.tier_of(call.account_id)
    rates = venue.catalogue.fee_tiers[tier]
    maker = format_decimal(rates.maker_fee_ppm, _PPM_DECIMALS)
    taker = format_decimal(rates.taker_fee_ppm, _PPM_DECIMALS)
    volume, assets = _worth(venue, call.account_id)
    return Vip(
        0,
        str(tier),
        volume,
        assets,
        [_rates(market, maker, taker, gives_rebate=rates.maker_fee_ppm < 0) for market in markets],
        str(venue.now_ms()),
    )


def _worth(venue: Venue, account_id: int) -> tuple[str | msgspec.UnsetType, str | msgspec.UnsetType]:
    """Volume and holdings of the owner; neither where nothing is valued. A sub-account's key is told of its own."""
    clients = venue.clients
    valuation = clients.valuation
    if valuation is None:
        return msgspec.UNSET, msgspec.UNSET
    accounts = clients.owners.accounts(account_id)
    today = day_of(venue.clock())
    traded = clients.volumes.traded(accounts, today - DAYS + 1, today)
    held = [
        (asset_id, available + on_hold)
        for each in accounts
        for asset_id, available, on_hold in venue.node.engine.balances(each)
    ]
    volume, assets = valuation.worth(traded.items()), valuation.worth(held)
    return format_decimal(volume, valuation.decimals), format_decimal(assets, valuation.decimals)


def _rates(market: Market, maker: str, taker: str, *, gives_rebate: bool) -> MarketRates:
    """In which asset each fee is. A maker's rebate comes out of the fee of the taker, who is on the other side."""
    token_token = market.listing.fee_currency == FeeCurrency.RECEIVED
    bought, sold = market.fee_asset(Side.BUY).code, market.fee_asset(Side.SELL).code
    return MarketRates(
        market.symbol,
        "Token-Token" if token_token else "Token-Fiat",
        sold if gives_rebate else bought,
        bought,
        bought if gives_rebate else sold,
        sold,
        maker,
        taker,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/api/v1/account/vipInfo",
        Security.USER_DATA,
        1,
        vip_info,
        "Fee tier, volume and rates",
        parameters=(Parameter("symbols", "Comma list of markets; all without it", example="BTCUSDT,ETHUSDT"),),
        answer=Vip,
    ),
)
