"""The operator's own money."""

from __future__ import annotations

import msgspec


class CapitalPosition(msgspec.Struct, frozen=True):
    """As the finance officer recorded it and a second person approved; amounts in minor units of the currency."""

    entity: str
    """Code of the legal entity."""
    as_of_ns: int
    currency: str
    paid_up_minor: int
    liquid_capital_minor: int
    required_liquid_capital_minor: int
    liquid_assets_minor: int
    """Held at the place of the licence, without virtual assets."""
    operating_expenses_12_months_minor: int
    """Of the last twelve months, actual."""
    last_return_liquid_capital_minor: int
    """As the last monthly return told it; 0 when there was none."""
    guarantees_minor: int = 0
    claims_minor: int = 0
    """Outstanding against the operator."""
    fixed_overheads_last_year_minor: int = 0
