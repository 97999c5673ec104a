"""Where facts come from: the rooms above the rulebook, wired by `site`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

Fact = TypeVar("Fact", bound=msgspec.Struct)


class FactSource(Protocol):
    """Facts of a running site as they are at one moment."""

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """Every fact of the type; None when no room of the site supplies it, which is 'no data' and red.

        An empty sequence means that the room was asked and has none.
        """


class FactsUnusable(Exception):
    """There are facts of a type, and they cannot be used; the text says why, without personal data."""


class Joined:
    """The facts of several rooms together. A type that none of them supplies is supplied by nobody."""

    def __init__(self, *rooms: FactSource) -> None:
        self._rooms = rooms

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        told = [facts for room in self._rooms if (facts := room.facts(fact_type)) is not None]
        if len(told) < 2:
            return told[0] if told else None
        return [fact for facts in told for fact in facts]
