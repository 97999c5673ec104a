"""Histories a page at a time, from both databases, against everything that there is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from lionrock.sim.workload import random_flow
from lionrock.views.sql import reading
from lionrock.views.sql.database import open_views
from lionrock.views.sql.reading import (
    LAST_KEY,
    Page,
    Span,
    entries_page,
    fills_page,
    key_at,
    moved,
    orders_page,
    sequence_before,
    totals_after,
)
from lionrock.views.sql.tables import fills, ledger_entries, metadata, orders
from tests.views.sql.databases import Site, follow

TABLES = {"ledger_entries": "entry_id", "fills": "fill_id", "orders": "order_id"}
PAGES: dict[str, Callable[..., Page]] = {
    "ledger_entries": entries_page,
    "fills": fills_page,
    "orders": orders_page,
}
TIMES = {"ledger_entries": "time_ns", "fills": "time_ns", "orders": "placed_ns"}


@pytest.fixture
def rows(url: str, site: Site) -> Engine:
    site.play(random_flow(31, 5_000))
    return reader(follow(site.directory, url), url)


def reader(written: Engine, url: str) -> Engine:
    written.dispose()
    return open_views(url, for_writing=False)


def busiest(connection: Connection, table: str = "ledger_entries") -> int:
    """The client with the most rows."""
    accounts = connection.execute(select(metadata.tables[table].c.account_id)).scalars()
    return int(max(Counter(accounts).items(), key=lambda pair: pair[1])[0])


def whole(connection: Connection, table: str, account_id: int) -> list[Any]:
    wanted = metadata.tables[table]
    key = wanted.c[TABLES[table]]
    return list(connection.execute(select(wanted).where(wanted.c.account_id == account_id).order_by(key)))


def paged(connection: Connection, table: str, span: Span, **filters: Any) -> list[int]:
    """The keys of all pages, with a limit drawn anew for each."""
    chance, keys = random.Random(1), list[int]()
    page = Page([], None, has_more=True)
    while page.has_more:
        span = span._replace(behind=page.behind, limit=chance.randint(1, 97))
        page = PAGES[table](connection, span, **filters)
        assert len(page.rows) <= span.limit
        keys += [getattr(row, TABLES[table]) for row in page.rows]
    return keys


@pytest.mark.shows("HIST-001")
@pytest.mark.parametrize("table", TABLES)
def test_pages_together_are_everything_once(rows: Engine, table: str) -> None:
    with rows.connect() as connection:
        account_id = busiest(connection, table)
        expected = [getattr(row, TABLES[table]) for row in whole(connection, table, account_id)]
        assert len(expected) > 300
        assert paged(connection, table, Span(account_id)) == expected
        assert paged(connection, table, Span(account_id, newest_first=True)) == expected[::-1]
        assert paged(connection, table, Span(account_id + 10**12)) == []


@pytest.mark.shows("HIST-001")
@pytest.mark.parametrize("table", TABLES)
def test_times_are_cut_exactly(rows: Engine, table: str) -> None:
    with rows.connect() as connection:
        account_id = busiest(connection, table)
        found = whole(connection, table, account_id)
        times = [getattr(row, TIMES[table]) for row in found]
        chance = random.Random(2)
        for _ in range(20):
            begin, end = sorted((chance.choice(times), chance.choice(times)))
            keys = paged(connection, table, Span(account_id, begin, end))
            assert keys == [
                getattr(row, TABLES[table]) for row, time_ns in zip(found, times, strict=True) if begin <= time_ns < end
            ]
        assert len(paged(connection, table, Span(account_id, 0, times[-1] + 1))) == len(found)


@pytest.mark.shows("HIST-001")
def test_filters_leave_out_and_lose_nothing(rows: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a page looks at few rows only."""
    monkeypatch.setattr(reading, "SCANNED_ROWS", 150)
    with rows.connect() as connection:
        account_id = busiest(connection)
        entries = whole(connection, "ledger_entries", account_id)
        asset_id = entries[0].asset_id
        of_asset = [row.entry_id for row in entries if row.asset_id == asset_id]
        assert paged(connection, "ledger_entries", Span(account_id), asset_id=asset_id) == of_asset
        flows = [row.entry_id for row in entries if row.available_change_atoms + row.held_change_atoms]
        assert 0 < len(flows) < len(entries)
        narrow = {"narrow": lambda entry: [moved(entry)]}
        assert paged(connection, "ledger_entries", Span(account_id), **narrow) == flows
        assert paged(connection, "ledger_entries", Span(account_id, newest_first=True), **narrow) == flows[::-1]
        for table in ("fills", "orders"):
            account_id = busiest(connection, table)
            some = whole(connection, table, account_id)
            market_id = some[0].market_id
            expected = [getattr(row, TABLES[table]) for row in some if row.market_id == market_id]
            in_market = {"narrow": lambda row: [row.c.market_id == market_id]}  # noqa: B023 - used at once
            assert paged(connection, table, Span(account_id), **in_market) == expected
            assert paged(connection, table, Span(account_id, newest_first=True), **in_market) == expected[::-1]


@pytest.mark.shows("HIST-001")
def test_what_happens_between_pages_comes_once(url: str, site: Site) -> None:
    """A page, some trading, the next page, to the end and beyond it."""
    keys: dict[str, list[int]] = {table: [] for table in TABLES}
    behind: dict[str, int | None] = dict.fromkeys(TABLES)
    account_id = 0
    for batch in random_flow(32, 4_000, batch=200):
        site.append(batch)
        with reader(follow(site.directory, url), url).connect() as connection:
            account_id = account_id or busiest(connection)
            for table, found in keys.items():
                page = PAGES[table](connection, Span(account_id, behind=behind[table], limit=17))
                found += [getattr(row, TABLES[table]) for row in page.rows]
                behind[table] = page.behind
    with open_views(url, for_writing=False).connect() as connection:
        for table, found in keys.items():
            while True:
                page = PAGES[table](connection, Span(account_id, behind=behind[table]))
                found += [getattr(row, TABLES[table]) for row in page.rows]
                behind[table] = page.behind
                if not page.has_more:
                    break
            assert found == [getattr(row, TABLES[table]) for row in whole(connection, table, account_id)]
            assert found


@pytest.mark.shows("HIST-007")
def test_the_total_after_each_entry(rows: Engine) -> None:
    with rows.connect() as connection:
        account_id = busiest(connection)
        running: Counter[int] = Counter()
        entries = whole(connection, "ledger_entries", account_id)
        totals = totals_after(connection, account_id, (row.sequence for row in entries))
        for row in entries:
            running[row.asset_id] += row.available_change_atoms + row.held_change_atoms
            assert totals[row.entry_id] == running[row.asset_id]


def test_the_first_key_of_a_time(rows: Engine) -> None:
    key, time = ledger_entries.c.entry_id, ledger_entries.c.time_ns
    with rows.connect() as connection:
        every = connection.execute(select(key, time, ledger_entries.c.sequence).order_by(key)).all()
        for wanted in (0, every[0][1], every[700][1], every[700][1] + 1, every[-1][1], every[-1][1] + 1, LAST_KEY):
            expected = next((row[0] for row in every if row[1] >= wanted), every[-1][0] + 1)
            assert key_at(connection, key, time, wanted) == expected
            assert sequence_before(connection, wanted) == max((row[2] for row in every if row[1] < wanted), default=0)


def test_an_empty_history(url: str, site: Site) -> None:
    follow(site.directory, url)
    with open_views(url, for_writing=False).connect() as connection:
        for table, read in PAGES.items():
            assert read(connection, Span(1)) == Page([], None, has_more=False), table
        assert sequence_before(connection, LAST_KEY) == 0


def test_a_reader_writes_nothing(rows: Engine) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    for table in (fills, orders):
        with rows.connect() as connection, pytest.raises(SQLAlchemyError, match=r"readonly|read-only"):
            connection.execute(table.delete())
