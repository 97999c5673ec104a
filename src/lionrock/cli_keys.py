"""Commands about the keys that a site's secrets are sealed under."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lionrock.site.system_words import words_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

keys_app = typer.Typer(help="Keys that secrets and personal data are sealed under.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@keys_app.command()
def show(directory: Directory, as_json: AsJson = False) -> None:
    """Count what is sealed under each data key. The site must be stopped.

    Example: lionrock keys show data
    """
    from lionrock.store.rotating import values_by_key

    with _stopped(directory) as database:
        counted = values_by_key(directory, database)
    if as_json:
        typer.echo(json.dumps({"values": {str(number): count for number, count in counted.items()}}))
    else:
        typer.echo("\n".join(f"key {number}  {count:,} values" for number, count in counted.items()) or "nothing yet")


@keys_app.command()
def rotate(directory: Directory, as_json: AsJson = False) -> None:
    """Make a new data key, seal everything again under it and forget keys without use. The site must be stopped.

    Example: lionrock keys rotate data
    """
    import msgspec

    from lionrock.store.rotating import rotate_data_key

    with _stopped(directory) as database, _count("sealing again") as progress:
        rotated = rotate_data_key(directory, database, os.urandom, progress)
    words = f"Data key {rotated.current_key} is in use; {rotated.sealed_again:,} values were sealed again"
    if rotated.broken:
        words += f"\n{rotated.broken:,} values look sealed and do not open; they were left as they are"
    typer.echo(msgspec.json.encode(rotated).decode() if as_json else words)


@keys_app.command("change-master")
def change_master(directory: Directory, as_json: AsJson = False) -> None:
    """Make a new master.key over the same data keys. The site must be stopped.

    Keep the new file where the old one was kept; earlier backups need the old one.

    Example: lionrock keys change-master data
    """
    from lionrock.store.rotating import change_master_key

    with _stopped(directory):
        change_master_key(directory, os.urandom)
    path = directory / "master.key"
    words = f"{path} is new; put a copy where the old one is kept, and keep that as long as backups made before"
    typer.echo(json.dumps({"master_key_file": f"{path}"}) if as_json else words)


@contextmanager
def _stopped(directory: Path) -> Iterator[Engine]:
    """The database of a site that nobody serves."""
    from lionrock.node.errors import DirectoryInUse
    from lionrock.node.lock import DirectoryLock
    from lionrock.store.database import DATABASE_FILE, DatabaseUnusable, open_database
    from lionrock.store.sealing import MASTER_KEY_FILE, MasterKeyUnusable, SealBroken

    try:
        for name in (DATABASE_FILE, MASTER_KEY_FILE):
            if not (directory / name).exists():
                raise FileNotFoundError(f"{directory} is no data directory: it has no {name}")
        lock = DirectoryLock(directory)
        try:
            database = open_database(directory)
            try:
                yield database
            finally:
                database.dispose()
        finally:
            lock.release()
    except (DirectoryInUse, DatabaseUnusable, MasterKeyUnusable, SealBroken, OSError) as error:
        typer.echo(f"Error: {words_of(error)}", err=True)
        raise typer.Exit(1) from error


@contextmanager
def _count(words: str) -> Iterator[Callable[[int], None]]:
    """A count on standard error where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description} {task.completed:.0f}")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(words)
        yield lambda done: bars.update(task, completed=done)
