"""A client's knowledge test: where it stands, a paper, answers, training."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.compliance.assessments.knowledge import ShownQuestion
from lionrock.gateways.rest.assessed import assessed_client, cited, ms, row, told_why
from lionrock.gateways.rest.contract import Call, Parameter, Venue
from lionrock.gateways.rest.errors import LicenceRule
from lionrock.gateways.rest.json_bodies import read_json


class Begin(msgspec.Struct, frozen=True):
    language: str = "en"


class Answers(msgspec.Struct, frozen=True, rename="camel"):
    test_id: str
    answers: dict[str, str]

    def __repr__(self) -> str:
        return "Answers()"


class Training(msgspec.Struct, frozen=True):
    topic: str
    language: str = "en"


class KnowledgeState(msgspec.Struct, rename="camel"):
    """Where the client stands with the test."""

    is_exempt: bool
    passed_at_ms: int
    """0 for never."""
    questions: int
    pass_correct: int
    minutes: int
    attempts: int
    """Within the last `attemptsDays`."""
    most_attempts: int
    attempts_days: int
    may_begin_at_ms: int
    """0 for at once."""
    untrained_topics: list[str]
    """Topics whose training is to be opened first."""
    topics: list[str]
    languages: list[str]
    licence_rules: list[LicenceRule]


class KnowledgePaper(msgspec.Struct, rename="camel"):
    """A test that was begun."""

    test_id: str
    ends_at_ms: int
    questions: list[ShownQuestion]


class ScoreShown(msgspec.Struct, rename="camel"):
    """What came of it."""

    correct: int
    questions: int
    pass_correct: int
    is_passed: bool
    weak_topics: list[str]


class TrainingShown(msgspec.Struct):
    """Material of one topic."""

    topic: str
    training: str


async def show(venue: Venue, call: Call) -> KnowledgeState:
    """Where the client stands with the test."""
    assessed, client = await assessed_client(venue, call)
    tests, now_ns = assessed.assessments.knowledge, venue.clock()
    current = await assessed.clock.attend(client.client_id, now_ns)
    outlook = await asyncio.to_thread(tests.outlook, client.client_id, now_ns)
    record = current.record if current else None
    return KnowledgeState(
        bool(record and record.knowledge_exempt),
        ms(record.knowledge_passed_ns) if record else 0,
        tests.terms.questions_per_topic * len(tests.bank.topics),
        tests.terms.pass_correct,
        tests.terms.minutes,
        outlook.attempts,
        tests.terms.attempts,
        tests.terms.attempts_days,
        ms(outlook.may_begin_ns),
        list(outlook.untrained_topics),
        list(tests.bank.topics),
        list(tests.bank.languages),
        cited(assessed, tests.terms.rules),
    )


async def begin(venue: Venue, call: Call) -> KnowledgePaper:
    """A paper; the one that is open when there is one."""
    assessed, client = await assessed_client(venue, call)
    asked = read_json(call.body, Begin)
    with told_why(assessed):
        paper = await asyncio.to_thread(
            assessed.assessments.knowledge.begin, client.client_id, asked.language, venue.clock()
        )
    return KnowledgePaper(paper.test.test_id, ms(paper.test.ends_ns), paper.questions)


async def answer(venue: Venue, call: Call) -> ScoreShown:
    """Scores the paper; once."""
    assessed, client = await assessed_client(venue, call)
    asked, now_ns = read_json(call.body, Answers), venue.clock()
    tests = assessed.assessments.knowledge
    with told_why(assessed):
        score = await asyncio.to_thread(tests.answer, client.client_id, asked.test_id, asked.answers, now_ns)
    await assessed.clock.attend(client.client_id, now_ns)
    least = tests.terms.pass_correct
    return ScoreShown(score.correct, score.questions, least, score.correct >= least, list(score.weak_topics))


async def train(venue: Venue, call: Call) -> TrainingShown:
    """The material of a topic. That it was opened is written down."""
    assessed, client = await assessed_client(venue, call)
    asked = read_json(call.body, Training)
    with told_why(assessed):
        text = await asyncio.to_thread(
            assessed.assessments.knowledge.open_training, client.client_id, asked.topic, asked.language, venue.clock()
        )
    return TrainingShown(asked.topic, text)


_LANGUAGE = Parameter("language", "One of the languages of the bank; `en` unless sent", example="en")

ENDPOINTS = (
    row("GET", "knowledgeTest", show, "Where the client stands with the knowledge test", answer=KnowledgeState),
    row("POST", "knowledgeTest", begin, "Begin a knowledge test", (_LANGUAGE,), answer=KnowledgePaper),
    row(
        "PUT",
        "knowledgeTest",
        answer,
        "Answer the knowledge test",
        (
            Parameter("testId", "The test that was begun", is_required=True),
            Parameter("answers", "Letters by question", is_required=True, shapes=(dict[str, str],)),
        ),
        answer=ScoreShown,
    ),
    row(
        "POST",
        "knowledgeTest/training",
        train,
        "Open the training of a topic",
        (Parameter("topic", "One of the topics", is_required=True, example="risks"), _LANGUAGE),
        answer=TrainingShown,
    ),
)
