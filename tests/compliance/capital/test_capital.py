"""Capital: what figures come to, when the regulator must be told, and by whom it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from lionrock.compliance.capital.figures import (
    CapitalFigures,
    Facility,
    LiquidAsset,
    MonthExpenses,
    haircut_rounded_up,
    liquid_capital_minor,
    position_of,
)
from lionrock.compliance.capital.triggers import triggers
from lionrock.compliance.staff_identity import StaffActionRefused
from lionrock.rulebook.facts import CapitalPosition, Obligation, Watched
from tests.compliance.capital.desks import (
    CHAN,
    HO,
    LEE,
    MILLION,
    MONTHS,
    NG,
    RULES,
    figures,
    opened,
    with_liquid_capital,
)
from tests.compliance.places import at
from tests.gateways.rest.inside import stored


def names(entered: CapitalFigures, last_return: int = 0) -> list[str]:
    return [each.name for each in triggers(entered, position_of(entered, RULES.floor_minor, last_return), RULES)]


@pytest.mark.shows("CAPI-001")
def test_what_the_figures_come_to() -> None:
    position = position_of(figures(), RULES.floor_minor, 0)
    assert position == CapitalPosition(
        entity="LR-HK",
        as_of_ns=at("2026-02-28 23:59:59"),
        currency="HKD",
        paid_up_minor=5 * MILLION,
        liquid_capital_minor=6 * MILLION,
        required_liquid_capital_minor=3 * MILLION,
        liquid_assets_minor=6 * MILLION + MILLION // 2,
        operating_expenses_12_months_minor=6 * MILLION,
        last_return_liquid_capital_minor=0,
    )
    variable = figures(variable_required_minor=3 * MILLION + 1)
    assert position_of(variable, RULES.floor_minor, 0).required_liquid_capital_minor == 3 * MILLION + 1


@pytest.mark.shows("CAPI-001")
def test_a_haircut_is_rounded_against_the_operator() -> None:
    assert [haircut_rounded_up(amount, 10_000) for amount in (0, 1, 99, 100, 101)] == [0, 1, 1, 1, 2]
    three = tuple(LiquidAsset(name, 101, 10_000) for name in "abc")
    assert liquid_capital_minor(figures(liquid_assets=three, ranking_liabilities=())) == 3 * 99
    owed = figures(liquid_assets=(), profit_and_loss=())
    assert liquid_capital_minor(owed) == -owed.ranking_liabilities[0].amount_minor


@pytest.mark.shows("CAPI-002")
@pytest.mark.parametrize(
    ("entered", "last_return", "told"),
    [
        (with_liquid_capital(3_600_000_00), 0, []),  # 120 % exactly
        (with_liquid_capital(3_600_000_00 - 1), 0, ["below_share_of_required"]),
        (with_liquid_capital(3_597_000_00), 0, ["below_share_of_required"]),  # 119.9 %
        (with_liquid_capital(4 * MILLION), 8 * MILLION, []),  # half exactly
        (with_liquid_capital(4 * MILLION), 8 * MILLION + 1, ["below_share_of_last_return"]),
        (with_liquid_capital(4 * MILLION), 0, []),  # no return yet
        (figures(last_return_was_wrong=True), 0, ["last_return_was_wrong"]),
        (figures(bank_facilities=(Facility("A", 100, 101),)), 0, ["facilities_overdrawn"]),
        (figures(bank_facilities=(Facility("A", 100, 101), Facility("B", 1, 0))), 0, []),
        (figures(unmet_calls_business_days=2), 0, []),
        (figures(unmet_calls_business_days=3), 0, ["calls_unmet"]),
        (figures(lender_may_liquidate=True), 0, ["security_liquidated"]),
        (with_liquid_capital(60 * MILLION, guarantees_minor=5 * MILLION), 0, []),
        (with_liquid_capital(60 * MILLION, guarantees_minor=5 * MILLION + 1), 0, ["guarantees_large"]),
        (with_liquid_capital(60 * MILLION, claims_minor=5 * MILLION + 1), 0, ["claims_large"]),
        (with_liquid_capital(4 * MILLION, guarantees_minor=400_000_00), 0, []),
        (with_liquid_capital(4 * MILLION, guarantees_minor=400_000_01), 0, ["guarantees_large"]),
        (
            with_liquid_capital(60 * MILLION, guarantees_minor=3 * MILLION, claims_minor=2 * MILLION + 1),
            0,
            ["liabilities_together_large"],
        ),
        (with_liquid_capital(60 * MILLION, guarantees_minor=3 * MILLION, claims_minor=2 * MILLION), 0, []),
    ],
)
def test_each_case_begins_exactly_where_the_rule_says(
    entered: CapitalFigures, last_return: int, told: list[str]
) -> None:
    assert names(entered, last_return) == told


@pytest.mark.shows("CAPI-003")
def test_figures_take_two_people_with_the_right_roles(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        for proposer, approver, why in (
            (CHAN, CHAN, "second_person_needed"),
            (NG, LEE, "role_needed"),
            (CHAN, NG, "role_needed"),
            (HO, LEE, "role_needed"),
        ):
            with pytest.raises(StaffActionRefused) as refused:
                office.book.record(figures(), proposer, approver, office.now_ns)
            assert refused.value.name == why
        assert office.book.positions() == []
        office.book.record(figures(), CHAN, HO, office.now_ns)
        assert len(office.book.positions()) == 1
        approved = office.book.latest("LR-HK", office.now_ns)
        assert approved is not None
        assert (approved.proposed_by, approved.approved_by, approved.figures) == ("s1", "s3", figures())
        assert b"Cash at banks" not in stored(tmp_path)


@pytest.mark.shows("CAPI-003")
@pytest.mark.parametrize(
    "wrong",
    [
        {"as_of_ns": at("2026-03-06 00:00")},
        {"entity": ""},
        {"paid_up_minor": -1},
        {"paid_up_minor": 10**17 + 1},
        {"liquid_assets": (LiquidAsset("a", 1, 1_000_001),)},
        {"operating_expenses": ()},
        {"operating_expenses": tuple(MonthExpenses(month, 1) for month in MONTHS[:11])},
        {"operating_expenses": tuple(MonthExpenses(MONTHS[0], 1) for _ in MONTHS)},
        {"operating_expenses": tuple(MonthExpenses(month, 1) for month in reversed(MONTHS))},
    ],
)
def test_figures_that_cannot_be_meant_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with opened(tmp_path) as office, pytest.raises(StaffActionRefused) as refused:
        office.record(figures(**wrong))
    assert refused.value.name == "figures_wrong"


@pytest.mark.shows("CAPI-004")
def test_an_alarm_has_a_draft_and_a_business_day(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        office.now_ns = at("2026-03-06 10:00")  # Friday
        office.record(with_liquid_capital(3_597_000_00))
        (alarm,) = office.book.alarms()
        assert (alarm.trigger, alarm.found_ns) == ("below_share_of_required", office.now_ns)
        assert alarm.due_ns == at("2026-03-10 00:00") - 1  # the end of Monday
        draft = office.book.draft(alarm.alarm_id)
        for words in ("LR-HK", "2026-03-06T10:00:00", "liquid capital minor: 359700000", "required minor: 300000000"):
            assert words in draft
        obligations = office.facts.facts(Obligation) or ()
        assert [each.done_ns for each in obligations if each.kind == "liquid_capital_notice"] == [None]
        with pytest.raises(StaffActionRefused):
            office.book.notified(alarm.alarm_id, NG, office.now_ns)
        office.book.notified(alarm.alarm_id, HO, office.now_ns + 1)
        with pytest.raises(StaffActionRefused):
            office.book.notified(alarm.alarm_id, HO, office.now_ns + 2)
        obligations = office.facts.facts(Obligation) or ()
        done = [each.done_ns for each in obligations if each.kind == "liquid_capital_notice"]
        assert done == [office.now_ns + 1]
        assert "liquid_capital_notice" in {each.kind for each in office.facts.facts(Watched) or ()}


@pytest.mark.shows("CAPI-004")
def test_one_alarm_for_a_case_as_long_as_it_lasts(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        low = with_liquid_capital(3_000_000_00)
        for day in (1, 2, 3):
            office.record(msgspec.structs.replace(low, as_of_ns=at(f"2026-03-0{day} 12:00")))
        assert office.alarms() == ["below_share_of_required"]
        office.record(msgspec.structs.replace(figures(), as_of_ns=at("2026-03-04 12:00")))
        office.record(msgspec.structs.replace(low, as_of_ns=at("2026-03-05 09:00"), claims_minor=6 * MILLION))
        assert office.alarms() == ["below_share_of_required"] * 2 + ["claims_large"]


@pytest.mark.shows("CAPI-004")
def test_figures_and_their_alarms_are_written_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise OSError("no more")

    with opened(tmp_path) as office:
        monkeypatch.setattr(office.book, "_told", fail)
        with pytest.raises(OSError, match="no more"):
            office.record(with_liquid_capital(1))
        assert (office.book.positions(), office.book.alarms()) == ([], [])


def test_corrected_figures_of_one_moment_take_the_place_of_the_first(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        office.record(figures())
        office.now_ns += 1
        office.record(figures(paid_up_minor=7 * MILLION))
        assert [each.paid_up_minor for each in office.book.positions()] == [7 * MILLION]
