"""What holds of the controls whatever the numbers: more is never worse, and the strictest of two satisfies both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lionrock.rulebook.controls  # noqa: F401 registers them
from lionrock.rulebook.calendars import due_ns
from lionrock.rulebook.control import CONTROLS, MOST_BREACHES, Finding, Moment, Verdict
from lionrock.rulebook.controls.spans import NS_PER_DAY, has_passed, months_later, utc_day
from lionrock.rulebook.facts import (
    Attested,
    CapitalPosition,
    ClientRecord,
    CustodySplit,
    Obligation,
    RecordClass,
    TokenRecord,
    TransferInformation,
    Valued,
    Watched,
)
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter, strictness

NOW_NS = int(datetime(2026, 6, 15, 4, tzinfo=UTC).timestamp()) * 10**9
MOMENT = Moment(NOW_NS, "HK")
MINOR = st.integers(0, 10**12)
PPM = st.integers(0, 2_000_000)


def ask(control: str, parameters: dict[str, Any], *facts: Any, moment: Moment = MOMENT) -> Finding:
    """What a control finds, its parameters given as a pack gives them."""
    told = msgspec.convert(parameters, CONTROLS[control].parameter_type)
    return CONTROLS[control].function(told, *facts, moment)


def position(**told: int) -> CapitalPosition:
    empty = dict.fromkeys(
        (
            *("paid_up_minor", "liquid_capital_minor", "required_liquid_capital_minor", "liquid_assets_minor"),
            *("operating_expenses_12_months_minor", "last_return_liquid_capital_minor"),
        ),
        0,
    )
    return CapitalPosition(entity="OPERATOR", as_of_ns=NOW_NS, currency="HKD", **(empty | told))


@pytest.mark.shows("REGI-010")
@settings(deadline=None)
@given(first=MINOR, second=MINOR, has=MINOR)
def test_the_higher_of_two_capitals_satisfies_both(first: int, second: int, has: int) -> None:
    def passes(least: int) -> bool:
        found = ask("least_paid_up_capital", {"currency": "HKD", "least_minor": least}, [position(paid_up_minor=has)])
        return found.verdict is Verdict.PASS

    assert passes(max(first, second)) is (passes(first) and passes(second))


@pytest.mark.shows("REGI-010")
@settings(deadline=None)
@given(first=st.integers(0, 5_000), second=st.integers(0, 5_000), kept=st.integers(0, 5_000))
def test_the_longer_of_two_times_satisfies_both(first: int, second: int, kept: int) -> None:
    classes = [RecordClass("orders", ("orders",), kept, "record", is_erased_after=True)]

    def passes(days: int) -> bool:
        found = ask("kept_at_least", {"record_class": "orders", "keep_days": days}, classes, [])
        return found.verdict is Verdict.PASS

    assert passes(max(first, second)) is (passes(first) and passes(second))


@pytest.mark.shows("REGI-010")
@settings(deadline=None)
@given(first=PPM, second=PPM, cold=MINOR, hot=MINOR)
def test_the_higher_of_two_cold_shares_satisfies_both(first: int, second: int, cold: int, hot: int) -> None:
    splits = [CustodySplit("BTC", "HKD", NOW_NS, cold, hot)]

    def passes(least: int) -> bool:
        return ask("cold_share_at_least", {"least_ppm": least}, splits).verdict is Verdict.PASS

    assert passes(max(first, second)) is (passes(first) and passes(second))


@settings(deadline=None)
@given(liquid=MINOR, more=MINOR, required=MINOR, last=MINOR)
def test_more_liquid_capital_never_owes_a_notice_that_less_does_not(
    liquid: int, more: int, required: int, last: int
) -> None:
    rule = {
        "currency": "HKD", "amount": 1, "unit": "business_days", "least_minor": 300_000_000,
        "share_of_required_ppm": 1_200_000, "share_of_last_return_ppm": 500_000, "liabilities_minor": 500_000_000,
    }  # fmt: skip

    def owes(amount: int) -> bool:
        told = position(
            liquid_capital_minor=amount, required_liquid_capital_minor=required, last_return_liquid_capital_minor=last
        )
        return ask("liquid_capital_notice", rule, [told], []).verdict is Verdict.FAIL

    assert owes(liquid) or not owes(liquid + more)
    assert owes(liquid) is (
        liquid * 10 < max(300_000_000, required) * 12 or liquid * 2 < last
    )  # the same in other words


FIELDS = ("originator_name", "originator_account", "beneficiary_name", "beneficiary_account", "originator_address")


@settings(deadline=None)
@given(amount=MINOR, fields=st.sets(st.sampled_from(FIELDS)), one=st.sampled_from(FIELDS))
def test_knowing_more_of_a_transfer_never_refuses_it(amount: int, fields: set[str], one: str) -> None:
    rule = {
        "currency": "HKD", "full_from_minor": 800_000, "basic_fields": FIELDS[:2], "full_fields": FIELDS[:4],
        "one_of_fields": FIELDS[4:],
    }  # fmt: skip

    def passes(known: set[str]) -> bool:
        told = TransferInformation(
            "t1", is_outgoing=True, counterparty="institution", amounts=(Valued("HKD", amount),), fields=tuple(known)
        )
        return ask("transfer_information_complete", rule, told).verdict is Verdict.PASS

    assert passes(fields | {one}) or not passes(fields)


@settings(deadline=None)
@given(age=st.integers(-(10**9), 3 * 366 * 86_400), older=st.integers(0, 10**9))
def test_an_asset_never_becomes_too_young(age: int, older: int) -> None:
    def passes(seconds: int) -> bool:
        token = TokenRecord(
            asset="NEW", audience="retail", is_money=False, issued_on_ns=NOW_NS - seconds * 10**9, is_security=False,
            is_stablecoin=False, issuer_is_licensed=False, has_builtin_anonymity=False, indices=(), bytecode_sha256="",
            audit_bytecode_sha256="", audit_report_sha256="", approval_reference="", voted_ns=0, votes_for=(),
            disclosed_fields=(),
        )  # fmt: skip
        return ask("issued_long_enough", {"months": 12}, token).verdict is Verdict.PASS

    assert passes(age + older) or not passes(age)


UNITS = st.sampled_from(["hours", "calendar_days", "business_days", "weeks", "months"])


@settings(deadline=None)
@given(begun=st.integers(0, 2_000), took=st.integers(0, 60 * 86_400), amount=st.integers(1, 10), unit=UNITS)
def test_done_in_time_agrees_with_the_calendar(begun: int, took: int, amount: int, unit: str) -> None:
    begun_ns = NOW_NS - begun * NS_PER_DAY
    done_ns = begun_ns + took * 10**9
    told = [Obligation("note", "o1", begun_ns, done_ns)]
    found = ask(
        "done_in_time", {"kind": "note", "amount": amount, "unit": unit}, told, [Watched("note", "papers")],
        moment=Moment(done_ns, "HK"),
    )  # fmt: skip
    assert (found.verdict is Verdict.PASS) is (done_ns <= due_ns("HK", begun_ns, amount, unit))


@settings(deadline=None)
@given(age=st.integers(0, 800 * 86_400), months=st.integers(1, 24))
def test_an_attestation_is_never_a_pass_and_is_due_for_thirty_days(age: int, months: int) -> None:
    at_ns = NOW_NS - age * 10**9
    found = ask("attested_within", {"subject": "audit", "months": months}, [Attested("audit", at_ns, "s1", "", "ab")])
    left_ns = months_later(at_ns, months) - NOW_NS
    if left_ns < 0:
        assert found.verdict is Verdict.FAIL
    elif left_ns < 30 * NS_PER_DAY:
        assert found.verdict is Verdict.DUE
    else:
        assert found.verdict is Verdict.ATTESTED


@settings(deadline=None)
@given(day=st.integers(0, 30_000), months=st.integers(0, 60))
def test_months_later_keeps_the_day_or_ends_the_month(day: int, months: int) -> None:
    before, after = utc_day(day * NS_PER_DAY), utc_day(months_later(day * NS_PER_DAY, months))
    assert (after.year * 12 + after.month) - (before.year * 12 + before.month) == months
    assert after.day == before.day or (after + timedelta(days=1)).day == 1 < before.day


def test_a_finding_names_at_most_so_many() -> None:
    late = [Obligation("note", f"o{number}", NOW_NS - 90 * NS_PER_DAY) for number in range(50)]
    found = ask("done_in_time", {"kind": "note", "amount": 1, "unit": "weeks"}, late, [Watched("note", "papers")])
    assert found.verdict is Verdict.FAIL
    assert found.figures["late"] == 50
    assert len(found.breaches) == MOST_BREACHES


@pytest.mark.shows("REGI-010")
@pytest.mark.parametrize("name", sorted(CONTROLS))
def test_every_number_says_which_way_it_is_stricter(name: str) -> None:
    parameters = CONTROLS[name].parameter_type
    markers = strictness(parameters)
    for field in msgspec.structs.fields(parameters):
        plain = field.type.__origin__ if hasattr(field.type, "__metadata__") else field.type
        if plain in {int, bool}:
            wanted = {Stricter.HIGHER, Stricter.LOWER} if plain is int else {Stricter.TRUE}
            assert markers.get(field.name) in wanted, f"{name}.{field.name}"


GATES = [name for name, control in CONTROLS.items() if control.kind is Kind.GATE]


APPLICANT = ClientRecord(
    client_id="c1", state="applied", client_class="retail", is_person=True, may_trade=False,
    due_diligence_complete=False,
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in GATES if ClientRecord in CONTROLS[name].facts.values()])
def test_a_gate_asks_nothing_of_who_has_no_relationship(name: str) -> None:
    told: dict[str, Any] = {"review_months": 12} if name == "exposure_limit_set_and_notified" else {}
    assert ask(name, told, APPLICANT).verdict is Verdict.PASS


@pytest.mark.parametrize("name", GATES)
def test_a_gate_takes_one_fact(name: str) -> None:
    assert len(CONTROLS[name].facts) == 1


@settings(deadline=None)
@given(begun=st.integers(0, 30_000 * NS_PER_DAY), months=st.integers(0, 60), took=st.integers(0, 2_000 * NS_PER_DAY))
def test_the_short_cut_agrees_with_the_calendar(begun: int, months: int, took: int) -> None:
    assert has_passed(begun, months, begun + took) is (begun + took > months_later(begun, months))
