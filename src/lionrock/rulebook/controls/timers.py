"""Things that must be done within a time of something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.calendars import Unit, due_ns
from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import due, failed, no_data, passed
from lionrock.rulebook.controls.spans import NS_PER_DAY
from lionrock.rulebook.facts import Obligation, Watched
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

_AT_LEAST_DAYS = {
    Unit.CALENDAR_DAYS: 1,
    Unit.BUSINESS_DAYS: 1,
    Unit.WEEKS: 7,
    Unit.MONTHS: 28,
    Unit.YEARS: 365,
}
"""No unit is shorter, whatever the calendar; spares the calendar for what was done at once."""


class InTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    """Kind of obligation."""
    amount: Annotated[int, Stricter.LOWER]
    unit: str
    """A `lionrock.rulebook.calendars.Unit`."""
    remembered_days: Annotated[int, Stricter.HIGHER] = 31
    """How long something done late stays a breach."""
    warning_days: Annotated[int, Stricter.HIGHER] = 0
    """How long before its time something not done is shown as due; 0 for never."""


@control(Kind.TIMER)
def done_in_time(
    parameters: InTime, obligations: Sequence[Obligation], watched: Sequence[Watched], moment: Moment
) -> Finding:
    """Whatever of one kind had to be done was done within its time: notes, statements, notices, returns, refunds.

    The time is counted by the calendar of the licence: business days leave out its weekends and holidays, a day ends at
    midnight there, and the very end of the last day is in time. What is not done and past its time is a breach until it
    is done; what was done late stays one for a month, so that a late night's work does not hide it. A register that no
    room keeps is no data, an empty one that a room keeps passes.
    """
    if not any(each.kind == parameters.kind for each in watched):
        return no_data(
            f"No room of the site keeps watch over {_plain(parameters.kind)}.",
            "See which room the rule waits for.",
        )
    mine = [each for each in obligations if each.kind == parameters.kind]
    late, opened, soonest_ns = [], 0, None
    for each in mine:
        opened += each.done_ns is None
        if each.done_ns is not None and each.done_ns < moment.now_ns - parameters.remembered_days * NS_PER_DAY:
            continue
        end_ns = _late_end(each, parameters, moment)
        if end_ns is None:
            continue
        if (moment.now_ns if each.done_ns is None else each.done_ns) > end_ns:
            late.append(each.obligation_id)
        elif each.done_ns is None:
            soonest_ns = end_ns if soonest_ns is None else min(soonest_ns, end_ns)
    figures = {"of_the_kind": len(mine), "open": opened, "late": len(late), "allowed": parameters.amount}
    words = f"{_plain(parameters.kind)}: {len(mine)} known, {opened} open, {len(late)} late"
    if late:
        return failed(f"{words}.", "Do what is late, and record why it was.", late, **figures)
    if soonest_ns is not None and soonest_ns - moment.now_ns <= parameters.warning_days * NS_PER_DAY:
        days = (soonest_ns - moment.now_ns) // NS_PER_DAY
        return due(f"{words}; the next must be done in {days} days.", "Do it in time.", **figures, days_left=days)
    return passed(f"{words}.", **figures)


def _late_end(obligation: Obligation, parameters: InTime, moment: Moment) -> int | None:
    """When its time is over; None when it was certainly done before."""
    unit = Unit(parameters.unit)
    if obligation.done_ns is not None and unit is not Unit.HOURS:
        shortest_ns = parameters.amount * _AT_LEAST_DAYS[unit] * NS_PER_DAY
        if obligation.done_ns - obligation.begun_ns < shortest_ns:
            return None
    return due_ns(moment.calendar, obligation.begun_ns, parameters.amount, parameters.unit)


def _plain(kind: str) -> str:
    return kind.replace("_", " ")
