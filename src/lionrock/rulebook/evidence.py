"""Evidence of every run: what was judged, by which rules and code, from which facts, and its hash in the journal.

A run is one document in canonical JSON; its SHA-256 stands in the journal as a statement. The facts are kept once by
their own SHA-256, however many runs used them, so that a run can be worked out again. None of it holds personal data.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Engine, delete, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lionrock.rulebook import tables
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.checking import Checked, RuleFound, Run, Status, check
from lionrock.rulebook.ports import FactsUnusable
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.stating import States
from lionrock.words.side_notes import StatementKind

_FASTEST = 1
"""Of zlib's levels: facts of a hundred thousand clients are written each day."""


class EvidenceBroken(Exception):
    """A document or facts are not what their hash says, or are not there."""


class LastEvidence(msgspec.Struct, frozen=True):
    """The newest run that judged a version of a rule and stands in the journal."""

    run_id: str
    rule_id: str
    version: str
    status: Status
    at_ns: int
    sequence: int
    """Where the journal holds the hash of the run."""


class StoredRun(NamedTuple):
    """A run as it was recorded."""

    document: bytes
    """Canonical JSON."""
    digest: bytes
    sequence: int | None

    @property
    def run(self) -> Run:
        return msgspec.json.decode(self.document, type=Run)


class EvidenceStore:
    """Evidence in the database of a site. Blocks on the disk: from a loop, only the `async` method may be called."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    async def record(self, checked: Checked, statements: States) -> int:
        """Keep a run and state its hash; gives the sequence. A run that a crash left unstated is stated first."""
        await asyncio.to_thread(self.keep, checked)
        return (await self.state(statements))[-1]

    def keep(self, checked: Checked) -> bytes:
        """Write a run and its facts, not stated yet; gives its digest."""
        run, document = checked.run, canonical(checked.run)
        types = {used.sha256: used for found in run.rules for used in found.inputs}
        facts = [
            {
                "sha256": key,
                "fact_type": types[key].fact_type,
                "facts": types[key].count,
                "rows": zlib.compress(written, _FASTEST),
            }
            for key, written in checked.inputs.items()
            if key in types
        ]
        rows = [
            {"run_id": run.run_id, "rule_id": each.id, "version": each.version, "status": each.status.value}
            | {"at_ns": run.at_ns}
            for each in run.rules
        ]
        digest = sha256(document).digest()
        with self._database.begin() as connection:
            if facts:
                connection.execute(sqlite_insert(tables.inputs).on_conflict_do_nothing(), facts)
            connection.execute(
                insert(tables.runs),
                {"run_id": run.run_id, "site": run.site, "at_ns": run.at_ns, "digest": digest}
                | {"document": zlib.compress(document)},
            )
            if rows:
                connection.execute(insert(tables.evidence), rows)
        return digest

    async def state(self, statements: States) -> list[int]:
        """State every run that is not in the journal yet, oldest first; gives their sequences."""
        sequences = []
        for run_id, digest in await asyncio.to_thread(self._unstated):
            sequence = await statements.record(StatementKind.EVIDENCE, digest)
            await asyncio.to_thread(self._set_sequence, run_id, sequence)
            sequences.append(sequence)
        return sequences

    def _unstated(self) -> list[tuple[str, bytes]]:
        runs = tables.runs
        query = select(runs.c.run_id, runs.c.digest).where(runs.c.sequence.is_(None)).order_by(runs.c.at_ns)
        with self._database.connect() as connection:
            return [(row.run_id, row.digest) for row in connection.execute(query)]

    def _set_sequence(self, run_id: str, sequence: int) -> None:
        runs = tables.runs
        with self._database.begin() as connection:
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(sequence=sequence))

    def last(self, until_ns: int | None = None) -> dict[tuple[str, str], LastEvidence]:
        """The newest stated evidence by id and version of the rule, up to a moment."""
        runs, rows = tables.runs, tables.evidence
        query = (
            select(rows, runs.c.sequence)
            .join(runs, runs.c.run_id == rows.c.run_id)
            .where(runs.c.sequence.is_not(None))
            .order_by(rows.c.at_ns)
        )
        if until_ns is not None:
            query = query.where(rows.c.at_ns <= until_ns)
        found = {}
        with self._database.connect() as connection:
            for row in connection.execute(query):
                told = LastEvidence(row.run_id, row.rule_id, row.version, Status(row.status), row.at_ns, row.sequence)
                found[row.rule_id, row.version] = told
        return found

    def recorded(self, last: Mapping[tuple[str, str], LastEvidence]) -> dict[tuple[str, str], RuleFound]:
        """What the runs of this evidence found, word by word; nothing of a run that is not what its hash says."""
        found: dict[tuple[str, str], RuleFound] = {}
        for run_id in {each.run_id for each in last.values()}:
            try:
                rules = self.read(run_id).run.rules
            except EvidenceBroken:
                continue
            for each in rules:
                newest = last.get((each.id, each.version))
                if newest is not None and newest.run_id == run_id:
                    found[each.id, each.version] = each
        return found

    def read(self, run_id: str) -> StoredRun:
        """A run, its hash checked. Raises `EvidenceBroken`."""
        with self._database.connect() as connection:
            row = connection.execute(select(tables.runs).where(tables.runs.c.run_id == run_id)).one_or_none()
        if row is None:
            raise EvidenceBroken(f"there is no run {run_id}")
        document = _inflated(row.document, f"the run {run_id}")
        if sha256(document).digest() != row.digest:
            raise EvidenceBroken(f"the run {run_id} is not what its hash says")
        return StoredRun(document, row.digest, row.sequence)

    def newest(self, until_ns: int | None = None) -> str | None:
        """Id of the newest stated run, up to a moment."""
        runs = tables.runs
        query = select(runs.c.run_id).where(runs.c.sequence.is_not(None)).order_by(runs.c.at_ns.desc()).limit(1)
        if until_ns is not None:
            query = query.where(runs.c.at_ns <= until_ns)
        with self._database.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def facts(self, key: str) -> bytes:
        """The canonical bytes of facts by their SHA-256 in hex. Raises `EvidenceBroken`."""
        with self._database.connect() as connection:
            rows = connection.execute(select(tables.inputs.c.rows).where(tables.inputs.c.sha256 == key)).scalar()
        if rows is None:
            raise EvidenceBroken(f"there are no facts {key}")
        written = _inflated(rows, f"the facts {key}")
        if sha256(written).hexdigest() != key:
            raise EvidenceBroken(f"the facts {key} are not what their hash says")
        return written

    def check_again(self, run_id: str, regime: Regime) -> bool:
        """Whether the recorded facts and the rules of that time give the very same document. Raises `EvidenceBroken`.

        With another version of the controls it may honestly be False; which one judged is in the run.
        """
        stored = self.read(run_id)
        run = stored.run
        written = {used.fact_type: self.facts(used.sha256) for found in run.rules for used in found.inputs}
        source = _Recorded(written, run.unusable)
        again = check(regime, source, run.at_ns, site=run.site, run_id=run.run_id, code=run.code, marks=run.marks)
        return canonical(again.run) == stored.document


def forget_later_runs(database: Engine, last_sequence: int) -> int:
    """Of a site that is set back: drops runs whose hash the journal has no more, or not yet; gives how many. Their
    facts may be those of other runs, and stay.
    """
    runs = tables.runs
    later = or_(runs.c.sequence.is_(None), runs.c.sequence > last_sequence)
    with database.begin() as connection:
        of_later = tables.evidence.c.run_id.in_(select(runs.c.run_id).where(later))
        connection.execute(delete(tables.evidence).where(of_later))
        return connection.execute(delete(runs).where(later)).rowcount


class _Recorded:
    """Facts as they were written down, or why they were not."""

    def __init__(self, written: Mapping[str, bytes], unusable: Mapping[str, str]) -> None:
        self._written, self._unusable = written, unusable

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        if fact_type.__name__ in self._unusable:
            raise FactsUnusable(self._unusable[fact_type.__name__])
        written = self._written.get(fact_type.__name__)
        if written is None:
            return None
        decoder = msgspec.json.Decoder(fact_type)
        return [decoder.decode(line) for line in written.splitlines()]


def _inflated(data: bytes, what: str) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise EvidenceBroken(f"{what} cannot be read: {error}") from error
