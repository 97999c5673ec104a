"""The check of an identity: the provider is asked, others who are alike are looked for, and the next step is taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from sqlalchemy import insert, select, update

from lionrock.compliance.onboarding.clients import ID_BYTES, SITE, Actor, Clients, Taken
from lionrock.compliance.onboarding.documents import Documents
from lionrock.compliance.onboarding.duplicates import Duplicates
from lionrock.compliance.onboarding.forms import Form, Kind
from lionrock.compliance.onboarding.provider import Asked, Checked, IdentityProvider, Outcome, ReadContent, ask
from lionrock.compliance.onboarding.states import OnboardingRefused, State, Step
from lionrock.compliance.onboarding.tables import client_identity_checks, writing

_log = logging.getLogger(__name__)


class TakeStep(Protocol):
    """Takes a step and puts it on record."""

    async def __call__(
        self,
        client_id: str,
        step: Step,
        actor: Actor,
        reason_code: str = "",
        *,
        words: str = "",
        details: dict[str, int | str] | None = None,
    ) -> Taken:
        """Raises `OnboardingRefused`."""


class IdentityChecks:
    """Of a site; they run beside whatever else is done."""

    def __init__(
        self,
        clients: Clients,
        documents: Documents,
        duplicates: Duplicates,
        clock: Callable[[], int],
        step: TakeStep,
        *,
        provider: IdentityProvider,
        patience_s: int,
        likeness_ppm: int,
    ) -> None:
        self._clients, self._documents, self._duplicates = clients, documents, duplicates
        self._clock, self._step = clock, step
        self._provider, self._patience_s, self._likeness_ppm = provider, patience_s, likeness_ppm
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, client_id: str) -> None:
        """One at a time for a client."""
        if client_id in self._running:
            return
        task = asyncio.get_running_loop().create_task(self._check(client_id))
        self._running[client_id] = task
        task.add_done_callback(lambda _: self._running.pop(client_id, None))

    async def finished(self) -> None:
        """Returns when none is on its way."""
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def stop(self) -> None:
        """Ends those on their way; they begin anew with the site."""
        for task in self._running.values():
            task.cancel()
        await self.finished()

    async def _check(self, client_id: str) -> None:
        """Whatever goes wrong leads to people. It is told by its kind alone: the text of an error may hold what was
        being read.
        """
        try:
            await self._check_now(client_id)
        except OnboardingRefused:
            pass  # it was withdrawn, or taken into review, while the provider was asked
        except Exception as error:  # noqa: BLE001 see above
            _log.error("The check of client %s broke off: %s", client_id, type(error).__name__)
            with suppress(Exception):
                await self._step(client_id, Step.REFER, SITE, "check_broken_off")

    async def _check_now(self, client_id: str) -> None:
        if (await asyncio.to_thread(self._clients.get, client_id)).state is not State.SUBMITTED:
            return
        check_id, kind, form = await asyncio.to_thread(self._begin, client_id)
        readers = await asyncio.to_thread(self._readers, client_id)
        checked = await ask(self._provider, Asked(check_id, kind, form, readers), self._patience_s)
        now_ns = self._clock()
        await asyncio.to_thread(self._end, check_id, checked, now_ns)
        found = await asyncio.to_thread(self._duplicates.look, client_id, self._likeness_ppm, now_ns)
        alike = any(not likeness.verdict for likeness in found)
        details: dict[str, int | str] = {"check_id": check_id, "outcome": checked.outcome.value, "alike": len(found)}
        passed = checked.outcome is Outcome.PASSED
        if passed:
            await self._step(client_id, Step.PASS_IDENTITY, SITE, "provider_passed", details=details)
        if not passed or alike:
            reason = "likeness_found" if passed else f"provider_{checked.outcome.value}"
            await self._step(client_id, Step.REFER, SITE, reason, details=details)

    def _readers(self, client_id: str) -> dict[str, ReadContent]:
        """What the provider may read; each reading is on record under the provider's name."""

        def reader(document_id: str) -> ReadContent:
            async def read() -> bytes:
                told = document_id, "", "identity_check", self._provider.name, self._clock()
                return (await asyncio.to_thread(self._documents.read, *told))[1]

            return read

        kept = [each for each in self._documents.of_client(client_id) if each.state == "kept"]
        return {each.document_id: reader(each.document_id) for each in kept}

    def _begin(self, client_id: str) -> tuple[str, Kind, Form]:
        check_id = self._clients.random_bytes(ID_BYTES).hex()
        with writing(self._clients.database) as connection:
            connection.execute(
                insert(client_identity_checks).values(
                    check_id=check_id,
                    client_id=client_id,
                    provider=self._provider.name,
                    outcome="begun",
                    reasons="",
                    begun_ns=self._clock(),
                )
            )
        return check_id, self._clients.get(client_id).kind, self._clients.form(client_id)

    def _end(self, check_id: str, checked: Checked, now_ns: int) -> None:
        place = f"client_identity_checks.reference:{check_id}"
        sealed = self._clients.sealer.seal(checked.reference.encode(), place) if checked.reference else None
        with writing(self._clients.database) as connection:
            connection.execute(
                update(client_identity_checks)
                .where(client_identity_checks.c.check_id == check_id)
                .values(
                    outcome=checked.outcome.value,
                    reasons=",".join(reason.value for reason in checked.reasons),
                    ended_ns=now_ns,
                    sealed_reference=sealed,
                )
            )

    def of_client(self, client_id: str) -> list[tuple[str, str, str, int]]:
        """(provider, outcome, reasons, when begun) of every check, newest first. SQL."""
        table = client_identity_checks
        query = select(table).where(table.c.client_id == client_id).order_by(table.c.begun_ns.desc())
        with self._clients.database.connect() as connection:
            return [(row.provider, row.outcome, row.reasons, row.begun_ns) for row in connection.execute(query)]
