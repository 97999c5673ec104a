"""Questions to the read models that take more than one look at a table."""

from __future__ import annotations

from sqlalchemy import Connection, select

from lionrock.views.candles import DAY_MS, MINUTE_MS
from lionrock.views.market_data import DayStatistics
from lionrock.views.sql.candles import read_candles
from lionrock.views.sql.tables import balances, ledger_entries, trades


def balances_at(
    connection: Connection, sequence: int, account_id: int | None = None
) -> list[tuple[int, int, int, int]]:
    """(account, asset, available, held) after the command of that sequence, of one account or of all, by both ids.

    For every account and asset one look into an index, however many entries there are. What was never touched until
    then is left out.
    """
    older = ledger_entries.alias()
    newest = (
        select(older.c.entry_id)
        .where(
            older.c.account_id == balances.c.account_id,
            older.c.asset_id == balances.c.asset_id,
            older.c.sequence <= sequence,
        )
        .order_by(older.c.sequence.desc(), older.c.entry_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    entry = ledger_entries.c
    wanted = (
        select(balances.c.account_id, balances.c.asset_id, entry.available_atoms, entry.held_atoms)
        .select_from(balances.join(ledger_entries, entry.entry_id == newest))
        .order_by(balances.c.account_id, balances.c.asset_id)
    )
    if account_id is not None:
        wanted = wanted.where(balances.c.account_id == account_id)
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(wanted)]


def day_statistics(connection: Connection, market_id: int, now_ms: int) -> DayStatistics:
    """The minutes that began in the 24 hours before `now_ms`. Trades that were booked back do not count."""
    last = connection.execute(
        select(trades.c.price_ticks)
        .where(trades.c.market_id == market_id, trades.c.cancelled_sequence.is_(None))
        .order_by(trades.c.time_ns.desc(), trades.c.trade_id.desc())
        .limit(1)
    ).scalar()
    if last is None:
        return DayStatistics()
    minutes = read_candles(connection, market_id, "1m", now_ms - DAY_MS + 1, now_ms + MINUTE_MS)
    if not minutes:
        return DayStatistics(last, last, last, last)
    total = minutes[0]
    for minute in minutes[1:]:
        total.take_in(minute)
    return DayStatistics(total.open_ticks, total.high_ticks, total.low_ticks, last, total.size_lots, total.quote_atoms)
