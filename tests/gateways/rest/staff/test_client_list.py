"""The list of clients, page by page: all of them, in order, whatever is changed meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lionrock.compliance.onboarding.forms import Kind
from lionrock.compliance.onboarding.tables import clients
from lionrock.people.staff.roles import Role
from tests.compliance.onboarding.world import ANNA, SOLVEIG
from tests.gateways.rest.inside import reason_of
from tests.gateways.rest.licensed import Licensed
from tests.gateways.rest.staff.desk import Desk

MANY = 7


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Licensed]:
    """Seven applicants, of whom three were changed in the same moment."""
    async with Licensed(tmp_path).open() as opened:
        for number in range(MANY):
            at_ns = opened.now_ns + (min(4, number))
            opened.rooms.onboarding.clients.begin(f"user{number}", Kind.PERSON, ANNA, at_ns)
        yield opened


async def pages(desk: Desk, query: str = "") -> AsyncIterator[Any]:
    cursor = ""
    while True:
        page = await desk.done("GET", f"clients?limit=2{query}{cursor}")
        yield page
        if page["nextCursor"] is None:
            return
        cursor = f"&cursor={page['nextCursor']}"


@pytest.mark.shows("STAF-025")
async def test_pages_come_to_everybody_once(site: Licensed) -> None:
    desk = await site.desk("reviewer", Role.ONBOARDING_REVIEWER)
    found = [page["clients"] async for page in pages(desk)]
    assert [len(each) for each in found] == [2, 2, 2, 1]
    everybody = (await desk.done("GET", "clients"))["clients"]
    assert [each for page in found for each in page] == everybody
    assert len({each["clientId"] for each in everybody}) == MANY
    assert len((await desk.done("GET", "clients?limit=100000"))["clients"]) == MANY, "cut, not refused"


@pytest.mark.shows("STAF-025")
async def test_who_is_changed_between_two_pages_comes_again_and_nobody_is_left_out(site: Licensed) -> None:
    desk = await site.desk("reviewer", Role.ONBOARDING_REVIEWER)
    seen: list[str] = []
    async for page in pages(desk):
        seen += [each["clientId"] for each in page["clients"]]
        if len(seen) == 2:
            with site.site.database.begin() as connection:
                later = update(clients).where(clients.c.client_id == seen[0]).values(changed_ns=site.now_ns)
                connection.execute(later)
    assert len(set(seen)) == MANY
    assert seen.count(seen[0]) == 2
    assert seen[-1] == seen[0]


@pytest.mark.shows("STAF-025")
async def test_a_cursor_goes_on_with_its_own_question(site: Licensed) -> None:
    desk = await site.desk("reviewer", Role.ONBOARDING_REVIEWER)
    first = await desk.done("GET", "clients?limit=2&state=draft")
    other = await desk.send("GET", f"clients?limit=2&cursor={first['nextCursor']}")
    assert reason_of(other) == "cursor_of_another_question"
    for wrong in ("x", "e30", "WyJjbGllbnRzICIsLTEsIiJd"):
        assert (await desk.send("GET", f"clients?cursor={wrong}")).status_code == 400
    stranger = await site.desk("finance", Role.FINANCE)
    assert reason_of(await stranger.send("GET", "clients?limit=2")) == "role_missing"


@pytest.mark.shows("STAF-025")
async def test_the_list_of_an_account_is_whose_it_is(site: Licensed) -> None:
    reviewer = await site.desk("reviewer", Role.ONBOARDING_REVIEWER)
    browser, client_id = await site.client(reviewer, await site.desk("officer", Role.COMPLIANCE_OFFICER), SOLVEIG)
    account_id = site.rooms.onboarding.clients.get(client_id).account_id
    sub_account_id = (await browser.done("POST", "subAccounts", {"label": "a second one"}))["accountId"]
    for wanted in (account_id, sub_account_id):
        found = (await reviewer.done("GET", f"clients?accountId={wanted}"))["clients"]
        assert [(each["clientId"], each["accountId"]) for each in found] == [(client_id, str(account_id))]
    assert (await reviewer.done("GET", f"clients?accountId={account_id}&state=draft"))["clients"] == []
    assert (await reviewer.done("GET", "clients?accountId=999999999"))["clients"] == []
    for wrong in ("-1", "x", "1" * 30):
        assert (await reviewer.send("GET", f"clients?accountId={wrong}")).status_code == 400
