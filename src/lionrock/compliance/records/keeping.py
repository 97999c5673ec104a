"""For how long records of a class are kept: the longest time of all licences, and of the site where it keeps longer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

NS_PER_DAY = 86_400_000_000_000
FOREVER_DAYS = 36_525
"""A hundred years: of what stands in the journal, which is never cut."""


class Begins(StrEnum):
    """From when the time counts."""

    RECORD = "record"
    """When the record was made."""
    END_OF_RELATIONSHIP = "end_of_relationship"
    """When the client left."""
    END_OF_SYSTEM = "end_of_system"
    """When the system that it describes is used no more."""


class Requirement(msgspec.Struct, frozen=True):
    """What one rule asks."""

    rule_id: str
    record_class: str
    keep_days: int
    begins: Begins


class Keeping(msgspec.Struct, frozen=True):
    """What holds for a class."""

    record_class: str
    keep_days: int
    begins: Begins
    rule_ids: tuple[str, ...]
    """Whose time it is; empty where only the site keeps it so long."""

    def until_ns(self, made_ns: int, left_ns: int | None) -> int | None:
        """First moment at which a record need not be kept; None while that is not known, as the client is still one."""
        begins_ns = made_ns if self.begins is Begins.RECORD else left_ns
        return None if begins_ns is None else begins_ns + self.keep_days * NS_PER_DAY


def strictest(requirements: Iterable[Requirement], own_days: Mapping[str, int]) -> dict[str, Keeping]:
    """By class, the longest time, counted from the latest beginning that any rule names.

    A time counted from the end of the relationship ends after the same time counted from the record, so that a class
    for which rules name both is kept for the longer of the two times from the later event. `own_days` are times of the
    site's own.
    """
    by_class: dict[str, list[Requirement]] = {name: [] for name in own_days}
    for requirement in requirements:
        by_class.setdefault(requirement.record_class, []).append(requirement)
    return {name: _keeping(name, asked, own_days.get(name, 0)) for name, asked in sorted(by_class.items())}


_LATEST = (Begins.END_OF_SYSTEM, Begins.END_OF_RELATIONSHIP, Begins.RECORD)


def _keeping(record_class: str, asked: Sequence[Requirement], own_days: int) -> Keeping:
    begins = next((each for each in _LATEST if any(rule.begins is each for rule in asked)), Begins.RECORD)
    longest = max((rule.keep_days for rule in asked), default=0)
    days = max(longest, own_days)
    deciding = [rule.rule_id for rule in asked if rule.keep_days == longest or rule.begins is begins]
    return Keeping(record_class, days, begins, tuple(sorted(set(deciding))))
