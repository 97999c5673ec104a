"""Killed between the journal and SQL, on either side: a restart finds what is so, and nothing is done twice."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from lionrock.custody import tables
from lionrock.custody.deposits import DepositState
from lionrock.custody.withdrawals import WithdrawalState, destination_hash
from lionrock.node.published import Published
from lionrock.words.events import HoldPlaced
from tests.custody.kill_me import BEFORE_JOURNAL, BEFORE_SQL
from tests.custody.sites import ACCOUNT, ADDRESS, SUB, UNIT, opened
from tests.programs import run


def killed(directory: Path, what: str, point: str) -> None:
    ended = run(str(directory), what, point, module="tests.custody.kill_me")
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.shows("WALL-130")
@pytest.mark.parametrize("point", [BEFORE_JOURNAL, BEFORE_SQL])
async def test_a_withdrawal(tmp_path: Path, point: str) -> None:
    killed(tmp_path, "withdraw", point)
    async with opened(tmp_path) as inside:
        if point == BEFORE_JOURNAL:  # it never was
            assert (inside.withdrawals(), inside.balance(ACCOUNT)) == ([], (10 * UNIT, 0))
        else:
            assert [row.state for row in inside.withdrawals()] == [WithdrawalState.AWAITING_CUSTODY]
        # The client, who had no answer, asks again: one withdrawal, one hold.
        again = await inside.wallet.withdrawals.request(inside.request())
        assert [row.number for row in inside.withdrawals()] == [again.number]
        assert inside.balance(ACCOUNT) == (9 * UNIT, UNIT)
        await inside.wallet.withdrawals.cancel(ACCOUNT, again.number)
        assert (inside.balance(ACCOUNT), inside.sum_of(1)) == ((10 * UNIT, 0), 0)


@pytest.mark.shows("WALL-131")
@pytest.mark.parametrize("point", [BEFORE_JOURNAL, BEFORE_SQL])
async def test_a_cancel_that_was_begun_is_finished(tmp_path: Path, point: str) -> None:
    killed(tmp_path, "cancel", point)
    async with opened(tmp_path) as inside:
        assert [row.state for row in inside.withdrawals()] == [WithdrawalState.CANCELLED]
        assert inside.balance(ACCOUNT) == (10 * UNIT, 0)
        assert inside.site.bookings.held_withdrawals() == {}


@pytest.mark.shows("WALL-132")
@pytest.mark.parametrize("point", [BEFORE_JOURNAL, BEFORE_SQL])
async def test_a_deposit_is_credited_once(tmp_path: Path, point: str) -> None:
    killed(tmp_path, "deposit", point)
    async with opened(tmp_path) as inside:
        for _ in range(3):
            await inside.wallet.look()
        (row,) = inside.deposits()
        assert (row.state, row.amount_atoms) == (DepositState.CREDITED, 3 * UNIT)
        assert (inside.balance(ACCOUNT), inside.sum_of(1)) == ((13 * UNIT, 0), 0)


@pytest.mark.shows("WALL-133")
@pytest.mark.parametrize("point", [BEFORE_JOURNAL, BEFORE_SQL])
async def test_a_transfer(tmp_path: Path, point: str) -> None:
    killed(tmp_path, "transfer", point)
    async with opened(tmp_path) as inside:
        moved = 0 if point == BEFORE_JOURNAL else UNIT
        assert inside.balance(SUB) == (moved, 0)
        await inside.wallet.transfers.transfer(inside.transfer())
        assert (inside.balance(SUB), inside.balance(ACCOUNT)) == ((UNIT, 0), (9 * UNIT, 0))


@pytest.mark.shows("WALL-134")
async def test_a_sub_account(tmp_path: Path) -> None:
    killed(tmp_path, "sub-account", BEFORE_JOURNAL)
    async with opened(tmp_path) as inside:
        assert inside.site.sub_accounts.read(ACCOUNT) == []
        made = await inside.site.sub_accounts.open(ACCOUNT, "desk")
        assert inside.site.owners.sub_accounts(ACCOUNT) == [made.account_id]
        assert inside.site.owners.owner_of(made.account_id) == ACCOUNT


@pytest.mark.shows("WALL-135")
async def test_a_database_older_than_the_journal_credits_nothing_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        address = await inside.wallet.deposits.address_for("BTC", ACCOUNT)
        inside.chains.send("BTC", address, "BTC", 3 * UNIT)
        inside.chains.add_blocks("BTC", 5)
        await inside.wallet.look()
        await inside.wallet.withdrawals.request(inside.request())
        assert inside.balance(ACCOUNT) == (12 * UNIT, UNIT)
        with inside.site.database.begin() as connection:
            for table in (tables.deposits, tables.chain_heights, tables.withdrawals):
                connection.execute(delete(table))
    async with opened(tmp_path) as inside:
        for _ in range(2):
            await inside.wallet.look()
        assert [row.state for row in inside.deposits()] == [DepositState.CREDITED]
        # Where the withdrawal was to go is lost with the row: what was held for it is given back.
        assert (inside.withdrawals(), inside.balance(ACCOUNT)) == ([], (13 * UNIT, 0))
        later = await inside.wallet.withdrawals.request(inside.request())
        assert (later.number, inside.balance(ACCOUNT)) == (2, (12 * UNIT, UNIT))


@pytest.mark.shows("WALL-136")
async def test_a_journal_that_was_set_back_is_right(tmp_path: Path) -> None:
    """Rows of what the journal does not have: a deposit is credited, a withdrawal is none."""
    async with opened(tmp_path) as inside:
        address = await inside.wallet.deposits.address_for("BTC", ACCOUNT)
        inside.chains.send("BTC", address, "BTC", 3 * UNIT)
        inside.chains.add_blocks("BTC", 1)
        await inside.wallet.look()
        await inside.wallet.withdrawals.request(inside.request())
        with inside.site.database.begin() as connection:
            credited = {"state": DepositState.CREDITED, "sequence": 9_999, "confirmations": 2}
            connection.execute(update(tables.deposits).values(credited))
            row = connection.execute(select(tables.withdrawals)).one()
            sealed = {"sealed": inside.site.sealer.seal(b"", "withdrawals:7")}
            connection.execute(
                insert(tables.withdrawals).values(row._asdict() | {"number": 7, "request_key": b""} | sealed)
            )
    async with opened(tmp_path) as inside:
        assert [row.state for row in inside.deposits()] == [DepositState.CREDITED]
        assert [row.number for row in inside.withdrawals()] == [1]
        assert inside.balance(ACCOUNT) == (12 * UNIT, UNIT)


@pytest.mark.shows("WALL-137")
async def test_the_journal_binds_the_destination(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        notes: dict[int, bytes] = {}

        def listen(published: Published) -> None:
            for event in published.events:
                if isinstance(event, HoldPlaced):
                    notes[event.hold_id] = published.notes[event.sequence - published.sequence]

        inside.site.node.subscribe(listen)
        withdrawal = await inside.wallet.withdrawals.request(inside.request())
        salt = inside.wallet.withdrawals.salt_of(withdrawal.number)
        assert notes == {1: destination_hash(salt, "BTC", ADDRESS, "")}
        assert notes != {1: destination_hash(salt, "BTC", ADDRESS, "7")}
