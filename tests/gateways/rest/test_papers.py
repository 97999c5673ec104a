"""Papers and complaints over HTTP: each client its own, nobody another's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lionrock.compliance.papers.drawing import Owed
from lionrock.compliance.papers.periods import Deadline, PaperKind, Period
from lionrock.compliance.papers.shelf import Shelf, paper_id_of
from lionrock.compliance.registers.registers import MOST_OPEN_COMPLAINTS, Registers
from lionrock.compliance.registers.terms import Register
from lionrock.compliance.staff_identity import StaffIdentity
from tests.compliance.places import Weekdays
from tests.gateways.rest.inside import Browser, Inside, code_of, reason_of, said

PAPERS, FILE = "/lionrock/v1/papers", "/lionrock/v1/papers/file"
DAY = Period(1_799_000_000_000_000_000, 1_799_086_400_000_000_000)


def with_papers(inside: Inside) -> Shelf:
    inside.venue.papers = Shelf(inside.site.database, inside.site.sealer)
    return inside.venue.papers


def put(shelf: Shelf, account_id: int, kind: PaperKind, made_ns: int, reference_id: int = 0) -> str:
    """A paper on the shelf; its content says whose it is."""
    period = Period(DAY.from_ns + made_ns % 1_000, DAY.until_ns)
    shelf.plan(kind, period, [Owed(account_id, reference_id, DAY.from_ns)], lambda begun: begun + 1, made_ns)
    paper_id = paper_id_of(kind, account_id, reference_id, period.from_ns)
    assert shelf.keep(paper_id, f'"of {account_id}"'.encode(), b"%PDF", made_ns, within=lambda _: None)
    shelf.recorded(paper_id, 77)
    return paper_id


@pytest.mark.shows("PAPR-011")
async def test_a_key_and_a_session_list_and_fetch_their_own(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        key = await inside.account()
        shelf, now = with_papers(inside), inside.now_ns
        note = put(shelf, key.account_id, PaperKind.CONTRACT_NOTE, now)
        receipt = put(shelf, key.account_id, PaperKind.RECEIPT, now + 5_000_000, 4)
        listed = (await key.signed("GET", PAPERS)).json()
        assert [each["paperId"] for each in listed] == [receipt, note]
        assert (listed[1]["kind"], listed[1]["journalSequence"]) == ("contract_note", "77")
        assert [each["kind"] for each in (await key.signed("GET", PAPERS, kind="receipt")).json()] == ["receipt"]
        before = str(listed[0]["madeAtMs"])
        assert [each["paperId"] for each in (await key.signed("GET", PAPERS, before=before)).json()] == [note]
        assert len((await key.signed("GET", PAPERS, limit="1")).json()) == 1
        for wrong in ({"kind": "novel"}, {"limit": "0"}, {"limit": "501"}):
            assert code_of(await key.signed("GET", PAPERS, **wrong)) == "0001"
        machine_readable = await key.signed("GET", FILE, paperId=note, format="json")
        assert (machine_readable.text, machine_readable.headers["content-type"]) == (
            f'"of {key.account_id}"', "application/json",
        )  # fmt: skip
        page = await key.signed("GET", FILE, paperId=note)
        assert (page.content, page.headers["content-type"]) == (b"%PDF", "application/pdf")
        assert page.headers["content-disposition"] == f'attachment; filename="contract_note-{note}.pdf"'
        assert code_of(await key.signed("GET", FILE, paperId=note, format="docx")) == "0001"
        await inside.user()
        ann = await inside.sign_in()
        mine = put(shelf, int(ann.signed_in["accountId"]), PaperKind.RECEIPT, now + 9_000_001, 9)
        assert [each["paperId"] for each in await ann.done("GET", "user/papers")] == [mine]
        assert (await ann.send("GET", f"user/papers/file?paperId={mine}")).content == b"%PDF"


@pytest.mark.shows("PAPR-012")
async def test_a_paper_of_somebody_else_is_as_one_that_is_not_there(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        ann, bob = await inside.account(), await inside.account()
        shelf = with_papers(inside)
        note = put(shelf, ann.account_id, PaperKind.CONTRACT_NOTE, inside.now_ns)
        await inside.user()
        browser = await inside.sign_in()
        assert (await bob.signed("GET", PAPERS)).json() == []
        stolen = said(await bob.signed("GET", FILE, paperId=note))
        assert stolen == said(await bob.signed("GET", FILE, paperId="0" * 32))
        assert code_of(await bob.signed("GET", PAPERS, accountId=str(ann.account_id))) == "0104"
        assert await browser.done("GET", "user/papers") == []
        assert said(await browser.send("GET", f"user/papers/file?paperId={note}")) == stolen
        assert code_of(await browser.send("GET", f"user/papers?accountId={ann.account_id}")) == "0104"
        nobody = await inside.request("GET", f"/lionrock/v1/user/papers/file?paperId={note}")
        assert code_of(nobody) == -1002


@pytest.mark.shows("PAPR-012")
async def test_a_paper_that_is_owed_and_not_made_is_not_shown(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        key = await inside.account()
        shelf = with_papers(inside)
        shelf.plan(PaperKind.CONTRACT_NOTE, DAY, [Owed(key.account_id, 0, 5)], lambda begun: begun, 6)
        assert (await key.signed("GET", PAPERS)).json() == []
        paper_id = paper_id_of(PaperKind.CONTRACT_NOTE, key.account_id, 0, DAY.from_ns)
        assert code_of(await key.signed("GET", FILE, paperId=paper_id)) == "0001"


@pytest.mark.shows("PAPR-011")
async def test_the_papers_of_a_sub_account_are_its_owners(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        key = await inside.account()
        sub = await inside.site.sub_accounts.open(key.account_id, "desk")
        note = put(with_papers(inside), sub.account_id, PaperKind.CONTRACT_NOTE, inside.now_ns)
        listed = await key.signed("GET", PAPERS, accountId=str(sub.account_id))
        assert [each["paperId"] for each in listed.json()] == [note]
        assert (await key.signed("GET", FILE, paperId=note)).content == b"%PDF"


def with_registers(inside: Inside) -> Registers:
    site = inside.site
    inside.venue.registers = Registers(
        site.database,
        site.sealer,
        os.urandom,
        deadlines={Register.COMPLAINT: Deadline(2, "months")},
        calendar=Weekdays(),
    )
    return inside.venue.registers


async def signed_in(inside: Inside, name: str) -> Browser:
    await inside.user(name)
    return await inside.sign_in(name)


@pytest.mark.shows("CAPI-011")
async def test_a_client_files_a_complaint_and_follows_it(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        registers = with_registers(inside)
        ann, bob = await signed_in(inside, "ann@example.com"), await signed_in(inside, "bob@example.com")
        filed = await ann.done("POST", "complaints", {"subject": "A fee", "text": "Too high,\nI think."})
        assert (filed["state"], filed["text"], filed["answeredAtMs"]) == ("received", "Too high,\nI think.", None)
        officer = StaffIdentity("s1", frozenset({"customer_service"}))
        answer = "It was right."
        await registers.step(filed["complaintId"], "answered", officer, inside.now_ns, answer=answer, words="internal")
        (mine,) = await ann.done("GET", "complaints")
        assert (mine["state"], mine["answer"]) == ("answered", answer)
        assert "internal" not in str(mine)
        assert await bob.done("GET", "complaints") == []
        for wrong in ({"subject": "", "text": "x"}, {"subject": "x" * 201, "text": "x"}, {"subject": "x", "text": " "}):
            assert code_of(await bob.send("POST", "complaints", wrong)) == "0001"
        for _ in range(MOST_OPEN_COMPLAINTS):
            await bob.done("POST", "complaints", {"subject": "a", "text": "b"})
        full = await bob.send("POST", "complaints", {"subject": "a", "text": "b"})
        assert reason_of(full) == "complaints_wait"


async def test_a_site_without_registers_says_so(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        ann = await signed_in(inside, "ann@example.com")
        assert await ann.done("GET", "user/papers") == []
        refused = await ann.send("GET", "complaints")
        assert (code_of(refused), reason_of(refused)) == (-1101, "not_offered_here"), "no venue has stopped"
