"""Tells users of their trades. Follows the read models, whose rows are durable frames in the order of the journal.

How far it told stands in the same database as the notices and changes with them, so no trade is told twice or never,
whenever the process dies. A site that gets notices for the first time begins with the next trade.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from lionrock.people.notice_tables import notice_cursors
from lionrock.people.notice_words import Phrase
from lionrock.people.notices import Notices, Occasion, message_id_of
from lionrock.people.tables import users
from lionrock.views.sql.reading import key_at
from lionrock.views.sql.tables import assets, fills, markets, trades
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import Side

CURSOR = "trades"
MOST_FILLS = 1_000
"""Of one look."""
MOST_LINES = 20
"""Of one notice; further trades are counted in it."""
BOUGHT = "bought {size} {asset} at {price} {currency} (order {order}, trade {trade})"
SOLD = "sold {size} {asset} at {price} {currency} (order {order}, trade {trade})"


class FillTold(msgspec.Struct, frozen=True):
    """A fill as a notice tells it."""

    fill_id: int
    account_id: int
    line: str | Phrase
    time_ns: int


def last_fill_before(views: Connection, time_ns: int) -> int:
    """A question to the read models: behind which fill the trades from that time on begin."""
    return 2 * key_at(views, trades.c.trade_id, trades.c.time_ns, time_ns) - 1


def fills_behind(views: Connection, behind: int) -> list[FillTold]:
    """A question to the read models: the next fills, in their order."""
    base, quote = assets.alias(), assets.alias()
    wanted = (
        select(
            fills,
            markets.c.symbol,
            markets.c.tick_quote_atoms,
            markets.c.lot_base_atoms,
            base.c.code.label("base_code"),
            base.c.decimals.label("base_decimals"),
            quote.c.code.label("quote_code"),
            quote.c.decimals.label("quote_decimals"),
        )
        .join(markets, markets.c.market_id == fills.c.market_id)
        .join(base, base.c.asset_id == markets.c.base_asset_id)
        .join(quote, quote.c.asset_id == markets.c.quote_asset_id)
        .where(fills.c.fill_id > behind)
        .order_by(fills.c.fill_id)
        .limit(MOST_FILLS)
    )
    return [FillTold(row.fill_id, row.account_id, _line(row), row.time_ns) for row in views.execute(wanted)]


def _line(row: Row[Any]) -> Phrase:
    values = {
        "size": format_decimal(row.size_lots * row.lot_base_atoms, row.base_decimals),
        "asset": row.base_code,
        "price": format_decimal(row.price_ticks * row.tick_quote_atoms, row.quote_decimals),
        "currency": row.quote_code,
        "order": str(row.order_id),
        "trade": str(row.trade_id),
    }
    return Phrase(BOUGHT if row.side == Side.BUY else SOLD, values)


class TradeNotices:
    """Of one site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, database: Engine, notices: Notices, owner_of: Callable[[int], int]) -> None:
        """`owner_of` gives the main account of an account."""
        self._database, self._notices, self._owner_of = database, notices, owner_of

    def told(self) -> int | None:
        """The last fill that was told; None before the first look."""
        with self._database.connect() as connection:
            return connection.execute(
                select(notice_cursors.c.position).where(notice_cursors.c.name == CURSOR)
            ).scalar_one_or_none()

    def begin_at(self, fill_id: int) -> None:
        """The first look: what was before it is not told."""
        with self._database.begin() as connection:
            connection.execute(insert(notice_cursors).values(name=CURSOR, position=fill_id))

    def tell(self, found: Sequence[FillTold], now_ns: int) -> int:
        """One notice for each user among them, in one transaction with how far was told; gives how many notices."""
        if not found:
            return 0
        by_owner: defaultdict[int, list[FillTold]] = defaultdict(list)
        for each in found:
            by_owner[self._owner_of(each.account_id)].append(each)
        told = 0
        with self._database.begin() as connection:
            for account_id, mine in by_owner.items():
                user_id = connection.execute(
                    select(users.c.user_id).where(users.c.account_id == account_id)
                ).scalar_one_or_none()
                if user_id is None:  # an account that only programs use
                    continue
                told += self._notices.tell(
                    connection,
                    user_id,
                    Occasion.TRADE,
                    _facts(mine),
                    now_ns=now_ns,
                    message_id=message_id_of(Occasion.TRADE, user_id, mine[0].fill_id, mine[0].time_ns),
                )
            here = notice_cursors.c.name == CURSOR
            connection.execute(update(notice_cursors).where(here).values(position=found[-1].fill_id))
        return told


def _facts(mine: Sequence[FillTold]) -> dict[str, str | Phrase]:
    facts: dict[str, str | Phrase] = {f"trade {number}": each.line for number, each in enumerate(mine[:MOST_LINES], 1)}
    if len(mine) > MOST_LINES:
        facts["further trades"] = str(len(mine) - MOST_LINES)
    return facts


def forget_told_trades(database: Engine) -> None:
    """For a journal that was set back, where ids of trades come again: the next start begins with the next trade."""
    with database.begin() as connection:
        connection.execute(delete(notice_cursors).where(notice_cursors.c.name == CURSOR))
