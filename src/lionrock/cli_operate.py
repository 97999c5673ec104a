"""The operator's commands: look after a site, back it up, bring it back, get past a frame that cannot be applied."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from lionrock.site.system_words import words_of

if TYPE_CHECKING:
    from lionrock.site.restore import BroughtBack, Kept

operator_app = typer.Typer(help="Keys of those who operate a site.", no_args_is_help=True)
skip_app = typer.Typer(
    help="The way past a frame that the core cannot apply: two operators sign that it is skipped.",
    no_args_is_help=True,
)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Checkpoint = Annotated[Path | None, typer.Option(help="A checkpoint kept elsewhere: the backup must agree with it.")]
PublicKey = Annotated[str | None, typer.Option(help="Key that must have signed it, as name+hash+base64.")]


def add_commands(app: typer.Typer) -> None:
    """Take these commands into the program."""
    app.add_typer(operator_app, name="operator")
    app.add_typer(skip_app, name="skip")
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)


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
        try:
            public = make_key(file, os.urandom)
        except FileExistsError:
            _fail(f"{file} is there already: it was kept, and no key was made. Name another file for a new one")
    words = f"public key  {public}\nprivate key {file}, for its owner alone\n\n"
    words += f'Under [operators], which is in lionrock.toml of the data directory:\n\nNAME = "{public}"'
    _tell({"public_key": public, "file": f"{file}"}, words, as_json)


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


def doctor(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Data directory of the site.", readable=False),  # its findings tell
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Is this TCP port free?")] = None,
    *,
    full: Annotated[bool, typer.Option(help="Read every frame and every checkpoint, not only the end.")] = False,
    proxy_certificate: Annotated[
        Path | None, typer.Option(help="Certificate that a reverse proxy before the site has, as PEM.")
    ] = None,
    proxy_key: Annotated[Path | None, typer.Option(help="The key of that certificate.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look at this machine and a data directory, and say how to mend what is not right. Exit code 1 for an error.

    Example: lionrock doctor data --port 8000

    Example: lionrock doctor data --proxy-certificate /etc/nginx/site.pem --proxy-key /etc/nginx/site.key
    """
    from lionrock.site.doctor import examine
    from lionrock.site.doctor.finding import Level

    proxy = (proxy_certificate, proxy_key) if proxy_certificate and proxy_key else None
    if proxy is None and (proxy_certificate or proxy_key):
        _fail("give --proxy-certificate and --proxy-key together")
    with _failing_clearly(), _bar("reading the journal") as progress:
        findings = examine(directory, port=port, full=full, progress=progress, proxy=proxy)
    sound = all(finding.level is not Level.ERROR for finding in findings)
    if as_json:
        import msgspec

        typer.echo(json.dumps({"sound": sound, "findings": msgspec.to_builtins(findings)}))
    else:
        for finding in findings:
            typer.echo(f"{finding.level:8} {finding.code:20} {finding.words}")
            if finding.remedy:
                typer.echo(f"{'':29} -> {finding.remedy}")
    if not sound:
        raise typer.Exit(1)


def backup(
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Data directory of the site.")] = None,
    target: Annotated[Path | None, typer.Argument(metavar="[TARGET]", help="Where the backup is, or will be.")] = None,
    *,
    with_master_key: Annotated[
        bool, typer.Option(help="Copy master.key as well: whoever gets the backup can then open every API secret.")
    ] = False,
    drill: Annotated[
        Path | None, typer.Option(metavar="TARGET", help="Restore this backup into a temporary directory, to prove it.")
    ] = None,
    master_key: Annotated[
        Path | None, typer.Option(help="For --drill: the site's master.key, where the backup has none.")
    ] = None,
    checkpoint: Checkpoint = None,
    public_key: PublicKey = None,
    as_json: AsJson = False,
) -> None:
    """Copy a site, also while it serves. A second backup into the same TARGET copies only what is new.

    Without master.key (the default) keep a copy of that file elsewhere: API secrets cannot be opened without it. With
    it a drill leaves a report in the backup that the site's key signs; only such a report counts for the rules.

    Example: lionrock backup data backups/data

    Example: lionrock backup --drill backups/data --master-key safe/master.key --checkpoint kept.checkpoint
    """
    from lionrock.site.backup import back_up

    if drill:
        if directory or target or with_master_key:
            _fail("--drill takes the one backup that is to be proved, and no DIR")
        with _failing_clearly():
            _drill(drill, master_key, _kept(checkpoint, public_key), as_json)
        return
    if directory is None or target is None:
        _fail("say what is backed up, and where: lionrock backup DIR TARGET")
    if checkpoint or public_key or master_key:
        _fail("--checkpoint, --public-key and --master-key are for --drill")
    with _failing_clearly(), _bar("replaying the copy") as progress:
        done = back_up(directory, target, time.time_ns, with_master_key=with_master_key, progress=progress)
    manifest = done.manifest
    told = {name: getattr(manifest, name) for name in _PROVED} | {
        "files": len(manifest.files),
        "bytes": sum(file.bytes for file in manifest.files),
        "copied_files": done.copied_files,
        "copied_bytes": done.copied_bytes,
        "has_master_key": manifest.has_master_key,
    }
    words = (
        f"{target} holds {directory} up to sequence {manifest.sequence:,}, {len(manifest.files)} files; "
        f"new: {done.copied_files} files, {done.copied_bytes:,} bytes\nhead {manifest.head_hash}\n"
        f"root {manifest.tree_root}\ndigest {manifest.state_digest}\n"
    )
    words += "master.key is in it: keep it as safe as the site" if with_master_key else _NO_MASTER_KEY
    _tell(told, words, as_json)


def _drill(target: Path, master_key: Path | None, kept: Kept | None, as_json: bool) -> None:
    from lionrock.site.restore import drill

    with _bar("replaying the backup") as progress:
        drilled = drill(target, time.time_ns, kept=kept, master_key=master_key, progress=progress)
    told = _as_told(drilled.brought_back) | {"seconds": round(drilled.seconds, 3), "is_signed": drilled.is_signed}
    words = f"{_in_words(drilled.brought_back)}\nThis took {drilled.seconds:.1f} s, and is removed again\n"
    _tell(told, words + (_SIGNED if drilled.is_signed else _UNSIGNED), as_json)


def restore(
    target: Annotated[Path, typer.Argument(help="The backup.", show_default=False)],
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Data directory to be; must be empty.", show_default=False)
    ],
    *,
    until: Annotated[
        int | None, typer.Option(min=0, help="As the site was after the last whole frame up to this sequence.")
    ] = None,
    master_key: Annotated[Path | None, typer.Option(help="The site's master.key, where the backup has none.")] = None,
    checkpoint: Checkpoint = None,
    public_key: PublicKey = None,
    as_json: AsJson = False,
) -> None:
    """Bring a site back. Every frame is replayed, and head, root and digest must be those of the manifest.

    Example: lionrock restore backups/data data --master-key safe/master.key
    """
    from lionrock.site.restore import restore as restore_backup

    with _failing_clearly(), _bar("replaying the backup") as progress:
        found = restore_backup(
            target,
            directory,
            until=until,
            kept=_kept(checkpoint, public_key),
            master_key=master_key,
            progress=progress,
        )
    words = _in_words(found)
    if until is not None:
        words += (
            f"\nLeft out as it came later: {found.forgotten.keys} API keys of accounts, {found.forgotten.capital} rows "
            f"of capital, {found.forgotten.runs} runs of the rulebook, and all that was attested"
        )
    if found.outside is not None:
        words += _LEFT_OUT if found.outside_left_out else _LEAVE_OUT
    if not found.has_master_key:
        words += f"\n{_NO_MASTER_KEY}; put it into {directory} (mode 0600) before the first start"
    _tell(_as_told(found), words, as_json)


_OTHERS_HOME = "out of lionrock.toml: there the site that went on keeps its own checkpoints"
_LEFT_OUT = f"\n[checkpoints] outside is taken {_OTHERS_HOME}"
_LEAVE_OUT = f"\nBEFORE THE FIRST START take [checkpoints] outside {_OTHERS_HOME}"
_SIGNED = "The backup has a report of it, signed by the site's key"
_UNSIGNED = "NOT ON RECORD: without --master-key nobody can sign that it was done, so it does not count for the rules"
_NO_MASTER_KEY = "master.key is not in it, and API secrets cannot be opened without that file"
_PROVED = ("journal_id", "frames", "sequence", "head_hash", "tree_root", "state_digest")


def _kept(checkpoint: Path | None, public_key: str | None) -> Kept | None:
    from lionrock.site.restore import Kept

    if checkpoint is None:
        return None
    return Kept(checkpoint.read_text("utf-8", errors="replace"), public_key)


def _as_told(found: BroughtBack) -> dict[str, object]:
    fields = found._asdict()
    manifest, forgotten = fields.pop("manifest"), fields.pop("forgotten")
    told = {f"forgotten_{name}": count for name, count in forgotten._asdict().items()}
    return {"journal_id": manifest.journal_id} | fields | told


def _in_words(found: BroughtBack) -> str:
    return (
        f"Restored up to sequence {found.sequence:,}, {found.frames:,} frames, as proved by replaying them all\n"
        f"head {found.head_hash}\nroot {found.tree_root}\ndigest {found.state_digest}"
    )


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
    from lionrock.site.backup import BackupRefused
    from lionrock.site.configuration import ConfigurationInvalid
    from lionrock.site.manifest import BackupDamaged
    from lionrock.site.poison import CannotSkip, KeyUnusable, NothingToSkip
    from lionrock.site.restore import RestoreRefused

    known = (ConfigurationInvalid, DirectoryInUse, JournalDamaged, OSError)
    refused = (BackupDamaged, BackupRefused, RestoreRefused, CannotSkip, KeyUnusable, NothingToSkip)
    try:
        yield
    except (*known, *refused) as error:
        _fail(words_of(error))


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
