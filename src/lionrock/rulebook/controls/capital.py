"""The operator's own money: capital, liquid assets, and what must be told when they shrink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.calendars import due_ns
from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.backing import by_word, set_to
from lionrock.rulebook.controls.findings import failed, no_data, passed
from lionrock.rulebook.controls.spans import days_between
from lionrock.rulebook.facts import CapitalPosition, Obligation, Setting
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

PPM = 1_000_000
_RECORD = "Record a capital position and have a second person approve it."
_RAISE = "Tell the finance officer and the directors; raise capital or stop taking on business."


class PaidUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    least_minor: Annotated[int, Stricter.HIGHER]
    oldest_days: Annotated[int, Stricter.LOWER] = 35
    """A position older than this says nothing any more; a month and a few days."""


@control(Kind.INVARIANT)
def least_paid_up_capital(parameters: PaidUp, positions: Sequence[CapitalPosition], moment: Moment) -> Finding:
    """The paid-up share capital of the licensed company is at least the amount that the licence names.

    Judged by the latest approved capital position in the licence's currency. Exactly the amount is enough. A position
    that is older than a month counts as no data.
    """
    position = _latest(positions, parameters.currency)
    if position is None or _is_old(position, parameters.oldest_days, moment):
        return _none(parameters.currency, position, moment)
    figures = {"paid_up_minor": position.paid_up_minor, "least_minor": parameters.least_minor}
    if position.paid_up_minor < parameters.least_minor:
        return failed("Paid-up capital is below what the licence asks.", _RAISE, (position.entity,), **figures)
    return passed("Paid-up capital is at least what the licence asks.", **figures)


class LiquidAssets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    months_ppm: Annotated[int, Stricter.HIGHER]
    """Months of operating expenses to be covered, in millionths: 12 months are 12,000,000."""
    oldest_days: Annotated[int, Stricter.LOWER] = 35


@control(Kind.INVARIANT)
def liquid_assets_cover_expenses(
    parameters: LiquidAssets, positions: Sequence[CapitalPosition], moment: Moment
) -> Finding:
    """Liquid assets, without virtual assets, pay the operating expenses of so many months.

    One month is a twelfth of the actual expenses of the last twelve months; what is needed is rounded up. Judged by the
    latest approved capital position in the licence's currency.
    """
    position = _latest(positions, parameters.currency)
    if position is None or _is_old(position, parameters.oldest_days, moment):
        return _none(parameters.currency, position, moment)
    needed = _share_up(position.operating_expenses_12_months_minor, parameters.months_ppm, 12 * PPM)
    figures = {"liquid_assets_minor": position.liquid_assets_minor, "needed_minor": needed}
    if position.operating_expenses_12_months_minor <= 0:
        return no_data("The capital position tells no operating expenses.", _RECORD)
    if position.liquid_assets_minor < needed:
        return failed("Liquid assets do not pay the expenses asked for.", _RAISE, (position.entity,), **figures)
    return passed("Liquid assets pay the expenses asked for.", **figures)


class LiquidCapital(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    least_minor: Annotated[int, Stricter.HIGHER]
    oldest_days: Annotated[int, Stricter.LOWER] = 35


@control(Kind.INVARIANT)
def liquid_capital_covers_required(
    parameters: LiquidCapital, positions: Sequence[CapitalPosition], moment: Moment
) -> Finding:
    """Liquid capital is at least the required liquid capital: the higher of a fixed amount and the computed one.

    The computed one stands in the capital position, as the finance officer worked it out under the capital rules.
    """
    position = _latest(positions, parameters.currency)
    if position is None or _is_old(position, parameters.oldest_days, moment):
        return _none(parameters.currency, position, moment)
    required = max(parameters.least_minor, position.required_liquid_capital_minor)
    figures = {"liquid_capital_minor": position.liquid_capital_minor, "required_minor": required}
    if position.liquid_capital_minor < required:
        return failed("Liquid capital is below what is required.", _RAISE, (position.entity,), **figures)
    return passed("Liquid capital is at least what is required.", **figures)


class LiquidCapitalNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    amount: Annotated[int, Stricter.LOWER]
    unit: str
    least_minor: Annotated[int, Stricter.HIGHER]
    """Fixed part of the required liquid capital."""
    share_of_required_ppm: Annotated[int, Stricter.HIGHER]
    share_of_last_return_ppm: Annotated[int, Stricter.HIGHER]
    liabilities_minor: Annotated[int, Stricter.LOWER]
    """Guarantees given, or claims outstanding, above this are told."""
    kind: str = "liquid_capital_notice"
    oldest_days: Annotated[int, Stricter.LOWER] = 35


@control(Kind.TIMER)
def liquid_capital_notice(
    parameters: LiquidCapitalNotice,
    positions: Sequence[CapitalPosition],
    obligations: Sequence[Obligation],
    moment: Moment,
) -> Finding:
    """When capital comes near its floor the regulator is told in time.

    A notice is owed when liquid capital is below the stated share of what is required, or of what the last return told,
    or when guarantees or claims are above the stated amount. Exactly the share, or exactly the amount, owes none. A
    notice must have been begun since the first position of the unbroken run that shows a trigger, and sent within the
    time.
    """
    mine = sorted((each for each in positions if each.currency == parameters.currency), key=lambda each: each.as_of_ns)
    latest = mine[-1] if mine else None
    if latest is None or _is_old(latest, parameters.oldest_days, moment):
        return _none(parameters.currency, latest, moment)
    triggers = _triggers(parameters, latest)
    figures = _notice_figures(parameters, latest)
    if not triggers:
        return passed("Nothing about liquid capital has to be told.", **figures)
    since_ns = latest.as_of_ns
    for position in reversed(mine):
        if not _triggers(parameters, position):
            break
        since_ns = position.as_of_ns
    notices = [each for each in obligations if each.kind == parameters.kind and each.begun_ns >= since_ns]
    told = f"Liquid capital: {'; '.join(triggers)}."
    if not notices:
        return failed(f"{told} No notice was begun.", "Tell the regulator now.", (latest.entity,), **figures)
    late = [
        each.obligation_id
        for each in notices
        if (moment.now_ns if each.done_ns is None else each.done_ns)
        > due_ns(moment.calendar, each.begun_ns, parameters.amount, parameters.unit)
    ]
    if late:
        return failed(f"{told} The notice is late.", "Tell the regulator now, and why it is late.", late, **figures)
    return passed(f"{told} The notice is sent or still in time.", **figures)


CLAIMED = "yes"
"""Of a setting by which less is asked: whoever does not claim it is asked for more, and has nothing to show."""


class AgainstOverheads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    currency: str
    least_minor: Annotated[int, Stricter.HIGHER]
    overheads_ppm: Annotated[int, Stricter.HIGHER]
    """Share of last year's fixed overheads."""
    only_if_setting: str = ""
    only_if_value: str = ""
    """Where the amount depends on how the site works: asked only when the setting has this value."""
    oldest_days: Annotated[int, Stricter.LOWER] = 35


@control(Kind.INVARIANT)
def capital_against_overheads(
    parameters: AgainstOverheads, positions: Sequence[CapitalPosition], settings: Sequence[Setting], moment: Moment
) -> Finding:
    """Capital is at least the higher of a fixed amount and a share of last year's fixed overheads, rounded up.

    Where the amounts depend on how the site works (such as whether a licensed custodian keeps the assets), the check
    names the setting that decides, and passes for the other way of working. That a site works the way which takes less
    capital (`yes`) is its own word until it is attested.
    """
    claimed = None
    if parameters.only_if_setting:
        way = set_to(settings, parameters.only_if_setting)
        if way is None:
            return no_data(f"The site does not say {parameters.only_if_setting}.", "Set it in the site's file.")
        claimed = way if way.value == CLAIMED else None
        if way.value != parameters.only_if_value:
            words = f"Not asked: {parameters.only_if_setting} is {way.value}."
            return by_word(claimed, words) if claimed else passed(words)
    position = _latest(positions, parameters.currency)
    if position is None or _is_old(position, parameters.oldest_days, moment):
        return _none(parameters.currency, position, moment)
    share = _share_up(position.fixed_overheads_last_year_minor, parameters.overheads_ppm, PPM)
    needed = max(parameters.least_minor, share)
    figures = {"paid_up_minor": position.paid_up_minor, "needed_minor": needed, "share_of_overheads_minor": share}
    if position.paid_up_minor < needed:
        return failed("Capital is below what the licence asks.", _RAISE, (position.entity,), **figures)
    words = "Capital is at least what the licence asks."
    return by_word(claimed, words, **figures) if claimed else passed(words, **figures)


def _latest(positions: Sequence[CapitalPosition], currency: str) -> CapitalPosition | None:
    return max((each for each in positions if each.currency == currency), key=lambda each: each.as_of_ns, default=None)


def _is_old(position: CapitalPosition, oldest_days: int, moment: Moment) -> bool:
    return days_between(position.as_of_ns, moment.now_ns) > oldest_days


def _none(currency: str, position: CapitalPosition | None, moment: Moment) -> Finding:
    if position is None:
        return no_data(f"No capital position in {currency} is recorded.", _RECORD)
    age = days_between(position.as_of_ns, moment.now_ns)
    return no_data(f"The last capital position in {currency} is {age} days old.", _RECORD, age_days=age)


def _share_up(amount: int, share: int, whole: int) -> int:
    """Rounded up, in favour of whoever relies on the capital."""
    return -(-amount * share // whole)


def _required(parameters: LiquidCapitalNotice, position: CapitalPosition) -> int:
    return max(parameters.least_minor, position.required_liquid_capital_minor)


def _triggers(parameters: LiquidCapitalNotice, position: CapitalPosition) -> list[str]:
    """In words; empty when nothing has to be told. Compared as products, so that nothing is rounded."""
    liquid = position.liquid_capital_minor * PPM
    found = []
    if liquid < _required(parameters, position) * parameters.share_of_required_ppm:
        found.append(f"below {parameters.share_of_required_ppm // 10_000} % of what is required")
    if liquid < position.last_return_liquid_capital_minor * parameters.share_of_last_return_ppm:
        found.append(f"below {parameters.share_of_last_return_ppm // 10_000} % of the last return")
    if position.guarantees_minor > parameters.liabilities_minor:
        found.append("guarantees above the amount to be told")
    if position.claims_minor > parameters.liabilities_minor:
        found.append("claims above the amount to be told")
    return found


def _notice_figures(parameters: LiquidCapitalNotice, position: CapitalPosition) -> dict[str, int | str]:
    required = _required(parameters, position)
    return {
        "liquid_capital_minor": position.liquid_capital_minor,
        "required_minor": required,
        "share_of_required_ppm": position.liquid_capital_minor * PPM // required if required else 0,
        "last_return_minor": position.last_return_liquid_capital_minor,
        "guarantees_minor": position.guarantees_minor,
        "claims_minor": position.claims_minor,
    }
