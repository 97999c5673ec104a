"""Tests that clients took: begun, answered in time, repeated after training and a wait, as often as the terms allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import msgspec
from sqlalchemy import Row, insert, select, update

from lionrock.compliance.assessments.knowledge import Bank, Score, ShownQuestion, draw, score, shown
from lionrock.compliance.assessments.ports import DAY_NS, HOUR_NS, MINUTE_NS
from lionrock.compliance.assessments.records import BY_SITE, Kind, New, Records
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.tables import knowledge_tests, training_openings
from lionrock.compliance.assessments.terms import KnowledgeTerms
from lionrock.store.sealing import Sealer

PASSED, FAILED = "passed", "failed"


class Attempt(msgspec.Struct, frozen=True):
    """A test that was begun."""

    test_id: str
    begun_ns: int
    ends_ns: int
    answered_ns: int
    """0 while it is not answered."""
    correct: int
    questions: int
    weak_topics: tuple[str, ...]

    def is_open(self, at_ns: int) -> bool:
        return not self.answered_ns and at_ns < self.ends_ns

    def is_failed(self, at_ns: int, pass_correct: int) -> bool:
        """Answered and not enough right, or not answered in time."""
        return self.correct < pass_correct if self.answered_ns else at_ns >= self.ends_ns


class Paper(msgspec.Struct, frozen=True):
    """What a client is shown."""

    test: Attempt
    questions: list[ShownQuestion]


class Outlook(msgspec.Struct, frozen=True):
    """Whether a client may begin a test, and what is needed first."""

    attempts: int
    """Within the days that count."""
    untrained_topics: tuple[str, ...]
    may_begin_ns: int
    """The earliest; 0 for at once."""
    open_test: Attempt | None


class KnowledgeTests:
    """Tests of a site. Calls are SQL: from a loop, make them in a thread. `random_bytes(n)` gives papers seeds."""

    def __init__(
        self,
        records: Records,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        bank: Bank,
        terms: KnowledgeTerms,
    ) -> None:
        self._records, self._sealer, self._random_bytes = records, sealer, random_bytes
        self._database = records.database
        self.bank, self.terms = bank, terms

    def begin(self, client_id: str, language: str, at_ns: int) -> Paper:
        """A new paper, or the one that is open. Raises `AssessmentRefused`."""
        if language not in self.bank.languages:
            self._refuse(
                "language_unknown",
                "the questions are not there in this language",
                f"use one of {', '.join(self.bank.languages)}",
            )
        outlook = self.outlook(client_id, at_ns)
        if outlook.open_test is not None:
            return self._paper(outlook.open_test.test_id)
        if outlook.untrained_topics:
            self._refuse(
                "training_not_opened",
                "the training of the topics that went wrong was not opened since",
                f"open the training of {', '.join(outlook.untrained_topics)}",
                topics=len(outlook.untrained_topics),
            )
        if at_ns < outlook.may_begin_ns:
            too_often = outlook.attempts >= self.terms.attempts
            self._refuse(
                "attempts_used_up" if too_often else "too_soon_after_failing",
                "all attempts within these days are used" if too_often else "the last attempt failed a short while ago",
                "try again later",
                attempts=outlook.attempts,
                most_attempts=self.terms.attempts,
                may_begin_ns=outlook.may_begin_ns,
            )
        test_id, seed = self._random_bytes(16).hex(), self._random_bytes(16)
        paper = draw(self.bank, seed, self.terms.questions_per_topic)
        with self._database.begin() as connection:
            connection.execute(
                insert(knowledge_tests).values(
                    test_id=test_id,
                    client_id=client_id,
                    bank=self.bank.id,
                    language=language,
                    seed=seed,
                    begun_ns=at_ns,
                    ends_ns=at_ns + self.terms.minutes * MINUTE_NS,
                    questions=len(paper),
                    sealed_answers=b"",
                )
            )
        return self._paper(test_id)

    def answer(self, client_id: str, test_id: str, answers: Mapping[str, str], at_ns: int) -> Score:
        """Scores and seals what was answered; once. Raises `AssessmentRefused`."""
        row = self._row(client_id, test_id)
        if row is None:
            self._refuse("test_unknown", "there is no such test of this client", "begin a test")
        test = _test(row)
        if test.answered_ns:
            self._refuse("test_answered", "the test was answered before", "see its result", correct=test.correct)
        if at_ns >= test.ends_ns:
            self._refuse("test_over", "the time of the test is over", "begin another one", ends_ns=test.ends_ns)
        result = score(self.bank, draw(self.bank, row.seed, self.terms.questions_per_topic), answers)
        passed = result.correct >= self.terms.pass_correct
        sealed = self._sealer.seal(msgspec.json.encode(dict(answers)), f"knowledge_tests:{test_id}")
        until_ns = at_ns + self.terms.valid_days * DAY_NS if passed and self.terms.valid_days else 0
        with self._database.begin() as connection:
            changed = connection.execute(
                update(knowledge_tests)
                .where(knowledge_tests.c.test_id == test_id, knowledge_tests.c.answered_ns == 0)
                .values(
                    answered_ns=at_ns,
                    correct=result.correct,
                    weak_topics=",".join(result.weak_topics),
                    sealed_answers=sealed,
                )
            )
            if not changed.rowcount:  # answered twice at one time
                self._refuse("test_answered", "the test was answered before", "see its result")
            new = New(
                client_id,
                Kind.KNOWLEDGE,
                PASSED if passed else FAILED,
                at_ns,
                BY_SITE,
                until_ns=until_ns,
                points=result.correct,
                method=self.bank.id,
                method_sha256=self.bank.sha256,
            )
            self._records.add(new, {"test_id": test_id}, connection)
        return result

    def open_training(self, client_id: str, topic: str, language: str, at_ns: int) -> str:
        """The material of a topic; that it was opened is written down. Raises `AssessmentRefused`."""
        texts = self.bank.languages.get(language)
        if texts is None or topic not in texts.topics:
            self._refuse("topic_unknown", "there is no such training", f"ask for one of {', '.join(self.bank.topics)}")
        with self._database.begin() as connection:
            connection.execute(
                insert(training_openings).values(client_id=client_id, bank=self.bank.id, topic=topic, opened_ns=at_ns)
            )
        return texts.topics[topic].training

    def tests(self, client_id: str) -> list[Attempt]:
        """Oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                select(knowledge_tests)
                .where(knowledge_tests.c.client_id == client_id)
                .order_by(knowledge_tests.c.begun_ns)
            )
            return [_test(row) for row in rows]

    def outlook(self, client_id: str, at_ns: int) -> Outlook:
        """What stands between a client and the next test."""
        tests, terms = self.tests(client_id), self.terms
        window_ns = terms.attempts_days * DAY_NS
        recent = [test for test in tests if test.begun_ns > at_ns - window_ns]
        unfinished = next((test for test in tests if test.is_open(at_ns)), None)
        failed = tests[-1] if tests and tests[-1].is_failed(at_ns, terms.pass_correct) else None
        may_begin_ns = 0
        if failed is not None:
            may_begin_ns = (failed.answered_ns or failed.ends_ns) + terms.wait_hours * HOUR_NS
        if len(recent) >= terms.attempts:
            may_begin_ns = max(may_begin_ns, recent[-terms.attempts].begun_ns + window_ns)
        if may_begin_ns <= at_ns:
            may_begin_ns = 0
        return Outlook(len(recent), self._untrained(client_id, failed), may_begin_ns, unfinished)

    def _untrained(self, client_id: str, failed: Attempt | None) -> tuple[str, ...]:
        """Topics to be opened since the failed test ended; all of them where it was not answered."""
        if failed is None:
            return ()
        with self._database.connect() as connection:
            opened = set(
                connection.execute(
                    select(training_openings.c.topic).where(
                        training_openings.c.client_id == client_id,
                        training_openings.c.bank == self.bank.id,
                        training_openings.c.opened_ns >= (failed.answered_ns or failed.ends_ns),
                    )
                ).scalars()
            )
        needed = failed.weak_topics or self.bank.topics
        return tuple(topic for topic in needed if topic not in opened)

    def _paper(self, test_id: str) -> Paper:
        with self._database.connect() as connection:
            row = connection.execute(select(knowledge_tests).where(knowledge_tests.c.test_id == test_id)).one()
        drawn = draw(self.bank, row.seed, self.terms.questions_per_topic)
        return Paper(_test(row), shown(self.bank, drawn, row.language))

    def _row(self, client_id: str, test_id: str) -> Row[Any] | None:
        with self._database.connect() as connection:
            return connection.execute(
                select(knowledge_tests).where(
                    knowledge_tests.c.test_id == test_id, knowledge_tests.c.client_id == client_id
                )
            ).one_or_none()

    def _refuse(self, name: str, words: str, next_step: str, **figures: int | str) -> NoReturn:
        raise AssessmentRefused(name, words, next_step=next_step, rules=self.terms.rules, figures=figures)


def _test(row: Row[Any]) -> Attempt:
    return Attempt(
        row.test_id,
        row.begun_ns,
        row.ends_ns,
        row.answered_ns,
        row.correct,
        row.questions,
        tuple(filter(None, row.weak_topics.split(","))),
    )
