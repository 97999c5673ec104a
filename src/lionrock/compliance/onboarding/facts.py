"""What this room tells the rulebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from lionrock.compliance.onboarding.onboarding import OPENING_GATES, Onboarding
from lionrock.rulebook.facts.clients import ClientRecord
from lionrock.rulebook.facts.general import GateWired, RecordShape
from lionrock.rulebook.ports import Fact


class OnboardingFacts:
    """Facts about clients, the gates asked here, the shape of a client's record. SQL."""

    def __init__(self, onboarding: Onboarding) -> None:
        self._records = onboarding.records

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """As `lionrock.rulebook.ports.FactSource`."""
        found: Any = None
        if fact_type is ClientRecord:
            found = self._records.records()
        elif fact_type is GateWired:
            found = self._records.wired(OPENING_GATES)
        elif fact_type is RecordShape:
            found = self._records.shapes()
        return cast("Sequence[Fact] | None", found)
