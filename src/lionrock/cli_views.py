"""The commands for read models in SQL."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from lionrock.site.system_words import words_of

if TYPE_CHECKING:
    from lionrock.views.sql.following import Follower

views_app = typer.Typer(help="Read models in SQL: orders, fills, ledger, balances, candles.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.")]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database", help="sqlite:///PATH or postgresql://...; DIR/views.sqlite without it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@views_app.command()
def run(
    directory: Directory,
    database: DatabaseUrl = None,
    *,
    once: Annotated[bool, typer.Option(help="End when everything durable is in the database.")] = False,
    while_stdin: Annotated[bool, typer.Option("--while-stdin", help="End when standard input ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Follow the journal of a site and keep its read models up to date, until stopped with Ctrl-C.

    May be started, stopped and killed at any time, while the site runs or not. A PostgreSQL server that goes away is
    waited for.

    Example: lionrock views run data --database postgresql://lionrock@localhost/views
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C; the rows are right at any moment
    from lionrock.views.sql.following import keep_up

    if while_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    with _following(directory, database, "reading the journal", drop_first=False) as make_follower:
        if once:
            _catch_up_once(make_follower, as_json)
            return
        keep_up(make_follower, caught_up=lambda follower: _tell(follower, as_json), wait=time.sleep)


def _end_with_stdin() -> None:
    """Who started this holds the other end of a pipe: it ends with them, however they end."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)  # the rows are right at any moment


@views_app.command()
def rebuild(directory: Directory, database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Drop the read models and build them anew from the journal and its archive.

    Example: lionrock views rebuild data
    """
    with _following(directory, database, "rebuilding", drop_first=True) as make_follower:
        _catch_up_once(make_follower, as_json)


def _catch_up_once(make_follower: Callable[[], Follower], as_json: bool) -> None:
    with closing(make_follower()) as follower:
        follower.catch_up()
        _tell(follower, as_json)


@views_app.command()
def status(directory: Directory, database: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Say up to where the read models tell, and how far that is behind the journal.

    Example: lionrock views status data --json
    """
    from sqlalchemy.exc import SQLAlchemyError

    from lionrock.site.configuration import ConfigurationInvalid, read_configuration
    from lionrock.views.sql.database import DatabaseUnusable, default_url, open_views
    from lionrock.views.sql.following import durable_sequence, read_lag
    from lionrock.views.sql.projection import RebuildNeeded, read_position

    try:
        url = database or read_configuration(directory).views.database or default_url(directory)
        with open_views(url, for_writing=False).connect() as connection:
            at = read_position(connection)
        lag = read_lag(directory, at, time.time_ns())
    except (ConfigurationInvalid, DatabaseUnusable, RebuildNeeded, SQLAlchemyError, OSError) as error:
        _fail(_in_words(error))
    told = {
        "sequence": at.sequence,
        "durable_sequence": durable_sequence(directory),
        "frames": at.frames,
        "frame_hash": at.frame_hash.hex() if at.frame_hash else None,
        "lag_sequences": lag.sequences,
        "lag_seconds": round(lag.time_ns / 1e9, 3),
    }
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"The read models are at command {at.sequence:,} (frame {at.frames:,} of the journal).")
    behind = f"{lag.sequences:,} commands behind, the oldest of them waiting for {lag.time_ns / 1e9:.1f} s"
    typer.echo(f"They are {behind if lag.sequences else 'up to date'}.")


@views_app.command()
def statement(
    directory: Directory,
    account: Annotated[int, typer.Option(help="Number of the account.")],
    beginning: Annotated[str, typer.Option("--from", help="Beginning: a date or time in UTC, or milliseconds.")],
    end: Annotated[str, typer.Option("--to", help="End, which is not included.")],
    *,
    file_format: Annotated[str, typer.Option("--format", help="csv, json, parquet or pdf.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="File to write; standard output without it.")] = None,
    database: DatabaseUrl = None,
    while_stdin: Annotated[bool, typer.Option("--while-stdin", help="End when standard input ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the statement of an account: opening balances, every entry, closing balances, place in the journal.

    Example: lionrock views statement data --account 11 --from 2026-01-01 --to 2026-02-01 --format pdf --out january.pdf
    """
    from sqlalchemy.exc import SQLAlchemyError

    from lionrock.site.configuration import ConfigurationInvalid, read_configuration
    from lionrock.views.sql.database import DatabaseUnusable, default_url, open_views
    from lionrock.views.sql.projection import RebuildNeeded
    from lionrock.views.sql.statement_files import FORMATS, most_lines
    from lionrock.views.sql.statements import AccountUnknown, StatementTooLong, StatementWrong, draw_statement

    if while_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    os.nice(_BEHIND_THE_VENUE)
    if file_format not in FORMATS:
        _fail(f"--format {file_format}: there are {', '.join(FORMATS)}")
    from_ns, until_ns = _read_time("--from", beginning), _read_time("--to", end)
    try:
        url = database or read_configuration(directory).views.database or default_url(directory)
        with open_views(url, for_writing=False).connect() as connection:
            drawn = draw_statement(
                connection, directory, account, from_ns, until_ns, most_lines=most_lines(file_format)
            )
        made = FORMATS[file_format][1](drawn)
        if out:
            out.write_bytes(made)
        else:
            sys.stdout.buffer.write(made)
            sys.stdout.buffer.flush()
    except StatementTooLong as error:
        next_step = (
            "ask for a shorter time, or for CSV or Parquet" if file_format == "pdf" else "ask for a shorter time"
        )
        if as_json:
            told = {"name": "statement_too_long", "words": str(error), "next_step": next_step}
            typer.echo(json.dumps(told), err=True)
            raise typer.Exit(3) from error
        _fail(f"{error}: {next_step}")
    except (AccountUnknown, StatementWrong, ConfigurationInvalid, DatabaseUnusable, RebuildNeeded) as error:
        _fail(str(error))
    except (SQLAlchemyError, OSError) as error:
        _fail(_in_words(error))


_BEHIND_THE_VENUE = 10


def _read_time(option: str, text: str) -> int:
    """Nanoseconds since 1970. A date or time without a zone is in UTC."""
    from datetime import UTC, datetime, timedelta

    if text.isascii() and text.isdigit():
        return int(text) * 10**6
    try:
        time_of_day = datetime.fromisoformat(text)
    except ValueError:
        _fail(f"{option} {text}: write 2026-01-31, 2026-01-31T12:00:00Z, or milliseconds since 1970")
    zoned = time_of_day if time_of_day.tzinfo else time_of_day.replace(tzinfo=UTC)
    return (zoned - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1) * 1000


@contextmanager
def _following(directory: Path, url: str | None, words: str, *, drop_first: bool) -> Iterator[Callable[[], Follower]]:
    """Makes followers with a bar that shows how far they are; what can go wrong ends the program with a sentence."""
    from alembic.util import CommandError
    from rich.console import Console
    from rich.progress import Progress
    from sqlalchemy.exc import SQLAlchemyError

    from lionrock.core.engine import Engine
    from lionrock.journal.segments import JournalDamaged
    from lionrock.site.configuration import ConfigurationInvalid, read_configuration
    from lionrock.views.sql.database import DatabaseUnusable, default_url, drop, open_views
    from lionrock.views.sql.decoding import IdTooLarge
    from lionrock.views.sql.following import Follower, from_snapshots
    from lionrock.views.sql.projection import AnotherWriter, RebuildNeeded
    from lionrock.words.faults import Fault

    known = (ConfigurationInvalid, DatabaseUnusable, RebuildNeeded, AnotherWriter, IdTooLarge, JournalDamaged, Fault)
    if not (directory / "journal").is_dir():
        _fail(f"{directory} is no data directory: it has no journal")
    console = Console(stderr=True)
    try:
        configuration = read_configuration(directory)
        views = open_views(url or configuration.views.database or default_url(directory))
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
            bar = bars.add_task(words)
            if drop_first:
                drop(views)
            yield lambda: Follower(
                directory,
                views,
                Engine,
                operator_keys=configuration.known_keys,
                starting_point=from_snapshots(directory, Engine, Engine.load),
                progress=lambda done, total: bars.update(bar, completed=done, total=total),
            )
    except (*known, CommandError, SQLAlchemyError, OSError) as error:
        _fail(_in_words(error))
    except KeyboardInterrupt:
        raise typer.Exit from None


def _tell(follower: Follower, as_json: bool) -> None:
    at = follower.position
    told = {"sequence": at.sequence, "frames": at.frames, "rows_written": follower.rows}
    words = f"The read models are at command {at.sequence:,} (rows written: {follower.rows:,})."
    typer.echo(json.dumps(told) if as_json else words)


def _in_words(error: Exception) -> str:
    return words_of(getattr(error, "orig", None) or error).strip()


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
