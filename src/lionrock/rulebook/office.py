"""The rulebook of a running site: its gates, its rounds, and where everything stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from lionrock.rulebook.checking import Run
from lionrock.rulebook.code_version import code_version
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import DecisionLog
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.matrix import Row, index_of_tests, matrix
from lionrock.rulebook.ports import FactSource, Joined
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.reports import Report
from lionrock.rulebook.rounds import Rounds
from lionrock.rulebook.stating import States

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
        """Ask every rule, keep what was found and put its hash into the journal. Raises what `Rounds.go` raises."""
        async with self._one_at_a_time:
            return await self._rounds(await self._gather()).go(self._clock())

    async def state_decisions(self) -> int:
        """Put the hashes of decisions into the journal that are not there yet."""
        return await self.log.state(self._statements)

    async def is_due(self) -> bool:
        """Whether there is no evidence of the present day at the site's place."""
        return await self._rounds(Joined()).is_due(self._clock())

    def _rounds(self, source: FactSource) -> Rounds:
        return Rounds(
            self.regime,
            source,
            self.evidence,
            self._statements,
            site=self.site_id,
            code=code_version(),
            random_bytes=self._random_bytes,
            log=self.log,
        )

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
