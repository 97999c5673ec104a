"""What a gate answered, so that it can be told to whoever asked and worked out again years later."""

from __future__ import annotations

from typing import Any

import msgspec

from lionrock.rulebook.control import Figure
from lionrock.rulebook.subject import Subject

ADMITTED = "admitted"
REFUSED = "refused"

_encoder = msgspec.json.Encoder(order="sorted")


class RuleCited(msgspec.Struct, frozen=True):
    """A version of a rule that a decision rests on."""

    id: str
    """Such as HK-T02."""
    version: str
    """The day from which this version holds, ISO 8601."""


class Decision(msgspec.Struct, frozen=True):
    """What a gate answered: what, which rule, which numbers, what next."""

    outcome: str
    """`admitted` or `refused`."""
    gate: str
    """Name of the control."""
    rules: tuple[RuleCited, ...]
    """Of a refusal those that refused, strictest first; of an admission all that were asked."""
    words: str
    """One sentence, without personal data."""
    figures: dict[str, Figure]
    """The numbers that decided, by name with unit."""
    next_step: str
    """What whoever asked can do; empty for an admission."""
    facts: dict[str, Any]
    """The fact that was judged, as plain data without personal data."""
    rules_version: str
    """SHA-256 of the parameters that were in force, hex."""
    at_ns: int
    """When it was asked, nanoseconds since 1970-01-01 UTC."""
    subject: Subject = Subject()

    @property
    def is_admitted(self) -> bool:
        return self.outcome == ADMITTED

    @property
    def rule_ids(self) -> tuple[str, ...]:
        return tuple(rule.id for rule in self.rules)

    def encode(self) -> bytes:
        """Canonical JSON: keys sorted, no spaces. What replays compare, byte for byte."""
        return _encoder.encode(self)
