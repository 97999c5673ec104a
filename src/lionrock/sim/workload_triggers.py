"""The triggers of a random flow: which orders wait, and for which price."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from lionrock.words.enumerations import OrderType, Side, Trigger

SHARE = 0.09
"""Of so many orders of a make that may wait some do."""

_STOP, _TAKE_PROFIT, _BUY = int(Trigger.STOP), int(Trigger.TAKE_PROFIT), int(Side.BUY)


class Waits(NamedTuple):
    """What `PlaceOrder` says about a trigger."""

    trigger: int = 0
    trigger_price_ticks: int = 0


def drawn_trigger(chance: Random, side: int, middle_ticks: int, spread_ticks: int) -> Waits:
    """A price near the middle, the more often the nearer, on the side from which a trade may come to meet it.

    A third share round prices, so that a trade sets off several. A few are beyond the middle, and met already.
    """
    random = chance.random
    trigger = _STOP if random() < 0.6 else _TAKE_PROFIT
    rises = (trigger == _STOP) == (side == _BUY)
    distance = int((random() * random() * 0.35 - 0.01) * spread_ticks) + 1
    price_ticks = middle_ticks + distance if rises else middle_ticks - distance
    if random() < 0.33:
        step = max(spread_ticks // 20, 1)
        price_ticks = (price_ticks // step + (1 if rises else 0)) * step
    return Waits(trigger, max(1, price_ticks))


def reaching_price(chance: Random, side: int, waits: Waits, spread_ticks: int) -> int:
    """A limit a little past the trigger price, so that the order can trade when it comes in."""
    reach = 1 + int(chance.random() * 0.15 * spread_ticks)
    return max(1, waits.trigger_price_ticks + (reach if side == _BUY else -reach))


def may_wait(side: int, order_type: int, post_only: int, quote_amount_atoms: int) -> bool:
    """Whether what such an order holds does not depend on the book."""
    if order_type == OrderType.LIMIT:
        return not post_only
    return (side == _BUY) == (quote_amount_atoms > 0)
