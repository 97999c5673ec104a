"""Every hash of the tree over a journal's frames, and where each frame stands, so that a proof takes a few reads.

Two files in the folder `tree` of a data directory, both append-only, numbers little-endian:

* `nodes`: hashes of 32 bytes, in the order in which a growing tree completes them: each leaf, behind it every full
  subtree that it is the last leaf of. Behind n leaves there are 2n minus the number of ones in n's binary form.
* `ends`: 24 bytes for each frame, where it ends: sequence of the record behind it, sequence that its segment is named
  after, offset in the segment.

The index is made from the journal and can be lost: it is never synced, and whoever makes a proof from it checks the
proof against a signed checkpoint before giving it away, and has the index made anew where they disagree.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lionrock.journal.disk import Disk
from lionrock.journal.segments import JournalDamaged
from lionrock.journal.tail import Place, Tail, Tailed, read_durable
from lionrock.journal.tree import HASH_BYTES, consistency_ranges, inclusion_ranges, leaf_hash, node_hash

DIRECTORY = "tree"
_NODES, _ENDS = "nodes", "ends"
_END = struct.Struct("<QQQ")


class Leaf(NamedTuple):
    """A frame as a leaf of the tree."""

    number: int
    """Of the frame, from 0."""
    sequence: int
    """Of its first record."""
    next_sequence: int
    """One above its last record's."""
    place: Place
    """Where it begins."""
    stop: int
    """Offset where it ends."""


class _End(NamedTuple):
    next_sequence: int
    place: Place


class LeafIndex:
    """Of one data directory. One process at a time, and not for two threads at once."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        """Nothing is read before it is asked for."""
        self._journal, self._archive = directory / "journal", directory / "archive"
        self._directory = directory / DIRECTORY
        self._disk = disk
        self._tail: Tail | None = None
        self._roots: list[bytes] = []
        """Of the full subtrees over all leaves, largest first."""
        self._was_checked = False
        self.size = 0
        """Frames that it knows."""

    def take(self, most: int) -> int:
        """Take in so many durable frames that it does not know yet; gives how many there were.

        Raises `JournalDamaged` and `OSError`; the next call then goes on where the files end.
        """
        tail = self._tail or self._open()
        try:
            with self._files() as (nodes, ends):
                taken = list(islice(tail.read(read_durable(self._journal)), most))
                if taken and not self._was_checked and not self._follows(taken[0], nodes):
                    self.reset()
                    return 0
                hashes = b"".join(self._grown(each.hash, self.size + number) for number, each in enumerate(taken))
                self._disk.write_all(nodes, hashes, HASH_BYTES * _nodes_behind(self.size))
                packed = b"".join(_END.pack(each.frame.next_sequence, *each.end) for each in taken)
                self._disk.write_all(ends, packed, _END.size * self.size)
        except (JournalDamaged, OSError):
            self.close()
            raise
        self.size += len(taken)
        return len(taken)

    def reset(self) -> None:
        """Forget everything; it is made anew by `take`. Raises `OSError`."""
        self.close()
        self._disk.remove(self._directory / _ENDS)
        self._disk.remove(self._directory / _NODES)

    def close(self) -> None:
        """Let go of the journal's files. It opens them again when it is asked to take."""
        if self._tail:
            self._tail.close()
        self._tail, self._roots, self.size = None, [], 0

    def leaf_of(self, sequence: int, size: int) -> Leaf | None:
        """The frame among the first `size` that holds this record; None where none does. Raises `OSError`."""
        with self._files() as (_, ends):
            low, high = 0, size
            while low < high:
                middle = (low + high) // 2
                if self._end(ends, middle).next_sequence > sequence:
                    high = middle
                else:
                    low = middle + 1
            if low == size or sequence < 1:
                return None
            end = self._end(ends, low)
            before = self._end(ends, low - 1) if low else _End(1, Place(0, 0))
        start = before.place.offset if before.place.segment == end.place.segment else 0
        place = Place(end.place.segment, start)
        return Leaf(low, before.next_sequence, end.next_sequence, place, end.place.offset)

    def hash_of(self, start: int, stop: int) -> bytes:
        """Root over leaves `start` to `stop`, divided as RFC 9162 does; of one leaf its hash. Raises `OSError`."""
        with self._files() as (nodes, _):
            return self._root(nodes, start, stop)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The path from leaf `index` to the root over the first `size`. Raises `ValueError` and `OSError`."""
        with self._files() as (nodes, _):
            return [self._root(nodes, *each) for each in inclusion_ranges(size, index)]

    def consistency(self, old_size: int, size: int) -> list[bytes]:
        """That the first `size` leaves begin with the first `old_size`. Raises `ValueError` and `OSError`."""
        with self._files() as (nodes, _):
            return [self._root(nodes, *each) for each in consistency_ranges(size, old_size)]

    def _open(self) -> Tail:
        """Go on behind the last frame that both files have whole; where they do not fit each other, begin again."""
        self._disk.make_directory(self._directory)
        with self._files() as (nodes, ends):
            size = self._disk.size(ends) // _END.size
            if self._disk.size(nodes) < HASH_BYTES * _nodes_behind(size):
                size = 0
            end = self._end(ends, size - 1) if size else None
            self._roots = [self._node(nodes, level, index) for level, index in _full_subtrees(0, size)]
        after, place = (end.next_sequence - 1, end.place) if end else (0, None)
        self._tail = Tail(self._journal, self._disk, archive=self._archive, after_sequence=after, place=place)
        self.size, self._was_checked = size, False
        return self._tail

    def _follows(self, first: Tailed, nodes: int) -> bool:
        """Whether the first frame that is new is chained to the last one that is known."""
        self._was_checked = True
        return not self.size or leaf_hash(first.frame.previous_hash) == self._node(nodes, 0, self.size - 1)

    def _grown(self, frame_hash: bytes, number: int) -> bytes:
        """The hashes that this frame completes."""
        root = leaf_hash(frame_hash)
        grown = [root]
        while number & 1:
            root, number = node_hash(self._roots.pop(), root), number >> 1
            grown.append(root)
        self._roots.append(root)
        return b"".join(grown)

    def _root(self, nodes: int, start: int, stop: int) -> bytes:
        *others, root = [self._node(nodes, level, index) for level, index in _full_subtrees(start, stop)]
        for left in reversed(others):
            root = node_hash(left, root)
        return root

    def _node(self, nodes: int, level: int, index: int) -> bytes:
        """Root of the full subtree over the leaves from `index` << `level` on, 1 << `level` of them."""
        last_leaf = (index + 1 << level) - 1
        return self._disk.read_at(nodes, HASH_BYTES, HASH_BYTES * (_nodes_behind(last_leaf) + level))

    def _end(self, ends: int, number: int) -> _End:
        next_sequence, *place = _END.unpack(self._disk.read_at(ends, _END.size, _END.size * number))
        return _End(next_sequence, Place(*place))

    @contextmanager
    def _files(self) -> Iterator[tuple[int, int]]:
        """Descriptors of nodes and ends."""
        opened: list[int] = []
        try:
            for name in (_NODES, _ENDS):
                path = self._directory / name
                opened.append(self._disk.open(path, create=not path.exists()))
            yield opened[0], opened[1]
        finally:
            for each in opened:
                self._disk.close(each)


def _nodes_behind(size: int) -> int:
    """How many hashes stand in the file behind so many leaves."""
    return 2 * size - size.bit_count()


def _full_subtrees(start: int, stop: int) -> list[tuple[int, int]]:
    """Level and index of the full subtrees that leaves `start` to `stop` are made of, largest first."""
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found
