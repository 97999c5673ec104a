"""The operator's commands: look after a site, back it up, bring it back, get past a frame that cannot be applied."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

operator_app = typer.Typer(help="Keys of those who operate a site.", no_args_is_help=True)
skip_app = typer.Typer(
    help="The way past a frame that the core cannot apply: two operators sign that it is skipped.",
    no_args_is_help=True,
)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def add_commands(app: typer.Typer) -> None:
    """Take these commands into the program."""
    app.add_typer(operator_app, name="operator")
    app.add_typer(skip_app, name="skip")


@operator_app.command("new-key")
def new_key(
    file: Annotated[Path, typer.Argument(help="Where the private key is written; nothing may be there yet.")],
    as_json: AsJson = False,
) -> None:
    """Make an operator's key. The private half stays in FILE; the public half goes into lionrock.toml.

    Example: lionrock operator new-key ~/operator.key
    """
    import os

    from lionrock.site.poison import make_key

    with _failing_clearly():
        public = make_key(file, os.urandom)
    lines = (
        f"public key  {public}\nprivate key {file}, for its owner alone\n\nIn lionrock.toml of the data directory:\n"
    )
    _tell({"public_key": public, "file": f"{file}"}, f'{lines}\n[operators]\nNAME = "{public}"', as_json)


@skip_app.command()
def show(directory: Directory, as_json: AsJson = False) -> None:
    """Say which frame the core cannot apply, why, and what operators would sign. Exit code 1 when there is none.

    Example: lionrock skip show data
    """
    from lionrock.site.poison import find_poison

    with _failing_clearly(), _bar("replaying the journal") as progress:
        poison = find_poison(directory, progress=progress)
    told = {
        "first_sequence": poison.sequence,
        "last_sequence": poison.next_sequence - 1,
        "frame_hash": poison.frame_hash.hex(),
        "is_last": poison.is_last,
        "reason": f"{poison}",
        "statement": poison.statement.decode(),
    }
    _tell(told, f"{poison}\n\nWhat two operators sign:\n\n{poison.statement.decode()}", as_json)


@skip_app.command()
def sign(
    directory: Directory,
    operator: Annotated[str, typer.Option(help="Name of the operator, as in lionrock.toml.")],
    key: Annotated[Path, typer.Option(help="File of that operator's private key.")],
    out: Annotated[Path | None, typer.Option(help="Write the signature here; otherwise it is printed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sign that the frame is skipped. Read `lionrock skip show` first: its commands are then never carried out.

    Example: lionrock skip sign data --operator ann --key ann.key --out ann.signature
    """
    import msgspec

    from lionrock.site.poison import read_key, sign_skip

    with _failing_clearly(), _bar("replaying the journal") as progress:
        signature = sign_skip(directory, operator, read_key(key), progress=progress)
        encoded = msgspec.json.encode(signature).decode()
        if out:
            out.write_text(f"{encoded}\n", "utf-8")
    if out:
        _tell({"operator": operator, "file": f"{out}"}, f"The signature of {operator} is in {out}", as_json)
    else:
        typer.echo(encoded)


@skip_app.command()
def record(
    directory: Directory,
    signature: Annotated[list[Path], typer.Option(help="A file that `lionrock skip sign` wrote; give two.")],
    as_json: AsJson = False,
) -> None:
    """Write the two signatures into the journal. From then on every start passes over the frame.

    Example: lionrock skip record data --signature ann.signature --signature bob.signature
    """
    import msgspec

    from lionrock.site.poison import CannotSkip, SignatureFile, record_skip

    with _failing_clearly(), _bar("replaying the journal") as progress:
        signatures = []
        for path in signature:
            try:
                signatures.append(msgspec.json.decode(path.read_bytes(), type=SignatureFile))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise CannotSkip(f"{path} is no file that `lionrock skip sign` wrote: {error}") from error
        poison = record_skip(directory, signatures, time.time_ns(), progress=progress)
    first, last = poison.sequence, poison.next_sequence - 1
    words = f"Recorded: the frame of sequences {first} to {last} is skipped. The next command gets {last + 1}."
    signed = [each.operator for each in signatures]
    _tell({"first_sequence": first, "last_sequence": last, "signed_by": signed}, words, as_json)


def _tell(told: dict[str, object], words: str, as_json: bool) -> None:
    typer.echo(json.dumps(told) if as_json else words)


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
    from lionrock.journal.segments import JournalDamaged
    from lionrock.node.errors import DirectoryInUse
    from lionrock.site.configuration import ConfigurationInvalid
    from lionrock.site.poison import CannotSkip, KeyUnusable, NothingToSkip

    try:
        yield
    except (CannotSkip, ConfigurationInvalid, DirectoryInUse, JournalDamaged, KeyUnusable, NothingToSkip) as error:
        _fail(f"{error}")
    except OSError as error:
        _fail(f"{error}")


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
