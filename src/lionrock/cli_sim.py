"""`lionrock sim`: worlds of faults from a seed, and real processes that are killed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from lionrock.sim.world.world import Summary

sim_app = typer.Typer(
    help="Let everything go wrong, and look whether every promise holds.", invoke_without_command=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@sim_app.callback()
def sim(
    context: typer.Context,
    seed: Annotated[int, typer.Option(min=0, help="Everything in a world follows from it.")] = 0,
    steps: Annotated[int, typer.Option(min=1, help="How much happens in a world.")] = 1000,
    worlds: Annotated[int, typer.Option(min=1, help="So many worlds, from this seed on.")] = 1,
    as_json: AsJson = False,
) -> None:
    """A node, its disk and its clients in one simulated world: crashes, lost power, bad disks.

    When a promise is broken, the one line that is printed makes it happen again.

    Example: lionrock sim --seed 7 --steps 2000
    """
    if context.invoked_subcommand is not None:
        return
    with _bar("worlds", worlds * steps) as done:
        summaries = [
            _world(number, steps, as_json=as_json, begin=(number - seed) * steps, done=done)
            for number in range(seed, seed + worlds)
        ]
    if as_json:
        typer.echo(json.dumps({"worlds": [summary._asdict() for summary in summaries]}))
        return
    met: Counter[str] = Counter()
    for summary in summaries:
        met.update(summary.met)
    lives, commands = sum(each.lives for each in summaries), sum(each.commands for each in summaries)
    acknowledged = sum(each.acknowledged for each in summaries)
    typer.echo(f"{worlds:,} worlds, {lives:,} lives of a node, {commands:,} commands, {acknowledged:,} acknowledged")
    for what, times in sorted(met.items()):
        typer.echo(f"  {times:8,}  {what}")
    typer.echo("Every promise held.")


def _world(seed: int, steps: int, *, as_json: bool, begin: int, done: Callable[[int], None]) -> Summary:
    from lionrock.core.engine import Engine
    from lionrock.sim.world.setting import Build
    from lionrock.sim.world.world import World, WorldFailed

    try:
        return World(seed, steps, Build(Engine, Engine.load)).run(lambda so_far: done(begin + so_far))
    except WorldFailed as failed:
        _failed(f"lionrock sim --seed {seed} --steps {steps}", str(failed), as_json=as_json)


@sim_app.command()
def crash(
    rounds: Annotated[int, typer.Option(min=1, help="How often a node is started and killed.")] = 25,
    seed: Annotated[int, typer.Option(min=0, help="Of commands and intentions; moments are the system's to say.")] = 0,
    data: Annotated[
        Path | None, typer.Option(help="Work here and keep the last directory; otherwise thrown away.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a real node under load, kill it with SIGKILL at a random moment, compare, and again.

    Example: lionrock sim crash --rounds 100 --json
    """
    import tempfile

    from lionrock.journal.segments import JournalDamaged
    from lionrock.sim.crash.rounds import CrashFailed, crash_rounds

    with tempfile.TemporaryDirectory(prefix="lionrock-") as temporary, _bar("rounds", rounds) as done:
        try:
            summary = crash_rounds(data or Path(temporary), rounds, seed, done)
        except (CrashFailed, JournalDamaged) as failed:
            again = f"lionrock sim crash --rounds {rounds} --seed {seed}"
            _failed(again + (f" --data {data}" if data else ""), str(failed), as_json=as_json)
    if as_json:
        typer.echo(json.dumps(summary._asdict()))
        return
    for name, figure in summary._asdict().items():
        typer.echo(f"{name.replace('_', ' '):24} {figure:,.6g}")
    typer.echo("Everything acknowledged was there.")


def _failed(command: str, words: str, *, as_json: bool) -> NoReturn:
    """One line that reproduces it, with what it was run on behind a number sign, and exit code 1."""
    from importlib.metadata import version

    from lionrock.sim.fingerprint import code_fingerprint

    code = f"lionrock {version('lionrock')}, code {code_fingerprint()}"
    typer.echo(
        json.dumps({"again": command, "code": code, "broken": words}) if as_json else f"{command}  # {code}: {words}"
    )
    raise typer.Exit(1)


@contextmanager
def _bar(words: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    bars = Progress(console=console, transient=True, disable=not console.is_terminal)
    bar = bars.add_task(words, total=total)
    with bars:
        yield lambda done: bars.update(bar, completed=done)
