"""What a row of a pack says: one clause of one instrument, in our own words, and the control that carries it out."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

import msgspec


class Trust(StrEnum):
    """How far the text of a row may be trusted."""

    PRIMARY = "primary"
    """The instrument itself was read."""
    SECONDARY = "secondary"
    """Read in a text about it."""
    UNCONFIRMED = "unconfirmed"
    """From memory: shown, and never the ground of a pass."""


class Kind(StrEnum):
    """What sort of control carries a rule out."""

    INVARIANT = "invariant"
    """Holds at every moment; looked at each day."""
    GATE = "gate"
    """Asked before something is done, and may refuse it."""
    TIMER = "timer"
    """Something is done within a time of something else."""
    SCHEMA_CHECK = "schema_check"
    """A record has the fields it must have."""
    CALENDAR = "calendar"
    """A person does something at least so often."""
    ATTESTATION = "attestation"
    """A person says that it is so, with a document, and answers for it."""


MACHINE_KINDS = frozenset({Kind.INVARIANT, Kind.GATE, Kind.TIMER, Kind.SCHEMA_CHECK})
"""Those that a program decides without a person's word."""


class Severity(StrEnum):
    """What a breach means to the licence."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"


class Cadence(StrEnum):
    """How often its evidence is renewed."""

    DAILY = "daily"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One control with the numbers of this rule. A rule holds when each of its checks holds."""

    control: str
    """Name of a function registered by `lionrock.rulebook.control.control`."""
    parameters: dict[str, Any] = {}
    """As the control's own parameter type has them."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a rule."""

    id: str
    """Permanent, such as HK-F02; the versions of a rule share it."""
    instrument: str
    """Key of one of the pack's instruments."""
    paragraph: str
    """Where in the instrument."""
    words: str
    """What it asks, in our own words."""
    trust: Trust
    kind: Kind
    effective_from: date
    effective_to: date | None = None
    """First day on which it holds no more."""
    supersedes: str = ""
    """Id of the rule that this one takes the place of, which may be its own earlier version's."""
    applies_if: str = "true"
    """CEL over the names of `lionrock.rulebook.subject.Subject`."""
    checks: tuple[Check, ...] = ()
    """None only for a rule whose room is not built; then `waits_for` says which. Such a rule may have checks already:
    its examples try them, and they count when the room is there.
    """
    rejections: tuple[str, ...] = ()
    """Names of the core's rejections that carry this rule out, so that a refused order names it."""
    severity: Severity = Severity.HIGH
    cadence: Cadence = Cadence.DAILY
    waits_for: str = ""
    """Room that must supply its facts and is not there yet, such as custody."""
    waiting_because: str = ""
    """One sentence: what is missing."""
    left_to_people: str = ""
    """What of it no control sees, so that nobody takes a pass for more than it is; for whoever answers for the rest."""


class Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A law, guideline or circular."""

    title: str
    issuer: str
    in_force_from: date
    read_as: str = ""
    """Which text was read, and what to know about it."""


class PackHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pack says about itself."""

    id: str
    """Such as hk."""
    title: str
    licence: str
    """Name that `applies_if` and sites use, such as HK-VATP."""
    calendar: str
    """Key of `lionrock.rulebook.calendars`: whose business days count."""
    inherits: tuple[str, ...] = ()
    """Packs whose rules hold here as well."""


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of a regime: `packs/<id>.toml`, with further rows in `packs/<id>/*.toml`."""

    pack: PackHead
    instruments: dict[str, Instrument]
    rule: tuple[Rule, ...] = ()
