"""What clients were told and shown, and whether it is all there: the one judge of a world.

It believes nobody. Frames are read from the medium, events and state come from the auditor, and what was sent is what
the client kept.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from lionrock.sim.auditor import Auditor
from lionrock.words.commands import OpenAccount, PlaceOrder
from lionrock.words.faults import Fault
from lionrock.words.records import RECORD_BYTES, layout_of
from lionrock.words.side_notes import unpack_notes

FIRST_ID = 10**18
"""Ids that a node gives are this plus the command's sequence (JRNL-012)."""
MOST_UNSHOWN_FRAMES = 2
"""That a restart may bring although nobody was told of them: one that was being written, one behind it."""

_STAMP = struct.Struct("<Qq")
_ID = struct.Struct("<Q")
_STAMP_AT = 2
_ID_AT = _STAMP_AT + _STAMP.size
_GETS_ID = frozenset({layout_of(PlaceOrder).kind, layout_of(OpenAccount).kind})
"""Kinds of command that get an id when they come with 0; it stands first behind the stamp."""


class PromiseBroken(Exception):
    """What was promised does not hold; the words say which promise, and the figures."""


class Outcome(Enum):
    """What a client knows of its attempt."""

    WAITING = "nobody has answered"
    ACKNOWLEDGED = "acknowledged"
    NOT_RECORDED = "refused as certainly not recorded"
    UNKNOWN = "its outcome is unknown"
    LOST = "not there after a restart"


@dataclass
class Attempt:
    """Commands that a client sent together."""

    number: int
    packed: list[bytes]
    notes: list[bytes]
    outcome: Outcome = Outcome.WAITING
    recorded_at: list[int] = field(default_factory=list)
    """Sequence of each command, as far as they were seen in the journal."""


class FrameSeen(NamedTuple):
    """A frame as bytes, whoever showed it."""

    sequence: int
    time_ns: int
    records: bytes
    side: bytes

    @property
    def next_sequence(self) -> int:
        """Of the frame behind it."""
        return self.sequence + len(self.records) // RECORD_BYTES


class Promises:
    """Grows with the world; every method raises `PromiseBroken`."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.shown: list[FrameSeen] = []
        """What listeners were shown, by a running node or by a restart."""
        self._digests: dict[int, str] = {}
        """Of states that somebody has read, by the sequence they stood at."""
        self._auditor = Auditor()
        self._events: dict[int, bytes] = {}
        """Of each command by its sequence, as the auditor has them."""
        self._position: dict[int, int] = {}
        """Of each frame in `shown` by its sequence."""

    @property
    def last_sequence(self) -> int:
        """Of the last command shown."""
        return self._auditor.last_sequence

    def digest(self) -> str:
        """Of the state behind the last command shown."""
        return self._auditor.digest()

    def attempt(self, packed: list[bytes], notes: list[bytes]) -> Attempt:
        """Somebody is about to send these."""
        attempt = Attempt(len(self.attempts), packed, notes)
        self.attempts.append(attempt)
        return attempt

    def acknowledged(self, attempt: Attempt, events: list[bytes]) -> None:
        """The node gave these events, packed, for each of the commands."""
        attempt.outcome = Outcome.ACKNOWLEDGED
        if len(attempt.recorded_at) != len(attempt.packed):
            raise PromiseBroken(f"attempt {attempt.number} was acknowledged before listeners were shown its commands")
        for sequence, told in zip(attempt.recorded_at, events, strict=True):
            if told != self._events[sequence]:
                raise PromiseBroken(f"command {sequence}: its sender was told other events than the auditor finds")

    def refused(self, attempt: Attempt, *, outcome_known: bool) -> None:
        """The node said no; with `outcome_known` the commands are certainly not recorded."""
        attempt.outcome = Outcome.NOT_RECORDED if outcome_known else Outcome.UNKNOWN
        if outcome_known and attempt.recorded_at:
            raise PromiseBroken(f"attempt {attempt.number} was refused as not recorded, and is recorded")

    def state_read(self, sequence: int, digest: str) -> None:
        """Somebody has read the engine's state, and will show it when it has settled."""
        if self._digests.setdefault(sequence, digest) != digest:
            raise PromiseBroken(f"the state at command {sequence} was read with two digests")
        self._compare_state()

    def state_shown(self, sequence: int) -> None:
        """Somebody was shown that state, having been told that it had settled."""
        if sequence > self.last_sequence:
            raise PromiseBroken(f"the state at command {sequence} was shown, and frames up to {self.last_sequence}")

    def shown_frame(self, frame: FrameSeen, event_records: bytes) -> None:
        """A listener was called: by a running node with a new frame, or by a restart also with old ones."""
        at = self._position.get(frame.sequence)
        if at is not None:
            self._compare(at, frame, "a restart showed")
            events = b"".join(self._events[sequence] for sequence in range(frame.sequence, frame.next_sequence))
        else:
            events = self._take(frame)
        if event_records != events:
            raise PromiseBroken(f"frame {frame.sequence}: listeners were shown other events than the auditor finds")

    def found_frames(self, frames: list[FrameSeen]) -> None:
        """The journal of a node that has just started; nobody was shown the last of them yet."""
        for frame in frames[len(self.shown) :]:
            self._take(frame)

    def on_the_medium(self, frames: list[FrameSeen], *, closed: bool, cut_from: int | None = None) -> None:
        """What the journal holds while no process has it. `cut_from`: of frames from here on nothing is promised."""
        promised = self.shown[:cut_from]
        for at in range(len(promised)):
            if at >= len(frames):
                raise PromiseBroken(f"frame {promised[at].sequence}, which was shown, is gone")
            self._compare(at, frames[at], "the journal holds")
        more = len(frames) - len(self.shown)
        if more > (0 if closed else MOST_UNSHOWN_FRAMES):
            raise PromiseBroken(f"the journal holds {more} frames that nobody was shown" + ", and was closed" * closed)

    def restarted(self, last_sequence: int, digest: str) -> None:
        """A node is open again, its listeners were shown what there was, and its engine stands here."""
        if last_sequence != self.last_sequence:
            raise PromiseBroken(f"the engine came back at command {last_sequence}, not at {self.last_sequence}")
        expected = self._auditor.digest()
        if digest != expected:
            raise PromiseBroken(f"the engine came back with the digest {digest}, the auditor's is {expected}")
        self._digests = {sequence: told for sequence, told in self._digests.items() if sequence <= last_sequence}
        for attempt in self.attempts:
            self._settle(attempt)

    def _settle(self, attempt: Attempt) -> None:
        recorded = len(attempt.recorded_at)
        if attempt.outcome is Outcome.ACKNOWLEDGED or recorded == len(attempt.packed):
            return
        if recorded:
            raise PromiseBroken(f"attempt {attempt.number}: {recorded} of its {len(attempt.packed)} commands are there")
        if attempt.outcome is not Outcome.NOT_RECORDED:
            attempt.outcome = Outcome.LOST

    def _compare_state(self) -> None:
        digest = self._digests.get(self.last_sequence)
        if digest is not None and digest != self._auditor.digest():
            raise PromiseBroken(f"the engine's state at command {self.last_sequence} is not the auditor's")

    def _compare(self, at: int, frame: FrameSeen, who: str) -> None:
        expected = self.shown[at]
        if frame != expected:
            names = [name for name in frame._fields if getattr(frame, name) != getattr(expected, name)]
            words = f"{who} another frame {expected.sequence} than was shown before"
            raise PromiseBroken(f"{words}: its {', '.join(names)} changed")

    def _take(self, frame: FrameSeen) -> bytes:
        """A frame nobody has seen yet: everything in it was sent by somebody, and the auditor says what follows."""
        if frame.sequence != self.last_sequence + 1:
            raise PromiseBroken(f"frame {frame.sequence} was shown after command {self.last_sequence}")
        notes = unpack_notes(frame.side)
        for position in range(len(frame.records) // RECORD_BYTES):
            record = frame.records[position * RECORD_BYTES : (position + 1) * RECORD_BYTES]
            sequence = frame.sequence + position
            self._sent_by_somebody(sequence, frame.time_ns, record, notes.get(position, b""))
            try:
                self._events[sequence] = self._auditor.apply(record)
            except Fault as fault:
                raise PromiseBroken(f"the auditor refuses command {sequence}: {fault}") from fault
        self._position[frame.sequence] = len(self.shown)
        self.shown.append(frame)
        self._compare_state()
        return b"".join(self._events[sequence] for sequence in range(frame.sequence, frame.next_sequence))

    def _sent_by_somebody(self, sequence: int, time_ns: int, record: bytes, note: bytes) -> None:
        words, _, _ = note.partition(b" ")
        numbers = words.split(b"/")
        try:
            attempt, position = self.attempts[int(numbers[0])], int(numbers[1])
            packed, sent_note = attempt.packed[position], attempt.notes[position]
        except (IndexError, ValueError):
            raise PromiseBroken(f"command {sequence} has the note {note[:40]!r}, which nobody sent") from None
        expected = bytearray(packed)
        _STAMP.pack_into(expected, _STAMP_AT, sequence, time_ns)
        (kind,) = struct.unpack_from("<H", packed)
        if kind in _GETS_ID and _ID.unpack_from(packed, _ID_AT) == (0,):
            _ID.pack_into(expected, _ID_AT, FIRST_ID + sequence)
        if (record, note) != (bytes(expected), sent_note):
            raise PromiseBroken(f"command {sequence} is not what attempt {attempt.number} sent")
        if attempt.outcome in {Outcome.NOT_RECORDED, Outcome.LOST}:
            raise PromiseBroken(f"attempt {attempt.number} ({attempt.outcome.value}) is recorded as command {sequence}")
        follows = attempt.recorded_at[-1] + 1 if attempt.recorded_at else sequence
        if (len(attempt.recorded_at), follows) != (position, sequence):
            raise PromiseBroken(f"command {sequence}: attempt {attempt.number} does not stand once and in one piece")
        attempt.recorded_at.append(sequence)
