"""The rulebook of a running site: asks every rule each day, keeps the evidence, and shows where everything stands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from lionrock.rulebook.checking import Run, check
from lionrock.rulebook.code_version import code_version
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import DecisionLog
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.matrix import Row, index_of_tests, matrix
from lionrock.rulebook.ports import FactSource
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.reports import Report
from lionrock.rulebook.stating import States

_log = logging.getLogger(__name__)
_RUN_ID_BYTES = 16

Gather = Callable[[], Awaitable[FactSource]]
"""Takes the facts of a site as they are now; what it gives is asked in a thread."""


class RulebookOffice:
    """One for a site; lives in its loop."""

    def __init__(
        self,
        site_id: str,
        rulebook: Rulebook,
        *,
        log: DecisionLog,
        evidence: EvidenceStore,
        statements: States,
        gather: Gather,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.site_id, self.rulebook, self.log, self.evidence = site_id, rulebook, log, evidence
        self._statements, self._gather = statements, gather
        self._clock, self._random_bytes = clock, random_bytes
        self._one_at_a_time = asyncio.Lock()

    @property
    def regime(self) -> Regime:
        return self.rulebook.regime

    async def run(self) -> Run:
        """Ask every rule, keep what was found and put its hash into the journal. Raises what `Node.submit` raises."""
        async with self._one_at_a_time:
            source = await self._gather()
            run_id = self._random_bytes(_RUN_ID_BYTES).hex()
            checked = await asyncio.to_thread(
                lambda: check(self.regime, source, self._clock(), site=self.site_id, run_id=run_id, code=code_version())
            )
            await self.evidence.record(checked, self._statements)
            return checked.run

    async def state_decisions(self) -> int:
        """Put the hashes of decisions into the journal that are not there yet."""
        return await self.log.state(self._statements)

    async def is_due(self) -> bool:
        """Whether there is no evidence of the present day at the site's place."""
        newest = await asyncio.to_thread(self.evidence.newest)
        if newest is None:
            return True
        rules = self.regime.at(self._clock())
        if not rules:
            return False
        ran_ns = (await asyncio.to_thread(self.evidence.read, newest)).run.at_ns
        calendar = rules[0].calendar
        return calendar.day_of(ran_ns) != calendar.day_of(self._clock())

    def matrix(self, at_ns: int) -> list[Row]:
        """Where every rule in force at a moment stood by the evidence of that moment. SQL: call it in a thread."""
        return matrix(self.regime, at_ns, index_of_tests(), self.evidence.last(at_ns))

    def report(self, at_ns: int) -> Report:
        """The same as a report. SQL: call it in a thread."""
        return Report(
            self.site_id,
            self.regime.licences,
            at_ns,
            self.regime.version(at_ns),
            code_version(),
            tuple(self.matrix(at_ns)),
            tuple(self.regime.conflicts(at_ns)),
        )
