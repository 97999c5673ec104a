"""Views show what published frames say, and the same after a replay."""

from __future__ import annotations

import msgspec
import pytest

from lionrock.core.engine_checked import Engine
from lionrock.node.published import Published
from lionrock.node.stamping import stamped
from lionrock.views.catalogue import Catalogue
from lionrock.views.market_data import DayStatistics, MarketData
from lionrock.views.orders import Orders, OrderStatus
from lionrock.words.commands import (
    AmendOrder,
    AssignFeeTier,
    CancelOrder,
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    SetFeeTier,
    SetMarketPhase,
    Transfer,
)
from lionrock.words.enumerations import FeeCurrency, MarketPhase, Side
from lionrock.words.side_notes import pack_notes

MINUTE_NS = 60 * 10**9
ANN, BOB = 11, 12


class Stage:
    """A venue of one market whose frames feed the views; and feed them again."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.frames: list[Published] = []
        self.catalogue, self.orders, self.market_data = Catalogue(), Orders(), MarketData()
        self.do(
            ListAsset(asset_id=1, decimals=2, code="BTC"),
            ListAsset(asset_id=2, decimals=2, code="USD"),
            OpenAccount(account_id=1, account_kind=3),
            OpenAccount(account_id=2, account_kind=2),
            OpenAccount(account_id=ANN, account_kind=1),
            OpenAccount(account_id=BOB, account_kind=1),
            SetFeeTier(tier=0, maker_fee_ppm=10_000, taker_fee_ppm=20_000),
            SetFeeTier(tier=3, maker_fee_ppm=0, taker_fee_ppm=0),
            AssignFeeTier(account_id=BOB, tier=3),
            ListMarket(
                market_id=1,
                base_asset_id=1,
                quote_asset_id=2,
                fee_currency=FeeCurrency.RECEIVED,
                symbol="BTCUSD",
                tick_quote_atoms=100,
                lot_base_atoms=1,
                max_price_ticks=10**6,
                max_size_lots=10**6,
                min_notional_atoms=1,
                max_notional_atoms=10**12,
                fee_account_id=2,
            ),
            *(
                Transfer(asset_id=asset, debit_account_id=1, credit_account_id=account, amount_atoms=10**8, purpose=1)
                for asset in (1, 2)
                for account in (ANN, BOB)
            ),
        )

    def do(self, *commands: Command, minute: int = 0, notes: dict[int, bytes] | None = None) -> Published:
        first = self.engine.last_sequence + 1
        records = stamped([command.pack() for command in commands], first, minute * MINUTE_NS)
        side = pack_notes((notes or {}).items())
        frame = Published(first, minute * MINUTE_NS, records, side, self.engine.apply(records))
        self.frames.append(frame)
        for view in (self.catalogue, self.orders, self.market_data):
            view.apply(frame)
        return frame


def order(account: int, side: Side, size: int, price: int) -> PlaceOrder:
    return PlaceOrder(
        order_id=0,
        account_id=account,
        market_id=1,
        side=side,
        order_type=1,
        time_in_force=1,
        post_only=0,
        price_ticks=price,
        size_lots=size,
        quote_amount_atoms=0,
    )


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_orders_and_their_names(stage: Stage) -> None:
    stage.do(
        order(ANN, Side.SELL, 300, 100),
        order(ANN, Side.SELL, 1, 200),
        order(BOB, Side.BUY, 100, 100),
        notes={0: "eins €".encode(), 2: b"\xff"},
        minute=1,
    )
    first, second = stage.orders.open_orders(ANN)
    assert (first.client_order_id, first.status, first.filled_lots) == ("eins €", OrderStatus.PARTIALLY_FILLED, 100)
    assert (second.client_order_id, second.status) == (str(second.placed.order_id), OrderStatus.NEW)
    assert stage.orders.find_by_client_order_id(ANN, "eins €") is first
    assert stage.orders.find_by_client_order_id(ANN, second.client_order_id) is second
    assert stage.orders.find_by_client_order_id(ANN, str(first.placed.order_id)) is None
    assert stage.orders.find_by_client_order_id(BOB, "eins €") is None
    assert stage.orders.find(BOB, first.placed.order_id) is None
    (bought,) = stage.orders.newest_first(BOB, 2**63, 0, 2**63)
    assert (bought.status, bought.client_order_id) == (OrderStatus.FILLED, "\ufffd")
    # 1 BTC for 100 USD: ann, tier 0, pays 1 % of the quote as the maker; bob's tier 3 pays nothing.
    assert (first.fee_atoms, first.filled_quote_atoms, bought.fee_atoms) == (100, 10_000, 0)
    stage.do(CancelOrder(order_id=first.placed.order_id, account_id=ANN), minute=2)
    assert (first.status, first.updated_ns) == (OrderStatus.PARTIALLY_CANCELED, 2 * MINUTE_NS)
    assert stage.orders.open_orders(ANN) == [second]
    stage.do(CancelOrder(order_id=first.placed.order_id, account_id=ANN), order(ANN, Side.BUY, 10**9, 1), minute=3)
    assert stage.orders.open_orders(ANN) == [second]


def test_market_writes_its_numbers(stage: Stage) -> None:
    market = stage.catalogue.market_by_symbol["BTCUSD"]
    assert (market.price_text(105), market.size_text(105), market.quote_text(105)) == ("105", "1.05", "1.05")
    assert market.lot_tick_quote_atoms == 1
    assert market.average_price_text(10_001, 300) == "33.33"  # 33.3366... cut down
    assert market.average_price_text(0, 0) == "0"
    assert (market.fee_asset(Side.BUY).code, market.fee_asset(Side.SELL).code) == ("BTC", "USD")
    assert (stage.catalogue.tier_of(ANN), stage.catalogue.tier_of(BOB)) == (0, 3)


def test_statistics_of_a_day_roll(stage: Stage) -> None:
    market = stage.market_data.market(1)
    assert market.day(0) == DayStatistics()

    def trade(minute: int, price: int) -> None:
        stage.do(order(ANN, Side.SELL, 1, price), order(BOB, Side.BUY, 1, price), minute=minute)

    trade(1, 100)
    trade(2, 300)
    trade(3, 200)
    assert market.day(3 * 60_000) == DayStatistics(100, 300, 100, 200, 3, 600)
    day = 24 * 60
    assert market.day((day + 1) * 60_000) == DayStatistics(300, 300, 200, 200, 2, 500)
    assert market.day((day + 2) * 60_000) == DayStatistics(200, 200, 200, 200, 1, 200)
    assert market.day((day + 3) * 60_000) == DayStatistics(200, 200, 200, 200, 0, 0)


def test_fills_of_an_account_that_may_trade_with_itself_have_ids_of_their_own(stage: Stage) -> None:
    """As the taker pays 2 % and the maker 1 %, in what each receives."""
    phase = SetMarketPhase(market_id=1, phase=MarketPhase.PRE_OPEN, at_time_ns=0, reference_price_ticks=0)
    stage.do(order(ANN, Side.SELL, 100, 100), order(ANN, Side.BUY, 100, 100), minute=1)
    stage.do(phase, order(ANN, Side.BUY, 100, 100), order(ANN, Side.SELL, 100, 100), minute=2)
    stage.do(msgspec.structs.replace(phase, phase=MarketPhase.CONTINUOUS), minute=3)
    fills = list(stage.orders.fills_newest_first(ANN, 0, 2**63))
    assert [(fill.is_buyer, fill.is_maker, fill.fee_atoms) for fill in reversed(fills)] == [
        (True, False, 2),
        (False, True, 100),
        (True, True, 1),
        (False, True, 100),
    ]
    assert len({fill.fill_id for fill in fills}) == 4


def test_rebates_are_kept_apart_from_fees(stage: Stage) -> None:
    """1 % of what the taker receives is given to a maker of tier 4, who pays 2 % as a taker."""
    stage.do(SetFeeTier(tier=4, maker_fee_ppm=-10_000, taker_fee_ppm=20_000), AssignFeeTier(account_id=BOB, tier=4))
    stage.do(order(ANN, Side.SELL, 100, 100), order(BOB, Side.BUY, 300, 100), order(ANN, Side.SELL, 200, 100), minute=1)
    (bought,) = stage.orders.newest_first(BOB, 2**63, 0, 2**63)
    # As the taker 2 of 100 atoms of BTC; as the maker 1 % of the 20,000 atoms of USD that ann was paid.
    assert (bought.fee_atoms, bought.rebate_atoms) == (2, 200)
    second, first = stage.orders.fills_newest_first(BOB, 0, 2**63)
    assert (first.fee_atoms, first.fee_side, first.is_maker) == (2, Side.BUY, False)
    assert (second.fee_atoms, second.fee_side, second.is_maker) == (-200, Side.SELL, True)


def test_orders_keep_what_they_show_and_what_they_are_called(stage: Stage) -> None:
    iceberg = msgspec.structs.replace(order(ANN, Side.SELL, 300, 100), display_lots=20, client_order_key=7)
    stage.do(iceberg, order(BOB, Side.BUY, 30, 100), minute=1)
    stage.do(AmendOrder(order_id=0, account_id=ANN, price_ticks=100, size_lots=250, client_order_key=7), minute=2)
    (placed,) = (kept.placed for kept in stage.orders.open_orders(ANN))
    assert (placed.display_lots, placed.client_order_key, placed.size_lots) == (20, 7, 250)


def test_views_are_the_same_after_a_replay(stage: Stage) -> None:
    for minute in range(1, 60):
        side = Side.BUY if minute % 3 else Side.SELL
        stage.do(
            order((ANN, BOB)[minute % 2], side, minute, 100 + minute % 7), minute=minute, notes={0: b"%d" % minute}
        )
    again = Orders(), MarketData(), Catalogue()
    for frame in stage.frames:
        for view in again:
            view.apply(frame)
    orders, market_data, catalogue = again
    for account in (ANN, BOB):
        everything = (account, 2**63, 0, 2**63)
        assert list(orders.newest_first(*everything)) == list(stage.orders.newest_first(*everything))
        assert orders.open_orders(account) == stage.orders.open_orders(account)
        fills = list(orders.fills_newest_first(account, 0, 2**63))
        assert fills == list(stage.orders.fills_newest_first(account, 0, 2**63))
        assert fills
    assert list(market_data.market(1).trades) == list(stage.market_data.market(1).trades)
    assert market_data.market(1).day(60 * 60_000) == stage.market_data.market(1).day(60 * 60_000)
    assert catalogue.markets == stage.catalogue.markets
