"""The rulebook of a running site: its gates, its rounds, and where everything stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from lionrock.rulebook.checking import Run
from lionrock.rulebook.code_version import code_version
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import DecisionLog
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.marks import Mark
from lionrock.rulebook.matrix import Row, index_of_tests, matrix
from lionrock.rulebook.ports import FactSource, Joined
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.reports import Report
from lionrock.rulebook.rounds import Rounds
from lionrock.rulebook.stating import States

Changed = Callable[[int], int]
"""When people last recorded what rules judge, up to a moment; 0 for never. SQL."""


def nothing_changed(_until_ns: int) -> int:
    """For a site where nobody records anything."""
    return 0


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
        changed: Changed = nothing_changed,
        marks: Callable[[], Sequence[Mark]] = tuple,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.site_id, self.rulebook, self.log, self.evidence = site_id, rulebook, log, evidence
        self._statements, self._gather, self._changed, self._marks = statements, gather, changed, marks
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
        """Whether there is no evidence of the present day at the site's place, or none since what it judges changed."""
        now_ns = self._clock()
        return await self._rounds(Joined()).is_due(now_ns) or await asyncio.to_thread(self._is_outdated, now_ns)

    def _is_outdated(self, now_ns: int) -> bool:
        changed_ns = self._changed(now_ns)
        return max((each.at_ns for each in self.evidence.last(now_ns).values()), default=0) < changed_ns

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
            marks=self._marks(),
        )

    def matrix(self, at_ns: int) -> list[Row]:
        """Where every rule in force at a moment stood by the evidence of that moment. SQL: call it in a thread."""
        last = self.evidence.last(at_ns)
        return matrix(
            self.regime,
            at_ns,
            index_of_tests(),
            last,
            recorded=self.evidence.recorded(last),
            changed_ns=self._changed(at_ns),
        )

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
            tuple(self._marks()),
        )
