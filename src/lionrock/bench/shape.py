"""What a flow really is: the shares of its body's commands, and what rests when it is over."""

from __future__ import annotations

from collections import Counter
from typing import TypedDict

import numpy as np

from lionrock.bench.batches import in_batches
from lionrock.bench.blocks import found
from lionrock.bench.flows import Flow
from lionrock.core.engine import Engine
from lionrock.words.commands import AmendOrder, CancelOrder, PlaceOrder
from lionrock.words.enumerations import TimeInForce
from lionrock.words.events import OrderCancelled, OrderFilled, TradeExecuted
from lionrock.words.records import RECORD_BYTES


class Shape(TypedDict):
    """Shares are of the body's commands."""

    new: float
    """Orders that may rest."""
    immediate: float
    """Orders that may not: immediate or cancel, fill or kill."""
    cancel: float
    amend: float
    trading: float
    """Commands that cause one or more trades."""
    resting_at_end: int
    """Orders."""


def shape_of(flow: Flow) -> Shape:
    """Measured by playing the flow once in the fast build."""
    engine = Engine()
    commands = len(flow.body) // RECORD_BYTES
    resting = 0
    seen: Counter[str] = Counter()
    for part in (flow.stage, flow.resting, flow.body):
        for batch in in_batches(part):
            events = engine.apply(batch)
            placed = found(PlaceOrder, batch)["time_in_force"]
            resting += len(placed) - len(found(OrderFilled, events)) - len(found(OrderCancelled, events))
            if part is flow.body:
                rests = int(np.sum(placed == TimeInForce.GOOD_TILL_CANCELLED))
                seen["new"] += rests
                seen["immediate"] += len(placed) - rests
                seen["cancel"] += len(found(CancelOrder, batch))
                seen["amend"] += len(found(AmendOrder, batch))
                seen["trading"] += len(np.unique(found(TradeExecuted, events)["sequence"]))

    def share(name: str) -> float:
        return round(seen[name] / commands, 4)

    return Shape(
        new=share("new"),
        immediate=share("immediate"),
        cancel=share("cancel"),
        amend=share("amend"),
        trading=share("trading"),
        resting_at_end=resting,
    )
