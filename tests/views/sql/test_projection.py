"""What stands in SQL is what the core says, on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from lionrock.node.published import Published
from lionrock.sim.workload import fuzz_records, random_flow
from lionrock.views.candles import INTERVALS_MS, Candle, interval_start_ms
from lionrock.views.catalogue import Catalogue
from lionrock.views.orders import Orders
from lionrock.views.sql.candles import read_candles
from lionrock.views.sql.tables import (
    FIRST_BOOKED_REASON,
    STATUS_NUMBERS,
    accounts,
    assets,
    balances,
    bookings,
    fills,
    ledger_entries,
    markets,
    orders,
    trades,
)
from lionrock.words.enumerations import MarketPhase, Side
from lionrock.words.event_base import Event
from lionrock.words.events import (
    EVENTS,
    HoldPlaced,
    HoldReleased,
    HoldSettled,
    LegsPosted,
    TradeCancelled,
    TradeExecuted,
    TransferPosted,
    ValuationSet,
)
from lionrock.words.ledger_events import Booked
from lionrock.words.records import unpack_all
from tests.views.sql.databases import Site, all_rows, follow, summed_entries


def events_of(site: Site, flow: list[bytes]) -> list[Event]:
    """The events of a flow that was played on the site."""
    core = type(site.core)()
    return [event for batch in flow for event in unpack_all(EVENTS, core.apply(batch))]


@pytest.mark.shows("PROJ-001")
@pytest.mark.parametrize("seed", range(3))
def test_entries_add_up_to_the_balances_of_the_core(url: str, site: Site, seed: int) -> None:
    site.play(random_flow(seed, 20_000))
    assert summed_entries(follow(site.directory, url)) == site.balances()


@pytest.mark.shows("PROJ-001")
def test_entries_add_up_after_records_of_chance(url: str, site: Site) -> None:
    site.play(fuzz_records(3, 20_000))
    assert summed_entries(follow(site.directory, url)) == site.balances()


@pytest.mark.shows("PROJ-001", "PROJ-002")
def test_balances_at_any_sequence(url: str, site: Site) -> None:
    """Each entry carries the balance after its command, and the newest of each pair stands in `balances`."""
    wanted: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}
    for batch in random_flow(5, 6_000, batch=50):
        site.append(batch)
        wanted[site.core.last_sequence] = site.balances()
    with follow(site.directory, url).connect() as connection:
        c = ledger_entries.c
        rows = connection.execute(
            select(c.account_id, c.asset_id, c.sequence, c.available_atoms, c.held_atoms).order_by(c.entry_id)
        )
        found: dict[tuple[int, int], tuple[int, int]] = {}
        entries = [tuple(row) for row in rows]
        at = 0
        for sequence, expected in wanted.items():
            while at < len(entries) and entries[at][2] <= sequence:
                account_id, asset_id, _, available, held = entries[at]
                found[account_id, asset_id] = available, held
                at += 1
            assert {pair: amounts for pair, amounts in found.items() if any(amounts)} == expected, sequence
        last = {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(select(balances))}
    assert last == found


@pytest.mark.shows("PROJ-003")
def test_orders_and_fills_are_those_of_the_views_in_memory(url: str, site: Site) -> None:
    flow = list(random_flow(2, 20_000))
    views, catalogue = Orders(), Catalogue()
    core = type(site.core)()
    for batch in flow:
        site.append(batch)
        published = Published(core.last_sequence + 1, 0, batch, b"", core.apply(batch))
        views.apply(published)
        catalogue.apply(published)
    with follow(site.directory, url).connect() as connection:
        found = {row.order_id: row for row in connection.execute(select(orders))}
        fill_rows = {row.fill_id: row for row in connection.execute(select(fills))}
    assert found.keys() == views._by_id.keys()
    for order_id, order in views._by_id.items():
        row, placed = found[order_id], order.placed
        fixed = (row.account_id, row.market_id, row.side, row.price_ticks, row.size_lots, row.time_in_force)
        assert fixed == (
            placed.account_id,
            placed.market_id,
            placed.side,
            placed.price_ticks,
            placed.size_lots,
            placed.time_in_force,
        )
        filled = row.filled_lots, row.filled_quote_atoms, row.fee_atoms, row.rebate_atoms
        assert filled == (order.filled_lots, order.filled_quote_atoms, order.fee_atoms, order.rebate_atoms)
        assert (row.status, row.cancel_reason) == (STATUS_NUMBERS[order.status], order.cancel_reason)
        assert row.updated_ns == order.updated_ns or (placed.trigger and row.updated_ns > order.updated_ns)
    in_memory = {fill.fill_id: fill for every in views._fills.values() for fill in every}
    assert fill_rows.keys() == in_memory.keys()
    for fill_id, fill in in_memory.items():
        row = fill_rows[fill_id]
        asset = catalogue.markets[fill.trade.market_id].fee_asset(fill.fee_side)
        assert (row.order_id, row.fee_atoms, row.fee_asset_id, bool(row.is_maker)) == (
            fill.order.placed.order_id,
            fill.fee_atoms,
            asset.asset_id,
            fill.is_maker,
        )


@pytest.mark.shows("PROJ-003")
def test_what_open_orders_hold_is_what_the_core_says(url: str, site: Site) -> None:
    site.play(random_flow(4, 20_000))
    lines = [line.split("|") for line in site.core.lines()]
    resting = {int(row[4]): int(row[8]) for row in lines if row[0] == "order"}
    waiting = {int(row[6]): int(row[10]) for row in lines if row[0] == "waiting"}
    with follow(site.directory, url).connect() as connection:
        rows = connection.execute(select(orders).where(orders.c.status <= 2)).all()
    assert len(rows) > 100
    assert {row.order_id: row.held_atoms for row in rows if not row.waits} == resting
    assert {row.order_id: row.held_atoms for row in rows if row.waits} == waiting


def counted_trades(events: list[Event]) -> list[TradeExecuted]:
    """Those that were not booked back."""
    cancelled = {event.trade_id for event in events if isinstance(event, TradeCancelled)}
    return [event for event in events if isinstance(event, TradeExecuted) and event.trade_id not in cancelled]


def candles_by_hand(done: list[TradeExecuted], interval: str) -> dict[int, list[Candle]]:
    """By market, oldest first."""
    groups: defaultdict[tuple[int, int], list[TradeExecuted]] = defaultdict(list)
    for trade in done:
        groups[trade.market_id, interval_start_ms(interval, trade.time_ns // 10**6)].append(trade)
    found: defaultdict[int, list[Candle]] = defaultdict(list)
    for (market_id, open_ms), group in sorted(groups.items()):
        prices = [trade.price_ticks for trade in group]
        taken = [trade for trade in group if trade.taker_side == Side.BUY and not trade.in_auction]
        found[market_id].append(
            Candle(
                open_ms,
                prices[0],
                max(prices),
                min(prices),
                prices[-1],
                sum(trade.size_lots for trade in group),
                sum(trade.quote_atoms for trade in group),
                len(group),
                sum(trade.size_lots for trade in taken),
                sum(trade.quote_atoms for trade in taken),
            )
        )
    return found


@pytest.mark.shows("PROJ-004", "PROJ-005")
def test_candles_are_those_of_the_trades_that_count(url: str, site: Site) -> None:
    flow = list(random_flow(6, 20_000))
    site.play(flow)
    events = events_of(site, flow)
    done = counted_trades(events)
    cancelled = {event.trade_id: event.sequence for event in events if isinstance(event, TradeCancelled)}
    assert len(cancelled) > 3
    with follow(site.directory, url).connect() as connection:
        for interval in INTERVALS_MS:
            expected = candles_by_hand(done, interval)
            assert {
                market_id: read_candles(connection, market_id, interval, -(10**15), 10**15) for market_id in expected
            } == expected
        marked = select(trades.c.trade_id, trades.c.cancelled_sequence).where(trades.c.cancelled_sequence.is_not(None))
        assert {row.trade_id: row.cancelled_sequence for row in connection.execute(marked)} == cancelled
        sides = select(fills.c.fill_id, fills.c.cancelled_sequence).where(fills.c.cancelled_sequence.is_not(None))
        both = {2 * trade_id + side: sequence for trade_id, sequence in cancelled.items() for side in (0, 1)}
        assert {row.fill_id: row.cancelled_sequence for row in connection.execute(sides)} == both


@pytest.mark.shows("PROJ-006")
def test_every_booking_says_where_it_comes_from(url: str, site: Site) -> None:
    flow = list(random_flow(7, 20_000))
    site.play(flow)
    booked = {event.sequence: event for event in events_of(site, flow) if isinstance(event, Booked)}
    subjects: dict[type[Event], Callable[[Any], int]] = {
        TransferPosted: lambda _: 0,
        LegsPosted: lambda event: event.transfer_id,
        HoldPlaced: lambda event: event.hold_id,
        HoldSettled: lambda event: event.hold_id,
        HoldReleased: lambda event: event.hold_id,
        TradeCancelled: lambda event: event.trade_id,
    }
    assert {type(event) for event in booked.values()} == subjects.keys()
    database = follow(site.directory, url)
    with database.connect() as connection:
        found = {row.sequence: row for row in connection.execute(select(bookings))}
    assert found.keys() == booked.keys()
    for sequence, event in booked.items():
        row = found[sequence]
        origin = ("tax_report_type", "actor_kind", "actor_id", "authority_id", "source", "source_sequence")
        assert [getattr(row, name) for name in origin] == [getattr(event, name) for name in origin]
        assert (row.purpose, row.subject_id) == (getattr(event, "purpose", 11), subjects[type(event)](event))
    entries = all_rows(database)["ledger"]
    with_origin = {row[1] for row in entries if row[-1] is not None}
    assert with_origin == booked.keys()
    assert all((int(str(row[5])) >= FIRST_BOOKED_REASON) == (row[-1] is not None) for row in entries)


@pytest.mark.shows("PROJ-007")
def test_entries_carry_the_valuation_of_their_moment(url: str, site: Site) -> None:
    flow = list(random_flow(8, 20_000))
    site.play(flow)
    changes: defaultdict[int, list[tuple[int, int | None]]] = defaultdict(list)
    for event in events_of(site, flow):
        if isinstance(event, ValuationSet):
            changes[event.asset_id].append((event.sequence, event.price_atoms or None))
    assert sum(map(len, changes.values())) > 20
    c = ledger_entries.c
    seen = set()
    with follow(site.directory, url).connect() as connection:
        for row in connection.execute(select(c.asset_id, c.sequence, c.valuation_price_atoms)):
            # The command that sets a valuation moves nothing behind it.
            past = [price for sequence, price in changes[row.asset_id] if sequence < row.sequence]
            assert row.valuation_price_atoms == (past[-1] if past else None)
            seen.add((row.asset_id, row.valuation_price_atoms))
        for asset in connection.execute(select(assets)):
            last = changes[asset.asset_id]
            assert asset.valuation_price_atoms == (last[-1][1] if last else None)
    assert len(seen) > 10
    assert None in {price for _, price in seen}


@pytest.mark.shows("PROJ-008")
def test_assets_markets_and_accounts_are_those_of_the_core(url: str, site: Site) -> None:
    site.play(random_flow(9, 20_000))
    lines = [line.split("|") for line in site.core.lines()]
    with follow(site.directory, url).connect() as connection:
        found_assets = {(str(row.asset_id), row.code, str(row.decimals)) for row in connection.execute(select(assets))}
        found_markets = {(str(row.market_id), row.symbol): row for row in connection.execute(select(markets))}
        found_accounts = {str(row.account_id): row for row in connection.execute(select(accounts))}
    assert found_assets == {(row[1], row[2], row[3]) for row in lines if row[0] == "asset"}
    in_core = {(row[1], row[2]): row for row in lines if row[0] == "market"}
    assert found_markets.keys() == in_core.keys()
    for key, row in in_core.items():
        market = found_markets[key]
        assert (market.base_asset_id, market.quote_asset_id, market.phase) == (int(row[3]), int(row[4]), int(row[14]))
    assert {row.phase for row in found_markets.values()} - {MarketPhase.CONTINUOUS}
    in_core_accounts = {row[1]: row for row in lines if row[0] == "account"}
    assert found_accounts.keys() == in_core_accounts.keys()
    for name, row in in_core_accounts.items():
        account = found_accounts[name]
        assert (account.account_kind, account.fee_tier) == (int(row[2]), int(row[3]))
        assert (account.owner_id or account.account_id) == int(row[4])
