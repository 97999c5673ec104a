"""Complaints and incidents: when time began to run, what is known, when it was done."""

from __future__ import annotations

import os
from typing import Any

import pytest
from msgspec import structs

from lionrock.compliance.papers.periods import Deadline
from lionrock.compliance.registers.facts import RegisterFacts
from lionrock.compliance.registers.registers import Registers
from lionrock.compliance.registers.terms import TERMS, Register, Step
from lionrock.compliance.registers.work import RegisterWork
from lionrock.people.staff.roles import Role
from lionrock.rulebook.calendars import calendar_of
from lionrock.rulebook.facts import Obligation
from tests.gateways.rest.inside import Inside, reason_of, stored
from tests.gateways.rest.staff.desk import enrolled

COMPLAINT = {"subject": "a fee of Zebrafish", "text": "it was charged twice"}
DEADLINES = {Register.COMPLAINT: Deadline(2, "months"), Register.INCIDENT: Deadline(24, "hours")}


@pytest.fixture
def registers(inside: Inside) -> Registers:
    """Kept by the site from now on."""
    site = inside.site
    kept = Registers(site.database, site.sealer, os.urandom, deadlines=DEADLINES, calendar=calendar_of("HK"))
    inside.venue.registers = kept
    return kept


@pytest.mark.shows("STAF-021")
async def test_a_complaint_is_owed_until_it_is_answered(inside: Inside, registers: Registers) -> None:
    desk = await enrolled(inside, "desk@example.com", Role.CUSTOMER_SERVICE)
    begun_ms = inside.now_ns // 1_000_000 - 5_000
    told: dict[str, Any] = {"register": "complaint", "begunAtMs": begun_ms, "fields": COMPLAINT}
    record = await desk.done("POST", "registers", told)
    assert record["dueAtMs"] > begun_ms
    facts, work = RegisterFacts(registers), RegisterWork(registers)
    assert facts.facts(Obligation) == [Obligation("complaint", record["recordId"], begun_ms * 1_000_000, None)]
    assert [item.item_id for item in work.work(inside.now_ns)] == [record["recordId"]]
    step = {"recordId": record["recordId"], "state": "answered"}
    assert reason_of(await desk.send("POST", "registers/steps", step)) == "fields_missing"
    done = await desk.done("POST", "registers/steps", step | {"fields": {"answer": "paid back"}, "words": "by phone"})
    assert done["fields"] == COMPLAINT | {"answer": "paid back"}
    assert done["doneAtMs"] > 0
    again = await desk.send("POST", "registers/steps", step)
    assert reason_of(again) == "step_not_possible"
    assert await desk.done("GET", "registers?register=complaint") == [done]
    assert await desk.done("GET", "registers") == [done]
    (taken,) = await desk.done("GET", f"registers/steps?recordId={record['recordId']}")
    assert (taken["state"], taken["words"], taken["staffId"]) == ("answered", "by phone", desk.staff_id)
    assert list(work.work(inside.now_ns)) == []
    assert b"Zebrafish" not in stored(inside.directory)


@pytest.mark.shows("STAF-021")
async def test_what_a_record_is_made_of_is_read_from_the_table(
    inside: Inside, registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a field or a step that is added there is asked for on the page, too."""
    desk = await enrolled(inside, "desk@example.com", Role.CUSTOMER_SERVICE)
    incident, complaint = sorted(
        await desk.done("GET", "registers/kinds"), key=lambda each: each["register"] != "incident"
    )
    assert (incident["register"], complaint["register"]) == ("incident", "complaint"), "the two that the site keeps"
    assert (complaint["beginsAs"], complaint["opening"]) == ("received", ["subject", "text"])
    assert "customer_service" in complaint["roles"]
    answered = {"state": "answered", "after": ["received", "acknowledged"], "needs": ["answer"]}
    assert answered in complaint["steps"]
    terms = TERMS[Register.COMPLAINT]
    praised = Step("praised", frozenset({"received"}), ("praise",))
    more = structs.replace(terms, opening=(*terms.opening, "channel"), steps=(*terms.steps, praised))
    monkeypatch.setitem(TERMS, Register.COMPLAINT, more)
    (found,) = [each for each in await desk.done("GET", "registers/kinds") if each["register"] == "complaint"]
    assert found["opening"] == ["subject", "text", "channel"]
    assert found["steps"][-1] == {"state": "praised", "after": ["received"], "needs": ["praise"]}
    told: dict[str, Any] = {"register": "complaint", "begunAtMs": 1_000, "fields": COMPLAINT}
    assert reason_of(await desk.send("POST", "registers", told)) == "fields_missing"
    whole = told | {"fields": COMPLAINT | {"channel": "by phone"}}
    assert (await desk.done("POST", "registers", whole))["fields"]["channel"] == "by phone"


@pytest.mark.shows("STAF-021")
@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"register": "complaint", "fields": {}}, "fields_missing"),
        ({"register": "complaint", "fields": COMPLAINT | {"mood": "bad"}}, "field_unknown"),
        ({"register": "complaint", "fields": COMPLAINT | {"answer": "x" * 10_001}}, "field_too_long"),
        ({"register": "complaint", "fields": COMPLAINT, "accountId": f"{2**63}"}, "parameter_missing_or_invalid"),
        ({"register": "rumours", "fields": COMPLAINT}, "parameter_missing_or_invalid"),
        ({"register": "patch", "fields": {"system": "a", "version": "1"}}, "parameter_missing_or_invalid"),
        (
            {"register": "complaint", "fields": COMPLAINT, "begunAtMs": 2_000_000_000_000},
            "parameter_missing_or_invalid",
        ),
    ],
)
async def test_a_record_says_what_it_must(
    inside: Inside, registers: Registers, told: dict[str, Any], name: str
) -> None:
    desk = await enrolled(inside, "desk@example.com", Role.COMPLIANCE_OFFICER)
    answer = await desk.send("POST", "registers", {"begunAtMs": 1_700_000_000_000} | told)
    assert reason_of(answer) == name
    unknown = await desk.send("POST", "registers/steps", {"recordId": "0" * 32, "state": "answered"})
    assert reason_of(unknown) == "record_unknown"
    assert registers.times() == []


@pytest.mark.shows("STAF-009")
async def test_a_record_about_ones_own_account_is_for_others(inside: Inside, registers: Registers) -> None:
    account_id = (await inside.account()).account_id
    inside.site.staff.own_files.clients_of.append(lambda number: "c77" if number == account_id else "")
    desk = await enrolled(inside, "desk@example.com", Role.CUSTOMER_SERVICE)
    await desk.done("POST", "me/files", {"clientId": "c77"})
    told: dict[str, Any] = {"register": "complaint", "begunAtMs": 1_700_000_000_000, "fields": COMPLAINT}
    assert reason_of(await desk.send("POST", "registers", told | {"accountId": str(account_id)})) == "own_file"
    assert registers.times() == []
    filed = await registers.file_complaint(account_id, "a fee", "it was charged twice", inside.now_ns)
    step = {"recordId": filed.record_id, "state": "answered", "fields": {"answer": "paid back"}}
    assert reason_of(await desk.send("POST", "registers/steps", step)) == "own_file"
    too_large = await desk.send("POST", "registers", told | {"accountId": str(1 << 63)})
    assert reason_of(too_large) == "parameter_missing_or_invalid"


@pytest.mark.shows("STAF-021")
async def test_a_register_is_for_those_who_answer_for_it(inside: Inside, registers: Registers) -> None:
    engineer = await enrolled(inside, "it@example.com", Role.TECHNOLOGY)
    told = {"register": "complaint", "begunAtMs": 1_700_000_000_000, "fields": COMPLAINT}
    assert reason_of(await engineer.send("POST", "registers", told)) == "role_needed"
    assert reason_of(await engineer.send("GET", "registers?register=complaint")) == "role_needed"
    assert await engineer.done("GET", "registers") == []
    auditor = await enrolled(inside, "auditor@example.com", Role.AUDITOR)
    assert await auditor.done("GET", "registers") == []
    assert registers.times() == []
