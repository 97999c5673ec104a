"""What was done for requests that carried an idempotency key: enough to give the same answer again.

Rebuilt from the journal like every view: the key's hash travels beside each command in its note (`side_notes.Mark`), so
an answer that was lost with the process is still there after a restart.
"""

from __future__ import annotations

import msgspec

from lionrock.node.published import Published
from lionrock.words.events import EVENTS, Event
from lionrock.words.records import RECORD_BYTES, unpack_all
from lionrock.words.side_notes import mark_of

MEMORY_NS = 24 * 60 * 60 * 10**9
"""Of journal time, from the request's first command on."""


class Done(msgspec.Struct, array_like=True):
    """What one request did."""

    time_ns: int
    """Of its first command."""
    request_digest: bytes
    records: list[bytes]
    """Event records of each of its commands, in order."""

    def events(self) -> list[list[Event]]:
        """The events of each command, in order."""
        return [unpack_all(EVENTS, block) for block in self.records]


class Remembered:
    """Requests of the last 24 hours by account and hash of their key."""

    def __init__(self) -> None:
        self._done: dict[tuple[int, int], Done] = {}

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        self._forget(published.time_ns)
        found = [(at, mark) for at, note in published.notes.items() if (mark := mark_of(note))]
        if not found:
            return
        lengths = [len(events) * RECORD_BYTES for events in published.events_by_command]
        ends = [0]
        for length in lengths:
            ends.append(ends[-1] + length)
        for at, mark in found:
            block = bytes(published.event_records[ends[at] : ends[at + 1]])
            key = mark.account_id, mark.key_hash
            done = self._done.setdefault(key, Done(published.time_ns, mark.request_digest, []))
            if done.request_digest == mark.request_digest:
                done.records.append(block)

    __call__ = apply
    name = "remembered 1"
    """Of its section in a snapshot; to be counted up when `Done` changes."""

    def _forget(self, time_ns: int) -> None:
        while self._done:
            key = next(iter(self._done))
            if time_ns - self._done[key].time_ns < MEMORY_NS:
                return
            del self._done[key]

    def find(self, account_id: int, key_hash: int, now_ns: int) -> Done | None:
        """What was done under this key, unless it is 24 hours old."""
        done = self._done.get((account_id, key_hash))
        return done if done and now_ns - done.time_ns < MEMORY_NS else None

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.msgpack.encode(list(self._done.items()))

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        self._done = dict(msgspec.msgpack.decode(state, type=list[tuple[tuple[int, int], Done]]))
