"""Reference data: the time, and what is listed."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Call, Profile, Venue, quoted_market
from lionrock.gateways.rest.rows import EXCHANGE_ID
from lionrock.gateways.rest.wallet_rows import chain_rows
from lionrock.views.catalogue import Catalogue, Market
from lionrock.words.enumerations import MarketPhase
from lionrock.words.events import AssetListed


async def ping(_venue: Venue, _call: Call) -> dict[str, str]:
    """Says that the server answers."""
    return {}


async def time(venue: Venue, _call: Call) -> dict[str, int]:
    """The server's time, milliseconds."""
    return {"serverTime": venue.now_ms()}


async def exchange_info(venue: Venue, call: Call) -> dict[str, object]:
    """Everything listed; with `symbol`, that market's object alone, as the contract has it."""
    if call.parameters.text("symbol") is not None:
        return _symbol(venue, quoted_market(venue, call.parameters))
    return {
        "timezone": "UTC",
        "serverTime": str(venue.now_ms()),
        "site": venue.profile.site_tag,
        "brokerFilters": [],
        "symbols": [_symbol(venue, market) for market in venue.catalogue.markets.values()],
        "options": [],
        "contracts": [],
        "coins": [_coin(venue, asset) for asset in venue.catalogue.assets.values()],
    }


def _name(profile: Profile, asset: AssetListed) -> str:
    return profile.asset_names.get(asset.code, asset.code)


def _status(catalogue: Catalogue, market_id: int) -> str:
    phase = catalogue.phase_of(market_id)
    if catalogue.is_stopped(market_id) or phase in {MarketPhase.HALTED, MarketPhase.CANCEL_ONLY}:
        return "HALT"
    return "TRADING" if phase is MarketPhase.CONTINUOUS else "BREAK"


def _symbol(venue: Venue, market: Market) -> dict[str, object]:
    profile = venue.profile
    return {
        "symbol": market.symbol,
        "symbolName": market.symbol,
        "status": _status(venue.catalogue, market.market_id),
        "baseAsset": market.base.code,
        "baseAssetName": _name(profile, market.base),
        "baseAssetPrecision": market.size_text(1),
        "quoteAsset": market.quote.code,
        "quoteAssetName": _name(profile, market.quote),
        "quotePrecision": market.quote_text(market.lot_tick_quote_atoms),
        # No client class is kept from any market yet.
        "retailAllowed": True,
        "piAllowed": True,
        "corporateAllowed": True,
        "omnibusAllowed": True,
        "icebergAllowed": False,
        "isAggregate": False,
        "allowMargin": False,
        "exchangeId": EXCHANGE_ID,
        "filters": _filters(market),
    }


def _filters(market: Market) -> list[dict[str, str]]:
    """The market's limits. A rule that the venue does not have says "0", which the contract reads as none."""
    listing = market.listing
    tick, lot = market.price_text(1), market.size_text(1)
    max_price, max_size = market.price_text(listing.max_price_ticks), market.size_text(listing.max_size_lots)
    least, most = market.quote_text(listing.min_notional_atoms), market.quote_text(listing.max_notional_atoms)
    return [
        # Some clients take minPrice for the tick, others read tickSize.
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": max_price, "tickSize": tick},
        {
            "filterType": "LOT_SIZE",
            "minQty": lot,
            "maxQty": max_size,
            "stepSize": lot,
            "marketOrderMinQty": lot,
            "marketOrderMaxQty": max_size,
        },
        {"filterType": "MIN_NOTIONAL", "minNotional": least},
        {
            "filterType": "TRADE_AMOUNT",
            "minAmount": least,
            "maxAmount": most,
            "minBuyPrice": "0",
            "marketOrderMinAmount": "0",
            "marketOrderMaxAmount": "0",
        },
        {"filterType": "LIMIT_TRADING", "maxSellPrice": "0", "buyPriceUpRate": "0", "sellPriceDownRate": "0"},
        {"filterType": "MARKET_TRADING", "buyPriceUpRate": "0", "sellPriceDownRate": "0"},
        {
            "filterType": "OPEN_QUOTE",
            "noAllowMarketStartTime": "0",
            "noAllowMarketEndTime": "0",
            "limitOrderStartTime": "0",
            "limitOrderEndTime": "0",
            "limitMinPrice": "0",
            "limitMaxPrice": "0",
        },
    ]


def _coin(venue: Venue, asset: AssetListed) -> dict[str, object]:
    profile, chains = venue.profile, venue.clients.wallet.chains.of_asset(asset.code)
    token_type = chains[0].coin_type if chains else "CHAIN_TOKEN"
    return {
        "orgId": "9001",
        "coinId": asset.code,
        "coinName": asset.code,
        "coinFullName": _name(profile, asset),
        "allowWithdraw": any(terms.allow_withdraw for terms in chains),
        "allowDeposit": any(terms.allow_deposit for terms in chains),
        "tokenType": "REAL_MONEY" if asset.code in profile.money else token_type,
        "chainTypes": chain_rows(chains),
    }
