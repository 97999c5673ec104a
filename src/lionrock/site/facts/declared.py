"""What a site is set to, as settings that its rules ask for. What the program can tell by itself, nobody declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lionrock.rulebook.facts import Setting
from lionrock.rulebook.facts.general import Backing
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
    "stablecoin_issuing",
    "staking",
    "tokenised_securities",
)
"""What a rule may forbid. `product.<name>` is `allowed` where the site's file lists the product, `forbidden` where not:
nothing is offered that is not listed, as the core asks every order for its product.
"""


TOLD_BY_PROGRAM = ("entity.", "login.", "market_data.", "notice.", "product.", "release.", "sandbox.")
"""Beginnings of names that the running program tells of itself: what a file says of them counts for nothing."""
MARKET_DATA: Mapping[str, int | str] = {"market_data.free_after_minutes": 0, "market_data.machine_readable": "yes"}
"""Bids, asks and trades are published to everybody at once, as JSON and by streams; there is no other way to serve."""


def declared_settings(definition: Definition) -> dict[str, int | str]:
    """What the site's file says and nothing else shows."""
    return {name: value for name, value in definition.settings.items() if not name.startswith(TOLD_BY_PROGRAM)}


class DeclaredFacts:
    """Supplies `Setting`."""

    def __init__(
        self,
        definition: Definition,
        running: Mapping[str, int | str],
        vouches: Callable[[str, str], bool] = lambda _setting, _value: False,
    ) -> None:
        """`running` are settings of the running program, such as whether a sandbox is there; `vouches` tells whether
        two people stand for the value of a setting, and may read documents.
        """
        offered = {product.name for product in definition.products}
        told: dict[str, int | str] = {
            **MARKET_DATA,
            **{f"product.{name}": "allowed" if name in offered else "forbidden" for name in PRODUCTS},
            "entity.trust": definition.entity_of_kind(AccountKind.CLIENT).code,
            "entity.operator": definition.entity_of_kind(AccountKind.HOUSE).code,
            "login.second_factor_required": "yes" if definition.profile().requires_second_factor else "no",
            **running,
        }
        written = [
            Setting(name, value, Backing.ATTESTED if vouches(name, str(value)) else Backing.DECLARED)
            for name, value in declared_settings(definition).items()
            if name not in told
        ]
        settings = [*written, *(Setting(name, value) for name, value in told.items())]
        self._settings = sorted(settings, key=lambda each: each.name)

    def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[Any] | None:
        """As `FactSource`."""
        return self._settings if fact_type is Setting else None
