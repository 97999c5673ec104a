"""The commands that look into a venue's record: verify, dump, replay, digest, prove. None of them changes it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from lionrock.site.system_words import words_of

if TYPE_CHECKING:
    from lionrock.node.history import PastCommand, PastFrame, Replayed

journal_app = typer.Typer(help="Look into the record of a site, also while it serves.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.", show_default=False)]
OperatorKeys = Annotated[
    list[str] | None,
    typer.Option(help="NAME=HEX of an operator's public key; two are needed where a frame was skipped."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@journal_app.command()
def verify(
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Data directory of the site.")] = None,
    proof: Annotated[Path | None, typer.Option(help="Check this proof, made by `prove`, instead.")] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that you kept outside; may be given several times.")
    ] = None,
    public_key: Annotated[
        list[str] | None, typer.Option(help="A key that you trust, as name+hash+base64; may be given several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every frame and every checkpoint.

    Exit code 1 for a fault, 2 when nothing could be checked, 3 when there is no fault and nothing is vouched for: that
    takes a key that you trust, and a checkpoint that it signed.

    The same as `python verify.py` with the one file lionrock/journal/verify.py, which needs nothing else of Lionrock.

    Example: lionrock journal verify data --checkpoint kept.checkpoint --public-key example.com+8f1a2b3c+AR...
    """
    from lionrock.journal.verify import main

    if (directory is None) == (proof is None):
        raise typer.BadParameter("give either DIR or --proof FILE")
    arguments = [] if directory is None else [f"{directory}"]
    arguments += ["--proof", f"{proof}"] if proof else []
    arguments += [word for path in checkpoint or [] for word in ("--checkpoint", f"{path}")]
    arguments += [word for key in public_key or [] for word in ("--public-key", key)]
    raise typer.Exit(main(arguments + ["--json"] * as_json))


@journal_app.command()
def dump(
    directory: Directory,
    first: Annotated[int, typer.Option("--from", min=1, help="First sequence.")] = 1,
    last: Annotated[int | None, typer.Option("--to", min=1, help="Last sequence; by default the newest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the frames and the commands in them, with --json one object a line.

    Example: lionrock journal dump data --from 100 --to 120
    """
    from lionrock.node.history import past_commands, past_frames

    if last is not None and last < first:
        _fail(f"--from {first} comes after --to {last}")
    found = 0
    with _failing_clearly(), _bar("reading the journal", hidden=sys.stdout.isatty()) as progress:
        for past in past_frames(directory, first, last, progress):
            found += 1
            typer.echo(_frame_as_json(past) if as_json else _frame_as_text(past))
            for command in past_commands(past.frame):
                if first <= command.sequence and (last is None or command.sequence <= last):
                    typer.echo(_command_as_json(past, command) if as_json else _command_as_text(command))
    if not found and first > 1:
        _fail(f"the journal has no sequence {first}: it ends before")


@journal_app.command()
def replay(directory: Directory, operator_key: OperatorKeys = None, as_json: AsJson = False) -> None:
    """Apply every command to a new engine, and tell how many there were, how fast, and the digest of the state.

    Example: lionrock journal replay data
    """
    import time

    started = time.perf_counter()
    with _failing_clearly():
        replayed, digest = _replayed(directory, None, operator_key)
    rate = round(replayed.commands / (time.perf_counter() - started))
    if as_json:
        typer.echo(json.dumps(replayed._asdict() | {"commands_per_second": rate, "digest": digest}))
        return
    words = f"{replayed.commands:,} commands in {replayed.frames:,} frames gave {replayed.events:,} events"
    typer.echo(f"{words} ({rate:,} commands/s)\ndigest {digest}")


@journal_app.command()
def digest(
    directory: Directory,
    at: Annotated[int | None, typer.Option(min=0, help="After this sequence; by default the newest.")] = None,
    operator_key: OperatorKeys = None,
    as_json: AsJson = False,
) -> None:
    """Print the SHA-256 of the venue's state (spec/state.md) after a sequence.

    Example: lionrock journal digest data --at 1000
    """
    with _failing_clearly():
        replayed, value = _replayed(directory, at, operator_key)
    if at is not None and replayed.commands < at:
        _fail(f"the journal ends with sequence {replayed.commands}")
    typer.echo(json.dumps({"sequence": replayed.commands, "digest": value}) if as_json else value)


@journal_app.command()
def prove(
    directory: Directory,
    *,
    sequence: Annotated[int | None, typer.Option(min=1, help="Prove the frame of this sequence.")] = None,
    old_size: Annotated[
        int | None, typer.Option(min=1, help="Prove that a checkpoint of so many frames was only added to.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Under the checkpoint of so many frames; by default the newest.")
    ] = None,
    with_frame: Annotated[bool, typer.Option(help="Put the frame in, with all its commands and notes.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the proof here; otherwise it is printed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a proof, as JSON, that somebody can check without the journal: `lionrock journal verify --proof FILE`.

    Example: lionrock journal prove data --sequence 1000 --out proof.json

    Example: lionrock journal prove data --old-size 500 --out proof.json
    """
    from lionrock.journal.proofs import prove_consistency, prove_inclusion

    if (sequence is None) == (old_size is None):
        _fail("give either --sequence or --old-size")
    with _failing_clearly(), _bar("reading the journal") as progress:
        if sequence is not None:
            proof = prove_inclusion(directory, sequence, size, progress, with_frame=with_frame)
        else:
            proof = prove_consistency(directory, old_size or 0, size, progress)
        text = json.dumps(proof, indent=2)
        if out:
            out.write_text(f"{text}\n", "utf-8")
    if out is None:
        typer.echo(text)
    else:
        kind = proof["kind"]
        typer.echo(json.dumps({"kind": kind, "file": f"{out}"}) if as_json else f"A proof of {kind} is in {out}")


def _replayed(directory: Path, last: int | None, operator_keys: list[str] | None) -> tuple[Replayed, str]:
    from lionrock.core.engine import Engine
    from lionrock.node.history import replay as replay_history
    from lionrock.site.configuration import ConfigurationInvalid, read_configuration

    try:
        keys = read_configuration(directory).known_keys
    except ConfigurationInvalid as error:
        _fail(words_of(error))
    for text in operator_keys or []:
        name, _, digits = text.partition("=")
        if not re.fullmatch("[0-9a-fA-F]{64}", digits):
            _fail(f"--operator-key {text}: give it as NAME= and 64 hex digits")
        keys[name] = bytes.fromhex(digits)
    engine = Engine()
    with _bar("replaying") as progress:
        return replay_history(directory, engine, last, keys, progress), engine.digest()


def _frame_as_json(past: PastFrame) -> str:
    frame = past.frame
    told = {"type": "frame", "frame": past.number, "sequence": frame.sequence, "records": frame.record_count}
    told |= {"time_ns": frame.time_ns, "record_version": frame.record_version, "side_bytes": len(frame.side)}
    return json.dumps(told | {"hash": past.hash.hex(), "previous_hash": frame.previous_hash.hex()})


def _frame_as_text(past: PastFrame) -> str:
    from datetime import UTC, datetime

    frame = past.frame
    seconds, nanoseconds = divmod(frame.time_ns, 10**9)
    try:
        time = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
    except (OverflowError, ValueError):
        time = f"{frame.time_ns} ns"
    records = f"records {frame.sequence} to {frame.next_sequence - 1}" if frame.record_count else "no record"
    return f"frame {past.number}  {time}  {records}  side {len(frame.side)} bytes  hash {past.hash.hex()}"


def _command_as_json(past: PastFrame, command: PastCommand) -> str:
    told = {"type": "command", "frame": past.number} | _told(command)
    return json.dumps(told | ({"note": command.note.hex()} if command.note else {}))


def _told(command: PastCommand) -> dict[str, object]:
    if command.command is None:
        return {"sequence": command.sequence, "command": None, "record": command.record.hex()}
    import msgspec

    fields = msgspec.structs.asdict(command.command)
    return {"sequence": fields.pop("sequence"), "command": type(command.command).__name__} | fields


def _command_as_text(command: PastCommand) -> str:
    told = _told(command)
    sequence, name = told.pop("sequence"), told.pop("command") or "unknown"
    note = [f"note={command.note!r}"] if command.note else []
    return f"  {sequence}  {name}  {'  '.join([*(f'{field}={value}' for field, value in told.items()), *note])}"


@contextmanager
def _bar(words: str, *, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=hidden or not console.is_terminal) as bars:
        task = bars.add_task(words)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def _failing_clearly() -> Iterator[None]:
    from lionrock.journal.checkpoints import CheckpointInvalid
    from lionrock.journal.proofs import CannotProve
    from lionrock.journal.verify import CannotCheck
    from lionrock.journal.verify import Fault as Damage
    from lionrock.words.faults import Fault

    try:
        yield
    except (CannotCheck, CannotProve, CheckpointInvalid, Damage, Fault, OSError) as error:
        _fail(words_of(error))


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
