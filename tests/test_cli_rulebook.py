"""The rulebook on the command line, on two small licences."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
import typer
from typer.testing import CliRunner

from lionrock import cli_rulebook
from lionrock.cli import app
from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.rulebook import loading, matrix
from lionrock.rulebook.attestations import Attestation, AttestationRecorder
from lionrock.site.definition import choose
from lionrock.store.database import DATABASE_FILE
from tests.rulebook.samples import Facts, good_facts, library, regime
from tests.rulebook.site_of_harbour import site_with_evidence
from tests.rulebook.test_matrix import GREEN, INDEX


@pytest.fixture(autouse=True)
def _small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def open_facts(directory: Path) -> Iterator[Facts]:
        yield good_facts()

    monkeypatch.setattr(loading, "shipped_library", library)
    monkeypatch.setattr(matrix, "index_of_tests", lambda: INDEX)
    monkeypatch.setattr(cli_rulebook, "open_facts", open_facts)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    directory = tmp_path_factory.mktemp("site")
    return directory, asyncio.run(site_with_evidence(directory, time.time_ns(), regime()))


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["rulebook", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def as_data(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.shows("RULE-005", "RULE-015")
def test_list_tells_what_held_on_a_day() -> None:
    told = as_data(run("list", "--site", "harbour", "--as-of", "2025-11-02", "--json"))
    assert {rule["id"]: rule["version"] for rule in told["rules"]}["HB-T02"] == "2023-06-01"
    told = as_data(run("list", "--site", "harbour", "--as-of", "2025-12-01", "--json"))
    assert {rule["id"]: rule["version"] for rule in told["rules"]}["HB-T02"] == "2025-11-03"
    assert "ST-2 is stricter" in run("list", "--site", "harbour,strait", "--as-of", "2023-12-01T00:00:00Z")


@pytest.mark.shows("RULE-015")
def test_explain_tells_clause_control_numbers_and_tests() -> None:
    text = run("explain", "HB-T02")
    for part in (
        "7.6(c)",
        "asset_is_old_enough (least_days = 365)",
        "example day 364: fail",
        "shown by tests/test_HB-T02",
    ):
        assert part in text
    told = as_data(run("explain", "HB-T02", "--as-of", "2025-12-01", "--json"))
    assert [version["in_force"] for version in told["versions"]] == [False, True]
    run("explain", "HB-T99", code=2)


@pytest.mark.shows("RULE-015")
def test_check_tells_every_rule_and_fails_while_one_is_red(site: tuple[Path, str]) -> None:
    told = as_data(run("check", "--site", "harbour", "--data", f"{site[0]}", "--json", code=1))
    rules = {rule["id"]: rule for rule in told["rules"]}
    assert {key for key, rule in rules.items() if rule["status"] in {"pass", "attested"}} == GREEN
    assert rules["HB-C01"]["waits_for"] == "custody"
    assert rules["HB-F01"]["tests"] == INDEX["HB-F01"]
    assert rules["HB-F01"]["evidence"]["run_id"] == "a0"
    assert "no_data      HB-C01" in run("check", "--site", "harbour", "--data", f"{site[0]}", code=1)


def test_without_a_data_directory_everything_is_red() -> None:
    told = as_data(run("check", "--site", "harbour", "--json", code=1))
    assert {rule["status"] for rule in told["rules"]} == {"no_data"}


@pytest.mark.shows("RULE-013", "RULE-015")
def test_report_is_written_in_every_form(site: tuple[Path, str], tmp_path: Path) -> None:
    options = ("report", "--site", "harbour", "--data", f"{site[0]}")
    rules = as_data(run(*options, code=1))["rules"]
    red = sum(rule["status"] in {"fail", "no_data"} for rule in rules)
    assert red > 0, "so the exit code is 1"
    for name in ("json", "pdf", "xlsx"):
        out = tmp_path / f"matrix.{name}"
        told = as_data(run(*options, "--format", name, "--out", f"{out}", "--json", code=1))
        assert told == {"file": f"{out}", "format": name, "rules": len(rules), "red": red}
    assert [rule["id"] for rule in json.loads((tmp_path / "matrix.json").read_text())["rules"]] == [
        rule["id"] for rule in rules
    ]
    assert openpyxl.load_workbook(tmp_path / "matrix.xlsx")["Rules"].max_row == len(rules) + 1
    assert "HB-F01" in pypdf.PdfReader(io.BytesIO((tmp_path / "matrix.pdf").read_bytes())).pages[0].extract_text()
    run(*options, "--format", "doc", code=2)


def test_report_of_a_past_day_shows_what_was_recorded_by_then(site: tuple[Path, str]) -> None:
    told = as_data(run("report", "--site", "harbour", "--data", f"{site[0]}", "--as-of", "2026-01-31", code=1))
    assert {rule["status"] for rule in told["rules"]} == {"no_data"}
    run("report", "--site", "harbour", "--as-of", "yesterday", code=2)


@pytest.mark.shows("RULE-014", "RULE-015")
def test_bundle_is_verified(site: tuple[Path, str], tmp_path: Path) -> None:
    directory, key = site
    out = tmp_path / "harbour.bundle"
    told = as_data(run("bundle", "--site", "harbour", "--data", f"{directory}", "--out", f"{out}", "--json"))
    assert (told["rules"], told["public_key"]) == (9, key)
    assert as_data(run("verify", f"{out}", "--public-key", key, "--json"))["sound"]
    out.write_bytes(out.read_bytes().replace(b"HB-F01", b"HB-F02"))
    run("verify", f"{out}", "--public-key", key, code=1)
    run("bundle", "--site", "harbour", "--data", f"{tmp_path}", "--out", f"{out}", code=2)


async def attest(directory: Path) -> None:
    node = Node.open(directory, Engine, time.time_ns)
    told = Attestation(
        subject="technology_audit", document_sha256="a" * 64, proposal_id="p1", staff_id="s1", approver_id="s2"
    )
    await AttestationRecorder(node).record(told)
    await node.close()


@pytest.mark.shows("RULE-014")
def test_bundle_has_the_time_of_its_run_and_is_red_when_an_attestation_came_later(
    site: tuple[Path, str], tmp_path: Path
) -> None:
    directory, out = shutil.copytree(site[0], tmp_path / "site"), tmp_path / "harbour.bundle"
    asyncio.run(attest(directory))
    run("bundle", "--site", "harbour", "--data", f"{directory}", "--out", f"{out}")
    told = json.loads(json.loads(out.read_text())["contents"])
    told_report = told["report"]
    assert told_report["at_ns"] == told_report["run_at_ns"] == json.loads(told["run"])["at_ns"]
    assert {rule["status"] for rule in told_report["rules"]} == {"no_data"}
    assert as_data(run("verify", f"{out}", "--public-key", site[1], "--json"))["sound"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1677-01-01", "9999-12-31T12:00:00Z"])
def test_a_day_that_no_clock_of_the_record_holds_is_said_clearly(day: str) -> None:
    run("list", "--site", "harbour", "--as-of", day, code=2)


@pytest.mark.shows("RULE-010", "RULE-015")
def test_replay_decides_again_and_finds_what_was_changed(site: tuple[Path, str], tmp_path: Path) -> None:
    directory = shutil.copytree(site[0], tmp_path / "site")
    options = ("replay", "--site", "harbour", "--data", f"{directory}")
    assert as_data(run(*options, "--json")) == {"decisions": 1, "differences": []}
    with closing(sqlite3.connect(directory / DATABASE_FILE)) as database, database:
        database.execute("UPDATE rulebook_decisions SET outcome = 'admitted'")
    assert "decision 1: record: what the table shows is not what was sealed" in run(*options, code=1)
    run("replay", "--site", "harbour", "--data", f"{tmp_path}", code=2)


@pytest.mark.shows("RULE-015")
@pytest.mark.parametrize("site", ["", " ", ",", " , "])
def test_a_site_without_a_name_is_refused_by_every_command(site: str, tmp_path: Path) -> None:
    """Rules of nothing all hold, which nobody may read as clean."""
    out, data = ("--out", f"{tmp_path / 'b'}"), ("--data", f"{tmp_path}")
    for command in (("list",), ("explain", "HB-T02"), ("check",), ("report",), ("replay", *data)):
        result = CliRunner().invoke(app, ["rulebook", *command, "--site", site])
        assert result.exit_code == 2, command
        if command[0] != "replay":  # which looks for the master key first
            assert "--site names no site: give one of eu, global, hk, mena" in result.output
    run("bundle", "--site", site, *data, *out, code=2)


def test_check_takes_the_site_of_the_directory_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "site"
    choose(directory, "hk")
    asked: list[object] = []

    def ask(of: str, *_: object) -> None:
        asked.append(of)
        raise typer.Exit(3)

    monkeypatch.setattr(cli_rulebook, "_regime", ask)
    for command in (("check",), ("report",), ("report", "--as-of", "2026-01-31")):
        run(*command, "--data", f"{directory}", code=3)
    run("check", "--site", "harbour,strait", "--data", f"{directory}", code=3)  # licences, which are marked as others
    assert asked == ["hk", "hk", "hk", "harbour,strait"]
    for name in ("check", "report"):
        result = CliRunner().invoke(app, ["rulebook", name, "--site", "mena", "--data", f"{directory}"])
        assert result.exit_code == 2
        assert f"{directory} belongs to the site hk, not to mena: leave --site out, or give hk" in result.stderr
    assert len(asked) == 4, "no rule was asked"


def test_a_name_that_nothing_has_is_told_with_the_sites() -> None:
    result = CliRunner().invoke(app, ["rulebook", "check", "--site", "nosuch"])
    assert result.exit_code == 2
    assert "there is no pack of the licence nosuch; there are " in result.stderr
    assert "and the sites eu, global, hk, mena" in result.stderr
    nobody = CliRunner().invoke(app, ["rulebook", "check"])
    assert (nobody.exit_code, "give --site: eu, global, hk, mena" in nobody.stderr) == (2, True)


def test_what_cannot_be_told_is_said_clearly(tmp_path: Path) -> None:
    run("list", "--site", "nowhere", code=2)
    run("check", "--site", "harbour", "--data", f"{tmp_path / 'nothing'}", code=2)
    run("check", "--site", "harbour", "--data", f"{tmp_path}", code=2)
