"""How long records stay, what holds them, and what an erasure answers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, Engine, Integer, MetaData, String, Table, create_engine, insert

from lionrock.compliance.records import tables
from lionrock.compliance.records.facts import KeepingFacts
from lionrock.compliance.records.keeping import FOREVER_DAYS, NS_PER_DAY, Begins, Keeping, Requirement, strictest
from lionrock.compliance.records.records import HoldNeedsTwo, HoldUnknown, Keeper, Line
from lionrock.compliance.records.shelves import Standing, TableShelf
from lionrock.rulebook.facts import RecordClass
from lionrock.store.sealing import Sealer
from lionrock.words.side_notes import StatementKind

ANN, BOB = "a" * 32, "b" * 32
OFFICER, SECOND = "c" * 32, "d" * 32
DAY = NS_PER_DAY
JOURNAL = Standing("orders", ("journal",), "Orders stand in the journal under an opaque number.")

_metadata = MetaData()
_notes = Table(
    "contract_notes_rows",
    _metadata,
    Column("note_id", Integer, primary_key=True),
    Column("client_id", String, nullable=False),
    Column("made_ns", BigInteger, nullable=False),
)
_identities = Table(
    "identity_rows",
    _metadata,
    Column("row_id", Integer, primary_key=True),
    Column("client_id", String, nullable=False),
    Column("made_ns", BigInteger, nullable=False),
)

KEEPINGS = strictest(
    [
        Requirement("HK-R02", "contract_notes", 731, Begins.RECORD),
        Requirement("HK-R01", "client_identity", 2_557, Begins.RECORD),
        Requirement("HK-A15", "client_identity", 1_827, Begins.END_OF_RELATIONSHIP),
        Requirement("HK-R02", "orders", 731, Begins.RECORD),
    ],
    {},
)


class Stated:
    """Stands for the journal; may fail once."""

    def __init__(self) -> None:
        self.digests: list[bytes] = []
        self.fails = False

    async def record(self, kind: StatementKind, digest: bytes) -> int:
        assert kind is StatementKind.DOCUMENT
        if self.fails:
            self.fails = False
            raise OSError("the disk is full")
        self.digests.append(digest)
        return len(self.digests)


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    made = create_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    _metadata.create_all(made)
    tables.metadata.create_all(made)
    return made


class Office:
    """A keeper with contract notes and identities of Ann and Bob."""

    def __init__(self, database: Engine) -> None:
        self.left: dict[str, int] = {}
        self.database = database
        shelves = (
            TableShelf(database, "contract_notes", _notes, client=_notes.c.client_id, made_ns=_notes.c.made_ns),
            TableShelf(
                database, "client_identity", _identities, client=_identities.c.client_id, made_ns=_identities.c.made_ns
            ),
        )
        self.keeper = Keeper(
            database,
            Sealer(bytes(32), os.urandom),
            os.urandom,
            shelves=shelves,
            standing=[JOURNAL],
            keepings=lambda _: KEEPINGS,
            left_ns=self.left.get,
        )

    def note(self, client_id: str, made_ns: int) -> None:
        with self.database.begin() as connection:
            connection.execute(insert(_notes).values(client_id=client_id, made_ns=made_ns))

    def identity(self, client_id: str, made_ns: int) -> None:
        with self.database.begin() as connection:
            connection.execute(insert(_identities).values(client_id=client_id, made_ns=made_ns))

    def line(self, client_id: str, record_class: str, now_ns: int) -> Line:
        return next(line for line in self.keeper.plan(client_id, now_ns) if line.record_class == record_class)


@pytest.fixture
def office(database: Engine) -> Office:
    return Office(database)


@pytest.mark.shows("KEEP-001")
def test_the_longest_time_from_the_latest_event_holds() -> None:
    assert KEEPINGS["client_identity"] == Keeping(
        "client_identity", 2_557, Begins.END_OF_RELATIONSHIP, ("HK-A15", "HK-R01")
    )
    assert KEEPINGS["contract_notes"] == Keeping("contract_notes", 731, Begins.RECORD, ("HK-R02",))
    longer = strictest([Requirement("HK-R02", "contract_notes", 731, Begins.RECORD)], {"contract_notes": 3_000})
    assert longer["contract_notes"].keep_days == 3_000
    shorter = strictest([Requirement("HK-R02", "contract_notes", 731, Begins.RECORD)], {"contract_notes": 10})
    assert shorter["contract_notes"].keep_days == 731
    assert strictest([], {"chats": 30})["chats"] == Keeping("chats", 30, Begins.RECORD, ())


@pytest.mark.shows("KEEP-002", "KEEP-005")
@pytest.mark.parametrize(("days", "erased"), [(730, 0), (731, 1), (732, 1)])
def test_a_note_goes_on_the_day_its_time_is_over(office: Office, days: int, erased: int) -> None:
    office.note(ANN, 0)
    office.note(ANN, 5_000 * DAY)
    line = office.line(ANN, "contract_notes", days * DAY)
    assert (line.erased, line.kept) == (erased, 2 - erased)  # Ann is a client still


@pytest.mark.shows("KEEP-002")
@pytest.mark.parametrize(("days", "erased"), [(2_556, 0), (2_557, 1)])
def test_an_identity_goes_so_long_after_the_client_left(office: Office, days: int, erased: int) -> None:
    office.identity(ANN, 0)
    office.left[ANN] = 100 * DAY
    line = office.line(ANN, "client_identity", (100 + days) * DAY)
    assert (line.erased, line.kept) == (erased, 1 - erased)


@pytest.mark.shows("KEEP-003", "KEEP-005")
async def test_an_erasure_answers_line_by_line(office: Office) -> None:
    for made in (0, 10 * DAY, 2_000 * DAY):
        office.note(ANN, made)
    office.note(BOB, 0)
    office.identity(ANN, 0)
    now, stated = 2_010 * DAY, Stated()
    plan = office.keeper.plan(ANN, now)
    report = await office.keeper.erase(ANN, now, stated)
    assert report.lines == plan
    assert plan == (
        Line("contract_notes", 2, 1, 2_731 * DAY, ("HK-R02",), "kept 731 days from the record by HK-R02"),
        Line(
            "client_identity",
            0,
            1,
            None,
            ("HK-A15", "HK-R01"),
            "kept 2557 days from the end of the relationship by HK-A15, HK-R01; the relationship goes on",
        ),
        Line("orders", 0, 0, None, (), JOURNAL.why),
    )
    assert stated.digests == [report.digest]
    assert office.line(ANN, "contract_notes", now).kept == 1
    assert office.line(BOB, "contract_notes", DAY).kept == 1  # nobody else's went


@pytest.mark.shows("KEEP-004")
async def test_a_hold_keeps_everything_until_two_people_release_it(office: Office) -> None:
    office.note(ANN, 0)
    office.left[ANN] = 0
    for by, approver in ((OFFICER, OFFICER), (OFFICER, ""), ("", SECOND)):
        with pytest.raises(HoldNeedsTwo):
            office.keeper.place_hold(ANN, "a court's order", 0, by=by, approved_by=approver)
    hold = office.keeper.place_hold(ANN, "a court's order", 0, by=OFFICER, approved_by=SECOND)
    now = 9_000 * DAY
    report = await office.keeper.erase(ANN, now, Stated())
    assert report.lines[0] == Line("contract_notes", 0, 1, None, ("HK-R02",), f"legal hold {hold.hold_id}")
    assert office.keeper.due(now) == []
    with pytest.raises(HoldNeedsTwo):
        office.keeper.release_hold(hold.hold_id, now, by=OFFICER, approved_by=OFFICER)
    office.keeper.release_hold(hold.hold_id, now, by=OFFICER, approved_by=SECOND)
    with pytest.raises(HoldUnknown):
        office.keeper.release_hold(hold.hold_id, now, by=OFFICER, approved_by=SECOND)
    assert [each.reason for each in office.keeper.holds(ANN)] == ["a court's order"]
    assert (await office.keeper.erase(ANN, now, Stated())).lines[0].erased == 1


@pytest.mark.shows("KEEP-006")
async def test_an_erasure_that_was_cut_short_is_finished_once(office: Office) -> None:
    office.note(ANN, 0)
    stated = Stated()
    stated.fails = True
    with pytest.raises(OSError, match="full"):
        await office.keeper.erase(ANN, 800 * DAY, stated)
    office.note(ANN, 0)  # as if the crash had come before the first one was taken away
    assert await office.keeper.recover(stated) == 1
    assert len(stated.digests) == 1
    assert await office.keeper.recover(stated) == 0
    with pytest.raises(StopIteration):
        office.line(ANN, "contract_notes", 800 * DAY)


@pytest.mark.shows("KEEP-007")
def test_what_outlived_its_time_is_found(office: Office) -> None:
    office.note(ANN, 0)
    office.note(BOB, 100 * DAY)
    assert office.keeper.due(730 * DAY) == []
    assert office.keeper.due(731 * DAY) == [ANN]
    assert office.keeper.due(831 * DAY) == [ANN, BOB]


@pytest.mark.shows("KEEP-001")
def test_rules_are_told_what_is_in_fact_kept(office: Office) -> None:
    assert KeepingFacts(office.keeper, 0).facts(RecordClass) == [
        RecordClass("client_identity", ("identity_rows",), 2_557, "end_of_relationship", is_erased_after=True),
        RecordClass("contract_notes", ("contract_notes_rows",), 731, "record", is_erased_after=True),
        RecordClass("orders", ("journal",), FOREVER_DAYS, "record", is_erased_after=False),
    ]
    assert KeepingFacts(office.keeper, 0).facts(Line) is None
