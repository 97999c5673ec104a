"""The matrix cannot be inflated: without a test or evidence of its time a row is red. Its files hold the same."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import openpyxl
import pypdf
import pytest
from sqlalchemy import Engine, delete

from lionrock.rulebook import tables
from lionrock.rulebook.checking import Checked, Status, check
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.facts import CapitalPosition
from lionrock.rulebook.matrix import Evidence, Row, counts, index_of_tests, matrix
from lionrock.rulebook.reports import COLUMNS, Report, as_data, as_json, as_pdf, as_xlsx
from lionrock.store.database import open_database
from tests.rulebook.samples import CODE, NOON, Facts, good_facts, ns, regime
from tests.rulebook.statements import Stated

INDEX = {rule.id: [f"tests/test_{rule.id}.py::test_boundary"] for rule in regime().at(NOON)}
DAY_NS = timedelta(days=1) // timedelta(microseconds=1) * 1000
GREEN = {"HB-F01", "HB-R01", "HB-Y01", "HB-T02", "HB-T03", "WORLD-1"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(tmp_path)
    yield opened
    opened.dispose()


def run(at_ns: int = NOON, facts: Facts | None = None, run_id: str = "a1") -> Checked:
    return check(regime(), facts or good_facts(), at_ns, site="harbour", run_id=run_id, code=CODE)


async def evidence(database: Engine, at_ns: int = NOON) -> Evidence:
    store = EvidenceStore(database)
    await store.record(run(at_ns), Stated())
    return store.last()


def rows(evidence: Evidence, index: dict[str, list[str]] = INDEX, at_ns: int = NOON) -> dict[str, Row]:
    return {row.id: row for row in matrix(regime(), at_ns, index, evidence, run(at_ns).run)}


def green(found: dict[str, Row]) -> set[str]:
    return {key for key, row in found.items() if row.status in {Status.PASS, Status.ATTESTED}}


@pytest.mark.shows("RULE-012")
async def test_green_takes_control_test_and_evidence(database: Engine) -> None:
    found = rows(await evidence(database))
    assert green(found) == GREEN
    assert found["WORLD-2"].status is Status.UNCONFIRMED
    assert found["HB-F01"].tests == ("tests/test_HB-F01.py::test_boundary",)
    told = found["HB-F01"].evidence
    assert told is not None
    assert (told.run_id, told.sequence) == ("a1", 100)


@pytest.mark.shows("RULE-012")
@pytest.mark.parametrize("rule", sorted(GREEN))
async def test_removing_the_test_turns_the_row_red(database: Engine, rule: str) -> None:
    found = rows(await evidence(database), {key: tests for key, tests in INDEX.items() if key != rule})
    assert green(found) == GREEN - {rule}
    assert (found[rule].status, found[rule].reason) == (Status.NO_DATA, "No test shows its control.")


@pytest.mark.shows("RULE-012")
@pytest.mark.parametrize("rule", sorted(GREEN))
async def test_removing_the_evidence_turns_the_row_red(database: Engine, rule: str) -> None:
    await evidence(database)
    with database.begin() as connection:
        connection.execute(delete(tables.evidence).where(tables.evidence.c.rule_id == rule))
    found = rows(EvidenceStore(database).last())
    assert green(found) == GREEN - {rule}
    assert (found[rule].status, found[rule].reason) == (
        Status.NO_DATA,
        "Its control never ran, so there is no evidence.",
    )


@pytest.mark.shows("RULE-012")
async def test_evidence_of_yesterday_is_none_of_today(database: Engine) -> None:
    """HB-Y01 renews its evidence every year, all others every day; days are those of Hong Kong."""
    kept = await evidence(database, ns("2026-06-01T23:59:59+08:00"))
    assert green(rows(kept, at_ns=ns("2026-06-01T00:00:00+08:00"))) == GREEN
    assert green(rows(kept, at_ns=ns("2026-06-02T00:00:00+08:00"))) == {"HB-Y01"}
    assert green(rows(kept, at_ns=ns("2027-01-01T00:00:00+08:00"))) == set()


async def test_evidence_of_another_version_is_none(database: Engine) -> None:
    kept = {
        (key, "2023-06-01"): msgspec.structs.replace(each, version="2023-06-01")
        for (key, _), each in (await evidence(database)).items()
    }
    assert "HB-T02" not in green(rows(kept))


async def test_not_run_and_no_data_are_red(database: Engine) -> None:
    assert green(rows({})) == set()
    assert {row.status for row in matrix(regime(), NOON, INDEX, {})} == {Status.NO_DATA}
    facts = good_facts()
    facts.by_type[CapitalPosition] = []
    found = matrix(regime(), NOON, INDEX, await evidence(database), run(facts=facts).run)
    assert next(row for row in found if row.id == "HB-F01").reason == "No position was recorded."


async def test_recorded_matrix_shows_what_the_run_found(database: Engine) -> None:
    recorded = {row.id: row for row in matrix(regime(), NOON, INDEX, await evidence(database))}
    assert green(recorded) == GREEN
    assert recorded["HB-F01"].reason.startswith("As the run a1 of 2026-06-01")


@pytest.mark.shows("RULE-012")
async def test_what_was_recorded_after_the_run_makes_its_evidence_stale(database: Engine) -> None:
    kept = await evidence(database)
    told = EvidenceStore(database).recorded(kept)
    same = matrix(regime(), NOON + 2, INDEX, kept, recorded=told, changed_ns=NOON)
    assert green({row.id: row for row in same}) == GREEN
    found = matrix(regime(), NOON + 2, INDEX, kept, recorded=told, changed_ns=NOON + 1)
    assert green({row.id: row for row in found}) == set()
    stale = next(row for row in found if row.id == "HB-F01")
    assert stale.status is Status.NO_DATA
    assert "recorded after the last run" in stale.reason
    assert "2026-06-01" in stale.reason
    assert stale.next_step == "Run the rulebook on the site."


async def test_a_recorded_matrix_tells_words_and_next_step_of_the_run(database: Engine) -> None:
    facts = good_facts()
    facts.by_type[CapitalPosition] = []
    judged, store = run(facts=facts), EvidenceStore(database)
    await store.record(judged, Stated())
    kept = store.last()
    found = {row.id: row for row in matrix(regime(), NOON, INDEX, kept, recorded=store.recorded(kept))}
    words = next(each for each in judged.run.rules if each.id == "HB-F01")
    assert found["HB-F01"].reason.endswith(f"found: {words.words}")
    assert (found["HB-F01"].next_step, found["HB-F01"].status) == (words.next_step, words.status)


def test_shipped_index_is_read() -> None:
    assert all(isinstance(tests, list) for tests in index_of_tests().values())


async def report(database: Engine) -> Report:
    both = regime("HARBOUR-VATP", "STRAIT-EX")
    found = tuple(matrix(regime(), NOON, INDEX, await evidence(database), run().run))
    return Report("harbour", both.licences, NOON, both.version(NOON), CODE, found, tuple(both.conflicts(NOON)))


@pytest.mark.shows("RULE-013")
async def test_files_hold_the_same(database: Engine) -> None:
    drawn = await report(database)
    data = json.loads(as_json(drawn))
    assert data == json.loads(json.dumps(as_data(drawn)))
    assert sum(data["counts"].values()) == len(data["rules"]) == 9
    assert data["counts"] == counts(drawn.rows)
    first = next(rule for rule in data["rules"] if rule["id"] == "HB-F01")
    assert {"id", "kind", "status", "waits_for", "tests", "evidence"} <= first.keys()
    assert (first["kind"], first["status"]) == ("invariant", "pass")

    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(drawn)))
    cells = list(book["Rules"].iter_rows(values_only=True))
    assert cells[0] == COLUMNS
    assert [row[0] for row in cells[1:]] == [rule["id"] for rule in data["rules"]]
    assert [row[9] for row in cells[1:]] == [rule["status"] for rule in data["rules"]]
    assert [row[6] for row in book["Conflicts"].iter_rows(values_only=True)][1:] == [
        each["outcome"] for each in data["conflicts"]
    ]
    assert ("rules version", data["rules_version"]) in list(book["Where from"].iter_rows(values_only=True))

    pages = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(as_pdf(drawn))).pages)
    text = "".join(pages.split())
    for rule in data["rules"]:
        assert rule["id"] in text
        assert "".join(rule["words"].split()) in text
    assert "cannotbothhold" in text
    assert data["rules_version"] in text


async def test_text_is_no_formula(database: Engine) -> None:
    drawn = await report(database)
    row = msgspec.structs.replace(drawn.rows[0], words="=HYPERLINK(1)", reason="#include")
    drawn = msgspec.structs.replace(drawn, rows=(row,))
    cells = list(openpyxl.load_workbook(io.BytesIO(as_xlsx(drawn)))["Rules"].iter_rows())
    assert cells[1][4].value == "'=HYPERLINK(1)"
    assert "#include" in pypdf.PdfReader(io.BytesIO(as_pdf(drawn))).pages[0].extract_text()
