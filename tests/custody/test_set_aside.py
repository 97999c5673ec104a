"""Deposits that come after their account was closed: set aside to the atom, seen by the staff, and returned once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lionrock.custody import tables
from lionrock.custody.deposits import Deposit, DepositState
from lionrock.custody.set_aside import ACTION
from lionrock.custody.withdrawals import WithdrawalState
from lionrock.people.staff.proposal import Proposal, Told
from lionrock.people.staff.refusals import StaffRefused
from lionrock.people.staff.roles import Role
from lionrock.people.staff.tables import staff_roles
from lionrock.words.enumerations import AccountKind, ActorKind, TransferPurpose
from lionrock.words.events import HoldPlaced, TransferPosted
from tests.custody.sites import ACCOUNT, ADDRESS, SUB, UNIT, Inside, opened

CLOSED = frozenset({ACCOUNT, SUB})


async def arrives(inside: Inside, units: int = 3) -> Deposit:
    """Confirmed on its chain and looked at."""
    address = await inside.wallet.deposits.address_for("BTC", ACCOUNT)
    inside.chains.send("BTC", address, "BTC", units * UNIT)
    inside.chains.add_blocks("BTC", 5)
    await inside.wallet.look()
    return inside.deposits()[0]


async def set_aside(inside: Inside) -> Deposit:
    """One that came after the account was closed."""
    inside.site.arrivals.is_closed = CLOSED.__contains__
    return await arrives(inside)


def suspense(inside: Inside) -> int:
    """The only suspense account."""
    accounts = inside.site.catalogue.accounts.items()
    (found,) = [number for number, each in accounts if each.account_kind == AccountKind.SUSPENSE]
    return found


def cases(inside: Inside) -> list[tuple[str, str, str]]:
    items = inside.site.staff.queue.items(inside.site.clock(), frozenset({Role.TREASURY}), "")
    return [(item.kind, item.item_id, item.about) for item in items]


def remarks(inside: Inside) -> list[str]:
    return [told.code for each in inside.site.probes.remarks if (told := each()) is not None]


class Two:
    """Two people of the staff, who propose and approve."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._maker = self._member("maker@example.com", Role.TREASURY)
        self._checker = self._member("checker@example.com", Role.RESPONSIBLE_OFFICER)

    def _member(self, name: str, role: Role) -> str:
        members = self._inside.site.staff.members
        made = members.enrol(name, name, "")
        with self._inside.site.database.begin() as connection:
            row = {"staff_id": made.staff_id, "role": role.value, "granted_ns": 1, "proposal_id": ""}
            connection.execute(staff_roles.insert().values(**row))
        return made.staff_id

    async def give_back(self, deposit: Deposit, **more: Any) -> Proposal:
        payload = {"deposit_number": deposit.number, "account_id": ACCOUNT} | more
        proposals = self._inside.site.staff.proposals
        made = await proposals.propose(self._maker, Told(ACTION, payload, "client_request", "the client left"))
        return await proposals.approve(self._checker, made.proposal_id, made.payload_sha256)


@pytest.mark.shows("WALL-119")
async def test_a_deposit_to_a_closed_account_is_set_aside_and_is_a_case_with_an_alarm(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        posted: list[TransferPosted] = []
        inside.site.node.subscribe(
            lambda published: posted.extend(each for each in published.events if isinstance(each, TransferPosted))
        )
        assert (cases(inside), "deposits_set_aside" in remarks(inside)) == ([], False)
        deposit = await set_aside(inside)
        assert (deposit.state, deposit.amount_atoms) == (DepositState.SET_ASIDE, 3 * UNIT)
        assert "suspense account" in deposit.steps[-1].reason
        assert inside.balance(ACCOUNT) == (10 * UNIT, 0), "nothing lands on what is closed"
        assert (inside.balance(suspense(inside)), inside.sum_of(1)) == ((3 * UNIT, 0), 0)
        (entry,) = posted
        assert (entry.purpose, entry.tax_report_type) == (TransferPurpose.SUSPENSE, 0)
        assert cases(inside) == [("deposit_set_aside", str(deposit.number), str(ACCOUNT))]
        assert "deposits_set_aside" in remarks(inside)
        assert inside.site.probes.registry.get_sample_value("lionrock_deposits_set_aside") == 1
        await inside.wallet.look()
        again = await arrives(inside, 1)  # into the same account
        assert (again.state, inside.balance(suspense(inside))) == (DepositState.SET_ASIDE, (4 * UNIT, 0))


@pytest.mark.shows("WALL-119")
async def test_what_was_cut_off_is_set_aside_once(tmp_path: Path) -> None:
    """The journal has the entry, SQL does not know yet; then the whole table is lost."""
    async with opened(tmp_path) as inside:
        await set_aside(inside)
        with inside.site.database.begin() as connection:
            connection.execute(update(tables.deposits).values(state=DepositState.CREDITING, sequence=None))
    async with opened(tmp_path) as inside:
        (deposit,) = inside.deposits()
        assert (deposit.state, inside.balance(suspense(inside))) == (DepositState.SET_ASIDE, (3 * UNIT, 0))
        with inside.site.database.begin() as connection:
            connection.execute(tables.deposits.delete())
            connection.execute(tables.chain_heights.delete())
    async with opened(tmp_path) as inside:  # and now nobody says that it is closed
        for _ in range(2):
            await inside.wallet.look()
        (deposit,) = inside.deposits()
        assert (deposit.state, inside.balance(ACCOUNT)) == (DepositState.SET_ASIDE, (10 * UNIT, 0))
        assert inside.balance(suspense(inside)) == (3 * UNIT, 0)


@pytest.mark.shows("WALL-119")
async def test_two_people_send_it_back_to_an_address_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        deposit, two, held = await set_aside(inside), Two(inside), list[HoldPlaced]()
        inside.site.node.subscribe(
            lambda published: held.extend(each for each in published.events if isinstance(each, HoldPlaced))
        )
        done = await two.give_back(deposit, address=ADDRESS)
        assert done.state == "carried_out", done.outcome
        (back,) = inside.deposits()
        assert back.state == DepositState.RETURNING
        assert inside.balance(suspense(inside)) == (0, 3 * UNIT), "held until custody signs"
        (withdrawal,) = inside.wallet.withdrawals.read(suspense(inside))
        assert (withdrawal.state, withdrawal.address) == (WithdrawalState.AWAITING_CUSTODY, ADDRESS)
        (hold,) = held
        assert (hold.actor_kind, hold.actor_id != hold.authority_id) == (ActorKind.STAFF, True)
        assert (cases(inside), "deposits_set_aside" in remarks(inside)) == ([], False)
        with pytest.raises(StaffRefused, match="payload_malformed"):
            await two.give_back(deposit, address=ADDRESS)
        with inside.site.database.begin() as connection:  # as if the process had ended before SQL was told
            connection.execute(update(tables.deposits).values(state=DepositState.SET_ASIDE))
    async with opened(tmp_path) as inside:
        assert [each.state for each in inside.deposits()] == [DepositState.RETURNING]
        assert (inside.balance(suspense(inside)), inside.sum_of(1)) == ((0, 3 * UNIT), 0)


@pytest.mark.shows("WALL-119")
async def test_whoever_has_the_account_again_is_credited_to_the_atom(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        deposit, two = await set_aside(inside), Two(inside)
        with pytest.raises(StaffRefused, match="payload_malformed"):  # closed, and no address
            await two.give_back(deposit)
        inside.site.arrivals.is_closed = lambda _account_id: False
        done = await two.give_back(deposit)
        assert done.state == "carried_out", done.outcome
        assert (inside.balance(ACCOUNT), inside.balance(suspense(inside))) == ((13 * UNIT, 0), (0, 0))
        assert [each.state for each in inside.deposits()] == [DepositState.CREDITED]
        assert (cases(inside), inside.sum_of(1)) == ([], 0)
    async with opened(tmp_path) as inside:
        assert [each.state for each in inside.deposits()] == [DepositState.CREDITED]
        await inside.wallet.look()
        assert inside.balance(ACCOUNT) == (13 * UNIT, 0)


@pytest.mark.shows("WALL-119")
async def test_what_cannot_be_returned_is_not_proposed(tmp_path: Path) -> None:
    async with opened(tmp_path) as inside:
        deposit, two = await set_aside(inside), Two(inside)
        for bad in (
            {"deposit_number": 99},
            {"account_id": SUB},
            {"address": "not an address"},
            {"address": "TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW"},
        ):
            with pytest.raises(StaffRefused, match="payload_malformed"):
                await two.give_back(deposit, **{"address": ADDRESS} | bad)
        assert inside.balance(suspense(inside)) == (3 * UNIT, 0)
