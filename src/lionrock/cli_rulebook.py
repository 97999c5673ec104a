"""The rulebook on the command line: what the licences ask, and what a site shows for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from lionrock.site.system_words import words_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from lionrock.rulebook.evidence import EvidenceStore
    from lionrock.rulebook.marks import Mark
    from lionrock.rulebook.matrix import Evidence, Row
    from lionrock.rulebook.ports import FactSource
    from lionrock.rulebook.regime import Regime
    from lionrock.rulebook.reports import Report

rulebook_app = typer.Typer(help="Rules of licences: what they ask, whether a site keeps them.", no_args_is_help=True)

Site = Annotated[str, typer.Option("--site", help="A site, such as hk; or licences or packs, separated by commas.")]
SiteOfData = Annotated[
    str | None,
    typer.Option(
        "--site", help="A site, such as hk; or licences or packs, separated by commas; the site of --data without it."
    ),
]
Data = Annotated[Path | None, typer.Option("--data", help="Data directory of the site, for facts and evidence.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="2026-01-31 or a time; now without it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def open_facts(directory: Path) -> AbstractContextManager[FactSource]:
    """Opens the facts of a site that nobody serves; its run is recorded as evidence on the way."""
    from lionrock.site.rulebook_run import open_facts as open_facts_of_site

    return open_facts_of_site(directory)


def licences_of(site: str) -> Sequence[str]:
    """The licences of a site; a name that is no site is taken for licences or packs themselves. An empty one ends the
    command: rules of nothing are no rules that all hold.
    """
    from lionrock.site.definition import known_sites, read_definition

    if site in known_sites():
        return tuple(licence.id for licence in read_definition(site).licences)
    licences = tuple(filter(None, (name.strip() for name in site.split(","))))
    if not licences:
        _fail(f"--site names no site: give one of {', '.join(known_sites())}, or licences separated by commas")
    return licences


@rulebook_app.command("list")
def list_rules(site: Site, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """List the rules in force on a date, and where those of several licences disagree.

    Example: lionrock rulebook list --site hk --as-of 2025-12-01
    """
    from lionrock.rulebook.matrix import index_of_tests, matrix

    with _failing_clearly():
        regime = _regime(site)
        at_ns = _moment(regime, as_of)
        drawn = _report(site, regime, at_ns, matrix(regime, at_ns, index_of_tests(), {}))
    if as_json:
        _print_json(_data(drawn))
        return
    for row in drawn.rows:
        waits = f"  waits for {row.waits_for}" if row.waits_for else ""
        typer.echo(f"{row.id:10} {row.version}  {row.kind:12} {row.trust:12} {row.words}{waits}")
    for each in drawn.conflicts:
        typer.echo(f"{each.control}, {each.disagreement.field}: {each.disagreement.outcome}")


@rulebook_app.command()
def explain(
    rule: Annotated[str, typer.Argument(metavar="ID", help="Such as HK-F02.")],
    site: Annotated[str | None, typer.Option("--site", help="A site, licences or packs; all packs without it.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data directory of a site, for what it changed.")] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a rule asks: its clause, every version, its control and numbers, examples and tests.

    With --data also the parameters that two people of the site's staff changed, as its journal has them.

    Example: lionrock rulebook explain HK-F02 --site hk
    """
    from lionrock.rulebook.explaining import as_text, explained
    from lionrock.rulebook.matrix import index_of_tests

    with _failing_clearly():
        regime = _regime(site, data)
        told = explained(regime, rule, _moment(regime, as_of), index_of_tests())
    if told is None:
        _fail(f"no rule {rule}; `lionrock rulebook list` lists them")
    if as_json:
        _print_json(told)
    else:
        typer.echo(as_text(told))


@rulebook_app.command()
def check(site: SiteOfData = None, data: Data = None, as_json: AsJson = False) -> None:
    """Ask every rule now; of a site that is served, tell what its last run found.

    Of a site that is not served this writes: the run is recorded in its database, and its hash in its journal.

    Exit code 0 when none is red, 1 when one is, 2 when nothing could be asked.

    Green takes a control that passes, a test that shows it and evidence of the present day in the site's journal.
    Without --data there are no facts, and every rule shows that.

    Example: lionrock rulebook check --data data --json
    """
    from lionrock.rulebook.checking import RED
    from lionrock.rulebook.matrix import counts

    with _failing_clearly():
        site = _site(site, data, must_be_its_own=True)
        regime = _regime(site, data)
        drawn = _checked(site, regime, data)
    if as_json:
        _print_json(_data(drawn))
    else:
        _tell_marks(drawn)
        for row in drawn.rows:
            typer.echo(f"{row.status:12} {row.id:10} {row.reason}")
        typer.echo(", ".join(f"{count} {status}" for status, count in counts(drawn.rows).items()))
    raise typer.Exit(1 if any(row.status in RED for row in drawn.rows) else 0)


@rulebook_app.command()
def report(
    site: SiteOfData = None,
    data: Data = None,
    as_of: AsOf = None,
    *,
    file_format: Annotated[str, typer.Option("--format", help="json, pdf or xlsx.")] = "json",
    out: Annotated[Path | None, typer.Option(help="Write here; to standard output without it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the matrix: clause, control, test, last evidence. For a past date it shows what was recorded by then.

    Exit code as of `check`: the file is written with 0 and 1 alike. Without --as-of a run is recorded as by `check`.

    Example: lionrock rulebook report --site hk --data data --as-of 2026-01-31 --format pdf --out matrix.pdf
    """
    from lionrock.rulebook.checking import RED
    from lionrock.rulebook.reports import FORMATS

    if file_format not in FORMATS:
        _fail(f"--format {file_format}: there are {', '.join(FORMATS)}")
    with _failing_clearly():
        site = _site(site, data, must_be_its_own=as_of is None)
        regime = _regime(site, data)
        at_ns = _moment(regime, as_of)
        drawn = _recorded(site, regime, at_ns, data) if as_of else _checked(site, regime, data)
        made = FORMATS[file_format](drawn)
        if out:
            out.write_bytes(made)
        else:
            sys.stdout.buffer.write(made)
            sys.stdout.buffer.flush()
    red = sum(row.status in RED for row in drawn.rows)
    if out and as_json:
        _print_json({"file": f"{out}", "format": file_format, "rules": len(drawn.rows), "red": red})
    raise typer.Exit(1 if red else 0)


@rulebook_app.command()
def bundle(
    data: Annotated[Path, typer.Option("--data", help="Data directory of the site.")],
    out: Annotated[Path, typer.Option(help="Write the bundle here.")],
    site: SiteOfData = None,
    as_of: AsOf = None,
    *,
    with_inputs: Annotated[bool, typer.Option(help="Put the facts themselves in, not only their hashes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a signed file of the last run for the regulator; `lionrock rulebook verify` or its one file checks it.

    Of a journal that was ever served as a sandbox, and of rules that are not those of the site's licences, it says so.

    Example: lionrock rulebook bundle --data data --out hk.bundle
    """
    import os

    from lionrock.site.rulebook_bundle import bundle_of
    from lionrock.site.signing import KEY_FILE, open_notary
    from lionrock.store.sealing import MASTER_KEY_FILE, open_sealer

    for name in (MASTER_KEY_FILE, KEY_FILE):
        if not (data / name).exists():
            _fail(f"{data} has no {name}: this is no data directory of a site that ran")
    with _failing_clearly():
        site = _site(site, data, must_be_its_own=False)
        regime = _regime(site, data)
        at_ns = _moment(regime, as_of)
        notary = open_notary(data, open_sealer(data, os.urandom), os.urandom)
        with _database(data) as database:
            made, drawn = bundle_of(
                database, data, site, regime, at_ns=at_ns, sign=notary.sign_text, with_inputs=with_inputs
            )
        out.write_bytes(made)
    marks = [mark.value for mark in drawn.marks]
    told = {"file": f"{out}", "rules": len(drawn.rows), "public_key": notary.public_key, "marks": marks}
    if as_json:
        _print_json(told)
    else:
        _tell_marks(drawn)
        typer.echo(f"{out} holds {len(drawn.rows)} rules, signed by {notary.public_key}")


@rulebook_app.command()
def replay(
    data: Annotated[Path, typer.Option("--data", help="Data directory of the site.")],
    site: SiteOfData = None,
    as_json: AsJson = False,
) -> None:
    """Decide everything again that gates of the site decided, and compare. Exit code 1 when anything differs.

    Every decision is worked out from its own facts with the rules of its time, and its hash looked up in the journal.

    Example: lionrock rulebook replay --data data
    """
    import os

    from lionrock.rulebook.deciding import Rulebook
    from lionrock.rulebook.decision_log import DecisionLog
    from lionrock.rulebook.decision_log import replay as replay_decisions
    from lionrock.rulebook.statements_of_journal import read_statements
    from lionrock.store.sealing import MASTER_KEY_FILE, open_sealer

    if not (data / MASTER_KEY_FILE).exists():
        _fail(f"{data} has no {MASTER_KEY_FILE}: this is no data directory of a site that ran")
    with _failing_clearly():
        rulebook = Rulebook(_regime(_site(site, data, must_be_its_own=False), data))
        with _database(data) as database, _bar("deciding again") as progress:
            log = DecisionLog(database, open_sealer(data, os.urandom))
            count, stated = log.count(), read_statements(data)
            differences = replay_decisions(log, rulebook, stated.get, lambda done: progress(done, count))
    if as_json:
        told = [{"decision": each.decision_id, "what": each.what, "words": each.words} for each in differences]
        _print_json({"decisions": count, "differences": told})
    else:
        for each in differences:
            typer.echo(f"decision {each.decision_id}: {each.what}: {each.words}")
        typer.echo(f"{count:,} decisions, {len(differences):,} differences")
    raise typer.Exit(1 if differences else 0)


@rulebook_app.command()
def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="A bundle, or the folder of a day's pack; or several.")
    ],
    public_key: Annotated[
        list[str] | None, typer.Option(help="A key that you trust, as name+hash+base64; may be given several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a bundle, or the pack of a day that `lionrock eod` made. Of several each has one line.

    Exit code 1 for a fault, 2 when nothing could be checked, 3 without a key and a fault; of several the worst, in this
    order.

    Without --public-key no signature is checked: anybody could have written the file, and it is not verified.

    The same as `python verify.py` with the one file lionrock/rulebook/verify.py, which needs nothing else of Lionrock.

    Example: lionrock rulebook verify hk.bundle --public-key lionrock-8f1a2b3c+8f1a2b3c+AR...

    Example: lionrock rulebook verify packs/* --public-key lionrock-8f1a2b3c+8f1a2b3c+AR...
    """
    from lionrock.rulebook.verify import main

    keys = [word for key in public_key or [] for word in ("--public-key", key)]
    raise typer.Exit(main([*(f"{file}" for file in files), *keys, *["--json"] * as_json]))


def _site(site: str | None, data: Path | None, *, must_be_its_own: bool) -> str:
    """What is asked for; without a name the site of the data directory. To run another site's rules on a site that is
    not served would record nothing of them, and tell nothing but that it is another.
    """
    from lionrock.site.definition import definition_of, known_sites

    own = definition_of(data) if data is not None else None
    if site is None:
        if own is None:
            _fail(f"give --site: {', '.join(known_sites())}, or licences separated by commas; or --data of a site")
        return own.site.id
    if must_be_its_own and own is not None and site in known_sites() and site != own.site.id:
        _fail(f"{data} belongs to the site {own.site.id}, not to {site}: leave --site out, or give {own.site.id}")
    return site


def _regime(site: str | None, data: Path | None = None) -> Regime:
    """The rules, with the parameters that the journal of `data` says were changed."""
    from lionrock.rulebook.changes import read_changes
    from lionrock.rulebook.loading import PackInvalid, shipped_library
    from lionrock.rulebook.regime import Regime
    from lionrock.site.definition import known_sites

    library = shipped_library()
    licences = licences_of(site) if site is not None else [pack.head.licence for pack in library.packs.values()]
    try:
        for licence in licences:
            library.by_licence(licence)
    except PackInvalid as unknown:
        _fail(f"{unknown}, and the sites {', '.join(known_sites())}")
    changes = read_changes(data) if data is not None and (data / "journal").is_dir() else ()
    return Regime(library, licences, changes)


def _checked(site: str, regime: Regime, data: Path | None) -> Report:
    """What is found now, beside the evidence that the site recorded, which may be of this very call."""
    import secrets

    from lionrock.node.errors import DirectoryInUse
    from lionrock.rulebook.checking import check as check_rules
    from lionrock.rulebook.code_version import code_version
    from lionrock.rulebook.matrix import index_of_tests, matrix
    from lionrock.site.rulebook_bundle import marks_of

    try:
        with _bar("asking every rule") as progress, _facts(data) as source:
            at_ns = _moment(regime, None)
            checked = check_rules(
                regime, source, at_ns, site=site, run_id=secrets.token_hex(16), code=code_version(), progress=progress
            )
    except DirectoryInUse:
        typer.echo("The site is served and runs its rulebook by itself; this is what it recorded.", err=True)
        return _recorded(site, regime, _moment(regime, None), data)
    rows = matrix(regime, at_ns, index_of_tests(), _last_evidence(data, at_ns), checked.run)
    return _report(site, regime, at_ns, rows, marks_of(data, regime) if data is not None else ())


def _recorded(site: str, regime: Regime, at_ns: int, data: Path | None) -> Report:
    """What stands in the evidence alone; without a site there is none."""
    from lionrock.rulebook.matrix import index_of_tests, matrix
    from lionrock.site.rulebook_bundle import recorded_report

    if data is None:
        return _report(site, regime, at_ns, matrix(regime, at_ns, index_of_tests(), {}, recorded={}))
    with _database(data) as database:
        return recorded_report(database, data, site, regime, at_ns=at_ns)


def _tell_marks(drawn: Report) -> None:
    from lionrock.rulebook.verify import MARKS

    for mark in drawn.marks:
        typer.echo(f"ATTENTION: {MARKS[mark]}")


def _report(site: str, regime: Regime, at_ns: int, rows: Sequence[Row], marks: Sequence[Mark] = ()) -> Report:
    from lionrock.rulebook.code_version import code_version
    from lionrock.rulebook.reports import Report

    conflicts = tuple(regime.conflicts(at_ns))
    return Report(
        site, regime.licences, at_ns, regime.version(at_ns), code_version(), tuple(rows), conflicts, tuple(marks)
    )


@contextmanager
def _facts(data: Path | None) -> Iterator[FactSource]:
    if data is None:
        yield _Nothing()
        return
    if not data.is_dir():
        _fail(f"{data} is no directory")
    with open_facts(data) as source:
        yield source


class _Nothing:
    """No room supplies anything."""

    def facts(self, _fact_type: type[Any]) -> None:
        return None


def _last_evidence(data: Path | None, at_ns: int) -> Evidence:
    if data is None:
        return {}
    with _evidence(data) as store:
        return store.last(at_ns)


@contextmanager
def _evidence(data: Path) -> Iterator[EvidenceStore]:
    from lionrock.rulebook.evidence import EvidenceStore

    with _database(data) as database:
        yield EvidenceStore(database)


@contextmanager
def _database(data: Path) -> Iterator[Engine]:
    from lionrock.store.database import DATABASE_FILE, open_database

    if not (data / DATABASE_FILE).exists():
        _fail(f"{data} has no {DATABASE_FILE}: this is no data directory of a site that ran")
    database = open_database(data)
    try:
        yield database
    finally:
        database.dispose()


def _moment(regime: Regime, as_of: str | None) -> int:
    """Nanoseconds since 1970; of a date its last one, by the clock of the home licence."""
    import time
    from datetime import UTC, datetime, timedelta

    from lionrock.rulebook.calendars import calendar_of, day_asked

    if as_of is None:
        return time.time_ns()
    home = calendar_of(regime.library.by_licence(regime.licences[0]).head.calendar)
    try:
        if len(as_of) == len("2026-01-31"):
            return home.ends_ns(day_asked(as_of))
        moment = datetime.fromisoformat(as_of)
        day_asked(moment.date().isoformat())
    except ValueError:
        _fail(f"--as-of {as_of}: write 2026-01-31 or 2026-01-31T12:00:00Z, from 1971 to 2199")
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1) * 1000


def _data(report: Report) -> dict[str, Any]:
    from lionrock.rulebook.reports import as_data

    return as_data(report)


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False))


@contextmanager
def _bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(words)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def _failing_clearly() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    from lionrock.journal.checkpoints import CheckpointInvalid
    from lionrock.journal.proofs import CannotProve
    from lionrock.journal.verify import CannotCheck, Fault
    from lionrock.rulebook.bundle import CannotBundle
    from lionrock.rulebook.evidence import EvidenceBroken
    from lionrock.rulebook.loading import PackInvalid
    from lionrock.site.definition import AnotherSite, DefinitionInvalid
    from lionrock.site.rulebook_run import NoLicences
    from lionrock.store.database import DatabaseUnusable
    from lionrock.store.sealing import MasterKeyUnusable, SealBroken
    from lionrock.words.faults import Fault as BrokenFrame

    mine = (AnotherSite, CannotBundle, DefinitionInvalid, EvidenceBroken, NoLicences, PackInvalid)
    journal = (BrokenFrame, CannotCheck, CannotProve, CheckpointInvalid, Fault)
    store = (DatabaseUnusable, MasterKeyUnusable, SealBroken, SQLAlchemyError)
    try:
        yield
    except (*mine, *journal, *store, OSError) as error:
        _fail(words_of(error))


def _fail(message: str) -> NoReturn:
    """Exit code 2: nothing could be told. 1 is for rules that are red."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)
