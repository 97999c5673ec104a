"""The engine over the shipped packs: what can be judged is, what waits is red, what is from memory never passes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from lionrock.rulebook.checking import Run, check
from lionrock.rulebook.code_version import CodeVersion
from lionrock.rulebook.facts import Obligation, Setting, TokenRecord, Watched
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.rule import MACHINE_KINDS
from tests.rulebook.sound_site import SoundSite

LIBRARY = shipped_library()
NOW_NS = int(datetime(2026, 11, 30, 4, tzinfo=UTC).timestamp()) * 10**9
LICENCES = {"hk": "HK-VATP", "vara": "AE-VARA", "mica": "EU-MICA", "mas": "SG-MAS", "bma": "BM-DAB"}
CODE = CodeVersion("0.1.0", "ab" * 32, "cd" * 32)


def run(pack: str, without: tuple[type[msgspec.Struct], ...] = ()) -> Run:
    regime = Regime(LIBRARY, [LICENCES[pack]])
    return check(regime, SoundSite(LIBRARY, NOW_NS, without), NOW_NS, site=pack, run_id="run-1", code=CODE).run


def by_id(pack: str, without: tuple[type[msgspec.Struct], ...] = ()) -> dict[str, str]:
    return {rule.id: str(rule.status) for rule in run(pack, without).rules}


@pytest.mark.shows("REGI-005")
@pytest.mark.parametrize("pack", LICENCES)
def test_what_does_not_wait_can_be_kept(pack: str) -> None:
    rules = {rule.id: rule.rule for rule in LIBRARY.packs[pack].rules}
    for found in run(pack).rules:
        if found.id not in rules or found.waits_for:
            continue
        good = {"pass"} if rules[found.id].kind in MACHINE_KINDS else {"attested", "pass"}
        allowed = good if rules[found.id].trust.value != "unconfirmed" else {"unconfirmed"}
        assert str(found.status) in allowed, f"{found.id}: {found.words}"


@pytest.mark.shows("REGI-004")
@pytest.mark.parametrize("pack", LICENCES)
def test_what_waits_is_no_data_whatever_the_facts(pack: str) -> None:
    waiting = [rule for rule in run(pack).rules if rule.waits_for]
    assert {str(rule.status) for rule in waiting} <= {"no_data"}
    assert all(rule.words for rule in waiting)


@pytest.mark.shows("REGI-003")
def test_hong_kong_on_one_day() -> None:
    found = Counter(by_id("hk").values())
    assert found == {"pass": 48, "attested": 4, "no_data": 34}  # 33 rows of Hong Kong and the base's wait
    assert "HK-CARF" not in by_id("hk"), "it begins in 2027"


@pytest.mark.shows("REGI-002")
def test_what_is_from_memory_never_passes() -> None:
    statuses = {**by_id("vara"), **by_id("mica"), **by_id("mas")}
    assert statuses["AE-14"] == "unconfirmed"
    assert {statuses[rule_id] for rule_id in ("EU-15", "SG-2", "FATF-1")} == {"no_data"}


@pytest.mark.shows("REGI-005")
@pytest.mark.parametrize(("fact_type", "rule_id"), [(Watched, "HK-K08"), (Obligation, "HK-F05"), (Setting, "HK-K11")])
def test_without_its_facts_a_row_is_no_data(fact_type: type[msgspec.Struct], rule_id: str) -> None:
    assert by_id("hk")[rule_id] == "pass"
    assert by_id("hk", (fact_type,))[rule_id] == "no_data"


def test_other_rows_do_not_mind() -> None:
    assert by_id("hk", (TokenRecord,))["HK-F02"] == "pass"


@pytest.mark.shows("REGI-010")
def test_two_licences_are_held_to_at_once() -> None:
    regime = Regime(LIBRARY, ["HK-VATP", "AE-VARA"])
    kept = {
        merged.about["record_class"]: merged
        for merged in regime.merged(NOW_NS)
        if merged.control.name == "kept_at_least" and merged.about["from_event"] == "record"
    }
    assert msgspec.to_builtins(kept["orders"].parameters)["keep_days"] == 2922
    assert set(kept["orders"].rules) == {"HK-R02", "AE-06"}
    assert msgspec.to_builtins(kept["receipts"].parameters)["keep_days"] == 2557
    assert any(conflict.control == "kept_at_least" for conflict in regime.conflicts(NOW_NS))
