"""What a site recorded of its rulebook, as a report and as a signed bundle; beside a site that is served as well."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from lionrock.rulebook.attestations import read_attestations
from lionrock.rulebook.bundle import Sign, make_bundle
from lionrock.rulebook.code_version import code_version
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.marks import Mark
from lionrock.rulebook.matrix import index_of_tests, matrix
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.reports import Report
from lionrock.site.definition import Definition, definition_of
from lionrock.site.facts.changed import last_change_ns
from lionrock.site.sandbox_mark import was_sandbox


def recorded_report(
    database: Engine, directory: Path, site: str, regime: Regime, *, at_ns: int, now_ns: int = 0
) -> Report:
    """What stands in the evidence alone, and no longer where what it rests on changed up to `now_ns`, or `at_ns`."""
    store = EvidenceStore(database)
    attested = read_attestations(directory) if (directory / "journal").is_dir() else ()
    last = store.last(at_ns)
    rows = matrix(
        regime,
        at_ns,
        index_of_tests(),
        last,
        recorded=store.recorded(last),
        changed_ns=last_change_ns(database, attested, now_ns or at_ns),
    )
    version, conflicts = regime.version(at_ns), tuple(regime.conflicts(at_ns))
    marks = marks_of(directory, regime)
    return Report(site, regime.licences, at_ns, version, code_version(), tuple(rows), conflicts, marks)


def marks_of(directory: Path, regime: Regime) -> tuple[Mark, ...]:
    """What must be told of a data directory that is asked by these rules."""
    marks = [Mark.SANDBOX] if (directory / "journal").is_dir() and was_sandbox(directory) else []
    own = definition_of(directory)
    if own is not None and not _is_its_own(own, regime):
        marks.append(Mark.OTHER_REGIME)
    return tuple(marks)


def _is_its_own(definition: Definition, regime: Regime) -> bool:
    return {licence.id for licence in definition.licences} == set(regime.licences)


def bundle_of(
    database: Engine, directory: Path, site: str, regime: Regime, *, at_ns: int, sign: Sign, with_inputs: bool = False
) -> tuple[bytes, Report]:
    """The bundle of the newest run up to a moment, and what it tells. Raises as `make_bundle`."""
    store = EvidenceStore(database)
    run_id = store.newest(at_ns)
    run_ns = store.read(run_id).run.at_ns if run_id is not None else at_ns
    own = definition_of(directory)
    name = own.site.id if own is not None and _is_its_own(own, regime) else site  # as its runs were recorded
    drawn = recorded_report(database, directory, name, regime, at_ns=run_ns, now_ns=at_ns)
    return make_bundle(drawn, regime, store, directory, sign, with_inputs=with_inputs), drawn
