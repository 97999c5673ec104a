"""Kills nodes and compares: what was acknowledged is there with the same events, and nothing is half there."""

from __future__ import annotations

import hashlib
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.sim.auditor import Auditor
from lionrock.sim.crash.nursery import Nursery
from lionrock.words.records import RECORD_BYTES

ROUNDS_IN_A_DIRECTORY = 60
"""Then a new one is begun: a journal that only grows would make the comparing slower and slower."""
MOST_ACKNOWLEDGED = 250
LONGEST_DELAY_SECONDS = 0.04

Progress = Callable[[int], None]
"""Called with the rounds done so far."""


class CrashFailed(Exception):
    """Something that was promised does not hold; the words say what, and where the directory is."""


class Summary(NamedTuple):
    """What the rounds went through."""

    rounds: int
    commands: int
    acknowledged: int
    killed_before_open: int
    """Rounds in which the node was killed before it had started."""
    closed: int
    """Rounds in which it had closed in good order before it was killed."""
    torn_tails: int
    from_snapshot: int
    """Starts that began from a snapshot."""
    slowest_round_seconds: float


class Site:
    """One directory over several rounds, and what is known of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.auditor = Auditor()
        self._hashes: list[bytes] = []
        self._told: dict[int, str] = {}
        self._events: dict[int, str] = {}

    def opened(self, sequence: int, digest: str) -> None:
        """A node came back with this."""
        expected = self.auditor.last_sequence, self.auditor.digest()
        if (sequence, digest) != expected:
            self._fail(f"the node came back with command {sequence} and digest {digest}, the auditor with {expected}")

    def acknowledged(self, sequence: int, told: str) -> None:
        self._told[sequence] = told

    def compare(self) -> None:
        """Read the whole journal as it lies there, and have the auditor go on with what is new."""
        reader = Reader(self.directory / "journal", Disk(), archive=self.directory / "archive")
        for at, frame in enumerate(reader):
            if at < len(self._hashes):
                if reader.last_hash != self._hashes[at]:
                    self._fail(f"frame {frame.sequence} is not the one that was there before")
                continue
            self._hashes.append(reader.last_hash)
            for start in range(0, len(frame.records), RECORD_BYTES):
                events = self.auditor.apply(frame.records[start : start + RECORD_BYTES])
                self._events[self.auditor.last_sequence] = hashlib.sha256(events).hexdigest()
        if reader.end.next_sequence != self.auditor.last_sequence + 1:
            self._fail(f"the journal ends at {reader.end.next_sequence}, and had {self.auditor.last_sequence}")
        for sequence, told in self._told.items():
            if self._events.get(sequence) != told:
                self._fail(f"command {sequence} was acknowledged, and is not there with the events that were told")
        self._told.clear()
        self._events.clear()

    def _fail(self, words: str) -> None:
        raise CrashFailed(f"{self.directory}: {words}")


class _Met:
    def __init__(self) -> None:
        self.acknowledged = self.commands = self.killed_before_open = self.closed = 0
        self.torn_tails = self.from_snapshot = 0
        self.slowest_round_seconds = 0.0


def crash_rounds(directory: Path, rounds: int, seed: int, progress: Progress | None = None) -> Summary:
    """Work in directories below this one; only the last is left. Raises `CrashFailed`, and `JournalDamaged`."""
    chance, met = Random(seed), _Met()
    site = None
    with Nursery() as nursery:
        for number in range(rounds):
            if number % ROUNDS_IN_A_DIRECTORY == 0:
                if site:
                    shutil.rmtree(site.directory)
                site = Site(directory / f"site-{number // ROUNDS_IN_A_DIRECTORY}")
            if site:
                _round(site, nursery, chance, met)
            if progress:
                progress(number + 1)
    return Summary(rounds, **vars(met))


def _round(site: Site, nursery: Nursery, chance: Random, met: _Met) -> None:
    """The node dies after some answers, after some time, or after or in the midst of closing in good order."""
    begun, before = time.monotonic(), site.auditor.last_sequence
    after_answers = chance.randint(1, MOST_ACKNOWLEDGED)
    moment = chance.choice(("answers", "answers", "time", "close", "closed"))
    nursery.start(site.directory, chance.getrandbits(32), after_answers if moment.startswith("close") else 0)
    if moment == "time":
        time.sleep(chance.uniform(0, chance.choice((0.002, LONGEST_DELAY_SECONDS))))
        nursery.kill()
    is_open, answers, status = False, 0, ""
    for line in nursery.lines():
        words = line.split()
        match words:
            case ["ended", status]:
                break
            case ["open", sequence, digest, torn, snapshot]:
                is_open = True
                met.torn_tails += int(torn)
                met.from_snapshot += snapshot != "0"
                site.opened(int(sequence), digest)
            case [sequence, told]:
                answers += 1
                site.acknowledged(int(sequence), told)
                if answers == after_answers and moment in {"answers", "close"}:
                    nursery.kill()
            case _:
                raise CrashFailed(f"{site.directory}: the node said {line!r}")
    _judge_end(site, status, moment)
    site.compare()
    met.acknowledged += answers
    met.commands += site.auditor.last_sequence - before
    met.killed_before_open += not is_open
    met.closed += status == "0"
    met.slowest_round_seconds = max(met.slowest_round_seconds, time.monotonic() - begun)


def _judge_end(site: Site, status: str, moment: str) -> None:
    allowed = {"0"} if moment == "closed" else {str(-signal.SIGKILL)} | ({"0"} if moment == "close" else set())
    if status not in allowed:
        raise CrashFailed(f"{site.directory}: the node was to end by {moment}, and ended with {status}")
