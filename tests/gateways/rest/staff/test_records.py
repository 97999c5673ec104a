"""Records over HTTP: what is kept for how long, holds, and erasures of whose time is over and whose is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lionrock.people.staff.roles import Role
from tests.compliance.onboarding.world import SOLVEIG
from tests.gateways.rest.inside import reason_of
from tests.gateways.rest.licensed import Licensed
from tests.gateways.rest.staff.desk import Desk, proposal

DAY_S = 86_400
KEPT_DAYS = 2_557
"""Seven years, of who a client was, from the day it left."""


class Archive(NamedTuple):
    """A client, somebody whose application was declined, and three of the staff."""

    site: Licensed
    stays: str
    left: str
    officer: Desk
    mlro: Desk
    responsible: Desk

    async def desks_again(self) -> None:
        for desk in (self.officer, self.mlro, self.responsible):
            await desk.sign_in()

    async def plan(self, client_id: str) -> dict[str, Any]:
        plan = await self.officer.done("GET", f"records/plan?clientId={client_id}")
        return {each["recordClass"]: each for each in plan["lines"]}

    async def erased(self, client_id: str) -> Any:
        made = await self.officer.propose("erasure", client_id=client_id)
        once = await self.mlro.approve(made)
        assert once["state"] == "open", "two others check an erasure"
        return await self.responsible.approve(made)

    async def hold(self, client_id: str, **more: str) -> Any:
        return await self.mlro.approve(await self.officer.propose("retention_hold", client_id=client_id, **more))


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    async with Licensed(tmp_path).open() as site:
        reviewer = await site.desk("reviewer", Role.ONBOARDING_REVIEWER)
        officer = await site.desk("officer", Role.COMPLIANCE_OFFICER)
        mlro, responsible = await site.desk("mlro", Role.MLRO), await site.desk("ro", Role.RESPONSIBLE_OFFICER)
        _, stays = await site.client(reviewer, officer)
        _, left = await site.applicant(SOLVEIG)
        declined = await site.decided(reviewer, officer, left, "decline")
        assert declined["state"] == "carried_out", declined
        yield Archive(site, stays, left, officer, mlro, responsible)


@pytest.mark.shows("KEEP-010")
async def test_what_is_kept_for_how_long_by_which_rule(archive: Archive) -> None:
    kept = {each["recordClass"]: each for each in await archive.officer.done("GET", "records")}
    identity = kept["client_identity"]
    assert (identity["keepDays"], identity["begins"], identity["isErased"]) == (KEPT_DAYS, "end_of_relationship", True)
    assert "clients" in identity["places"]
    assert {each["id"] for each in identity["licenceRules"]} == {"HK-A15", "HK-R01"}
    assert all(each["citation"] for each in identity["licenceRules"])
    assert (kept["orders"]["isErased"], kept["orders"]["places"]) == (False, ["journal"])
    assert kept["orders"]["why"]


@pytest.mark.shows("KEEP-010")
async def test_a_plan_says_what_stays_and_changes_nothing(archive: Archive) -> None:
    stays, left = await archive.plan(archive.stays), await archive.plan(archive.left)
    assert (stays["client_identity"]["erased"], stays["client_identity"]["kept"]) == (0, 1)
    assert stays["client_identity"]["why"].endswith("the relationship goes on")
    assert stays["client_identity"]["keptUntilMs"] == 0
    assert (left["client_identity"]["erased"], left["client_identity"]["kept"]) == (0, 1)
    assert left["client_identity"]["keptUntilMs"] > archive.site.now_ns // 10**6
    assert left["client_identity"]["licenceRules"]
    assert await archive.plan(archive.left) == left
    logged = archive.site.site.staff.audit.entries(subject=archive.left)
    assert (archive.officer.staff_id, "erasure planned") in {(each.staff_id, each.event) for each in logged}


@pytest.mark.shows("KEEP-011")
async def test_an_erasure_takes_what_is_over_and_leaves_what_is_not(archive: Archive) -> None:
    done = await archive.erased(archive.left)
    assert (done["state"], ": 0 records erased" in done["outcome"]) == ("carried_out", True)
    archive.site.pass_time(KEPT_DAYS * DAY_S - 3_600)
    await archive.desks_again()
    assert (await archive.plan(archive.left))["client_identity"]["erased"] == 0, "an hour before"
    archive.site.pass_time(3_600)
    await archive.desks_again()
    assert (await archive.plan(archive.left))["client_identity"]["erased"] == 1
    planned = await archive.plan(archive.left)
    assert (await archive.erased(archive.left))["state"] == "carried_out"
    assert (await archive.erased(archive.stays))["state"] == "carried_out"
    reports = await archive.officer.done("GET", f"records/erasures?clientId={archive.left}")
    assert [sum(line["erased"] for line in each["lines"]) for each in reports] == [1, 0], "newest first"
    assert {each["recordClass"]: each for each in reports[0]["lines"]} == planned, "the plan was what came"
    assert all(int(each["journalSequence"]) > 0 and len(each["sha256"]) == 64 for each in reports)
    assert len(await archive.officer.done("GET", "records/erasures")) == 3
    clients = archive.site.rooms.onboarding.clients
    assert clients.find(archive.left) is None
    assert clients.find(archive.stays) is not None
    # The report stays, and with it that there was somebody; a plan for nobody at all is refused.
    assert "client_identity" not in await archive.plan(archive.left)
    assert reason_of(await archive.officer.send("GET", "records/plan?clientId=0")) == "parameter_missing_or_invalid"


@pytest.mark.shows("KEEP-011")
async def test_a_hold_stops_an_erasure_and_is_released_for_its_client_alone(archive: Archive) -> None:
    done = await archive.hold(archive.left)
    assert done["state"] == "carried_out", done
    [hold] = await archive.mlro.done("GET", f"records/holds?clientId={archive.left}")
    assert (hold["clientId"], hold["releasedAtMs"], hold["reasonCode"]) == (archive.left, 0, "risk")
    assert await archive.mlro.done("GET", f"records/holds?clientId={archive.stays}") == []
    archive.site.pass_time((KEPT_DAYS + 1) * DAY_S)
    await archive.desks_again()
    line = (await archive.plan(archive.left))["client_identity"]
    assert (line["erased"], line["why"]) == (0, f"legal hold {hold['holdId']}")
    assert ": 0 records erased" in (await archive.erased(archive.left))["outcome"]
    wrong = proposal("retention_hold", client_id=archive.stays, release_hold_id=hold["holdId"])
    assert reason_of(await archive.officer.send("POST", "proposals", wrong)) == "payload_malformed"
    released = await archive.hold(archive.left, release_hold_id=hold["holdId"])
    assert released["state"] == "carried_out", released
    [hold] = await archive.mlro.done("GET", f"records/holds?clientId={archive.left}")
    assert hold["releasedAtMs"] > 0
    again = proposal("retention_hold", client_id=archive.left, release_hold_id=hold["holdId"])
    assert reason_of(await archive.officer.send("POST", "proposals", again)) == "payload_malformed"
    assert (await archive.plan(archive.left))["client_identity"]["erased"] == 1


@pytest.mark.shows("KEEP-010", "KEEP-011")
async def test_each_is_for_its_roles_and_nobody_decides_about_themselves(archive: Archive) -> None:
    operations, treasurer = (
        await archive.site.desk("ops", Role.OPERATIONS),
        await archive.site.desk("treasurer", Role.TREASURY),
    )
    assert await operations.done("GET", "records")
    assert reason_of(await treasurer.send("GET", "records")) == "role_missing"
    paths = f"plan?clientId={archive.left}", f"holds?clientId={archive.left}", "erasures"
    for path in paths:
        assert reason_of(await operations.send("GET", f"records/{path}")) == "role_missing"
    auditor = await archive.site.desk("auditor", Role.AUDITOR)
    for path in paths:
        await auditor.done("GET", f"records/{path}")
    for action in ("retention_hold", "erasure"):
        told = proposal(action, client_id=archive.left)
        assert reason_of(await operations.send("POST", "proposals", told)) == "not_maker"
        assert reason_of(await auditor.send("POST", "proposals", told)) == "role_missing"
    for action in ("retention_hold", "erasure"):
        nobody = proposal(action, client_id="nobody")
        assert reason_of(await archive.officer.send("POST", "proposals", nobody)) == "payload_malformed"
    await archive.officer.done("POST", "me/files", {"clientId": archive.left})
    for action in ("retention_hold", "erasure"):
        own = proposal(action, client_id=archive.left)
        assert reason_of(await archive.officer.send("POST", "proposals", own)) == "own_file"
    assert await archive.mlro.done("GET", f"records/holds?clientId={archive.left}") == []
