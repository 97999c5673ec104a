"""The facts of all rooms as one source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lionrock.rulebook.ports import Fact, FactSource


class GatheredFacts:
    """Asks every room. A type that nobody supplies is None; what several supply is joined in their order."""

    def __init__(self, *sources: FactSource) -> None:
        self._sources = sources

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """As `FactSource`. Raises what a room raises: then nothing is known of the type."""
        given = [facts for source in self._sources if (facts := source.facts(fact_type)) is not None]
        if not given:
            return None
        joined: list[Any] = [fact for facts in given for fact in facts]
        return joined
