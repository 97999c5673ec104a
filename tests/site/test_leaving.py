"""A client leaves the Hong Kong site: one way from the wish to the closed account, and what each room shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.people.staff.roles import Role
from lionrock.site import sandbox
from lionrock.site.establishing import carry_out
from lionrock.words.commands import Transfer
from lionrock.words.enumerations import AccountRestriction, TransferPurpose
from tests.site.at_work import DAY_SECONDS, AtWork

KEPT_DAYS = 2_557
"""Seven years (HK-R01), of who a client was, from the day it left."""


async def take_out(site: AtWork, account_id: int) -> None:
    """Everything, as custody books what it has sent."""
    for asset_id, available, held in site.site.node.engine.balances(account_id):
        assert held == 0
        if available:
            booked = Transfer(
                asset_id=asset_id,
                debit_account_id=account_id,
                credit_account_id=sandbox.CUSTODY_ACCOUNT,
                amount_atoms=available,
                purpose=TransferPurpose.WITHDRAWAL,
            )
            await carry_out(site.site.node, booked)


async def kept(site: AtWork, client_id: str) -> dict[str, int | str]:
    """What a plan of erasure says of the client's file."""
    plan = await site.desk(Role.COMPLIANCE_OFFICER).done("GET", f"records/plan?clientId={client_id}")
    (line,) = [each for each in plan["lines"] if each["recordClass"] == "client_identity"]
    return {"until": line["keptUntilMs"], "why": line["why"]}


@pytest.mark.shows("ASSE-072", "ONBD-014")
async def test_a_client_leaves_by_one_path(tmp_path: Path) -> None:
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        await site.publish_agreement()
        await site.indices()
        await site.admit("BTC", "retail")
        browser = await site.apply()
        client_id = await site.cleared(browser)
        await site.assessed(browser)
        key = await site.trading_key(browser)
        await site.fund(key.account_id, "USD", 100_000)
        rooms, profiles = site.rooms, site.site.profiles
        authorities = rooms.assessed.assessments.authorities
        authorities.grant(
            client_id, "retail", "settlement", "a" * 64,
            begins_ns=site.now_ns, ends_ns=site.now_ns + 90 * DAY_SECONDS * 10**9, at_ns=site.now_ns,
        )  # fmt: skip
        order = await site.order(key, "BUY", price="40000")
        assert order["status"] == "NEW"
        assert str(await kept(site, client_id)).count("the relationship goes on") == 1

        # The wish: orders come back, the account only reduces, and nothing else has ended.
        assert (await browser.done("POST", "onboarding/leave"))["state"] == "offboarding"
        open_orders = (await key.signed("GET", "/api/v1/spot/openOrders")).json()
        assert open_orders == []
        assert all(held == 0 for _, _, held in site.site.node.engine.balances(key.account_id))
        assert profiles.of(key.account_id).restriction == AccountRestriction.REDUCE_ONLY
        refused = await site.order(key, "BUY")
        assert refused["lionrock"]["name"] == "account_reduce_only"

        # Not while something is there.
        reviewer, officer = site.desk(Role.ONBOARDING_REVIEWER), site.desk(Role.COMPLIANCE_OFFICER)

        async def close() -> dict[str, str]:
            told = await reviewer.propose("onboarding_decision", client_id=client_id, decision="close")
            done: dict[str, str] = await officer.approve(told)
            return done

        early = await close()
        assert early["state"] == "failed"
        assert "still holds something" in early["outcome"]
        assert [each.holds(site.now_ns) for each in authorities.of(client_id)] == [True]
        await take_out(site, key.account_id)

        # The close: one step in every room.
        done = await close()
        assert (done["state"], done["outcome"]) == ("carried_out", "offboarding to closed")
        assert (await browser.done("GET", "onboarding"))["state"] == "closed"
        assert profiles.of(key.account_id).restriction == AccountRestriction.FROZEN
        assert [each.holds(site.now_ns) for each in authorities.of(client_id)] == [False]
        closed_ms = rooms.onboarding.clients.get(client_id).changed_ns // 10**6
        after = await kept(site, client_id)
        assert after["until"] == closed_ms + KEPT_DAYS * DAY_SECONDS * 1_000, "counted from the close"
        assert "the relationship goes on" not in str(after["why"])
        assert rooms.onboarding.clients.is_sound(client_id)
        steps = [taken.step.value for taken in rooms.onboarding.clients.history(client_id)]
        assert steps[-2:] == ["begin_offboarding", "close"]
