"""Facts that many rules ask for, each told apart by a name."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Obligation(msgspec.Struct, frozen=True):
    """Something that must be done within a time after it began: a contract note, a notice, a return, a refund."""

    kind: str
    """Such as `contract_note`, `monthly_statement`, `liquid_capital_notice`."""
    obligation_id: str
    begun_ns: int
    done_ns: int | None = None


class Watched(msgspec.Struct, frozen=True):
    """That a room of the running site opens obligations of a kind, so that having none means that none arose."""

    kind: str
    """As in `Obligation`."""
    place: str
    """Such as `compliance.papers`."""


class Attested(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person of the staff stated and signed, with the document it rests on."""

    subject: str
    """Such as `technology_audit` or `board_report`."""
    attested_ns: int
    staff_id: str
    approver_id: str
    """A second person, where the subject takes two; otherwise empty."""
    document_sha256: str
    document_is_held: bool = True
    """Whether the site has that document, whole and unchanged."""


class GateWired(msgspec.Struct, frozen=True):
    """That a gate stands in the running site, and what it did."""

    gate: str
    """Name of the control."""
    place: str
    """Where it is asked, such as `compliance.onboarding`."""
    admitted: int = 0
    """Decisions since the site began."""
    refused: int = 0


class RecordClass(msgspec.Struct, frozen=True):
    """How long the running site keeps records of a class, and where."""

    record_class: str
    """Such as `orders`, `client_identity`, `contract_notes`."""
    tables: tuple[str, ...]
    keep_days: int
    """Counted from what `from_event` says; a year is 365.25 days, rounded up."""
    from_event: str
    """`record`, `end_of_relationship` or `end_of_system`."""
    is_erased_after: bool
    """Whether the site removes them by itself when the time is over."""


class RecordShape(msgspec.Struct, frozen=True):
    """Which fields a record of the running site has."""

    record: str
    """Such as `order_event`, `contract_note`, `incident_report`."""
    fields: tuple[str, ...]


class Backing(StrEnum):
    """What stands behind a setting."""

    PROGRAM = "program"
    """The running program tells it of itself, and works by it."""
    DECLARED = "declared"
    """It is written in the site's file, and nothing else shows it."""
    ATTESTED = "attested"
    """It is written there, and two people stand for that very value, with a document that the site holds."""


class Setting(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the running site is set to."""

    name: str
    """Such as `login.second_factor_required` or `product.credit`."""
    value: int | str
    backing: Backing = Backing.PROGRAM
