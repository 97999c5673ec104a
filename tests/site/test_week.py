"""An operator's week in minutes: opened, traded, closed and backed up each day; restored elsewhere, upgraded, its keys
changed; a day on which the second person is not there. Then the evidence of the week, checked offline.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lionrock.journal import verify as journal_verify
from lionrock.people.staff.proposal import Verdict
from lionrock.people.staff.roles import Role
from lionrock.rulebook import verify as pack_verify
from lionrock.site.backup import back_up
from lionrock.site.end_of_day import Packed, make_pack
from lionrock.site.initialising import initialise
from lionrock.site.restore import drill, restore
from lionrock.site.staffing import FirstMember
from lionrock.views.sql.database import default_url
from tests.gateways.rest.inside import Key, reason_of
from tests.gateways.rest.staff.desk import Desk, at_desk, proposal
from tests.programs import run
from tests.site.test_trading_hours import CLOSED, DAY, HALTED, OPEN, PRE_OPEN, Venue, ns
from tests.views.sql.databases import follow

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (f"2027-03-0{day}" for day in range(1, 7))
FIRST = (FirstMember("ann@example.com", "1001"), FirstMember("bob@example.com", "1002"))
HIRED = (
    ("cy@example.com", "1003", Role.MARKET_OPERATIONS),
    ("dee@example.com", "1004", Role.RESPONSIBLE_OFFICER),
    ("cy-second@example.com", "1003", Role.RESPONSIBLE_OFFICER),
)
"""Name, person, role: the third account belongs to the same human being as the first."""


class Week:
    """A site with its people, its traders and what is kept of it elsewhere."""

    def __init__(self, place: Path) -> None:
        self.directory, self.backup, self.packs = place / "data", place / "elsewhere" / "backup", place / "packs"
        self.venue = Venue(self.directory)
        self.kept_key = place / "safe.key"
        self.packed: list[Packed] = []
        self.digests: dict[str, str] = {}
        self.staff: dict[str, Desk] = {}
        self.traders: list[Key] = []

    def at(self, text: str) -> None:
        self.venue.now_ns = ns(text)

    async def found(self) -> None:
        """Made on Monday before work; two administrators give everybody else a role."""
        self.at(f"{MONDAY} 07:00")
        made = initialise(self.directory, "hk", FIRST, self.venue.clock, os.urandom)
        async with self.venue.opened() as venue:
            ann, bob = [
                await at_desk(venue, each.staff_id, member.name, each.code)
                for each, member in zip(made.enrolled, FIRST, strict=True)
            ]
            for name, person, role in HIRED:
                told = await ann.done("POST", "members", {"signInName": name, "person": person})
                desk = await at_desk(venue, told["staffId"], name, told["enrolmentCode"])
                asked = await ann.propose("role_grant", staff_id=desk.staff_id, role=role.value)
                assert (await bob.approve(asked))["state"] == "carried_out"
                self.staff[name] = desk
            hours = await self.staff["cy@example.com"].propose("trading_hours", market_id=1, **DAY)
            assert (await self.staff["dee@example.com"].approve(hours))["state"] == "carried_out"
            self.traders = [await venue.account(BTC="100", USDT="10000000") for _ in range(2)]
        shutil.copy(self.directory / "master.key", self.kept_key)

    async def signed_in(self, name: str) -> Desk:
        return await self.staff[name].sign_in()

    async def order(self, trader: Key, side: str) -> Any:
        answer = await trader.signed(
            "POST", "/api/v1/spot/order", symbol=self.symbol, side=side, type="LIMIT", quantity="0.01", price="50000"
        )
        return answer.json()

    @property
    def symbol(self) -> str:
        return self.venue.site.catalogue.markets[1].symbol

    async def day(self, day: str) -> None:
        """Opened, traded and closed by its hours; the rulebook asked, backed up, papers made, stopped, packed."""
        self.at(f"{day} 08:00")
        async with self.venue.opened() as venue:
            seller, buyer = (Key(venue, each.key, each.secret, each.account_id) for each in self.traders)
            assert await venue.at(f"{day} 08:30") is PRE_OPEN
            assert await venue.at(f"{day} 09:00") is OPEN
            placed = [await self.order(seller, "SELL"), await self.order(buyer, "BUY")]
            assert [each.get("status") for each in placed] == ["NEW", "FILLED"], placed
            if day == FRIDAY:
                await self.alone()
            assert await venue.at(f"{day} 17:00") is (HALTED if day == FRIDAY else CLOSED)
            venue.now_ns += 10**9
            late = await self.order(seller, "SELL")
            assert late["lionrock"]["name"] == "phase_does_not_admit", late
            self.at(f"{day} 18:00")
            await venue.rooms.rulebook.run()
            self.at(f"{self.next(day)} 01:30")
            await asyncio.to_thread(lambda: follow(self.directory, default_url(self.directory)).dispose())
            done = await venue.rooms.paperwork.job.run(venue.now_ns)
            assert (done.made > 0, done.failed) == (True, 0)
            self.at(f"{self.next(day)} 02:00")
            await asyncio.to_thread(self.back_up)
        self.at(f"{self.next(day)} 02:30")
        self.packed.append(make_pack(self.directory, self.packs, None, self.venue.clock, os.urandom))
        self.digests[day] = self.packed[-1].contents["record"]["state_digest"]

    @staticmethod
    def next(day: str) -> str:
        return f"{day[:-1]}{int(day[-1]) + 1}"

    def back_up(self) -> None:
        """Beside the site at work, and proved at once."""
        back_up(self.directory, self.backup, self.venue.clock, with_master_key=False)
        assert drill(self.backup, self.venue.clock, master_key=self.kept_key).is_signed

    async def alone(self) -> None:
        """The officer is away, and an incident asks for a halt."""
        self.at(f"{FRIDAY} 11:00")
        cy, second = await self.signed_in("cy@example.com"), await self.signed_in("cy-second@example.com")
        halt = {"market_id": 1, "phase": int(HALTED)}
        waiting = await cy.propose("market_phase", **halt)
        assert reason_of(await cy.verdict("approve", waiting)) == "self_approval"
        assert reason_of(await second.verdict("approve", waiting)) == "same_person"
        assert self.venue.phase() is OPEN, "what takes two waits"
        for action, payload in (
            ("price_band", {"market_id": 1, "band_ppm": 50_000}),
            ("trading_hours", {"market_id": 1} | DAY),
        ):
            refused = await cy.send("POST", "breakGlass", proposal(action, **payload))
            assert reason_of(refused) == "no_break_glass", action
        self.halted = await cy.done("POST", "breakGlass", proposal("market_phase", **halt))
        assert (self.halted["state"], self.venue.phase()) == ("to_review", HALTED)
        dee = await self.signed_in("dee@example.com")
        (notice,) = await dee.done("GET", "me/notices")
        assert self.halted["proposalId"] in json.dumps(notice), "everybody else who may is told"

    async def reviewed(self) -> str:
        """On Saturday, late: the remark is there until the officer looks."""
        self.at(f"{SATURDAY} 12:00")
        async with self.venue.opened() as venue:
            remarks = (await venue.request("GET", "/ready")).json()["remarks"]
            codes = {each["code"] for each in remarks}
            assert {"staff_reviews_overdue", "markets_out_of_hours"} <= codes
            dee = await self.signed_in("dee@example.com")
            looked = await dee.verdict("review", self.halted, verdict=Verdict.APPROVE.value)
            assert looked.json()["state"] == "carried_out"
            cy = await self.signed_in("cy@example.com")
            reopened = await cy.propose("market_phase", market_id=1, phase=int(CLOSED))
            assert (await dee.approve(reopened))["state"] == "carried_out"
            assert (await venue.request("GET", "/ready")).json()["remarks"] == []
            assert venue.site.staff.audit.broken_at() == 0
            entries = venue.site.staff.audit.entries(most=1_000, subject=self.halted["proposalId"])
            assert [each.event for each in entries] == ["glass broken", "to review", "reviewed"]
            return str(entries[0].sequence)


@pytest.fixture
def week(tmp_path: Path) -> Week:
    return Week(tmp_path)


def elsewhere(week: Week, place: Path) -> None:
    """On Wednesday night another machine has the backup, the key that was kept apart, and the checkpoint of the day."""
    pack = week.packed[-1]
    back = restore(week.backup, place, master_key=week.kept_key)
    assert back.state_digest == pack.contents["backup"]["state_digest"]
    other = Venue(place)
    other.now_ns = ns(f"{THURSDAY} 04:00")

    async def goes_on() -> None:
        async with other.opened():
            seller = week.traders[0]
            held = (
                await Key(other, seller.key, seller.secret, seller.account_id).signed("GET", "/api/v1/account")
            ).json()
            assert {row["asset"] for row in held["balances"] if row["total"] != "0"} == {"BTC", "USDT"}
            assert other.phase() is CLOSED

    asyncio.run(goes_on())


def upgraded(week: Week) -> None:
    """As another version would find it: its snapshots are of no use, and the journal comes to the same digest."""
    shutil.rmtree(week.directory / "snapshots", ignore_errors=True)
    told = run("journal", "digest", f"{week.directory}", "--json")
    asked = run("doctor", f"{week.directory}", "--full", "--json")
    findings = {each["code"]: each["level"] for each in json.loads(asked.stdout)["findings"]}
    assert (findings["record"], findings["database"]) == ("ok", "ok")
    assert findings["journal"] != "error"
    assert json.loads(told.stdout)["digest"] == week.digests[WEDNESDAY]


def keys_changed(week: Week) -> None:
    for command in ("rotate", "change-master"):
        done = run("keys", command, f"{week.directory}")
        assert done.returncode == 0, done.stderr
    assert (week.directory / "master.key").read_bytes() != week.kept_key.read_bytes()
    shutil.copy(week.directory / "master.key", week.kept_key)


def offline(module: Any, place: Path, *arguments: str) -> dict[str, Any]:
    """What a verifier finds that was copied to where nothing of Lionrock is."""
    alone = shutil.copy(str(module.__file__), place / f"{module.__name__.replace('.', '_')}.py")
    done = subprocess.run(
        [sys.executable, "-I", "-S", alone, *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=place,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.shows("OPER-025", "OPER-019", "OPER-021", "OPER-022", "STAF-014", "STAF-030")
def test_the_runbook_holds_for_a_week_and_its_evidence_verifies_offline(week: Week, tmp_path: Path) -> None:
    asyncio.run(week.found())
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        asyncio.run(week.day(day))
    elsewhere(week, tmp_path / "another machine")
    upgraded(week)
    asyncio.run(week.day(THURSDAY))
    keys_changed(week)
    asyncio.run(week.day(FRIDAY))
    glass = asyncio.run(week.reviewed())

    assert [each.contents["day"] for each in week.packed] == [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
    for each in week.packed:
        assert not [point for point in each.open if "are red" not in point], each.open
        assert len(each.contents["papers"]) > 0
    assert len(set(week.digests.values())) == 5

    (key,) = {each.public_key for each in week.packed}
    trusted = ("--public-key", key)
    for each in week.packed:
        told = offline(pack_verify, tmp_path, f"{each.folder}", *trusted)
        assert (told["sound"], told["day"]) == (True, each.contents["day"])
    kept = [word for each in week.packed for word in ("--checkpoint", f"{each.folder / 'checkpoint'}")]
    record = offline(journal_verify, tmp_path, f"{week.directory}", *trusted, *kept)
    assert record["vouched_sequence"] == record["last_sequence"], "every command of the week is vouched for"
    proof = tmp_path / "glass.json"
    made = run("journal", "prove", f"{week.directory}", "--sequence", glass, "--with-frame", "--out", f"{proof}")
    assert made.returncode == 0, made.stderr
    offline(journal_verify, tmp_path, "--proof", f"{proof}", *trusted)
