"""What an account has and what it traded."""

from __future__ import annotations

from itertools import islice

from lionrock.gateways.rest.answers import Balance, Balances
from lionrock.gateways.rest.contract import Call, Venue, readable_account, traded_market
from lionrock.gateways.rest.orders import time_range
from lionrock.gateways.rest.rows import AccountTrade, account_trade
from lionrock.words.amounts import format_decimal

DEFAULT_TRADES, MAX_TRADES = 200, 1_000


async def balances(venue: Venue, call: Call) -> Balances:
    """What the account, or a sub-account of it, has of each asset."""
    account_id = readable_account(venue, call)
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
    return Balances(balances=shown, user_id=str(venue.clients.owners.owner_of(account_id)))


async def trades(venue: Venue, call: Call) -> list[AccountTrade]:
    """Fills of the account, or of a sub-account of it, newest first."""
    return trades_of(venue, call, readable_account(venue, call))


def trades_of(venue: Venue, call: Call, account_id: int) -> list[AccountTrade]:
    """Fills of an account that the request may see, as its parameters choose them."""
    parameters = call.parameters
    market = traded_market(venue, parameters)
    client_order_id = parameters.text("clientOrderId")
    first, last = parameters.order_id("fromId"), parameters.order_id("toId")
    from_ns, until_ns = time_range(parameters)
    limit = parameters.limit(DEFAULT_TRADES, MAX_TRADES)
    fills = (
        fill
        for fill in venue.orders.fills_newest_first(account_id, from_ns, until_ns)
        if (market is None or fill.trade.market_id == market.market_id)
        and (client_order_id is None or fill.order.client_order_id == client_order_id)
        and (first is None or fill.fill_id >= first)
        and (last is None or fill.fill_id <= last)
    )
    markets = venue.catalogue.markets
    return [account_trade(markets[fill.trade.market_id], fill) for fill in islice(fills, limit)]
