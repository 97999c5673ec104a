"""`lionrock init`: a site that can act by two people from its first day, and nothing that was there is touched."""

from __future__ import annotations

import json
import re
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lionrock.cli import app
from lionrock.people.staff.audit import Audit
from lionrock.people.staff.roles import Role
from lionrock.site.configuration import FILE_NAME, Configuration, read_configuration
from lionrock.site.definition import choose, definition_of
from lionrock.site.doctor import examine
from lionrock.site.doctor.finding import Level
from lionrock.site.settings_file import commented_settings, described_settings
from lionrock.store.database import open_database
from tests.gateways.rest.inside import Inside
from tests.gateways.rest.staff.desk import at_desk, proposal

TWO = ("--staff", "ann@example.com=1001", "--staff", "bob@example.com=1002")


def init(directory: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["init", f"{directory}", "--site", "hk", *options])


def made(directory: Path) -> Any:
    result = init(directory, *TWO, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.shows("OPER-016")
def test_a_new_site_is_for_its_owner_alone_and_the_doctor_finds_no_error(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    told = made(directory)
    assert {name: mode(directory / name) for name in told["files"]} | {"": mode(directory)} == {
        "": 0o700,
        "site.toml": 0o600,
        "lionrock.toml": 0o600,
        "master.key": 0o600,
    }
    assert (definition := definition_of(directory)) is not None
    assert definition.site.id == "hk"
    found = examine(directory, port=None, full=False, progress=lambda *_: None)
    assert [each for each in found if each.level is Level.ERROR] == []


@pytest.mark.shows("OPER-016")
def test_the_settings_to_begin_with_are_the_defaults_and_every_line_is_one_that_may_be_made(tmp_path: Path) -> None:
    text = commented_settings()
    (tmp_path / FILE_NAME).write_text(text)
    assert read_configuration(tmp_path) == Configuration()
    with_default = {f"#{each.name} = {each.default}" for each in described_settings() if each.default}
    taken = [line.removeprefix("#") if line in with_default else line for line in text.splitlines()]
    assert len(with_default) > 30
    (tmp_path / FILE_NAME).write_text("\n".join(taken))
    assert read_configuration(tmp_path) == Configuration()
    assert [each.name for each in described_settings() if not each.meaning] == []


@pytest.mark.shows("OPER-016", "STAF-030")
async def test_the_first_two_give_a_third_a_role_together_and_none_alone(tmp_path: Path) -> None:
    told = made(tmp_path / "data")
    ann_told, bob_told = told["staff"]
    inside = Inside(tmp_path / "data")
    inside.now_ns = ann_told["ends_ns"] - 3_600 * 10**9
    async with inside.open():
        ann = await at_desk(inside, ann_told["staff_id"], "ann@example.com", ann_told["enrolment_code"])
        bob = await at_desk(inside, bob_told["staff_id"], "bob@example.com", bob_told["enrolment_code"])
        enrolled = await ann.done("POST", "members", {"signInName": "cy@example.com", "person": "1003"})
        cy = await at_desk(inside, enrolled["staffId"], "cy@example.com", enrolled["enrolmentCode"])
        asked = await ann.propose("role_grant", staff_id=cy.staff_id, role="market_operations")
        alone = await ann.verdict("approve", asked)
        assert alone.json()["lionrock"]["name"] == "self_approval"
        assert (await bob.approve(asked))["state"] == "carried_out"
        roles = {member.staff_id: member.roles for member in inside.site.staff.members.all()}
        administrator = frozenset({Role.ADMINISTRATOR})
        assert roles == {
            ann.staff_id: administrator,
            bob.staff_id: administrator,
            cy.staff_id: frozenset({Role.MARKET_OPERATIONS}),
        }
        own = await ann.send("POST", "proposals", proposal("role_grant", staff_id=ann.staff_id, role="mlro"))
        assert own.json()["lionrock"]["name"] == "about_yourself"
        halted = await bob.send("POST", "proposals", proposal("market_phase", market_id=1, phase=4))
        assert halted.json()["lionrock"]["name"] == "not_maker"


@pytest.mark.shows("STAF-030")
def test_what_was_done_at_the_machine_is_the_beginning_of_the_log(tmp_path: Path) -> None:
    told = made(tmp_path / "data")
    database = open_database(tmp_path / "data")
    try:
        entries = Audit(database).entries()
    finally:
        database.dispose()
    enrolled = {(entry.event, entry.subject, entry.staff_id) for entry in entries}
    assert enrolled == {("staff enrolled", each["staff_id"], "") for each in told["staff"]}


@pytest.mark.shows("OPER-016")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (TWO[:2], "give --staff NAME=PERSON twice"),
        ((*TWO, *TWO[:2]), "give --staff NAME=PERSON twice"),
        (("--staff", "ann@example.com", *TWO[2:]), "give --staff NAME=PERSON twice"),
        ((*TWO[:2], "--staff", "bob@example.com=1001"), "belongs to the same person"),
        ((*TWO[:2], "--staff", "ann@example.com=1002"), "has this name already"),
        ((*TWO, "--site", "moon"), "there is no site moon"),
    ],
)
def test_what_cannot_be_made_leaves_nothing(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    result = init(tmp_path / "data", *options)
    assert (result.exit_code, words in result.stderr) == (1, True), result.output
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "volume").mkdir()
    assert init(tmp_path / "volume", *options).exit_code == 1
    assert list((tmp_path / "volume").iterdir()) == []


@pytest.mark.shows("OPER-016")
def test_a_directory_that_holds_something_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    result = init(tmp_path, *TWO)
    assert (result.exit_code, "is not empty" in result.stderr) == (1, True), result.output
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    choose(tmp_path / "site", "eu")
    assert init(tmp_path / "site", *TWO).exit_code == 1
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["site.toml"]


@pytest.mark.shows("OPER-016")
def test_codes_are_shown_once_and_stand_nowhere(tmp_path: Path) -> None:
    result = init(tmp_path / "data", *TWO)
    codes = re.findall(r"enrolment code ((?:[A-Z2-7]{4}-){7}[A-Z2-7]{4})", result.stdout)
    assert len(codes) == 2
    assert "http://127.0.0.1:8000/staff/enrol" in result.stdout
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert [code for code in codes if code.encode() in stored or code.replace("-", "").encode() in stored] == []


def test_what_comes_next_can_be_pasted_whatever_the_directory_is_called(tmp_path: Path) -> None:
    result = init(tmp_path / "my dir" / "it's", *TWO)
    for line, command in zip(result.stdout.splitlines()[-2:], ("doctor", "serve"), strict=True):
        words = shlex.split(line)
        assert words[:2] == ["lionrock", command]
        assert str(tmp_path / "my dir" / "it's") in words
