"""A Merkle tree over the frames of a journal, as in RFC 9162 (certificate transparency), section 2.1.

The data of leaf i is the hash of frame i. A leaf's hash is SHA-256(0x00 || data), a node's SHA-256(0x01 || left ||
right), so that neither passes for the other. The left subtree of a tree holds the largest power of two of leaves that
is below its size: it never changes as the tree grows, which is why both growing and proving need only a few hashes.

All hashes are 32 bytes. `journal.verify` checks the same proofs in its own way.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""Root of the tree without a leaf."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of the leaf with this data."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node above these two."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """All that a tree needs to grow: the roots of its full subtrees, largest first, one for each bit of its size."""

    def __init__(self) -> None:
        self._size = 0
        self._roots: list[bytes] = []

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def append(self, data: bytes) -> None:
        """Add a leaf; for a frame its `frame_hash`."""
        self.append_leaf_hash(leaf_hash(data))

    def append_leaf_hash(self, root: bytes) -> None:
        """Add a leaf whose hash is known."""
        size = self._size
        while size & 1:
            root, size = node_hash(self._roots.pop(), root), size >> 1
        self._roots.append(root)
        self._size += 1

    def root(self) -> bytes:
        """Root of the whole tree."""
        if not self._roots:
            return EMPTY_ROOT
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root

    def save(self) -> bytes:
        """Size (8 bytes, little-endian), then the roots; at most 2,056 bytes."""
        return self._size.to_bytes(8, "little") + b"".join(self._roots)

    @classmethod
    def load(cls, saved: bytes) -> Frontier:
        """What `save` gave. Raises `ValueError` for a length that no tree has; whose tree it is, only a root tells."""
        size = int.from_bytes(saved[:8], "little")
        if len(saved) != 8 + HASH_BYTES * size.bit_count():
            raise ValueError(f"{len(saved)} bytes are no tree of {size} leaves")
        tree = cls()
        tree._size = size
        tree._roots = [saved[start : start + HASH_BYTES] for start in range(8, len(saved), HASH_BYTES)]
        return tree


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root of the tree with these leaves."""
    tree = Frontier()
    for each in leaf_hashes:
        tree.append_leaf_hash(each)
    return tree.root()


def inclusion_ranges(size: int, index: int) -> list[tuple[int, int]]:
    """Which leaves each hash of a proof of inclusion stands for, sibling of leaf `index` first (section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    ranges = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _left_size(stop - start)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(size: int, old_size: int) -> list[tuple[int, int]]:
    """Which leaves each hash of a proof of consistency stands for (section 2.1.4.1)."""
    if not 0 < old_size <= size:
        raise ValueError(f"a tree of {size} leaves did not grow from one of {old_size}")
    ranges = []
    start, stop = 0, size
    while old_size != stop:
        middle = start + _left_size(stop - start)
        if old_size <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # otherwise it is the whole old tree, whose root the verifier has
        ranges.append((start, stop))
    return ranges[::-1]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The path from leaf `index` to the root over all these leaves, its sibling first."""
    return [root_of(leaf_hashes[start:stop]) for start, stop in inclusion_ranges(len(leaf_hashes), index)]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """That the tree over all these leaves begins with the tree over the first `old_size` of them."""
    return [root_of(leaf_hashes[start:stop]) for start, stop in consistency_ranges(len(leaf_hashes), old_size)]


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path shows that the tree of this size and root has this leaf hash at `index` (section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def grew_from(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the second tree begins with the whole first one (section 2.1.4.2)."""
    if old_size == size:
        return not path and old_root == root
    if not 0 < old_size < size:
        return False
    hashes = [old_root, *path] if old_size.bit_count() == 1 else list(path)
    if not hashes:
        return False
    first, last = old_size - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_found = found = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_found, found = node_hash(sibling, old_found), node_hash(sibling, found)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and (old_found, found) == (old_root, root)


def _left_size(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1
