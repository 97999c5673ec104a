"""What a running site does each day: ask every rule, keep the evidence, and put all hashes into the journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from lionrock.rulebook.calendars import calendar_of
from lionrock.rulebook.checking import RED, Run, check
from lionrock.rulebook.code_version import CodeVersion
from lionrock.rulebook.decision_log import DecisionLog
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.marks import Mark
from lionrock.rulebook.ports import FactSource
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.stating import States

_log = logging.getLogger(__name__)

_RUN_ID_BYTES = 16


class Rounds:
    """The rulebook of one running site. Time, random bytes and where facts come from are given."""

    def __init__(
        self,
        regime: Regime,
        source: FactSource,
        store: EvidenceStore,
        statements: States,
        *,
        site: str,
        code: CodeVersion,
        random_bytes: Callable[[int], bytes],
        log: DecisionLog | None = None,
        marks: Sequence[Mark] = (),
    ) -> None:
        self._regime, self._source, self._store, self._statements = regime, source, store, statements
        self._site, self._code, self._random_bytes, self._log, self._marks = site, code, random_bytes, log, marks

    async def is_due(self, now_ns: int) -> bool:
        """Whether the rules in force have no evidence of the present day at the home licence's place."""
        home = calendar_of(self._regime.library.by_licence(self._regime.licences[0]).head.calendar)
        last = await asyncio.to_thread(self._store.last, now_ns)
        return any(
            (found := last.get((rule.id, rule.loaded.version))) is None
            or home.day_of(found.at_ns) != home.day_of(now_ns)
            for rule in self._regime.at(now_ns)
        )

    async def go(self, now_ns: int) -> Run:
        """One round; what it found is evidence when this returns. The rules are asked in a thread.

        Raises what the database and the node raise: then there is no evidence of this round.
        """
        run_id = self._random_bytes(_RUN_ID_BYTES).hex()
        checked = await asyncio.to_thread(
            check,
            self._regime,
            self._source,
            now_ns,
            site=self._site,
            run_id=run_id,
            code=self._code,
            marks=self._marks,
        )
        await self._store.record(checked, self._statements)
        await self.state_decisions()
        for found in checked.run.rules:
            if found.status in RED and not found.waits_for:
                _log.warning("%s is red: %s", found.id, found.words)
        return checked.run

    async def state_decisions(self) -> int:
        """Put the hashes of decisions into the journal that are not there yet; to be called every few seconds."""
        return await self._log.state(self._statements) if self._log is not None else 0
