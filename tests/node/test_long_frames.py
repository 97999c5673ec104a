"""Frames so long that they are hashed in a thread of their own are chained, shown and replayed like any other."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lionrock.core.engine import Engine
from lionrock.journal.disk import Disk
from lionrock.journal.frames import HEADER_BYTES
from lionrock.journal.reader import Reader
from lionrock.journal.writer import LONG_BYTES
from lionrock.node.errors import NodeStopped
from lionrock.node.node import Node
from lionrock.node.published import Published
from lionrock.words.enumerations import Side
from lionrock.words.records import RECORD_BYTES
from tests.node.trading import order, venue

LONG = (LONG_BYTES - HEADER_BYTES) // RECORD_BYTES + 1
"""Commands in the shortest frame that is long."""


@pytest.mark.shows("JRNL-015")
async def test_long_and_short_frames_are_chained_and_replayed(tmp_path: Path) -> None:
    shown: list[Published] = []
    node = Node.open(tmp_path, Engine, count(1).__next__)
    node.subscribe(shown.append)
    await node.submit_all([(command, b"") for command in venue()])
    buy = order(11, Side.BUY, 100, 1).pack()
    answers = await asyncio.gather(*(node.submit_records(buy * commands) for commands in (LONG, LONG - 1, LONG, 3)))
    digest = node.engine.digest()
    await node.close()

    hashes = []
    reader = Reader(tmp_path / "journal", Disk())
    for frame in reader:  # which refuses a frame that is not chained to the one before it
        hashes.append(reader.last_hash)
        assert frame.records == shown[len(hashes) - 1].command_records
    assert [published.frame_hash for published in shown] == hashes
    assert [answer.command_count for answer in answers] == [LONG, LONG - 1, LONG, 3]

    again = Node.open(tmp_path, Engine, count(1).__next__)
    assert again.engine.digest() == digest
    await again.close()


class NoThread(Executor):
    """The system has no thread to give."""

    def submit(self, *_args: Any, **_named: Any) -> Future[Any]:
        raise RuntimeError("can't start new thread")


async def test_a_node_that_cannot_hash_a_long_frame_stops_and_says_so(tmp_path: Path) -> None:
    node = Node.open(tmp_path, Engine, count(1).__next__)
    await node.submit_all([(command, b"") for command in venue()])
    node._hash_thread = NoThread()  # type: ignore[assignment]
    with pytest.raises(NodeStopped, match="can't start new thread") as stopped:
        await node.submit_records(order(11, Side.BUY, 100, 1).pack() * LONG)
    assert not stopped.value.outcome_known
    await node.close()
