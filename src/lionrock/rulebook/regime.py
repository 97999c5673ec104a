"""What an entity is held to: the packs of its licences, those they inherit, which version of each rule when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import msgspec

from lionrock.rulebook.calendars import Calendar, calendar_of
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.loading import Library, LoadedRule, ends_on
from lionrock.rulebook.merging import CANNOT_BOTH_HOLD, Disagreement, Merged, merge
from lionrock.rulebook.subject import Subject

_ALWAYS_NS = 2**63 - 1


class RuleInForce(NamedTuple):
    """A version of a rule, for how long it holds, and by which licence the entity is held to it."""

    loaded: LoadedRule
    licence: str
    calendar: Calendar
    """Whose days and business days count: that of the licence, also for a rule that its pack inherits."""
    from_ns: int
    """The first moment, by the clock of the calendar."""
    until_ns: int
    """The first moment at which it holds no more."""

    @property
    def id(self) -> str:
        return self.loaded.id

    def applies_to(self, subject: Subject) -> bool:
        """Whether it is asked of the subject. The name `licence` stands for the licence that it is held by."""
        condition = self.loaded.condition
        if "licence" in condition.names:
            return condition.holds(_under(subject, self.licence))
        return condition.holds(subject)


class Conflict(NamedTuple):
    """Rules of one control that disagree."""

    control: str
    about: str
    """Canonical JSON of what the check is about."""
    condition: str
    disagreement: Disagreement


class Regime:
    """The rules of one legal entity with one or several licences."""

    def __init__(self, library: Library, licences: Sequence[str]) -> None:
        """`licences` are names of licences or ids of packs, the home licence first. Raises `PackInvalid`."""
        self.library = library
        self.licences = tuple(library.by_licence(licence).head.licence for licence in licences)
        self._rules = _all_rules(library, self.licences)
        self.by_id: dict[str, list[RuleInForce]] = {}
        """Every version, oldest first."""
        for rule in sorted(self._rules, key=lambda each: each.from_ns):
            self.by_id.setdefault(rule.id, []).append(rule)

    def at(self, at_ns: int) -> list[RuleInForce]:
        """The rules in force at a moment, in the order of the packs."""
        return [rule for rule in self._rules if rule.from_ns <= at_ns < rule.until_ns]

    def on(self, day: date) -> list[RuleInForce]:
        """The rules in force on a day, each by its own calendar."""
        return [rule for rule in self._rules if rule.from_ns <= rule.calendar.begins_ns(day) < rule.until_ns]

    def rule_at(self, rule_id: str, at_ns: int) -> RuleInForce | None:
        """The version of one rule in force at a moment."""
        return next((rule for rule in self.by_id.get(rule_id, []) if rule.from_ns <= at_ns < rule.until_ns), None)

    def rules_of(self, rejection: str, at_ns: int, subject: Subject | None = None) -> tuple[str, ...]:
        """Ids of the rules that a refusal by the core carries out, by the name of its `Rejection`."""
        return tuple(
            rule.id
            for rule in self.at(at_ns)
            if rejection in rule.loaded.rule.rejections and (subject is None or rule.applies_to(subject))
        )

    def merged(self, at_ns: int, subject: Subject | None = None) -> list[Merged]:
        """Each control with the strictest parameters of all licences, for a subject or, without one, by condition.

        Rules that wait for a room are merged as well: they hold, whether or not they can be checked yet.
        """
        rules = [rule for rule in self.at(at_ns) if subject is None or rule.applies_to(subject)]
        return merge([rule.loaded for rule in rules], all_apply=subject is not None)

    def conflicts(self, at_ns: int) -> list[Conflict]:
        """Where rules of different packs disagree: what each says, and who wins; and rules that cannot both hold."""
        pack = {rule.id: rule.loaded.head.id for rule in self.at(at_ns)}
        return [
            Conflict(merged.control.name, canonical(merged.about).decode(), merged.condition, each)
            for merged in self.merged(at_ns)
            for each in merged.disagreements
            if each.outcome == CANNOT_BOTH_HOLD or len({pack[said.rule] for said in each.said}) > 1
        ]

    def version(self, at_ns: int) -> str:
        """SHA-256 of all rules in force at a moment, hex."""
        return version_of(self.at(at_ns))


def version_of(rules: Sequence[RuleInForce]) -> str:
    """SHA-256 over the rows of rules, hex: another number, word or version gives another one."""
    return sha256("\n".join(f"{rule.licence} {rule.id} {rule.loaded.digest}" for rule in rules).encode()).hexdigest()


def _all_rules(library: Library, licences: Sequence[str]) -> list[RuleInForce]:
    """A base that several licences inherit counts for the first of them, and holds until none of them needs it."""
    found: dict[str, RuleInForce] = {}
    for licence in licences:
        calendar = calendar_of(library.by_licence(licence).head.calendar)
        rules = [rule for pack in library.with_inherited(library.by_licence(licence)) for rule in pack.rules]
        superseding: dict[str, list[LoadedRule]] = {}
        for rule in rules:
            if rule.rule.supersedes:
                superseding.setdefault(rule.rule.supersedes, []).append(rule)
        for rule in rules:
            ends = ends_on(rule, superseding)
            until_ns = calendar.begins_ns(ends) if ends else _ALWAYS_NS
            begins_ns = calendar.begins_ns(rule.rule.effective_from)
            first = found.setdefault(rule.place, RuleInForce(rule, licence, calendar, begins_ns, until_ns))
            if until_ns > first.until_ns:
                found[rule.place] = first._replace(until_ns=until_ns)
    return list(found.values())


@lru_cache(maxsize=4096)
def _under(subject: Subject, licence: str) -> Subject:
    return msgspec.structs.replace(subject, licence=licence)
