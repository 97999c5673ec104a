"""An outbox on a clock that the test sets."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from lionrock.store.database import open_database
from lionrock.store.outbox.courier import Courier
from lionrock.store.outbox.email import EmailCarrier, MailServer
from lionrock.store.outbox.messages import Address, Carrier, Channel, Content, Message
from lionrock.store.outbox.outbox import NS_PER_S, Outbox
from lionrock.store.outbox.webhook import WebhookCarrier
from lionrock.store.sealing import Sealer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
START_NS = 1_800_000_000 * NS_PER_S
CONTENT = Content("A sign-in to your account", "Somebody signed in.\n", {"address": "192.0.2.7"})
LOCAL = [ipaddress.ip_network("127.0.0.0/8")]


class Box:
    """Outbox, courier and their clock."""

    def __init__(
        self, database: Engine, carriers: dict[Channel, Carrier], step: Callable[[str], None] = lambda _: None
    ) -> None:
        self.now_ns = START_NS
        self.database = database
        self.outbox = Outbox(database, Sealer(bytes(32), os.urandom), os.urandom)
        self.courier = Courier(self.outbox, carriers, lambda: self.now_ns, step=step)

    def put(self, message_id: str, *addresses: Address, content: Content = CONTENT) -> bool:
        with self.database.begin() as connection:
            return self.outbox.put(connection, Message(message_id, "login", "u1", content, addresses), self.now_ns)

    async def deliver_all(self) -> int:
        """Everything that is due, until nothing is."""
        total = 0
        while found := await self.courier.deliver_due():
            total += found
        return total

    def pass_time(self, seconds: int) -> None:
        self.now_ns += seconds * NS_PER_S

    def outcomes(self, message_id: str, channel: Channel) -> list[tuple[str, int]]:
        return [(each.outcome, each.code) for each in self.outbox.attempts(message_id, channel)]

    def state(self, message_id: str, channel: Channel) -> str:
        (found,) = [each for each in self.outbox.deliveries(message_id=message_id) if each.channel == channel.value]
        return found.state


@contextmanager
def opened(
    directory: Path, carriers: dict[Channel, Carrier], step: Callable[[str], None] = lambda _: None
) -> Iterator[Box]:
    database = open_database(directory)
    try:
        yield Box(database, carriers, step)
    finally:
        database.dispose()


def plain_mail(port: int, timeout_seconds: int = 2) -> EmailCarrier:
    return EmailCarrier(MailServer("127.0.0.1", port, "none", "notices@venue.example", "", "", timeout_seconds))


def local_hook(timeout_seconds: int = 2) -> WebhookCarrier:
    return WebhookCarrier(timeout_seconds=timeout_seconds, allowed=LOCAL)


MAIL = Address(Channel.EMAIL, "ann@example.com")
INBOX = Address(Channel.INBOX)


def hook_at(port: int, path: str = "/hook") -> Address:
    return Address(Channel.WEBHOOK, f"http://127.0.0.1:{port}{path}", SECRET)
