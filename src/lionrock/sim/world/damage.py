"""Spoils the journal of a node that is down, in ways whose discovery is promised."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

from lionrock.journal.archive import ARCHIVED_SUFFIX
from lionrock.journal.closing import MARK_NAME
from lionrock.journal.frames import HEADER_BYTES, FrameInvalid, decode, encode, encoded_length
from lionrock.journal.segments import SUFFIX, JournalDamaged, TornTail
from lionrock.journal.snapshots import SUFFIX as SNAPSHOT_SUFFIX
from lionrock.sim.world.disk import Medium
from lionrock.sim.world.promises import PromiseBroken

_MISSING, _IN_ARCHIVE = "a missing file", "a flipped bit in the archive"


class Place(NamedTuple):
    """Where a frame lies."""

    path: Path
    start: int
    stop: int


class Spoilt(NamedTuple):
    """What was done, and what must be said of it."""

    what: str
    path: Path
    start: int
    """Where the frame begins that is not as it was, or the space behind the last one."""
    last_frame_only: bool = False
    """It looks like a last write that a crash cut short, and may be dropped as one."""
    may_be_harmless: bool = False
    """Not every bit of it counts, or something else serves in its place."""

    def judge_node(self, found: JournalDamaged | TornTail | None, refusal: Exception | None) -> None:
        """`refusal` is what a node said that was to start on it. Raises `PromiseBroken`."""
        may_do_without = {_MISSING, _IN_ARCHIVE}  # when a snapshot covers it
        if isinstance(found, JournalDamaged) and refusal is None and self.what not in may_do_without:
            raise PromiseBroken(f"{self.what} in {self.path}: a reader refuses it, and a node starts on it")
        may_know_better = self.last_frame_only  # when a snapshot covers the frame that looks cut short
        if refusal and not isinstance(found, JournalDamaged) and not may_know_better:
            raise PromiseBroken(f"{self.what} in {self.path}: a reader takes it, and no node starts: {refusal}")

    def judge(self, found: JournalDamaged | TornTail | None, missing_frames: int) -> None:
        """`found` is what a reader said, who then gave so many frames fewer. Raises `PromiseBroken`."""
        where = f"{self.what} in {self.path}, in what begins at byte {self.start}"
        if isinstance(found, JournalDamaged):
            if not self._names_the_place(found):
                raise PromiseBroken(f"{where}: the reader says: {found}")
        elif not (self.last_frame_only or self.may_be_harmless):
            raise PromiseBroken(f"{where}: the reader says nothing")
        elif missing_frames > (found is not None):
            raise PromiseBroken(f"{where}: it cost {missing_frames} frames")

    def _names_the_place(self, found: JournalDamaged) -> bool:
        return self.what == _MISSING or (found.path, found.start) == (self.path, self.start)


def places(medium: Medium, journal: Path) -> list[Place]:
    """Every whole frame of a journal that is in order."""
    found: list[Place] = []
    for path, file in sorted(medium.files().items()):
        if path.parent == journal and path.name.endswith(SUFFIX):
            content, start = bytes(file.cache), 0
            with suppress(FrameInvalid, struct.error):  # zeros, a write cut short, less than a header
                while start < len(content):
                    stop = start + encoded_length(content[start : start + HEADER_BYTES])
                    decode(content[start:stop])
                    found.append(Place(path, start, stop))
                    start = stop
    return found


class _Down(NamedTuple):
    """A journal that no process has."""

    medium: Medium
    journal: Path
    frames: list[Place]
    closed: bool
    chance: Random

    @property
    def segments(self) -> list[Path]:
        return sorted({place.path for place in self.frames})

    @property
    def finished(self) -> list[Path]:
        """Segments behind which nothing may be missing."""
        return self.segments if self.closed else self.segments[:-1]

    def frame_at(self, path: Path, offset: int) -> int:
        """Where the frame begins that holds this byte; where the last one ends, for bytes behind it."""
        bounds = [bound for place in self.frames if place.path == path for bound in (place.start, place.stop)]
        return max(bound for bound in bounds if bound <= offset)

    def content(self, path: Path) -> bytearray:
        return self.medium.files()[path].cache


@contextmanager
def spoilt(medium: Medium, journal: Path, chance: Random) -> Iterator[Spoilt | None]:
    """The journal, spoilt as long as this lasts; None when there is nothing in it of what was to be spoilt."""
    kept = {path: bytes(file.cache) for path, file in medium.files().items()}
    entries = dict(medium.entries)
    down = _Down(medium, journal, places(medium, journal), journal / MARK_NAME in entries, chance)
    spoil = chance.choice((_flip, _flip, _flip, _rewrite, _cut, _remove, _flip_mark, _flip_archived, _flip_snapshot))
    try:
        yield spoil(down) if down.frames else None
    finally:
        medium.entries.clear()
        medium.entries.update(entries)
        for path, file in medium.files().items():
            file.cache[:] = kept[path]


def _flip(down: _Down) -> Spoilt:
    """Any bit of a segment, also of the space filled in advance."""
    path = down.chance.choice(down.segments)
    start = down.frame_at(path, _flip_bit(down, path))
    last = down.frames[-1]
    return Spoilt("a flipped bit", path, start, not down.closed and path == last.path and start >= last.start)


def _flip_mark(down: _Down) -> Spoilt | None:
    if not down.closed:
        return None
    path = down.journal / MARK_NAME
    _flip_bit(down, path)
    return Spoilt("a flipped bit", path, 0)


def _flip_archived(down: _Down) -> Spoilt | None:
    return _flip_kept(down, _IN_ARCHIVE, ARCHIVED_SUFFIX)


def _flip_snapshot(down: _Down) -> Spoilt | None:
    return _flip_kept(down, "a flipped bit in a snapshot", SNAPSHOT_SUFFIX)


def _flip_kept(down: _Down, what: str, suffix: str) -> Spoilt | None:
    paths = sorted(path for path in down.medium.files() if path.name.endswith(suffix))
    if not paths:
        return None
    path = down.chance.choice(paths)
    _flip_bit(down, path, within=down.chance.choice((120, None)))  # what stands first decides most
    return Spoilt(what, path, 0, may_be_harmless=True)


def _flip_bit(down: _Down, path: Path, within: int | None = None) -> int:
    """Any of a file, or of its first so many bytes; returns the offset of its byte."""
    content = down.content(path)
    at = down.chance.randrange(len(content[:within]))
    content[at] ^= 1 << down.chance.randrange(8)
    return at


def _rewrite(down: _Down) -> Spoilt | None:
    """Another content, right in every checksum of its own frame."""
    candidates = down.frames if down.closed else down.frames[:-1]
    if not candidates:
        return None
    place = down.chance.choice(candidates)
    content = down.content(place.path)
    frame = decode(bytes(content[place.start : place.stop]))
    changed = bytearray(frame.records)
    changed[down.chance.randrange(len(changed))] ^= 1
    content[place.start : place.stop] = encode(frame._replace(records=bytes(changed)))
    following = down.frames[down.frames.index(place) + 1 :]
    noticed = following[0] if following else place  # the chain shows it where the next frame begins
    return Spoilt("another content", noticed.path, noticed.start)


def _cut(down: _Down) -> Spoilt | None:
    """The end of a segment behind which nothing may be missing."""
    if not down.finished:
        return None
    path = down.chance.choice(down.finished)
    content = down.content(path)
    at = down.chance.randrange(max(0, len(content) - 3000), len(content))
    del content[at:]
    if path != down.segments[-1] and any(at in (place.start, 0) for place in down.frames if place.path == path):
        path, at = down.segments[down.segments.index(path) + 1], 0  # whole frames are missing: the next is too far on
    return Spoilt("a cut", path, down.frame_at(path, at))


def _remove(down: _Down) -> Spoilt | None:
    if not down.finished:
        return None
    path = down.chance.choice(down.finished)
    del down.medium.entries[path]
    archived = any(other.name == f"{path.name}.gz" for other in down.medium.entries)  # a crash came in between
    return Spoilt(_MISSING, path, 0, may_be_harmless=archived)
