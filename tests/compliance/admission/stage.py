"""A site with its committee at the table, and the room of admission wired to rules that the test sets."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import httpx

from lionrock.compliance.admission.audiences import Audiences
from lionrock.compliance.admission.board_report import BoardReports
from lionrock.compliance.admission.desk import AdmissionDesk
from lionrock.compliance.admission.facts import AdmissionFacts
from lionrock.compliance.admission.room import Admission
from lionrock.people.staff.roles import SEATS, Role
from tests.compliance.admission.rules import DAY_NS, Rules
from tests.gateways.rest.inside import Inside
from tests.gateways.rest.staff.desk import Desk, enrolled

HONG_KONG = timedelta(hours=8)
BASKET = "Symbol,Weight\nBTC,60.5\nETH,39.5\n"
WITHOUT_BTC = "Symbol,Weight\nETH,100\n"


class Stage:
    """Everybody who has a part in it."""

    def __init__(self, inside: Inside) -> None:
        self.inside, self.rules = inside, Rules()
        self.digests: list[bytes] = []
        site = inside.site
        self.audiences = Audiences(site.node, site.database, site.catalogue, site.trading_rules, site.profiles)
        self.admission = Admission(
            site.database,
            site.sealer,
            inside.clock,
            members=site.staff.members,
            decide=self.rules.decide,
            audiences=self.audiences,
            record=self._record,
        )
        self.admission.wire(site.staff.executors)
        self.reports = BoardReports(site.database, self.admission, inside.clock, HONG_KONG)
        self.facts = AdmissionFacts(self.admission, self.reports, inside.clock)
        inside.venue.admission = AdmissionDesk(self.admission, self.reports)

    async def _record(self, digest: bytes) -> int:
        self.digests.append(digest)
        return len(self.digests)

    async def gather(self) -> Stage:
        """The committee and the officers, signed in."""
        self.seats = {role: await enrolled(self.inside, f"{role}@example.com", role) for role in SEATS}
        self.officer = await enrolled(self.inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
        self.licensed = await enrolled(self.inside, "ro@example.com", Role.RESPONSIBLE_OFFICER)
        return self

    async def describe(self, asset: str = "BTC", **changes: Any) -> None:
        """An application of a token that was issued 365 days ago today."""
        issued = self.inside.now_ns - 365 * DAY_NS
        told = {"asset": asset, "described": {"issuedOnNs": issued, "approvalReference": "SFC/1"} | changes}
        await self.officer.done("PUT", "admission/tokens", told)

    async def vote(self, role: Role, asset: str = "BTC", audience: str = "retail", **more: Any) -> httpx.Response:
        told = {"asset": asset, "audience": audience, "isFor": True, "reasons": f"{role.value} has looked at it"}
        return await self.seats[role].send("POST", "admission/votes", told | more)

    async def all_vote(self, asset: str = "BTC", audience: str = "retail") -> None:
        for role in SEATS:
            answer = await self.vote(role, asset, audience)
            assert answer.status_code == 200, answer.text

    async def provider(self, name: str, *indices: str, group: str = "", **more: Any) -> None:
        payload: dict[str, Any] = {
            "provider": name,
            "provider_group": group or name,
            "is_iosco_compliant": True,
            "has_conventional_indices": True,
            "indices": list(indices),
            "document_sha256": "d" * 64,
        }
        made = await self.officer.propose("index_provider", **(payload | more))
        assert (await self.licensed.approve(made))["state"] == "carried_out"

    async def upload(
        self, index: str, provider: str, content: str = BASKET, *, as_of_ns: int = 0, sha256: str = ""
    ) -> httpx.Response:
        self.inside.now_ns += 2_000_000
        told = {
            "index": index,
            "provider": provider,
            "asOfMs": (as_of_ns or self.inside.now_ns) // 1_000_000,
            "sha256": sha256 or hashlib.sha256(content.encode()).hexdigest(),
            "content": content,
        }
        return await self.officer.send("POST", "admission/indexFiles", told)

    async def two_indices(self, content: str = BASKET) -> None:
        """Of two providers that have nothing to do with each other."""
        for name in ("Alpha", "Beta"):
            await self.provider(name, f"{name} Large Cap")
            answer = await self.upload(f"{name} Large Cap", name, content)
            assert answer.status_code == 200, answer.text

    async def decide(self, audience: str, asset: str = "BTC") -> Any:
        """Proposed by the compliance officer and approved by a responsible officer."""
        made = await self.officer.propose("admission_decision", asset=asset, audience=audience)
        return await self.licensed.approve(made)

    async def admit_for_retail(self) -> None:
        await self.describe()
        await self.two_indices()
        await self.all_vote()
        done = await self.decide("retail")
        assert (done["state"], done["outcome"]) == ("carried_out", "BTC: retail")

    async def tokens(self, who: Desk | None = None) -> dict[str, Any]:
        rows = await (who or self.officer).done("GET", "admission/tokens")
        return {row["asset"]: row for row in rows}
