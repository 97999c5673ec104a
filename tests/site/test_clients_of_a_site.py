"""The Hong Kong site, whole: an applicant whom people look at, two of them clear, and whom the ledger then knows."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import lionrock.site.definition as definitions
from lionrock.compliance.onboarding.records import PLACE
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.people.staff.roles import Role
from lionrock.rulebook.facts.clients import ClientRecord
from lionrock.rulebook.facts.general import GateWired
from lionrock.site.establishing import establish
from lionrock.site.rooms import Rooms
from lionrock.site.site import Site
from tests.compliance.onboarding.test_privacy import in_clear
from tests.compliance.onboarding.world import PERSONAL
from tests.compliance.rooms import EVA, FINN, LOW_RISK, pass_knowledge
from tests.gateways.rest.applicants import Applicants
from tests.gateways.rest.inside import SECOND, Browser, Inside
from tests.gateways.rest.staff.desk import Desk, enrolled, proposal

TRUST_ENTITY = 2


class HongKong(Inside):
    """As `serve` opens it."""

    @asynccontextmanager
    async def open(self, *, is_sandbox: bool = False) -> AsyncIterator[Inside]:
        source = Path(definitions.__file__).with_name("sites") / "hk.toml"
        shutil.copy(source, self.directory / definitions.FILE_NAME)
        self.site = await Site.open(self.directory, self.clock, os.urandom)
        try:
            definition = self.site.definition
            assert definition is not None
            assert self.site.rooms is not None
            await establish(self.site, definition)
            self.venue = self.site.venue(definition.profile(), definition.arrangements(), is_sandbox=is_sandbox)
            await self.site.staff.open()
            await self.site.rooms.open()
            self.now_ns += SECOND
            self.app = application(self.venue, ENDPOINTS)
            yield self
        finally:
            await self.site.close()


async def lacks_what_is_asked_before(
    inside: Inside, rooms: Rooms, browser: Browser, reviewer: Desk, client_id: str
) -> None:
    """Each thing is named by the refusal of a proposal, and is then there."""
    asked = proposal("onboarding_decision", client_id=client_id, decision="approve")

    async def early() -> dict[str, Any]:
        told: dict[str, Any] = (await reviewer.send("POST", "proposals", asked)).json()["lionrock"]
        return told

    assert (await early())["name"] == "risk_not_rated"
    await reviewer.done("POST", "clients/risk", {"clientId": client_id, "facts": LOW_RISK})
    nothing = await early()
    assert (nothing["name"], nothing["rejection"]) == ("agreement_not_in_force", 21004)
    assert (nothing["figures"], nothing["rules"]) == ({"agreement": "client_agreement"}, ["HK-K05"])
    part, now_ns = rooms.assessed.assessments, inside.now_ns
    (text,) = part.agreements.publish(
        "client_agreement", {"en": "words"}, now_ns, proposer=EVA, approver=FINN, at_ns=now_ns
    )
    assert (await early())["name"] == "agreement_not_accepted"
    to_do = (await browser.done("GET", "onboarding"))["toDo"]
    assert [(each["name"], each["rules"]) for each in to_do] == [
        ("agreement_not_accepted", ["HK-K05"]),
        ("knowledge_before_trading", ["HK-K01"]),
    ]
    await browser.done("POST", "agreements", {"sha256": text.sha256})
    unknowing = await early()
    assert (unknowing["name"], unknowing["rules"]) == ("knowledge_before_trading", ["HK-K01"])
    pass_knowledge(part, client_id, now_ns)
    assert (await browser.done("GET", "onboarding"))["toDo"] == []


@pytest.mark.shows("ONBD-003", "ONBD-009", "ONBD-012", "ONBD-013", "ONBD-017", "ONBD-019", "ONBD-020")
async def test_an_applicant_of_a_licensed_site_is_looked_at_cleared_and_opened(tmp_path: Path) -> None:
    async with HongKong(tmp_path).open() as inside:
        rooms = inside.site.rooms
        assert rooms is not None
        applicants = Applicants(inside, rooms.onboarding)
        browser = await applicants.submitted()
        status = await browser.done("GET", "onboarding")
        assert status["state"] == "in_review", "the site has no provider: people look"
        reviewer = await enrolled(inside, "reviewer", Role.ONBOARDING_REVIEWER)
        officer = await enrolled(inside, "officer", Role.COMPLIANCE_OFFICER)
        queued = [each["itemId"] for each in await reviewer.done("GET", "queue") if each["kind"] == "application"]
        assert queued == [status["clientId"]]
        done = await applicants.decided(reviewer, officer, status["clientId"], "pass_identity")
        assert done["state"] == "carried_out", done
        await lacks_what_is_asked_before(inside, rooms, browser, reviewer, status["clientId"])
        done = await applicants.decided(reviewer, officer, status["clientId"], "approve")
        assert done["state"] == "carried_out", done
        status = await browser.done("GET", "onboarding")
        assert status["state"] == "active"
        profile = inside.site.profiles.of(int(status["accountId"]))
        assert profile.legal_entity == TRUST_ENTITY, "clients' accounts stand under the trust entity"
        assert inside.site.gathering is not None
        told = await inside.site.gathering()
        records = await asyncio.to_thread(told.facts, ClientRecord) or ()
        assert [(each.client_id, each.state) for each in records] == [(status["clientId"], "active")]
        assert records[0].due_diligence_complete, "as was asked before the account was opened"
        assert not records[0].may_trade, "nobody has seen a risk profile yet"
        run = await rooms.rulebook.run()
        found = {each.id: each for each in run.rules}
        assert found["HK-A17"].status == "pass", found["HK-A17"].words
        gates = await asyncio.to_thread(told.facts, GateWired) or ()
        wired = {each.gate: each.admitted for each in gates if each.place == PLACE}
        assert wired["one_account_per_client"] >= 1
        assert wired["due_diligence_before_account"] >= 1
        assert in_clear(tmp_path, PERSONAL) == []
    assert in_clear(tmp_path, PERSONAL) == []
