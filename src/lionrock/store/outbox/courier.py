"""Takes out what is due and hands it to the carriers, a few at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from lionrock.store.outbox.messages import Carrier, Channel, DeliveryState, Outcome, Parcel, Result
from lionrock.store.outbox.outbox import Outbox

_log = logging.getLogger(__name__)

AT_ONCE = 16
"""Deliveries under way."""
LOOK_SECONDS = 1
"""Between two looks when nothing was due."""


class Courier:
    """Of one outbox. `step` is told where it is; only tests give one."""

    def __init__(
        self,
        outbox: Outbox,
        carriers: Mapping[Channel, Carrier],
        clock: Callable[[], int],
        *,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._outbox, self._carriers, self._clock, self._step = outbox, carriers, clock, step

    async def deliver_due(self) -> int:
        """One attempt at all that is due now, at most `AT_ONCE` of it; gives how many. Raises `SQLAlchemyError`."""
        parcels = await asyncio.to_thread(self._outbox.take, self._clock(), AT_ONCE)
        self._step("taken")
        await asyncio.gather(*(self._deliver(parcel) for parcel in parcels))
        return len(parcels)

    async def _deliver(self, parcel: Parcel) -> None:
        carrier = self._carriers.get(parcel.address.channel)
        if carrier is None:
            result = Result(Outcome.NOT_SET_UP)
        else:
            self._step("before sending")
            try:
                result = await carrier.send(parcel, self._clock())
            except Exception as error:  # noqa: BLE001 - a parcel that no carrier can carry must not stop the others
                _log.error("Delivery %s: %s", parcel.message_id, type(error).__name__)
                result = Result(Outcome.UNREACHABLE)
            self._step("after sending")
        state = await asyncio.to_thread(self._outbox.end, parcel, result, self._clock())
        self._step("ended")
        if state is DeliveryState.DEAD:
            _log.warning(
                "Delivery %s by %s was given up after attempt %d: %s, code %d",
                parcel.message_id,
                parcel.address.channel.value,
                parcel.number,
                result.outcome.value,
                result.code,
            )

    async def run(self) -> None:
        """As long as the site serves. A receiver that dawdles takes one place of `AT_ONCE` and holds up nobody else; a
        database that fails is asked again.
        """
        is_recovered = False
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                try:
                    if not is_recovered:
                        await asyncio.to_thread(self._outbox.recover, self._clock())
                        is_recovered = True
                    parcels = await asyncio.to_thread(self._outbox.take, self._clock(), AT_ONCE - len(running))
                except SQLAlchemyError as error:
                    _log.error("The outbox cannot be read or written: %s", type(error).__name__)
                    parcels = []
                for parcel in parcels:
                    task = asyncio.create_task(self._deliver_surely(parcel))
                    running.add(task)
                    task.add_done_callback(running.discard)
                if running:
                    await asyncio.wait(running, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in running:
                task.cancel()

    async def _deliver_surely(self, parcel: Parcel) -> None:
        """What cannot be written down stays leased, and is tried again when the lease has run out."""
        try:
            await self._deliver(parcel)
        except SQLAlchemyError as error:
            _log.error("Delivery %s cannot be written down: %s", parcel.message_id, type(error).__name__)
