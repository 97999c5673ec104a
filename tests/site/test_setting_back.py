"""A site that is set back knows nothing of what came later: attested, approved, found out, decided."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from lionrock.compliance.capital.figures import MonthExpenses
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.people.staff.roles import Role
from lionrock.rulebook.attestations import Recorded
from lionrock.rulebook.decision_log import replay
from lionrock.rulebook.statements_of_journal import read_statements
from lionrock.site.backup import back_up
from lionrock.site.restore import restore
from lionrock.site.setting_back import Forgotten
from lionrock.store.database import DATABASE_FILE
from tests.compliance.capital.desks import DOLLAR, with_liquid_capital
from tests.compliance.onboarding.world import PDF
from tests.gateways.rest.inside import SECOND
from tests.site.at_work import DAY_SECONDS, AtWork

AUDIT = "technology_audit"
F1, F2 = (StaffIdentity(name, frozenset({"finance"})) for name in ("f1", "f2"))


class Before(NamedTuple):
    """What the site knew at the moment that it is set back to."""

    sequence: int
    now_ns: int
    attested: tuple[Recorded, ...]
    run_id: str


async def approve_figures(site: AtWork, minor: int) -> None:
    spent = tuple(MonthExpenses(f"2026-{month:02}", 500_000 * DOLLAR) for month in range(1, 13))
    told = with_liquid_capital(minor, entity="operator", as_of_ns=site.now_ns - SECOND, operating_expenses=spent)
    await asyncio.to_thread(site.rooms.paperwork.book.record, told, F1, F2, site.now_ns)


async def worked(directory: Path) -> Before:
    """A day's work, the moment, and another day's."""
    async with AtWork(directory).opened() as site:
        await site.hire()
        told = {"subject": AUDIT, "document_sha256": await site.hand_over()}
        await site.two(Role.TECHNOLOGY, Role.COMPLIANCE_OFFICER, "attestation", **told)
        await approve_figures(site, 1_000_000 * DOLLAR)
        (alarm, *_) = site.rooms.paperwork.book.alarms()
        run = await site.rooms.rulebook.run()
        log = site.rooms.attesting.log
        before = Before(site.site.node.engine.last_sequence, site.now_ns, log.all, run.run_id)
        site.pass_time(DAY_SECONDS)
        for desk in site.desks.values():
            await desk.sign_in()
        told = {"subject": "custody_audit", "document_sha256": await site.hand_over(PDF + b"2")}
        await site.two(Role.TECHNOLOGY, Role.COMPLIANCE_OFFICER, "attestation", **told)
        site.rooms.paperwork.book.notified(alarm.alarm_id, F1, site.now_ns)
        await approve_figures(site, 2_000_000_000 * DOLLAR)
        await site.indices()
        await site.admit("BTC", "retail")
        await site.rooms.rulebook.run()
        assert len(log.all) == 2
        return before


def numbers(directory: Path) -> list[int]:
    """Every place of the journal that the database names."""
    with closing(sqlite3.connect(directory / DATABASE_FILE)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        named = [
            (table, column)
            for table in tables
            for (_, column, *_) in database.execute(f"PRAGMA table_info({table})")
            if column in {"sequence", "recorded_sequence", "opened_sequence"}
        ]
        assert len(named) > 8
        return [
            value
            for table, column in named
            for (value,) in database.execute(f"SELECT {column} FROM {table} WHERE {column} > 0")  # noqa: S608 as listed
        ]


@pytest.mark.shows("OPER-014")
async def test_a_site_that_is_set_back_knows_nothing_that_came_later(tmp_path: Path) -> None:
    directory, target, back = tmp_path / "data", tmp_path / "backup", tmp_path / "back"
    before = await worked(directory)
    await asyncio.to_thread(back_up, directory, target, lambda: before.now_ns, with_master_key=True)
    assert max(numbers(directory)) > before.sequence
    found = await asyncio.to_thread(restore, target, back, until=before.sequence)
    assert found.sequence == before.sequence
    assert found.forgotten == Forgotten(keys=0, capital=1, runs=1)
    assert max(numbers(back)) <= before.sequence, "nothing names a place that the journal has no more"
    with closing(sqlite3.connect(back / DATABASE_FILE)) as database:
        for table in ("staff_audit", "staff_audit_statements"):
            with pytest.raises(sqlite3.IntegrityError, match="entries are added, never changed"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 as listed
    again = AtWork(back)
    again.now_ns = before.now_ns + SECOND
    async with again.opened() as site:
        book, evidence = site.rooms.paperwork.book, site.rooms.rulebook.evidence
        assert site.rooms.attesting.log.all == before.attested
        assert [each.liquid_capital_minor for each in book.positions()] == [1_000_000 * DOLLAR]
        assert {(each.notified_ns, each.notified_by) for each in book.alarms()} == {(None, "")}
        assert evidence.newest() == before.run_id
        assert await asyncio.to_thread(evidence.check_again, before.run_id, site.rooms.rulebook.regime)
        await site.site.staff.open()
        await site.site.staff.audit.carry_to_journal()
        entries = site.site.staff.audit.entries(most=500)
        stated = read_statements(back)
        assert entries
        assert all(stated[each.sequence].digest == each.digest for each in entries), "stated again, every one"
        office = site.rooms.rulebook
        assert replay(office.log, office.rulebook, stated.get) == []
        found_now = await site.statuses()
        assert found_now["HK-C19"] == "no_data", "nobody has attested the audit of custody"


@pytest.mark.shows("OPER-014")
async def test_returns_are_set_back_step_by_step(tmp_path: Path) -> None:
    """A return that was frozen before and filed after is one that was frozen, and approved where it was by then."""
    from sqlalchemy import insert, select

    from lionrock.compliance.capital.forgetting import forget_later_capital
    from lionrock.compliance.capital.returns import ReturnRow
    from lionrock.compliance.capital.tables import capital_returns
    from lionrock.store.database import open_database

    row = ReturnRow(
        "", "monthly_return", "operator", 0, 1, 2, "filed", 10, "f1", "f2", 20, 30, 5, "a" * 64, "b" * 64, "c" * 64, 7
    )
    sealed = dict.fromkeys(("sealed_json", "sealed_pdf", "sealed_xlsx"), b"")
    seen: dict[int, list[tuple[object, ...]]] = {}
    for last_ns, last_sequence in ((9, 6), (10, 6), (19, 6), (20, 7), (29, 7), (20, 6), (30, 7)):
        place = tmp_path / f"{last_ns}-{last_sequence}"
        place.mkdir()
        database = open_database(place)
        with database.begin() as connection:
            connection.execute(insert(capital_returns), msgspec.structs.asdict(row) | {"return_id": "r"} | sealed)
        forget_later_capital(database, last_ns, last_sequence)
        c = capital_returns.c
        with database.connect() as connection:
            columns = c.state, c.approved_by, c.approved_ns, c.filed_ns, c.recorded_sequence
            seen[last_ns * 10 + last_sequence] = [tuple(each) for each in connection.execute(select(*columns))]
        database.dispose()
        shutil.rmtree(place)
    assert seen == {
        96: [],
        106: [("frozen", "", None, None, None)],
        196: [("frozen", "", None, None, None)],
        207: [("approved", "f2", 20, None, 7)],
        297: [("approved", "f2", 20, None, 7)],
        206: [("approved", "f2", 20, None, None)],
        307: [("filed", "f2", 20, 30, 7)],
    }
