"""What an entity is held to: the packs of its licences, those they inherit, which version of each rule when."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import msgspec

from lionrock.rulebook.adjusting import ChangeUnfit, adjusted
from lionrock.rulebook.calendars import Calendar, calendar_of
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.changes import RuleChange
from lionrock.rulebook.loading import Library, LoadedRule, ends_on
from lionrock.rulebook.merging import CANNOT_BOTH_HOLD, Disagreement, Merged, merge
from lionrock.rulebook.subject import Subject

_log = logging.getLogger(__name__)

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
    changes: tuple[RuleChange, ...] = ()
    """What people of the staff changed of its row, oldest first."""

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


class Turn(NamedTuple):
    """A day on which what an entity is held to changes."""

    day: date
    begins: tuple[str, ...]
    """Ids of the rules that hold from this day on, a new version of one included."""
    ends: tuple[str, ...]
    """Ids of those that no longer hold."""


class Held(NamedTuple):
    """What an entity is held to, now and at any other moment; replaced as a whole when a rule is changed."""

    rules: list[RuleInForce]
    by_id: dict[str, list[RuleInForce]]
    """Every version, oldest first."""
    unfit: dict[int, str]
    """Changes that change nothing, by their sequence in the journal, and why."""


class Regime:
    """The rules of one legal entity with one or several licences."""

    def __init__(self, library: Library, licences: Sequence[str], changes: Sequence[RuleChange] = ()) -> None:
        """`licences` are names of licences or ids of packs, the home licence first. Raises `PackInvalid`."""
        self.library = library
        self.licences = tuple(library.by_licence(licence).head.licence for licence in licences)
        self._written = _all_rules(library, self.licences)
        self.hold(changes)

    def hold(self, changes: Sequence[RuleChange]) -> None:
        """Take all changes of parameters there are, in place of those before."""
        rules, unfit = with_changes(self._written, changes)
        by_id: dict[str, list[RuleInForce]] = {}
        for rule in sorted(rules, key=lambda each: each.from_ns):
            by_id.setdefault(rule.id, []).append(rule)
        self.held = Held(rules, by_id, unfit)

    def would_be(self, change: RuleChange) -> RuleInForce:
        """The version that a further change would begin. Raises `ChangeUnfit`."""
        known = [each for rule in self.by_id.get(change.change.rule_id, []) for each in rule.changes]
        changes = [*{each.sequence: each for each in known}.values(), change]
        rules, unfit = with_changes(self._written, changes)
        if change.sequence in unfit:
            raise ChangeUnfit(unfit[change.sequence])
        return next(rule for rule in rules if rule.id == change.change.rule_id and change in rule.changes)

    @property
    def by_id(self) -> dict[str, list[RuleInForce]]:
        """Every version of each rule, oldest first."""
        return self.held.by_id

    def at(self, at_ns: int) -> list[RuleInForce]:
        """The rules in force at a moment, in the order of the packs."""
        return [rule for rule in self.held.rules if rule.from_ns <= at_ns < rule.until_ns]

    def on(self, day: date) -> list[RuleInForce]:
        """The rules in force on a day, each by its own calendar."""
        return [rule for rule in self.held.rules if rule.from_ns <= rule.calendar.begins_ns(day) < rule.until_ns]

    def turns(self) -> list[Turn]:
        """Every day on which a rule begins, changes or ends, in order; days to come as well."""
        begins: dict[date, list[str]] = {}
        ends: dict[date, list[str]] = {}
        for rule in self.held.rules:
            begins.setdefault(rule.calendar.day_of(rule.from_ns), []).append(rule.id)
            if rule.until_ns < _ALWAYS_NS:
                ends.setdefault(rule.calendar.day_of(rule.until_ns), []).append(rule.id)
        return [
            Turn(
                day,
                tuple(begins.get(day, ())),
                tuple(each for each in ends.get(day, ()) if each not in begins.get(day, ())),
            )
            for day in sorted(begins.keys() | ends.keys())
        ]

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


def with_changes(
    written: Sequence[RuleInForce], changes: Sequence[RuleChange]
) -> tuple[list[RuleInForce], dict[int, str]]:
    """Rows cut where changes of theirs begin, and the changes that fit none, by their sequence, with why.

    A change holds until the version of the row ends that it was made of. Of two of one parameter and day the later one
    counts.
    """
    unfit: dict[int, str] = {}
    of_row: dict[int, list[RuleChange]] = {}
    for each in changes:
        place = next((place for place, row in enumerate(written) if _is_of(each, row)), None)
        if place is None:
            unfit[each.sequence] = f"no version of {each.change.rule_id} holds on {each.change.from_day}"
            continue
        try:
            _check_fits(each, written[place])
        except ChangeUnfit as error:
            unfit[each.sequence] = str(error)
        else:
            of_row.setdefault(place, []).append(each)
    for sequence, why in unfit.items():
        if sequence:
            _log.error("The change of a rule that command %d records changes nothing: %s", sequence, why)
    return [version for place, row in enumerate(written) for version in _versions(row, of_row.get(place, []))], unfit


def _is_of(each: RuleChange, row: RuleInForce) -> bool:
    return row.id == each.change.rule_id and row.from_ns <= row.calendar.begins_ns(each.change.from_day) < row.until_ns


def _check_fits(each: RuleChange, row: RuleInForce) -> None:
    """Raises `ChangeUnfit`."""
    if row.calendar.begins_ns(each.change.from_day) <= each.at_ns:
        raise ChangeUnfit(f"{each.change.from_day} has begun: a rule is changed from a later day on")
    adjusted(row.loaded, each.change.from_day, [each.change])


def _versions(row: RuleInForce, changes: Sequence[RuleChange]) -> list[RuleInForce]:
    """The row until its first change, then a version from each day on which one begins."""
    days = sorted({each.change.from_day for each in changes})
    begins = [row.from_ns, *(row.calendar.begins_ns(day) for day in days)]
    versions = [row._replace(until_ns=begins[1] if days else row.until_ns)]
    for number, day in enumerate(days, 1):
        so_far = sorted((each for each in changes if each.change.from_day <= day), key=_by_day)
        loaded = adjusted(row.loaded, day, [each.change for each in so_far])
        until_ns = begins[number + 1] if number < len(days) else row.until_ns
        versions.append(row._replace(loaded=loaded, from_ns=begins[number], until_ns=until_ns, changes=tuple(so_far)))
    return [each for each in versions if each.from_ns < each.until_ns]


def _by_day(each: RuleChange) -> tuple[date, int]:
    return each.change.from_day, each.sequence


@lru_cache(maxsize=4096)
def _under(subject: Subject, licence: str) -> Subject:
    return msgspec.structs.replace(subject, licence=licence)
