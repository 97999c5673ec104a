"""A client leaves the Hong Kong site: one way from the wish to the closed account, and what each room shows of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from lionrock.people.staff.roles import Role
from lionrock.sim.chain import SimulatedChains
from lionrock.site import sandbox
from lionrock.site.establishing import carry_out
from lionrock.words.commands import Transfer
from lionrock.words.enumerations import AccountKind, AccountRestriction, TransferPurpose
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


@pytest.mark.shows("ONBD-014", "WALL-119")
async def test_what_arrives_while_an_account_is_closed_is_never_stranded(tmp_path: Path) -> None:
    """A deposit that is seen keeps the account open; one that comes between the look and the close is set aside."""
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        await site.publish_agreement()
        browser = await site.apply()
        client_id = await site.cleared(browser)
        account_id = int((await browser.done("GET", "user"))["accountId"])
        chains = SimulatedChains(tmp_path, lambda: b"\x07" * 16)
        wallet = site.site.venue(sandbox.PROFILE, sandbox.ARRANGEMENTS, chains).clients.wallet
        address = await wallet.deposits.address_for("BTC", account_id)
        await browser.done("POST", "onboarding/leave")
        reviewer, officer = site.desk(Role.ONBOARDING_REVIEWER), site.desk(Role.COMPLIANCE_OFFICER)

        async def close() -> dict[str, str]:
            told = await reviewer.propose("onboarding_decision", client_id=client_id, decision="close")
            done: dict[str, str] = await officer.approve(told)
            return done

        def states() -> list[str]:
            return [str(each.state) for each in wallet.deposits.read(account_id)]

        chains.send("BTC", address, "BTC", 10**8)
        await wallet.look()
        early = await close()
        assert (states(), early["state"]) == (["SEEN"], "failed")
        assert "will be credited" in early["outcome"]
        chains.add_blocks("BTC", 5)
        await wallet.look()
        assert states() == ["CREDITED"]
        assert "still holds something" in (await close())["outcome"]
        await take_out(site, account_id)

        ledger = site.rooms.onboarding.around.ledger
        looks: list[asyncio.Task[None]] = []

        class Late:
            """The account was found empty, and now a deposit is confirmed."""

            open, is_taken, cancel_orders = ledger.open, ledger.is_taken, ledger.cancel_orders
            standing_still, positions_left = ledger.standing_still, ledger.positions_left

            async def deposits_on_their_way(self, asked: int) -> int:
                found = await ledger.deposits_on_their_way(asked)
                chains.send("BTC", address, "BTC", 2 * 10**8)
                chains.add_blocks("BTC", 5)
                looks.append(asyncio.create_task(wallet.look()))
                await asyncio.wait(looks, timeout=0.5)  # long enough to be credited, were it let
                return found

        site.rooms.onboarding.around = msgspec.structs.replace(site.rooms.onboarding.around, ledger=Late())
        assert (await close())["state"] == "carried_out"
        await asyncio.gather(*looks)
        held = {account: site.site.node.engine.balances(account) for account in site.site.catalogue.accounts}
        assert [row for row in held[account_id] if row[1] or row[2]] == [], "nothing on the closed account"
        assert states() == ["SET_ASIDE", "CREDITED"]
        (aside,) = [each for each in site.site.catalogue.accounts.values() if each.account_kind == AccountKind.SUSPENSE]
        assert [(row[0], row[1]) for row in held[aside.account_id]] == [(1, 2 * 10**8)]
        assert site.site.profiles.of(aside.account_id).legal_entity == site.site.profiles.of(account_id).legal_entity
        assert (await site.statuses())["HK-C01"] == "pass", site.why("HK-C01")
