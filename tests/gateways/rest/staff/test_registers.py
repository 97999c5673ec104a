"""Complaints and incidents: when time began to run, what is known, when it was done; attestations by two."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lionrock.compliance.attesting import register_attesting
from lionrock.compliance.papers.periods import Deadline
from lionrock.compliance.registers.facts import RegisterFacts
from lionrock.compliance.registers.registers import Registers
from lionrock.compliance.registers.terms import Register
from lionrock.compliance.registers.work import RegisterWork
from lionrock.people.staff.roles import Role
from lionrock.rulebook.calendars import calendar_of
from lionrock.rulebook.facts import Attested, Obligation
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
@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"register": "complaint", "fields": {}}, "fields_missing"),
        ({"register": "complaint", "fields": COMPLAINT | {"mood": "bad"}}, "field_unknown"),
        ({"register": "complaint", "fields": COMPLAINT | {"answer": "x" * 10_001}}, "field_too_long"),
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


@pytest.mark.shows("STAF-020")
async def test_an_attestation_takes_two(inside: Inside) -> None:
    kept: list[Attested] = []
    register_attesting(inside.site.staff.executors, kept.append)
    maker = await enrolled(inside, "it@example.com", Role.TECHNOLOGY)
    checker = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    wrong = {"action": "attestation", "payload": {"subject": "Audit!", "document_sha256": "a" * 64}}
    assert reason_of(await maker.send("POST", "proposals", wrong)) == "payload_malformed"
    made = await maker.propose("attestation", subject="technology_audit", document_sha256="a" * 64)
    assert kept == []
    done = await checker.approve(made)
    assert done["outcome"] == "technology_audit attested"
    (attested,) = kept
    assert (attested.subject, attested.document_sha256) == ("technology_audit", "a" * 64)
    assert (attested.staff_id, attested.approver_id) == (maker.staff_id, checker.staff_id)
