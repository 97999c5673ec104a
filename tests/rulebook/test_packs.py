"""The packs that are shipped: every row of the catalogue is there, as far as its text may be trusted, and counted."""

from __future__ import annotations

import runpy
from collections import Counter
from datetime import date

import msgspec
import pytest

from lionrock.rulebook import facts
from lionrock.rulebook.control import CONTROLS
from lionrock.rulebook.loading import LoadedRule, shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.rule import MACHINE_KINDS, Kind, Trust
from tests.house.tree import ROOT

LIBRARY = shipped_library()
WRITER = runpy.run_path(str(ROOT / "docs" / "write_rulebook_rows.py"))


def numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:02}" for number in range(1, count + 1)]


CATALOGUE = {
    "hk": [
        *numbered("HK-C", 20),
        *numbered("HK-F", 9),
        *numbered("HK-T", 7),
        *numbered("HK-K", 15),
        *("HK-S01", "HK-S02", "HK-X01", "HK-X02"),
        *numbered("HK-R", 4),
        *numbered("HK-Y", 4),
        *numbered("HK-A", 17),
        *("HK-24", "HK-25a", "HK-25b", "HK-26", "HK-SC1", "HK-CARF"),
    ],
    "vara": numbered("AE-", 14),
    "mica": [*numbered("EU-", 16), "EU-T"],
    "fatf": ["FATF-1"],
    "mas": ["SG-1", "SG-2", "SG-3"],
    "bma": ["BM-1", "BM-2"],
}
"""The ids of the catalogue that the packs were made from."""

COUNTS = {
    # rules: invariant, gate, timer, schema check, calendar, attestation; judged by machine, by people, waiting
    "hk": (
        86,
        {"invariant": 25, "gate": 29, "timer": 16, "schema_check": 9, "calendar": 3, "attestation": 4},
        49,
        4,
        33,
    ),
    "vara": (14, {"invariant": 9, "gate": 2, "timer": 2, "calendar": 1}, 8, 1, 5),
    "mica": (17, {"invariant": 4, "gate": 6, "timer": 4, "schema_check": 2, "calendar": 1}, 8, 1, 8),
    "fatf": (1, {"gate": 1}, 0, 0, 1),
    "mas": (3, {"invariant": 1, "gate": 1, "timer": 1}, 0, 0, 3),
    "bma": (2, {"calendar": 2}, 0, 2, 0),
}

WAITING = {
    "banking": {"HK-C12", "HK-C13", "HK-C14", "AE-07", "EU-03"},
    "cases": {"HK-A14"},
    "custody": {
        *("HK-C02", "HK-C03", "HK-C05", "HK-C06", "HK-C07", "HK-C08", "HK-C09", "HK-C10", "HK-C11", "HK-C18", "HK-C20"),
        *("HK-A09", "AE-04", "AE-08", "EU-04", "EU-09", "SG-1", "SG-3"),
    },
    "insurance": {"HK-C16", "HK-C17", "AE-03"},
    "monitoring": {"HK-T06", "HK-A12", "HK-A13"},
    "order_record_export": {"EU-10"},
    "screening": {"HK-A10", "HK-A11"},
    "surveillance": {"HK-S01", "HK-S02", "HK-X02", "EU-11"},
    "travel_rule": {
        *("HK-A02", "HK-A03", "HK-A04", "HK-A05", "HK-A06", "HK-A07", "HK-A08"),
        *("AE-05", "EU-14", "EU-15", "EU-16", "SG-2", "FATF-1"),
    },
}

UNCONFIRMED = {"AE-14", "EU-15", "SG-2", "FATF-1"}
SECONDARY = {
    *("HK-C20", "HK-T02", "HK-K12", "HK-X01", "HK-24", "HK-25a", "HK-25b", "HK-26", "HK-SC1", "HK-CARF"),
    *("AE-11", "AE-12", "AE-13", "EU-01", "EU-14", "EU-16", "EU-T", "SG-1", "SG-3", "BM-1", "BM-2"),
}
"""Of rules with versions, what is said of the newest."""


def latest(pack: str) -> dict[str, LoadedRule]:
    return {rule.id: rule for rule in WRITER["latest"](LIBRARY.packs[pack])}


def everything() -> dict[str, LoadedRule]:
    return {rule_id: rule for pack in LIBRARY.packs for rule_id, rule in latest(pack).items()}


def parameters(rule_id: str, control: str, **about: object) -> dict[str, object]:
    """Of the one check of the newest version that has these values."""
    found: list[dict[str, object]] = [
        told
        for check in everything()[rule_id].checks
        if check.control.name == control and about.items() <= (told := msgspec.to_builtins(check.parameters)).items()
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.shows("REGI-001")
@pytest.mark.parametrize("pack", CATALOGUE)
def test_every_row_is_in_its_pack_once_for_each_version(pack: str) -> None:
    rules = LIBRARY.packs[pack].rules
    assert {rule.id for rule in rules} == set(CATALOGUE[pack])
    versions = Counter((rule.id, rule.version) for rule in rules)
    assert set(versions.values()) == {1}


@pytest.mark.shows("REGI-001")
def test_nothing_else_is_in_the_packs() -> None:
    assert set(LIBRARY.packs) == set(CATALOGUE)
    assert sum(len(ids) for ids in CATALOGUE.values()) == 123
    for pack in LIBRARY.packs.values():
        assert pack.head.id == "fatf" or pack.head.inherits == ("fatf",)


@pytest.mark.shows("REGI-002")
def test_every_row_is_trusted_as_far_as_its_text_was_read() -> None:
    trust = {rule_id: rule.rule.trust for rule_id, rule in everything().items()}
    assert {rule_id for rule_id, each in trust.items() if each is Trust.UNCONFIRMED} == UNCONFIRMED
    assert {rule_id for rule_id, each in trust.items() if each is Trust.SECONDARY} == SECONDARY
    for pack in LIBRARY.packs.values():
        for rule in pack.rules:
            assert rule.rule.paragraph
            assert pack.instruments[rule.rule.instrument].read_as
            assert rule.rule.words.endswith(".")
            assert rule.rule.effective_from >= pack.instruments[rule.rule.instrument].in_force_from


@pytest.mark.shows("REGI-003")
@pytest.mark.parametrize("pack", COUNTS)
def test_kinds_and_who_judges_are_counted(pack: str) -> None:
    rules, kinds, machine, human, waits = COUNTS[pack]
    found = WRITER["counts"](latest(pack).values())
    assert len(latest(pack)) == rules
    assert {kind.value: found[kind.value] for kind in Kind if found[kind.value]} == kinds
    assert (found["machine"], found["human"], found["waits"]) == (machine, human, waits)
    assert machine + human + waits == rules


@pytest.mark.shows("REGI-004")
def test_what_waits_says_for_which_room_and_why() -> None:
    found: dict[str, set[str]] = {}
    for rule_id, rule in everything().items():
        if rule.rule.waits_for:
            found.setdefault(rule.rule.waits_for, set()).add(rule_id)
            assert rule.rule.waiting_because.endswith(".")
    assert found == WAITING


@pytest.mark.shows("REGI-005")
def test_what_does_not_wait_is_judged_by_declared_facts() -> None:
    declared = {getattr(facts, name) for name in facts.__all__}
    for rule_id, rule in everything().items():
        if not rule.rule.waits_for:
            assert rule.checks, rule_id
            judged_by_people = rule.rule.kind not in MACHINE_KINDS
            assert rule.rule.left_to_people or judged_by_people, f"{rule_id}: what does a pass not say?"
        for check in rule.checks:
            assert set(check.control.facts.values()) <= declared, rule_id
    used = {check.control.name for pack in LIBRARY.packs.values() for rule in pack.rules for check in rule.checks}
    assert used == set(CONTROLS), "a control that no row uses, or a row without its control"


@pytest.mark.shows("REGI-005")
def test_a_row_for_machines_has_a_control_that_machines_decide() -> None:
    for rule_id, rule in everything().items():
        kinds = {check.control.kind for check in rule.checks}
        if kinds and rule.rule.kind in MACHINE_KINDS:
            assert kinds & MACHINE_KINDS, rule_id


@pytest.mark.shows("REGI-008")
@pytest.mark.parametrize(
    ("rule_id", "changes"),
    [
        ("HK-T02", [date(2023, 6, 1), date(2025, 11, 3)]),
        ("HK-K12", [date(2023, 6, 1), date(2026, 2, 11)]),
        ("HK-X01", [date(2023, 6, 1), date(2026, 2, 11)]),
        ("HK-24", [date(2025, 4, 7)]),
        ("HK-SC1", [date(2025, 8, 1)]),
        ("HK-C20", [date(2025, 8, 15)]),
        ("HK-25a", [date(2025, 11, 3)]),
        ("HK-26", [date(2026, 2, 11)]),
        ("EU-T", [date(2026, 1, 1)]),
        ("EU-13", [date(2026, 7, 1)]),
    ],
)
def test_rules_hold_from_their_day_on(rule_id: str, changes: list[date]) -> None:
    assert [rule.rule.effective_from for rule in LIBRARY.versions(rule_id)] == changes


@pytest.mark.shows("REGI-008")
@pytest.mark.parametrize(
    ("day", "version", "has_perpetuals"),
    [
        (date(2025, 11, 2), "2023-06-01", False),
        (date(2025, 11, 3), "2025-11-03", False),
        (date(2025, 12, 1), "2025-11-03", False),
        (date(2026, 2, 10), "2025-11-03", False),
        (date(2026, 2, 11), "2025-11-03", True),
    ],
)
def test_what_was_the_rule_on_that_day(day: date, version: str, has_perpetuals: bool) -> None:
    rules = {rule.id: rule for rule in Regime(LIBRARY, ["HK-VATP"]).on(day)}
    assert rules["HK-T02"].loaded.version == version
    assert ("HK-26" in rules) is has_perpetuals
    assert rules["HK-K12"].loaded.version == ("2026-02-11" if has_perpetuals else "2023-06-01")


@pytest.mark.shows("REGI-009")
def test_hong_kong_keeps_accounts_seven_years_and_orders_two() -> None:
    assert parameters("HK-R01", "kept_at_least", record_class="client_identity")["keep_days"] == 2557
    assert parameters("HK-R02", "kept_at_least", record_class="orders")["keep_days"] == 731
    assert parameters("HK-R02", "kept_at_least", record_class="contract_notes")["keep_days"] == 731


@pytest.mark.shows("REGI-009")
def test_hong_kong_covers_half_of_what_is_cold_and_all_that_is_hot() -> None:
    cover = parameters("HK-C16", "cover_at_least")
    assert (cover["cold_ppm"], cover["hot_ppm"]) == (500_000, 1_000_000)


@pytest.mark.shows("REGI-009")
def test_daily_in_hong_kong_is_the_cover_and_monthly_the_differences() -> None:
    assert parameters("HK-C17", "done_in_time")["unit"] == "calendar_days"
    differences = parameters("HK-C18", "done_in_time")
    assert (differences["amount"], differences["unit"]) == (1, "months")
    daily = parameters("AE-04", "done_in_time")
    assert (daily["amount"], daily["unit"]) == (1, "calendar_days")


@pytest.mark.shows("REGI-009")
def test_hong_kong_names_slips_of_price_and_size_and_cancelling() -> None:
    row = everything()["HK-K10"].rule
    assert {"PRICE_TOO_FAR_FROM_LAST", "SIZE_ABOVE_MAXIMUM", "KILL_SWITCH_ENGAGED"} <= set(row.rejections)
    assert "band" not in row.words
    assert "error trade" not in row.words


@pytest.mark.shows("REGI-009")
def test_no_transfer_in_hong_kong_goes_without_information() -> None:
    assert parameters("HK-A03", "transfer_information_complete")["basic_fields"]


def test_the_page_of_rows_is_fresh() -> None:
    assert WRITER["PAGE"].read_text("utf-8") == WRITER["page"](), "docs/rulebook-rows.md is stale: run `make docs`"
