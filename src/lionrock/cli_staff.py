"""The operator's people, from the machine itself."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from lionrock.site.system_words import words_of

staff_app = typer.Typer(help="The operator's people.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Data directory of the site.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@staff_app.command()
def enrol(
    directory: Directory,
    name: Annotated[str, typer.Option(help="What they sign in with, such as an e-mail address.")],
    person: Annotated[
        str, typer.Option(help="What the operator knows the person by; two accounts of one person name the same.")
    ],
    as_json: AsJson = False,
) -> None:
    """Enrol an administrator and print the one-time code for their passkey. All other roles take two people.

    Example: lionrock staff enrol data --name ann@example.com --person 1001
    """
    import os

    from sqlalchemy.exc import SQLAlchemyError

    from lionrock.people.staff.refusals import StaffRefused
    from lionrock.site.staffing import NoSite, enrol_administrator
    from lionrock.store.database import DatabaseUnusable
    from lionrock.store.sealing import MasterKeyUnusable

    try:
        enrolled = enrol_administrator(directory, name, person, time.time_ns, os.urandom)
    except StaffRefused as refused:
        typer.echo(f"{refused.words}: {refused.next_step}", err=True)
        raise typer.Exit(1) from refused
    except (NoSite, DatabaseUnusable, MasterKeyUnusable, SQLAlchemyError, OSError) as error:
        typer.echo(words_of(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps({"staff_id": enrolled.staff_id, "enrolment_code": enrolled.code}))
        return
    typer.echo(f"staff id       {enrolled.staff_id}")
    typer.echo(f"enrolment code {enrolled.code}")
    typer.echo("\nIt works once, within 24 hours, at /staff/enrol of the site.")
