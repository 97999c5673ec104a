"""What endpoints of the contract answer, besides orders and fills (rows.py). Field names are the contract's."""

from __future__ import annotations

from typing import Literal

import msgspec

from lionrock.gateways.rest.errors import LicenceRule
from lionrock.gateways.rest.rows import PlacedOrder
from lionrock.gateways.rest.wallet_rows import CoinChain


class Nothing(msgspec.Struct):
    """An empty object."""


class Success(msgspec.Struct):
    """It was done."""

    success: bool = True


class ServerTime(msgspec.Struct, rename="camel"):
    server_time: int
    """Milliseconds since 1970-01-01 UTC."""


class PriceFilter(msgspec.Struct, rename="camel", tag_field="filterType", tag="PRICE_FILTER", kw_only=True):
    """Which prices an order may have."""

    min_price: str
    """The tick: some clients read it here."""
    max_price: str
    tick_size: str


class LotSize(msgspec.Struct, rename="camel", tag_field="filterType", tag="LOT_SIZE", kw_only=True):
    """Which quantities an order may have, in base."""

    min_qty: str
    max_qty: str
    step_size: str
    market_order_min_qty: str
    market_order_max_qty: str


class MinNotional(msgspec.Struct, rename="camel", tag_field="filterType", tag="MIN_NOTIONAL", kw_only=True):
    """What an order must be worth at least, in quote."""

    min_notional: str


class TradeAmount(msgspec.Struct, rename="camel", tag_field="filterType", tag="TRADE_AMOUNT", kw_only=True):
    """What an order may be worth, in quote; "0" where there is no such limit."""

    min_amount: str
    max_amount: str
    min_buy_price: str = "0"
    market_order_min_amount: str = "0"
    market_order_max_amount: str = "0"


class LimitTrading(msgspec.Struct, rename="camel", tag_field="filterType", tag="LIMIT_TRADING", kw_only=True):
    """How far from the reference price a limit order may be; "0" where there is no such limit."""

    max_sell_price: str = "0"
    buy_price_up_rate: str = "0"
    sell_price_down_rate: str = "0"


class MarketTrading(msgspec.Struct, rename="camel", tag_field="filterType", tag="MARKET_TRADING", kw_only=True):
    """How far from the reference price a market order may trade; "0" where there is no such limit."""

    buy_price_up_rate: str = "0"
    sell_price_down_rate: str = "0"


class OpenQuote(msgspec.Struct, rename="camel", tag_field="filterType", tag="OPEN_QUOTE", kw_only=True):
    """Window and prices of an opening; "0" where there is none."""

    no_allow_market_start_time: str = "0"
    no_allow_market_end_time: str = "0"
    limit_order_start_time: str = "0"
    limit_order_end_time: str = "0"
    limit_min_price: str = "0"
    limit_max_price: str = "0"


Filter = PriceFilter | LotSize | MinNotional | TradeAmount | LimitTrading | MarketTrading | OpenQuote


class Symbol(msgspec.Struct, rename="camel", kw_only=True):
    """A market."""

    symbol: str
    symbol_name: str
    status: str
    """TRADING, HALT or BREAK."""
    base_asset: str
    base_asset_name: str
    base_asset_precision: str
    """A step, not a number of digits."""
    quote_asset: str
    quote_asset_name: str
    quote_precision: str
    """A step, not a number of digits."""
    # No client class is kept from any market yet.
    retail_allowed: bool = True
    pi_allowed: bool = True
    corporate_allowed: bool = True
    omnibus_allowed: bool = True
    iceberg_allowed: bool = False
    is_aggregate: bool = False
    allow_margin: bool = False
    exchange_id: str
    filters: list[Filter]


class Coin(msgspec.Struct, rename="camel", kw_only=True):
    """An asset."""

    org_id: str = "9001"
    coin_id: str
    coin_name: str
    coin_full_name: str
    allow_withdraw: bool
    allow_deposit: bool
    token_type: str
    """CHAIN_TOKEN, ERC20_TOKEN, BSC_TOKEN, or REAL_MONEY for the money of a state."""
    chain_types: list[CoinChain]
    """Empty for the money of a state."""


class ExchangeInfo(msgspec.Struct, rename="camel", kw_only=True):
    """Everything listed."""

    timezone: Literal["UTC"] = "UTC"
    server_time: str
    """Milliseconds since 1970-01-01 UTC."""
    site: str
    broker_filters: list[str] = []
    symbols: list[Symbol]
    options: list[str] = []
    contracts: list[str] = []
    coins: list[Coin]


class Depth(msgspec.Struct, kw_only=True):
    """An order book, best prices first; each level is price and quantity."""

    t: int
    """Time of its last change, milliseconds."""
    b: list[tuple[str, str]]
    """Bids."""
    a: list[tuple[str, str]]
    """Asks."""


class PublicTrade(msgspec.Struct, kw_only=True):
    """A trade as everybody sees it."""

    t: int
    """Milliseconds."""
    p: str
    """Price."""
    q: str
    """Quantity, in base."""
    ibm: bool
    """The buyer was the maker."""


Kline = tuple[int, str, str, str, str, str, int, str, int, str, str]
"""Open time, open, high, low, close, volume, close time, quote volume, trades, volume bought by takers and
its quote volume; times are milliseconds."""


class Ticker(msgspec.Struct, kw_only=True):
    """Statistics of the last 24 hours."""

    t: int
    """Time of the answer, milliseconds."""
    s: str
    """Symbol."""
    c: str
    """Last price."""
    h: str
    """Highest price."""
    l: str  # noqa: E741 the contract's letter
    """Lowest price."""
    o: str
    """First price."""
    b: str
    """Best bid; "0" where there is none."""
    a: str
    """Best ask; "0" where there is none."""
    v: str
    """Volume, in base."""
    qv: str
    """Volume, in quote."""


class LastPrice(msgspec.Struct, kw_only=True):
    s: str
    """Symbol."""
    p: str
    """Price of the last trade; "0" before the first."""


class BookTicker(msgspec.Struct, kw_only=True):
    """The best prices of a book; "0" where a side is empty."""

    s: str
    """Symbol."""
    b: str
    """Best bid."""
    bq: str
    """Quantity at the best bid."""
    a: str
    """Best ask."""
    aq: str
    """Quantity at the best ask."""
    t: int
    """Time of the book's last change, milliseconds."""


class Figure(msgspec.Struct):
    """A number that decided."""

    value: str
    unit: str
    """Code of an asset, or `ms`, `share`, `number`, `ticks`, `lots`, `atoms`."""


class Cause(msgspec.Struct, kw_only=True):
    """What stands behind a refusal of the core: a condition of the client, or the terms of an asset."""

    name: str
    words: str
    figures: dict[str, str]
    next_step: str
    licence_rules: list[LicenceRule]


class DecidingRule(msgspec.Struct, kw_only=True):
    """The rule of the venue that refused a request."""

    rejection: int
    """Number of the rule."""
    name: str
    words: str
    """The rule with its figures, for a person."""
    figures: dict[str, str | Figure]
    """By name, with units, where they have names; the two plain ones as `first` and `second`."""
    next_step: str
    retryable: bool | msgspec.UnsetType = msgspec.UNSET
    licence_rules: list[LicenceRule] | msgspec.UnsetType = msgspec.UNSET
    """Rules of the site's licences that the refusal carries out; absent where there are none."""
    """Whether the same request may succeed later."""
    rule: str | msgspec.UnsetType = msgspec.UNSET
    """Code of the rule on its page."""
    rules: list[str] | msgspec.UnsetType = msgspec.UNSET
    """Ids of the licences' rules that decided."""
    causes: list[Cause] | msgspec.UnsetType = msgspec.UNSET
    """Why the account may not, where the client's standing says so; `words` and `next_step` are those of the first."""


class BatchRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one order of a batch."""

    code: str
    """0000 when it was taken, otherwise the refusal's code."""
    order: PlacedOrder | msgspec.UnsetType = msgspec.UNSET
    msg: str | msgspec.UnsetType = msgspec.UNSET
    lionrock: DecidingRule | msgspec.UnsetType = msgspec.UNSET
    """Where a rule of the venue refused it: which, and with which figures."""


class Batch(msgspec.Struct, kw_only=True):
    """What became of the orders of a batch, in the order given."""

    code: int
    result: list[BatchRow]
    concentration: str = ""


class NotCancelled(msgspec.Struct, rename="camel", kw_only=True):
    order_id: str
    code: str
    """Why not."""


class CancelledByIds(msgspec.Struct, kw_only=True):
    code: str
    result: list[NotCancelled]
    """Those that were not cancelled; the others were."""


class Balance(msgspec.Struct, rename="camel", kw_only=True):
    asset: str
    asset_id: str
    asset_name: str
    total: str
    free: str
    locked: str
    """Held by open orders and withdrawals."""


class Balances(msgspec.Struct, rename="camel", kw_only=True):
    balances: list[Balance]
    user_id: str
