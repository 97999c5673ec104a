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
