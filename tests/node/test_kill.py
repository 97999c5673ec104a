from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.node.published import Published
from lionrock.sim.auditor import Auditor

ROOT = Path(__file__).parents[2]


def _acknowledged_before_kill(directory: Path, seed: int, lines_to_read: int) -> dict[int, str]:
    """What the process said before it was killed with SIGKILL in the midst of its work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.node.kill_me", str(directory), str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )
    assert process.stdout is not None
    with process:
        lines = [process.stdout.readline() for _ in range(lines_to_read)]
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    words = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return {int(sequence): digest for sequence, digest in words}


@pytest.mark.shows("JRNL-016")
async def test_kill_nine_under_load_loses_nothing_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(20260502)
    directory = tmp_path / "site"
    acknowledged: dict[int, str] = {}
    commands = 0
    for seed in range(5):
        lines_to_read = chance.randint(1, 600)
        told = _acknowledged_before_kill(directory, seed, lines_to_read)
        assert len(told) >= lines_to_read
        acknowledged |= told

        frames: list[Published] = []
        node = Node.open(directory, Engine, lambda: 0, listeners=[frames.append])
        events_by_sequence = {
            frame.sequence + position: b"".join(event.pack() for event in events)
            for frame in frames
            for position, events in enumerate(frame.events_by_command)
        }
        for sequence, digest in acknowledged.items():
            assert hashlib.sha256(events_by_sequence[sequence]).hexdigest() == digest
        auditor = Auditor()
        for frame in frames:
            assert auditor.apply(frame.command_records) == frame.event_records
        assert node.engine.lines() == auditor.lines()
        assert node.engine.digest() == auditor.digest()
        assert node.engine.last_sequence == node.recovered.commands > commands
        commands = node.recovered.commands
        await node.close()
