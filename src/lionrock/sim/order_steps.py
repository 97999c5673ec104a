"""What traders did, apart from any venue: the steps that recorded and generated flows consist of."""

from __future__ import annotations

from typing import NamedTuple

from lionrock.words.enumerations import Side, TimeInForce


class Place(NamedTuple):
    """Somebody sends an order."""

    reference: int
    """The recording venue's order id, or any number that is used once."""
    side: Side
    price_ticks: int
    """Limit in whole quote units; 0 on a sell means at market."""
    size_lots: int
    """In 10^-8 of a unit of base."""
    time_in_force: TimeInForce
    post_only: bool
    time_ms: int
    """Unix milliseconds on the recording venue's clock."""


class Cancel(NamedTuple):
    """Somebody takes an order back, or would have: it may have been filled before."""

    reference: int
    time_ms: int


Step = Place | Cancel
