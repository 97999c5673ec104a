"""What stands on a paper, worked out by hand, and when it is there."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pypdf
import pytest
from sqlalchemy import select, update

from lionrock.compliance.papers import job
from lionrock.compliance.papers.documents import AccountStatement, Client, ContractNote, Receipt, fields_of
from lionrock.compliance.papers.job import SETTLED_NS, PaperRules
from lionrock.compliance.papers.periods import Deadline, PaperKind
from lionrock.compliance.papers.press import set_here
from lionrock.compliance.papers.shelf import forget_later_papers
from lionrock.rulebook.facts import Obligation, RecordShape, Watched
from lionrock.views.sql.tables import ledger_entries
from lionrock.words.commands import CancelTrade
from tests.compliance.papers.desks import (
    ANN,
    BOB,
    BTC,
    COIN,
    CY,
    USD,
    Desk,
    deposit,
    do,
    opened,
    opening,
    trade,
    withdrawal,
)
from tests.compliance.places import at
from tests.gateways.rest.inside import stored
from tests.printed import draws_everything, words_of
from tests.views.sql.databases import Site, follow

MONDAY = "2026-03-02"


def two_days(site: Site) -> int:
    """Ann sells to bob on Monday twice and on Tuesday once; cy has only a deposit. Gives bob's first order."""
    do(site, at(f"{MONDAY} 09:00"), *opening(), deposit(ANN, BTC, 10 * COIN), deposit(BOB, USD, 100_000_00))
    do(site, at(f"{MONDAY} 09:30"), deposit(CY, USD, 5_00))
    first = trade(site, at(f"{MONDAY} 10:00"), 20_000, 50)
    trade(site, at(f"{MONDAY} 23:59:59.999999"), 20_001, 100)
    trade(site, at("2026-03-03 00:00"), 30_000, 10)
    do(site, at("2026-03-03 12:00"), withdrawal(ANN, USD, 1_000_00))
    return first


def paper(desk: Desk, account_id: int, kind: str, number: int = 0) -> dict[str, Any]:
    rows = sorted(desk.shelf.of_account(account_id, kind=kind), key=lambda each: (each.from_ns, each.reference_id))
    told: dict[str, Any] = json.loads(desk.shelf.open(rows[number].paper_id, "json"))
    return told


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.shows("PAPR-001")
async def test_a_contract_note_tells_every_trade_of_its_day(site: Site, url: str) -> None:
    order_id = two_days(site)
    follow(site.directory, url)
    with opened(site, url, press=set_here) as desk:
        desk.now_ns = at("2026-03-03 01:00")
        await desk.job.run_all(desk.now_ns)
        note = paper(desk, BOB, "contract_note")
        row = desk.shelf.of_account(BOB, kind="contract_note")[0]
        pdf = text_of(desk.shelf.open(row.paper_id, "pdf"))
    assert [each["trade_id"] for each in note["trades"]] == ["1", "2"]
    assert note["trades"][0] == {
        "trade_id": "1",
        "order_id": str(order_id),
        "traded_at": "2026-03-02T10:00:00.000000000+08:00",
        "settled_at": "2026-03-02T10:00:00.000000000+08:00",
        "market": "BTCUSD",
        "asset": "BTC",
        "side": "buy",
        "quantity": "0.5",
        "price": "20000",
        "consideration": "10000",
        "currency": "USD",
        "fees": "20",
        "fee_asset": "USD",
        "liquidity": "taker",
        "is_cancelled": False,
    }
    assert note["totals"] == [
        {"asset": "BTC", "received": "1.5", "paid": "0", "fees": "0", "net": "1.5"},
        {"asset": "USD", "received": "0", "paid": "30001", "fees": "60", "net": "-30061"},
    ]
    assert (note["entity"]["code"], note["client"]["client_id"], note["capacity"]) == ("LR-HK", "c00012", "agent")
    assert note["prepared_at"] == "2026-03-03T01:00:00.000000000+08:00"
    assert note["period"]["time_zone"] == "Asia/Hong_Kong"
    assert int(note["recorded_at"]["journal_sequence"]) == site.core.last_sequence
    for words in (
        "Contract note",
        "Bob Wong Trading Limited",
        "Lionrock Exchange",
        str(order_id),
        "-30,061",
        row.paper_id,
    ):
        assert words in pdf, words


@pytest.mark.shows("PAPR-002")
async def test_a_day_is_the_days_of_the_place_and_is_planned_when_it_can_change_no_more(site: Site, url: str) -> None:
    two_days(site)
    follow(site.directory, url)
    with opened(site, url) as desk:
        await desk.job.run_all(at("2026-03-03 00:00") + SETTLED_NS - 1)
        assert desk.kinds(BOB) == []
        await desk.job.run_all(at("2026-03-03 00:00") + SETTLED_NS)
        assert desk.kinds(BOB) == ["contract_note", "daily_statement", "receipt"]
        assert desk.kinds(CY) == ["daily_statement", "receipt"]
        await desk.job.run_all(at("2026-03-04 01:00"))
        assert len(paper(desk, BOB, "contract_note", 1)["trades"]) == 1
        assert desk.kinds(CY) == ["daily_statement", "receipt"]


@pytest.mark.shows("PAPR-003")
async def test_a_trade_booked_back_within_the_hour_is_on_the_note_and_in_no_sum(site: Site, url: str) -> None:
    do(site, at(f"{MONDAY} 09:00"), *opening(), deposit(ANN, BTC, 10 * COIN), deposit(BOB, USD, 100_000_00))
    trade(site, at(f"{MONDAY} 10:00"), 20_000, 50)
    trade(site, at(f"{MONDAY} 23:30"), 90_000, 10)
    do(site, at("2026-03-03 00:10"), CancelTrade(trade_id=2, actor_id=5, authority_id=6))
    follow(site.directory, url)
    with opened(site, url) as desk:
        await desk.job.run_all(at("2026-03-03 01:00"))
        note = paper(desk, BOB, "contract_note")
        assert [each["is_cancelled"] for each in note["trades"]] == [False, True]
        assert [each["net"] for each in note["totals"]] == ["0.5", "-10020"]


@pytest.mark.shows("PAPR-004")
async def test_statements_and_receipts(site: Site, url: str) -> None:
    two_days(site)
    follow(site.directory, url)
    with opened(site, url, press=set_here) as desk:
        desk.now_ns = at("2026-04-01 01:00")
        await desk.job.run_all(desk.now_ns)
        month = paper(desk, ANN, "monthly_statement")
        receipts = [paper(desk, ANN, "receipt", number) for number in range(2)]
        pages = {each.kind: text_of(desk.shelf.open(each.paper_id, "pdf")) for each in desk.shelf.of_account(ANN)}
        assert desk.kinds(CY) == ["daily_statement", "monthly_statement", "receipt"]
    assert month["opening_balances"] == [
        {"asset": "BTC", "available": "0", "held": "0", "total": "0"},
        {"asset": "USD", "available": "0", "held": "0", "total": "0"},
    ]
    # 10000 + 20001 + 3000 dollars of three sales, one thousandth cut off each, and the withdrawal.
    assert [(each["asset"], each["total"]) for each in month["closing_balances"]] == [
        ("BTC", "8.4"),
        ("USD", "31968"),
    ]
    assert month["fees"] == [{"asset": "USD", "amount": "33"}]
    assert [each["what"] for each in month["movements"]].count("TRADE") == 6
    assert (month["movements"][-1]["what"], month["movements"][-1]["change"]) == ("WITHDRAWAL", "-1000")
    assert month["period"]["ends"] == "2026-04-01T00:00:00.000000000+08:00"
    assert [(each["direction"], each["quantity"], each["asset"], each["balance_after"]) for each in receipts] == [
        ("deposit", "10", "BTC", "10"),
        ("withdrawal", "1000", "USD", "31968"),
    ]
    assert "eceipt" in pages["receipt"]
    assert "Monthly statement" in pages["monthly_statement"]
    assert "31,968" in pages["monthly_statement"]


NAMES = {
    ANN: Client("c11", str(ANN), "陳小明", ("香港鰂魚涌英皇道 8 號", "𨋢口")),
    BOB: Client("c12", str(BOB), "محمد راشد", ("شارع الشيخ زايد 12، دبي",)),
    CY: Client("c13", str(CY), "Éloïse Lefèvre-Œuvre 🚀", ("11 rue de l’Échiquier",)),
}


@pytest.mark.shows("PAPR-014", "PAPR-015")
async def test_names_are_printed_in_their_script_on_every_paper(
    site: Site, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    two_days(site)
    follow(site.directory, url)
    with opened(site, url, press=set_here) as desk:
        letterhead = desk.job._letterhead
        entity = msgspec.structs.replace(letterhead.entity, name="獅子山交易所", address="دبي")
        desk.job._letterhead = msgspec.structs.replace(letterhead, entity=entity, client_of=NAMES.__getitem__)
        desk.now_ns = at("2026-04-01 01:00")
        await desk.job.run_all(desk.now_ns)
        for account_id, words in {
            ANN: ["陳小明", "香港鰂魚涌英皇道 8 號", "𨋢口"],
            BOB: ["محمد", "راشد", "شارع", "الشيخ", "12"],
            CY: ["Éloïse Lefèvre-Œuvre [U+1F680]", "11 rue de l’Échiquier", "are printed as their Unicode numbers"],
        }.items():
            for row in desk.shelf.of_account(account_id):
                pdf = desk.shelf.open(row.paper_id, "pdf")
                assert draws_everything(pdf), row.kind
                told = words_of(pdf)
                for word in (*words, "獅子山交易所", "دبي"):
                    assert word in told, (row.kind, word, told)
                assert f"{row.paper_id} ({row.kind}): no font draws U+1F680" in caplog.text or account_id != CY
                assert json.loads(desk.shelf.open(row.paper_id, "json"))["client"]["name"] == NAMES[account_id].name
    assert {each.levelname for each in caplog.records} == {"ERROR"}


@pytest.mark.shows("PAPR-004")
async def test_a_statement_of_position_every_three_months(site: Site, url: str) -> None:
    """Its time runs from the statement before: that of the first quarter is due when the first day behind it ends."""
    two_days(site)
    follow(site.directory, url)
    rules = PaperRules({PaperKind.POSITION_STATEMENT: Deadline(3, "months")})
    with opened(site, url, rules=rules) as desk:
        await desk.job.run_all(at("2026-07-01 02:00"))
        second, first = desk.shelf.of_account(CY)
        if first.from_ns > second.from_ns:
            first, second = second, first
        assert (first.begun_ns, first.until_ns) == (at("2026-01-01 00:00"), at("2026-04-01 00:00"))
        assert first.due_ns == at("2026-04-02 00:00") - 1
        assert (second.begun_ns, second.due_ns) == (at("2026-04-01 00:00"), at("2026-07-02 00:00") - 1)
        told = json.loads(desk.shelf.open(second.paper_id, "json"))
        assert (told["kind"], told["movements"]) == ("position_statement", [])
        assert told["closing_balances"] == [{"asset": "USD", "available": "5", "held": "0", "total": "5"}]


@pytest.mark.shows("PAPR-005")
async def test_a_month_of_papers_is_in_time_and_made_once(site: Site, url: str) -> None:
    """A run every day at one in the morning, and one more each time, which finds nothing to do."""
    do(site, at(f"{MONDAY} 09:00"), *opening(), deposit(ANN, BTC, 100 * COIN), deposit(BOB, USD, 10_000_000_00))
    for day in range(2, 32):
        trade(site, at(f"2026-03-{day:02} 10:00"), 20_000 + day, day)
    follow(site.directory, url)
    with opened(site, url) as desk:
        for day in range(3, 32):
            desk.now_ns = at(f"2026-03-{day:02} 01:00")
            await desk.job.run_all(desk.now_ns)
            assert (await desk.job.run(desk.now_ns)).is_idle
        desk.now_ns = at("2026-04-01 01:00")
        await desk.job.run_all(desk.now_ns)
        for account_id in (ANN, BOB):
            assert desk.kinds(account_id).count("contract_note") == 30
            assert desk.kinds(account_id).count("daily_statement") == 30
            assert desk.kinds(account_id).count("monthly_statement") == 1
        rows = desk.shelf.owed_since(0)
        assert all(row.made_ns is not None and row.made_ns <= row.due_ns for row in rows)
        assert all(row.recorded_sequence is not None for row in rows)
        digests = {bytes.fromhex(each) for row in rows for each in (row.json_sha256, row.pdf_sha256)}
        assert digests == set(desk.ledger.digests)
        assert len(desk.ledger.digests) == 2 * len(rows)
        obligations = desk.facts.facts(Obligation)
        assert obligations is not None
        assert {each.kind for each in obligations} == {
            "contract_note", "receipt", "daily_statement", "monthly_statement",
        }  # fmt: skip
        assert all(each.done_ns is not None for each in obligations)
        assert len(desk.outbox.read_inbox(f"u{ANN}", most=500)) == len(desk.kinds(ANN))
        # The note of Friday the 6th is due at the end of Tuesday.
        (friday,) = [
            row
            for row in rows
            if row.kind == "contract_note" and row.account_id == ANN and row.from_ns == at("2026-03-06 00:00")
        ]
        assert (friday.begun_ns, friday.due_ns) == (at("2026-03-06 10:00"), at("2026-03-11 00:00") - 1)
        (month,) = desk.shelf.of_account(ANN, kind="monthly_statement")
        assert (month.begun_ns, month.due_ns) == (at("2026-04-01 00:00") - 1, at("2026-04-10 00:00") - 1)


@pytest.mark.shows("PAPR-006")
async def test_what_nobody_made_is_told_as_owed(site: Site, url: str) -> None:
    two_days(site)
    follow(site.directory, url)
    with opened(site, url) as desk:
        desk.now_ns = at("2026-03-03 01:00")
        await desk.job.run_all(desk.now_ns)
        desk.now_ns = at("2026-03-09 12:00")  # the job did not run for days
        obligations = desk.facts.facts(Obligation)
        assert obligations is not None
        open_ones = {(each.kind, each.obligation_id) for each in obligations if each.done_ns is None}
        begins = at("2026-03-03 00:00")
        assert open_ones == {
            (kind, f"period:{kind}:{begins}") for kind in ("contract_note", "receipt", "daily_statement")
        }
        await desk.job.run_all(desk.now_ns)
        late = [each for each in desk.facts.facts(Obligation) or () if each.kind == "contract_note"]
        assert {each.done_ns for each in late if each.begun_ns >= begins} == {desk.now_ns}
        assert [each.kind for each in desk.facts.facts(Watched) or ()] == [
            "contract_note", "receipt", "daily_statement", "monthly_statement",
        ]  # fmt: skip
        shapes = {each.record: set(each.fields) for each in desk.facts.facts(RecordShape) or ()}
        assert shapes["contract_note"] >= {"entity", "client_id", "trade_id", "fees", "prepared_at", "consideration"}
        assert shapes["receipt"] >= {"entity", "client_id", "received_at", "asset", "quantity", "prepared_at"}
        assert shapes["monthly_statement"] >= {"period", "opening_balances", "movements", "closing_balances", "fees"}


@pytest.mark.shows("PAPR-007")
async def test_rows_that_were_changed_make_no_paper_and_keep_no_other_back(
    site: Site, url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "MOST_AT_ONCE", 1)
    two_days(site)
    views = follow(site.directory, url)
    with views.begin() as connection:
        c = ledger_entries.c
        one = connection.execute(select(c.entry_id).where(c.account_id == ANN, c.reason == 4).limit(1)).scalar_one()
        connection.execute(
            update(ledger_entries).where(c.entry_id == one).values(available_change_atoms=c.available_change_atoms + 1)
        )
    with opened(site, url) as desk:
        done = await desk.job.run_all(at("2026-03-03 01:00"))
        assert done.failed == 2
        assert desk.kinds(ANN) == ["receipt"]
        assert desk.kinds(BOB) == ["contract_note", "daily_statement", "receipt"]
        assert "cannot be made" in caplog.text


@pytest.mark.shows("PAPR-010")
async def test_after_a_site_was_set_back_what_is_gone_is_made_anew(site: Site, url: str) -> None:
    two_days(site)
    follow(site.directory, url)
    with opened(site, url) as desk:
        await desk.job.run_all(at("2026-03-03 01:00"))
        rows = {row.paper_id: row for row in desk.shelf.owed_since(0)}
        middle = sorted(row.recorded_sequence or 0 for row in rows.values())[3]
        assert forget_later_papers(desk.database, middle) == len(rows) - 4
        await desk.job.run_all(at("2026-03-03 02:00"))
        again = {row.paper_id: row for row in desk.shelf.owed_since(0)}
        assert again.keys() == rows.keys()
        assert sum(again[paper_id] == row for paper_id, row in rows.items()) == 4


@pytest.mark.shows("PAPR-008")
async def test_papers_are_sealed_where_they_are_kept(site: Site, url: str) -> None:
    two_days(site)
    follow(site.directory, url)
    with opened(site, url) as desk:
        await desk.job.run_all(at("2026-03-03 01:00"))
        assert b"Bob Wong" not in stored(site.directory)
        assert "Bob" not in repr(desk.shelf.of_account(BOB))


def test_the_shape_that_rules_check_is_the_documents_own() -> None:
    assert {"trade_id", "client_id", "licence", "net"} <= set(fields_of(ContractNote))
    assert {"total_after", "opening_balances"} <= set(fields_of(AccountStatement))
    assert "balance_after" in fields_of(Receipt)
