"""How the nodes of a world are set up: with sizes so small that everything happens often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple, Self

from lionrock.journal.reader import Reader
from lionrock.journal.segments import JournalDamaged, TornTail
from lionrock.journal.writer import Writer
from lionrock.node.engine import Engine
from lionrock.node.keeper import Keeper
from lionrock.node.lock import Lock
from lionrock.node.node import BATCH_LIMIT, Node
from lionrock.node.recovery import Listener
from lionrock.sim.world.disk import Medium, SimulatedDisk
from lionrock.sim.world.promises import FrameSeen

SITE = Path("/simulated/site")
"""Where every node of every world lives."""
JOURNAL, ARCHIVE = SITE / "journal", SITE / "archive"
ALWAYS_NS = 10**18
"""No sync takes so long."""


class Build(NamedTuple):
    """The engine of a world, new or as it was saved."""

    make: Callable[[], Engine]
    load: Callable[[bytes], Engine]


class Setting(NamedTuple):
    """Drawn once for a world."""

    build: Build
    random_bytes: Callable[[int], bytes]
    segment_bytes: int
    fill_bytes: int
    reserved_bytes: int
    batch_limit: int
    in_line_below_ns: int
    """Whether a few commands are written in the event loop's own thread: never or always, since no clock may decide."""
    snapshot_commands: int
    """0 for a node that saves none."""
    listens_late: bool
    """Listeners come when the node is open, and have no place in its snapshots; otherwise they are there before."""

    @classmethod
    def drawn(cls, build: Build, chance: Random) -> Self:
        """Every size is drawn apart from the others."""
        return cls(
            build,
            chance.randbytes,
            segment_bytes=chance.choice((1, 3_000, 20_000, 100_000)),
            fill_bytes=chance.choice((512, 4_096, 20_000)),
            reserved_bytes=chance.choice((512, 8_192, 60_000)),
            batch_limit=chance.choice((2, 10, BATCH_LIMIT)),
            in_line_below_ns=chance.choice((0, 0, ALWAYS_NS)),
            snapshot_commands=chance.choice((0, 10, 50, 300)),
            listens_late=chance.choice((True, False)),
        )

    def open_node(
        self,
        disk: SimulatedDisk,
        clock: Callable[[], int],
        make_lock: Callable[[Path], Lock],
        *,
        threads: tuple[Executor, Executor],
        listeners: Sequence[Listener],
    ) -> Node:
        """`threads`: the journal's and that of snapshots. Raises what `Node.open` raises."""
        journal_thread, snapshot_thread = threads
        sizes = {name: getattr(self, name) for name in ("segment_bytes", "fill_bytes", "reserved_bytes")}
        return Node.open(
            SITE,
            self.build.make,
            clock,
            load_engine=self.build.load if self.snapshot_commands else None,
            listeners=listeners,
            disk=disk,
            random_bytes=self.random_bytes,
            journal_thread=journal_thread,
            make_lock=make_lock,
            make_writer=partial(Writer, **sizes),
            make_keeper=partial(
                Keeper,
                snapshot_commands=self.snapshot_commands,
                snapshot_frames=self.snapshot_commands,
                thread=snapshot_thread,
            ),
            batch_limit=self.batch_limit,
            in_line_below_ns=self.in_line_below_ns,
        )


def frames_on(medium: Medium) -> tuple[list[FrameSeen], JournalDamaged | TornTail | None]:
    """Every frame that the journal on a medium holds, and what a reader says of its end."""
    reader = Reader(JOURNAL, SimulatedDisk(medium), archive=ARCHIVE)
    frames: list[FrameSeen] = []
    try:
        frames.extend(FrameSeen(frame.sequence, frame.time_ns, bytes(frame.records), frame.side) for frame in reader)
    except JournalDamaged as damaged:
        return frames, damaged
    return frames, reader.end.torn_tail
