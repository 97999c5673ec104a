"""The canonical flows of the core: packed commands, the same for the same seed on every machine.

A flow is a stage (listing, accounts, deposits), the first resting orders, and the body that is timed. Everybody is
rich, fees are 1,000 and 2,000 ppm, and every command of a body is about an order that does rest: nothing is refused.

`excore` is made after the README of exchange-core, a venue core in Java: "9% GTC orders, 3% IOC orders, 6% cancel
commands, 82% move commands. About 6% of all messages are triggering one or more trades", 1,000 accounts, about 1,000
orders on about 750 prices, and best prices that hardly change. Ours has so many orders on each side. As many orders
must come as go, so nearly 9 - 6 = 3 in a hundred end by crossing amendments; with the immediate orders that makes 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from lionrock.bench.blocks import Records, record_of, records_of, stamped
from lionrock.bench.draws import Column, Draws
from lionrock.bench.followed_book import FollowedBook
from lionrock.words.commands import ListAsset, ListMarket, OpenAccount, SetFeeTier, Transfer
from lionrock.words.enumerations import (
    AccountKind,
    FeeCurrency,
    SelfTradePrevention,
    TimeInForce,
    TransferPurpose,
)

FIRST_ACCOUNT = 10
ACCOUNTS = 1_000
MIDDLE_TICKS = 2**22

LARGEST_LOTS = 64
TAKEN_LOTS = 4
"""Most that an order takes in the mix of `excore`: little against what rests, or the book would not last."""

TICKS_PER_ORDER = 2.3
"""Reach of a side in ticks for each order resting on it; with `Draws.near` three prices of four hold a single order."""

CHUNK = 65_536
"""Commands drawn at a time."""


class Flow(NamedTuple):
    """Commands numbered through from 1."""

    stage: bytes
    """Assets, markets, accounts, deposits."""
    resting: bytes
    """One order in each command, all of which rest."""
    body: bytes
    """What is timed."""


Draw = Callable[[int], Column]
"""Draws so many values of a column."""

Progress = Callable[[int], None]
"""Told how many commands of the body are made."""


def stage(markets: int, accounts: int, assets: int, deposit_atoms: int) -> Records:
    """Assets, markets and rich accounts. Markets go round the ordered pairs of assets and both fee currencies."""
    pairs = [(base, quote) for base in range(1, assets + 1) for quote in range(1, assets + 1) if base != quote]
    everybody = np.arange(FIRST_ACCOUNT, FIRST_ACCOUNT + accounts)
    parts = [
        *(record_of(ListAsset(asset_id=asset, decimals=0, code=f"A{asset}")) for asset in range(1, assets + 1)),
        record_of(OpenAccount(account_id=1, account_kind=AccountKind.CUSTODY)),
        record_of(OpenAccount(account_id=2, account_kind=AccountKind.FEE)),
        record_of(SetFeeTier(tier=0, maker_fee_ppm=1_000, taker_fee_ppm=2_000)),
    ]
    for market in range(1, markets + 1):
        base, quote = pairs[market % len(pairs)]
        listing = ListMarket(
            market_id=market, base_asset_id=base, quote_asset_id=quote,
            fee_currency=FeeCurrency.RECEIVED if market % 2 else FeeCurrency.QUOTE, symbol=f"A{base}A{quote}-{market}",
            tick_quote_atoms=1, lot_base_atoms=1, max_price_ticks=2 * MIDDLE_TICKS, max_size_lots=10**6,
            min_notional_atoms=1, max_notional_atoms=10**15, fee_account_id=2,
        )  # fmt: skip
        parts.append(record_of(listing))
    parts.append(records_of(OpenAccount, accounts, account_id=everybody, account_kind=AccountKind.CLIENT))
    parts += [
        records_of(
            Transfer, accounts, asset_id=asset, debit_account_id=1, credit_account_id=everybody,
            amount_atoms=deposit_atoms, purpose=TransferPurpose.DEPOSIT,
        )
        for asset in range(1, assets + 1)
    ]  # fmt: skip
    return np.concatenate(parts)


def drawn(draws: Draws, commands: int, cards: Sequence[int], progress: Progress, *more: Draw) -> Iterator[list[int]]:
    """A row for each command: a card of the deck, what the further columns draw, and 30 bits for whatever is left."""
    for made in range(0, commands, CHUNK):
        count = min(CHUNK, commands - made)
        columns = (draws.deck(cards, count), *(column(count) for column in more), draws.below(2**30, count))
        yield from np.stack(columns, axis=1).tolist()
        progress(made + count)


def finished(first: Records, book: FollowedBook, body: Callable[[], None]) -> Flow:
    """The flow whose resting orders are in the book and whose body the function makes."""
    resting = book.records()
    body()
    rest_from = 1 + len(first)
    body_from = rest_from + len(resting)
    return Flow(stamped([first], 1), stamped([resting], rest_from), stamped([book.records()], body_from))


ADD, TAKE, CANCEL, AMEND, REDUCE, MOVE_OR_CROSS, POST_ONLY, FILL_OR_KILL, TAKE_OR_ADD = range(9)


def one_market(draws: Draws, reach: int) -> tuple[Draw, ...]:
    """Columns of a single market: side, ticks from the middle, lots, account."""
    return (
        partial(draws.below, 2),
        partial(draws.near, reach),
        lambda count: draws.below(LARGEST_LOTS, count) + 1,
        lambda count: draws.below(ACCOUNTS, count) + FIRST_ACCOUNT,
    )


def basic(seed: int, commands: int, progress: Progress) -> Flow:
    """50 adds, 40 cancels, 10 takes in a hundred, round 4,000 orders on some 2,000 prices; takes as large as adds."""
    book, draws, reach = FollowedBook(1, MIDDLE_TICKS), Draws(seed), 1_500
    columns = one_market(draws, reach)
    book.add_all([column(4_000) for column in columns])

    def body() -> None:
        cards = [ADD] * 50 + [CANCEL] * 40 + [TAKE] * 10
        for what, side, away, lots, account, pick in drawn(draws, commands, cards, progress, *columns):
            if what == ADD:
                book.add(side, away, lots, account)
            elif what == CANCEL:
                book.cancel(book.resting[pick % len(book.resting)])
            else:
                book.take(side, reach, lots, account)

    return finished(stage(1, ACCOUNTS, 2, 10**14), book, body)


def excore(seed: int, commands: int, progress: Progress, resting: int = 2_000) -> Flow:
    """exchange-core's mix round so many orders; an amendment in twelve takes size off, one in thirty crosses."""
    book, draws = FollowedBook(1, MIDDLE_TICKS), Draws(seed)
    columns = one_market(draws, int(TICKS_PER_ORDER * resting / 2))
    book.add_all([column(resting) for column in columns])

    def body() -> None:
        cards = [ADD] * 9 + [TAKE] * 3 + [CANCEL] * 6 + [AMEND] * 70 + [REDUCE] * 7 + [MOVE_OR_CROSS] * 5
        for what, side, away, lots, account, pick in drawn(draws, commands, cards, progress, *columns):
            order = book.resting[pick % len(book.resting)]
            if what == ADD:
                book.add(side, away, lots, account)
            elif what == REDUCE:
                book.reduce(order, 1 + lots // 8)
            elif what == CANCEL:
                book.cancel(order)
            elif what == TAKE:
                book.take(side, book.away[book.best(side ^ 1)] + 10, 1 + lots % TAKEN_LOTS, account)
            elif what == MOVE_OR_CROSS and len(book.resting) > resting:
                book.cross(order, 1 + lots % TAKEN_LOTS)
            else:
                book.move(order, away)

    return finished(stage(1, ACCOUNTS, 2, 10**14), book, body)


MARKETS = 1_000
MULTI_ACCOUNTS = 100_000
MULTI_RESTING = 100_000
MULTI_REACH = 16_384
"""So wide that, as in `excore`, most prices hold a single order even in the busiest market."""


def multi(seed: int, commands: int, progress: Progress) -> Flow:
    """1,000 markets of five assets, the k-th as busy as 1 / k^1.1, with 100,000 accounts and about as many orders.

    In a hundred commands: 40 good till cancelled (of which as many take as keeps the number resting), 8 post-only (one
    in eight would take), 8 immediate or cancel, 4 fill or kill (one in four in vain), 24 cancels, 16 amendments. A
    third of all orders prevent self-trades, and one taking order in sixteen does meet its own.
    """
    book, draws = FollowedBook(MARKETS, MIDDLE_TICKS), Draws(seed)
    weights = [round(2**24 / rank**1.1) for rank in range(1, MARKETS + 1)]
    columns: tuple[Draw, ...] = (
        lambda count: draws.weighted(weights, count) * 2 + draws.below(2, count),
        partial(draws.near, MULTI_REACH),
        lambda count: draws.below(LARGEST_LOTS, count) + 1,
        lambda count: draws.below(MULTI_ACCOUNTS, count) + FIRST_ACCOUNT,
    )
    preventing = (draws.below(3, MULTI_RESTING) == 0) * int(SelfTradePrevention.EXPIRE_TAKER)
    book.add_all([column(MULTI_RESTING) for column in columns], preventing)
    cards = (
        [TAKE_OR_ADD] * 40 + [POST_ONLY] * 8 + [TAKE] * 8 + [FILL_OR_KILL] * 4
        + [CANCEL] * 24 + [AMEND] * 12 + [REDUCE] * 4
    )  # fmt: skip

    def body() -> None:
        for what, queue, away, lots, account, pick in drawn(draws, commands, cards, progress, *columns):
            order = book.resting[(pick >> 4) % len(book.resting)]
            if what == CANCEL:
                book.cancel(order)
            elif what == AMEND:
                book.move(order, away)
            elif what == REDUCE:
                book.reduce(order, 1 + lots // 8)
            else:
                _multi_order(book, what, queue, away=away, lots=lots, account=account, pick=pick)

    return finished(stage(MARKETS, MULTI_ACCOUNTS, 5, 10**12), book, body)


def _multi_order(book: FollowedBook, what: int, queue: int, *, away: int, lots: int, account: int, pick: int) -> None:
    """A new order of the kind drawn; in an empty market one that rests."""
    best = book.best(queue ^ 1)
    prevention = SelfTradePrevention.NONE if pick % 3 else SelfTradePrevention.EXPIRE_TAKER
    one_in_eight = pick >> 16 & 7 == 0
    if best and pick >> 20 & 15 == 0:
        account = book.account[best]
    touch = book.away[best]
    if best and what == TAKE:
        mode = 0 if pick % 3 else 1 + (pick >> 8) % 3
        book.take(queue, touch + 200, lots, account, mode)
    elif best and what == FILL_OR_KILL:
        if pick >> 16 & 3 == 0:
            book.ask_in_vain(queue, touch - 1, lots, account, TimeInForce.FILL_OR_KILL)
        else:
            book.take_from_best(queue, lots, account, TimeInForce.FILL_OR_KILL, prevention)
    elif best and what == POST_ONLY and one_in_eight:
        book.ask_in_vain(queue, touch, lots, account, TimeInForce.GOOD_TILL_CANCELLED, post_only=1)
    elif best and what == TAKE_OR_ADD and len(book.resting) > MULTI_RESTING:
        book.take_from_best(queue, lots, account, TimeInForce.GOOD_TILL_CANCELLED, prevention)
    else:
        book.add(queue, away, lots, account, post_only=int(what == POST_ONLY), prevention=prevention)


FLOWS: dict[str, Callable[[int, int, Progress], Flow]] = {
    "excore": excore,
    "basic": basic,
    "deep": partial(excore, resting=200_000),
    "deep_1m": partial(excore, resting=1_000_000),
    "multi": multi,
}
"""By the name that `lionrock bench core` prints."""
