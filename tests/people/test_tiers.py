"""Fee tiers follow the volume of thirty days, at seven in the morning of Hong Kong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lionrock.people.tiers import due_tiers, effective_day, tier_for
from lionrock.site import sandbox
from lionrock.views.volumes import DAY_NS, UTC_OFFSET_NS, Volumes, day_of
from lionrock.words.commands import AssignFeeTier, CancelTrade, PlaceOrder, SetBeneficialOwner, Transfer
from lionrock.words.enumerations import OrderType, Side, TimeInForce, TransferPurpose
from lionrock.words.events import TradeExecuted
from tests.custody.sites import ACCOUNT, FIRST_NS, SUB, UNIT, Inside, opened

_HOUR_NS = 3_600_000_000_000
DAY = day_of(FIRST_NS)
MIDNIGHT_NS = (DAY + 1) * DAY_NS - UTC_OFFSET_NS
"""The first after the trades of these tests."""
THRESHOLDS = [int(volume) * UNIT for volume in sandbox.ARRANGEMENTS.tier_volumes]


async def trade(inside: Inside, dollars: int) -> TradeExecuted:
    """ACCOUNT sells 1 BTC to SUB."""
    node = inside.site.node
    await node.submit(
        Transfer(
            asset_id=3,
            debit_account_id=sandbox.CUSTODY_ACCOUNT,
            credit_account_id=SUB,
            amount_atoms=dollars * UNIT,
            purpose=TransferPurpose.DEPOSIT,
        )
    )
    events = []
    for account_id, side in ((ACCOUNT, Side.SELL), (SUB, Side.BUY)):
        events += await node.submit(
            PlaceOrder(
                order_id=0,
                account_id=account_id,
                market_id=1,
                side=side,
                order_type=OrderType.LIMIT,
                time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
                post_only=0,
                price_ticks=dollars * 100,
                size_lots=100_000,
                quote_amount_atoms=0,
            )
        )
    return next(event for event in events if isinstance(event, TradeExecuted))


def due(inside: Inside, now_ns: int) -> list[tuple[int, int]]:
    valuation = inside.venue.clients.valuation
    assert valuation is not None
    commands: list[AssignFeeTier] = due_tiers(
        now_ns,
        inside.site.volumes,
        owners=inside.site.owners,
        valuation=valuation,
        thresholds_atoms=THRESHOLDS,
        tier_of=inside.site.catalogue.tier_of,
    )
    return [(command.account_id, command.tier) for command in commands]


@pytest.mark.shows("WALL-140")
async def test_a_tier_is_earned_until_midnight_and_counts_from_seven(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        await trade(inside, 6_000_000)
        assert due(inside, FIRST_NS + 60 * 10**9) == []
        assert due(inside, MIDNIGHT_NS + 7 * _HOUR_NS - 1) == []
        earned = [(ACCOUNT, 2), (SUB, 2)]
        assert due(inside, MIDNIGHT_NS + 7 * _HOUR_NS) == earned
        assert due(inside, MIDNIGHT_NS + 29 * DAY_NS + 31 * _HOUR_NS - 1) == earned
        for account_id, tier in earned:
            await inside.site.node.submit(AssignFeeTier(account_id=account_id, tier=tier))
        assert due(inside, MIDNIGHT_NS + 7 * _HOUR_NS) == []  # asked again it has nothing to do
        assert due(inside, MIDNIGHT_NS + 30 * DAY_NS + 7 * _HOUR_NS) == [(ACCOUNT, 0), (SUB, 0)]


@pytest.mark.shows("WALL-141")
async def test_sub_accounts_count_to_the_main_account_and_have_its_tier(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        await trade(inside, 600_000)
        assert due(inside, MIDNIGHT_NS + 7 * _HOUR_NS) == []
        await inside.site.node.submit(SetBeneficialOwner(account_id=SUB, owner_id=ACCOUNT))
        assert due(inside, MIDNIGHT_NS + 7 * _HOUR_NS) == [(ACCOUNT, 1), (SUB, 1)]


@pytest.mark.shows("WALL-142")
async def test_an_error_trade_does_not_count(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        executed = await trade(inside, 6_000_000)
        await inside.site.node.submit(CancelTrade(trade_id=executed.trade_id, actor_id=5, authority_id=6))
        assert due(inside, MIDNIGHT_NS + 7 * _HOUR_NS) == []


async def test_volumes_are_the_same_after_a_restart_and_from_a_snapshot(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        await trade(inside, 6_000_000)
        before = inside.site.volumes.traded([ACCOUNT], DAY, DAY)
        assert before == {3: 6_000_000 * UNIT}
        again = Volumes()
        again.load(inside.site.volumes.save())
        assert again.save() == inside.site.volumes.save()
    async with opened(tmp_path) as inside:
        assert inside.site.volumes.traded([ACCOUNT], DAY, DAY) == before
        assert inside.site.node.recovered.snapshot_sequence > 0


def test_thresholds_are_met_from_the_exact_amount_on() -> None:
    tier: Callable[[int], int] = lambda atoms: tier_for(atoms, THRESHOLDS)  # noqa: E731 the table of a test
    assert [tier(atoms) for atoms in (0, 10**14 - 1, 10**14, 8 * 10**16 - 1, 8 * 10**16)] == [0, 0, 1, 6, 7]


def test_a_day_begins_at_midnight_of_hong_kong() -> None:
    assert (day_of(16 * _HOUR_NS - 1), day_of(16 * _HOUR_NS)) == (0, 1)
    assert (effective_day(23 * _HOUR_NS - 1), effective_day(23 * _HOUR_NS)) == (0, 1)
