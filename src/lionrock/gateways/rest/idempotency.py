"""Every write once: a request repeated with its Idempotency-Key is not carried out again and gets the same answer.

The memory is the journal. Each command of such a request carries, in its note, a mark of the key and of what was asked;
`views.remembered` keeps the events of marked commands for 24 hours and is rebuilt from the journal at every start. A
repeated request runs its handler again, with a node that answers with those events instead of asking the engine. So the
answer is made twice from the same facts, and a request of several commands that was cut off between them goes on.
Answers of writes that leave nothing in the journal are kept in SQL (`answer_memory`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol, cast

import msgspec
from sqlalchemy import Connection
from starlette.types import Scope

from lionrock.gateways.rest.answer_memory import Kept
from lionrock.gateways.rest.contract import JSON, Call, Reply, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.turnstile import IDEMPOTENCY_KEY
from lionrock.node.node import Node
from lionrock.words.commands import Command
from lionrock.words.events import Event
from lionrock.words.side_notes import Mark, marked

MAX_KEY = 255
"""Characters: printable ASCII."""
_DIGEST_BYTES = 16
_OF_THE_MOMENT = (b"timestamp=", b"signature=", b"recvWindow=")
"""What differs between two tries of one request."""


class Carried(Protocol):
    """Carries the request out on this venue."""

    def __call__(self, venue: Venue, *, call: Call) -> Awaitable[object]: ...


def idempotency_key(scope: Scope) -> str | None:
    """The key in the request's head, if there is one. Raises `Refused` for one that is not a key, or two."""
    found = [value for name, value in scope["headers"] if name == IDEMPOTENCY_KEY]
    if not found:
        return None
    key = str(found[0], "latin-1")
    if len(found) > 1 or not 0 < len(key) <= MAX_KEY or not (key.isascii() and key.isprintable()):
        raise missing_or_invalid("Idempotency-Key")
    return key


def _digest(scope: Scope, body: bytes) -> bytes:
    """Of what is asked, without what differs between two tries."""
    asked = hashlib.sha256()
    for part in (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body):
        kept = b"&".join(pair for pair in part.split(b"&") if not pair.startswith(_OF_THE_MOMENT))
        asked.update(len(kept).to_bytes(8, "little") + kept)
    return asked.digest()[:_DIGEST_BYTES]


class _MarkingNode:
    """The node as one request sees it: what was recorded for it before is not asked again."""

    def __init__(self, node: Node, mark: Mark, recorded: Sequence[list[Event]]) -> None:
        self._node, self._mark = node, mark
        self._recorded = list(recorded)
        self.asked = False
        """Something was, or had been, handed to the journal."""

    async def submit(self, command: Command, note: bytes = b"") -> list[Event]:
        return (await self.submit_all([(command, note)]))[0]

    async def submit_all(self, commands: Sequence[tuple[Command, bytes]]) -> list[list[Event]]:
        known, self._recorded = self._recorded[: len(commands)], self._recorded[len(commands) :]
        self.asked = self.asked or bool(commands)
        rest = [(command, marked(self._mark, note)) for command, note in commands[len(known) :]]
        return known + await self._node.submit_all(rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)


class Once:
    """Requests with a key that are under way."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[int, int], asyncio.Event] = {}

    async def answer(
        self, venue: Venue, call: Call, key: str, scope: Scope, carry_out: Carried, *, lasts: bool = True
    ) -> object:
        """What the request's first try answered or would have. Raises `Refused`, also for another request's key.

        Unless `lasts`, what it is about ends with the process, and so does its answer where nothing is in the journal.
        """
        account_id = call.account_id
        mark = Mark(account_id, venue.client_order_key(account_id, f"\0{key}"), _digest(scope, call.body))
        place = mark.account_id, mark.key_hash
        while under_way := self._under_way.get(place):
            await under_way.wait()
        self._under_way[place] = asyncio.Event()
        try:
            return await self._answer(venue, call, mark, carry_out, lasts=lasts)
        finally:
            self._under_way.pop(place).set()

    async def _answer(self, venue: Venue, call: Call, mark: Mark, carry_out: Carried, *, lasts: bool) -> object:
        place, now_ns, memory = (mark.account_id, mark.key_hash), venue.clock(), venue.answers
        done, kept = venue.remembered.find(*place, now_ns), memory.find(*place, now_ns)
        for earlier in (done, kept):
            if earlier and earlier.request_digest != mark.request_digest:
                raise Refused(-1024)
        if kept:
            return Reply(200, JSON, kept.payload)
        recorded = done.events() if done else []
        node = _MarkingNode(venue.node, mark, recorded)
        written: list[Kept] = []

        def remember(connection: Connection, answer: object) -> None:
            written.append(Kept(now_ns, mark.request_digest, msgspec.json.encode(answer)))
            memory.write(connection, mark, written[0])

        marking = msgspec.structs.replace(venue, node=cast("Node", node), repeated=recorded or None, remember=remember)
        answer = await carry_out(marking, call=call)
        if written:
            memory.keep(mark, written[0])
        elif not node.asked:
            payload = answer.payload if isinstance(answer, Reply) else msgspec.json.encode(answer)
            kept = Kept(now_ns, mark.request_digest, payload)
            if lasts:
                await asyncio.to_thread(memory.write_alone, mark, kept)
            memory.keep(mark, kept)
        return answer
