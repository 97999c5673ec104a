"""A parameter of a rule, changed by two people over HTTP: from when, how far, who sees it, which decisions follow."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.compliance.papers.periods import PaperKind
from lionrock.people.staff.roles import Role
from lionrock.rulebook.changes import read_changes
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import replay
from lionrock.rulebook.decisions import Decision
from lionrock.rulebook.facts import TokenRecord
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.statements_of_journal import read_statements
from lionrock.rulebook.subject import Subject
from tests.gateways.rest.inside import reason_of
from tests.gateways.rest.licensed import Licensed
from tests.gateways.rest.staff.desk import Desk, proposal

DAY_S = 86_400
DAY_NS = DAY_S * 10**9
TOMORROW, LATER = "2027-01-16", "2027-01-20"
"""The clock begins on 15 January 2027, 16:00 in Hong Kong."""
OLDER = {"rule_id": "HK-T02", "control": "issued_long_enough", "parameter": "months", "value": 24}
LONGER = {
    "rule_id": "HK-R01",
    "control": "kept_at_least",
    "about": {"record_class": "client_identity"},
    "parameter": "keep_days",
    "value": 3_000,
}
RETAIL = Subject(audience="retail")


class Bench(NamedTuple):
    """A site, and who changes its rules."""

    site: Licensed
    officer: Desk
    checker: Desk

    async def change(self, from_day: str = TOMORROW, /, **payload: Any) -> Any:
        made = await self.officer.propose("rule_parameter", from_day=from_day, **payload)
        return await self.checker.approve(made)

    async def days_pass(self, days: int) -> None:
        self.site.pass_time(days * DAY_S)
        for desk in (self.officer, self.checker):
            await desk.sign_in()

    async def rule(self, rule_id: str) -> Any:
        return await self.checker.done("GET", f"rulebook/rule?id={rule_id}")

    def asked(self) -> Decision:
        """Whether a token may be admitted that was issued eighteen months ago."""
        now_ns = self.site.now_ns
        token = TokenRecord(
            asset="NEW", audience="retail", is_money=False, issued_on_ns=now_ns - 548 * DAY_NS, is_security=False,
            is_stablecoin=False, issuer_is_licensed=False, has_builtin_anonymity=False, indices=(), bytecode_sha256="",
            audit_bytecode_sha256="", audit_report_sha256="", approval_reference="", voted_ns=0, votes_for=(),
            disclosed_fields=(),
        )  # fmt: skip
        return self.site.rooms.rulebook.rulebook.decide("issued_long_enough", token, now_ns, RETAIL)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Licensed(tmp_path).open() as site:
        yield Bench(site, await site.desk("officer", Role.COMPLIANCE_OFFICER), await site.desk("mlro", Role.MLRO))


def months(shown: Any) -> int:
    (check,) = [each for each in shown["controls"] if each["name"] == "issued_long_enough"]
    return int(check["parameters"]["months"])


@pytest.mark.shows("RULE-018", "STAF-007")
async def test_a_gate_asks_more_from_the_day_on_and_not_before(bench: Bench) -> None:
    assert bench.asked().is_admitted
    done = await bench.change(**OLDER)
    assert done["state"] == "carried_out", done
    assert f"changes on {TOMORROW}" in done["outcome"]
    assert bench.asked().is_admitted, "the day has not begun"
    shown = await bench.rule("HK-T02")
    assert (months(shown), shown["row"]["version"]) == (12, "2025-11-03")
    (ahead,) = shown["changes"]
    assert (ahead["value"], ahead["fromDay"], ahead["inForce"]) == (24, TOMORROW, False)
    assert (ahead["by"], ahead["approvedBy"]) == (bench.officer.staff_id, bench.checker.staff_id)
    assert (ahead["proposalId"], int(ahead["journalSequence"]) > 0) == (done["proposalId"], True)
    await bench.days_pass(1)
    refused = bench.asked()
    assert (refused.outcome, refused.figures["months"]) == ("refused", 24)
    assert [(each.id, each.version) for each in refused.rules] == [("HK-T02", TOMORROW)]
    shown = await bench.rule("HK-T02")
    assert (months(shown), shown["row"]["version"], shown["changes"][0]["inForce"]) == (24, TOMORROW, True)
    # What is seen of a day before is what held then.
    before = await bench.checker.done("GET", "rulebook/rule?id=HK-T02&asOf=2027-01-15")
    assert months(before) == 12


@pytest.mark.shows("RULE-018")
async def test_a_control_and_the_room_that_reads_it_hold_to_the_new_number(bench: Bench) -> None:
    async def kept() -> int:
        rows = await bench.officer.done("GET", "records")
        return next(int(each["keepDays"]) for each in rows if each["recordClass"] == "client_identity")

    assert await kept() == 2_557
    assert (await bench.change(**LONGER))["state"] == "carried_out"
    assert await kept() == 2_557
    await bench.days_pass(1)
    assert await kept() == 3_000, "retention follows the rule, not a copy of it"
    await bench.officer.done("POST", "rulebook/run", {})
    shown = await bench.rule("HK-R01")
    assert shown["row"]["status"] == "pass", shown["row"]
    assert {each["verdict"] for each in shown["findings"]} == {"pass"}
    assert shown["row"]["evidenceSequence"] > 0
    others = [each["parameters"] for each in shown["controls"]]
    assert {each["keep_days"] for each in others if each["record_class"] != "client_identity"} == {2_557}


@pytest.mark.shows("RULE-018")
async def test_deadlines_and_amounts_of_papers_and_capital_follow_a_rule_from_its_day_on(bench: Bench) -> None:
    paperwork = bench.site.rooms.paperwork

    async def kept() -> tuple[int, int]:
        """As the minute's work leaves them: business days for a contract note, share below which it is told."""
        await paperwork.follow_rules()
        note = paperwork.job.rules.deadlines[PaperKind.CONTRACT_NOTE]
        return note.amount, paperwork.book.rules.share_of_required_ppm

    assert await kept() == (2, 1_200_000)
    sooner = {"rule_id": "HK-K08", "control": "done_in_time", "parameter": "amount", "value": 1}
    sooner["about"] = {"kind": "contract_note"}
    more = {"rule_id": "HK-F04", "control": "liquid_capital_notice", "parameter": "share_of_required_ppm"}
    for change in (sooner, more | {"value": 1_500_000}):
        done = await bench.change(**change)
        assert done["state"] == "carried_out", done
    assert await kept() == (2, 1_200_000), "the day has not begun"
    await bench.days_pass(1)
    assert await kept() == (1, 1_500_000), "without a start"


@pytest.mark.shows("RULE-018")
async def test_a_gate_with_stricter_numbers_still_passes_its_rows_examples(bench: Bench) -> None:
    sooner = {"rule_id": "HK-K03", "control": "exposure_limit_set_and_notified", "parameter": "review_months"}
    assert (await bench.change(value=6, **sooner))["state"] == "carried_out"
    await bench.days_pass(1)
    await bench.officer.done("POST", "rulebook/run", {})
    shown = await bench.rule("HK-K03")
    numbers = {each["name"]: each["parameters"] for each in shown["controls"]}
    assert numbers["exposure_limit_set_and_notified"]["review_months"] == 6
    assert "its examples hold" in str(shown["findings"]), shown["findings"]
    assert shown["row"]["status"] == "pass"


@pytest.mark.shows("RULE-018")
@pytest.mark.parametrize(
    ("told", "why"),
    [
        (OLDER | {"value": 11}, "may only be stricter"),
        (OLDER | {"value": True}, "another kind"),
        (OLDER | {"value": ["a"]}, "another kind"),
        (OLDER | {"parameter": "years"}, "no parameter"),
        (OLDER | {"parameter": "audiences", "value": ["retail"]}, "may only be stricter"),
        (OLDER | {"control": "no_such_control"}, "no check"),
        (OLDER | {"rule_id": "EU-02"}, "no version"),
        (OLDER | {"from_day": "2027-01-15"}, "has begun"),
        (OLDER | {"from_day": "2024-01-01"}, "has begun"),
        (OLDER | {"from_day": "tomorrow"}, ""),
        (OLDER | {"from_day": "0001-01-01"}, "no day of the venue's calendar"),
        (OLDER | {"from_day": "9999-12-31"}, "no version"),
        (LONGER | {"about": {}}, "say in `about`"),
        (LONGER | {"parameter": "record_class", "value": ["x"]}, "no parameter"),
    ],
)
async def test_nothing_looser_nothing_that_has_begun(bench: Bench, told: dict[str, Any], why: str) -> None:
    answer = await bench.officer.send(
        "POST", "proposals", proposal("rule_parameter", **({"from_day": TOMORROW} | told))
    )
    assert reason_of(answer) == "payload_malformed"
    assert why in answer.json()["lionrock"]["words"]
    assert (await bench.rule("HK-T02"))["changes"] == []


@pytest.mark.shows("RULE-018")
async def test_what_was_approved_too_late_or_on_top_of_another_change_is_not_carried_out(bench: Bench) -> None:
    late = await bench.officer.propose("rule_parameter", from_day=TOMORROW, **OLDER)
    first = await bench.officer.propose("rule_parameter", from_day=LATER, **OLDER)
    second = await bench.officer.propose("rule_parameter", from_day=LATER, **(OLDER | {"value": 36}))
    assert (await bench.checker.approve(first))["state"] == "carried_out"
    overtaken = await bench.checker.approve(second)
    assert (overtaken["state"], overtaken["outcome"].partition(":")[0]) == ("failed", "target_changed")
    await bench.days_pass(1)
    done = await bench.checker.approve(late)
    assert (done["state"], "has begun" in done["outcome"]) == ("failed", True)
    assert [each["value"] for each in (await bench.rule("HK-T02"))["changes"]] == [24]


@pytest.mark.shows("RULE-018")
async def test_a_change_is_taken_back_by_another_down_to_the_row(bench: Bench) -> None:
    await bench.change(**OLDER)
    await bench.change(LATER, **(OLDER | {"value": 12}))
    await bench.days_pass(1)
    assert not bench.asked().is_admitted
    await bench.days_pass(4)
    assert bench.asked().is_admitted
    assert [each["inForce"] for each in (await bench.rule("HK-T02"))["changes"]] == [True, True]


@pytest.mark.shows("RULE-018")
async def test_one_person_changes_no_rule(bench: Bench) -> None:
    told = proposal("rule_parameter", from_day=TOMORROW, **OLDER)
    assert reason_of(await bench.checker.send("POST", "proposals", told)) == "not_maker"
    assert reason_of(await bench.officer.send("POST", "proposals/atOnce", told)) == "not_at_once"
    made = await bench.officer.done("POST", "proposals", told)
    assert reason_of(await bench.officer.verdict("approve", made)) == "self_approval"
    assert (await bench.rule("HK-T02"))["changes"] == []


@pytest.mark.shows("RULE-019")
async def test_the_journal_has_it_and_decisions_replay_with_what_held_then(tmp_path: Path) -> None:
    site = Licensed(tmp_path)
    async with site.open():
        bench = Bench(site, await site.desk("officer", Role.COMPLIANCE_OFFICER), await site.desk("mlro", Role.MLRO))
        before = bench.asked()
        await bench.change(**OLDER)
        await bench.days_pass(1)
        after = bench.asked()
        await site.rooms.rulebook.state_decisions()
        assert (before.outcome, after.outcome) == ("admitted", "refused")
    changes, library = read_changes(tmp_path), shipped_library()
    (change,) = changes
    assert (change.change.value, change.change.rule_id) == (24, "HK-T02")
    place = ["--site", "hk", "--data", str(tmp_path), "--json"]
    told = json.loads(CliRunner().invoke(app, ["rulebook", "explain", "HK-T02", *place]).stdout)
    assert told["versions"][-1]["version"] == TOMORROW
    assert [each["journal_sequence"] for each in told["versions"][-1]["changes"]] == [change.sequence]
    replayed = CliRunner().invoke(app, ["rulebook", "replay", *place])
    assert (replayed.exit_code, json.loads(replayed.stdout)) == (0, {"decisions": 2, "differences": []})
    async with site.open():  # what was saved or replayed is what holds
        log, stated = site.rooms.rulebook.log, read_statements(tmp_path)
        assert not Bench(site, bench.officer, bench.checker).asked().is_admitted
        await site.rooms.rulebook.state_decisions()
        stated = read_statements(tmp_path)
        assert replay(log, Rulebook(Regime(library, ["HK-VATP"], changes)), stated.get) == []
        without = replay(log, Rulebook(Regime(library, ["HK-VATP"])), stated.get)
        assert {each.what for each in without} >= {"outcome", "rules_version"}
        assert {each.decision_id for each in without} == {2, 3}, "what was decided before comes out either way"
