"""What two people decide about a client's records: legal holds and erasures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from lionrock.compliance.records.records import HoldNeedsTwo, HoldUnknown, Keeper, StatementPort
from lionrock.people.staff.orders import Executors, Order, OrderRefused


class HoldOrdered(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `retention_hold`: places one, or releases the one that is named."""

    client_id: str
    release_hold_id: str = ""


class ErasureOrdered(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `erasure`."""

    client_id: str


class RecordOrders:
    """Carries them out."""

    def __init__(
        self, keeper: Keeper, statements: StatementPort, now: Callable[[], int], is_client: Callable[[str], bool]
    ) -> None:
        self._keeper, self._statements, self._now, self._is_client = keeper, statements, now, is_client

    def register(self, executors: Executors) -> None:
        """Both. Raises `ValueError` when one is there already."""
        executors.register("retention_hold", HoldOrdered, self._hold, self._holds)
        executors.register("erasure", ErasureOrdered, self._erase, self._plan)

    def _holds(self, payload: HoldOrdered) -> object:
        """Holds in force, so that what was proposed about others is not done. SQL."""
        self._check_known(payload.client_id)
        holds = [hold.hold_id for hold in self._keeper.holds(payload.client_id) if hold.released_ns is None]
        if payload.release_hold_id and payload.release_hold_id not in holds:
            raise OrderRefused("the client has no such hold in force")
        return holds

    def _plan(self, payload: ErasureOrdered) -> object:
        """What would be erased: another plan takes another approval. SQL."""
        self._check_known(payload.client_id)
        lines = self._keeper.plan(payload.client_id, self._now())
        return [[line.record_class, line.erased] for line in lines if line.erased]

    def _check_known(self, client_id: str) -> None:
        """Who is a client, or was one of whom a hold or a report is left."""
        if not (self._is_client(client_id) or self._keeper.reports(client_id, most=1) or self._keeper.holds(client_id)):
            raise OrderRefused("there is no such client")

    async def _hold(self, order: Order) -> str:
        payload: HoldOrdered = order.payload
        by, approved_by = order.maker.staff_id, order.authority.staff_id
        try:
            if payload.release_hold_id:
                await asyncio.to_thread(
                    lambda: self._keeper.release_hold(
                        payload.release_hold_id, self._now(), by=by, approved_by=approved_by
                    )
                )
                return f"hold {payload.release_hold_id} released"
            hold = await asyncio.to_thread(
                lambda: self._keeper.place_hold(
                    payload.client_id, order.reason_code, self._now(), by=by, approved_by=approved_by
                )
            )
        except HoldNeedsTwo as error:
            raise OrderRefused(str(error)) from error
        except HoldUnknown as error:
            raise OrderRefused("there is no such hold in force") from error
        return f"hold {hold.hold_id} placed"

    async def _erase(self, order: Order) -> str:
        payload: ErasureOrdered = order.payload
        if not order.checkers:
            raise OrderRefused("an erasure is approved by a second person before it is done")
        report = await self._keeper.erase(payload.client_id, self._now(), self._statements)
        erased, kept = sum(line.erased for line in report.lines), sum(line.kept for line in report.lines)
        return f"erasure {report.erasure_id}: {erased} records erased, {kept} stay"
