"""The operator's people and how everybody signs in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.backing import by_word, set_to
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.controls.spans import has_passed
from lionrock.rulebook.facts import Setting, StaffRecord
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter


class SecondFactor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    setting: str = "login.second_factor_required"


@control(Kind.INVARIANT)
def second_factor_for_login(
    parameters: SecondFactor, settings: Sequence[Setting], staff: Sequence[StaffRecord], moment: Moment
) -> Finding:
    """Nobody signs in with a password alone: clients are asked for a second factor, all staff have one."""
    setting = set_to(settings, parameters.setting)
    if setting is None:
        return no_data(f"The site does not say {parameters.setting}.", "Set it in the site's file.")
    bad = [each.staff_id for each in staff if each.is_active and not each.has_second_factor]
    figures = {"staff": len(staff), "without": len(bad)}
    if setting.value != "yes":
        return failed("Clients may sign in without a second factor.", "Require one.", (), **figures)
    if bad:
        return failed("Members of staff have no second factor.", "Give each a passkey.", bad, **figures)
    return by_word(setting, "Everybody signs in with a second factor.", **figures)


class Review(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    months: Annotated[int, Stricter.LOWER]


@control(Kind.TIMER)
def access_reviewed_within(parameters: Review, staff: Sequence[StaffRecord], moment: Moment) -> Finding:
    """What every active member of the staff may do was reviewed not longer ago than the rule allows."""
    bad = [
        each.staff_id
        for each in staff
        if each.is_active
        and (not each.access_reviewed_ns or has_passed(each.access_reviewed_ns, parameters.months, moment.now_ns))
    ]
    figures = {"staff": len(staff), "not_reviewed": len(bad), "months": parameters.months}
    if bad:
        return failed("Access of members of staff was not reviewed in time.", "Review it.", bad, **figures)
    return passed("Everybody's access was reviewed in time.", **figures)
