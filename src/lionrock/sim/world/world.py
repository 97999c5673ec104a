"""One world: a node lives, ends in one way or another, is looked at while it is down, and lives again."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from lionrock.journal.closing import MARK_NAME
from lionrock.journal.segments import JournalDamaged
from lionrock.node.skipping import PoisonFrame
from lionrock.sim.world.clients import Flow
from lionrock.sim.world.damage import spoilt
from lionrock.sim.world.disk import Faults, Medium, SimulatedDisk
from lionrock.sim.world.life import Life
from lionrock.sim.world.loop import LaterExecutor
from lionrock.sim.world.promises import PromiseBroken, Promises
from lionrock.sim.world.setting import JOURNAL, SITE, Build, Setting, frames_on

Progress = Callable[[int], None]
"""Called with the steps done so far."""


class WorldFailed(Exception):
    """A world in which a promise was broken; the seed and the number of steps make it happen again."""

    def __init__(self, seed: int, steps: int, at_step: int, life: int, words: str) -> None:
        super().__init__(f"seed {seed}, step {at_step}, life {life}: {words}")
        self.seed, self.steps, self.words = seed, steps, words


class Summary(NamedTuple):
    """What a world went through."""

    seed: int
    steps: int
    lives: int
    commands: int
    acknowledged: int
    """Commands whose sender was told their events."""
    frames: int
    met: dict[str, int]
    """How often each kind of end, fault and damage happened."""
    fingerprint: str
    """SHA-256 over every frame and what happened: the same for the same seed, steps and code."""


class World:
    """Made for one run."""

    def __init__(self, seed: int, steps: int, build: Build) -> None:
        self._seed, self._steps = seed, steps
        self._chance = Random(seed)
        self._medium = Medium(self._chance, SITE.parent)
        self._flow = Flow(seed, self._chance)
        self._promises = Promises()
        self._met: Counter[str] = Counter()
        self._setting = Setting.drawn(build, self._chance)
        self._lives = self._acknowledged = 0
        self._done = 0
        self._closed = self._whole = self._unfinished = False

    def run(self, progress: Progress | None = None) -> Summary:
        """Raises `WorldFailed`."""
        log = logging.getLogger("lionrock.node")
        level = log.level
        log.setLevel(logging.CRITICAL + 1)  # what it says of every planned failure helps nobody
        try:
            while self._done < self._steps:
                self._live()
                self._look_at_the_medium()
                if progress:
                    progress(min(self._done, self._steps))
            self._live(last=True)
        except PromiseBroken as broken:
            raise WorldFailed(self._seed, self._steps, self._done, self._lives, str(broken)) from broken
        finally:
            log.setLevel(level)
        fingerprint = hashlib.sha256(repr((self._promises.shown, sorted(self._met.items()), self._done)).encode())
        return Summary(
            self._seed,
            self._steps,
            self._lives,
            self._promises.last_sequence,
            self._acknowledged,
            len(self._promises.shown),
            dict(sorted(self._met.items())),
            fingerprint.hexdigest(),
        )

    def _live(self, *, last: bool = False) -> None:
        """From a start to the end of the process; the last time without any fault, to a clean close."""
        self._lives += 1
        disk = SimulatedDisk(self._medium, Faults() if last else self._drawn_faults())
        life = Life(disk, self._chance, self._flow, self._promises, self._setting)
        try:
            life.run(calm=last)
        finally:
            self._done += 1 + life.steps
            self._acknowledged += life.acknowledged
            self._met.update(disk.met + life.met)
        self._closed, self._whole = life.closed, life.left_nothing_unfinished
        self._medium.capacity_bytes = None
        self._unfinished = not life.left_nothing_unfinished
        if not last and self._chance.random() < (0.3 if self._unfinished else 0.6):
            self._unfinished = False
            self._met["power lost"] += 1
            self._medium.lose_power()

    def _drawn_faults(self) -> Faults:
        chance = self._chance
        faults = Faults(short_write=chance.choice((0.0, 0.3)), dropped_pages=chance.choice((0.0, 0.3, 0.3)))
        kinds = ["none", "sync", "sync", "write", "name", "read", "full", "end", "end", "end", "end"]
        if self._lives <= 3:  # that is when most files get their names
            kinds += ["name"] * 4
        if self._unfinished:  # what the system holds and the device does not: a start must not trust it
            kinds = ["drop", "drop", "end soon", "end soon", *kinds]
        match chance.choice(kinds):
            case "drop":
                faults.dropped_pages = 0.5
            case "end soon":
                faults.operations_left = chance.randint(5, 25)
            case "sync":
                faults.failed_sync = chance.choice((0.05, 0.3))
            case "write":
                faults.failed_write = chance.choice((0.02, 0.2))
            case "name":
                faults.failed_name = chance.choice((0.05, 0.5))
            case "read":
                faults.failed_read = 0.1
            case "full":
                self._medium.capacity_bytes = self._medium.used_bytes() + chance.randint(0, 30_000)
            case "end":
                faults.operations_left = chance.randint(1, chance.choice((25, 25, 200)))
            case _:
                pass
        return faults

    def _look_at_the_medium(self) -> None:
        frames, torn = frames_on(self._medium)
        if isinstance(torn, JournalDamaged):
            raise PromiseBroken(f"after an ordinary end the journal is refused: {torn}")
        self._promises.on_the_medium(frames, closed=self._closed)
        if torn and self._whole:
            raise PromiseBroken(f"a last write looks cut short, and none was: {torn}")
        names = SimulatedDisk(self._medium).list_directory(JOURNAL)
        if self._closed and (MARK_NAME not in names or torn):
            raise PromiseBroken("a journal that was closed has no mark, or a last write cut short")
        if self._chance.random() < 0.3:
            with spoilt(self._medium, JOURNAL, self._chance) as damage:
                if damage:
                    self._met[damage.what] += 1
                    left, found = frames_on(self._medium)
                    damage.judge(found, len(frames) - len(left))
                    damage.judge_node(found, self._refusal())

    def _refusal(self) -> Exception | None:
        """What a node says that is to start on the medium as it is. What the start changes is thrown away."""
        disk, threads = SimulatedDisk(self._medium.copy()), (LaterExecutor(), LaterExecutor())
        try:
            node = self._setting.open_node(disk, lambda: 0, _NoLock, threads=threads, listeners=())
        except (JournalDamaged, PoisonFrame) as refusal:
            return refusal
        sequence, digest = node.engine.last_sequence, node.engine.digest()
        if sequence == self._promises.last_sequence and digest != self._promises.digest():
            raise PromiseBroken(f"on a spoilt medium a node came back with another state at command {sequence}")
        return None


class _NoLock:
    """Nobody else is there."""

    def __init__(self, directory: Path) -> None:
        del directory

    def release(self) -> None:
        """Nothing was held."""
