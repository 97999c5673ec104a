"""A client's document that leaves the house: two people, once, within a day, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lionrock.people.staff.roles import Role
from tests.compliance.onboarding.world import SOLVEIG
from tests.gateways.rest.inside import reason_of, stored
from tests.gateways.rest.licensed import Licensed
from tests.gateways.rest.staff.desk import Desk, proposal

RECIPIENT = "Magistrates' Court, case 12/2027"


class House(NamedTuple):
    """A site, an applicant with documents, who proposes and who checks."""

    site: Licensed
    client_id: str
    document_id: str
    reviewer: Desk
    officer: Desk

    def told(self, **more: str) -> dict[str, Any]:
        payload = {"client_id": self.client_id, "document_id": self.document_id, "recipient": RECIPIENT} | more
        return proposal("document_release", **payload)

    async def released(self) -> str:
        made = await self.reviewer.done("POST", "proposals", self.told())
        done = await self.officer.approve(made)
        assert done["state"] == "carried_out", done
        return str(made["proposalId"])

    async def take(self, desk: Desk, proposal_id: str) -> Any:
        return await desk.send("POST", "clients/documents/release", {"proposalId": proposal_id})

    async def listed(self) -> list[dict[str, Any]]:
        found = await self.officer.done("GET", f"clients/documents/releases?documentId={self.document_id}")
        assert isinstance(found, list)
        return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Licensed(tmp_path).open() as site:
        reviewer = await site.desk("reviewer", Role.ONBOARDING_REVIEWER)
        officer = await site.desk("officer", Role.COMPLIANCE_OFFICER)
        browser, client_id = await site.applicant()
        (document, *_) = await browser.done("GET", "onboarding/documents")
        yield House(site, client_id, document["documentId"], reviewer, officer)


@pytest.mark.shows("STAF-026")
async def test_a_document_is_taken_once_by_whoever_proposed_it(house: House) -> None:
    proposal_id = await house.released()
    (listed,) = await house.listed()
    assert (listed["recipient"], listed["by"], listed["approvedBy"]) == (
        RECIPIENT,
        house.reviewer.staff_id,
        house.officer.staff_id,
    )
    assert listed["takenAtMs"] == 0
    answer = await house.take(house.reviewer, proposal_id)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["cache-control"] == "no-store"
    assert reason_of(await house.take(house.reviewer, proposal_id)) == "release_taken"
    assert (await house.listed())[0]["takenAtMs"] > 0
    logged = {each.event: each for each in house.site.site.staff.audit.entries(subject=proposal_id, most=100)}
    assert logged["document taken out"].staff_id == house.reviewer.staff_id
    assert logged["document taken out"].sequence > 0, "its digest stands in the journal"
    readings = await house.officer.done("GET", f"clients/documents/readings?documentId={house.document_id}")
    assert [(each["staffId"], each["reasonCode"]) for each in readings] == [(house.reviewer.staff_id, "risk")]
    assert RECIPIENT.encode() not in stored(house.site.directory)


@pytest.mark.shows("STAF-026")
async def test_a_release_is_nobody_elses_and_ends(house: House) -> None:
    proposal_id = await house.released()
    other = await house.site.desk("other", Role.ONBOARDING_REVIEWER)
    auditor = await house.site.desk("auditor", Role.AUDITOR)
    for desk in (house.officer, other):
        assert reason_of(await house.take(desk, proposal_id)) == "release_unknown", "it is the proposer's alone"
    assert reason_of(await house.take(auditor, proposal_id)) == "role_missing"
    assert reason_of(await house.take(house.reviewer, "0" * 32)) == "release_unknown"
    house.site.pass_time(24 * 3_600 + 1)
    await house.reviewer.sign_in()
    assert reason_of(await house.take(house.reviewer, proposal_id)) == "release_over"
    assert house.site.rooms.onboarding.documents.readings(house.document_id) == []


@pytest.mark.shows("STAF-026")
async def test_whoever_lost_the_role_takes_nothing_out(house: House) -> None:
    proposal_id = await house.released()
    house.site.site.staff.members.deactivate(house.reviewer.staff_id, "")
    assert (await house.take(house.reviewer, proposal_id)).json()["code"] == -1002
    assert (await house.listed())[0]["takenAtMs"] == 0


@pytest.mark.shows("STAF-026", "STAF-007")
async def test_only_a_document_of_that_client_is_released_and_only_by_two(house: House) -> None:
    _, other_id = await house.site.applicant(SOLVEIG)
    for wrong in (
        {"client_id": other_id},
        {"document_id": "0" * 32},
        {"client_id": "0" * 32},
        {"recipient": " "},
        {"recipient": "x" * 201},
    ):
        refused = await house.reviewer.send("POST", "proposals", house.told(**wrong))
        assert reason_of(refused) == "payload_malformed", wrong
    made = await house.reviewer.done("POST", "proposals", house.told())
    assert reason_of(await house.reviewer.verdict("approve", made)) in {"self_approval", "not_checker"}
    assert reason_of(await house.take(house.reviewer, made["proposalId"])) == "release_unknown", "nobody approved it"
    finance = await house.site.desk("finance", Role.FINANCE)
    assert reason_of(await finance.send("POST", "proposals", house.told())) == "not_maker"
    await house.officer.done("POST", "me/files", {"clientId": house.client_id})
    assert reason_of(await house.officer.verdict("approve", made)) == "own_file"


@pytest.mark.shows("STAF-026")
async def test_what_was_erased_meanwhile_does_not_leave(house: House) -> None:
    proposal_id = await house.released()
    with house.site.site.database.begin() as connection:
        connection.exec_driver_sql("UPDATE client_documents SET state = 'discarded'")
    assert reason_of(await house.take(house.reviewer, proposal_id)) == "document_unknown"


@pytest.mark.shows("STAF-007")
async def test_a_licensed_site_carries_out_every_action_of_the_list(house: House) -> None:
    actions = await house.officer.done("GET", "actions")
    assert {each["action"] for each in actions if not each["isWired"]} == set()
