"""Risk profile and exposure limit: published scoring, ceilings, whole numbers, who is not asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.exposure import Means, limit_of, read_exposure_method, share_rounded_down
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.profile import read_profile_method, score_profile
from lionrock.compliance.assessments.records import Finding, Kind, last
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.terms import checked, read_terms
from tests.compliance.rooms import CLIENT, EVA, FINN, MEANS, START_NS, assessments_in, best_answers
from tests.gateways.rest.inside import stored

PROFILE, _ = read_profile_method()
EXPOSURE, _ = read_exposure_method()
BOLD = best_answers(PROFILE)


@pytest.mark.shows_rule("HK-K02")
@pytest.mark.shows("ASSE-020")
@pytest.mark.parametrize(
    ("answers", "name", "points"),
    [
        ({}, "aggressive", 24),
        ({"loss": "a", "experience": "a"}, "aggressive", 16),
        ({"loss": "a", "experience": "a", "income": "b"}, "balanced", 14),
        ({"share": "a"}, "balanced", 20),  # most of what there is: capped
        ({"horizon": "a"}, "conservative", 20),
        ({"aim": "a", "share": "a"}, "conservative", 16),  # the lower of two ceilings
        (dict.fromkeys(BOLD, "a"), "conservative", 0),
    ],
)
def test_points_make_a_class_and_an_answer_may_cap_it(answers: dict[str, str], name: str, points: int) -> None:
    profile = score_profile(BOLD | answers, PROFILE)
    assert (profile.name, profile.points) == (name, points)


@pytest.mark.shows("ASSE-020")
def test_every_question_is_answered_by_one_of_its_choices() -> None:
    for answers in ({**BOLD, "aim": "z"}, {key: value for key, value in BOLD.items() if key != "aim"}):
        with pytest.raises(AssessmentRefused) as refused:
            score_profile(answers, PROFILE)
        assert (refused.value.name, refused.value.figures["question"]) == ("answer_missing", "aim")


@pytest.mark.shows("ASSE-021")
def test_each_class_may_trade_what_the_one_below_may() -> None:
    for lower, higher in zip(PROFILE.classes, PROFILE.classes[1:], strict=False):
        assert set(lower.products) <= set(higher.products)
        assert set(lower.asset_groups) < set(higher.asset_groups)


@pytest.mark.shows("ASSE-030")
@pytest.mark.parametrize(
    ("means", "profile", "limit"),
    [
        (MEANS, "conservative", 7_500_00),
        (MEANS, "balanced", 20_000_00),
        (MEANS, "aggressive", 40_000_00),
        (Means(100_000_00, 50_000_00, 0, ("retired",)), "aggressive", 32_000_00),
        (Means(100_000_00, 50_000_00, 0, ("retired", "retired")), "aggressive", 32_000_00),
        (Means(100_000_00, 50_000_00, 10_000_00), "aggressive", 30_000_00),
        (Means(100_000_00, 50_000_00, 40_000_00), "aggressive", 0),
        (Means(100_000_00, 50_000_00, 90_000_00), "aggressive", 0),
        (Means(0, 0, 0), "aggressive", 0),
        (Means(3, 0, 0), "aggressive", 0),  # nine tenths of a cent are cut
        (Means(4, 0, 0), "aggressive", 1),
        (Means(10**9, 0, 0, ("dependants", "no_income", "retired", "debts")), "aggressive", 0),
    ],
)
def test_the_limit_is_worked_out_in_whole_minor_units(means: Means, profile: str, limit: int) -> None:
    worked_out = limit_of(means, profile, EXPOSURE)
    assert worked_out.limit_minor == limit
    assert [step.words for step in worked_out.steps][-1] == "less what is held elsewhere"


@pytest.mark.shows("ASSE-030")
def test_figures_and_circumstances_that_cannot_be_are_refused() -> None:
    for means, name in (
        (Means(-1, 0, 0), "figure_out_of_range"),
        (Means(0, 10**15 + 1, 0), "figure_out_of_range"),
        (Means(0, 0, -5), "figure_out_of_range"),
        (Means(0, 0, 0, ("rich",)), "circumstance_unknown"),
    ):
        with pytest.raises(AssessmentRefused, match=name):
            limit_of(means, "balanced", EXPOSURE)
    assert [share_rounded_down(amount, 500_000) for amount in (0, 1, 2, 3)] == [0, 0, 1, 1]


@pytest.mark.shows("ASSE-030")
def test_the_limit_needs_a_profile_in_force_and_its_figures_are_sealed(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    with pytest.raises(AssessmentRefused, match="risk_profile_missing"):
        room.exposure.assess(CLIENT, MEANS, START_NS)
    room.profiles.answer(CLIENT, BOLD, START_NS)
    with pytest.raises(AssessmentRefused, match="risk_profile_missing"):
        room.exposure.assess(CLIENT, MEANS, START_NS + 365 * DAY_NS)
    means = Means(123_456_789_01, 0, 0)
    assert room.exposure.assess(CLIENT, means, START_NS + 365 * DAY_NS - 1).limit_minor == 37_037_036_70
    assert b"12345678901" not in stored(tmp_path)
    newest = last(room.records.of(CLIENT), Kind.EXPOSURE_LIMIT)
    assert newest is not None
    assert room.exposure.steps(newest)["share of net worth"] == 37_037_036_70
    assert "123" not in repr(means)


@pytest.mark.shows("ASSE-033")
def test_two_people_set_a_limit_by_hand(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    with pytest.raises(AssessmentRefused, match="second_person_missing"):
        room.exposure.set_by_hand(CLIENT, 5, "asked for it", proposer=EVA, approver=EVA, at_ns=START_NS)
    with pytest.raises(AssessmentRefused, match="reason_missing"):
        room.exposure.set_by_hand(CLIENT, 5, "", proposer=EVA, approver=FINN, at_ns=START_NS)
    with pytest.raises(AssessmentRefused, match="figure_out_of_range"):
        room.exposure.set_by_hand(CLIENT, -1, "asked for it", proposer=EVA, approver=FINN, at_ns=START_NS)
    made = room.exposure.set_by_hand(CLIENT, 5, "asked for it", proposer=EVA, approver=FINN, at_ns=START_NS)
    assert (made.points, made.until_ns - START_NS, made.approved_by) == (5, 365 * DAY_NS, "finn")


@pytest.mark.shows("ASSE-080")
def test_terms_that_contradict_themselves_are_refused() -> None:
    import msgspec

    terms = read_terms()
    assert terms.id == "terms-hk-2"
    late = msgspec.structs.replace(terms.authorities, send_days=13)
    for broken in (
        msgspec.structs.replace(terms, gates={"a_gate": "sometimes"}),
        msgspec.structs.replace(terms, class_products={"royal": ("spot",)}),
        msgspec.structs.replace(terms, authorities=late),
    ):
        with pytest.raises(ValueError, match=r"effect|class|late"):
            checked(broken)


CAREFUL = dict.fromkeys(BOLD, "a")


def limits(room: Assessments) -> tuple[int, int | None]:
    """In force, and what waits."""
    findings = room.records.of(CLIENT)
    standing, asked = last(findings, Kind.EXPOSURE_LIMIT), last(findings, Kind.EXPOSURE_RAISE)
    assert standing is not None
    return standing.points, asked.points if asked else None


def waiting(room: Assessments) -> int:
    (asked,) = room.exposure.waiting()
    return asked.number


@pytest.mark.shows("ASSE-034")
def test_what_raises_a_limit_waits_for_a_person_and_what_lowers_it_counts_at_once(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    room.profiles.answer(CLIENT, BOLD, START_NS)
    room.exposure.assess(CLIENT, Means(100_00, 0, 0), START_NS)
    assert limits(room) == (30_00, None), "the first counts at once"
    room.exposure.assess(CLIENT, Means(1_000_00, 0, 0), START_NS + 1)
    assert limits(room) == (30_00, 300_00)
    room.exposure.assess(CLIENT, Means(2_000_00, 0, 0), START_NS + 2)
    assert limits(room) == (30_00, 600_00), "the newest declaration is what waits"
    first = waiting(room)
    room.exposure.assess(CLIENT, Means(90_00, 0, 0), START_NS + 3)
    assert limits(room) == (27_00, None), "a lower one counts, and what waited is void"
    with pytest.raises(AssessmentRefused, match="raise_not_waiting"):
        room.exposure.approve_raise(CLIENT, first, EVA, "seen", START_NS + 4)
    room.exposure.assess(CLIENT, Means(1_000_00, 0, 0), START_NS + 5)
    with pytest.raises(AssessmentRefused, match="reason_missing"):
        room.exposure.approve_raise(CLIENT, waiting(room), EVA, " ", START_NS + 6)
    made = room.exposure.approve_raise(CLIENT, waiting(room), EVA, "payslips seen", START_NS + 6)
    assert (made.decided_by, made.approved_by, made.until_ns) == ("client", EVA.staff_id, START_NS + 6 + 365 * DAY_NS)
    assert limits(room) == (300_00, None)
    assert room.exposure.steps(made)["share of net worth"] == 300_00
    room.exposure.assess(CLIENT, Means(5_000_00, 0, 0), START_NS + 7)
    declined = room.exposure.decline_raise(CLIENT, waiting(room), EVA, "no evidence", START_NS + 8)
    assert (limits(room), declined.decided_by) == ((300_00, None), EVA.staff_id)
    assert b"no evidence" not in stored(tmp_path)


@pytest.mark.shows("ASSE-034")
def test_of_two_who_answer_a_raise_at_once_one_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read that it waits before either writes."""
    room, _, _ = assessments_in(tmp_path)
    room.profiles.answer(CLIENT, BOLD, START_NS)
    room.exposure.assess(CLIENT, Means(100_00, 0, 0), START_NS)
    room.exposure.assess(CLIENT, Means(1_000_00, 0, 0), START_NS + 1)
    number, both_have_read, read = waiting(room), threading.Barrier(2), room.records.of

    def read_together(client_id: str) -> list[Finding]:
        found = read(client_id)
        both_have_read.wait(timeout=30)
        return found

    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as staff:
        patch.setattr(room.records, "of", read_together)
        answers = [
            staff.submit(room.exposure.approve_raise, CLIENT, number, EVA, "seen", START_NS + 2),
            staff.submit(room.exposure.decline_raise, CLIENT, number, FINN, "not seen", START_NS + 2),
        ]
        late = [answer.exception() for answer in answers]
    (refused,) = filter(None, late)
    assert isinstance(refused, AssessmentRefused)
    assert refused.name == "raise_not_waiting"
    declined = last(room.records.of(CLIENT), Kind.EXPOSURE_RAISE_DECLINED)
    assert (limits(room), declined is None) == (((300_00, None), True) if late[0] is None else ((30_00, None), False))


@pytest.mark.shows("ASSE-034")
def test_a_questionnaire_moves_the_limit_by_the_same_rule(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    room.profiles.answer(CLIENT, CAREFUL, START_NS)
    room.exposure.assess(CLIENT, Means(100_00, 0, 0), START_NS)
    assert limits(room) == (5_00, None)
    room.profiles.answer(CLIENT, BOLD, START_NS + 1)
    room.exposure.follow_profile(CLIENT, START_NS + 1)
    assert limits(room) == (5_00, 30_00)
    number = waiting(room)
    room.profiles.answer(CLIENT, CAREFUL, START_NS + 2)
    with pytest.raises(AssessmentRefused, match="risk_profile_missing"):
        room.exposure.approve_raise(CLIENT, number, EVA, "seen", START_NS + 2)
    room.exposure.follow_profile(CLIENT, START_NS + 2)
    assert limits(room) == (5_00, None), "back to where it was: nothing waits"
    room.profiles.answer(CLIENT, BOLD, START_NS + 3)
    room.exposure.follow_profile(CLIENT, START_NS + 3)
    room.exposure.approve_raise(CLIENT, waiting(room), EVA, "seen", START_NS + 3)
    room.profiles.answer(CLIENT, CAREFUL, START_NS + 4)
    room.exposure.follow_profile(CLIENT, START_NS + 4)
    assert limits(room) == (5_00, None), "a lower class lowers the limit at once"


@pytest.mark.shows("ASSE-034")
def test_a_limit_that_has_ended_is_renewed_as_it_was_while_the_raise_waits(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    room.profiles.answer(CLIENT, BOLD, START_NS)
    room.exposure.assess(CLIENT, Means(100_00, 0, 0), START_NS)
    later = START_NS + 366 * DAY_NS
    room.profiles.answer(CLIENT, BOLD, later)
    room.exposure.assess(CLIENT, Means(1_000_00, 0, 0), later)
    assert limits(room) == (30_00, 300_00)
    standing = last(room.records.of(CLIENT), Kind.EXPOSURE_LIMIT)
    assert standing is not None
    assert standing.holds(later)
    room.exposure.set_by_hand(CLIENT, 10_00, "risk", proposer=EVA, approver=FINN, at_ns=later + 1)
    assert limits(room) == (10_00, None), "two people answered what waited"
