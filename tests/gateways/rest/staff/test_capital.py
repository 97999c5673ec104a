"""Capital over HTTP: figures by two, positions, notices, returns; who may, and what changes nothing."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from lionrock.people.staff.roles import Role
from lionrock.views.sql.database import default_url
from tests.compliance.capital.desks import MILLION, figures
from tests.compliance.places import at
from tests.gateways.rest.inside import reason_of, stored
from tests.gateways.rest.licensed import Licensed
from tests.gateways.rest.staff.desk import Desk, proposal
from tests.views.sql.databases import follow

DAY_S = 86_400
RETURN = {"kind": "monthly_return", "month": "2026-12"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Licensed]:
    async with Licensed(tmp_path).open() as opened:
        yield opened


def december(liquid: int = 90 * MILLION, **changed: Any) -> dict[str, Any]:
    """Figures of the last moment of December 2026."""
    entered = figures(entity="operator", as_of_ns=at("2026-12-31 23:59:59"), **changed)
    told: dict[str, Any] = msgspec.to_builtins(entered)
    for number, each in enumerate(told["operating_expenses"]):
        each["month"] = f"2026-{number + 1:02}"
    return told | {"liquid_assets": [{"name": "Zebra Bank", "amount_minor": liquid}]}


async def two(site: Licensed) -> tuple[Desk, Desk]:
    return await site.desk("chan", Role.FINANCE), await site.desk("lee", Role.FINANCE)


@pytest.mark.shows("CAPI-020", "CAPI-021")
async def test_figures_are_entered_by_one_and_approved_by_another(site: Licensed) -> None:
    chan, lee = await two(site)
    made = await chan.propose("capital_figures", **december())
    assert await chan.done("GET", "capital/positions") == []
    assert reason_of(await chan.verdict("approve", made)) == "self_approval"
    done = await lee.approve(made)
    assert done["state"] == "carried_out", done
    [position] = await chan.done("GET", "capital/positions")
    assert (position["entity"], position["currency"]) == ("operator", "HKD")
    assert position["liquidCapital"] == str(90 * MILLION - 490_000 * 100)
    assert (position["enteredBy"], position["approvedBy"]) == (chan.staff_id, lee.staff_id)
    assert position["cases"] == []
    assert await lee.done("GET", "capital/notices") == []
    assert b"Zebra Bank" not in stored(site.directory)


@pytest.mark.shows("CAPI-021")
async def test_too_little_raises_a_notice_that_is_given_once(site: Licensed) -> None:
    chan, lee = await two(site)
    await lee.approve(await chan.propose("capital_figures", **december()))
    await lee.approve(await chan.propose("capital_figures", **december(liquid=3 * MILLION)))
    low, before = await chan.done("GET", "capital/positions")
    assert (low["isCorrected"], before["isCorrected"]) == (False, True)
    [case] = low["cases"]
    assert case["name"] == "below_share_of_required"
    assert case["figures"]["liquid_capital_minor"] == low["liquidCapital"]
    [notice] = await chan.done("GET", "capital/notices")
    assert (notice["case"], notice["givenAtMs"], notice["figuresId"]) == (case["name"], 0, low["figuresId"])
    assert notice["dueAtMs"] > notice["foundAtMs"]
    assert "liquid capital minor" in notice["draft"]
    officer = await site.desk("officer", Role.COMPLIANCE_OFFICER)
    told = {"alarmId": notice["alarmId"]}
    assert reason_of(await officer.send("POST", "capital/notices/given", {"alarmId": "0" * 32})) == "alarm_not_open"
    given = await officer.done("POST", "capital/notices/given", told)
    assert given["givenBy"] == officer.staff_id
    assert given["givenAtMs"] > 0
    assert reason_of(await chan.send("POST", "capital/notices/given", told)) == "alarm_not_open"
    assert (await chan.done("GET", "capital/notices")) == [given]
    assert "capital notice given" in {each.event for each in site.site.staff.audit.entries(subject=notice["alarmId"])}


@pytest.mark.shows("CAPI-020")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"entity": "another"}, "the site has"),
        ({"as_of_ns": 2**70}, "payload"),
        ({"as_of_ns": 4_000_000_000_000_000_000}, "not in the future"),
        ({"paid_up_minor": -1}, "an amount is from 0"),
        ({"operating_expenses": []}, "operating_expenses"),
        ({"mood": "good"}, "other names"),
        ({"paid_up_minor": "many"}, "payload"),
    ],
)
async def test_figures_that_cannot_be_meant_are_not_proposed(
    site: Licensed, changed: dict[str, Any], words: str
) -> None:
    chan, _ = await two(site)
    answer = await chan.send("POST", "proposals", proposal("capital_figures", **(december() | changed)))
    assert reason_of(answer) == "payload_malformed"
    assert words in answer.json()["lionrock"]["words"]
    assert await chan.done("GET", "proposals") == []


@pytest.mark.shows("CAPI-020")
async def test_figures_approved_in_between_take_another_approval(site: Licensed) -> None:
    chan, lee = await two(site)
    early = await chan.propose("capital_figures", **december())
    await lee.approve(await chan.propose("capital_figures", **december(liquid=80 * MILLION)))
    refused = await lee.verdict("approve", early)
    assert refused.status_code != 200 or refused.json()["state"] != "carried_out"
    assert len(await chan.done("GET", "capital/positions")) == 1


@pytest.mark.shows("CAPI-022")
async def test_a_return_goes_its_way(site: Licensed) -> None:
    chan, lee = await two(site)
    officer = await site.desk("ho", Role.RESPONSIBLE_OFFICER)
    follow(site.directory, default_url(site.directory))
    assert reason_of(await chan.send("POST", "capital/returns", RETURN)) == "figures_missing"
    await lee.approve(await chan.propose("capital_figures", **december()))
    follow(site.directory, default_url(site.directory))
    frozen = await chan.done("POST", "capital/returns", RETURN)
    assert (frozen["state"], frozen["frozenBy"], frozen["journalSequence"]) == ("frozen", chan.staff_id, "0")
    assert await chan.done("POST", "capital/returns", RETURN) == frozen, "asked again it is the same"
    files = {}
    for kind in ("json", "pdf", "xlsx"):
        answer = await officer.send("GET", f"capital/returns/file?returnId={frozen['returnId']}&format={kind}")
        assert answer.headers["cache-control"] == "no-store"
        files[kind] = answer.content
        assert sha256(answer.content).hexdigest() == frozen[f"{kind}Sha256"]
    assert json.loads(files["json"])["liquid_capital"] == "89510000.00"
    assert files["pdf"].startswith(b"%PDF")
    assert openpyxl.load_workbook(io.BytesIO(files["xlsx"])).sheetnames
    wanted = {"returnId": frozen["returnId"], "jsonSha256": frozen["jsonSha256"]}
    assert reason_of(await chan.send("POST", "capital/returns/approve", wanted)) == "second_person_needed"
    other = wanted | {"jsonSha256": "0" * 64}
    assert reason_of(await officer.send("POST", "capital/returns/approve", other)) == "content_changed"
    early = await officer.send("POST", "capital/returns/filed", {"returnId": frozen["returnId"]})
    assert reason_of(early) == "return_not_there"
    assert await chan.done("GET", "capital/returns") == [frozen], "nothing of this changed it"
    approved = await officer.done("POST", "capital/returns/approve", wanted)
    assert (approved["state"], approved["approvedBy"]) == ("approved", officer.staff_id)
    assert int(approved["journalSequence"]) > 0
    filed = await lee.done("POST", "capital/returns/filed", {"returnId": frozen["returnId"]})
    assert (filed["state"], filed["filedAtMs"] > 0) == ("filed", True)
    entries = site.site.staff.audit.entries(subject=frozen["returnId"])
    assert [each.event for each in entries if each.event.startswith("return")][-2:] == [
        "return approved",
        "return filed",
    ]


@pytest.mark.shows("CAPI-022")
@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"month": "2027-01"}, "period_not_over"),
        ({"month": "2026-13"}, "parameter_missing_or_invalid"),
        ({"month": "9999-12"}, "parameter_missing_or_invalid"),
        ({"kind": "net_liquid_assets_return"}, "parameter_missing_or_invalid"),
        ({"kind": "poem"}, "parameter_missing_or_invalid"),
    ],
)
async def test_what_cannot_be_frozen(site: Licensed, changed: dict[str, str], name: str) -> None:
    chan, _ = await two(site)
    assert reason_of(await chan.send("POST", "capital/returns", RETURN | changed)) == name
    missing = await chan.send("GET", "capital/returns/file?returnId=operator:monthly_return:2026-12-01")
    assert reason_of(missing) == "parameter_missing_or_invalid"
    assert await chan.done("GET", "capital/returns") == []


@pytest.mark.shows("CAPI-020", "CAPI-021", "CAPI-022")
async def test_each_step_is_for_its_roles(site: Licensed) -> None:
    engineer, officer = await site.desk("it", Role.TECHNOLOGY), await site.desk("officer", Role.COMPLIANCE_OFFICER)
    auditor, treasurer = await site.desk("auditor", Role.AUDITOR), await site.desk("treasurer", Role.TREASURY)
    for path in ("positions", "notices", "returns", "returns/file?returnId=a"):
        for desk in (engineer, treasurer):
            assert reason_of(await desk.send("GET", f"capital/{path}")) == "role_missing"
    assert await auditor.done("GET", "capital/positions") == []
    assert reason_of(await officer.send("POST", "capital/returns", RETURN)) == "role_missing"
    told = {"returnId": "a", "jsonSha256": "b"}
    assert reason_of(await auditor.send("POST", "capital/returns/approve", told)) == "role_missing"
    assert reason_of(await officer.send("POST", "capital/returns/approve", told)) == "role_needed"
    assert reason_of(await officer.send("POST", "proposals", proposal("capital_figures", **december()))) == "not_maker"
