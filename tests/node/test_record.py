"""What a node leaves behind is vouched for by the verifier that shares no code with it."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.core.engine import Engine
from lionrock.journal import verify
from lionrock.journal.disk import Disk
from lionrock.node.history import replay
from lionrock.node.node import Node
from lionrock.node.notary import Notary
from lionrock.words.enumerations import Side
from tests.journal.records import untold
from tests.node.trading import order, venue

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.mark.shows("RECD-007", "RECD-016")
async def test_a_record_of_several_starts_is_vouched_for_to_its_last_command(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    clock = count(1000)
    Notary(data / "checkpoints", Disk(), KEY, "tests").show_public_key()
    for start in range(3):
        node = Node.open(
            data,
            Engine,
            clock.__next__,
            load_engine=Engine.load,
            make_notary=lambda: Notary(data / "checkpoints", Disk(), KEY, "tests", outside=outside),
        )
        if not start:
            await node.submit_all([(command, b"") for command in venue()])
        for _ in range(4):
            await node.submit(order(11, Side.BUY, 100, 1), b"a note")
        await node.close()
        last, digest = node.engine.last_sequence, node.engine.digest()
        kept = sorted(outside.iterdir())
        assert len(kept) == start + 1
        key = verify.read_key((data / "checkpoints" / "public-key").read_text())
        told, faults = verify.check_directory(data, kept, [key], untold)
        assert (faults, told["vouched_sequence"], told["last_sequence"]) == ([], last, last)
        engine = Engine()
        assert replay(data, engine, None, {}, untold).commands == last
        assert engine.digest() == digest
