"""Registers: what a record must have, which steps it may take, and when it is due."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lionrock.compliance.papers.periods import Deadline
from lionrock.compliance.registers.facts import RegisterFacts
from lionrock.compliance.registers.registers import MOST_OPEN_COMPLAINTS, Registers, TooManyComplaints
from lionrock.compliance.registers.terms import TERMS, Register
from lionrock.compliance.staff_identity import StaffActionRefused, StaffIdentity
from lionrock.rulebook.facts import Obligation, RecordShape, Watched
from lionrock.store.database import open_database
from lionrock.store.sealing import Sealer
from tests.compliance.places import Weekdays, at
from tests.gateways.rest.inside import stored

OFFICER = StaffIdentity("s1", frozenset({"compliance_officer"}))
ENGINEER = StaffIdentity("s2", frozenset({"technology"}))
FINANCE = StaffIdentity("s3", frozenset({"finance"}))
REPORT = {
    "cause": "A full disk",
    "time": "2026-03-02 10:00",
    "duration": "14 minutes",
    "systems": "order entry",
    "recurrence": "first time",
    "clients_affected": "31",
    "fix": "space was freed",
    "prevention": "an alarm at 80 %",
}
KNOWN = at("2026-03-06 10:00")
DEADLINES = {
    Register.INCIDENT: Deadline(24, "hours"),
    Register.COMPLAINT: Deadline(2, "months"),
    Register.PARTICULARS_CHANGE: Deadline(7, "business_days"),
    Register.PATCH: Deadline(1, "months"),
    Register.AML_POLICY_CHANGE: Deadline(10, "business_days"),
}


@pytest.fixture
def registers(tmp_path: Path) -> Iterator[Registers]:
    database, sealer = open_database(tmp_path), Sealer(bytes(32), os.urandom)
    yield Registers(database, sealer, os.urandom, deadlines=DEADLINES, calendar=Weekdays())
    database.dispose()


def refused(error: pytest.ExceptionInfo[StaffActionRefused]) -> tuple[str, object]:
    return error.value.name, error.value.figures.get("missing")


@pytest.mark.shows("CAPI-010")
async def test_an_incident_is_told_at_once_and_reported_whole(registers: Registers) -> None:
    begun = {"summary": "Order entry stood", "time": "10:00", "systems": "order entry"}
    with pytest.raises(StaffActionRefused) as error:
        await registers.enter(Register.INCIDENT, {"summary": "x"}, ENGINEER, KNOWN)
    assert refused(error) == ("fields_missing", "time, systems")
    record = await registers.enter(Register.INCIDENT, begun, ENGINEER, KNOWN)
    assert (record.state, record.due_ns) == ("open", KNOWN + 24 * 3_600 * 10**9)
    told = await registers.step(record.record_id, "notified", OFFICER, KNOWN + 5, words="by phone and letter")
    assert (told.state, told.done_ns) == ("notified", KNOWN + 5)
    with pytest.raises(StaffActionRefused) as error:
        await registers.step(record.record_id, "reported", OFFICER, KNOWN + 6, cause="A full disk")
    assert refused(error) == (
        "fields_missing", "duration, recurrence, clients_affected, fix, prevention",
    )  # fmt: skip
    whole = await registers.step(record.record_id, "reported", OFFICER, KNOWN + 7, **REPORT)
    assert whole.fields == begun | REPORT
    with pytest.raises(StaffActionRefused, match="cannot become notified"):
        await registers.step(record.record_id, "notified", OFFICER, KNOWN + 8)
    assert (await registers.step(record.record_id, "closed", OFFICER, KNOWN + 9)).done_ns == KNOWN + 5
    steps = await registers.steps(record.record_id, OFFICER)
    assert [(each.state, each.words) for each in steps] == [
        ("notified", "by phone and letter"), ("reported", ""), ("closed", ""),
    ]  # fmt: skip


@pytest.mark.shows("CAPI-010")
@pytest.mark.parametrize("missing", sorted(REPORT))
async def test_no_field_of_the_incident_report_may_be_missing(registers: Registers, missing: str) -> None:
    begun = {"summary": "x", "time": "x", "systems": "x"}
    record = await registers.enter(Register.INCIDENT, begun, ENGINEER, KNOWN)
    await registers.step(record.record_id, "notified", OFFICER, KNOWN)
    with pytest.raises(StaffActionRefused) as error:
        await registers.step(record.record_id, "reported", OFFICER, KNOWN, **(REPORT | {missing: "  "}))
    assert refused(error) == ("fields_missing", missing)


@pytest.mark.shows("CAPI-011")
async def test_a_complaint_from_its_filing_to_its_end(registers: Registers, tmp_path: Path) -> None:
    record = await registers.file_complaint(11, "Withdrawal", "It has taken five days.", KNOWN)
    assert (record.state, record.entered_by, record.due_ns) == ("received", "", at("2026-05-07 00:00") - 1)
    with pytest.raises(StaffActionRefused, match="role"):
        await registers.step(record.record_id, "acknowledged", ENGINEER, KNOWN)
    await registers.step(record.record_id, "acknowledged", OFFICER, KNOWN + 1)
    with pytest.raises(StaffActionRefused) as error:
        await registers.step(record.record_id, "answered", OFFICER, KNOWN + 2)
    assert refused(error) == ("fields_missing", "answer")
    await registers.step(record.record_id, "answered", OFFICER, KNOWN + 2, answer="It was paid today.")
    (mine,) = await registers.of_account(11)
    assert (mine.state, mine.done_ns, mine.fields["answer"]) == ("answered", KNOWN + 2, "It was paid today.")
    assert await registers.of_account(12) == []
    assert b"five days" not in stored(tmp_path)
    assert "five days" not in repr(mine)


@pytest.mark.shows("CAPI-011")
async def test_complaints_that_wait_have_a_bound(registers: Registers) -> None:
    last = await registers.file_complaint(11, "a", "b", KNOWN)
    for _ in range(MOST_OPEN_COMPLAINTS - 1):
        await registers.file_complaint(11, "a", "b", KNOWN)
    with pytest.raises(TooManyComplaints):
        await registers.file_complaint(11, "a", "b", KNOWN)
    await registers.file_complaint(12, "a", "b", KNOWN)
    await registers.step(last.record_id, "answered", OFFICER, KNOWN, answer="yes")
    await registers.file_complaint(11, "a", "b", KNOWN)


@pytest.mark.shows("CAPI-012")
async def test_a_change_is_told_within_seven_business_days(registers: Registers) -> None:
    told = {"what": "directors", "before": "three", "after": "four"}
    record = await registers.enter(Register.PARTICULARS_CHANGE, told, OFFICER, KNOWN)
    assert record.due_ns == at("2026-03-18 00:00") - 1  # from Friday the 6th to the end of Tuesday the 17th
    with pytest.raises(StaffActionRefused, match="not everything"):
        await registers.step(record.record_id, "notified", OFFICER, KNOWN)
    await registers.step(record.record_id, "notified", OFFICER, KNOWN + 1, reference="SFC/1")
    other = await registers.enter(Register.PARTICULARS_CHANGE, told, OFFICER, KNOWN)
    ended = await registers.step(other.record_id, "withdrawn", OFFICER, KNOWN + 2, reason="it did not happen")
    assert ended.done_ns == KNOWN + 2


@pytest.mark.shows("CAPI-012")
@pytest.mark.parametrize("register", Register)
async def test_every_register_is_kept_by_its_people_alone_and_leads_to_an_end(
    registers: Registers, register: Register
) -> None:
    terms = TERMS[register]
    staff = StaffIdentity("s9", frozenset(terms.roles[:1]))
    fields = dict.fromkeys(terms.opening, "x")
    with pytest.raises(StaffActionRefused, match="role"):
        await registers.enter(register, fields, FINANCE, KNOWN)
    with pytest.raises(StaffActionRefused, match="no field"):
        await registers.enter(register, fields | {"colour": "red"}, staff, KNOWN)
    with pytest.raises(StaffActionRefused, match="too long"):
        await registers.enter(register, fields | {terms.opening[0]: "x" * 10_001}, staff, KNOWN)
    record = await registers.enter(register, fields, staff, KNOWN)
    reached = {terms.begins_as}
    for step in terms.steps:  # from every state some step leads on to what is owed or the end
        assert step.after <= set(terms.states)
        if step.after & reached:
            reached.add(step.state)
    assert reached == set(terms.states)
    done = next(step for step in terms.steps if step.does_what_is_owed)
    after = await registers.step(record.record_id, done.state, staff, KNOWN + 1, **dict.fromkeys(done.needs, "y"))
    assert after.done_ns == KNOWN + 1
    (only,) = await registers.all(register, staff)
    assert only == after
    with pytest.raises(StaffActionRefused):
        await registers.all(register, FINANCE)
    with pytest.raises(StaffActionRefused):
        await registers.steps(record.record_id, FINANCE)


@pytest.mark.shows("CAPI-013")
async def test_what_the_rules_are_told_of_registers(registers: Registers) -> None:
    facts = RegisterFacts(registers)
    assert facts.facts(Obligation) == []
    assert {each.kind for each in facts.facts(Watched) or ()} == {
        "incident_notice", "complaint", "particulars_change", "patch", "aml_policy_change",
    }  # fmt: skip
    record = await registers.file_complaint(11, "a", "b", KNOWN)
    assert facts.facts(Obligation) == [Obligation("complaint", record.record_id, KNOWN)]
    shapes = {each.record: set(each.fields) for each in facts.facts(RecordShape) or ()}
    assert shapes["incident_report"] >= set(REPORT)
    assert shapes["complaint"] >= {"client_id", "received_at", "subject", "answered_at"}
    assert facts.facts(StaffIdentity) is None


async def test_what_is_not_there_is_refused(registers: Registers) -> None:
    with pytest.raises(StaffActionRefused, match="no such record"):
        await registers.step("nothing", "closed", OFFICER, KNOWN)
    record = await registers.enter(Register.PATCH, {"system": "a", "version": "1"}, ENGINEER, KNOWN)
    filled = await registers.complete(record.record_id, ENGINEER, KNOWN, version="2")
    assert (filled.state, filled.fields["version"]) == ("tested", "2")
