"""Handlers that only read a request, hand commands to the node once and tell what came of them, as order entry does.

What they do is in two halves with the node's answer between. So the gateway needs no task for such a request, which is
a tenth of what an order costs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper

import msgspec

from lionrock.gateways.rest.contract import Call, Venue
from lionrock.words.commands import Command
from lionrock.words.events import Event


class Submission(msgspec.Struct, frozen=True):
    """What a request asks of the node."""

    commands: Sequence[tuple[Command, bytes]]
    """One at least, each with its note."""
    answer: Callable[[list[list[Event]]], object]
    """Makes the answer of the events of each command. Raises `Refused`."""


class Submits:
    """A handler in two halves; as a whole it is called like any other."""

    def __init__(self, read: Callable[[Venue, Call], Submission]) -> None:
        """`read` raises `Refused`."""
        self.read = read
        update_wrapper(self, read)

    async def __call__(self, venue: Venue, call: Call) -> object:
        """Both halves."""
        submission = self.read(venue, call)
        return submission.answer(await venue.node.submit_all(submission.commands))
