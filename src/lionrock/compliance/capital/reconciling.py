"""The reconciliation of one day, drawn from the ledger at its end and approved figures of the day.

What clients are owed is compared with what the ledger holds for them and, of money, with what banks' statements show.
Of a virtual asset nothing outside the ledger is read here: its line says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from lionrock.compliance.capital.documents import AssetReconciled, MoneyLine, Reconciliation
from lionrock.compliance.capital.drafting import Drafting, asset_lines, span
from lionrock.compliance.capital.figures import PPM
from lionrock.compliance.capital.statistics import Holding
from lionrock.compliance.papers.drawing import local_time
from lionrock.rulebook.facts import CapitalPosition
from lionrock.words.amounts import MINOR_DECIMALS, format_decimal, format_minor

_MONTHS = 12


class ReconcilingTerms(msgspec.Struct, frozen=True):
    """What the rules and the site's file say."""

    months_ppm: int = 0
    """Months of operating expenses that net liquid assets must pay, in millionths; 0 where no rule asks."""
    money: Collection[str] = ()
    """Codes of assets that are money, which banks keep."""


def reconciliation(
    drafting: Drafting, position: CapitalPosition, holdings: Sequence[Holding], terms: ReconcilingTerms
) -> Reconciliation:
    """With every difference in words; whoever approves it has read them."""
    figures = drafting.approved.figures
    banks = {each.name: each.amount_minor for each in figures.client_money}
    expenses = position.operating_expenses_12_months_minor
    needed = -(-expenses * terms.months_ppm // (_MONTHS * PPM))  # up, in favour of whoever relies on it
    surplus = position.liquid_capital_minor - needed
    found = [each for holding in holdings for each in _differences(holding, banks, terms.money)]
    known = {each.asset for each in holdings if each.asset in terms.money}
    found += [f"Banks hold {code}, which is no money of the ledger." for code in sorted(banks.keys() - known)]
    if surplus < 0:
        found.append(f"Net liquid assets fall {format_minor(-surplus)} {figures.currency} short of what is needed.")
    return Reconciliation(
        return_id=drafting.return_id,
        kind=drafting.kind,
        entity=drafting.entity,
        period=span(drafting),
        currency=figures.currency,
        figures_as_of=local_time(figures.as_of_ns, drafting.zone),
        figures_sha256=drafting.approved.sha256,
        client_assets=tuple(_line(each, banks, terms.money) for each in holdings),
        liquid_assets=asset_lines(figures),
        ranking_liabilities=tuple(
            MoneyLine(each.name, format_minor(each.amount_minor)) for each in figures.ranking_liabilities
        ),
        net_liquid_assets=format_minor(position.liquid_capital_minor),
        needed=format_minor(needed),
        surplus=format_minor(surplus),
        differences=tuple(found),
        cut_off_sequence=drafting.venue.cut_off_sequence,
        prepared_at=local_time(drafting.now_ns, drafting.zone),
    )


def _line(holding: Holding, banks: dict[str, int], money: Collection[str]) -> AssetReconciled:
    def written(atoms: int) -> str:
        return format_decimal(atoms, holding.decimals)

    return AssetReconciled(
        holding.asset,
        written(holding.clients_atoms),
        written(holding.own_atoms),
        written(holding.custody_atoms),
        format_minor(banks[holding.asset]) if holding.asset in banks else "",
        "" if holding.asset in money else "by the ledger alone: no chain is read",
    )


def _differences(holding: Holding, banks: dict[str, int], money: Collection[str]) -> Iterator[str]:
    code, custody = holding.asset, holding.custody_atoms
    if custody < holding.clients_atoms:
        short = format_decimal(holding.clients_atoms - custody, holding.decimals)
        yield f"{code}: {short} less is held than clients are owed."
    if custody != holding.clients_atoms + holding.own_atoms:
        yield f"{code}: the ledger does not come to zero."
    if code not in money or not (custody or code in banks):
        return
    if code not in banks:
        yield f"{code}: no statement of a bank was entered for what is held."
        return
    scale = max(holding.decimals, MINOR_DECIMALS)  # both exact, whichever is the finer one
    difference = banks[code] * 10 ** (scale - MINOR_DECIMALS) - custody * 10 ** (scale - holding.decimals)
    if difference:
        more = "more" if difference > 0 else "less"
        yield f"{code}: banks hold {format_decimal(abs(difference), scale)} {more} than the ledger says."
