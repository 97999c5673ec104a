"""Small cases whose rows can be worked out by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, select

from lionrock.journal.disk import Disk
from lionrock.journal.tail import Tail
from lionrock.node.stamping import FIRST_ID, stamped
from lionrock.views.candles import DAY_MS, Candle
from lionrock.views.market_data import DayStatistics
from lionrock.views.sql.candles import read_candles
from lionrock.views.sql.decoding import IdTooLarge
from lionrock.views.sql.entries import EntryReason
from lionrock.views.sql.projection import Projection
from lionrock.views.sql.queries import balances_at, day_statistics
from lionrock.views.sql.tables import ledger_entries, orders
from lionrock.words.commands import AmendOrder, CancelOrder, CancelTrade, Command, SetFeeTier, SetValuation
from lionrock.words.enumerations import Side
from lionrock.words.events import AccountOpened, Event, HoldPlaced
from lionrock.words.faults import Fault
from lionrock.words.side_notes import pack_notes
from tests.node.trading import order, venue
from tests.views.sql.databases import Site, all_rows, follow

ANN, BOB, FEES, BASE, QUOTE = 11, 12, 2, 1, 2
LARGEST_NOTE = 4096
HEAD = {"index": 0, "sequence": 99, "time_ns": 1}
ORIGIN = dict.fromkeys(("tax_report_type", "actor_kind", "actor_id", "authority_id", "source", "source_sequence"), 0)
HOLD_FIELDS = HEAD | ORIGIN | {"hold_id": 1, "account_id": 2**63, "asset_id": 1, "amount_atoms": 1, "purpose": 2}
OPENED = AccountOpened(account_id=2**63, account_kind=1, **HEAD)
HOLD = HoldPlaced(**HOLD_FIELDS)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def do(site: Site, at_ms: int, *commands: Command, notes: dict[int, bytes] | None = None) -> None:
    """One frame."""
    records = stamped([command.pack() for command in commands], site.core.last_sequence + 1, at_ms * 10**6)
    site.append(bytes(records), pack_notes((notes or {}).items()))


def trade(site: Site, at_ms: int, price_ticks: int, size_lots: int) -> None:
    """Ann sells to bob, who takes."""
    do(site, at_ms, order(ANN, Side.SELL, price_ticks, size_lots), order(BOB, Side.BUY, price_ticks, size_lots))


def cancel(site: Site, at_ms: int, trade_id: int) -> None:
    do(site, at_ms, CancelTrade(trade_id=trade_id, actor_id=5, authority_id=6))


@pytest.mark.shows("PROJ-004", "PROJ-005", "PROJ-009")
def test_a_cancelled_trade_leaves_candles_and_statistics(url: str, site: Site) -> None:
    last_of_month = ms("2024-02-29T23:59:30")
    do(site, last_of_month, *venue())
    trade(site, last_of_month, 100, 2)
    trade(site, last_of_month, 120, 1)
    trade(site, last_of_month + 1_000, 90, 3)
    trade(site, last_of_month + 30_000, 110, 4)  # the first of March
    database = follow(site.directory, url)

    def candles(connection: Connection, interval: str) -> list[Candle]:
        return read_candles(connection, 1, interval, 0, 10**15)

    february, march = ms("2024-02-01"), ms("2024-03-01")
    with database.connect() as connection:
        assert candles(connection, "1M") == [
            Candle(february, 100, 120, 90, 90, 6, 590, 3, 6, 590),
            Candle(march, 110, 110, 110, 110, 4, 440, 1, 4, 440),
        ]
        [week] = candles(connection, "1w")
        assert (week.open_ms, week.size_lots) == (ms("2024-02-26"), 10)
        assert day_statistics(connection, 1, march) == DayStatistics(100, 120, 90, 110, 10, 1030)
        assert day_statistics(connection, 1, march + DAY_MS + 60_000) == DayStatistics(110, 110, 110, 110, 0, 0)
        assert day_statistics(connection, 7, march) == DayStatistics()
    cancel(site, march + 1_000, 2)
    cancel(site, march + 2_000, 4)
    follow(site.directory, url)
    with database.connect() as connection:
        assert candles(connection, "1M") == [Candle(february, 100, 100, 90, 90, 5, 470, 2, 5, 470)]
        assert [candle.open_ms for candle in candles(connection, "1m")] == [ms("2024-02-29T23:59")]
        assert day_statistics(connection, 1, march) == DayStatistics(100, 100, 90, 90, 5, 470)
    trade(site, march + 3_000, 130, 1)
    cancel(site, march + 4_000, 5)  # in the same transaction as the trade
    follow(site.directory, url)
    with database.connect() as connection:
        assert [candle.open_ms for candle in candles(connection, "1m")] == [ms("2024-02-29T23:59")]


@pytest.mark.shows("PROJ-001", "PROJ-002", "PROJ-007")
def test_entries_of_one_trade(url: str, site: Site) -> None:
    """10 at 100, where the maker pays 1 % of the quote and the taker 20 % of the base; one whole base is worth 7."""
    do(site, 1, *venue(), SetFeeTier(tier=0, maker_fee_ppm=10_000, taker_fee_ppm=200_000))
    do(site, 2, SetValuation(asset_id=BASE, price_atoms=7, is_money=0))
    before = site.core.last_sequence
    trade(site, 3, 100, 10)
    asked, taken = FIRST_ID + before + 1, FIRST_ID + before + 2
    held, traded, fee = EntryReason.ORDER_HELD, EntryReason.TRADE, EntryReason.TRADE_FEE
    with follow(site.directory, url).connect() as connection:
        rows = connection.execute(select(ledger_entries).where(ledger_entries.c.sequence > before).order_by("entry_id"))
        assert [tuple(row)[3:] for row in rows] == [
            (ANN, BASE, held, asked, -10, 10, 10**9 - 10, 10, 7),
            (BOB, QUOTE, held, taken, -1000, 1000, 10**9 - 1000, 0, None),
            (BOB, QUOTE, traded, 1, 0, -1000, 10**9 - 1000, 0, None),
            (BOB, BASE, traded, 1, 10, 0, 10**9 + 8, 0, 7),
            (BOB, BASE, fee, 1, -2, 0, 10**9 + 8, 0, 7),
            (FEES, BASE, fee, 1, 2, 0, 2, 0, 7),
            (ANN, BASE, traded, 1, 0, -10, 10**9 - 10, 0, 7),
            (ANN, QUOTE, traded, 1, 1000, 0, 10**9 + 990, 0, None),
            (ANN, QUOTE, fee, 1, -10, 0, 10**9 + 990, 0, None),
            (FEES, QUOTE, fee, 1, 10, 0, 10, 0, None),
        ]
        at_start = [(ANN, BASE, 10**9, 0), (ANN, QUOTE, 10**9, 0)]
        assert balances_at(connection, before, ANN) == at_start
        assert balances_at(connection, before + 1, ANN) == [(ANN, BASE, 10**9 - 10, 10), at_start[1]]
        assert balances_at(connection, before, FEES) == []
        assert balances_at(connection, 10**15, FEES) == [(FEES, BASE, 2, 0), (FEES, QUOTE, 10, 0)]
        assert {row[0] for row in balances_at(connection, before)} == {1, 11, 12, 13}


@pytest.mark.shows("PROJ-003")
def test_clients_own_ids_of_any_bytes(url: str, site: Site) -> None:
    """A client can stop nothing with the bytes of a note: what is no text is replaced, what is long is kept."""
    do(site, 1, *venue())
    long = ("ß" * (LARGEST_NOTE // 2)).encode()
    notes = [b"eins", "zwei €".encode(), b"\xff", b"a\0b", long, b"\0" * LARGEST_NOTE]
    commands = [order(ANN, Side.BUY, 1, 1) for _ in range(len(notes) + 1)]
    do(site, 2, *commands, notes=dict(enumerate(notes)))
    with follow(site.directory, url).connect() as connection:
        rows = connection.execute(select(orders.c.client_order_id).order_by(orders.c.order_id))
        assert [row[0] for row in rows] == [
            "eins",
            "zwei €",
            "\ufffd",
            "a\ufffdb",
            long.decode(),
            "\ufffd" * LARGEST_NOTE,
            None,
        ]


@pytest.mark.shows("PROJ-017")
@pytest.mark.parametrize("forged", [OPENED, HOLD], ids=["opened", "held"])
def test_an_id_beyond_63_bits_is_refused_and_nothing_written(url: str, site: Site, forged: Event) -> None:
    """The core gives none, so the event is made up."""
    do(site, 1, *venue())
    database = follow(site.directory, url)
    before = all_rows(database)
    *_, last = Tail(site.journal, Disk()).read(site.core.last_sequence)
    with pytest.raises(IdTooLarge, match=f"{type(forged).__name__} of command 99 has account_id {2**63}"):
        Projection(database).take_in([last], forged.pack(), site.core.balances)
    assert all_rows(database) == before


@pytest.mark.shows("PROJ-018")
def test_balances_that_are_not_the_cores_are_not_written(url: str, site: Site) -> None:
    do(site, 1, *venue())
    database = follow(site.directory, url)
    before = all_rows(database)
    *_, last = Tail(site.journal, Disk()).read(site.core.last_sequence)
    forged = HoldPlaced(**HOLD_FIELDS | {"account_id": ANN})
    with pytest.raises(Fault, match=f"account {ANN} has .* in the core and .* in the rows"):
        Projection(database).take_in([last], forged.pack(), site.core.balances)
    assert all_rows(database) == before


def test_an_order_amended_and_cut_down_in_one_transaction(url: str, site: Site) -> None:
    """Random flows do so by the hundred; here the figures can be seen."""
    do(site, 1, *venue())
    first = FIRST_ID + site.core.last_sequence + 1
    do(
        site,
        2,
        order(ANN, Side.BUY, 100, 10),
        AmendOrder(order_id=first, account_id=ANN, price_ticks=90, size_lots=10),
        AmendOrder(order_id=first, account_id=ANN, price_ticks=90, size_lots=7),
        order(BOB, Side.SELL, 90, 2),
        CancelOrder(order_id=first, account_id=ANN),
    )
    with follow(site.directory, url).connect() as connection:
        row = connection.execute(select(orders).where(orders.c.order_id == first)).one()
        assert (row.price_ticks, row.size_lots, row.filled_lots, row.held_atoms) == (90, 7, 2, 0)
        c = ledger_entries.c
        moves = connection.execute(select(c.held_change_atoms).where(c.account_id == ANN, c.held_change_atoms != 0))
        assert [row[0] for row in moves] == [1000, -100, -270, -180, -450]
