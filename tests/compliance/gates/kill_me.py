"""Attends to a client and is killed at one point of it: python -m tests.compliance.gates.kill_me DIRECTORY POINT."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lionrock.compliance.assessments.obligations import Obligations
from lionrock.compliance.assessments.terms import Effect
from lionrock.compliance.gates.client_gates import ClientGates
from lionrock.node.node import Node
from tests.compliance.rooms import CLIENT, EVA, START_NS, Room, opened

POINTS = ("before-journal", "before-sequence", "before-notice", "after-notice", "before-second-frame")


class OutboxOnDisk:
    """Takes each key once, whatever is killed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        if key not in self.sent():
            with self.path.open("a") as file:
                file.write(key + "\n")

    def sent(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []


def die(*_args: Any, **_more: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Replace the step at which the process is to end."""
    if point == "before-journal":
        Node.submit_noted = die  # type: ignore[method-assign]
    elif point == "before-sequence":
        ClientGates._stands = die  # type: ignore[method-assign]
    elif point == "before-notice":
        OutboxOnDisk.send = die  # type: ignore[method-assign]
    elif point == "after-notice":
        Obligations.done = die  # type: ignore[method-assign]


def with_outbox(room: Room, directory: Path) -> OutboxOnDisk:
    outbox = OutboxOnDisk(directory / "outbox")
    room.assessments.obligations._notices = outbox
    return outbox


async def begin(directory: Path, point: str) -> None:
    async with opened(directory) as room:
        with_outbox(room, directory)
        room.complete()
        if point == "before-second-frame":
            await room.clock.attend(CLIENT, START_NS)
            room.assessments.restrictions.place(CLIENT, Effect.FROZEN, "a call", EVA, START_NS)
            arm("before-journal")
        else:
            arm(point)
        await room.clock.attend(CLIENT, START_NS)


if __name__ == "__main__":
    asyncio.run(begin(Path(sys.argv[1]), sys.argv[2]))
