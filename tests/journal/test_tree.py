"""The tree, its proofs and both checks of them, against the definition in the standard and its published vectors."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from hashlib import sha256

import pytest

from lionrock.journal.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    grew_from,
    includes,
    inclusion_proof,
    leaf_hash,
    root_of,
)
from lionrock.journal.verify import Tree, root_by_inclusion, roots_by_consistency

SIZES = range(1, 71)
DATA = [number.to_bytes(2, "big") for number in range(70)]
LEAVES = [leaf_hash(data) for data in DATA]

# The eight leaves, roots and proofs of the certificate transparency project's merkle_tree_test.cc.
CT_DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
CT_INCLUSION = [
    (0, 1, []),
    (0, 8, [_A, _B, _C]),
    (5, 8, [_D, _E, CT_ROOTS[3]]),
    (2, 3, [CT_ROOTS[1]]),
    (1, 5, [CT_ROOTS[0], _B, _D]),
]
CT_CONSISTENCY = [(1, 1, []), (1, 8, [_A, _B, _C]), (6, 8, [_F, _E, CT_ROOTS[3]]), (2, 5, [_B, _D])]


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = max(2**power for power in range(10) if 2**power < len(leaves))
    return sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = max(2**power for power in range(10) if 2**power < len(leaves))
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_proof(m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of section 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [defined_root(leaves)]
    k = max(2**power for power in range(10) if 2**power < len(leaves))
    if m <= k:
        return [*defined_proof(m, leaves[:k], whole), defined_root(leaves[k:])]
    return [*defined_proof(m - k, leaves[k:], False), defined_root(leaves[:k])]


ROOTS = [defined_root(LEAVES[:size]) for size in range(71)]


def included_alone(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """The verdict of the stand-alone verifier."""
    rest = list(path)
    try:
        return root_by_inclusion(leaf, index, size, rest) == root and not rest
    except IndexError:
        return False


def grew_alone(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """The verdict of the stand-alone verifier."""
    rest = list(path)
    try:
        return roots_by_consistency(old_size, size, rest, old_root) == (old_root, root) and not rest
    except (IndexError, ValueError):
        return False


def test_the_definition_itself_gives_the_published_vectors() -> None:
    leaves = [leaf_hash(bytes.fromhex(data)) for data in CT_DATA]
    assert [defined_root(leaves[:size]).hex() for size in range(1, 9)] == CT_ROOTS


@pytest.mark.shows("RECD-001")
def test_published_roots_and_proofs() -> None:
    leaves = [leaf_hash(bytes.fromhex(data)) for data in CT_DATA]
    assert [root_of(leaves[:size]).hex() for size in range(1, 9)] == CT_ROOTS
    for index, size, path in CT_INCLUSION:
        assert [each.hex() for each in inclusion_proof(leaves[:size], index)] == path
    for old_size, size, path in CT_CONSISTENCY:
        assert [each.hex() for each in consistency_proof(leaves[:size], old_size)] == path


@pytest.mark.shows("RECD-001")
def test_a_growing_tree_has_the_defined_root_at_every_size_and_after_every_restart() -> None:
    tree, alone = Frontier(), Tree()
    assert tree.root() == EMPTY_ROOT == ROOTS[0]
    for size, data in enumerate(DATA, 1):
        tree.append(data)
        alone.append(leaf_hash(data))
        assert (tree.size, tree.root(), alone.root()) == (size, ROOTS[size], ROOTS[size])
        saved = tree.save()
        assert len(saved) == 8 + 32 * size.bit_count()
        tree = Frontier.load(saved)


@pytest.mark.parametrize("length", [0, 7, 8 + 31, 8 + 64, 8 + 33])
def test_bytes_of_another_length_are_no_saved_tree(length: int) -> None:
    saved = (4).to_bytes(8, "little") + bytes(64)
    with pytest.raises(ValueError, match="no tree"):
        Frontier.load(saved[:length] + bytes(length == 8 + 33))


@pytest.mark.shows("RECD-002")
def test_every_leaf_of_every_tree_has_its_path_and_no_other_place_takes_it() -> None:
    for size in SIZES:
        for index in range(size):
            path = inclusion_proof(LEAVES[:size], index)
            assert path == defined_path(index, LEAVES[:size])
            for holds in (includes, included_alone):
                assert holds(LEAVES[index], index, size, path, ROOTS[size])
                assert not holds(LEAVES[index - 1], index, size, path, ROOTS[size]) or size == 1
                assert not holds(LEAVES[index], (index + 1) % size, size, path, ROOTS[size]) or size == 1
                assert not holds(LEAVES[index], index, size, path, ROOTS[size - 1])
                assert not holds(LEAVES[index], index, size, [*path, LEAVES[0]], ROOTS[size])
                assert not holds(LEAVES[index], index, size, path[:-1], ROOTS[size]) or not path
    assert not includes(LEAVES[0], 1, 1, [], ROOTS[1])
    assert not includes(LEAVES[0], -1, 1, [], ROOTS[1])


@pytest.mark.shows("RECD-003")
def test_every_tree_is_shown_to_begin_with_every_smaller_one_and_with_no_other() -> None:
    for old_size, size in itertools.combinations_with_replacement(SIZES, 2):
        path = consistency_proof(LEAVES[:size], old_size)
        assert path == defined_proof(old_size, LEAVES[:size])
        for holds in (grew_from, grew_alone):
            assert holds(old_size, ROOTS[old_size], size, ROOTS[size], path)
            assert not holds(old_size, ROOTS[old_size - 1], size, ROOTS[size], path)
            assert not holds(old_size, ROOTS[old_size], size, ROOTS[size - 1], path)
            assert not holds(old_size, ROOTS[old_size], size, ROOTS[size], [*path, LEAVES[0]])
            assert not holds(old_size, ROOTS[old_size], size, ROOTS[size], path[:-1]) or not path
            assert not holds(size, ROOTS[size], old_size, ROOTS[old_size], path) or size == old_size
            for place in range(len(path)):
                assert not holds(old_size, ROOTS[old_size], size, ROOTS[size], [*path[:place], *path[place + 1 :]])


def test_proofs_of_what_is_not_there_are_refused() -> None:
    for index in (-1, 3):
        with pytest.raises(ValueError, match="not in a tree of 3"):
            inclusion_proof(LEAVES[:3], index)
    for old_size in (0, 4):
        with pytest.raises(ValueError, match="did not grow from"):
            consistency_proof(LEAVES[:3], old_size)
    assert not grew_from(0, ROOTS[0], 3, ROOTS[3], [])
    assert not grew_from(2, ROOTS[2], 3, ROOTS[3], [])
    assert not grew_from(3, ROOTS[3], 5, ROOTS[5], [])
