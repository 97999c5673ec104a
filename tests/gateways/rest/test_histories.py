"""Histories and statements as a client reads them, from a server with its read models beside it."""

from __future__ import annotations

import base64
import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pypdf
import pytest

from lionrock.journal.checkpoints import check_note
from tests.gateways.rest.live import LiveServer, Trader, now_ms, refusal

HISTORY = "/lionrock/v1/history"
KINDS = ("orders", "fills", "entries")
FLOW = "/api/v1/account/balanceFlow"
END_OF_DAY = "/api/v1/account/eodBalance"
STATEMENTS = "/lionrock/v1/statements"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox", with_views=True)
    yield live
    assert live.stop() == 0


@pytest.fixture(scope="module")
def traders(server: LiveServer) -> tuple[Trader, Trader]:
    """Ann has sold to bob three times, and each has cancelled an order."""
    ann, bob = (server.account(BTC="10", USDT="1000000", USD="500000") for _ in range(2))
    for step in range(3):
        ann.limit("SELL", "1", str(50_000 + step), newClientOrderId=f"sale {step}")
        bob.limit("BUY", "1", str(50_000 + step))
    for trader in ann, bob:
        order = trader.limit("BUY", "1", "40000")
        trader.signed("DELETE", "/api/v1/spot/order", orderId=order["orderId"])
    return ann, bob


def ask(trader: Trader, path: str, **parameters: str) -> httpx.Response:
    """The answer; asked again while the read models say that they are behind, as a client would."""
    answer = trader.signed("GET", path, **parameters)
    for _ in range(20):
        if not is_behind(answer):
            break
        answer = trader.signed("GET", path, **parameters)
    assert answer.status_code == 200, answer.text
    return answer


def is_behind(answer: httpx.Response) -> bool:
    body = answer.json() if answer.headers["content-type"] == "application/json" else {}
    if "askedAtSequence" in body:
        return int(body["completeToSequence"]) < int(body["askedAtSequence"])
    return isinstance(body, dict) and body.get("code") == -1007


def read(trader: Trader, path: str, **parameters: str) -> Any:
    return ask(trader, path, **parameters).json()


def all_pages(trader: Trader, kind: str, **parameters: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = read(trader, f"{HISTORY}/{kind}", **parameters, **cursor)
        rows += page["rows"]
        if not page["hasMore"]:
            return rows
        cursor = {"cursor": page["nextCursor"]}


@pytest.mark.shows("HIST-001")
def test_orders_fills_and_entries_as_they_were(traders: tuple[Trader, Trader]) -> None:
    ann, bob = traders
    orders = all_pages(ann, "orders")
    assert [(row["clientOrderId"], row["status"], row["filledQuantity"]) for row in orders[:3]] == [
        (f"sale {step}", "FILLED", "1") for step in range(3)
    ]
    assert (orders[3]["status"], orders[3]["cancelReason"], orders[3]["price"]) == ("CANCELED", "REQUESTED", "40000")
    fills = all_pages(bob, "fills", symbol="BTCUSDT")
    assert [(row["price"], row["quantity"], row["side"], row["isMaker"]) for row in fills] == [
        (str(50_000 + step), "1", "BUY", False) for step in range(3)
    ]
    assert {(row["fee"], row["feeAsset"]) for row in fills} == {("0.0012", "BTC")}
    assert all_pages(bob, "fills", symbol="ETHUSDT") == []
    entries = all_pages(ann, "entries", asset="BTC")
    assert (entries[0]["reason"], entries[0]["purpose"], entries[0]["availableChange"]) == ("TRANSFER", "DEPOSIT", "10")
    assert [row["reason"] for row in entries[1:3]] == ["ORDER_HELD", "TRADE"]
    assert (entries[-1]["available"], entries[-1]["held"]) == ("7", "0")
    for kind in KINDS:
        rows = all_pages(ann, kind)
        assert all_pages(ann, kind, limit="1") == rows
        assert all_pages(ann, kind, limit="2", order="newest") == rows[::-1]
        middle = rows[len(rows) // 2].get("timeMs") or rows[len(rows) // 2]["placedMs"]
        parts = all_pages(ann, kind, to=str(middle)) + all_pages(ann, kind, **{"from": str(middle)})
        assert parts == rows


@pytest.mark.shows("HIST-001", "HIST-002")
def test_pages_while_others_trade(server: LiveServer) -> None:
    """One account trades as fast as it can, another client pages through it: everything comes once."""
    trader, other = (server.account(BTC="1000", USDT="10000000") for _ in range(2))
    over = threading.Event()

    def trade() -> None:
        try:
            for _ in range(100):
                trader.limit("SELL", "0.01", "50000")
                other.limit("BUY", "0.01", "50000")
        finally:
            over.set()

    thread = threading.Thread(target=trade)
    thread.start()
    seen: dict[str, list[str]] = {kind: [] for kind in KINDS}
    cursors: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    is_last_round = False
    while not is_last_round:
        is_last_round = over.is_set()
        for kind, ids in seen.items():
            has_more = True
            while has_more:
                page = read(trader, f"{HISTORY}/{kind}", limit="7", **cursors[kind])
                ids += [row["id"] for row in page["rows"]]
                cursors[kind] = {"cursor": page["nextCursor"]} if page["nextCursor"] else {}
                has_more = page["hasMore"]
    thread.join()
    for kind, ids in seen.items():
        assert ids == [row["id"] for row in all_pages(trader, kind)]
    assert (len(seen["orders"]), len(seen["fills"])) == (100, 100)


@pytest.mark.shows("HIST-002")
def test_what_was_acknowledged_is_in_the_next_page(traders: tuple[Trader, Trader]) -> None:
    ann, _ = traders
    for price in range(30_000, 30_010):
        order = ann.limit("BUY", "0.01", str(price))
        page = read(ann, f"{HISTORY}/orders", order="newest", limit="1")
        assert (page["rows"][0]["id"], page["rows"][0]["status"]) == (order["orderId"], "NEW")
        ann.signed("DELETE", "/api/v1/spot/order", orderId=order["orderId"])
        assert read(ann, f"{HISTORY}/orders", order="newest", limit="1")["rows"][0]["status"] == "CANCELED"


@pytest.mark.shows("HIST-004")
def test_a_cursor_of_another_question_is_refused(traders: tuple[Trader, Trader]) -> None:
    ann, bob = traders
    cursor = read(ann, f"{HISTORY}/fills", limit="1")["nextCursor"]
    assert read(ann, f"{HISTORY}/fills", cursor=cursor)["rows"]
    other_questions: list[tuple[Trader, str, dict[str, str]]] = [
        (bob, "fills", {}),
        (ann, "orders", {}),
        (ann, "entries", {}),
        (ann, "fills", {"symbol": "BTCUSDT"}),
        (ann, "fills", {"order": "newest"}),
        (ann, "fills", {"from": "1"}),
        (ann, "fills", {"to": now_ms()}),
    ]
    for trader, kind, parameters in other_questions:
        answer = trader.signed("GET", f"{HISTORY}/{kind}", cursor=cursor, **parameters)
        assert refusal(answer) == "0001", (kind, parameters)
        assert answer.json()["lionrock"]["name"] == "cursor_of_another_question"
    data = bytearray(base64.urlsafe_b64decode(cursor + "=="))
    data[0] ^= 1
    made_up = base64.urlsafe_b64encode(data).decode().rstrip("=")
    for bad in (made_up, cursor[:-2], cursor + "AAAA", "x", "=", "%00", "é", "A" * 5_000, "' OR 1=1 --"):
        assert refusal(ann.signed("GET", f"{HISTORY}/fills", cursor=bad)) == "0001", bad


@pytest.mark.shows("HIST-005")
def test_somebody_elses_history_is_refused(traders: tuple[Trader, Trader]) -> None:
    ann, bob = traders
    day = {"reportDate": "2026-01-01"}
    for path in (*(f"{HISTORY}/{kind}" for kind in KINDS), FLOW, END_OF_DAY, STATEMENTS):
        assert refusal(ann.signed("GET", path, accountId=bob.account_id, to=now_ms(), **{"from": "1"}, **day)) == "0104"
        assert refusal(ann.server.http.get(path)) == "0001", "without a signature"
    assert {row["sequence"] for row in all_pages(ann, "orders")}.isdisjoint(
        row["sequence"] for row in all_pages(bob, "orders")
    )


@pytest.mark.shows("HIST-004", "HIST-009")
@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        (f"{HISTORY}/orders", {"symbol": "NONE"}, "0201"),
        (f"{HISTORY}/fills", {"symbol": "NONE"}, "0201"),
        (f"{HISTORY}/entries", {"asset": "NONE"}, "0402"),
        (f"{HISTORY}/entries", {"order": "sideways"}, "0001"),
        (f"{HISTORY}/entries", {"from": "-1"}, "0001"),
        (f"{HISTORY}/entries", {"to": "tomorrow"}, "0001"),
        (f"{HISTORY}/entries", {"limit": "0"}, -100002),
        (FLOW, {"flowType": "7"}, "0001"),
        (FLOW, {"accountType": "2"}, "0001"),
        (FLOW, {"type": "gift"}, "0001"),
        (FLOW, {"type": "trade", "beginId": "x"}, "0001"),
        (END_OF_DAY, {}, "0001"),
        (END_OF_DAY, {"reportDate": "2026-02-30"}, "0001"),
        (END_OF_DAY, {"reportDate": "20260101"}, "0001"),
        (END_OF_DAY, {"reportDate": "2026-W01-1"}, "0001"),
        (END_OF_DAY, {"reportDate": "9999-12-31"}, "0001"),
        (STATEMENTS, {}, "0001"),
        (STATEMENTS, {"from": "1", "to": "1"}, "0001"),
        (STATEMENTS, {"from": "9" * 18, "to": "9" * 18}, "0001"),
        (STATEMENTS, {"from": "1", "to": "2", "format": "exe"}, "0001"),
    ],
)
def test_bad_input_is_refused(
    traders: tuple[Trader, Trader], path: str, parameters: dict[str, str], code: object
) -> None:
    assert refusal(traders[0].signed("GET", path, **parameters)) == code


@pytest.mark.parametrize("number", ["9" * 18, "1", "0"])
def test_odd_numbers_are_no_server_error(traders: tuple[Trader, Trader], number: str) -> None:
    """Times far away, ids nobody has."""
    for kind in KINDS:
        for order in ("oldest", "newest"):
            read(traders[0], f"{HISTORY}/{kind}", order=order, to=number, **{"from": number})
            read(traders[0], f"{HISTORY}/{kind}", order=order, **{"from": number})
    for kind in ("trade", "deposit"):
        read(traders[0], FLOW, type=kind, beginId=number, startTime=number)
        read(traders[0], FLOW, type=kind, endTime=number)


@pytest.mark.shows("HIST-006")
def test_ccxt_reads_the_ledger(traders: tuple[Trader, Trader]) -> None:
    ann, _ = traders
    client = ann.ccxt()
    since, until = int(now_ms()) - 3_600_000, int(now_ms()) + 1_000
    rows = client.fetch_ledger("USDT", since, 100, {"until": until})
    assert sorted(row["type"] for row in rows) == ["deposit", "fee", "fee", "fee", "trade", "trade", "trade"]
    assert sum(Decimal(row["info"]["change"]) for row in rows) == Decimal(ann.balances()["USDT"][0])
    deposits = client.fetch_ledger("USDT", since, 100, {"until": until, "flowType": "deposit"})
    assert [(row["direction"], row["amount"], row["before"], row["after"]) for row in deposits] == [
        ("in", 1_000_000.0, 0.0, 1_000_000.0)
    ]
    assert len(client.fetch_ledger("USDT", since, 100, {"until": until, "flowType": "fee"})) == 3
    assert client.fetch_ledger("USDT", since - 10_000, 100, {"until": since}) == []


@pytest.mark.shows("HIST-007")
def test_flows_add_up_and_the_newest_come_first(traders: tuple[Trader, Trader]) -> None:
    for trader in traders:
        flows = read(trader, FLOW, limit="500")
        assert [int(row["id"]) for row in flows] == sorted((int(row["id"]) for row in flows), reverse=True)
        running: dict[str, Decimal] = {}
        for row in reversed(flows):
            running[row["coin"]] = running.get(row["coin"], Decimal(0)) + Decimal(row["change"])
            assert Decimal(row["total"]) == running[row["coin"]]
            assert Decimal(row["change"])
        owned = {coin: Decimal(free) + Decimal(locked) for coin, (free, locked) in trader.balances().items()}
        assert {coin: total for coin, total in running.items() if total} == owned
        by_type = [read(trader, FLOW, flowType=kind) for kind in ("1", "2", "51", "900", "904", "906", "910", "32")]
        ids = [row["id"] for rows in by_type for row in rows]
        assert sorted(ids) == sorted(row["id"] for row in flows)
        assert [row["coin"] for row in by_type[5]] == ["USD"]
        assert read(trader, FLOW, limit="2") == flows[:2]
        assert read(trader, FLOW, endTime=str(int(flows[0]["created"]) - 1_000_000)) == []
        assert read(trader, FLOW, accountType="3") == []
        assert read(trader, FLOW, accountType="1") == flows


@pytest.mark.shows("HIST-008")
def test_the_typed_form(traders: tuple[Trader, Trader]) -> None:
    ann, bob = traders
    trades = read(ann, FLOW, type="trade")
    assert [(row["netBaseAmount"], row["netQuoteAmount"], row["fee"], row["feeCcy"]) for row in trades] == [
        ("-1", "49941.9976", "60.0024", "USDT"),
        ("-1", "49940.9988", "60.0012", "USDT"),
        ("-1", "49940", "60", "USDT"),
    ]
    assert [row["baseAssetBalance"] for row in trades] == ["7", "8", "9"]
    assert [row["quoteAssetBalance"] for row in trades] == ["1149822.9964", "1099880.9988", "1049940"]
    assert trades[0]["clientOrderId"] == "sale 2"
    assert read(ann, FLOW, type="trade", clientOrderId="sale 1") == trades[1:2]
    assert read(ann, FLOW, type="trade", beginId=trades[2]["id"]) == trades[1::-1]
    bought = read(bob, FLOW, type="trade")
    assert {(row["netBaseAmount"], row["direction"], row["feeCcy"]) for row in bought} == {("0.9988", "BUY", "BTC")}
    deposits = read(ann, FLOW, type="deposit")
    assert [(row["vaCcy"], row["netVaAmount"], row["vaBalance"]) for row in deposits] == [
        ("USDT", "1000000", "1000000"),
        ("BTC", "10", "10"),
    ]
    money = read(ann, FLOW, type="fiatDeposit")
    assert [(row["fiatCcy"], row["netFiatAmount"], row["fiatBalance"]) for row in money] == [
        ("USD", "500000", "500000")
    ]
    for kind in ("withdraw", "fiatWithdraw", "transfer", "reversal", "refund"):
        assert read(ann, FLOW, type=kind) == []


@pytest.mark.shows("HIST-009")
def test_the_end_of_a_day_that_has_not_ended_is_refused(traders: tuple[Trader, Trader]) -> None:
    here = datetime.now(UTC) + timedelta(hours=8)
    assert refusal(traders[0].signed("GET", END_OF_DAY, reportDate=f"{here:%Y-%m-%d}")) == "0001"
    before = here - timedelta(days=1)
    answer = read(traders[0], END_OF_DAY, reportDate=f"{before:%Y-%m-%d}")
    assert answer["userId"] == traders[0].account_id


def statement(trader: Trader, file_format: str, begin: str = "1", end: str = "") -> bytes:
    return ask(trader, STATEMENTS, **{"from": begin, "to": end or now_ms(), "format": file_format}).content


@pytest.mark.shows("HIST-011", "HIST-012")
def test_a_statement_in_every_form(traders: tuple[Trader, Trader], tmp_path: Path) -> None:
    ann, _ = traders
    end = now_ms()
    told = json.loads(statement(ann, "json", end=end))
    closing = {each["asset"]: (each["closing"]["available"], each["closing"]["held"]) for each in told["assets"]}
    assert closing == ann.balances()
    assert len(told["entries"]) == len(all_pages(ann, "entries"))
    for each in told["assets"]:
        assert set(each["opening"].values()) == {"0"}
        for part in ("available", "held"):
            changes = [Decimal(row["change"][part]) for row in told["entries"] if row["asset"] == each["asset"]]
            assert sum(changes) == Decimal(each["closing"][part])

    table = list(csv.DictReader(io.StringIO(statement(ann, "csv", end=end).decode())))
    rows = [row for row in table if row["record"] == "entry"]
    assert [
        (row["entryId"], row["availableChange"], row["heldChange"], row["available"], row["held"]) for row in rows
    ] == [(row["id"], *row["change"].values(), *row["after"].values()) for row in told["entries"]]
    assert {row["asset"]: (row["available"], row["held"]) for row in table if row["record"] == "closing"} == closing

    path = tmp_path / "statement.parquet"
    path.write_bytes(statement(ann, "parquet", end=end))
    found = duckdb.read_parquet(str(path)).fetchall()
    assert [(str(row[1]), row[6], row[9]) for row in found if row[0] == "entry"] == [
        (row["id"], row["reason"], int(Decimal(row["change"]["available"]) * 10**8)) for row in told["entries"]
    ]
    [(kept,)] = duckdb.execute("SELECT value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
    assert json.loads(kept)["accountId"] == ann.account_id

    pages = pypdf.PdfReader(io.BytesIO(statement(ann, "pdf", end=end))).pages
    printed = " ".join(" ".join(page.extract_text() for page in pages).split())
    for row in told["entries"]:
        kind = row["reason"] if row["purpose"] == "TRADE" else f"{row['purpose']} {row['reason']}"
        what = [row["id"], row["sequence"], row["time"], row["asset"], kind, row["reference"]]
        line = [*what, *row["change"].values(), *row["after"].values()]
        assert f" {' '.join(cell for cell in line if cell)} " in f"{printed} "
    for each in told["assets"]:
        amounts = [amount for part in ("opening", "change", "closing") for amount in each[part].values()]
        assert f"{each['asset']} {' '.join(amounts)}" in printed


@pytest.mark.shows("HIST-011")
def test_statements_that_meet_share_nothing_and_miss_nothing(traders: tuple[Trader, Trader]) -> None:
    ann, _ = traders
    whole = json.loads(statement(ann, "json"))
    times = sorted({row["time"] for row in whole["entries"]})
    middle = datetime.fromisoformat(times[len(times) // 2][:23] + "+00:00")
    middle_ms = str(round(middle.timestamp() * 1000))
    first, second = (json.loads(statement(ann, "json", *some)) for some in (("1", middle_ms), (middle_ms,)))
    assert first["entries"] + second["entries"] == whole["entries"]
    assert first["entries"]
    assert second["entries"]
    closing = {each["asset"]: each["closing"] for each in first["assets"]}
    assert {each["asset"]: each["opening"] for each in second["assets"]} == closing


@pytest.mark.shows("HIST-002", "HIST-003", "HIST-010", "HIST-013")
def test_histories_survive_kill_and_restart(tmp_path: Path) -> None:
    """Killed in the midst of trading, started without read models, and started again with them."""
    server = LiveServer(tmp_path / "site", "--sandbox", with_views=True)
    ann, bob = (server.account(BTC="100", USDT="10000000") for _ in range(2))
    acknowledged: list[str] = []

    def trade() -> None:
        try:
            while True:
                acknowledged.append(ann.limit("SELL", "0.01", "50000")["orderId"])
                acknowledged.append(bob.limit("BUY", "0.01", "50000")["orderId"])
        except Exception:  # noqa: BLE001 - the server was killed, whichever way that shows
            return

    thread = threading.Thread(target=trade)
    thread.start()
    while len(acknowledged) < 60:
        time.sleep(0.01)
    server.kill()
    thread.join()

    server.start()
    known = {row["id"] for trader in (ann, bob) for row in all_pages(trader, "orders")}
    assert set(acknowledged) <= known
    told = json.loads(statement(ann, "json"))
    closing = {each["asset"]: (each["closing"]["available"], each["closing"]["held"]) for each in told["assets"]}
    assert closing == ann.balances()
    assert server.stop() == 0

    without = LiveServer(tmp_path / "site", "--sandbox")
    order = ann_at(without, ann).limit("SELL", "0.01", "60000")
    page = ann_at(without, ann).signed("GET", f"{HISTORY}/orders", order="newest").json()
    assert int(page["completeToSequence"]) < int(page["askedAtSequence"])
    assert order["orderId"] not in {row["id"] for row in page["rows"]}
    for path in (FLOW, STATEMENTS):
        answer = ann_at(without, ann).signed("GET", path, to=now_ms(), **{"from": "1"})
        assert refusal(answer) == -1007
        assert answer.json()["lionrock"]["name"] == "read_models_behind"
    assert without.stop() == 0

    server.start()
    later = ann_at(server, ann)
    assert order["orderId"] in {row["id"] for row in all_pages(later, "orders")}
    told = json.loads(statement(later, "json"))
    assert told["checkpointCoversStatement"] is True
    public_key = (tmp_path / "site" / "checkpoints" / "public-key").read_text().strip()
    signed = check_note(told["checkpoint"], public_key)
    assert signed.sequence >= int(told["entries"][-1]["sequence"])
    assert base64.b64encode(signed.root).decode() == told["checkpointRoot"]
    assert server.stop() == 0


def ann_at(server: LiveServer, trader: Trader) -> Trader:
    """The same account and key, at another process."""
    return Trader(server, {"apiKey": trader.key, "secret": trader.secret, "accountId": trader.account_id})


@pytest.mark.shows("HIST-003")
def test_without_any_read_models_a_history_is_refused(fresh_server: LiveServer) -> None:
    trader = fresh_server.account(BTC="1")
    for path in (f"{HISTORY}/orders", FLOW, STATEMENTS):
        answer = trader.signed("GET", path, to=now_ms(), **{"from": "1"})
        assert refusal(answer) == -1101
        assert answer.json()["lionrock"]["name"] == "read_models_unavailable"
    assert trader.limit("SELL", "1", "50000")["status"] == "NEW"
