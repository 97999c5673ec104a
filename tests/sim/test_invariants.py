"""The invariants of a state find what is booked outside the book and cannot be; the pages' tests show the others."""

from __future__ import annotations

import pytest

from lionrock.words.commands import AddLeg, PlaceHold, SetAssetPermission, SetValuation, Transfer
from lionrock.words.enumerations import Side, TransferPurpose
from tests.invariants import broken_invariants
from tests.sim.small_venue import ANN, BOB, CUSTODY, DOLLAR, ETHER, deposit, done, limit_order, small_venue


@pytest.fixture
def lines() -> list[str]:
    """A hold, two legs, a source, a trade, a valuation and something forbidden."""
    auditor = small_venue()
    done(
        auditor,
        limit_order(101, ANN, Side.BUY, 2, 100),
        limit_order(102, BOB, Side.SELL, 2, 100),
        PlaceHold(hold_id=7, account_id=ANN, asset_id=DOLLAR, amount_atoms=5, purpose=TransferPurpose.WITHDRAWAL),
        AddLeg(transfer_id=3, account_id=ANN, asset_id=DOLLAR, amount_atoms=-5, hold_id=7),
        AddLeg(transfer_id=3, account_id=BOB, asset_id=DOLLAR, amount_atoms=5),
        SetValuation(asset_id=ETHER, price_atoms=9, is_money=0),
        SetAssetPermission(account_id=BOB, asset_id=ETHER, permitted=0),
        Transfer(
            asset_id=DOLLAR,
            debit_account_id=CUSTODY,
            credit_account_id=ANN,
            amount_atoms=1,
            purpose=TransferPurpose.DEPOSIT,
            source=4,
            source_sequence=8,
        ),
        deposit(DOLLAR, BOB, 1),
    )
    return auditor.lines()


def test_a_sound_state_breaks_nothing(lines: list[str]) -> None:
    assert broken_invariants(lines) == []


@pytest.mark.parametrize(
    ("honest", "lie", "told"),
    [
        ("hold|7|11|2|5|2", "hold|7|11|2|4|2", "account 11 has 5 held of asset 2, its orders and holds 4"),
        ("hold|7|11|2|5|2", "hold|7|11|2|5|12", "hold 7 of account 11 has 5 for 12, the last hold is 7"),
        ("hold|7|11|2|5|2", "hold|8|11|2|5|2", "hold 8 of account 11 has 5 for 2, the last hold is 7"),
        ("leg|3|1|12|2|5|0", "leg|3|1|12|2|0|0", "leg 1 of transfer 3 is of 0"),
        ("leg|3|1|", "leg|3|2|", "transfer 3 has the legs [0, 2]"),
        ("leg|3|1|", "leg|2|0|", "the leg lines are not in order, or one is there twice"),
        ("source|4|8", "source|4|0", "source 4 is at 0"),
        ("asset|1|ETH|3|9|0", "asset|1|ETH|3|-1|0", "asset 1 is worth -1, its mark of money is 0"),
        ("asset|1|ETH|3|9|0", "asset|1|ETH|3|9|2", "asset 1 is worth 9, its mark of money is 2"),
        ("forbidden|12|1", "forbidden|12|9", "account 12 may not acquire 9, and one of them is not there"),
        ("account|11|1|0|11|0|0|4294967295|0|0|0|0", "account|11|1|0|11|0|0|4294967295|0|0|0|-1", "limit of -1"),
        ("trade|1|", "trade|2|", "the trades remembered are not the last 1 of 1"),
        ("|200|-220|-200|160|0", "|201|-220|-200|160|0", "trade 1 is remembered at"),
        ("|200|-220|-200|160|0", "|200|-220|-200|221|0", "trade 1 is remembered at"),
        ("trade|1|12", "trade|1|99", "trade 1 is remembered at"),
    ],
)
def test_what_cannot_be_is_found(lines: list[str], honest: str, lie: str, told: str) -> None:
    assert any(honest in line for line in lines)
    assert any(told in each for each in broken_invariants([line.replace(honest, lie) for line in lines]))
