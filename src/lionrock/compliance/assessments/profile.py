"""How much risk a client is willing and able to bear: a questionnaire, scored by a published method."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import BY_CLIENT, Finding, Kind, New, Records
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.terms import read_method


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer that may be given."""

    id: str
    text: str
    points: int
    ceiling: str = ""
    """Highest class that this answer allows."""


class ProfileQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question with its answers."""

    id: str
    text: str
    choices: tuple[Choice, ...]


class ProfileClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the points come to, and what it may trade."""

    name: str
    from_points: int
    words: str
    products: tuple[str, ...]
    asset_groups: tuple[str, ...]
    """Groups of assets that it may acquire."""


class ProfileMethod(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"classes": "class", "questions": "question"}
):
    """A version of the method; classes from the most careful up."""

    id: str
    words: str
    rules: tuple[str, ...]
    valid_days: int
    classes: tuple[ProfileClass, ...]
    questions: tuple[ProfileQuestion, ...]

    def class_named(self, name: str) -> ProfileClass:
        """Raises `KeyError`."""
        for each in self.classes:
            if each.name == name:
                return each
        raise KeyError(name)


class AnswerPoints(msgspec.Struct, frozen=True):
    """What one answer came to."""

    question: str
    choice: str
    points: int
    ceiling: str


class Profile(msgspec.Struct, frozen=True):
    """What they came to together."""

    name: str
    points: int
    answers: tuple[AnswerPoints, ...]
    method: str


def read_profile_method(name: str = "profile-1.toml") -> tuple[ProfileMethod, str]:
    """A method and its SHA-256. Raises `ValueError` where it contradicts itself."""
    method, digest = read_method(name, ProfileMethod)
    points = [each.from_points for each in method.classes]
    if points != sorted(set(points)) or points[0] != 0:
        raise ValueError(f"{name}: classes stand from no points up")
    for question in method.questions:
        for choice in question.choices:
            if choice.ceiling:
                method.class_named(choice.ceiling)
    return method, digest


def score_profile(answers: Mapping[str, str], method: ProfileMethod) -> Profile:
    """Raises `AssessmentRefused` for an answer that is missing or not one of the choices."""
    scored = []
    for question in method.questions:
        choice = next((each for each in question.choices if each.id == answers.get(question.id)), None)
        if choice is None:
            raise AssessmentRefused(
                "answer_missing",
                f"the question {question.id} is not answered by one of its choices",
                next_step="answer every question",
                rules=method.rules,
                figures={"question": question.id, "questions": len(method.questions)},
            )
        scored.append(AnswerPoints(question.id, choice.id, choice.points, choice.ceiling))
    points = sum(each.points for each in scored)
    names = [each.name for each in method.classes]
    reached = max(rank for rank, each in enumerate(method.classes) if points >= each.from_points)
    capped = min([reached, *(names.index(each.ceiling) for each in scored if each.ceiling)])
    return Profile(names[capped], points, tuple(scored), method.id)


class RiskProfiles:
    """Profiles of a site's clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, method: ProfileMethod, method_sha256: str) -> None:
        self._records, self.method, self.method_sha256 = records, method, method_sha256

    def answer(self, client_id: str, answers: Mapping[str, str], at_ns: int) -> tuple[Profile, Finding]:
        """Scores, seals the answers and writes the class down. Raises `AssessmentRefused`."""
        profile = score_profile(answers, self.method)
        finding = self._records.add(
            New(
                client_id,
                Kind.RISK_PROFILE,
                profile.name,
                at_ns,
                BY_CLIENT,
                until_ns=at_ns + self.method.valid_days * DAY_NS,
                points=profile.points,
                method=self.method.id,
                method_sha256=self.method_sha256,
            ),
            profile,
        )
        return profile, finding
