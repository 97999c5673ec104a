"""What leaves clients' accounts outside a trade is counted by purpose, and what names no authority apart."""

from __future__ import annotations

from lionrock.core.engine import Engine
from lionrock.node.published import Published
from lionrock.node.stamping import stamped
from lionrock.views.movements import Movements
from lionrock.words.commands import (
    AddLeg,
    Command,
    ListAsset,
    OpenAccount,
    PlaceHold,
    PostLegs,
    SettleHold,
    Transfer,
)
from lionrock.words.enumerations import AccountKind, TransferPurpose

CUSTODY, FEES, ANN, BOB = 1, 2, 11, 12
P = TransferPurpose


def transfer(debit: int, credit: int, amount: int, purpose: TransferPurpose, authority: int = 0) -> Transfer:
    return Transfer(
        asset_id=1, debit_account_id=debit, credit_account_id=credit, amount_atoms=amount, purpose=purpose,
        authority_id=authority,
    )  # fmt: skip


def fed(*commands: Command) -> Movements:
    movements, engine = Movements(), Engine()
    opened = [
        ListAsset(asset_id=1, decimals=0, code="BTC"),
        *(
            OpenAccount(account_id=account_id, account_kind=kind)
            for account_id, kind in (
                (CUSTODY, AccountKind.CUSTODY),
                (FEES, AccountKind.FEE),
                (ANN, AccountKind.CLIENT),
                (BOB, AccountKind.CLIENT),
            )
        ),
    ]
    records = stamped([command.pack() for command in (*opened, *commands)], 1, 1)
    movements.apply(Published(1, 1, records, b"", engine.apply(records)))
    return movements


def test_only_what_leaves_a_client_counts() -> None:
    movements = fed(
        transfer(CUSTODY, ANN, 100, P.DEPOSIT),
        transfer(ANN, BOB, 10, P.INTERNAL),
        transfer(ANN, FEES, 1, P.CHARGE, authority=7),
        transfer(FEES, ANN, 1, P.REWARD),
        transfer(ANN, BOB, 1_000, P.INTERNAL),  # refused: there is not so much
    )
    assert movements.tally() == {P.INTERNAL: (1, 1), P.CHARGE: (1, 0)}


def test_legs_and_settled_holds_count() -> None:
    movements = fed(
        transfer(CUSTODY, ANN, 100, P.DEPOSIT),
        AddLeg(transfer_id=5, account_id=ANN, asset_id=1, amount_atoms=-30),
        AddLeg(transfer_id=5, account_id=BOB, asset_id=1, amount_atoms=20),
        AddLeg(transfer_id=5, account_id=FEES, asset_id=1, amount_atoms=10),
        PostLegs(transfer_id=5, legs=3, purpose=P.OTC, authority_id=9),
        PlaceHold(hold_id=1, account_id=ANN, asset_id=1, amount_atoms=20, purpose=P.WITHDRAWAL),
        SettleHold(hold_id=1, credit_account_id=CUSTODY, amount_atoms=20, release_rest=1),
    )
    assert movements.tally() == {P.OTC: (1, 0), P.WITHDRAWAL: (1, 1)}


def test_a_copy_goes_on_where_the_first_one_was() -> None:
    first = fed(transfer(CUSTODY, ANN, 100, P.DEPOSIT), transfer(ANN, BOB, 10, P.INTERNAL))
    second = Movements()
    second.load(first.save())
    assert second.tally() == first.tally() == {P.INTERNAL: (1, 1)}
    assert second.save() == first.save()
