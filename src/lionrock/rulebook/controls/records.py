"""Records: their fields, how long they are kept, whether they are whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.backing import by_word, set_to
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.controls.spans import NS_PER_HOUR, days_between, has_passed
from lionrock.rulebook.facts import RecordClass, RecordProof, RecordShape, Setting
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    record: str
    fields: Annotated[tuple[str, ...], Stricter.UNION]


@control(Kind.SCHEMA_CHECK)
def fields_present(parameters: Fields, shapes: Sequence[RecordShape], moment: Moment) -> Finding:
    """A record of the running site has every field that the rule names.

    Judged by the shape that the site tells of itself, made from the code that writes the record. Names missing are
    told; a record that the site does not have is no data.
    """
    name = parameters.record.replace("_", " ")
    mine = [each for each in shapes if each.record == parameters.record]
    if not mine:
        return no_data(f"The site tells no shape of a record {name}.", "See which room writes it.")
    there = set(mine[0].fields).intersection(*(each.fields for each in mine[1:]))
    missing = [field for field in parameters.fields if field not in there]
    figures = {"asked": len(parameters.fields), "missing": len(missing)}
    if missing:
        return failed(f"{name} lacks {', '.join(missing)}.", "Add the fields to the record.", missing, **figures)
    return passed(f"{name} has all {len(parameters.fields)} fields.", **figures)


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    record_class: str
    keep_days: Annotated[int, Stricter.HIGHER]
    """A year is 365.25 days, rounded up: 2 years are 731, 5 are 1,827, 7 are 2,557, 8 are 2,922."""
    from_event: str = "record"
    """When the time begins: `record`, `end_of_relationship` or `end_of_system`. The last two begin later, so that
    keeping from one of them is more than keeping from the record.
    """
    only_if_setting: str = ""
    only_if_value: str = ""
    """Where there may be nothing of the class: asked only when the setting has this value."""


@control(Kind.INVARIANT)
def kept_at_least(
    parameters: Kept, classes: Sequence[RecordClass], settings: Sequence[Setting], moment: Moment
) -> Finding:
    """The site keeps records of a class at least as long as the rule asks, counted from the right event.

    Under several licences the longest time holds. Exactly the time is enough. A class for which the site names no place
    is no data: what is kept nowhere is not kept long.
    """
    name = parameters.record_class.replace("_", " ")
    if parameters.only_if_setting:
        way = set_to(settings, parameters.only_if_setting)
        if way is None:
            return no_data(f"The site does not say {parameters.only_if_setting}.", "Set it in the site's file.")
        if way.value != parameters.only_if_value:
            return by_word(way, f"No {name} arise: {parameters.only_if_setting} is {way.value}.")
    mine = [each for each in classes if each.record_class == parameters.record_class and each.tables]
    if not mine:
        return no_data(f"The site names no place where {name} are kept.", "Name tables and time of the class.")
    kept_days = min(each.keep_days for each in mine)
    figures = {"kept_days": kept_days, "least_days": parameters.keep_days}
    if any(each.from_event not in {parameters.from_event, *_LATER.get(parameters.from_event, ())} for each in mine):
        event = parameters.from_event.replace("_", " ")
        return failed(f"{name} are not kept from the {event} on.", "Change the class's time.", (), **figures)
    if kept_days < parameters.keep_days:
        return failed(
            f"{name} are kept {kept_days} days of {parameters.keep_days}.", "Lengthen the class's time.", (), **figures
        )
    return passed(f"{name} are kept {kept_days} days.", **figures)


_LATER = {"record": ("end_of_relationship", "end_of_system")}


class Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hours: Annotated[int, Stricter.LOWER] = 24
    """How old the last check may be."""


@control(Kind.INVARIANT)
def record_is_whole(parameters: Whole, proofs: Sequence[RecordProof], moment: Moment) -> Finding:
    """The site's journal was checked, not long ago, against its own chain of hashes, and nothing was changed or lost.

    A falsified, removed or reordered record breaks the chain; `lionrock journal verify` finds where.
    """
    last = max(proofs, key=lambda each: each.checked_ns, default=None)
    if last is None:
        return no_data("The journal was never checked.", "Run `lionrock journal verify`.")
    hours = (moment.now_ns - last.checked_ns) // NS_PER_HOUR
    figures = {"frames": last.frames, "checked_hours_ago": hours, "most_hours": parameters.hours}
    if not last.is_whole:
        return failed("The journal is not whole.", "Stop the site and run `lionrock journal verify`.", (), **figures)
    if moment.now_ns - last.checked_ns > parameters.hours * NS_PER_HOUR:
        return no_data(f"The journal was last checked {hours} hours ago.", "Check it again.", **figures)
    return passed("The journal was checked and is whole.", **figures)


class Backups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hours: Annotated[int, Stricter.LOWER]
    drill_months: Annotated[int, Stricter.LOWER]
    """How long ago a backup may last have been brought back and compared."""


@control(Kind.INVARIANT)
def backup_daily(parameters: Backups, proofs: Sequence[RecordProof], moment: Moment) -> Finding:
    """A backup outside the running site is young enough, and bringing one back was drilled not too long ago.

    Exactly the time is still enough. A backup that nobody ever brought back is a hope and no backup.
    """
    if not proofs:
        return no_data("The site does not say when it was backed up.", "Run `lionrock backup`.")
    backup_ns = max(each.last_backup_ns for each in proofs)
    drill_ns = max(each.last_backup_drilled_ns for each in proofs)
    figures = {"most_hours": parameters.hours, "drill_months": parameters.drill_months}
    if not backup_ns:
        return failed("There was never a backup.", "Run `lionrock backup`.", (), **figures)
    hours = (moment.now_ns - backup_ns) // NS_PER_HOUR
    figures |= {"hours_ago": hours}
    if moment.now_ns - backup_ns > parameters.hours * NS_PER_HOUR:
        return failed(f"The last backup is {hours} hours old.", "Run `lionrock backup`.", (), **figures)
    if not drill_ns or has_passed(drill_ns, parameters.drill_months, moment.now_ns):
        return failed("No backup was brought back in time.", "Run `lionrock restore` as a drill.", (), **figures)
    return passed(
        "The backup is young enough and was drilled.", drilled_days_ago=days_between(drill_ns, moment.now_ns), **figures
    )
