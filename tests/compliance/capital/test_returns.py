"""Returns: frozen at the cut-off, approved by another person, filed in time, recorded."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path

import openpyxl
import pypdf
import pytest

from lionrock.compliance.capital.figures import Facility, Line, LiquidAsset
from lionrock.compliance.capital.returns import ReturnKind
from lionrock.compliance.papers.press import set_here
from lionrock.compliance.staff_identity import StaffActionRefused
from lionrock.rulebook.facts import Obligation, RecordShape
from tests.compliance.capital.desks import CHAN, HO, LEE, MILLION, NG, figures, opened, with_liquid_capital
from tests.compliance.papers.conftest import site, url
from tests.compliance.papers.desks import ANN, BOB, BTC, COIN, CY, USD, deposit, do, opening, trade
from tests.compliance.places import at
from tests.printed import draws_everything, words_of
from tests.views.sql.databases import Site, follow

__all__ = ["site", "url"]

FEBRUARY = at("2026-02-15 00:00")
MONTHLY = ReturnKind.MONTHLY_RETURN


def february(site: Site) -> None:
    """Two trades in February and one in March."""
    do(site, at("2026-02-10 09:00"), *opening(), deposit(ANN, BTC, 10 * COIN), deposit(BOB, USD, 100_000_00))
    do(site, at("2026-02-10 09:30"), deposit(CY, USD, 5_00))
    trade(site, at("2026-02-11 10:00"), 20_000, 50)
    trade(site, at("2026-02-28 23:59:59"), 20_001, 100)


def march(site: Site) -> None:
    trade(site, at("2026-03-01 00:00"), 30_000, 10)
    do(site, at("2026-03-02 10:00"), deposit(CY, USD, 77_00))


@pytest.mark.shows("CAPI-005")
async def test_a_monthly_return_tells_what_the_rule_lists(site: Site, url: str) -> None:
    february(site)
    follow(site.directory, url)
    with opened(site.directory, site, url, set_here) as office:
        office.record(figures())
        row = await office.returns.freeze(MONTHLY, FEBRUARY, CHAN, office.now_ns)
        told = json.loads(office.returns.open_file(row.return_id, "json"))
        pdf = office.returns.open_file(row.return_id, "pdf")
        workbook = openpyxl.load_workbook(io.BytesIO(office.returns.open_file(row.return_id, "xlsx")))
    assert row.return_id == "LR-HK:monthly_return:2026-02-01"
    assert row.due_ns == at("2026-03-22 00:00") - 1  # three weeks after the 28th, to the end of the day
    assert (told["liquid_capital"], told["required_liquid_capital"]) == ("6000000.00", "3000000.00")
    assert (told["surplus"], told["result"], told["paid_up_capital"]) == ("3000000.00", "350000.00", "5000000.00")
    assert told["bank_facilities"] == [
        {"name": "Harbour Bank", "amount": "0.00", "remark": "drawn, of a limit of 1000000.00"}
    ]
    # What clients have together: ten coins, and what was paid in less the fees of both sides.
    assert told["client_assets"] == [{"asset": "BTC", "amount": "10"}, {"asset": "USD", "amount": "99915"}]
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    for words in ("Monthly return", "6,000,000.00", "(e) Profit and loss", "Harbour Bank", row.return_id):
        assert words in text
    cells = {str(cell.value) for sheet in workbook for line in sheet for cell in line}
    assert {"6000000.00", "Exchange fund bills", "99915", "HKD"} <= cells
    assert all(cell.data_type == "s" for sheet in workbook for line in sheet for cell in line if cell.value is not None)


@pytest.mark.shows("PAPR-014")
@pytest.mark.parametrize("kind", [MONTHLY, ReturnKind.MONTHLY_STATISTICS])
async def test_what_people_enter_is_printed_in_its_script(site: Site, url: str, kind: ReturnKind) -> None:
    february(site)
    follow(site.directory, url)
    entered = figures(
        liquid_assets=(LiquidAsset("外匯基金票據 Exchange fund bills", 7 * MILLION),),
        ranking_liabilities=(Line("مصاريف مستحقة", MILLION),),
        bank_facilities=(Facility("بنك دبي", MILLION, 0),),
        off_platform_volume=(Line("比特币", 5 * MILLION),),
    )
    with opened(site.directory, site, url, set_here) as office:
        office.record(entered)
        row = await office.returns.freeze(kind, FEBRUARY, CHAN, office.now_ns)
        pdf = office.returns.open_file(row.return_id, "pdf")
    assert draws_everything(pdf)
    told = words_of(pdf)
    monthly = ("外匯基金票據 Exchange fund bills", "مصاريف", "مستحقة", "بنك", "دبي")
    for words in monthly if kind is MONTHLY else ("比特币",):
        assert words in told, words


@pytest.mark.shows("CAPI-006")
async def test_what_is_booked_later_changes_no_frozen_return(site: Site, url: str) -> None:
    february(site)
    follow(site.directory, url)
    with opened(site.directory, site, url) as office:
        office.record(figures())
        first = await office.returns.freeze(MONTHLY, FEBRUARY, CHAN, office.now_ns)
        statistics = await office.returns.freeze(ReturnKind.MONTHLY_STATISTICS, FEBRUARY, CHAN, office.now_ns)
        march(site)
        follow(site.directory, url)
        office.record(with_liquid_capital(1, as_of_ns=at("2026-03-02 00:00")))
        again = await office.returns.freeze(MONTHLY, FEBRUARY, LEE, office.now_ns + 10)
        assert again == first
        told = json.loads(office.returns.open_file(statistics.return_id, "json"))
    # Drawn anew, in another place and after everything, it is the same to the byte.
    other = site.directory / "elsewhere"
    other.mkdir()
    with opened(other, site, url) as office:
        office.record(figures())
        anew = await office.returns.freeze(MONTHLY, FEBRUARY, CHAN, office.now_ns)
        assert anew.json_sha256 == first.json_sha256
        assert anew.xlsx_sha256 == first.xlsx_sha256
    assert told["volume_on_platform"] == [
        {"market": "BTCUSD", "asset": "BTC", "quantity": "1.5", "currency": "USD", "value": "30001", "trades": 2}
    ]
    assert told["volume_on_platform_by_asset"] == [{"asset": "BTC", "amount": "1.5"}]
    assert told["volume_off_platform_by_asset"] == [{"name": "BTC", "amount": "250000.00", "remark": ""}]
    assert (told["operating_expenses_12_months"], told["liquid_assets"]) == ("6000000.00", "6500000.00")
    assert (told["clients"], told["clients_that_traded"], told["trades"]) == ("3", "2", "2")


@pytest.mark.shows("CAPI-007")
async def test_a_return_takes_two_people_and_is_recorded_and_filed(site: Site, url: str) -> None:
    february(site)
    follow(site.directory, url)
    with opened(site.directory, site, url) as office:
        with pytest.raises(StaffActionRefused) as missing:
            await office.returns.freeze(MONTHLY, FEBRUARY, CHAN, office.now_ns)
        assert (missing.value.name, missing.value.figures) == ("figures_missing", {"day": "2026-02-28"})
        office.record(figures(as_of_ns=at("2026-02-27 23:59")))
        with pytest.raises(StaffActionRefused, match="no approved figures of the period's last day"):
            await office.returns.freeze(MONTHLY, FEBRUARY, CHAN, office.now_ns)
        office.record(figures())
        with pytest.raises(StaffActionRefused, match="not over"):
            await office.returns.freeze(MONTHLY, at("2026-03-01 00:00"), CHAN, office.now_ns)
        with pytest.raises(StaffActionRefused, match="role"):
            await office.returns.freeze(MONTHLY, FEBRUARY, NG, office.now_ns)
        row = await office.returns.freeze(MONTHLY, FEBRUARY, CHAN, office.now_ns)
        with pytest.raises(StaffActionRefused, match="prepared themselves"):
            await office.returns.approve(row.return_id, row.json_sha256, CHAN, office.now_ns)
        with pytest.raises(StaffActionRefused, match="not the content"):
            await office.returns.approve(row.return_id, "0" * 64, LEE, office.now_ns)
        with pytest.raises(StaffActionRefused, match="approved"):
            await office.returns.filed(row.return_id, HO, office.now_ns)
        assert office.ledger.digests == []
        approved = await office.returns.approve(row.return_id, row.json_sha256, HO, office.now_ns)
        files = [office.returns.open_file(row.return_id, each) for each in ("json", "pdf", "xlsx")]
        assert office.ledger.digests == [sha256(each).digest() for each in files]
        assert approved.recorded_sequence == 503
        with pytest.raises(StaffActionRefused, match="frozen"):
            await office.returns.approve(row.return_id, row.json_sha256, LEE, office.now_ns)
        owed = [each for each in office.facts.facts(Obligation) or () if each.kind == "monthly_return"]
        assert [(each.begun_ns, each.done_ns) for each in owed] == [(at("2026-03-01 00:00") - 1, None)]
        await office.returns.filed(row.return_id, HO, office.now_ns + 5)
        owed = [each for each in office.facts.facts(Obligation) or () if each.kind == "monthly_return"]
        assert [each.done_ns for each in owed] == [office.now_ns + 5]
        # From now on liquid capital is compared with what this return told.
        office.record(with_liquid_capital(3 * MILLION - 1, as_of_ns=at("2026-03-02 00:00")))
        assert office.alarms() == ["below_share_of_last_return", "below_share_of_required"]


@pytest.mark.shows("CAPI-007")
async def test_an_approved_return_is_recorded_after_a_crash(site: Site, url: str) -> None:
    february(site)
    follow(site.directory, url)
    with opened(site.directory, site, url) as office:
        office.record(figures())
        row = await office.returns.freeze(MONTHLY, FEBRUARY, CHAN, office.now_ns)

        async def stopped(*_given: object) -> int:
            raise OSError("the node has stopped")

        office.returns._states = type("Stopped", (), {"record": staticmethod(stopped)})()
        with pytest.raises(OSError, match="stopped"):
            await office.returns.approve(row.return_id, row.json_sha256, HO, office.now_ns)
        office.returns._states = office.ledger
        assert await office.returns.record_missing() == 1
        assert await office.returns.record_missing() == 0
        assert len(office.ledger.digests) == 3


@pytest.mark.shows("CAPI-008")
def test_every_period_owes_its_returns_from_the_licence_on(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        office.now_ns = at("2027-01-01 00:00")
        owed = office.facts.facts(Obligation) or ()
        begun = {kind: [each.begun_ns for each in owed if each.kind == kind] for kind in {each.kind for each in owed}}
        ends = [at(f"2026-{month:02}-01 00:00") - 1 for month in range(3, 13)] + [at("2027-01-01 00:00") - 1]
        assert begun == {
            "monthly_return": ends,
            "monthly_statistics": ends,
            "annual_return": [at("2027-01-01 00:00") - 1],
        }
        shapes = {each.record: set(each.fields) for each in office.facts.facts(RecordShape) or ()}
        assert shapes["monthly_return"] >= {
            "liquid_capital", "required_liquid_capital", "bank_facilities", "client_assets", "profit_and_loss",
        }  # fmt: skip
        assert shapes["monthly_statistics"] >= {
            "volume_on_platform_by_asset", "volume_off_platform_by_asset", "operating_expenses_12_months",
            "liquid_assets",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("last_month", "moment", "begins", "ends"),
    [
        (12, "2026-06-15 00:00", "2026-01-01 00:00", "2027-01-01 00:00"),
        (3, "2026-03-31 23:59", "2025-04-01 00:00", "2026-04-01 00:00"),
        (3, "2026-04-01 00:00", "2026-04-01 00:00", "2027-04-01 00:00"),
    ],
)
def test_a_financial_year(tmp_path: Path, last_month: int, moment: str, begins: str, ends: str) -> None:
    from lionrock.compliance.capital.returns import ReturnRules

    with opened(tmp_path) as office:
        office.returns.rules = ReturnRules(office.returns.rules.deadlines, last_month)
        period = office.returns.period_of(ReturnKind.ANNUAL_RETURN, at(moment))
        assert (period.from_ns, period.until_ns) == (at(begins), at(ends))
