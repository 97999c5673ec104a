"""A licensed site in this process: its file, its rooms, its rules, with clients who came through onboarding."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lionrock.compliance.onboarding.forms import PersonForm
from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.people.staff.roles import Role
from lionrock.site import sandbox
from lionrock.site.definition import choose
from lionrock.site.establishing import establish
from lionrock.site.rooms import Rooms
from lionrock.site.site import Site
from tests.compliance.onboarding.world import ANNA
from tests.compliance.rooms import LOW_RISK, ready_to_open
from tests.gateways.rest.applicants import Applicants
from tests.gateways.rest.inside import SECOND, Browser, Inside
from tests.gateways.rest.staff.desk import Desk, enrolled


class Licensed(Inside):
    """The Hong Kong site."""

    @asynccontextmanager
    async def open(self, *, is_sandbox: bool = True) -> AsyncIterator[Licensed]:
        choose(self.directory, "hk")
        self.site = await Site.open(self.directory, self.clock, os.urandom)
        try:
            definition = self.site.definition
            assert definition is not None
            await establish(self.site, definition)
            self.venue = self.site.venue(definition.profile(), definition.arrangements(), is_sandbox=is_sandbox)
            await self.site.staff.open()
            await self.rooms.open()
            self.now_ns += SECOND
            endpoints = documented((*ENDPOINTS, *sandbox.ENDPOINTS))
            assert self.site.gathering is not None
            self.site.gathering.endpoints = endpoints
            self.app = application(self.venue, endpoints)
            yield self
        finally:
            await self.site.close()

    @property
    def rooms(self) -> Rooms:
        assert self.site.rooms is not None
        return self.site.rooms

    async def desk(self, name: str, *roles: Role) -> Desk:
        return await enrolled(self, f"{name}@example.com", *roles)

    async def applicant(self, form: PersonForm = ANNA) -> tuple[Browser, str]:
        """Somebody whose application was handed in, signed in; with the client's id."""
        name = f"{form.given_names.split()[0].lower()}@mail.example.com"
        browser = await self._applying.submitted(form, name)
        return browser, (await browser.done("GET", "onboarding"))["clientId"]

    async def client(self, maker: Desk, checker: Desk, form: PersonForm = ANNA) -> tuple[Browser, str]:
        """The same, who passed the test and accepted the agreement, whom one person rated and two took as a client."""
        browser, client_id = await self.applicant(form)
        await maker.done("POST", "clients/risk", {"clientId": client_id, "facts": LOW_RISK})
        user_id = self.rooms.onboarding.clients.get(client_id).user_id
        ready_to_open(self.rooms.assessed.assessments, client_id, user_id, self.now_ns)
        for decision in ("pass_identity", "approve"):
            await self.decided(maker, checker, client_id, decision)
        assert (await browser.done("GET", "onboarding"))["state"] == "active"
        return browser, client_id

    async def decided(self, maker: Desk, checker: Desk, client_id: str, decision: str) -> Any:
        return await self._applying.decided(maker, checker, client_id, decision)

    @property
    def _applying(self) -> Applicants:
        return Applicants(self, self.rooms.onboarding)
