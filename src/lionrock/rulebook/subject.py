"""Whom a rule may apply to: the names that `applies_if` of a rule can use."""

from __future__ import annotations

import msgspec


class Subject(msgspec.Struct, frozen=True):
    """Somebody or something that a rule may be asked about. What is not known is empty, and then matches no value.

    `applies_if` sees every field by its name: `client_class == 'retail' && product == 'spot'`.
    """

    licence: str = ""
    """Set by the rulebook: the licence of the pack that the rule stands in, such as HK-VATP."""
    entity: str = ""
    """Code of the legal entity that is asked."""
    client_class: str = ""
    """`unclassified`, `retail`, `professional` or `institutional`."""
    is_person: bool = True
    """Not a company."""
    jurisdiction: str = ""
    """Where the client lives or is incorporated, ISO 3166-1 alpha-2."""
    product: str = ""
    """Such as `spot`, `otc`, `options`, `staking`."""
    asset: str = ""
    """Code of an asset, such as BTC."""
    audience: str = ""
    """Whom an asset is to be offered to: `professional` or `retail`."""
