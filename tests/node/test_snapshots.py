from __future__ import annotations

from functools import partial
from itertools import count
from pathlib import Path

import pytest

from lionrock.core.engine import Engine
from lionrock.journal.segments import JournalDamaged
from lionrock.journal.writer import Writer
from lionrock.node.keeper import Keeper
from lionrock.node.node import Node
from lionrock.sim.workload import random_flow

FLOW = list(random_flow(11, 20_000))


def opened(directory: Path, *, with_snapshots: bool = True, segment_bytes: int = 1 << 26) -> Node:
    return Node.open(
        directory,
        Engine,
        count(10**18).__next__,
        load_engine=Engine.load if with_snapshots else None,
        make_writer=partial(Writer, segment_bytes=segment_bytes),
        make_keeper=partial(Keeper, snapshot_commands=6_000, snapshot_frames=1_000_000),
    )


async def worked(directory: Path, segment_bytes: int = 1 << 26) -> str:
    """A node that took a whole flow and was stopped; the digest of its state."""
    node = opened(directory, segment_bytes=segment_bytes)
    for batch in FLOW:
        await node.submit_records(batch)
    await node.close()
    return node.engine.digest()


async def digest_of(directory: Path, *, with_snapshots: bool = True) -> tuple[str, int]:
    """The state after a start, and how many commands were replayed for it."""
    node = opened(directory, with_snapshots=with_snapshots)
    digest, replayed = node.engine.digest(), node.recovered.commands
    await node.close()
    return digest, replayed


@pytest.mark.shows("JRNL-023")
async def test_a_snapshot_leads_to_the_state_of_the_whole_journal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    digest = await worked(tmp_path)
    commands = sum(len(batch) for batch in FLOW) // 128
    assert await digest_of(tmp_path, with_snapshots=False) == (digest, commands)
    assert await digest_of(tmp_path) == (digest, 0)

    newest, older = sorted((tmp_path / "snapshots").iterdir(), reverse=True)
    whole = newest.read_bytes()
    for spoilt in (whole[:-1], whole[:50], b"", whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:]):
        newest.write_bytes(spoilt)
        caplog.clear()
        found, replayed = await digest_of(tmp_path)
        assert (found, 0 < replayed < commands) == (digest, True)
        assert "is passed over" in caplog.text
        newest.write_bytes(whole)
        older = next(path for path in (tmp_path / "snapshots").iterdir() if path != newest)
    older.write_bytes(b"")
    newest.write_bytes(b"")
    assert await digest_of(tmp_path) == (digest, commands)


@pytest.mark.shows("JRNL-023")
async def test_a_journal_without_what_a_snapshot_covers_is_refused(tmp_path: Path) -> None:
    await worked(tmp_path)
    for path in (tmp_path / "journal").iterdir():
        path.unlink()
    with pytest.raises(JournalDamaged, match="a whole snapshot covers record"):
        opened(tmp_path)


@pytest.mark.shows("JRNL-024")
async def test_archived_segments_lead_to_the_same_state(tmp_path: Path) -> None:
    digest = await worked(tmp_path, segment_bytes=200_000)
    archived = {path.name.removesuffix(".gz") for path in (tmp_path / "archive").iterdir()}
    live = {path.name for path in (tmp_path / "journal").glob("*.frames")}
    assert len(archived) > 3
    assert live
    assert not archived & live
    assert (await digest_of(tmp_path))[0] == digest
    for path in (tmp_path / "snapshots").iterdir():
        path.unlink()
    commands = sum(len(batch) for batch in FLOW) // 128
    assert await digest_of(tmp_path) == (digest, commands)
