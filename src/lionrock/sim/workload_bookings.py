"""What moves outside trades in a random flow: transfers, holds, legs, trades booked back; and what assets are worth.

Each is an errand of a few commands. Some errands are under way at a time, and the rest of the flow goes on between
their steps, so that what a hold or a leg was meant for may be gone when its turn comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from lionrock.sim.workload_numbers import ACTOR, AUTHORITY, Numbers
from lionrock.sim.workload_stage import leg
from lionrock.sim.workload_venue import (
    CUSTODY_ACCOUNTS,
    FEE_ACCOUNTS,
    OWN_ACCOUNTS,
    POOR_ACCOUNTS,
    RICH_ACCOUNTS,
    TRADED_ASSETS,
    WEALTH_ATOMS,
    worth,
)
from lionrock.words.commands import (
    AddLeg,
    CancelTrade,
    Command,
    DropLegs,
    PlaceHold,
    PostLegs,
    ReleaseHold,
    SettleHold,
    SetValuation,
    Transfer,
)
from lionrock.words.enumerations import ActorKind, TransferPurpose
from lionrock.words.limits import MAX_ATOMS, MAX_LEGS

Errand = Iterator[Command]

ERRANDS = 5
"""At most so many are under way at a time."""

SOURCES = (101, 102, 103, 2**32 - 1)
"""Outside numberings of the flow; scenes have others."""

TRADES_PER_COMMAND = 0.195
"""A guess at the number of trades so far, from which the trades to book back are drawn."""

_PURPOSES = tuple(map(int, TransferPurpose))
_PEOPLE = ((0, 0), (ACTOR, 0), (0, AUTHORITY), (ACTOR, ACTOR), (2**64 - 1, 2**64 - 1))
"""Of whom none can correct anything."""


class Bookings:
    """The errands of a flow."""

    def __init__(self, chance: Random, numbers: Numbers) -> None:
        self._chance = chance
        self._numbers = numbers
        self._under_way: list[Errand] = []
        self._makes: tuple[tuple[float, Callable[[int], Errand]], ...] = (
            (0.78, self._transfer),
            (0.88, self._hold),
            (0.94, self._legs),
            (0.99, self._cancelled_trade),
            (1.00, self._valuation),
        )
        """Below which draw each is chosen."""

    def command(self, sequence: int) -> Command:
        """The next step of an errand; `sequence` says about how many trades there were."""
        while True:
            if len(self._under_way) < ERRANDS:
                draw = self._chance.random()
                self._under_way.append(next(make for below, make in self._makes if draw < below)(sequence))
            errand = self._chance.choice(self._under_way)
            step = next(errand, None)
            if step is not None:
                return step
            self._under_way.remove(errand)

    def _client(self) -> int:
        return self._chance.choice(RICH_ACCOUNTS if self._chance.random() < 0.9 else POOR_ACCOUNTS)

    def _anybody(self) -> int:
        draw = self._chance.random()
        if draw < 0.6:
            return self._client()
        return self._chance.choice(OWN_ACCOUNTS if draw < 0.8 else CUSTODY_ACCOUNTS if draw < 0.9 else FEE_ACCOUNTS)

    def _amount(self, asset_id: int) -> int:
        return 1 + int(self._chance.random() * self._chance.random() * WEALTH_ATOMS[asset_id] / 50)

    def _origin(self, purpose: int) -> dict[str, int]:
        """Who asked; two people mostly, where it takes two."""
        chance = self._chance
        people = (ACTOR, AUTHORITY)
        if chance.random() < (0.15 if purpose == TransferPurpose.CORRECTION else 0.7):
            people = chance.choice(_PEOPLE)
        origin = {
            "tax_report_type": chance.choice((0, 0, 508, 2**16 - 1)),
            "actor_kind": chance.choice(tuple(ActorKind)),
            "actor_id": people[0],
            "authority_id": people[1],
        }
        if chance.random() < 0.01:
            origin["actor_kind"] = chance.choice((len(ActorKind), 255))
        if chance.random() < 0.4:
            source = chance.choice(SOURCES)
            origin |= {"source": source, "source_sequence": self._numbers.source_sequence(source)}
        return origin

    def _transfer(self, _: int) -> Errand:
        choice, draw = self._chance.choice, self._chance.random()
        asset_id = choice(TRADED_ASSETS)
        amount_atoms = self._amount(asset_id)
        if draw < 0.42:
            debit, credit, purpose = choice(CUSTODY_ACCOUNTS), self._client(), int(TransferPurpose.DEPOSIT)
        elif draw < 0.75:
            debit, credit, purpose = self._client(), choice(CUSTODY_ACCOUNTS), int(TransferPurpose.WITHDRAWAL)
        elif draw < 0.85:
            debit, credit, purpose = self._client(), self._client(), int(TransferPurpose.INTERNAL)
        elif draw < 0.90:
            debit, credit, purpose = choice(FEE_ACCOUNTS), self._anybody(), int(TransferPurpose.CHARGE)
        else:
            debit, credit, purpose = choice(OWN_ACCOUNTS), self._anybody(), choice(_PURPOSES)
            amount_atoms = amount_atoms // choice((1, 50, 1_000)) + 1
        yield Transfer(
            **self._origin(purpose),
            asset_id=asset_id,
            debit_account_id=debit,
            credit_account_id=credit,
            amount_atoms=amount_atoms,
            purpose=purpose,
        )

    def _hold(self, _: int) -> Errand:
        """It is settled in parts, or just so, or for too much; what is left is given back, but for a few."""
        chance = self._chance
        asset_id, purpose = chance.choice(TRADED_ASSETS), chance.choice(_PURPOSES)
        hold_id, left_atoms = self._numbers.hold_id(), self._amount(asset_id)
        yield self._held(hold_id, self._client(), asset_id, left_atoms, purpose)
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            part_atoms = chance.choice((1, left_atoms // 2, left_atoms, left_atoms + 1, left_atoms // 3 + 1))
            left_atoms = max(0, left_atoms - part_atoms)
            yield SettleHold(
                **self._origin(purpose),
                hold_id=hold_id + 1 if chance.random() < 0.03 else hold_id,
                credit_account_id=self._anybody(),
                amount_atoms=part_atoms,
                release_rest=chance.choice((0, 0, 0, 0, 1)) if chance.random() < 0.97 else 2,
            )
        if chance.random() < 0.95:
            yield ReleaseHold(**self._origin(purpose), hold_id=hold_id)

    def _held(self, hold_id: int, account_id: int, asset_id: int, amount_atoms: int, purpose: int) -> PlaceHold:
        return PlaceHold(
            **self._origin(purpose),
            hold_id=hold_id,
            account_id=account_id,
            asset_id=asset_id,
            amount_atoms=amount_atoms,
            purpose=purpose,
        )

    def _legs(self, _: int) -> Errand:
        """Some pairs of legs, in any order; then they are posted or, if that may have failed, dropped."""
        chance, transfer_id = self._chance, self._numbers.transfer_id()
        legs: list[AddLeg] = []
        for _ in range(chance.choice((1, 1, 2, 2, 3, 4, 6, MAX_LEGS // 2))):
            asset_id, debit, credit = chance.choice(TRADED_ASSETS), self._anybody(), self._anybody()
            amount_atoms, hold_id = self._amount(asset_id), 0
            if chance.random() < 0.25:
                hold_id, debit = self._numbers.hold_id(), self._client()
                more_atoms = chance.choice((0, 0, 1, amount_atoms))
                yield self._held(hold_id, debit, asset_id, amount_atoms + more_atoms, chance.choice(_PURPOSES))
            legs.append(leg(transfer_id, debit, asset_id, -amount_atoms, hold_id))
            legs.append(leg(transfer_id, credit, asset_id, amount_atoms))
        if chance.random() < 0.3:
            chance.shuffle(legs)
        if chance.random() < 0.25:
            self._spoil(legs)
        yield from legs
        purpose = chance.choice(_PURPOSES)
        for number in (len(legs), len(legs), len(legs) + 1):
            if chance.random() < 0.6:
                yield PostLegs(**self._origin(purpose), transfer_id=transfer_id, legs=number, purpose=purpose)
        if chance.random() < 0.8:
            yield DropLegs(transfer_id=transfer_id)
        for hold_id in (each.hold_id for each in legs if each.hold_id):
            if chance.random() < 0.9:
                yield ReleaseHold(**self._origin(TransferPurpose.CORRECTION), hold_id=hold_id)

    def _spoil(self, legs: list[AddLeg]) -> None:
        """One of the ways in which legs do not balance, are too many or too much, or take from the wrong hold."""
        chance = self._chance
        one = chance.choice(legs)
        transfer_id, account_id, asset_id, amount_atoms = (
            one.transfer_id,
            one.account_id,
            one.asset_id,
            one.amount_atoms,
        )
        draw = chance.random()
        if draw < 0.2:
            legs.remove(one)
        elif draw < 0.4:
            legs.append(leg(transfer_id, account_id, asset_id, chance.choice((-1, 1, amount_atoms))))
        elif draw < 0.55:
            legs += [leg(transfer_id, account_id, asset_id, chance.choice((-1, 1))) for _ in range(MAX_LEGS)]
        elif draw < 0.7:
            sign = chance.choice((-1, 1))
            legs += [leg(transfer_id, account_id, asset_id, sign * MAX_ATOMS) for _ in range(chance.randint(1, 4))]
        elif draw < 0.85:
            hold_id = chance.choice([other.hold_id for other in legs] + [10**9])
            legs.append(leg(transfer_id, account_id, asset_id, chance.choice((-1, 1)), hold_id))
            legs.append(leg(transfer_id, account_id, asset_id, -legs[-1].amount_atoms))
        else:
            legs += [leg(transfer_id, account_id, asset_id, sign * MAX_ATOMS) for sign in (1, 1, 1, -1, -1, -1)]

    def _cancelled_trade(self, sequence: int) -> Errand:
        """One of the last trades, or none that was yet; now and then once more."""
        chance = self._chance
        most = int(sequence * TRADES_PER_COMMAND) + 1
        trade_id = max(0, most - int(chance.random() * chance.random() * most * 0.2))
        for _ in range(chance.choice((1, 1, 2))):
            yield CancelTrade(**self._origin(TransferPurpose.CORRECTION), trade_id=trade_id)

    def _valuation(self, _: int) -> Errand:
        """About what it is usually worth, nothing, or a worth without any bound to it."""
        chance = self._chance
        usual = worth(chance.choice(TRADED_ASSETS))
        price_atoms = chance.choice((usual.price_atoms * chance.randint(1, 200) // 100, 0, 1, MAX_ATOMS))
        is_money = usual.is_money if chance.random() < 0.9 else 1 - usual.is_money
        yield SetValuation(asset_id=usual.asset_id, price_atoms=price_atoms, is_money=is_money)
