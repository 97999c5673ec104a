"""Capital figures as a proposal: one person of finance enters them, another one approves exactly what was entered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from lionrock.compliance.capital.book import CapitalBook
from lionrock.compliance.capital.figures import CapitalFigures
from lionrock.compliance.staff_identity import StaffActionRefused, maker_and_approver
from lionrock.people.staff.orders import Executors, Order, OrderRefused


class CapitalOrders:
    """Carries out the action `capital_figures`, the one way by which figures come into the book."""

    def __init__(self, book: CapitalBook, entities: Collection[str], now: Callable[[], int]) -> None:
        """`entities`: codes of the legal entities whose money is entered here."""
        self._book, self._entities, self._now = book, frozenset(entities), now

    def register(self, executors: Executors) -> None:
        """Raises `ValueError` when it is there already."""
        executors.register("capital_figures", CapitalFigures, self._record, self._latest)

    def _latest(self, figures: CapitalFigures) -> object:
        """The figures that these follow: others in between take another approval. SQL. Raises `OrderRefused`."""
        if figures.entity not in self._entities:
            raise OrderRefused(f"entity: the site has {', '.join(sorted(self._entities))}")
        try:
            self._book.check(figures, self._now())
        except StaffActionRefused as refused:
            raise OrderRefused(str(refused)) from refused
        latest = self._book.latest(figures.entity, figures.as_of_ns + 1)
        return latest.figures_id if latest else ""

    async def _record(self, order: Order) -> str:
        maker, approver = maker_and_approver(order)
        try:
            figures_id = await asyncio.to_thread(self._book.record, order.payload, maker, approver, self._now())
        except StaffActionRefused as refused:
            raise OrderRefused(f"{refused}; {refused.next_step}") from refused
        return f"figures {figures_id} recorded"
