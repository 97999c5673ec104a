"""Histories of one account, a page at a time: ledger entries, orders, fills.

Rows come in the order of their keys, which is that of the journal. A page begins behind a key, so nothing that happens
between two pages makes a row come twice or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Row, Select, and_, func, select

from lionrock.node.stamping import FIRST_ID
from lionrock.views.sql.tables import FIRST_BOOKED_REASON, balances, bookings, fills, ledger_entries, orders, trades

MOST_ROWS = 1_000
"""Of one page."""
SCANNED_ROWS = 20_000
"""Rows that a page looks at when it leaves some out. A page may be short for that, and the next one goes on."""
LAST_KEY = 2**63 - 1


Narrow = Callable[[FromClause], list[ColumnElement[bool]]]
"""Which of the rows that are looked at are shown; it is given what holds their columns."""


class Span(NamedTuple):
    """Which rows of an account are asked for, and where in them a page begins."""

    account_id: int
    from_ns: int = 0
    until_ns: int = LAST_KEY
    """Not included."""
    behind: int | None = None
    """Key of the last row that was seen; None to begin."""
    limit: int = MOST_ROWS
    newest_first: bool = False


class Page(NamedTuple):
    """Rows in the order asked for."""

    rows: list[Row[Any]]
    behind: int | None
    """Where the next page begins; None when nothing was looked at, so the same question can be asked again."""
    has_more: bool
    """Whether there may be further rows already."""


class _Scan(NamedTuple):
    """What was found in one place."""

    rows: Sequence[Row[Any]]
    reached: int | None
    """Key of the last row looked at, when there are more."""


def key_at(connection: Connection, key: Column[int], time: Column[int], time_ns: int) -> int:
    """The smallest key whose row is of that time or later, where time never goes back with the key.

    Some thirty looks at the primary key, however many rows there are. One more than the largest key when there is none.
    """
    low, last = (connection.execute(select(edge(key))).scalar() or 0 for edge in (func.min, func.max))
    high = last + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(select(key, time).where(key >= middle).order_by(key).limit(1)).one_or_none()
        if found is None or found[1] >= time_ns:
            high = middle
        else:
            low = found[0] + 1
    return int(low)


def entries_page(
    connection: Connection, span: Span, *, asset_id: int | None = None, narrow: Narrow | None = None
) -> Page:
    """Entries of `tables.ledger_entries`, each with `purpose`, `actor_kind` and `subject_id` of its booking (or null).

    Each asset is looked at by itself, so that an index leads to every row; then they are put together.
    """
    low, high = _bounds(connection, span, ledger_entries.c.entry_id, ledger_entries.c.time_ns)
    if low > high:
        return Page([], span.behind, has_more=False)
    wanted = select(balances.c.asset_id).where(balances.c.account_id == span.account_id)
    if asset_id is not None:
        wanted = wanted.where(balances.c.asset_id == asset_id)
    c, order = ledger_entries.c, (ledger_entries.c.sequence, ledger_entries.c.entry_id)
    first, last = (_sequence_of(connection, entry_id) for entry_id in (low, high))
    scans = []
    for each in connection.execute(wanted).scalars().all():
        found = select(ledger_entries).where(
            and_(c.account_id == span.account_id, c.asset_id == each),
            and_(c.sequence >= first, c.sequence <= last),
            c.entry_id.between(low, high),
        )
        scans.append(_scan(connection, span, found, order, narrow, join=_with_booking))
    return _page(span, scans, "entry_id")


def _with_booking(found: FromClause) -> Select[Any]:
    booked = and_(bookings.c.sequence == found.c.sequence, found.c.reason >= FIRST_BOOKED_REASON)
    told = (bookings.c.purpose, bookings.c.actor_kind, bookings.c.subject_id)
    return select(*found.c, *told).select_from(found.outerjoin(bookings, booked))


def fills_page(connection: Connection, span: Span, *, narrow: Narrow | None = None) -> Page:
    """Fills of `tables.fills`, each with `sequence` of its trade and `client_order_id` of its order."""
    first, end = (key_at(connection, trades.c.trade_id, trades.c.time_ns, ns) for ns in (span.from_ns, span.until_ns))
    low, high = _behind(span, 2 * first, 2 * end - 1)
    c = fills.c
    found = select(fills).where(c.account_id == span.account_id, c.fill_id.between(low, high))
    return _page(span, [_scan(connection, span, found, (c.fill_id,), narrow, join=_with_trade)], "fill_id")


def _with_trade(found: FromClause) -> Select[Any]:
    joined = found.join(trades, trades.c.trade_id == found.c.trade_id)
    joined = joined.join(orders, orders.c.order_id == found.c.order_id)
    return select(*found.c, trades.c.sequence, orders.c.client_order_id).select_from(joined)


def orders_page(connection: Connection, span: Span, *, narrow: Narrow | None = None) -> Page:
    """Orders of `tables.orders` that were placed in the time of the span, as they are at the position."""
    low, high = _bounds(connection, span, orders.c.order_id, orders.c.placed_ns)
    c = orders.c
    found = select(orders).where(c.account_id == span.account_id, c.order_id.between(low, high))
    return _page(span, [_scan(connection, span, found, (c.order_id,), narrow)], "order_id")


def entries_of_commands(connection: Connection, account_id: int, sequences: Iterable[int]) -> list[Row[Any]]:
    """All entries of an account that these commands made, in their order: what a balance after each is told from."""
    numbers = sorted(set(sequences))
    c = ledger_entries.c
    asset_ids = select(balances.c.asset_id).where(balances.c.account_id == account_id)
    rows: list[Row[Any]] = []
    for start in range(0, len(numbers), MOST_ROWS):
        some = numbers[start : start + MOST_ROWS]
        for asset_id in connection.execute(asset_ids).scalars().all():
            wanted = select(ledger_entries).where(
                c.account_id == account_id, c.asset_id == asset_id, c.sequence.in_(some)
            )
            rows.extend(connection.execute(wanted))
    return sorted(rows, key=lambda row: int(row.entry_id))


def touches_account(connection: Connection, account_ids: Iterable[int], sequence: int) -> bool:
    """Whether a command changed what one of these accounts has or holds, or placed an order of theirs."""
    numbers, c = list(account_ids), orders.c
    placed = select(c.order_id).where(c.order_id == FIRST_ID + sequence, c.account_id.in_(numbers))
    if connection.execute(placed).first() is not None:
        return True
    return any(entries_of_commands(connection, each, [sequence]) for each in numbers)


def totals_after(connection: Connection, account_id: int, sequences: Iterable[int]) -> dict[int, int]:
    """What the account had of the entry's asset, available and held, after each entry of these commands, by entry id.

    A row carries the balance after its command; the entries behind it in the command are taken off.
    """
    totals: dict[int, int] = {}
    running: dict[tuple[int, int], int] = {}
    for row in reversed(entries_of_commands(connection, account_id, sequences)):
        place = (row.sequence, row.asset_id)
        total = running.get(place, row.available_atoms + row.held_atoms)
        totals[row.entry_id] = total
        running[place] = total - row.available_change_atoms - row.held_change_atoms
    return totals


def sequence_before(connection: Connection, time_ns: int) -> int:
    """Of the last command before that time that moved anything anywhere; 0 when none did."""
    key = key_at(connection, ledger_entries.c.entry_id, ledger_entries.c.time_ns, time_ns)
    return _sequence_of(connection, key - 1)


def moved(entry: FromClause) -> ColumnElement[bool]:
    """Whether an entry changes what the account has, not only how much of it is held."""
    return entry.c.available_change_atoms != -entry.c.held_change_atoms


def _sequence_of(connection: Connection, entry_id: int) -> int:
    """Of the last entry up to that one."""
    c = ledger_entries.c
    wanted = select(c.sequence).where(c.entry_id <= entry_id).order_by(c.entry_id.desc()).limit(1)
    return int(connection.execute(wanted).scalar() or 0)


def _bounds(connection: Connection, span: Span, key: Column[int], time: Column[int]) -> tuple[int, int]:
    """Smallest and largest key that a page may show."""
    first, end = (key_at(connection, key, time, time_ns) for time_ns in (span.from_ns, span.until_ns))
    return _behind(span, first, end - 1)


def _behind(span: Span, low: int, high: int) -> tuple[int, int]:
    if span.behind is None:
        return low, high
    return (low, min(high, span.behind - 1)) if span.newest_first else (max(low, span.behind + 1), high)


def _scan(
    connection: Connection,
    span: Span,
    found: Select[Any],
    order: tuple[Column[int], ...],
    narrow: Narrow | None,
    *,
    join: Callable[[FromClause], Select[Any]] | None = None,
) -> _Scan:
    ordered = found.order_by(*(column.desc() if span.newest_first else column for column in order))
    looked_at = ordered.limit(SCANNED_ROWS if narrow else span.limit + 1).subquery()
    whole = join(looked_at) if join else select(looked_at)
    key = looked_at.c[order[-1].name]
    if narrow:
        whole = whole.where(*narrow(looked_at))
    whole = whole.order_by(key.desc() if span.newest_first else key).limit(span.limit + 1)
    rows = connection.execute(whole).all()
    if len(rows) > span.limit:
        return _Scan(rows, getattr(rows[-1], key.name))
    if not narrow:
        return _Scan(rows, None)
    farthest = func.min(key) if span.newest_first else func.max(key)
    count, reached = connection.execute(select(func.count(), farthest).select_from(looked_at)).one()
    return _Scan(rows, reached if count == SCANNED_ROWS else None)


def _page(span: Span, scans: Sequence[_Scan], key: str) -> Page:
    """Rows up to where every scan has looked."""
    sign = -1 if span.newest_first else 1
    reached = min((sign * scan.reached for scan in scans if scan.reached is not None), default=None)
    rows = sorted((row for scan in scans for row in scan.rows), key=lambda row: sign * int(getattr(row, key)))
    seen = [row for row in rows if reached is None or sign * getattr(row, key) <= reached]
    shown = seen[: span.limit]
    if len(seen) > span.limit or reached is None:
        behind = getattr(shown[-1], key) if shown else span.behind
    else:
        behind = sign * reached
    return Page(shown, behind, has_more=len(seen) > span.limit or reached is not None)
