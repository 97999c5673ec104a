"""What the finance officer enters, and what it comes to. Whole numbers of the currency's minor unit throughout.

The computation is that of Hong Kong's financial resources rules in outline: liquid assets after haircuts, less ranking
liabilities, against the higher of a floor and a variable amount. Which assets count, at which haircut, the officer
enters; the program adds, compares, and says in whose disfavour it rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from lionrock.rulebook.facts import CapitalPosition

PPM = 1_000_000
MOST_MINOR = 10**17
"""Of any one figure; sums of a thousand of them stay within 64 bits."""
MOST_LINES = 50
MONTHS = 12


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a computation."""

    name: str
    amount_minor: int


class LiquidAsset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something liquid held at the place of the licence; no virtual asset."""

    name: str
    amount_minor: int
    haircut_ppm: int = 0
    """Taken off for liquid capital, in millionths."""


class Facility(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A loan, overdraft or other accommodation of a bank."""

    bank: str
    limit_minor: int
    drawn_minor: int


class MonthExpenses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Actual operating expenses of one month."""

    month: str
    """As `2026-02`."""
    amount_minor: int


class CapitalFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of the action `capital_figures`: the money of one legal entity at one moment."""

    entity: str
    currency: str
    as_of_ns: int
    paid_up_minor: int
    liquid_assets: tuple[LiquidAsset, ...]
    ranking_liabilities: tuple[Line, ...]
    variable_required_minor: int
    """The computed part of the required liquid capital."""
    operating_expenses: tuple[MonthExpenses, ...]
    """Of the last twelve months, oldest first."""
    profit_and_loss: tuple[Line, ...]
    """Of the month that ends here: income above zero, expenses below."""
    bank_facilities: tuple[Facility, ...] = ()
    guarantees_minor: int = 0
    """The most that can be drawn against the operator."""
    claims_minor: int = 0
    """Made in writing and outstanding, disputed or not."""
    fixed_overheads_last_year_minor: int = 0
    unmet_calls_business_days: int = 0
    """For how many business days in a row a lender's call was not met in full."""
    lender_may_liquidate: bool = False
    """A lender has used, or said it will use, its right to sell what secures a loan."""
    last_return_was_wrong: bool = False
    """Something in a return that was filed has turned out false or misleading."""
    off_platform_volume: tuple[Line, ...] = ()
    """Traded outside the order books in the month, by virtual asset, in the currency's minor units."""
    client_money: tuple[Line, ...] = ()
    """What banks' statements of that moment show on accounts for clients, by code of the money, in its minor units."""


def haircut_rounded_up(amount_minor: int, haircut_ppm: int) -> int:
    """What a haircut takes off, rounded against the operator: capital is never told too high."""
    return -(-amount_minor * haircut_ppm // PPM)


def liquid_assets_minor(figures: CapitalFigures) -> int:
    """Before haircuts: what would pay expenses."""
    return sum(each.amount_minor for each in figures.liquid_assets)


def liquid_capital_minor(figures: CapitalFigures) -> int:
    """Liquid assets after haircuts, less ranking liabilities; below zero when they are less."""
    kept = sum(
        each.amount_minor - haircut_rounded_up(each.amount_minor, each.haircut_ppm) for each in figures.liquid_assets
    )
    return kept - sum(each.amount_minor for each in figures.ranking_liabilities)


def required_minor(figures: CapitalFigures, floor_minor: int) -> int:
    """The higher of the licence's floor and the computed amount."""
    return max(floor_minor, figures.variable_required_minor)


def expenses_minor(figures: CapitalFigures) -> int:
    """Of the last twelve months."""
    return sum(each.amount_minor for each in figures.operating_expenses)


def position_of(figures: CapitalFigures, floor_minor: int, last_return_minor: int) -> CapitalPosition:
    """The fact that rules ask for."""
    return CapitalPosition(
        entity=figures.entity,
        as_of_ns=figures.as_of_ns,
        currency=figures.currency,
        paid_up_minor=figures.paid_up_minor,
        liquid_capital_minor=liquid_capital_minor(figures),
        required_liquid_capital_minor=required_minor(figures, floor_minor),
        liquid_assets_minor=liquid_assets_minor(figures),
        operating_expenses_12_months_minor=expenses_minor(figures),
        last_return_liquid_capital_minor=last_return_minor,
        guarantees_minor=figures.guarantees_minor,
        claims_minor=figures.claims_minor,
        fixed_overheads_last_year_minor=figures.fixed_overheads_last_year_minor,
    )


def complaints(figures: CapitalFigures, now_ns: int, day_of_figures: date) -> Iterator[str]:
    """What cannot be meant, by name of the field."""
    if not figures.entity or not figures.currency:
        yield "entity and currency are needed"
    if not 0 < figures.as_of_ns <= now_ns:
        yield "as_of_ns: not in the future"
    amounts = [figures.paid_up_minor, figures.variable_required_minor, figures.guarantees_minor, figures.claims_minor]
    amounts += [figures.fixed_overheads_last_year_minor, figures.unmet_calls_business_days]
    amounts += [each.amount_minor for each in figures.liquid_assets]
    lines = (*figures.ranking_liabilities, *figures.off_platform_volume, *figures.client_money)
    amounts += [each.amount_minor for each in lines]
    amounts += [each.amount_minor for each in figures.operating_expenses]
    amounts += [each for facility in figures.bank_facilities for each in (facility.limit_minor, facility.drawn_minor)]
    if any(not 0 <= each <= MOST_MINOR for each in amounts):
        yield f"an amount is from 0 to {MOST_MINOR}"
    if any(abs(each.amount_minor) > MOST_MINOR for each in figures.profit_and_loss):
        yield f"profit_and_loss: an amount is at most {MOST_MINOR} either way"
    if any(not 0 <= each.haircut_ppm <= PPM for each in figures.liquid_assets):
        yield f"liquid_assets: a haircut is from 0 to {PPM} millionths"
    lists = (figures.liquid_assets, figures.ranking_liabilities, figures.bank_facilities, figures.profit_and_loss)
    if len({each.name for each in figures.client_money}) < len(figures.client_money):
        yield "client_money: each money once"
    if any(len(each) > MOST_LINES for each in (*lists, figures.off_platform_volume, figures.client_money)):
        yield f"at most {MOST_LINES} lines each"
    if [each.month for each in figures.operating_expenses] not in (
        _months_until(day_of_figures, 0),
        _months_until(day_of_figures, 1),
    ):
        yield "operating_expenses: the last twelve months, oldest first, each once; the month that runs may be missing"


def _months_until(day: date, back: int) -> list[str]:
    """Twelve months that end with the month of a day, or so many before it."""
    last = day.year * MONTHS + day.month - 1 - back
    return [f"{number // MONTHS:04}-{number % MONTHS + 1:02}" for number in range(last - MONTHS + 1, last + 1)]
