"""The log of the staff: every step is in it, the journal has its digests, and nobody changes it unseen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import IntegrityError

from lionrock.people.staff.audit import FIRST, MACHINE, Audit
from lionrock.people.staff.tables import staff_audit, writing
from lionrock.store.database import open_database


class Journal:
    """Stands for the node: keeps digests, and can fail."""

    def __init__(self) -> None:
        self.digests: list[bytes] = []
        self.is_down = False

    async def record(self, digest: bytes) -> int:
        if self.is_down:
            raise OSError("the journal is away")
        self.digests.append(digest)
        return 100 + len(self.digests)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(tmp_path)
    yield opened
    opened.dispose()


def filled(database: Engine, journal: Journal | None = None, count: int = 5) -> Audit:
    audit = Audit(database, journal.record if journal else None)
    with writing(database) as connection:
        for number in range(count):
            audit.add(connection, number, "s1", "did something", f"thing {number}", figure=number)
    return audit


@pytest.mark.shows("STAF-015")
async def test_the_journal_has_every_digest_in_order(database: Engine) -> None:
    journal = Journal()
    audit = filled(database, journal)
    assert await audit.carry_to_journal() == 5
    assert await audit.carry_to_journal() == 0
    entries = audit.entries()
    assert [entry.digest for entry in entries] == journal.digests
    assert [entry.sequence for entry in entries] == [101, 102, 103, 104, 105]
    before = FIRST
    for entry in entries:
        assert entry.previous == before
        assert sha256(entry.canonical).digest() == entry.digest
        before = entry.digest
    assert audit.broken_at() == 0
    assert [entry.entry for entry in audit.entries(after=2, most=2)] == [3, 4]
    assert [entry.entry for entry in audit.entries(subject="thing 3")] == [4]


@pytest.mark.shows("STAF-015")
def test_the_newest_stand_first_and_are_chosen_by_what_they_tell(database: Engine) -> None:
    audit = filled(database)
    with writing(database) as connection:
        audit.add(connection, 6, MACHINE, "expired", "thing 3")
    assert [entry.entry for entry in audit.newest()] == [6, 5, 4, 3, 2, 1]
    assert [entry.entry for entry in audit.newest(before=5, most=2)] == [4, 3]
    assert [entry.entry for entry in audit.newest(subject="thing 3")] == [6, 4]
    assert [entry.entry for entry in audit.newest(subject="thing 3", staff_id="s1")] == [4]
    assert [entry.entry for entry in audit.newest(staff_id=MACHINE)] == [6]
    assert [entry.entry for entry in audit.newest(event="expired", before=6)] == []
    last = audit.last()
    assert last is not None
    assert (last.entry, last.previous) == (6, audit.entries(after=4, most=1)[0].digest)
    assert filled(database, count=0).newest(before=0) == [], "nothing is before the first"


@pytest.mark.shows("STAF-015")
async def test_what_the_journal_missed_is_made_up_for(database: Engine) -> None:
    """As after a crash between the two stores, and for what was done at the machine while no site was serving."""
    filled(database)
    journal = Journal()
    audit = filled(database, journal, count=0)
    journal.is_down = True
    with pytest.raises(OSError, match="away"):
        await audit.carry_to_journal()
    journal.is_down = False
    assert await audit.carry_to_journal() == 5
    assert len(set(journal.digests)) == 5


@pytest.mark.shows("STAF-016")
def test_entries_are_not_changed_by_ordinary_means(database: Engine) -> None:
    audit = filled(database)
    for statement in (update(staff_audit).values(event="nothing"), delete(staff_audit)):
        with pytest.raises(IntegrityError, match="added, never changed"), database.begin() as connection:
            connection.execute(statement)
    assert audit.broken_at() == 0


@pytest.mark.shows("STAF-016")
@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("UPDATE staff_audit SET staff_id = 's2' WHERE entry = 3", 3),
        ("UPDATE staff_audit SET details = CAST('{\"figure\":9}' AS BLOB) WHERE entry = 2", 2),
        ("UPDATE staff_audit SET at_ns = 0 WHERE entry = 5", 5),
        ("DELETE FROM staff_audit WHERE entry = 4", 4),
        ("DELETE FROM staff_audit WHERE entry = 1", 1),
        ("UPDATE staff_audit SET digest = (SELECT digest FROM staff_audit WHERE entry = 1) WHERE entry = 2", 2),
    ],
)
def test_who_can_write_the_file_breaks_the_chain(database: Engine, change: str, at: int) -> None:
    audit = filled(database)
    with database.begin() as connection:
        for statement in ("DROP TRIGGER staff_audit_no_update", "DROP TRIGGER staff_audit_no_delete", change):
            connection.exec_driver_sql(statement)
    assert audit.broken_at() == at


@pytest.mark.shows("STAF-016")
async def test_a_chain_that_is_made_anew_is_not_the_journals(database: Engine, tmp_path: Path) -> None:
    journal = Journal()
    await filled(database, journal).carry_to_journal()
    (tmp_path / "other").mkdir()
    other = open_database(tmp_path / "other")
    forged = filled(other, count=4)
    assert forged.broken_at() == 0
    with writing(other) as connection:
        forged.add(connection, 4, os.urandom(4).hex(), "did something else", "thing 4")
    assert forged.entries()[-1].digest not in journal.digests
    other.dispose()
