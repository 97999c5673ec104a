"""The table of endpoints: what exists, what it costs, what it needs. Server and reference page are made from it."""

from __future__ import annotations

from lionrock.gateways.rest import accounts, api_keys, orders, probes, profile, quotes, reference, sign_in
from lionrock.gateways.rest.contract import Body, Endpoint, Security
from lionrock.gateways.rest.lionrock.endpoints import ENDPOINTS as OWN_ENTRY

_NONE, _READ, _TRADE = Security.NONE, Security.USER_DATA, Security.TRADE

ENDPOINTS: tuple[Endpoint, ...] = (
    *sign_in.ENDPOINTS,
    *profile.ENDPOINTS,
    *api_keys.ENDPOINTS,
    *OWN_ENTRY,
    Endpoint("GET", "/api/v1/ping", _NONE, 1, reference.ping, "Does the server answer?", shows_state=False),
    Endpoint("GET", "/api/v1/time", _NONE, 1, reference.time, "Server time", shows_state=False),
    Endpoint("GET", "/api/v1/exchangeInfo", _NONE, 5, reference.exchange_info, "Markets and assets"),
    Endpoint("GET", "/quote/v1/depth", _NONE, 1, quotes.depth, "Order book"),
    Endpoint("GET", "/quote/v1/trades", _NONE, 1, quotes.trades, "Last trades"),
    Endpoint("GET", "/quote/v1/klines", _NONE, 1, quotes.klines, "Candles"),
    Endpoint("GET", "/quote/v1/ticker/24hr", _NONE, 1, quotes.ticker_24hr, "24-hour statistics"),
    Endpoint("GET", "/quote/v1/ticker/price", _NONE, 1, quotes.ticker_price, "Last price"),
    Endpoint("GET", "/quote/v1/ticker/bookTicker", _NONE, 1, quotes.book_ticker, "Best bid and ask"),
    Endpoint("POST", "/api/v1/spot/order", _TRADE, 1, orders.place, "Place an order; market buy by quote"),
    Endpoint(
        "POST", "/api/v1.1/spot/order", _TRADE, 1, orders.place_by_base_or_amount, "Place an order; by base or amount"
    ),
    Endpoint("POST", "/api/v1/spot/orderTest", _TRADE, 1, orders.check, "Read an order without placing it"),
    Endpoint("POST", "/api/v1/spot/batchOrders", _TRADE, 5, orders.place_batch, "Place up to 20 orders", Body.JSON),
    Endpoint("GET", "/api/v1/spot/order", _READ, 1, orders.query, "One order"),
    Endpoint("DELETE", "/api/v1/spot/order", _TRADE, 1, orders.cancel, "Cancel one order"),
    Endpoint("GET", "/api/v1/spot/openOrders", _READ, 1, orders.list_open, "Open orders"),
    Endpoint("DELETE", "/api/v1/spot/openOrders", _TRADE, 5, orders.cancel_open, "Cancel the open orders of a symbol"),
    Endpoint("DELETE", "/api/v1/spot/cancelOrderByIds", _TRADE, 5, orders.cancel_by_ids, "Cancel up to 100 orders"),
    Endpoint("GET", "/api/v1/spot/tradeOrders", _READ, 5, orders.list_traded, "Orders that ended or traded"),
    Endpoint("GET", "/api/v1/account", _READ, 1, accounts.balances, "Balances"),
    Endpoint("GET", "/api/v1/account/type", _READ, 5, accounts.account_types, "Accounts"),
    Endpoint("GET", "/api/v1/account/trades", _READ, 5, accounts.trades, "Fills"),
    Endpoint("GET", "/api/v1/account/vipInfo", _READ, 1, accounts.vip_info, "Fee tier and rates"),
)

PROBES: tuple[Endpoint, ...] = (
    Endpoint(
        "GET", "/health", _NONE, 0, probes.health, "Is the process alive, its node not stopped?", shows_state=False
    ),
    Endpoint("GET", "/ready", _NONE, 0, probes.ready, "Is the site serving, and when not, why?", shows_state=False),
    Endpoint("GET", "/metrics", _NONE, 0, probes.metrics, "Prometheus text (`metrics.networks`)", shows_state=False),
)
"""For whoever runs the site; outside the contract."""
