"""Only `lionrock init` and `serve` make a site: every other command, where none is, leaves nothing behind."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.site.definition import choose
from lionrock.site.site import Site
from lionrock.store.sealing import MASTER_KEY_FILE

ACCOUNT = ("--account", "1", "--from", "2026-01-01", "--to", "2026-02-01")
OF_A_DIRECTORY: dict[str, tuple[str, ...]] = {
    "doctor": ("DIR",),
    "backup": ("DIR", "ELSEWHERE/backup"),
    "stop": ("DIR",),
    "eod": ("DIR", "--out", "ELSEWHERE/packs"),
    "restore": ("DIR", "ELSEWHERE/restored"),
    "journal verify": ("DIR",),
    "journal dump": ("DIR",),
    "journal replay": ("DIR",),
    "journal digest": ("DIR",),
    "journal prove": ("DIR", "--sequence", "1"),
    "keys show": ("DIR",),
    "keys rotate": ("DIR",),
    "keys change-master": ("DIR",),
    "skip show": ("DIR",),
    "skip sign": ("DIR", "--operator", "ann", "--key", "KEY"),
    "skip record": ("DIR", "--signature", "KEY", "--signature", "KEY"),
    "staff enrol": ("DIR", "--name", "ann@example.com", "--person", "1"),
    "views run": ("DIR", "--once"),
    "views rebuild": ("DIR",),
    "views status": ("DIR",),
    "views statement": ("DIR", *ACCOUNT),
    "rulebook list": ("--site", "hk"),
    "rulebook explain": ("HK-F02", "--site", "hk", "--data", "DIR"),
    "rulebook check": ("--site", "hk", "--data", "DIR"),
    "rulebook report": ("--site", "hk", "--data", "DIR"),
    "rulebook bundle": ("--site", "hk", "--data", "DIR", "--out", "ELSEWHERE/bundle"),
    "rulebook replay": ("--site", "hk", "--data", "DIR"),
    "rulebook verify": ("DIR",),
}
"""Every command that is given a place where a site should be, with what else it needs."""
OF_NO_SITE = {
    "init": "makes the site, where nothing is",
    "serve": "makes the site",
    "demo": "serves one of its own in a temporary place",
    "operator new-key": "makes a file of a key, which is what it is asked for",
    "sandbox": "asks a server",
    "bench": "measures in a temporary place",
    "sim": "works in a temporary place, or makes the one it is given",
}

MAY_BE_MADE = ("place/data/views.sqlite", "place/data/site.sqlite-", "place/data/backups.json", "place/elsewhere")
"""Beside a journal: read models, the database's own log, the log of backups, and what was asked for."""


def commands() -> set[str]:
    """Every command of the program."""
    found, waiting = set[str](), [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        inner: dict[str, Any] = getattr(command, "commands", {})
        waiting += [(f"{name} {each}".strip(), inner[each]) for each in inner]
        if not inner:
            found.add(name)
    return found


def test_every_command_is_tried_or_makes_a_site_by_what_it_is() -> None:
    tried = {name for name in commands() if name in OF_A_DIRECTORY}
    others = {name for name in commands() if name in OF_NO_SITE or name.split()[0] in OF_NO_SITE}
    assert tried | others == commands()
    assert tried == set(OF_A_DIRECTORY)


def tree(place: Path) -> dict[str, str]:
    """Every file and directory below a place, with the hash of its content."""
    return {
        f"{path.relative_to(place)}": hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(place.rglob("*"))
    }


async def lost_its_key(directory: Path) -> None:
    """The directory of a site whose master key somebody took away."""
    choose(directory, "hk")
    site = await Site.open(directory, time.time_ns, token_bytes)
    await site.close()
    (directory / MASTER_KEY_FILE).unlink()


@pytest.mark.shows("KEYS-008")
@pytest.mark.parametrize("kind", ["absent", "empty", "without its key"])
@pytest.mark.parametrize("command", OF_A_DIRECTORY)
async def test_a_command_that_reads_makes_no_site_and_no_key(tmp_path: Path, command: str, kind: str) -> None:
    """The site that lost its key keeps the very files it had: nobody writes a key that opens nothing."""
    directory, elsewhere, key = tmp_path / "place" / "data", tmp_path / "place" / "elsewhere", tmp_path / "key"
    (tmp_path / "place").mkdir()
    if kind != "absent":
        directory.mkdir()
    if kind == "without its key":
        await lost_its_key(directory)
    key.write_text("no key")
    before = tree(tmp_path)
    places = {"DIR": f"{directory}", "KEY": f"{key}"}
    told = [places.get(word, word.replace("ELSEWHERE", f"{elsewhere}")) for word in OF_A_DIRECTORY[command]]
    result = CliRunner().invoke(app, [*command.split(), *told])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    after = tree(tmp_path)
    assert MASTER_KEY_FILE not in {Path(name).name for name in after}
    if kind != "without its key":
        assert after == before
    else:
        assert {name for name in after if name not in before and not name.startswith(MAY_BE_MADE)} == set()


@pytest.mark.shows("KEYS-008")
def test_a_site_that_lost_its_master_key_is_not_served_under_a_new_one(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    asyncio.run(lost_its_key(directory))
    before = tree(directory)
    result = CliRunner().invoke(app, ["serve", "--data", f"{directory}", "--port", "0"])
    assert (result.exit_code, "has no master.key: put the site's own back" in result.stderr) == (1, True), result.output
    assert not (directory / MASTER_KEY_FILE).exists()
    changed = {name for name, digest in tree(directory).items() if before.get(name) != digest}
    assert {name.split(".")[0] for name in changed} <= {"lock", "site"}, changed
