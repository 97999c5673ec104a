"""One proposal as it stands, and what somebody says who makes or checks it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

MOST_WORDS = 2_000
MOST_OUTCOME = 200


class State(StrEnum):
    """Where a proposal is. Every state but the last six leads on by itself, by a person or by time."""

    OPEN = "open"
    CARRYING_OUT = "carrying_out"
    TO_REVIEW = "to_review"
    """Done at once or alone; somebody else must still look at it."""
    CARRIED_OUT = "carried_out"
    FAILED = "failed"
    """Approved, and it could not be done; nothing was changed."""
    UNKNOWN = "unknown"
    """The process ended while it was carried out: look at what it was to change, and propose anew."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DISPUTED = "disputed"
    """The review found that it should not have been done: propose the reverse."""


class Verdict(StrEnum):
    """What a checker says."""

    APPROVE = "approve"
    REJECT = "reject"


class Given(msgspec.Struct, frozen=True):
    """A verdict that was given."""

    staff_id: str
    verdict: Verdict
    given_ns: int
    words: str


class Proposal(msgspec.Struct, frozen=True):
    """One proposal as it stands."""

    proposal_id: str
    action: str
    payload: Any
    """JSON."""
    payload_sha256: str
    reason_code: str
    words: str
    made_by: str
    made_ns: int
    ends_ns: int
    """When it expires while it is open; when its review is overdue while it waits for that."""
    state: State
    changed_ns: int
    outcome: str
    is_break_glass: bool
    verdicts: tuple[Given, ...]

    def __repr__(self) -> str:
        return f"Proposal(proposal_id={self.proposal_id!r}, action={self.action!r}, state={self.state!r})"


class Told(msgspec.Struct, frozen=True):
    """What somebody proposes."""

    action: str
    payload: Any
    reason_code: str = ""
    words: str = ""

    def __repr__(self) -> str:
        return f"Told(action={self.action!r})"


_UNSEEN = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x7f") | {
    chr(number) for number in range(32) if chr(number) not in "\t\n\r"
}


def is_plain(words: str) -> bool:
    """Whether words read as they are written: nothing in them that steers a screen or turns the reading around."""
    return _UNSEEN.isdisjoint(words)
