"""A site in this process with onboarding, applicants in their browsers, and two people of the staff."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyotp

from lionrock.compliance.onboarding.documents import PART_BYTES
from lionrock.compliance.onboarding.forms import Form
from lionrock.compliance.onboarding.ledger import NodeLedger
from lionrock.compliance.onboarding.onboarding import Onboarding, Surroundings
from lionrock.compliance.onboarding.orders import OnboardingOrders, OnboardingWork
from lionrock.compliance.onboarding.provider import SimulatedProvider
from lionrock.node.statements import Statements
from lionrock.people.staff.roles import Role
from lionrock.site import sandbox
from lionrock.words.side_notes import StatementKind
from tests.compliance.onboarding.world import ANNA, DAY, REQUIREMENTS, RecordedGates, scan, simple_rules
from tests.gateways.rest.inside import PASSWORD, Browser, Inside
from tests.gateways.rest.staff.desk import Desk, enrolled

NAME = "anna.eriksson@mail.example.com"


class Applicants:
    """What applicants and the staff do at a site that has onboarding."""

    def __init__(self, inside: Inside, onboarding: Onboarding) -> None:
        self.inside, self.onboarding = inside, onboarding

    async def sign_up(self, name: str = NAME) -> Browser:
        answer = await self.inside.post("/lionrock/v1/onboarding/users", {"signInName": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        browser = await self.inside.sign_in(name)
        if not self.inside.venue.profile.requires_second_factor:
            return browser
        return await self._with_authenticator(browser, name)

    async def _with_authenticator(self, browser: Browser, name: str) -> Browser:
        """Signed in anew with a code, as a site asks for that says so."""
        totp = pyotp.parse_uri((await browser.done("POST", "totp", {"password": PASSWORD}))["uri"])
        assert isinstance(totp, pyotp.TOTP)
        await browser.done("PUT", "totp", {"code": totp.at(self.inside.now_ns // 10**9)})
        self.inside.pass_time(30)
        return await self.inside.sign_in(name, code=totp.at(self.inside.now_ns // 10**9))

    async def draft(self, form: Form = ANNA, name: str = NAME) -> Browser:
        """Signed up, with a complete application of a person that is not handed in."""
        browser = await self.sign_up(name)
        begun = await browser.done("POST", "onboarding", {"kind": "person"})
        told = {"version": begun["version"], "form": msgspec.to_builtins(form)}
        await browser.done("PUT", "onboarding/form", told)
        for kind in ("identity", "address"):
            await self.upload(browser, kind)
        return browser

    async def submitted(self, form: Form = ANNA, name: str = NAME) -> Browser:
        browser = await self.draft(form, name)
        await browser.done("POST", "onboarding/submit")
        await self.onboarding.checks.finished()
        return browser

    async def upload(self, browser: Browser, kind: str, content: bytes = b"") -> str:
        content = content or scan(kind)
        told = {"kind": kind, "sizeBytes": len(content), "name": "my passport.pdf"}
        begun = await browser.done("POST", "onboarding/documents", told)
        assert begun["partBytes"] == PART_BYTES
        for number in range(-(-len(content) // PART_BYTES)):
            part = base64.b64encode(content[number * PART_BYTES :][:PART_BYTES]).decode()
            told = {"documentId": begun["documentId"], "part": number, "content": part}
            await browser.done("PUT", "onboarding/documents/parts", told)
        kept = await browser.done("POST", "onboarding/documents/finish", {"documentId": begun["documentId"]})
        assert kept["state"] == "kept"
        return str(kept["documentId"])

    async def staff(self) -> tuple[Desk, Desk]:
        """A reviewer and a compliance officer."""
        reviewer = await enrolled(self.inside, "reviewer", Role.ONBOARDING_REVIEWER)
        return reviewer, await enrolled(self.inside, "officer", Role.COMPLIANCE_OFFICER)

    async def looked_at(self, reviewer: Desk, client_id: str) -> None:
        """Opens every document that is not opened yet."""
        for each in self.onboarding.documents.unopened(client_id, reviewer.staff_id):
            told = {"documentId": each.document_id, "reasonCode": "review", "words": "to decide on it"}
            answer = await reviewer.send("POST", "clients/documents/read", told)
            assert answer.status_code == 200, answer.text

    async def decided(self, reviewer: Desk, officer: Desk, client_id: str, decision: str, **more: str) -> Any:
        """One looks at the documents and proposes, the other approves; how it ended."""
        await self.looked_at(reviewer, client_id)
        payload = {"client_id": client_id, "decision": decision, **more}
        told = {"action": "onboarding_decision", "payload": payload, "reasonCode": "review", "words": "as it should be"}
        made = await reviewer.done("POST", "proposals", told)
        return await officer.approve(made)


class Applying(Applicants):
    """The site in this process, with onboarding put into it."""

    def __init__(self, inside: Inside) -> None:
        site = inside.site
        statements = Statements(site.node)

        async def decision(digest: bytes) -> int:
            return await statements.record(StatementKind.DECISION, digest)

        async def document(digest: bytes) -> int:
            return await statements.record(StatementKind.DOCUMENT, digest)

        self.gates = RecordedGates(site.node)
        around = Surroundings(
            users=site.people,
            ledger=NodeLedger(site.node, site.catalogue.accounts, site.owners),
            gates=self.gates,
            decide=simple_rules,
            answer=simple_rules,
            record_decision=decision,
            record_document=document,
            provider=SimulatedProvider(),
            entity="hk",
            provider_patience_s=1,
        )
        onboarding = Onboarding(
            site.database,
            site.sealer,
            os.urandom,
            inside.clock,
            directory=inside.directory,
            requirements=REQUIREMENTS,
            around=around,
        )
        OnboardingOrders(onboarding).register(site.staff.executors)
        site.staff.queue.add(OnboardingWork(onboarding, DAY))
        inside.venue.onboarding = onboarding
        super().__init__(inside, onboarding)

    @classmethod
    @asynccontextmanager
    async def open(cls, directory: Path) -> AsyncIterator[Applying]:
        """With what the interface says of the licensed site, which asks everybody for a second factor."""
        unopened = Inside(directory)
        unopened.profile = sandbox.DEFINITION.profile()
        async with unopened.open(is_sandbox=True) as inside:
            applying = cls(inside)
            yield applying
            await applying.onboarding.checks.stop()
