"""The knowledge test: the bank, a paper from its seed, the mark, and what stands before another try."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.knowledge import BankInvalid, check_bank, draw, read_bank, score, shown
from lionrock.compliance.assessments.ports import DAY_NS, HOUR_NS, MINUTE_NS
from lionrock.compliance.assessments.refusals import AssessmentRefused
from tests.compliance.rooms import CLIENT, START_NS, assessments_in, right_answers
from tests.gateways.rest.inside import stored

BANK = read_bank()


@pytest.mark.shows("ASSE-010")
def test_the_bank_has_thirty_questions_in_five_topics_in_every_language() -> None:
    assert len(BANK.questions) >= 30
    assert len(BANK.topics) == 5
    assert set(BANK.languages) == {"en", "zh-Hant"}
    ids = {question.id for question in BANK.questions}
    for language in BANK.languages.values():
        assert language.questions.keys() == ids
        for text in language.questions.values():
            choices = {text.a, text.b, text.c, text.d}
            assert len(choices) == 4
            assert all(choices | {text.text})
    answers = [question.answer for question in BANK.questions]
    assert all(answers.count(letter) >= 7 for letter in "abcd")


@pytest.mark.shows("ASSE-010")
def test_a_language_that_lacks_a_question_is_refused() -> None:
    en = BANK.languages["en"]
    less = {name: text for name, text in en.questions.items() if name != "t1"}
    for broken in (
        msgspec.structs.replace(en, questions=less),
        msgspec.structs.replace(en, questions=en.questions | {"t9": en.questions["t1"]}),
        msgspec.structs.replace(en, topics={}),
    ):
        with pytest.raises(BankInvalid, match="differs"):
            check_bank(msgspec.structs.replace(BANK, languages=BANK.languages | {"en": broken}))


@pytest.mark.shows("ASSE-011")
def test_a_paper_follows_from_its_seed_and_takes_of_each_topic() -> None:
    paper = draw(BANK, b"seed", 3)
    assert paper == draw(BANK, b"seed", 3)
    assert paper != draw(BANK, b"another", 3)
    topics = {question.id: question.topic for question in BANK.questions}
    assert [topics[each.question_id] for each in paper] == [topic for topic in BANK.topics for _ in range(3)]
    drawn = {each.question_id for seed in range(200) for each in draw(BANK, bytes([seed]), 3)}
    assert drawn == topics.keys()
    for language in BANK.languages:
        assert all(len(set(each.choices.values())) == 4 for each in shown(BANK, paper, language))


@pytest.mark.shows("ASSE-011")
def test_a_score_names_the_topics_that_went_wrong() -> None:
    paper = draw(BANK, b"seed", 3)
    by_id = {question.id: question for question in BANK.questions}
    right = {each.question_id: "abcd"[each.order.index(by_id[each.question_id].answer)] for each in paper}
    assert score(BANK, paper, right) == score(BANK, paper, right | {"t99": "a"})
    assert score(BANK, paper, right).correct == 15
    first = paper[0].question_id
    for wrong in ({first: "abcd"[("abcd".index(right[first]) + 1) % 4]}, {first: "e"}, {first: ""}):
        assert score(BANK, paper, right | wrong).weak_topics == ("technology",)
    assert score(BANK, paper, {}).correct == 0


def attempt(room: Assessments, wrong: int, at_ns: int) -> int:
    test_id, answers = right_answers(room, CLIENT, at_ns, wrong)
    return room.knowledge.answer(CLIENT, test_id, answers, at_ns).correct


@pytest.mark.shows("ASSE-012")
@pytest.mark.parametrize(("wrong", "result"), [(3, "passed"), (4, "failed")])
def test_the_mark_is_met_at_twelve_of_fifteen(tmp_path: Path, wrong: int, result: str) -> None:
    room, _, _ = assessments_in(tmp_path)
    assert attempt(room, wrong, START_NS) == 15 - wrong
    assert [(row.result, row.points) for row in room.records.of(CLIENT)] == [(result, 15 - wrong)]


@pytest.mark.shows("ASSE-012")
def test_a_test_is_answered_once_in_time_and_by_whose_it_is(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    test_id, answers = right_answers(room, CLIENT, START_NS)
    assert right_answers(room, CLIENT, START_NS + 1)[0] == test_id  # the open one is shown again
    end_ns = START_NS + 40 * MINUTE_NS
    with pytest.raises(AssessmentRefused, match="test_unknown"):
        room.knowledge.answer("somebody else", test_id, answers, START_NS)
    with pytest.raises(AssessmentRefused, match="test_over"):
        room.knowledge.answer(CLIENT, test_id, answers, end_ns)
    room.knowledge.answer(CLIENT, test_id, answers, end_ns - 1)
    with pytest.raises(AssessmentRefused, match="test_answered"):
        room.knowledge.answer(CLIENT, test_id, answers, end_ns - 1)
    with pytest.raises(AssessmentRefused, match="language_unknown"):
        room.knowledge.begin(CLIENT, "tlh", START_NS)


@pytest.mark.shows_rule("HK-K01")
@pytest.mark.shows("ASSE-013")
def test_after_failing_training_comes_first_then_a_wait(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    attempt(room, 4, START_NS)  # three of technology and one of custody
    with pytest.raises(AssessmentRefused) as refused:
        room.knowledge.begin(CLIENT, "en", START_NS + 2 * DAY_NS)
    assert (refused.value.name, refused.value.rules) == ("training_not_opened", ("HK-K01",))
    assert room.knowledge.outlook(CLIENT, START_NS).untrained_topics == ("technology", "custody")
    for topic in ("technology", "custody"):
        assert room.knowledge.open_training(CLIENT, topic, "zh-Hant", START_NS + 1)
    with pytest.raises(AssessmentRefused) as refused:
        room.knowledge.begin(CLIENT, "en", START_NS + 24 * HOUR_NS - 1)
    assert refused.value.name == "too_soon_after_failing"
    assert refused.value.figures["may_begin_ns"] == START_NS + 24 * HOUR_NS
    room.knowledge.begin(CLIENT, "en", START_NS + 24 * HOUR_NS)


@pytest.mark.shows("ASSE-013")
def test_attempts_are_counted_also_those_that_were_left_open(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    for day in (0, 2, 4):
        room.knowledge.begin(CLIENT, "en", START_NS + day * DAY_NS)
        for topic in BANK.topics:
            room.knowledge.open_training(CLIENT, topic, "en", START_NS + day * DAY_NS + HOUR_NS)
    with pytest.raises(AssessmentRefused) as refused:
        room.knowledge.begin(CLIENT, "en", START_NS + 30 * DAY_NS - 1)
    assert (refused.value.name, refused.value.figures["attempts"]) == ("attempts_used_up", 3)
    room.knowledge.begin(CLIENT, "en", START_NS + 30 * DAY_NS)


@pytest.mark.shows("ASSE-014")
def test_answers_are_sealed(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    test_id, answers = right_answers(room, CLIENT, START_NS)
    room.knowledge.answer(CLIENT, test_id, answers, START_NS)
    room.profiles.answer(CLIENT, dict.fromkeys(("horizon", "loss", "share", "experience", "income", "aim"), "b"), 1)
    on_disk = stored(tmp_path)
    assert msgspec.json.encode(answers) not in on_disk
    assert b'"t1"' not in on_disk
    assert b"experience" not in on_disk
