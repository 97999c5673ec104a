"""A topic of the contract as a channel: paced, in one form for all who asked for that form."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from lionrock.gateways.websocket.channels import Channel, Pace
from lionrock.gateways.websocket.contract_topics import Teller, Trades
from lionrock.gateways.websocket.market_news import Book
from lionrock.gateways.websocket.topics import Topic
from lionrock.words.events import TradeExecuted


class Wrap(Protocol):
    """Makes a frame of rows."""

    def __call__(self, rows: Sequence[object], *, is_first: bool) -> list[bytes]: ...


class ContractChannel(Channel):
    """One topic of one market in one form."""

    def __init__(self, topic: Topic, teller: Teller, wrap: Wrap, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.keeps_every_message, self.greets = topic.keeps_every_message, topic.greets
        self._teller, self._wrap = teller, wrap
        seconds = teller.seconds if topic.seconds is None else topic.seconds
        self._pace = Pace(loop, seconds, self._tell)
        news = teller.news
        if teller.follows_book:
            news.on_book[self] = self._book_changed
            if teller.reads_deep:
                news.deep_readers.add(self)
        else:
            news.on_trades[self] = self._traded

    def catch_up(self) -> Sequence[bytes]:
        return self._wrap(self._teller.first(), is_first=True)

    def close(self) -> None:
        self._pace.stop()
        self._teller.news.forget(self)

    def _book_changed(self, _: Book) -> None:
        self._pace.ask()

    def _traded(self, trades: list[TradeExecuted]) -> None:
        if isinstance(self._teller, Trades):
            self._teller.waiting += trades
        self._pace.ask()

    def _tell(self) -> None:
        for rows in self._teller.later():
            for frame in self._wrap(rows, is_first=False):
                self.publish(frame)
