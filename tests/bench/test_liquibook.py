"""The peer plays the same flow: its trades and traded volume are ours.

Needs a checkout of liquibook, named by LIONROCK_LIQUIBOOK, and a C++ compiler.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from lionrock.bench.batches import in_batches
from lionrock.bench.flows import FLOWS
from lionrock.bench.liquibook import Liquibook, PeerUnusableError
from lionrock.core.engine import Engine
from lionrock.words.events import TradeExecuted
from lionrock.words.records import RECORD_BYTES, layout_of

CHECKOUT = os.environ.get("LIONROCK_LIQUIBOOK", "")


@pytest.mark.skipif(not CHECKOUT, reason="LIONROCK_LIQUIBOOK names no checkout of github.com/enewhuis/liquibook")
@pytest.mark.parametrize("name", ["excore", "basic"])
def test_liquibook_makes_the_same_trades(name: str, tmp_path: Path) -> None:
    flow = FLOWS[name](2, 200_000, lambda _: None)
    peer = Liquibook(Path(CHECKOUT), tmp_path)
    peer.load(name, flow.resting, flow.body)
    theirs = peer.play(name)
    engine = Engine()
    for part in (flow.stage, flow.resting):
        for batch in in_batches(part):
            engine.apply(batch)
    layout = layout_of(TradeExecuted)
    trades = volume_lots = 0
    for batch in in_batches(flow.body):
        events = np.frombuffer(engine.apply(batch), layout.dtype)
        sizes = events["size_lots"][events["kind"] == layout.kind]
        trades += len(sizes)
        volume_lots += int(sizes.sum())
    assert trades > 0.05 * len(flow.body) / RECORD_BYTES
    assert (theirs.trades, theirs.volume_lots) == (trades, volume_lots)


def test_directory_without_liquibook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PeerUnusableError, match=r"src/book/order_book\.h is not there"):
        Liquibook(tmp_path, tmp_path)
