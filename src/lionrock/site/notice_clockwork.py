"""What a serving site does about notices by the clock: carries them, and tells users of their trades."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from sqlalchemy.exc import SQLAlchemyError

from lionrock.people.password_resets import PasswordResets
from lionrock.people.trade_notices import MOST_FILLS, TradeNotices, fills_behind, last_fill_before
from lionrock.site.site import Site
from lionrock.store.outbox.courier import Courier
from lionrock.store.sealing import SealBroken
from lionrock.views.sql.histories import Histories, HistoriesBusy, HistoriesUnavailable

_log = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 5
"""The process that keeps the read models starts beside the site; before it there is nothing to look at."""
LOOK_SECONDS = 2
"""Between two looks for new trades; those of one look go out as one notice."""


def notice_clockwork(site: Site, *, with_views: bool) -> list[Coroutine[None, None, None]]:
    """What is to run as long as the site serves. Trades are told from the read models, so not without them.

    Raises `OSError` when the password of the mail server cannot be read.
    """
    notices = site.people.notices
    if notices is None:
        return []
    running = [Courier(notices.outbox, site.configuration.outbox.carriers(), site.clock).run()]
    if (resets := site.people.resets) is not None:
        running.append(send_resets(resets))
    if with_views:
        telling = TradeNotices(site.database, notices, site.owners.owner_of)
        running.append(follow_trades(site.histories, telling, site.clock))
    return running


async def send_resets(resets: PasswordResets) -> None:
    """Without end: tokens for those who were asked for since the last look."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await asyncio.to_thread(resets.send_due)
        except (SQLAlchemyError, SealBroken) as error:
            _log.error("No token for a new password can be sent now: %s", type(error).__name__)


async def follow_trades(histories: Histories, telling: TradeNotices, clock: Callable[[], int]) -> None:
    """Without end; read models that cannot be asked are asked again."""
    started_ns = clock()
    await asyncio.sleep(FIRST_LOOK_SECONDS)
    while True:
        found = 0
        try:
            found = await tell_new_trades(histories, telling, clock, started_ns)
        except (HistoriesUnavailable, HistoriesBusy):
            pass
        except (SQLAlchemyError, SealBroken) as error:
            _log.error("Trades cannot be told now: %s", type(error).__name__)
        if found < MOST_FILLS:
            await asyncio.sleep(LOOK_SECONDS)


async def tell_new_trades(
    histories: Histories, telling: TradeNotices, clock: Callable[[], int], started_ns: int
) -> int:
    """One look; gives how many fills were found. The very first begins with the trades from `started_ns` on.

    Raises what `Histories.ask` and SQLAlchemy raise.
    """
    told = await asyncio.to_thread(telling.told)
    if told is None:
        behind, _ = await histories.ask(lambda views: last_fill_before(views, started_ns), 0)
        await asyncio.to_thread(telling.begin_at, behind)
    else:
        behind = told
    found, _ = await histories.ask(lambda views: fills_behind(views, behind), 0)
    await asyncio.to_thread(telling.tell, found, clock())
    return len(found)
