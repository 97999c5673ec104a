"""The Hong Kong site, whole: an applicant whom people look at, two of them clear, and whom the ledger then knows."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import lionrock.site.definition as definitions
from lionrock.compliance.onboarding.records import PLACE
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.people.staff.roles import Role
from lionrock.rulebook.facts.clients import ClientRecord
from lionrock.rulebook.facts.general import GateWired
from lionrock.site.establishing import establish
from lionrock.site.site import Site
from tests.compliance.onboarding.test_privacy import in_clear
from tests.compliance.onboarding.world import PERSONAL
from tests.gateways.rest.applicants import Applicants
from tests.gateways.rest.inside import SECOND, Inside
from tests.gateways.rest.staff.desk import enrolled

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


@pytest.mark.shows("ONBD-003", "ONBD-009", "ONBD-012", "ONBD-013")
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
        for decision in ("pass_identity", "approve"):
            done = await applicants.decided(reviewer, officer, status["clientId"], decision)
            assert done["state"] == "carried_out", done
        status = await browser.done("GET", "onboarding")
        assert status["state"] == "active"
        profile = inside.site.profiles.of(int(status["accountId"]))
        assert profile.legal_entity == TRUST_ENTITY, "clients' accounts stand under the trust entity"
        assert inside.site.gathering is not None
        told = await inside.site.gathering()
        records = await asyncio.to_thread(told.facts, ClientRecord) or ()
        assert [(each.client_id, each.state) for each in records] == [(status["clientId"], "active")]
        assert not records[0].may_trade, "nobody has rated the risk yet, nor seen a knowledge test"
        gates = await asyncio.to_thread(told.facts, GateWired) or ()
        wired = {each.gate: each.admitted for each in gates if each.place == PLACE}
        assert wired["one_account_per_client"] >= 1
        assert wired["due_diligence_before_account"] >= 1
        assert in_clear(tmp_path, PERSONAL) == []
    assert in_clear(tmp_path, PERSONAL) == []
