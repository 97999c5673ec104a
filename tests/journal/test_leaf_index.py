"""The index of the tree: proofs from a few reads are right, and what a crash left of it is made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.journal import verify
from lionrock.journal.checkpoints import CheckpointFile
from lionrock.journal.disk import Disk
from lionrock.journal.frames import Frame, encode, frame_hash
from lionrock.journal.leaf_index import DIRECTORY, LeafIndex
from lionrock.journal.public_record import IndexBehind, NotCovered, NothingSigned, PublicRecord
from lionrock.journal.segments import JournalDamaged
from lionrock.journal.tree import consistency_proof, inclusion_proof, leaf_hash, root_of
from tests.journal.journals import write
from tests.journal.records import PUBLIC_KEY, archive, make_record, note_of, segments

COUNT = 37


class CountingDisk(Disk):
    """How many reads there were, and of how many bytes."""

    reads = 0
    read_bytes = 0

    def read_at(self, descriptor: int, length: int, offset: int) -> bytes:
        data = super().read_at(descriptor, length, offset)
        self.reads, self.read_bytes = self.reads + 1, self.read_bytes + len(data)
        return data


def leaf_hashes(frames: list[Frame]) -> list[bytes]:
    return [leaf_hash(frame_hash(encode(frame))) for frame in frames]


def public_key_beside(directory: Path) -> None:
    (directory / "checkpoints" / "public-key").write_text(f"{PUBLIC_KEY}\n")


@pytest.mark.shows("RECD-018")
def test_every_proof_is_that_of_the_whole_journal(tmp_path: Path) -> None:
    """At every size it had, taken in pieces, over several segments, after it was opened again."""
    frames = make_record(tmp_path, range(COUNT), segment_bytes=900)
    hashes = leaf_hashes(frames)
    assert len(segments(tmp_path / "journal")) > 3
    index = LeafIndex(tmp_path, Disk())
    while index.take(5):
        index.close()
        index = LeafIndex(tmp_path, Disk())
    assert index.take(5) == 0
    assert index.size == COUNT
    for size in range(1, COUNT + 1):
        assert index.hash_of(0, size) == root_of(hashes[:size])
        for other in range(size):
            assert index.inclusion(other, size) == inclusion_proof(hashes[:size], other)
            assert index.consistency(other + 1, size) == consistency_proof(hashes[:size], other + 1)
    for number, frame in enumerate(frames):
        for sequence in range(frame.sequence, frame.next_sequence):
            leaf = index.leaf_of(sequence, COUNT)
            assert leaf is not None
            assert (leaf.number, leaf.sequence, leaf.next_sequence) == (number, frame.sequence, frame.next_sequence)
    assert index.leaf_of(frames[-1].next_sequence, COUNT) is None
    assert index.leaf_of(frames[5].sequence, 5) is None, "the sixth frame is not among the first five"


@pytest.mark.shows("RECD-018")
def test_a_proof_takes_a_few_reads_and_none_of_the_journal(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(1_000), [1_000])
    public_key_beside(tmp_path)
    disk = CountingDisk()
    record = PublicRecord(tmp_path, disk)
    assert record.follow(10_000) == 1_000
    for path in segments(tmp_path / "journal"):
        path.rename(path.with_suffix(".away"))
    disk.reads = disk.read_bytes = 0
    record.inclusion(frames[700].sequence)
    record.consistency(333)
    assert disk.reads < 100
    assert disk.read_bytes < 10_000


@pytest.mark.shows("RECD-018")
@pytest.mark.parametrize("name", ["nodes", "ends"])
@pytest.mark.parametrize("left", [0, 100])
def test_what_a_crash_left_of_the_index_is_made_good(tmp_path: Path, name: str, left: int) -> None:
    hashes = leaf_hashes(make_record(tmp_path, range(COUNT)))
    index = LeafIndex(tmp_path, Disk())
    index.take(COUNT)
    index.close()
    path = tmp_path / DIRECTORY / name
    path.write_bytes(path.read_bytes()[:left])
    index = LeafIndex(tmp_path, Disk())
    index.take(COUNT)
    assert (index.size, index.hash_of(0, COUNT)) == (COUNT, root_of(hashes))


@pytest.mark.shows("RECD-018")
def test_no_wrong_proof_leaves_a_spoiled_index(tmp_path: Path) -> None:
    """Bytes that a lost power left as zeros: the proof is refused, and the next one is right."""
    frames = make_record(tmp_path, range(COUNT), [COUNT])
    public_key_beside(tmp_path)
    record = PublicRecord(tmp_path, Disk())
    record.follow(COUNT)
    path = tmp_path / DIRECTORY / "nodes"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(IndexBehind):
        record.consistency(5)
    assert record.consistency(5).path
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(IndexBehind):
        record.inclusion(frames[3].sequence)
    proof = record.inclusion(frames[3].sequence)
    assert verify.root_by_inclusion(proof.leaf_hash, 3, COUNT, list(proof.path)) == proof.signed.checkpoint.root


@pytest.mark.shows("RECD-018")
def test_an_index_of_another_journal_is_made_anew(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    make_record(first, range(COUNT))
    index = LeafIndex(first, Disk())
    index.take(COUNT)
    index.close()
    hashes = leaf_hashes(make_record(second, range(1, COUNT + 3)))
    (first / DIRECTORY).rename(second / DIRECTORY)
    index = LeafIndex(second, Disk())
    for _ in range(3):
        try:
            index.take(100)
        except JournalDamaged:  # where the other journal had no frame in that place
            index.reset()
    assert (index.size, index.hash_of(0, len(hashes))) == (len(hashes), root_of(hashes))


@pytest.mark.shows("RECD-018")
def test_what_no_checkpoint_covers_is_not_proved(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(3))
    record = PublicRecord(tmp_path, Disk())
    with pytest.raises(NothingSigned):
        record.newest()
    CheckpointFile(tmp_path / "checkpoints", Disk()).append(note_of(frames))
    public_key_beside(tmp_path)
    write(tmp_path / "journal", range(3, 9))
    with pytest.raises(NotCovered) as not_covered:
        record.inclusion(frames[-1].next_sequence)
    assert not_covered.value.newest.sequence == frames[-1].next_sequence - 1
    with pytest.raises(NotCovered):
        record.consistency(4)
    assert record.inclusion(1).leaf.number == 0


@pytest.mark.shows("RECD-018")
def test_a_frame_is_given_as_it_was_written_also_from_the_archive(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(COUNT), [COUNT], segment_bytes=900)
    public_key_beside(tmp_path)
    record = PublicRecord(tmp_path, Disk())
    record.follow(COUNT)
    archive(tmp_path, segments(tmp_path / "journal")[1].name)
    for frame in frames:
        assert record.frame(record.inclusion(frame.sequence)) == encode(frame)
    path = segments(tmp_path / "journal")[0]
    path.write_bytes(path.read_bytes().replace(b"note 0", b"note X"))
    with pytest.raises(JournalDamaged):
        record.frame(record.inclusion(1))
