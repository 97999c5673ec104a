"""Channels and connections: who gets which bytes, and what happens to those who do not keep up."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain

from lionrock.gateways.websocket.frames import TOO_SLOW
from lionrock.gateways.websocket.limits import MAX_WAITING, SLOW_SECONDS
from lionrock.gateways.websocket.wire import Wire


class Channel(ABC):
    """One flow of messages, the same bytes for all who listen."""

    keeps_every_message = False
    """Of a slow listener: True to keep messages for it, False to send it the newest state once it has caught up."""
    greets = True
    """A new listener is sent the newest state."""
    is_kept_up = False
    """For a while without a listener, so that one that comes back can resume."""

    def __init__(self) -> None:
        self.listeners: dict[Connection, None] = {}

    def publish(self, frame: bytes) -> None:
        """Send to all who listen."""
        for connection in list(self.listeners):
            connection.offer(self, frame)

    def close(self) -> None:  # noqa: B027 most have nothing to let go of
        """Nobody listens any more: let go of what it listens to itself."""

    @abstractmethod
    def catch_up(self) -> Sequence[bytes]:
        """Frames that bring a listener to the newest state: a new one, or one that fell behind."""


class Connection:
    """One client. What it was not sent yet is bounded: a full socket, and `MAX_WAITING` messages beside it."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.channels: dict[object, Channel] = {}
        """By what the client calls them."""
        self._behind: dict[Channel, list[bytes]] = {}
        """Channels with news that the socket had no room for, and the messages that are kept."""
        self._waiting = 0
        self._too_slow: asyncio.TimerHandle | None = None
        self.owed_ping_at = 0.0
        wire.on_drained = self._drained

    def listen(self, name: object, channel: Channel, *, instead: Sequence[bytes] | None = None) -> None:
        """Subscribe, or bring to the newest state again; `instead` is sent in place of that state."""
        self.stop_listening(name)
        self.channels[name] = channel
        if instead is None:
            instead = channel.catch_up() if channel.greets else ()
        for frame in instead:
            self.send(frame)
        if self.wire.is_open:
            channel.listeners[self] = None

    def stop_listening(self, name: object) -> bool:
        """False when it did not listen to it."""
        channel = self.channels.pop(name, None)
        if channel is None:
            return False
        channel.listeners.pop(self, None)
        self._waiting -= len(self._behind.pop(channel, ()))
        return True

    def send(self, frame: bytes) -> None:
        """An answer. A client that asks on and does not read is disconnected."""
        if self.wire.is_full:
            self.end_as_slow(f"{len(frame)} bytes of an answer")
        else:
            self.wire.write(frame)

    def offer(self, channel: Channel, frame: bytes) -> None:
        """A message of a channel: sent, kept, or replaced by what comes later."""
        waiting = self._behind.get(channel)
        if waiting is None:
            if not self.wire.is_full:
                self.wire.write(frame)
                return
            waiting = self._behind[channel] = []
            if self._too_slow is None:
                self._too_slow = self.wire.loop.call_later(SLOW_SECONDS, self._give_up)
        if channel.keeps_every_message:
            waiting.append(frame)
            self._waiting += 1
            if self._waiting > MAX_WAITING:
                self.end_as_slow(f"{self._waiting} messages")

    def _drained(self) -> None:
        while self._behind and not self.wire.is_full:
            channel, waiting = next(iter(self._behind.items()))
            if not channel.keeps_every_message:
                del self._behind[channel]
                self.wire.write(b"".join(channel.catch_up()))
                continue
            while waiting and not self.wire.is_full:
                self.wire.write(waiting.pop(0))
                self._waiting -= 1
            if not waiting:
                del self._behind[channel]
        if not self._behind and self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None

    def _give_up(self) -> None:
        self._too_slow = None
        self.end_as_slow(f"news of {len(self._behind)} subscriptions")

    def end_as_slow(self, what: str) -> None:
        self.end(TOO_SLOW, f"too slow: {what} waited for you; read faster or ask for less, then take a snapshot")

    def end(self, code: int, reason: str) -> None:
        """Close with these words and send nothing more."""
        self.leave()
        self.wire.end(code, reason)

    def leave(self) -> None:
        """Forget it everywhere."""
        for channel in chain(self.channels.values(), self._behind):
            channel.listeners.pop(self, None)
        self.channels.clear()
        self._behind.clear()
        self._waiting = 0
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None


class Pace:
    """Runs an action when asked to, at most once in so many seconds; what is asked in between is done later."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, action: Callable[[], None]) -> None:
        self._loop, self._seconds, self._action = loop, seconds, action
        self._due: asyncio.TimerHandle | None = None
        self._ran_at = loop.time() - seconds

    def ask(self) -> None:
        if self._due is not None:
            return
        wait = self._ran_at + self._seconds - self._loop.time()
        if wait <= 0:
            self._run()
        else:
            self._due = self._loop.call_later(wait, self._run)

    def stop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _run(self) -> None:
        self._due = None
        self._ran_at = self._loop.time()
        self._action()
