"""Flows that no client can cause alone, and ends of days: a site in this process with a clock that is set by hand."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from lionrock.core.engine import Engine
from lionrock.views.sql.database import default_url, open_views
from lionrock.views.sql.following import Follower
from lionrock.views.sql.histories import MOST_WAITING, Histories
from lionrock.words.commands import PlaceHold, SettleHold, Transfer
from lionrock.words.enumerations import ActorKind, TransferPurpose
from tests.gateways.rest import test_other_ways_in as other_ways_in
from tests.gateways.rest.test_other_ways_in import BUY, ORDER, SECOND_NS, SELL, START_NS, Stage

stage = other_ways_in.stage
FLOW = "/api/v1/account/balanceFlow"
CUSTODY, BTC, USDT, USD = 1, 1, 3, 4
ATOMS = 10**8
HOUR_NS = 3600 * SECOND_NS
HONG_KONG_NS = 8 * HOUR_NS
DAY_NS = 24 * HOUR_NS


def follow(stage: Stage, directory: Path) -> None:
    """Everything durable becomes rows."""
    with closing(Follower(directory, open_views(default_url(directory)), Engine)) as follower:
        follower.catch_up()


@pytest.fixture
async def directory(stage: Stage, tmp_path: Path) -> Path:
    """The site's, where everything has happened that there is to tell."""
    ann, bob = stage.account_id, int((await stage.open_account())["accountId"])
    staff = {"actor_kind": ActorKind.STAFF, "actor_id": 5, "authority_id": 6}
    for asset_id, debit, credit, amount, purpose in (
        (BTC, ann, CUSTODY, 1, TransferPurpose.WITHDRAWAL),
        (USD, ann, CUSTODY, 7, TransferPurpose.WITHDRAWAL),
        (USDT, ann, bob, 2, TransferPurpose.INTERNAL),
        (USDT, bob, ann, 3, TransferPurpose.INTERNAL),
        (USDT, bob, ann, 4, TransferPurpose.CORRECTION),
    ):
        await stage.do(
            Transfer(
                asset_id=asset_id,
                debit_account_id=debit,
                credit_account_id=credit,
                amount_atoms=amount * ATOMS,
                purpose=purpose,
                **staff,
            )
        )
    kept = {"asset_id": BTC, "amount_atoms": 3 * ATOMS, "purpose": TransferPurpose.WITHDRAWAL}
    await stage.do(PlaceHold(hold_id=1, account_id=ann, **kept))
    await stage.do(SettleHold(hold_id=1, credit_account_id=CUSTODY, amount_atoms=2 * ATOMS, release_rest=1))
    follow(stage, tmp_path / "site")
    return tmp_path / "site"


@pytest.mark.shows("HIST-007", "HIST-008")
async def test_withdrawals_transfers_and_corrections(stage: Stage, directory: Path) -> None:
    async def typed(kind: str, *names: str) -> list[tuple[str, ...]]:
        return [tuple(row[name] for name in names) for row in await stage.signed("GET", FLOW, f"type={kind}")]

    ann = str(stage.account_id)
    assert await typed("withdraw", "netVaAmount", "vaCcy", "vaBalance") == [("-2", "BTC", "7"), ("-1", "BTC", "9")]
    assert await typed("fiatWithdraw", "netFiatAmount", "fiatCcy", "fiatBalance") == [("-7", "USD", "199993")]
    names = ("fromAccountId", "toAccountId", "netTransferAmount", "fromAccountBalance", "toAccountBalance")
    came, went = await typed("transfer", *names)
    bob = went[1]
    assert bob not in {"", ann}
    assert came == (bob, ann, "3", "", "100001")
    assert went == (ann, bob, "2", "99998", "")
    assert await typed("reversal", "netVaAmount", "vaCcy", "vaBalance") == [("4", "USDT", "100005")]
    counts = {}
    for kind in (51, 900, 904, 906, 910):
        rows = await stage.signed("GET", FLOW, f"flowType={kind}")
        counts[kind] = [(row["coin"], row["change"]) for row in rows]
    assert counts == {
        51: [("USDT", "4"), ("USDT", "3"), ("USDT", "-2")],
        900: [("USDT", "100000"), ("BTC", "10")],
        904: [("BTC", "-2"), ("BTC", "-1")],
        906: [("USD", "200000")],
        910: [("USD", "-7")],
    }
    flows = await stage.signed("GET", FLOW)
    assert sum(Decimal(row["change"]) for row in flows if row["coin"] == "BTC") == 7


@pytest.mark.shows("HIST-009")
async def test_the_end_of_each_day_in_the_sites_time(stage: Stage, directory: Path) -> None:
    """Three days: the accounts are opened on the first, there is a trade at the very end of the second."""
    start = START_NS + HONG_KONG_NS
    midnight = (start // DAY_NS + 2) * DAY_NS - HONG_KONG_NS
    other = await stage.open_account()
    stage.clock.now_ns = midnight - 1
    await stage.signed("POST", ORDER, SELL)
    await stage.signed("POST", ORDER, BUY, other)
    stage.clock.now_ns = midnight
    await stage.signed("POST", ORDER, SELL)
    follow(stage, directory)

    async def at(days: int) -> Any:
        number = midnight + HONG_KONG_NS + (days - 1) * DAY_NS
        answer = await stage.signed("GET", "/api/v1/account/eodBalance", f"reportDate={day_text(number)}")
        if "balances" not in answer:
            return answer["code"]
        return {row["asset"]: (row["free"], row["locked"]) for row in answer["balances"]}

    assert await at(-2) == {}
    assert (await at(-1))["BTC"] == ("7", "0")
    assert await at(0) == {"BTC": ("6", "0"), "USDT": ("149945", "0"), "USD": ("199993", "0")}
    assert await at(1) == "0001"
    stage.clock.now_ns = midnight + DAY_NS
    assert (await at(1))["BTC"] == ("5", "1")


def day_text(time_ns: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(time_ns // SECOND_NS, UTC):%Y-%m-%d}"


@pytest.mark.shows("HIST-003")
async def test_rows_that_stay_behind(stage: Stage, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lionrock.views.sql.histories.PATIENCE_SECONDS", 0.1)
    assert isinstance(await stage.signed("GET", FLOW), list)
    await stage.signed("POST", ORDER, SELL)
    late = await stage.signed("GET", FLOW)
    assert (late["code"], late["lionrock"]["name"]) == (-1007, "read_models_behind")
    page = await stage.signed("GET", "/lionrock/v1/history/orders")
    assert page["rows"] == []
    assert int(page["completeToSequence"]) + 1 == int(page["askedAtSequence"])
    follow(stage, directory)
    assert len((await stage.signed("GET", "/lionrock/v1/history/orders"))["rows"]) == 1


async def test_more_questions_than_there_is_room_for_are_refused(
    stage: Stage, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lionrock.views.sql.histories.PATIENCE_SECONDS", 60)
    await stage.signed("POST", ORDER, SELL)  # which the rows do not tell of, so each question waits
    asked = [asyncio.create_task(stage.signed("GET", FLOW)) for _ in range(MOST_WAITING + 5)]
    for answered in itertools.islice(asyncio.as_completed(asked), 5):
        await answered
    follow(stage, directory)
    answers = await asyncio.gather(*asked)
    refused = [answer for answer in answers if isinstance(answer, dict)]
    assert [answer["code"] for answer in refused] == [-2040] * 5


async def test_a_question_cannot_write(directory: Path) -> None:
    histories = Histories(default_url(directory), hash)

    def write(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM orders")

    with pytest.raises(Exception, match="readonly") as raised:
        await histories.ask(write, 0)
    assert isinstance(raised.value.__cause__, SQLAlchemyError)
    histories.close()
