"""Complaints and incidents: when time began to run, what is known, when it was done; attestations by two."""

from __future__ import annotations

from typing import Any

import pytest

from lionrock.compliance.attesting import register_attesting
from lionrock.compliance.registers.registers import KINDS
from lionrock.people.staff.roles import Role
from lionrock.rulebook.facts import Attested, Obligation, RecordShape, StaffRecord, Watched
from tests.gateways.rest.inside import Inside, reason_of, stored
from tests.gateways.rest.staff.desk import enrolled

COMPLAINT = {"received_at": "2027-01-14", "client_id": "c1", "subject": "a fee of Zebrafish"}


@pytest.mark.shows("STAF-021")
async def test_a_complaint_is_owed_until_it_is_answered(inside: Inside) -> None:
    desk = await enrolled(inside, "desk@example.com", Role.CUSTOMER_SERVICE)
    registers = inside.venue.registers
    assert registers is not None
    begun_ms = inside.now_ns // 1_000_000 - 5_000
    told: dict[str, Any] = {"register": "complaint", "begunAtMs": begun_ms, "fields": COMPLAINT}
    entry = await desk.done("POST", "registers", told)
    owed = Obligation("complaint", entry["entryId"], begun_ms * 1_000_000, None)
    assert registers.facts(Obligation) == [owed]
    assert [item.item_id for item in registers.work(inside.now_ns)] == [entry["entryId"]]
    early = await desk.send("POST", "registers/done", {"entryId": entry["entryId"], "fields": {"answer": "paid back"}})
    assert reason_of(early) == "field_missing"
    fields = {"answer": "paid back", "answered_at": "2027-01-15"}
    done = await desk.done("POST", "registers/done", {"entryId": entry["entryId"], "fields": fields})
    assert done["fields"] == COMPLAINT | fields
    again = await desk.send("POST", "registers/done", {"entryId": entry["entryId"], "fields": fields})
    assert reason_of(again) == "entry_done"
    (fact,) = registers.facts(Obligation) or ()
    assert fact.done_ns == done["doneAtMs"] * 1_000_000 or fact.done_ns // 1_000_000 == done["doneAtMs"]
    assert await desk.done("GET", "registers?register=complaint") == [done]
    assert b"Zebrafish" not in stored(inside.directory)


@pytest.mark.shows("STAF-021")
@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"register": "complaint", "fields": {}}, "field_missing"),
        ({"register": "complaint", "fields": COMPLAINT | {"mood": "bad"}}, "field_unknown"),
        ({"register": "complaint", "fields": COMPLAINT | {"answer": "x" * 4_001}}, "field_too_long"),
        ({"register": "rumours", "fields": COMPLAINT}, "register_unknown"),
        ({"register": "complaint", "fields": COMPLAINT, "begunAtMs": 2_000_000_000_000}, "begin_in_future"),
    ],
)
async def test_an_entry_says_what_it_must(inside: Inside, told: dict[str, Any], name: str) -> None:
    desk = await enrolled(inside, "desk@example.com", Role.COMPLIANCE_OFFICER)
    answer = await desk.send("POST", "registers", {"begunAtMs": 1_700_000_000_000} | told)
    assert reason_of(answer) == name
    unknown = await desk.send("POST", "registers/done", {"entryId": "0" * 32, "fields": {}})
    assert reason_of(unknown) == "entry_unknown"


@pytest.mark.shows("STAF-021")
async def test_what_rules_are_told_of_registers(inside: Inside) -> None:
    registers = inside.venue.registers
    assert registers is not None
    watched = registers.facts(Watched)
    assert watched is not None
    assert {each.kind for each in watched} == set(KINDS)
    shapes = {each.record: each.fields for each in registers.facts(RecordShape) or ()}
    incident = {"cause", "time", "duration", "systems", "recurrence", "clients_affected", "fix", "prevention"}
    assert incident <= set(shapes["incident_report"]), "VATP Guidelines, schedule 3"
    assert {"received_at", "client_id", "subject", "answer", "answered_at"} == set(shapes["complaint"])
    assert registers.facts(StaffRecord) is None
    assert registers.facts(Obligation) == [], "asked, and there is none"


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
