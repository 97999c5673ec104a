"""The reconciliation of a day, made by the site and approved by a person; the yearly return on cyber risk."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdf
import pytest

from lionrock.compliance.capital.figures import CapitalFigures, Line, LiquidAsset
from lionrock.compliance.capital.reconciling import ReconcilingTerms
from lionrock.compliance.capital.returns import ReturnKind, ReturnRules
from lionrock.compliance.papers.periods import Deadline
from lionrock.compliance.papers.press import set_here
from lionrock.compliance.staff_identity import StaffActionRefused
from lionrock.rulebook.facts import Attested, Obligation, RecordShape, Watched
from tests.compliance.capital.desks import CHAN, DOLLAR, HO, LEE, MILLION, Office, figures, opened
from tests.compliance.capital.test_returns import february
from tests.compliance.papers.conftest import site, url
from tests.compliance.places import at
from tests.views.sql.databases import Site, follow

__all__ = ["site", "url"]

DAILY, CYBER = ReturnKind.LIQUID_ASSETS_RECONCILIATION, ReturnKind.CYBER_RETURN
RULES = ReturnRules(
    {DAILY: Deadline(1, "calendar_days"), CYBER: Deadline(4, "months")},
    reconciling=ReconcilingTerms(months_ppm=1_200_000, money=frozenset({"USD"})),
)
DAY = at("2026-02-11 12:00")
HELD = Line("USD", 100_005 * DOLLAR)
"""What clients paid in until then; thirty dollars of it are fees by now, and stand with the operator's own."""


def of_the_day(**changed: Any) -> CapitalFigures:
    return figures(as_of_ns=at("2026-02-11 23:00"), **({"client_money": (HELD,)} | changed))


async def reconciled(office: Office, entered: CapitalFigures) -> Any:
    office.record(entered)
    row = await office.returns.freeze(DAILY, DAY, CHAN, office.now_ns)
    return json.loads(office.returns.open_file(row.return_id, "json"))


@pytest.mark.shows("CAPI-014")
async def test_a_day_is_reconciled_from_the_ledger_and_approved_figures(site: Site, url: str) -> None:
    february(site)
    follow(site.directory, url)
    with opened(site.directory, site, url, set_here, RULES) as office:
        told = await reconciled(office, of_the_day())
        (row,) = office.returns.all()
        pdf = office.returns.open_file(row.return_id, "pdf")
    assert told["client_assets"] == [
        {
            "asset": "BTC", "owed_to_clients": "10", "own": "0", "in_custody": "10", "at_banks": "",
            "remark": "by the ledger alone: no chain is read",
        },
        {
            "asset": "USD", "owed_to_clients": "99975", "own": "30", "in_custody": "100005", "at_banks": "100005.00",
            "remark": "",
        },
    ]  # fmt: skip
    assert (told["net_liquid_assets"], told["needed"], told["surplus"]) == ("6000000.00", "600000.00", "5400000.00")
    assert told["differences"] == []
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    for words in ("Reconciliation of liquid assets", "2026-02-11", "99,975", "600,000.00", row.return_id):
        assert words in text


@pytest.mark.shows("CAPI-014")
@pytest.mark.parametrize(
    ("changed", "differences"),
    [
        ({"client_money": (Line("USD", 100_004 * DOLLAR),)}, ["USD: banks hold 1 less than the ledger says."]),
        ({"client_money": (Line("USD", 100_005 * DOLLAR + 1),)}, ["USD: banks hold 0.01 more than the ledger says."]),
        ({"client_money": ()}, ["USD: no statement of a bank was entered for what is held."]),
        ({"client_money": (HELD, Line("EUR", 1))}, ["Banks hold EUR, which is no money of the ledger."]),
        (
            {"liquid_assets": (LiquidAsset("Cash", 600_000 * DOLLAR - 1),), "ranking_liabilities": ()},
            ["Net liquid assets fall 0.01 HKD short of what is needed."],
        ),
        ({"liquid_assets": (LiquidAsset("Cash", 600_000 * DOLLAR),), "ranking_liabilities": ()}, []),
    ],
)
async def test_what_does_not_agree_is_told(
    site: Site, url: str, changed: dict[str, Any], differences: list[str]
) -> None:
    february(site)
    follow(site.directory, url)
    with opened(site.directory, site, url, rules=RULES) as office:
        assert (await reconciled(office, of_the_day(**changed)))["differences"] == differences


@pytest.mark.shows("CAPI-014")
async def test_the_site_makes_it_and_it_is_done_when_a_person_approved_it(site: Site, url: str) -> None:
    february(site)
    follow(site.directory, url)
    with opened(site.directory, site, url, rules=RULES) as office:
        assert await office.returns.make_reconciliations(office.now_ns) == 0, "nobody entered figures of any day"
        office.record(of_the_day())
        assert await office.returns.make_reconciliations(office.now_ns) == 1
        assert await office.returns.make_reconciliations(office.now_ns) == 0
        (row,) = office.returns.all()
        assert (row.return_id, row.frozen_by) == ("LR-HK:liquid_assets_reconciliation:2026-02-11", "site")
        assert row.due_ns == at("2026-02-13 00:00") - 1, "the end of the day after"

        def owed() -> dict[int, int | None]:
            rows = office.facts.facts(Obligation) or ()
            return {each.begun_ns: each.done_ns for each in rows if each.kind == DAILY}

        begun = [at(f"2026-02-{day:02} 00:00") - 1 for day in range(11, 29)]
        begun += [at(f"2026-03-{day:02} 00:00") - 1 for day in range(1, 6)]
        assert owed() == dict.fromkeys(begun), "every day since the licence began, and none is done"
        await office.returns.approve(row.return_id, row.json_sha256, HO, office.now_ns)
        assert owed() == dict.fromkeys(begun) | {at("2026-02-12 00:00") - 1: office.now_ns}
        files = [office.returns.open_file(row.return_id, each) for each in ("json", "pdf", "xlsx")]
        assert office.ledger.digests == [sha256(each).digest() for each in files]
        assert {each.kind for each in office.facts.facts(Watched) or ()} >= {DAILY.value, CYBER.value}
        shapes = {each.record: set(each.fields) for each in office.facts.facts(RecordShape) or ()}
        assert shapes[DAILY.value] >= {"client_assets", "net_liquid_assets", "differences"}


def test_a_bank_statement_names_each_money_once(tmp_path: Path) -> None:
    with opened(tmp_path) as office, pytest.raises(StaffActionRefused, match="each money once"):
        office.record(figures(client_money=(HELD, HELD)))


def stated(at_ns: int, approver: str = "s4", subject: str = "cyber_return", document: str = "c" * 64) -> Attested:
    return Attested(subject, at_ns, "s3", approver, document)


@pytest.mark.shows("CAPI-015")
async def test_a_cyber_return_rests_on_a_document_that_two_attested_after_the_year(tmp_path: Path) -> None:
    with opened(tmp_path, press=set_here, rules=RULES) as office:
        office.now_ns, year = at("2027-02-01 10:00"), at("2026-06-15 00:00")
        office.stated = [
            stated(at("2026-12-31 23:59"), document="a" * 64),
            stated(at("2027-01-10 10:00"), approver="", document="b" * 64),
            stated(at("2027-01-10 10:00"), approver="s3", document="b" * 64),
            stated(at("2026-05-05 10:00"), subject="security_assessment", document="d" * 64),
            stated(at("2025-05-05 10:00"), subject="security_assessment", document="e" * 64),
        ]
        with pytest.raises(StaffActionRefused, match="nobody has attested") as refused:
            await office.returns.freeze(CYBER, year, CHAN, office.now_ns)
        assert refused.value.name == "return_not_attested"
        office.stated.append(stated(at("2027-01-20 10:00")))
        row = await office.returns.freeze(CYBER, year, CHAN, office.now_ns)
        assert (row.return_id, row.due_ns) == ("LR-HK:cyber_return:2026-01-01", at("2027-05-01 00:00") - 1)
        told = json.loads(office.returns.open_file(row.return_id, "json"))
        assert (told["statement"]["document_sha256"], told["statement"]["approved_by"]) == ("c" * 64, "s4")
        assert [each["document_sha256"] for each in told["audits"]] == ["d" * 64]
        pdf = office.returns.open_file(row.return_id, "pdf")
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
        assert "Return on cyber risk" in text
        assert "c" * 64 in text.replace("\n", "")
        await office.returns.approve(row.return_id, row.json_sha256, LEE, office.now_ns)

        def done() -> list[int | None]:
            return [each.done_ns for each in office.facts.facts(Obligation) or () if each.kind == CYBER]

        assert done() == [None], "approved is not sent"
        await office.returns.filed(row.return_id, HO, office.now_ns + 1)
        assert done() == [office.now_ns + 1]


def test_figures_of_clients_money_are_bounded(tmp_path: Path) -> None:
    with opened(tmp_path) as office, pytest.raises(StaffActionRefused, match="an amount is from 0"):
        office.record(figures(client_money=(Line("USD", -MILLION),)))
