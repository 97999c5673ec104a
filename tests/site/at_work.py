"""A licensed site at work: its staff, its committee, its capital, a client who went the whole way and trades."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import msgspec
import pyotp

from lionrock.compliance.assessments.agreements import clauses_in
from lionrock.compliance.capital.figures import CapitalFigures, MonthExpenses
from lionrock.compliance.onboarding.documents import PART_BYTES
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.rest.server import application
from lionrock.gateways.websocket.topics import STREAMS
from lionrock.people.staff.roles import SEATS, Role
from lionrock.rulebook.checking import Run
from lionrock.rulebook.code_version import release_digest
from lionrock.site import sandbox
from lionrock.site.definition import FILE_NAME, choose
from lionrock.site.establishing import carry_out, establish
from lionrock.site.rooms import Rooms
from lionrock.site.site import Site
from lionrock.views.sql.database import default_url
from lionrock.words.commands import Transfer
from lionrock.words.enumerations import TransferPurpose
from tests.compliance.capital.desks import DOLLAR, figures
from tests.compliance.onboarding.world import ANNA, PDF, scan
from tests.compliance.rooms import LOW_RISK, best_answers
from tests.gateways.rest.inside import PASSWORD, SECOND, Browser, Inside, Key
from tests.gateways.rest.staff.desk import Desk, enrolled
from tests.views.sql.databases import follow

DAY_SECONDS = 86_400
SUITABILITY = "We will not solicit the sale of or recommend any product unless it is suitable for the client."
AGREEMENT = f"What the venue does.\n\n{SUITABILITY}\n\nWhat the client does.\n"
DISCLOSED = ["price_and_volume_24_hours", "price_and_volume_since_admission", "issued_on", "affiliation"]
ATTESTED = (
    "technology_audit",
    "security_assessment",
    "custody_audit",
    "institutional_risk_assessment",
    "employee_dealing_policy",
)
BASKET = "Symbol,Weight\nBTC,60.5\nETH,39.5\n"


def clause_hash(text: str) -> str:
    """As terms name a clause: words with single spaces between them."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


class AtWork(Inside):
    """The site and its clock; every step is one that an operator or a client takes."""

    rooms: Rooms
    template = "hk"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Self]:
        """Opened and established, as `lionrock serve --site NAME --sandbox` does."""
        choose(self.directory, self.template)
        path = self.directory / FILE_NAME
        declared = '"records.storage_approval_reference" = "SFC/2026/1"\n[agreement_clauses.client_agreement]\n'
        if "[agreement_clauses" not in path.read_text():
            path.write_text(path.read_text() + declared + f'suitability = "{clause_hash(SUITABILITY)}"\n')
        self.site = await Site.open(self.directory, self.clock, os.urandom)
        try:
            definition, rooms, gathering = self.site.definition, self.site.rooms, self.site.gathering
            assert definition is not None
            assert rooms is not None
            assert gathering is not None
            await establish(self.site, definition)
            await rooms.open()
            self.rooms, self.currency = rooms, definition.site.reporting_currency
            self.venue = self.site.venue(definition.profile(), definition.arrangements())
            described = documented((*ENDPOINTS, *PROBES, *sandbox.ENDPOINTS), STREAMS)
            gathering.endpoints = described
            gathering.running = lambda: {"sandbox.available": "yes", "sandbox.quoted_markets": 3}
            self.now_ns += SECOND
            self.app = application(self.venue, described)
            yield self
        finally:
            if self.site.rooms is not None:
                await self.site.rooms.onboarding.checks.stop()
                await asyncio.to_thread(self.site.rooms.paperwork.close)
            await self.site.close()

    # The staff

    async def hire(self) -> None:
        """Everybody with a role of their own."""
        roles = (Role.COMPLIANCE_OFFICER, Role.RESPONSIBLE_OFFICER, Role.ONBOARDING_REVIEWER, Role.TECHNOLOGY, *SEATS)
        self.desks = {role: await enrolled(self, f"{role.value}@example.com", role) for role in roles}

    def desk(self, role: Role) -> Desk:
        return self.desks[role]

    async def two(self, maker: Role, checker: Role, action: str, /, **payload: Any) -> None:
        """One proposes and another approves."""
        done = await self.desk(checker).approve(await self.desk(maker).propose(action, **payload))
        assert done["state"] == "carried_out", done

    async def hand_over(self, content: bytes = PDF, role: Role = Role.TECHNOLOGY) -> str:
        """A document of the house, part by part; gives its SHA-256."""
        told = {"sizeBytes": len(content), "name": "audit.pdf"}
        begun = await self.desk(role).done("POST", "attestations/documents", told)
        named = {"documentId": begun["documentId"]}
        for part in range(-(-len(content) // PART_BYTES)):
            piece = content[part * PART_BYTES : (part + 1) * PART_BYTES]
            sent = named | {"part": part, "content": base64.b64encode(piece).decode()}
            await self.desk(role).done("PUT", "attestations/documents/parts", sent)
        kept = await self.desk(role).done("POST", "attestations/documents/finish", named)
        assert kept["sha256"] == hashlib.sha256(content).hexdigest()
        return str(kept["sha256"])

    async def attest(self) -> None:
        """What the site's rules ask for, and what its file alone says."""
        document, desk = await self.hand_over(), self.rooms.attesting
        asked = desk.asked()
        for each in asked.values():
            if each.subject in ATTESTED or each.declares:
                told = {"subject": each.subject, "document_sha256": document, "value": desk.declared(each.declares)}
                await self.two(Role.TECHNOLOGY, Role.COMPLIANCE_OFFICER, "attestation", **told)
        if "release_signoff" in asked:
            release = {"subject": "release_signoff", "document_sha256": release_digest()}
            await self.two(Role.TECHNOLOGY, Role.RESPONSIBLE_OFFICER, "attestation", **release)

    async def publish_agreement(self) -> None:
        assert clauses_in(AGREEMENT, {"suitability": clause_hash(SUITABILITY)})
        await self.two(
            Role.COMPLIANCE_OFFICER,
            Role.RESPONSIBLE_OFFICER,
            "agreement_version",
            agreement="client_agreement",
            texts={"en": AGREEMENT},
            in_force_ns=self.now_ns,
        )

    async def record_capital(self) -> None:
        """In the currency that the site reports in. One finance officer enters the figures, another approves them."""
        book = self.rooms.paperwork.book
        finance, other = StaffIdentity("f1", frozenset({"finance"})), StaffIdentity("f2", frozenset({"finance"}))
        spent = tuple(MonthExpenses(f"2026-{month:02}", 500_000 * DOLLAR) for month in range(1, 13))
        told: CapitalFigures = figures(
            entity="operator", as_of_ns=self.now_ns - SECOND, operating_expenses=spent, currency=self.currency
        )
        await asyncio.to_thread(book.record, told, finance, other, self.now_ns)

    # The committee

    async def describe(self, asset: str) -> None:
        """What the committee is to decide on; until then nobody acquires it."""
        described = {
            "issuedOnNs": self.now_ns - 800 * DAY_SECONDS * SECOND,
            "approvalReference": "SFC/2026/2",
            "disclosedFields": DISCLOSED,
        }
        officer = self.desk(Role.COMPLIANCE_OFFICER)
        await officer.done("PUT", "admission/tokens", {"asset": asset, "described": described})

    async def admit(self, asset: str, audience: str) -> None:
        await self.describe(asset)
        for role in SEATS:
            vote = {"asset": asset, "audience": audience, "isFor": True, "reasons": "looked at"}
            await self.desk(role).done("POST", "admission/votes", vote)
        await self.two(
            Role.COMPLIANCE_OFFICER, Role.RESPONSIBLE_OFFICER, "admission_decision", asset=asset, audience=audience
        )

    async def indices(self) -> None:
        """Two providers that have nothing to do with each other."""
        for name in ("Alpha", "Beta"):
            payload = {
                "provider": name,
                "provider_group": name,
                "is_iosco_compliant": True,
                "has_conventional_indices": True,
                "indices": [f"{name} Large Cap"],
                "document_sha256": "d" * 64,
            }
            await self.two(Role.COMPLIANCE_OFFICER, Role.RESPONSIBLE_OFFICER, "index_provider", **payload)
            self.now_ns += 2_000_000
            told = {
                "index": f"{name} Large Cap",
                "provider": name,
                "asOfMs": self.now_ns // 1_000_000 - 1,
                "sha256": hashlib.sha256(BASKET.encode()).hexdigest(),
                "content": BASKET,
            }
            await self.desk(Role.COMPLIANCE_OFFICER).done("POST", "admission/indexFiles", told)

    # A client

    async def apply(self, name: str = "anna.eriksson@mail.example.com") -> Browser:
        """Signed up, with a second factor, and an application that two people approved."""
        made = await self.post("/lionrock/v1/onboarding/users", {"signInName": name, "password": PASSWORD})
        assert made.status_code == 200, made.text
        bare = await self.sign_in(name)
        refused = await bare.send("POST", "onboarding", {"kind": "person"})
        assert refused.json()["lionrock"]["name"] == "second_factor_needed"
        begun = await bare.done("POST", "totp", {"password": PASSWORD})
        self.totp = pyotp.TOTP(begun["secret"])
        await bare.done("PUT", "totp", {"code": self.totp.at(self.now_ns // SECOND)})
        self.pass_time(60)
        browser = await self.sign_in(name, code=self.totp.at(self.now_ns // SECOND))
        draft = await browser.done("POST", "onboarding", {"kind": "person"})
        told = {"version": draft["version"], "form": msgspec.to_builtins(ANNA)}
        await browser.done("PUT", "onboarding/form", told)
        for kind in ("identity", "address"):
            whole = scan(kind)
            document = {"kind": kind, "sizeBytes": len(whole), "name": "scan.pdf"}
            upload = await browser.done("POST", "onboarding/documents", document)
            for number in range(-(-len(whole) // PART_BYTES)):
                content = base64.b64encode(whole[number * PART_BYTES :][:PART_BYTES]).decode()
                part = {"documentId": upload["documentId"], "part": number, "content": content}
                await browser.done("PUT", "onboarding/documents/parts", part)
            await browser.done("POST", "onboarding/documents/finish", {"documentId": upload["documentId"]})
        await browser.done("POST", "onboarding/submit")
        await self.rooms.onboarding.checks.finished()
        return browser

    async def cleared(self, browser: Browser) -> str:
        """Tested and bound by the agreement, which it does itself; rated, looked at by hand where the site has no
        provider, and approved by two people.
        """
        await self.knowing(browser)
        where = await browser.done("GET", "onboarding")
        client_id = str(where["clientId"])
        reviewer = self.desk(Role.ONBOARDING_REVIEWER)
        await reviewer.done("POST", "clients/risk", {"clientId": client_id, "facts": LOW_RISK})
        for each in self.rooms.onboarding.documents.unopened(client_id, reviewer.staff_id):
            told = {"documentId": each.document_id, "reasonCode": "review", "words": "to decide on it"}
            assert (await reviewer.send("POST", "clients/documents/read", told)).status_code == 200
        for decision in ("pass_identity", "approve"):
            state = (await browser.done("GET", "onboarding"))["state"]
            if decision == "pass_identity" and state == "identity_checked":
                continue
            await self.two(
                Role.ONBOARDING_REVIEWER,
                Role.COMPLIANCE_OFFICER,
                "onboarding_decision",
                client_id=client_id,
                decision=decision,
            )
        return client_id

    async def assessed(self, browser: Browser) -> None:
        """Profile and means: what the client does itself before it trades."""
        answers = best_answers(self.rooms.assessed.assessments.data.profile[0])
        await browser.done("POST", "riskProfile", {"answers": answers})
        means = {"netWorthMinor": 100_000_000, "yearlyIncomeMinor": 50_000_000, "heldElsewhereMinor": 0}
        await browser.done("PUT", "limits/means", means)
        limits = await browser.done("GET", "limits")
        assert limits["conditions"] == [], json.dumps(limits["conditions"], indent=1)

    async def knowing(self, browser: Browser) -> None:
        """Knowledge and agreement: what the client does itself before its account is opened."""
        paper = await browser.done("POST", "knowledgeTest", {"language": "en"})
        told = {"testId": paper["testId"], "answers": self._right(paper)}
        assert (await browser.done("PUT", "knowledgeTest", told))["isPassed"]
        (agreement,) = await browser.done("GET", "agreements")
        await browser.done("POST", "agreements", {"sha256": agreement["sha256"]})

    def _right(self, paper: dict[str, Any]) -> dict[str, str]:
        bank = self.rooms.assessed.assessments.knowledge.bank
        texts, by_id = bank.languages["en"].questions, {each.id: each for each in bank.questions}
        return {
            shown["questionId"]: next(
                letter
                for letter, each in shown["choices"].items()
                if each == getattr(texts[shown["questionId"]], by_id[shown["questionId"]].answer)
            )
            for shown in paper["questions"]
        }

    async def trading_key(self, browser: Browser) -> Key:
        account_id = int((await browser.done("GET", "user"))["accountId"])
        made = await browser.done("POST", "keys", {"rights": ["READ", "TRADE"]})
        return Key(self, made["apiKey"], made["secret"], account_id)

    async def fund(self, account_id: int, code: str, units: int) -> None:
        asset = self.site.catalogue.asset_by_code[code]
        deposit = Transfer(
            asset_id=asset.asset_id,
            debit_account_id=sandbox.CUSTODY_ACCOUNT,
            credit_account_id=account_id,
            amount_atoms=units * 10**asset.decimals,
            purpose=TransferPurpose.DEPOSIT,
        )
        await carry_out(self.site.node, deposit)

    async def order(self, key: Key, side: str, **more: str) -> Any:
        told = {"symbol": "BTCUSD", "side": side, "type": "LIMIT", "quantity": "0.01", "price": "50000"} | more
        return (await key.signed("POST", "/api/v1/spot/order", **told)).json()

    def forbidden(self, key: Key) -> set[str]:
        """Codes of the assets that an account may not acquire."""
        assets = self.site.catalogue.assets
        return {assets[asset_id].code for asset_id in self.site.profiles.forbidden_assets(key.account_id)}

    # The rest of the day

    async def papers(self) -> None:
        """The day after the trades, when their papers are due to be made."""
        self.pass_time(DAY_SECONDS)
        url = default_url(self.directory)
        await asyncio.to_thread(lambda: follow(self.directory, url).dispose())
        done = await self.rooms.paperwork.job.run(self.now_ns)
        assert done.failed == 0
        assert done.made > 0

    async def statuses(self) -> dict[str, str]:
        """What a run finds, by rule."""
        self.run: Run = await self.rooms.rulebook.run()
        return {found.id: str(found.status) for found in self.run.rules}

    def why(self, rule_id: str) -> str:
        return next(found.words for found in self.run.rules if found.id == rule_id)


def backed_up(directory: Path, target: Path, now_ns: int) -> None:
    """Copied elsewhere, and brought back as a drill."""
    from lionrock.site.backup import back_up
    from lionrock.site.restore import drill

    back_up(directory, target, lambda: now_ns, with_master_key=False)
    drill(target, lambda: now_ns, master_key=directory / "master.key")
