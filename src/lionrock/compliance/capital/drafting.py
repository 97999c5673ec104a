"""Puts approved figures and the venue's own together into a return."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from lionrock.compliance.capital.book import Approved
from lionrock.compliance.capital.documents import CapitalReturn, MoneyLine, MonthlyStatistics
from lionrock.compliance.capital.figures import CapitalFigures, haircut_rounded_up
from lionrock.compliance.capital.statistics import VenueFigures
from lionrock.compliance.capital.triggers import CapitalRules, triggers
from lionrock.compliance.papers.documents import Entity, Span
from lionrock.compliance.papers.drawing import local_time
from lionrock.compliance.papers.periods import Period
from lionrock.rulebook.facts import CapitalPosition

_MINOR_DECIMALS = 2
"""Of the currencies that figures are entered in: cents, fils of a dirham."""


class Drafting(NamedTuple):
    """What a return is made from."""

    return_id: str
    kind: str
    entity: Entity
    period: Period
    approved: Approved
    rules: CapitalRules
    venue: VenueFigures
    now_ns: int
    zone: ZoneInfo


def money(minor: int) -> str:
    """Whole units with both decimals, exact: 100 is 1.00."""
    whole, rest = divmod(abs(minor), 10**_MINOR_DECIMALS)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{_MINOR_DECIMALS}}"


def _span(drafting: Drafting) -> Span:
    begins, ends = (local_time(each, drafting.zone) for each in drafting.period)
    return Span(begins, ends, drafting.zone.key)


def _assets(figures: CapitalFigures) -> tuple[MoneyLine, ...]:
    return tuple(
        MoneyLine(
            each.name,
            money(each.amount_minor - haircut_rounded_up(each.amount_minor, each.haircut_ppm)),
            f"{money(each.amount_minor)} less {money(haircut_rounded_up(each.amount_minor, each.haircut_ppm))}"
            if each.haircut_ppm
            else "",
        )
        for each in figures.liquid_assets
    )


def capital_return(drafting: Drafting, position: CapitalPosition) -> CapitalReturn:
    """Monthly or annual."""
    figures = drafting.approved.figures
    return CapitalReturn(
        return_id=drafting.return_id,
        kind=drafting.kind,
        entity=drafting.entity,
        period=_span(drafting),
        currency=figures.currency,
        figures_as_of=local_time(figures.as_of_ns, drafting.zone),
        figures_sha256=drafting.approved.sha256,
        paid_up_capital=money(figures.paid_up_minor),
        liquid_assets=_assets(figures),
        ranking_liabilities=tuple(
            MoneyLine(each.name, money(each.amount_minor)) for each in figures.ranking_liabilities
        ),
        liquid_capital=money(position.liquid_capital_minor),
        required_liquid_capital=money(position.required_liquid_capital_minor),
        surplus=money(position.liquid_capital_minor - position.required_liquid_capital_minor),
        bank_facilities=tuple(
            MoneyLine(each.bank, money(each.drawn_minor), f"drawn, of a limit of {money(each.limit_minor)}")
            for each in figures.bank_facilities
        ),
        client_assets=drafting.venue.client_assets,
        profit_and_loss=tuple(MoneyLine(each.name, money(each.amount_minor)) for each in figures.profit_and_loss),
        result=money(sum(each.amount_minor for each in figures.profit_and_loss)),
        alarms=tuple(each.words for each in triggers(figures, position, drafting.rules)),
        cut_off_sequence=drafting.venue.cut_off_sequence,
        prepared_at=local_time(drafting.now_ns, drafting.zone),
    )


def monthly_statistics(drafting: Drafting, position: CapitalPosition) -> MonthlyStatistics:
    """What traded, and what pays the next twelve months."""
    figures, venue = drafting.approved.figures, drafting.venue
    return MonthlyStatistics(
        return_id=drafting.return_id,
        kind=drafting.kind,
        entity=drafting.entity,
        period=_span(drafting),
        currency=figures.currency,
        figures_as_of=local_time(figures.as_of_ns, drafting.zone),
        figures_sha256=drafting.approved.sha256,
        volume_on_platform=venue.volumes,
        volume_on_platform_by_asset=venue.volume_by_asset,
        volume_off_platform_by_asset=tuple(
            MoneyLine(each.name, money(each.amount_minor)) for each in figures.off_platform_volume
        ),
        operating_expenses_12_months=money(position.operating_expenses_12_months_minor),
        operating_expenses=tuple(
            MoneyLine(each.month, money(each.amount_minor)) for each in figures.operating_expenses
        ),
        liquid_assets=money(position.liquid_assets_minor),
        clients=str(venue.clients),
        clients_that_traded=str(venue.clients_that_traded),
        trades=str(venue.trades),
        client_assets=venue.client_assets,
        cut_off_sequence=venue.cut_off_sequence,
        prepared_at=local_time(drafting.now_ns, drafting.zone),
    )
