"""Reads packs from files. What is wrong with a row is told with its file, number and id, all of it at once."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lionrock.rulebook.calendars import CALENDARS
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.conditions import Condition, ConditionRefused
from lionrock.rulebook.control import Control
from lionrock.rulebook.rule import Check, Instrument, PackHead, Rule
from lionrock.rulebook.vectors import Vector, VectorRefused, read_vectors
from lionrock.words.rejections import Rejection

_log = logging.getLogger(__name__)

PACKS = Path(__file__).with_name("packs")
"""The packs that are shipped."""


class PackInvalid(Exception):
    """Packs cannot be used; `complaints` has one line for each thing that is wrong."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


class LoadedCheck(NamedTuple):
    """A control with the parameters of one rule, as the control takes them."""

    control: Control
    parameters: msgspec.Struct


@dataclass(frozen=True, eq=False)
class LoadedRule:
    """One version of a rule, ready to be asked."""

    head: PackHead
    """Of the pack that it stands in."""
    rule: Rule
    instrument: Instrument
    condition: Condition
    checks: tuple[LoadedCheck, ...]
    vectors: tuple[Vector, ...]
    """Examples: facts, and what the control must find in them."""
    place: str
    """File and number of its row."""
    unchanged: LoadedRule | None = None
    """The row of the pack, where people of the staff changed a parameter of it (`lionrock.rulebook.adjusting`)."""

    @property
    def written(self) -> LoadedRule:
        """As the pack has it: what its examples are examples of."""
        return self.unchanged or self

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def version(self) -> str:
        """The day from which it holds, which tells the versions of a rule apart."""
        return self.rule.effective_from.isoformat()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its row in canonical JSON, hex."""
        return sha256(canonical(self.rule)).hexdigest()


def written_check(loaded: LoadedRule, check: LoadedCheck) -> LoadedCheck:
    """The same check of a rule as the pack has it."""
    return loaded.written.checks[next(place for place, each in enumerate(loaded.checks) if each is check)]


@dataclass(frozen=True)
class LoadedPack:
    """One regime."""

    head: PackHead
    instruments: Mapping[str, Instrument]
    rules: tuple[LoadedRule, ...]


@dataclass
class _Draft:
    """A pack while it is read."""

    head: PackHead
    instruments: dict[str, Instrument] = field(default_factory=dict)
    rows: list[tuple[str, Rule]] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)


class Library:
    """All packs of a directory."""

    def __init__(self, packs: Mapping[str, LoadedPack]) -> None:
        self.packs = packs

    def by_licence(self, licence: str) -> LoadedPack:
        """The pack of a licence, which may be named by the pack's id as well. Raises `PackInvalid`."""
        for pack in self.packs.values():
            if licence in {pack.head.licence, pack.head.id}:
                return pack
        known = ", ".join(sorted(pack.head.licence for pack in self.packs.values()))
        raise PackInvalid([f"there is no pack of the licence {licence}; there are {known}"])

    def with_inherited(self, pack: LoadedPack) -> list[LoadedPack]:
        """The pack, then all that it inherits, each once."""
        found = [pack]
        for each in found:
            found += [base for base in map(self.packs.__getitem__, each.head.inherits) if base not in found]
        return found

    def versions(self, rule_id: str) -> list[LoadedRule]:
        """All versions of a rule, oldest first."""
        found = [rule for pack in self.packs.values() for rule in pack.rules if rule.id == rule_id]
        return sorted(found, key=lambda rule: rule.rule.effective_from)


def load_library(directory: Path, controls: Mapping[str, Control]) -> Library:
    """Every pack: `<id>.toml`, with further rows in `<id>/*.toml` and examples in `<id>/vectors/*.toml`.

    Raises `PackInvalid` with every complaint; each is logged as well, because an officer's rule that is refused must
    not go unnoticed.
    """
    complaints: list[str] = []
    drafts = {
        draft.head.id: draft
        for path in sorted(directory.glob("*.toml"))
        if (draft := _read(path, directory, complaints)) is not None
    }
    packs = {key: _build(draft, drafts, controls, complaints) for key, draft in drafts.items()}
    if complaints:
        for complaint in complaints:
            _log.error("A rule was refused: %s", complaint)
        raise PackInvalid(complaints)
    return Library(packs)


def shipped_library() -> Library:
    """The packs and controls of this version. Raises `PackInvalid`."""
    import lionrock.rulebook.controls  # noqa: F401, PLC0415 importing registers them
    from lionrock.rulebook.control import CONTROLS  # noqa: PLC0415

    return load_library(PACKS, CONTROLS)


def _read(path: Path, directory: Path, complaints: list[str]) -> _Draft | None:
    name = path.relative_to(directory)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        head = msgspec.convert(data.pop("pack", {}), PackHead)
    except (ValueError, msgspec.ValidationError) as error:
        complaints.append(f"{name}: {error}")
        return None
    if head.id != path.stem:
        complaints.append(f"{name}: the pack calls itself {head.id}")
    if head.calendar not in CALENDARS:
        complaints.append(f"{name}: unknown calendar {head.calendar}")
    draft = _Draft(head)
    _add_rows(draft, str(name), data, complaints)
    for further in sorted((directory / path.stem).glob("*.toml")):
        further_name = str(further.relative_to(directory))
        try:
            _add_rows(draft, further_name, tomllib.loads(further.read_text("utf-8")), complaints)
        except ValueError as error:
            complaints.append(f"{further_name}: {error}")
    for vectors in sorted((directory / path.stem / "vectors").glob("*.toml")):
        try:
            draft.vectors += read_vectors(vectors)
        except VectorRefused as error:
            complaints.append(f"{vectors.relative_to(directory)}: {error}")
    return draft


def _add_rows(draft: _Draft, name: str, data: dict[str, Any], complaints: list[str]) -> None:
    """Rows are converted one by one, so that a complaint names its own."""
    for key, told in data.pop("instruments", {}).items():
        try:
            draft.instruments[key] = msgspec.convert(told, Instrument)
        except msgspec.ValidationError as error:
            complaints.append(f"{name}, instrument {key}: {error}")
    for number, told in enumerate(data.pop("rule", ()), 1):
        place = f"{name}, row {number} ({told.get('id', 'without id')})"
        try:
            draft.rows.append((place, msgspec.convert(told, Rule)))
        except msgspec.ValidationError as error:
            complaints.append(f"{place}: {error}")
    complaints.extend(f"{name}: unknown table {key}" for key in data)


def _build(
    draft: _Draft, drafts: Mapping[str, _Draft], controls: Mapping[str, Control], complaints: list[str]
) -> LoadedPack:
    for base in draft.head.inherits:
        if base not in drafts:
            complaints.append(f"{draft.head.id}.toml: it inherits {base}, which is not there")
        elif draft.head.id in drafts[base].head.inherits:
            complaints.append(f"{draft.head.id}.toml: it and {base} inherit each other")
    rules = []
    for place, rule in draft.rows:
        complaints += [f"{place}: {words}" for words in _wrong(rule, draft, drafts)]
        vectors = tuple(vector for vector in draft.vectors if vector.rule == rule.id)
        checks = tuple(_checks(place, rule, controls, complaints))
        try:
            condition = Condition(rule.applies_if)
        except ConditionRefused as error:
            complaints.append(f"{place}: {error}")
            continue
        instrument = draft.instruments.get(rule.instrument)
        if instrument:
            rules.append(LoadedRule(draft.head, rule, instrument, condition, checks, vectors, place))
    known = {rule.id for _, rule in draft.rows}
    for vector in draft.vectors:
        if vector.rule not in known:
            complaints.append(
                f"{vector.place}: a vector of {vector.rule}, which is no rule of the pack {draft.head.id}"
            )
    return LoadedPack(draft.head, draft.instruments, tuple(rules))


def _checks(place: str, rule: Rule, controls: Mapping[str, Control], complaints: list[str]) -> Iterator[LoadedCheck]:
    check: Check
    for check in rule.checks:
        control = controls.get(check.control)
        if control is None:
            complaints.append(f"{place}: unknown control {check.control}")
            continue
        try:
            yield LoadedCheck(control, msgspec.convert(check.parameters, control.parameter_type))
        except msgspec.ValidationError as error:
            complaints.append(f"{place}: parameters of {check.control}: {error}")


def _wrong(rule: Rule, draft: _Draft, drafts: Mapping[str, _Draft]) -> Iterator[str]:
    """What is wrong with a row apart from its condition and its controls."""
    if rule.instrument not in draft.instruments:
        yield f"unknown instrument {rule.instrument}"
    if rule.effective_to is not None and rule.effective_to <= rule.effective_from:
        yield f"it ends on {rule.effective_to}, and begins on {rule.effective_from}"
    if not rule.checks and not rule.waits_for:
        yield "it has neither a check nor a room that it waits for"
    if bool(rule.waits_for) != bool(rule.waiting_because):
        yield "waits_for and waiting_because belong together"
    for name in rule.rejections:
        if name not in Rejection.__members__:
            yield f"unknown rejection {name}"
    yield from _wrong_versions(rule, draft)
    bases = [draft, *(drafts[base] for base in draft.head.inherits if base in drafts)]
    older = [other for each in bases for _, other in each.rows if other.id == rule.supersedes and other is not rule]
    if rule.supersedes and not any(other.effective_from <= rule.effective_from for other in older):
        yield f"it supersedes {rule.supersedes}, and no such rule is older"
    for key, other_draft in drafts.items():
        if key < draft.head.id and any(other.id == rule.id for _, other in other_draft.rows):
            yield f"the pack {key} has a rule of this id"


def _wrong_versions(rule: Rule, draft: _Draft) -> Iterator[str]:
    for place, other in draft.rows:
        if other is rule or other.id != rule.id or other.effective_from > rule.effective_from:
            continue
        if other.effective_from == rule.effective_from:
            yield f"another version begins on the same day ({place})"
        elif other.effective_to is None and rule.supersedes != rule.id:
            yield f"it overlaps with the version of {other.effective_from}, and does not supersede it"
        elif other.effective_to is not None and other.effective_to > rule.effective_from:
            yield f"it overlaps with the version of {other.effective_from}, which holds until {other.effective_to}"


def ends_on(rule: LoadedRule, others: Mapping[str, list[LoadedRule]]) -> date | None:
    """First day on which a version holds no more: by its own word, or because another supersedes it from then on.

    `others` are the rules that supersede, by the id of what they supersede.
    """
    starts = [
        other.rule.effective_from
        for other in others.get(rule.id, [])
        if other is not rule and other.rule.effective_from > rule.rule.effective_from
    ]
    starts += [
        other.rule.effective_from
        for other in others.get(rule.id, [])
        if other.id != rule.id and other.rule.effective_from == rule.rule.effective_from
    ]
    return min([*starts, *([rule.rule.effective_to] if rule.rule.effective_to else [])], default=None)
