"""Two people halt a market, one freezes an account at once, one breaks the glass: the core does as ordered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lionrock.people.staff.roles import Role
from lionrock.words.enumerations import AccountRestriction, MarketPhase
from tests.gateways.rest.inside import Inside
from tests.gateways.rest.staff.desk import Desk, enrolled, proposal


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    async with Inside(tmp_path).open() as opened:
        yield opened


async def officers(inside: Inside) -> tuple[Desk, Desk]:
    maker = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS)
    checker = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    return maker, checker


async def test_a_market_is_halted_by_two(inside: Inside) -> None:
    maker, checker = await officers(inside)
    made = await maker.propose("market_phase", market_id=1, phase=int(MarketPhase.HALTED))
    assert made["state"] == "open"
    done = await checker.approve(made)
    assert (done["state"], done["outcome"]) == ("carried_out", "SetMarketPhase was carried out")
    assert inside.site.trading_rules.phases[1].phase == MarketPhase.HALTED


async def test_an_account_is_frozen_at_once_and_reviewed(inside: Inside) -> None:
    maker, checker = await officers(inside)
    key = await inside.account(USDT="10")
    other = await enrolled(inside, "mlro@example.com", Role.MLRO)
    told = proposal("account_restriction", account_id=key.account_id, restriction=int(AccountRestriction.FROZEN))
    assert (await maker.send("POST", "proposals/atOnce", told)).status_code == 400
    done = await other.done("POST", "proposals/atOnce", told)
    assert done["state"] == "to_review"
    assert inside.site.profiles.of(key.account_id).restriction == AccountRestriction.FROZEN
    queue = await checker.done("GET", "queue")
    assert [(item["kind"], item["itemId"]) for item in queue] == [("review", done["proposalId"])]
    reviewed = await checker.verdict("review", done, verdict="approve")
    assert reviewed.json()["state"] == "carried_out"
