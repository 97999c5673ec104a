from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.core.engine import Engine
from lionrock.journal.checkpoints import CheckpointInvalid, check_note
from lionrock.journal.disk import Disk
from lionrock.journal.segments import JournalDamaged
from lionrock.node.node import Node
from lionrock.node.notary import Notary
from lionrock.words.enumerations import Side
from tests.node.trading import order, venue

BUY = order(11, Side.BUY, 100, 1)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def notary_of(directory: Path, outside: Path | None = None, key: Ed25519PrivateKey = KEY) -> Callable[[], Notary]:
    return lambda: Notary(directory / "checkpoints", Disk(), key, "tests", outside=outside)


def opened(directory: Path, make_notary: Callable[[], Notary], *, load: bool = True) -> Node:
    load_engine = Engine.load if load else None
    return Node.open(directory, Engine, count(1000).__next__, load_engine=load_engine, make_notary=make_notary)


async def worked(directory: Path, make_notary: Callable[[], Notary], orders: int, *, load: bool = True) -> int:
    """A node that set the venue up, took some orders and stopped; returns its last sequence."""
    node = opened(directory, make_notary, load=load)
    if node.engine.last_sequence == 0:
        await node.submit_all([(command, b"") for command in venue()])
    for _ in range(orders):
        await node.submit(BUY)
    await node.close()
    return node.engine.last_sequence


def notes(directory: Path) -> list[str]:
    return notary_of(directory)()._file.read()


@pytest.mark.shows("JRNL-022")
async def test_what_was_under_way_when_a_checkpoint_was_signed_is_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nobody sends anything after it: here every checkpoint is signed before its command is durable."""
    monkeypatch.setattr("lionrock.node.node.INTERVAL_SECONDS", 0)
    node = opened(tmp_path, notary_of(tmp_path))
    await node.submit_all([(command, b"") for command in venue()])
    await node.submit(BUY)
    async with asyncio.timeout(20):
        while True:
            said = [check_note(note, notary_of(tmp_path)().public_key).size for note in notes(tmp_path)]
            if said and said[-1] == 2:
                break
            await asyncio.sleep(0.01)
    await node.close()


@pytest.mark.shows("JRNL-022")
async def test_a_clean_stop_says_signed_where_the_journal_ended(tmp_path: Path) -> None:
    last = await worked(tmp_path, notary_of(tmp_path), 3)
    said = check_note(notes(tmp_path)[-1], notary_of(tmp_path)().public_key)
    assert (said.sequence, said.size) == (last, 4)
    await worked(tmp_path, notary_of(tmp_path), 0)
    assert len(notes(tmp_path)) == 1  # nothing new to say
    last = await worked(tmp_path, notary_of(tmp_path), 2)
    said = check_note(notes(tmp_path)[-1], notary_of(tmp_path)().public_key)
    assert (len(notes(tmp_path)), said.sequence, said.size) == (2, last, 6)


@pytest.mark.shows("JRNL-022")
@pytest.mark.parametrize("load", [True, False])
@pytest.mark.parametrize("kept", ["here", "outside"])
async def test_a_journal_without_what_a_checkpoint_covers_is_refused(tmp_path: Path, load: bool, kept: str) -> None:
    home, outside, earlier = tmp_path / "home", tmp_path / "outside", tmp_path / "earlier"
    notary = notary_of(home, outside if kept == "outside" else None)
    await worked(home, notary, 2, load=load)
    shutil.copytree(home, earlier)
    await worked(home, notary, 2, load=load)
    for name in ("journal", "snapshots", *(["checkpoints"] if kept == "outside" else [])):
        shutil.rmtree(home / name, ignore_errors=True)
        if (earlier / name).exists():
            shutil.copytree(earlier / name, home / name)
    with pytest.raises(JournalDamaged, match="a signed checkpoint covers record"):
        opened(home, notary, load=load)
    shutil.rmtree(home / "journal")
    shutil.rmtree(home / "snapshots", ignore_errors=True)
    if kept == "here":
        with pytest.raises(JournalDamaged, match="a signed checkpoint covers record"):
            opened(home, notary, load=load)


@pytest.mark.shows("JRNL-022")
async def test_a_journal_with_other_frames_than_a_checkpoint_covers_is_refused(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    await worked(home, notary_of(home), 2, load=False)
    await worked(other, notary_of(other), 4, load=False)
    shutil.rmtree(home / "journal")
    shutil.copytree(other / "journal", home / "journal")
    with pytest.raises(JournalDamaged, match="are not those that the signed checkpoint covers"):
        opened(home, notary_of(home), load=False)


@pytest.mark.shows("JRNL-022")
async def test_a_checkpoint_of_another_key_is_refused(tmp_path: Path) -> None:
    await worked(tmp_path, notary_of(tmp_path), 1)
    with pytest.raises(CheckpointInvalid):
        opened(tmp_path, notary_of(tmp_path, key=Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")))
