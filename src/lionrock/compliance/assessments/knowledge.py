"""What a client must know about virtual assets: the bank of questions, the paper drawn from it, the score.

The bank is data (`methods/knowledge-1/`). A paper follows from its seed alone, so it can be shown again years later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from hashlib import sha256

import msgspec

from lionrock.compliance.assessments.terms import read_file

CHOICES = ("a", "b", "c", "d")


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question, in whatever language."""

    id: str
    topic: str
    answer: str
    """The right one of `CHOICES`."""


class QuestionText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question in one language."""

    text: str
    a: str
    b: str
    c: str
    d: str


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A topic in one language."""

    title: str
    training: str


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All texts in one language."""

    language: str
    topics: dict[str, Topic]
    questions: dict[str, QuestionText]


class _BankFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    question: tuple[Question, ...]


class Bank(msgspec.Struct, frozen=True):
    """A version of the bank."""

    id: str
    sha256: str
    """Of the questions and every language."""
    questions: tuple[Question, ...]
    languages: dict[str, Language]

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(question.topic for question in self.questions))


class BankInvalid(ValueError):
    """A language lacks a question or a topic, or has one too many; or an answer is no choice."""


def read_bank(folder: str = "knowledge-1", languages: tuple[str, ...] = ("en", "zh-Hant")) -> Bank:
    """A bank with the same questions in each language. Raises `BankInvalid`."""
    plain = read_file(f"{folder}/bank.toml")
    told = msgspec.convert(tomllib.loads(plain.data.decode()), _BankFile)
    texts, digest = {}, sha256(plain.data)
    for name in languages:
        read = read_file(f"{folder}/{name}.toml")
        digest.update(read.data)
        texts[name] = msgspec.convert(tomllib.loads(read.data.decode()), Language)
    bank = Bank(told.id, digest.hexdigest(), told.question, texts)
    check_bank(bank)
    return bank


def check_bank(bank: Bank) -> None:
    """Raises `BankInvalid`."""
    ids = {question.id for question in bank.questions}
    if len(ids) < len(bank.questions):
        raise BankInvalid(f"{bank.id}: an id stands twice")
    if wrong := [question.id for question in bank.questions if question.answer not in CHOICES]:
        raise BankInvalid(f"{bank.id}: no choice is right in {', '.join(wrong)}")
    for name, language in bank.languages.items():
        differing = ids ^ language.questions.keys() | set(bank.topics) ^ language.topics.keys()
        if differing:
            raise BankInvalid(f"{bank.id}: {name} differs in {', '.join(sorted(differing))}")


class Drawn(msgspec.Struct, frozen=True):
    """A question on a paper, with its choices in the order in which they are shown."""

    question_id: str
    order: tuple[str, ...]
    """The bank's letters by place: the first is shown as `a`."""


def draw(bank: Bank, seed: bytes, per_topic: int) -> tuple[Drawn, ...]:
    """So many questions of each topic, chosen and shuffled by the seed alone."""

    def chance(text: str) -> bytes:
        return sha256(seed + text.encode()).digest()

    def shuffled(question_id: str) -> tuple[str, ...]:
        return tuple(sorted(CHOICES, key=lambda letter: chance(f"{question_id}:{letter}")))

    paper: list[Drawn] = []
    for topic in bank.topics:
        those = sorted((each.id for each in bank.questions if each.topic == topic), key=chance)
        paper += [Drawn(question_id, shuffled(question_id)) for question_id in those[:per_topic]]
    return tuple(paper)


class ShownQuestion(msgspec.Struct, frozen=True, rename="camel"):
    """A question as the client sees it."""

    question_id: str
    topic: str
    text: str
    choices: dict[str, str]


def shown(bank: Bank, paper: tuple[Drawn, ...], language: str) -> list[ShownQuestion]:
    """The paper in a language of the bank. Raises `KeyError` for any other."""
    texts, topics = bank.languages[language].questions, {each.id: each.topic for each in bank.questions}
    return [
        ShownQuestion(
            drawn.question_id,
            topics[drawn.question_id],
            texts[drawn.question_id].text,
            {
                place: getattr(texts[drawn.question_id], letter)
                for place, letter in zip(CHOICES, drawn.order, strict=True)
            },
        )
        for drawn in paper
    ]


class Score(msgspec.Struct, frozen=True):
    """How many were right, and under which topics one was wrong."""

    correct: int
    questions: int
    weak_topics: tuple[str, ...]


def score(bank: Bank, paper: tuple[Drawn, ...], answers: Mapping[str, str]) -> Score:
    """`answers` are the shown letters by question; a question without one is wrong."""
    by_id = {each.id: each for each in bank.questions}
    wrong = []
    for drawn in paper:
        given = answers.get(drawn.question_id, "")
        letter = drawn.order[CHOICES.index(given)] if given in CHOICES else ""
        if letter != by_id[drawn.question_id].answer:
            wrong.append(by_id[drawn.question_id].topic)
    return Score(len(paper) - len(wrong), len(paper), tuple(topic for topic in bank.topics if topic in wrong))
