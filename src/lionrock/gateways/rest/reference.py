"""Reference data: the time, and what is listed."""

from __future__ import annotations

from lionrock.gateways.rest.answers import (
    Coin,
    ExchangeInfo,
    Filter,
    LimitTrading,
    LotSize,
    MarketTrading,
    MinNotional,
    Nothing,
    OpenQuote,
    PriceFilter,
    ServerTime,
    Symbol,
    TradeAmount,
)
from lionrock.gateways.rest.contract import Call, Profile, Venue, quoted_market
from lionrock.gateways.rest.rows import EXCHANGE_ID
from lionrock.gateways.rest.wallet_rows import chain_rows
from lionrock.views.catalogue import Catalogue, Market
from lionrock.words.enumerations import MarketPhase
from lionrock.words.events import AssetListed


async def ping(_venue: Venue, _call: Call) -> Nothing:
    """Says that the server answers."""
    return Nothing()


async def time(venue: Venue, _call: Call) -> ServerTime:
    """The server's time, milliseconds."""
    return ServerTime(server_time=venue.now_ms())


async def exchange_info(venue: Venue, call: Call) -> ExchangeInfo | Symbol:
    """Everything listed; with `symbol`, that market's object alone, as the contract has it."""
    if call.parameters.text("symbol") is not None:
        return _symbol(venue, quoted_market(venue, call.parameters))
    return ExchangeInfo(
        server_time=str(venue.now_ms()),
        site=venue.profile.site_tag,
        symbols=[_symbol(venue, market) for market in venue.catalogue.markets.values()],
        coins=[_coin(venue, asset) for asset in venue.catalogue.assets.values()],
    )


def _name(profile: Profile, asset: AssetListed) -> str:
    return profile.asset_names.get(asset.code, asset.code)


def _status(catalogue: Catalogue, market_id: int) -> str:
    phase = catalogue.phase_of(market_id)
    if catalogue.is_stopped(market_id) or phase in {MarketPhase.HALTED, MarketPhase.CANCEL_ONLY}:
        return "HALT"
    return "TRADING" if phase is MarketPhase.CONTINUOUS else "BREAK"


def _symbol(venue: Venue, market: Market) -> Symbol:
    profile = venue.profile
    return Symbol(
        symbol=market.symbol,
        symbol_name=market.symbol,
        status=_status(venue.catalogue, market.market_id),
        base_asset=market.base.code,
        base_asset_name=_name(profile, market.base),
        base_asset_precision=market.size_text(1),
        quote_asset=market.quote.code,
        quote_asset_name=_name(profile, market.quote),
        quote_precision=market.quote_text(market.lot_tick_quote_atoms),
        exchange_id=EXCHANGE_ID,
        filters=_filters(market),
    )


def _filters(market: Market) -> list[Filter]:
    """The market's limits. A rule that the venue does not have says "0", which the contract reads as none."""
    listing = market.listing
    tick, lot = market.price_text(1), market.size_text(1)
    max_price, max_size = market.price_text(listing.max_price_ticks), market.size_text(listing.max_size_lots)
    least, most = market.quote_text(listing.min_notional_atoms), market.quote_text(listing.max_notional_atoms)
    return [
        # Some clients take minPrice for the tick, others read tickSize.
        PriceFilter(min_price=tick, max_price=max_price, tick_size=tick),
        LotSize(min_qty=lot, max_qty=max_size, step_size=lot, market_order_min_qty=lot, market_order_max_qty=max_size),
        MinNotional(min_notional=least),
        TradeAmount(min_amount=least, max_amount=most),
        LimitTrading(),
        MarketTrading(),
        OpenQuote(),
    ]


def _coin(venue: Venue, asset: AssetListed) -> Coin:
    profile, chains = venue.profile, venue.clients.wallet.chains.of_asset(asset.code)
    token_type = chains[0].coin_type if chains else "CHAIN_TOKEN"
    return Coin(
        coin_id=asset.code,
        coin_name=asset.code,
        coin_full_name=_name(profile, asset),
        allow_withdraw=any(terms.allow_withdraw for terms in chains),
        allow_deposit=any(terms.allow_deposit for terms in chains),
        token_type="REAL_MONEY" if asset.code in profile.money else token_type,
        chain_types=chain_rows(chains),
    )
