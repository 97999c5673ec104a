"""How a client leaves, in this room alone: what must be empty first, and what a crash in between leaves to do."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.onboarding.ports import Standing
from lionrock.compliance.onboarding.states import OnboardingRefused, Step
from tests.compliance.onboarding.test_onboarding import name_of
from tests.compliance.onboarding.world import World


@pytest.mark.shows("ONBD-014")
async def test_an_account_that_holds_something_is_not_closed(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.open() as opened:
        client = await opened.client()
        ledger = opened.onboarding.around.ledger

        class Full:
            open, is_taken, cancel_orders = ledger.open, ledger.is_taken, ledger.cancel_orders
            standing_still, deposits_on_their_way = ledger.standing_still, ledger.deposits_on_their_way

            async def positions_left(self, account_id: int) -> int:
                assert account_id == client.account_id
                return 2

        opened.onboarding.around = msgspec.structs.replace(opened.onboarding.around, ledger=Full())
        await opened.onboarding.leave(client.client_id, client.user_id)
        with pytest.raises(OnboardingRefused) as refused:
            await opened.two(client.client_id, Step.CLOSE, "client_request")
        assert name_of(refused) == "account_not_empty"
        assert refused.value.refusal.figures == {"positions": 2}
        await opened.two(client.client_id, Step.HALT_OFFBOARDING, "client_request")
        assert opened.state(client.client_id) == "restricted"


@pytest.mark.shows("ASSE-072")
async def test_an_ending_that_a_crash_cut_short_is_taken_up_at_the_next_start(tmp_path: Path) -> None:
    """From a restriction to an ending the account may do the same, and its orders are taken back all the same."""
    world = World(tmp_path)
    async with world.open() as opened:
        client, taken_back = await opened.client(), list[int]()
        ledger, gates = opened.onboarding.around.ledger, opened.onboarding.around.gates

        class Watched:
            open, is_taken, positions_left = ledger.open, ledger.is_taken, ledger.positions_left
            standing_still, deposits_on_their_way = ledger.standing_still, ledger.deposits_on_their_way

            async def cancel_orders(self, account_id: int) -> None:
                await ledger.cancel_orders(account_id)
                taken_back.append(account_id)

        class Down:
            async def apply(self, client_id: str, standing: Standing) -> None:
                raise OSError

        await opened.onboarding.restrict(client.client_id, Step.RESTRICT, "review_overdue")
        opened.onboarding.around = msgspec.structs.replace(opened.onboarding.around, ledger=Watched(), gates=Down())
        with pytest.raises(OSError):
            await opened.onboarding.leave(client.client_id, client.user_id)
        assert (opened.state(client.client_id), taken_back) == ("offboarding", [])
        opened.onboarding.around = msgspec.structs.replace(opened.onboarding.around, gates=gates)
        await opened.onboarding.recover()
        await opened.onboarding.recover()
        assert taken_back == [client.account_id], "once, and not at every start"
