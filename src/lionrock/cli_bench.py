"""The benchmarks on the command line: `lionrock bench`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.table import Table

bench_app = typer.Typer(help="Measure on this machine; ratios are within one run.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@bench_app.command()
def core(
    commands: Annotated[int, typer.Option(min=10_000, help="Commands of each flow.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median counts.")] = 5,
    *,
    flow: Annotated[
        list[str] | None, typer.Option(help="excore, basic, deep, deep_1m or multi; may be given several times.")
    ] = None,
    liquibook: Annotated[
        Path | None, typer.Option(help="Checkout of liquibook, a C++ library: compiled and played beside.")
    ] = None,
    curve: Annotated[
        Path | None, typer.Option(help="Instead: plot speed and what is touched against book size into this directory.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Commands a second of the core alone, beside its checked build, the auditor and, if there, liquibook.

    Example: lionrock bench core --liquibook ../liquibook --json
    """
    import time

    from lionrock.bench.core import bench_core
    from lionrock.bench.curve import SIZES, NothingCountedError, bench_curve, draw_curve
    from lionrock.bench.flows import FLOWS
    from lionrock.bench.liquibook import Liquibook, PeerUnusableError

    names = flow or list(FLOWS)
    for name in names:
        if name not in FLOWS:
            _fail(f"--flow {name}: there are {', '.join(FLOWS)}")
    with _told() as progress, tempfile.TemporaryDirectory(prefix="lionrock-") as directory:
        try:
            if curve is not None:
                points = bench_curve(SIZES, commands, rounds, time.thread_time, progress)
                draw_curve(points, curve)
                _report({"curve": points}, as_json)
                return
            peer = Liquibook(liquibook, Path(directory)) if liquibook else None
            figures = bench_core(names, commands, rounds, clock=time.thread_time, progress=progress, peer=peer)
        except (PeerUnusableError, NothingCountedError) as error:
            _fail(str(error))
    _report({"flows": figures}, as_json)
    if peer is None:
        typer.echo("liquibook_ratio is null: for it, give a checkout of liquibook with --liquibook DIRECTORY", err=True)


@bench_app.command()
def api(
    requests: Annotated[int, typer.Option(min=1_000, help="Requests of each round.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the best counts.")] = 3,
    *,
    parts: Annotated[
        Path | None, typer.Option(help="Only draw where the server's time goes, into this directory.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Signed orders a second over HTTP, beside an empty POST to the same kind of server.

    Example: lionrock bench api --json
    """
    import time

    from lionrock.bench.api import bench_api, request_parts
    from lionrock.bench.bars import bars

    if parts is not None:
        counts, per_s = request_parts(requests, lambda: time.time_ns() // 1_000_000, time.perf_counter)
        note = f"Share of {sum(counts.values()):,} samples, 4 ms of processor time apart, at {per_s:,.0f} orders/s"
        parts.mkdir(parents=True, exist_ok=True)
        (parts / "request_time.svg").write_text(
            bars("Where the time of an order over HTTP goes", note, counts), encoding="utf-8"
        )
        _report({"orders_per_s": per_s, "samples": counts}, as_json)
        return
    figures = bench_api(requests, rounds, lambda: time.time_ns() // 1_000_000, time.perf_counter, _progress)
    _report(figures, as_json)


@bench_app.command()
def journal(
    commands: Annotated[int, typer.Option(min=2_000, help="Most commands for each size of frames.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians count.")] = 5,
    *,
    size: Annotated[
        list[int] | None, typer.Option(min=1, help="Commands in a frame; may be given several times.")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(help="Write in here, on the disk to be measured; otherwise where temporary files are."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Durable commands a second through the node, beside what the same disk and the core do alone.

    Example: lionrock bench journal --directory data --json
    """
    import time

    from lionrock.bench.journal import SIZES, Clocks, bench_journal, tables

    sizes = sorted(set(size or SIZES))
    if commands < 2 * sizes[-1]:
        _fail(f"--size {sizes[-1]}: --commands has to be twice as many at least")
    with _told() as progress, _temporary(directory) as place:
        clocks = Clocks(time.time_ns, time.perf_counter)
        figures = bench_journal(place, commands, rounds, sizes, clocks=clocks, progress=progress)
    _report(figures, as_json, tables(figures))


@bench_app.command()
def recovery(
    commands: Annotated[int, typer.Option(min=10_000, help="Commands of the shorter journal.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of replaying; medians count.")] = 3,
    *,
    quick: Annotated[bool, typer.Option(help="Leave out the journal that is ten times as long.")] = False,
    directory: Annotated[
        Path | None,
        typer.Option(help="Write in here, on the disk to be measured; otherwise where temporary files are."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How fast a node replays its journal, beside the core alone, and how soon it answers a first command.

    Example: lionrock bench recovery --quick --json
    """
    import time

    from lionrock.bench.recovery import bench_recovery, tables

    with _told() as progress, _temporary(directory) as place:
        figures = bench_recovery(place, commands, rounds, quick=quick, stopwatch=time.perf_counter, progress=progress)
    _report(figures, as_json, tables(figures))


@bench_app.command()
def views(
    commands: Annotated[int, typer.Option(min=10_000, help="Commands that are timed.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median counts.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Rows a second into SQL from a journal, beside inserting the same rows with nothing to work out.

    Example: lionrock bench views --json
    """
    import time
    from contextlib import ExitStack

    from lionrock.bench.postgresql_server import ServerMissing, postgresql_server
    from lionrock.bench.views import bench_views

    with ExitStack() as stack:
        progress = stack.enter_context(_told())
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lionrock-")))
        urls = {"sqlite": f"sqlite:///{directory / 'views.sqlite'}"}
        try:
            urls["postgresql"] = stack.enter_context(postgresql_server())
        except ServerMissing as missing:
            typer.echo(f"postgresql is left out: {missing}", err=True)
        figures = bench_views(urls, directory / "site", commands, rounds, clock=time.perf_counter, progress=progress)
    _report(dict(figures), as_json)


@bench_app.command()
def rulebook(
    clients: Annotated[int, typer.Option(min=1_000, help="Clients of the site.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the median counts.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Seconds and memory of the Hong Kong pack over many clients, beside a bare pass over the same facts.

    Example: lionrock bench rulebook --json
    """
    import time

    from lionrock.bench.rulebook import bench_rulebook

    with _told() as progress:
        figures = bench_rulebook(clients, rounds, time.perf_counter, progress)
    _report(dict(figures), as_json)


@bench_app.command()
def web(
    updates: Annotated[int, typer.Option(min=100, help="Updates of a book a second.")] = 2_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians count.")] = 3,
    seconds: Annotated[int, typer.Option(min=1, help="Length of each playing.")] = 5,
    soak_minutes: Annotated[float, typer.Option(min=0, help="How long the trade page stays open for its heap.")] = 0.5,
    as_json: AsJson = False,
) -> None:
    """Frames a second of the trade page in Chromium beside a plain re-render, bytes, time to interactive, heap.

    Example: lionrock bench web --soak-minutes 30 --json
    """
    from lionrock.bench.web import BrowserMissingError, WebBench, bench_web

    asked = WebBench(updates_per_s=updates, seconds=seconds, rounds=rounds, soak_seconds=soak_minutes * 60)
    with _told() as progress, tempfile.TemporaryDirectory(prefix="lionrock-") as directory:
        try:
            figures = bench_web(Path(directory) / "site", asked, progress)
        except BrowserMissingError as missing:
            _fail(str(missing))
    _report(figures, as_json)


@bench_app.command(name="all")
def everything(
    only: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")] = None,
    *,
    liquibook: Annotated[Path | None, typer.Option(help="Checkout of liquibook, to be played beside.")] = None,
    soak_minutes: Annotated[float, typer.Option(min=0, help="How long the trade page stays open for its heap.")] = 0.5,
    out: Annotated[Path | None, typer.Option(help="Write the table into this file, as Markdown.")] = None,
    as_json: AsJson = False,
) -> None:
    """All of them one after the other, a quarter of an hour, and one table of their ratios.

    Example: lionrock bench all --only core --only journal --out figures.md
    """
    from datetime import UTC, datetime

    from lionrock.bench.everything import BENCHES, BenchFailedError, as_markdown, run_all

    names = only or list(BENCHES)
    for name in names:
        if name not in BENCHES:
            _fail(f"--only {name}: there are {', '.join(BENCHES)}")
    more = {"web": ["--soak-minutes", f"{soak_minutes}"]} | (
        {"core": ["--liquibook", f"{liquibook}"]} if liquibook else {}
    )
    try:
        reports = run_all(names, more, _progress)
    except BenchFailedError as error:
        _fail(str(error))
    table = as_markdown(reports, f"{datetime.now(UTC):%Y-%m-%d}")
    if out is not None:
        out.write_text(table, encoding="utf-8")
    typer.echo(json.dumps(reports) if as_json else table)


@contextmanager
def _temporary(parent: Path | None) -> Iterator[Path]:
    if parent is not None and not parent.is_dir():
        _fail(f"--directory {parent}: there is no such directory")
    with tempfile.TemporaryDirectory(prefix="lionrock-", dir=parent) as directory:
        yield Path(directory)


def _progress(words: str) -> None:
    typer.echo(f"{words} ...", err=True)


@contextmanager
def _told() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error for each thing done; where nobody watches, one line."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    bars = Progress(console=console, transient=True, disable=not console.is_terminal)
    bar = bars.add_task("")
    last = ""

    def tell(words: str, total: int, done: int) -> None:
        nonlocal last
        if words != last and not console.is_terminal:
            _progress(words)
        last = words
        bars.update(bar, description=words, completed=done, total=total)

    with bars:
        yield tell


def _report(figures: Mapping[str, object], as_json: bool, shown: Sequence[Table] = ()) -> None:
    """As JSON; otherwise as these tables, or without any as indented JSON."""
    from rich.console import Console

    from lionrock.bench.machine import describe_machine

    report = {"machine": describe_machine()} | dict(figures)
    if as_json:
        typer.echo(json.dumps(report))
        return
    console = Console()
    if not shown:
        console.print_json(data=report)
        return
    console.print(", ".join(f"{name} {value}" for name, value in describe_machine().items()))
    for table in shown:
        console.print(table)


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
