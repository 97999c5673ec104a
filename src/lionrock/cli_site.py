"""The life of a site: its first day, the end of each, its stop."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from lionrock.site.system_words import words_of

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def add_commands(app: typer.Typer) -> None:
    """Take these commands into the program."""
    app.command()(init)
    app.command()(eod)
    app.command()(stop)


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Data directory to be; must be empty.", show_default=False)
    ],
    site: Annotated[str, typer.Option(help="Which site: hk, mena, eu, global.")],
    staff: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=PERSON",
            help="What somebody signs in with, and what the operator knows the person by. Give two people.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Make a site: its settings, its master key, and its first two administrators with one-time codes.

    There is no default account and no default password. The codes are shown here and nowhere else.

    Example: lionrock init data --site hk --staff ann@example.com=1001 --staff bob@example.com=1002
    """
    import os

    from lionrock.people.staff.refusals import StaffRefused
    from lionrock.site.configuration import FILE_NAME as SETTINGS_FILE
    from lionrock.site.definition import FILE_NAME as DEFINITION_FILE
    from lionrock.site.definition import DefinitionInvalid, UnknownSite
    from lionrock.site.initialising import NotEmpty, initialise
    from lionrock.site.staffing import FirstMember
    from lionrock.store.sealing import MASTER_KEY_FILE

    first = [FirstMember(*each.rsplit("=", 1)) for each in staff if "=" in each]
    if len(first) != len(staff) or len(first) != 2:
        _fail("give --staff NAME=PERSON twice: what takes two people takes them from the first day")
    try:
        made = initialise(directory, site, first, time.time_ns, os.urandom)
    except StaffRefused as refused:
        _fail(f"{refused.words}: {refused.next_step}")
    except (NotEmpty, UnknownSite, DefinitionInvalid, OSError) as error:
        _fail(words_of(error))
    members = [
        {"name": each.name, "staff_id": enrolled.staff_id, "enrolment_code": enrolled.code, "ends_ns": enrolled.ends_ns}
        for each, enrolled in zip(first, made.enrolled, strict=True)
    ]
    files = {name: f"{directory / name}" for name in (DEFINITION_FILE, SETTINGS_FILE, MASTER_KEY_FILE)}
    if as_json:
        typer.echo(json.dumps({"directory": f"{directory}", "site": site, "files": files, "staff": members}))
        return
    typer.echo(f"{directory} is {made.title}: {', '.join(files)}\n")
    for member in members:
        typer.echo(f"{member['name']:32} enrolment code {member['enrolment_code']}")
    typer.echo(
        "\nEach code works once, within 24 hours, at /staff/enrol of the site: served as below, at\n"
        f"http://127.0.0.1:8000/staff/enrol. Hand each to its owner alone. Keep a copy of {MASTER_KEY_FILE}\n"
        "apart from every backup.\n\n"
        f"Next: look through {SETTINGS_FILE}, then\n\n"
        f"lionrock doctor {shlex.quote(f'{directory}')} --port 8000\n"
        f"lionrock serve --data {shlex.quote(f'{directory}')} --port 8000"
    )


def eod(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Directory of the packs; each day gets a folder of its own there.")],
    day: Annotated[
        str | None, typer.Option(help="As 2026-01-31, by the site's clock; the last day that is over without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the pack of a day: what the site shows for it, signed. The site may be serving.

    Exit code 1 when something about the day is open, which is told and stands in the pack; 2 when none was made.

    Example: lionrock eod data --out packs
    """
    import os
    from datetime import date

    from lionrock.journal.checkpoints import CheckpointInvalid
    from lionrock.journal.segments import JournalDamaged
    from lionrock.node.skipping import PoisonFrame
    from lionrock.rulebook.evidence import EvidenceBroken
    from lionrock.site.configuration import ConfigurationInvalid
    from lionrock.site.definition import AnotherSite, DefinitionInvalid
    from lionrock.site.end_of_day import CannotPack, make_pack
    from lionrock.store.database import DatabaseUnusable
    from lionrock.store.sealing import MasterKeyUnusable, SealBroken

    mine = (AnotherSite, CannotPack, CheckpointInvalid, ConfigurationInvalid, DefinitionInvalid, EvidenceBroken)
    stored = (DatabaseUnusable, JournalDamaged, MasterKeyUnusable, PoisonFrame, SealBroken)
    try:
        asked = date.fromisoformat(day) if day is not None else None
        packed = make_pack(directory, out, asked, time.time_ns, os.urandom)
    except ValueError:
        _fail(f"--day {day}: write 2026-01-31", 2)
    except (*mine, *stored, OSError) as error:
        _fail(words_of(error), 2)
    if as_json:
        told = {"folder": f"{packed.folder}", "sha256": packed.sha256, "open": packed.open}
        typer.echo(json.dumps(told | {"public_key": packed.public_key}))
    else:
        typer.echo(f"{packed.folder} is the pack of {packed.contents['day']}, signed by {packed.public_key}")
        typer.echo(f"sha256 {packed.sha256}")
        for each in packed.open:
            typer.echo(f"OPEN: {each}")
    if packed.open:
        raise typer.Exit(1)


def stop(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.", show_default=False)],
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until it has ended.")] = 60,
    as_json: AsJson = False,
) -> None:
    """End the site that is served here, in good order, and wait until it has ended.

    Only the process that holds the lock of the directory is asked, whatever number its file has. A second time it
    waits for no client. Exit code 0 when nothing serves the directory any more, 1 when something may.

    Example: lionrock stop data
    """
    from lionrock.site.stopping import CannotStop
    from lionrock.site.stopping import stop as stop_site

    try:
        stopped = stop_site(directory, wait)
    except (CannotStop, OSError) as error:
        _fail(words_of(error))
    words = f"nothing serves {directory}" if stopped.process is None else f"process {stopped.process} has ended"
    typer.echo(json.dumps({"process": stopped.process}) if as_json else words)


def _fail(message: str, exit_code: int = 1) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(exit_code)
