"""Puts approved figures and the venue's own together into a return."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from lionrock.compliance.capital.book import Approved
from lionrock.compliance.capital.documents import CapitalReturn, MoneyLine, MonthlyStatistics
from lionrock.compliance.capital.figures import CapitalFigures, LiquidAsset, haircut_rounded_up
from lionrock.compliance.capital.statistics import VenueFigures
from lionrock.compliance.capital.triggers import CapitalRules, triggers
from lionrock.compliance.papers.documents import Entity, Span
from lionrock.compliance.papers.drawing import local_time
from lionrock.compliance.papers.periods import Period
from lionrock.rulebook.facts import CapitalPosition
from lionrock.words.amounts import format_minor


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


def span(drafting: Drafting) -> Span:
    """The period as the entity's place writes it."""
    begins, ends = (local_time(each, drafting.zone) for each in drafting.period)
    return Span(begins, ends, drafting.zone.key)


def asset_lines(figures: CapitalFigures) -> tuple[MoneyLine, ...]:
    """Liquid assets after haircuts."""
    return tuple(_asset_line(each) for each in figures.liquid_assets)


def _asset_line(asset: LiquidAsset) -> MoneyLine:
    taken_off = haircut_rounded_up(asset.amount_minor, asset.haircut_ppm)
    remark = f"{format_minor(asset.amount_minor)} less {format_minor(taken_off)}" if asset.haircut_ppm else ""
    return MoneyLine(asset.name, format_minor(asset.amount_minor - taken_off), remark)


def capital_return(drafting: Drafting, position: CapitalPosition) -> CapitalReturn:
    """Monthly or annual."""
    figures = drafting.approved.figures
    return CapitalReturn(
        return_id=drafting.return_id,
        kind=drafting.kind,
        entity=drafting.entity,
        period=span(drafting),
        currency=figures.currency,
        figures_as_of=local_time(figures.as_of_ns, drafting.zone),
        figures_sha256=drafting.approved.sha256,
        paid_up_capital=format_minor(figures.paid_up_minor),
        liquid_assets=asset_lines(figures),
        ranking_liabilities=tuple(
            MoneyLine(each.name, format_minor(each.amount_minor)) for each in figures.ranking_liabilities
        ),
        liquid_capital=format_minor(position.liquid_capital_minor),
        required_liquid_capital=format_minor(position.required_liquid_capital_minor),
        surplus=format_minor(position.liquid_capital_minor - position.required_liquid_capital_minor),
        bank_facilities=tuple(
            MoneyLine(
                each.bank, format_minor(each.drawn_minor), f"drawn, of a limit of {format_minor(each.limit_minor)}"
            )
            for each in figures.bank_facilities
        ),
        client_assets=drafting.venue.client_assets,
        profit_and_loss=tuple(
            MoneyLine(each.name, format_minor(each.amount_minor)) for each in figures.profit_and_loss
        ),
        result=format_minor(sum(each.amount_minor for each in figures.profit_and_loss)),
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
        period=span(drafting),
        currency=figures.currency,
        figures_as_of=local_time(figures.as_of_ns, drafting.zone),
        figures_sha256=drafting.approved.sha256,
        volume_on_platform=venue.volumes,
        volume_on_platform_by_asset=venue.volume_by_asset,
        volume_off_platform_by_asset=tuple(
            MoneyLine(each.name, format_minor(each.amount_minor)) for each in figures.off_platform_volume
        ),
        operating_expenses_12_months=format_minor(position.operating_expenses_12_months_minor),
        operating_expenses=tuple(
            MoneyLine(each.month, format_minor(each.amount_minor)) for each in figures.operating_expenses
        ),
        liquid_assets=format_minor(position.liquid_assets_minor),
        clients=str(venue.clients),
        clients_that_traded=str(venue.clients_that_traded),
        trades=str(venue.trades),
        client_assets=venue.client_assets,
        cut_off_sequence=venue.cut_off_sequence,
        prepared_at=local_time(drafting.now_ns, drafting.zone),
    )
