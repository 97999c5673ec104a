"""What a site is set to, as settings that its rules ask for. What the program can tell by itself, nobody declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lionrock.rulebook.facts import Setting
from lionrock.site.definition import Definition
from lionrock.words.enumerations import AccountKind

PRODUCTS = (
    "affiliated_market_makers",
    "algorithmic_service",
    "complex",
    "credit",
    "derivatives",
    "lending",
    "margin",
    "occasional_transactions",
    "perpetuals",
    "shared_book",
    "solicitation",
    "staking",
    "tokenised_securities",
)
"""What a rule may forbid. `product.<name>` is `allowed` where the site's file lists the product, `forbidden` where not:
nothing is offered that is not listed, as the core asks every order for its product.
"""


class DeclaredFacts:
    """Supplies `Setting`."""

    def __init__(self, definition: Definition, running: Mapping[str, int | str]) -> None:
        """`running` are settings of the running program, such as whether a sandbox is there."""
        offered = {product.name for product in definition.products}
        settings: dict[str, int | str] = {
            **definition.settings,
            **{f"product.{name}": "allowed" if name in offered else "forbidden" for name in PRODUCTS},
            "entity.trust": definition.entity_of_kind(AccountKind.CLIENT).code,
            "entity.operator": definition.entity_of_kind(AccountKind.HOUSE).code,
            **running,
        }
        self._settings = [Setting(name, value) for name, value in sorted(settings.items())]

    def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[Any] | None:
        """As `FactSource`."""
        return self._settings if fact_type is Setting else None
