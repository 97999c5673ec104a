"""What an account has, what it traded, what it pays."""

from __future__ import annotations

from itertools import islice

from lionrock.gateways.rest.answers import Account, Balance, Balances, MarketFees, VipInfo
from lionrock.gateways.rest.contract import Call, Venue, own_account, traded_market
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.orders import time_range
from lionrock.gateways.rest.rows import AccountTrade, account_trade
from lionrock.views.catalogue import Market
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import FeeCurrency, Side

DEFAULT_TRADES, MAX_TRADES = 200, 1_000
_PPM_DECIMALS = 6
_MAIN_TRADING_ACCOUNT = 1


async def balances(venue: Venue, call: Call) -> Balances:
    """What the account has of each asset."""
    account_id = own_account(call)
    rows = venue.node.engine.balances(account_id)
    await venue.settled()  # the engine may be ahead of the disk: what was read waits until it is durable
    shown = []
    for asset_id, available_atoms, held_atoms in rows:
        asset = venue.catalogue.assets[asset_id]
        shown.append(
            Balance(
                asset=asset.code,
                asset_id=asset.code,
                asset_name=asset.code,
                total=format_decimal(available_atoms + held_atoms, asset.decimals),
                free=format_decimal(available_atoms, asset.decimals),
                locked=format_decimal(held_atoms, asset.decimals),
            )
        )
    return Balances(balances=shown, user_id=str(account_id))


async def account_types(_venue: Venue, call: Call) -> list[Account]:
    """The accounts of the key's owner: one for spot trading."""
    return [
        Account(
            account_id=str(call.account_id),
            account_label="Main Trading Account",
            account_type=_MAIN_TRADING_ACCOUNT,
            account_index=0,
            user_id=str(call.account_id),
        )
    ]


async def trades(venue: Venue, call: Call) -> list[AccountTrade]:
    """Fills of the account, newest first."""
    parameters = call.parameters
    market = traded_market(venue, parameters)
    client_order_id = parameters.text("clientOrderId")
    first, last = parameters.order_id("fromId"), parameters.order_id("toId")
    from_ns, until_ns = time_range(parameters)
    limit = parameters.limit(DEFAULT_TRADES, MAX_TRADES)
    fills = (
        fill
        for fill in venue.orders.fills_newest_first(own_account(call), from_ns, until_ns)
        if (market is None or fill.trade.market_id == market.market_id)
        and (client_order_id is None or fill.order.client_order_id == client_order_id)
        and (first is None or fill.fill_id >= first)
        and (last is None or fill.fill_id <= last)
    )
    markets = venue.catalogue.markets
    return [account_trade(markets[fill.trade.market_id], fill) for fill in islice(fills, limit)]


async def vip_info(venue: Venue, call: Call) -> VipInfo:
    """The account's fee tier and its rates in each market."""
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
    gives_rebate = rates.maker_fee_ppm < 0
    return VipInfo(
        code=0,
        vip_level=str(tier),
        data=[_fee_row(market, maker, taker, gives_rebate=gives_rebate) for market in markets],
        update_timestamp=str(venue.now_ms()),
    )


def _fee_row(market: Market, maker_rate: str, taker_rate: str, *, gives_rebate: bool) -> MarketFees:
    """In which asset each fee is. A maker's rebate comes out of the fee of the taker, who is on the other side."""
    token_token = market.listing.fee_currency == FeeCurrency.RECEIVED
    bought, sold = market.fee_asset(Side.BUY).code, market.fee_asset(Side.SELL).code
    return MarketFees(
        symbol=market.symbol,
        product_type="Token-Token" if token_token else "Token-Fiat",
        buy_maker_fee_currency=sold if gives_rebate else bought,
        buy_taker_fee_currency=bought,
        sell_maker_fee_currency=bought if gives_rebate else sold,
        sell_taker_fee_currency=sold,
        actual_maker_rate=maker_rate,
        actual_taker_rate=taker_rate,
    )
