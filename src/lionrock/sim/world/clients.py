"""Clients of a node: each sends, waits, keeps what it was told, and now and then loses patience or makes a mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random

import msgspec

from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.node.node import MAX_NOTE_BYTES, Node
from lionrock.sim.workload import random_flow
from lionrock.sim.workload_venue import opening_commands
from lionrock.sim.world.promises import Attempt, Promises
from lionrock.words.commands import COMMANDS, Command, PlaceOrder
from lionrock.words.records import RECORD_BYTES, unpack

CLIENTS = 6
LONGEST_PAUSE_SECONDS = 0.02


class Flow:
    """Commands for all clients together, and the time they belong to."""

    def __init__(self, seed: int, chance: Random) -> None:
        self._chance = chance
        self._batches = random_flow(seed, 10**12, batch=50)
        self._records: Iterator[Command] = iter(self._decoded())
        self.opening = [next(self._records) for _ in opening_commands()]
        self.time_ns = 0
        """Of the command drawn last."""

    def next_command(self) -> Command:
        """Some orders come without an id, so that the node gives it."""
        command = next(self._records)
        self.time_ns = command.time_ns
        if isinstance(command, PlaceOrder) and self._chance.random() < 0.1:
            return msgspec.structs.replace(command, order_id=0)
        return command

    def _decoded(self) -> Iterator[Command]:
        for block in self._batches:
            for start in range(0, len(block), RECORD_BYTES):
                record = block[start : start + RECORD_BYTES]
                if int.from_bytes(record[:2], "little") in COMMANDS:  # what nobody knows is not for a node's clients
                    yield unpack(COMMANDS, record)


class Clients:
    """All clients of one node."""

    def __init__(self, node: Node, flow: Flow, promises: Promises, chance: Random) -> None:
        self._node, self._flow, self._promises, self._chance = node, flow, promises, chance
        self.answered = 0
        """Commands that were acknowledged."""

    async def live(self) -> None:
        """Set the venue up if nobody has, then send until the node stops."""
        if self._promises.last_sequence == 0 and not await self._send(self._flow.opening):
            return
        names = range(CLIENTS)
        await asyncio.gather(*(self._trade() for _ in names), self._look(), self._err())

    async def _trade(self) -> None:
        while True:
            await self._pause()
            commands = [self._flow.next_command() for _ in range(self._chance.choice((1, 1, 1, 2, 3, 12)))]
            if not await self._send(commands):
                return

    async def _send(self, commands: list[Command]) -> bool:
        """False when the node has stopped."""
        attempt = self._attempt(commands)
        submission = zip(commands, attempt.notes, strict=True)
        patience_seconds = self._chance.choice((None, None, None, LONGEST_PAUSE_SECONDS))
        try:
            async with asyncio.timeout(patience_seconds):
                events = await self._node.submit_all(list(submission))
        except NodeBusy:
            self._promises.refused(attempt, outcome_known=True)
        except NodeStopped as stopped:
            self._promises.refused(attempt, outcome_known=stopped.outcome_known)
            return False
        except TimeoutError:
            self._promises.refused(attempt, outcome_known=False)
        else:
            self.answered += len(commands)
            self._promises.acknowledged(attempt, [b"".join(each.pack() for each in told) for told in events])
        return True

    def _attempt(self, commands: list[Command]) -> Attempt:
        number = len(self._promises.attempts)
        longest = self._chance.choice((0, 0, 10, 300, 4000))
        notes = []
        for position in range(len(commands)):
            filling = self._chance.randbytes(self._chance.randint(0, longest))
            notes.append(b"%d/%d %s" % (number, position, filling))
        return self._promises.attempt([command.pack() for command in commands], notes)

    async def _look(self) -> None:
        """Read the state as a page would: first read, then wait until it is settled, then show it."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, 10 * LONGEST_PAUSE_SECONDS))
            sequence = self._node.engine.last_sequence
            self._promises.state_read(sequence, self._node.engine.digest())
            try:
                await self._node.settled()
            except NodeStopped:
                return
            self._promises.state_shown(sequence)

    async def _err(self) -> None:
        """Send what is refused before it is recorded."""
        while True:
            await self._pause()
            command = self._flow.next_command()
            attempt = self._promises.attempt([command.pack()], [b""])
            try:
                await self._node.submit(command, bytes(MAX_NOTE_BYTES + 1))
            except ValueError:
                self._promises.refused(attempt, outcome_known=True)
            except NodeStopped as stopped:
                self._promises.refused(attempt, outcome_known=stopped.outcome_known)
                return

    async def _pause(self) -> None:
        await asyncio.sleep(self._chance.choice((0, 0, self._chance.uniform(0, LONGEST_PAUSE_SECONDS))))
