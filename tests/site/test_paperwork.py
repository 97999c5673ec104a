"""Papers over a real site: from its trades to the digests in its journal and the facts that rules ask for."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from lionrock.compliance.capital.returns import ReturnKind, ReturnRules
from lionrock.compliance.papers.documents import Entity
from lionrock.compliance.papers.job import PaperRules
from lionrock.compliance.papers.periods import Deadline, PaperKind
from lionrock.compliance.registers.terms import Register
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.rulebook.calendars import calendar_of
from lionrock.rulebook.facts import Obligation, Setting, Watched
from lionrock.site.paperwork import Paperwork, PaperworkTerms
from lionrock.views.sql.database import default_url
from lionrock.words.side_notes import StatementKind, statement_of, unpack_notes
from tests.compliance.capital.desks import RULES
from tests.gateways.rest.inside import Browser, Inside
from tests.views.sql.databases import follow

HONG_KONG = calendar_of("HK")
TERMS = PaperworkTerms(
    Entity("LR-HK", "Lionrock Exchange (Hong Kong) Limited"),
    HONG_KONG.zone,
    PaperRules(
        {PaperKind.CONTRACT_NOTE: Deadline(2, "business_days"), PaperKind.RECEIPT: Deadline(2, "business_days")}
    ),
    RULES,
    Deadline(1, "business_days"),
    ReturnRules({ReturnKind.MONTHLY_RETURN: Deadline(3, "weeks")}),
    {Register.COMPLAINT: Deadline(2, "months")},
)
DAY_SECONDS = 86_400


def statements(directory: Path) -> set[bytes]:
    """Digests of documents that the journal carries."""
    found = set()
    for frame in Reader(directory / "journal", Disk()):
        for note in unpack_notes(frame.side).values():
            told = statement_of(note)
            if told is not None and told.kind is StatementKind.DOCUMENT:
                found.add(told.digest)
    return found


async def trader(inside: Inside, name: str, **fund: str) -> Browser:
    made = await inside.post(
        "/lionrock/v1/users", {"signInName": name, "password": "correct horse battery staple", "fund": fund}
    )
    assert made.status_code == 200, made.text
    return await inside.sign_in(name)


async def order(inside: Inside, browser: Browser, side: str) -> None:
    made = await browser.done("POST", "keys", {"rights": ["READ", "TRADE"]})
    from tests.gateways.rest.inside import Key

    key = Key(inside, made["apiKey"], made["secret"], int(made["accountId"]))
    told = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "quantity": "1", "price": "50000"}
    answer = await key.signed("POST", "/api/v1/spot/order", **told)
    assert answer.status_code == 200, answer.text


@pytest.mark.shows("PAPR-010", "PAPR-011")
async def test_papers_of_a_site_are_made_told_and_recorded(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        paperwork = Paperwork.of(inside.site, tmp_path, TERMS, HONG_KONG)
        inside.venue.papers, inside.venue.registers = paperwork.shelf, paperwork.registers
        ann = await trader(inside, "ann@example.com", BTC="2")
        bob = await trader(inside, "bob@example.com", USDT="100000")
        await order(inside, ann, "SELL")
        await order(inside, bob, "BUY")
        inside.pass_time(2 * DAY_SECONDS)
        follow(tmp_path, default_url(tmp_path))
        done = await paperwork.job.run(inside.now_ns)
        assert (done.made, done.recorded, done.failed) == (4, 4, 0)
        ann = await inside.sign_in("ann@example.com")
        listed = await ann.done("GET", "user/papers")
        assert sorted(each["kind"] for each in listed) == ["contract_note", "receipt"]
        files = {}
        for each in listed:
            for form in ("json", "pdf"):
                files[each["kind"], form] = (
                    await ann.send("GET", f"user/papers/file?paperId={each['paperId']}&format={form}")
                ).content
        assert files["contract_note", "pdf"].startswith(b"%PDF")
        assert [each["kind"] for each in await ann.done("GET", "notices")].count("paper") == 2
        assert {sha256(each).digest() for each in files.values()} <= statements(tmp_path)
        facts = [fact for source in paperwork.sources for fact in source.facts(Obligation) or ()]
        assert sorted(each.kind for each in facts) == ["contract_note", "contract_note", "receipt", "receipt"]
        watched = {fact.kind for source in paperwork.sources for fact in source.facts(Watched) or ()}
        assert watched == {"contract_note", "receipt", "liquid_capital_notice", "monthly_return", "complaint"}
        settings = {fact.name: fact.value for source in paperwork.sources for fact in source.facts(Setting) or ()}
        assert settings["notice.may_opt_out"] == "trade"
        assert {settings[f"notice.{each}"] for each in ("login", "password_reset", "trade", "profile_change")} == {"on"}
        await asyncio.to_thread(paperwork.close)
