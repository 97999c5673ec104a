"""Causes three notices, delivers them and is killed at one point.

python -m tests.store.kill_courier DIRECTORY MAIL_PORT HOOK_PORT POINT

The points are `in transaction` (the second notice is written, not committed) and the steps of the courier.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from lionrock.store.outbox.messages import Carrier, Channel, Message
from tests.store.boxes import CONTENT, INBOX, MAIL, Box, hook_at, local_hook, opened, plain_mail

CAUSES = ("one", "two", "three")


def die_at(point: str) -> Callable[[str], None]:
    def step(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def cause(box: Box, name: str, hook_port: int, step: Callable[[str], None]) -> None:
    """Something that happens, with its notice, in one transaction."""
    with box.database.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS causes (name TEXT PRIMARY KEY)"))
        connection.execute(text("INSERT INTO causes VALUES (:name)"), {"name": name})
        message = Message(name, "login", "u1", CONTENT, (MAIL, INBOX, hook_at(hook_port)))
        box.outbox.put(connection, message, box.now_ns)
        if name == "two":
            step("in transaction")


def main(directory: Path, mail_port: int, hook_port: int, point: str) -> None:
    step = die_at(point)
    carriers: dict[Channel, Carrier] = {Channel.EMAIL: plain_mail(mail_port), Channel.WEBHOOK: local_hook()}
    with opened(directory, carriers, step) as box:
        for name in CAUSES:
            cause(box, name, hook_port, step)
        asyncio.run(box.deliver_all())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
