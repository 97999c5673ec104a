"""What stands in a return, by the paragraph that asks for it; the same structs are the file, the page and the shape."""

from __future__ import annotations

import msgspec

from lionrock.compliance.capital.statistics import AssetAmount, MarketVolume
from lionrock.compliance.papers.documents import Entity, Span


class MoneyLine(msgspec.Struct, frozen=True):
    """One line; amounts in whole units of the return's currency, exact."""

    name: str
    amount: str
    remark: str = ""


class CapitalReturn(msgspec.Struct, frozen=True):
    """Monthly (6.5) or annual: (a) liquid capital, (b) required, (c) bank facilities, (d) client assets, (e) result."""

    return_id: str
    kind: str
    entity: Entity
    period: Span
    currency: str
    figures_as_of: str
    figures_sha256: str
    """Of the approved figures the return rests on."""
    paid_up_capital: str
    liquid_assets: tuple[MoneyLine, ...]
    ranking_liabilities: tuple[MoneyLine, ...]
    liquid_capital: str
    required_liquid_capital: str
    surplus: str
    bank_facilities: tuple[MoneyLine, ...]
    client_assets: tuple[AssetAmount, ...]
    profit_and_loss: tuple[MoneyLine, ...]
    result: str
    alarms: tuple[str, ...]
    """Cases of 6.9 that the figures show."""
    cut_off_sequence: str
    prepared_at: str


class MonthlyStatistics(msgspec.Struct, frozen=True):
    """Monthly (16.6): volumes on and off the platform, twelve months' expenses and the assets that pay them."""

    return_id: str
    kind: str
    entity: Entity
    period: Span
    currency: str
    figures_as_of: str
    figures_sha256: str
    volume_on_platform: tuple[MarketVolume, ...]
    volume_on_platform_by_asset: tuple[AssetAmount, ...]
    volume_off_platform_by_asset: tuple[MoneyLine, ...]
    operating_expenses_12_months: str
    operating_expenses: tuple[MoneyLine, ...]
    liquid_assets: str
    clients: str
    clients_that_traded: str
    trades: str
    client_assets: tuple[AssetAmount, ...]
    cut_off_sequence: str
    prepared_at: str


class AssetReconciled(msgspec.Struct, frozen=True):
    """One asset at the cut-off, exact, in whole units."""

    asset: str
    owed_to_clients: str
    own: str
    """All other accounts of the ledger: the operator's own, fees, what belongs to nobody known yet."""
    in_custody: str
    """What the ledger says is held for all of them."""
    at_banks: str
    """What approved figures tell of banks' statements; empty where they tell nothing."""
    remark: str


class Reconciliation(msgspec.Struct, frozen=True):
    """Of one day: what clients are owed beside what is held, and net liquid assets beside the operator's expenses."""

    return_id: str
    kind: str
    entity: Entity
    period: Span
    currency: str
    figures_as_of: str
    figures_sha256: str
    client_assets: tuple[AssetReconciled, ...]
    liquid_assets: tuple[MoneyLine, ...]
    ranking_liabilities: tuple[MoneyLine, ...]
    net_liquid_assets: str
    needed: str
    """The months of operating expenses that the rule asks for, rounded up."""
    surplus: str
    differences: tuple[str, ...]
    """What does not agree or does not suffice; none means that everything does."""
    cut_off_sequence: str
    prepared_at: str


class Stated(msgspec.Struct, frozen=True):
    """A document that one person attested and another approved."""

    subject: str
    document_sha256: str
    stated_by: str
    approved_by: str
    stated_at: str


class CyberReturn(msgspec.Struct, frozen=True):
    """Yearly, on cyber risk. What it says is people's document, known here by its SHA-256 and who stands for it."""

    return_id: str
    kind: str
    entity: Entity
    period: Span
    statement: Stated
    audits: tuple[Stated, ...]
    """Of the year: audits of technology and assessments of security that were attested."""
    prepared_at: str
