"""What each register holds, as a table: fields, states, who may take which step, what is owed."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Register(StrEnum):
    """A register."""

    INCIDENT = "incident"
    """Material interruption, failure or breach of a system or of security."""
    COMPLAINT = "complaint"
    PARTICULARS_CHANGE = "particulars_change"
    """Of what is registered about the licensed company."""
    PATCH = "patch"
    """Of software in use, from the end of its test to its installation."""
    AML_POLICY_CHANGE = "aml_policy_change"


class Step(msgspec.Struct, frozen=True):
    """A step a record may take."""

    state: str
    """It leads to."""
    after: frozenset[str]
    """States it may be taken in."""
    needs: tuple[str, ...] = ()
    """Fields that must have been filled by then."""
    does_what_is_owed: bool = False


class Terms(msgspec.Struct, frozen=True):
    """Of one register."""

    obligation: str
    """Kind of `Obligation` that a record opens."""
    shape: str
    """Name of its `RecordShape`."""
    begins_as: str
    """State of a new record."""
    opening: tuple[str, ...]
    """Fields that a new record must have."""
    steps: tuple[Step, ...]
    roles: tuple[str, ...]
    """Who of the staff enters records and takes steps."""
    told_as: tuple[tuple[str, str], ...] = ()
    """What some of a record's own fields are called in its register."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that a record may have, in the order in which it is asked for."""
        found = dict.fromkeys(self.opening)
        for step in self.steps:
            found |= dict.fromkeys(step.needs)
        return tuple(found)

    def step_to(self, state: str) -> Step | None:
        return next((each for each in self.steps if each.state == state), None)

    @property
    def states(self) -> tuple[str, ...]:
        return (self.begins_as, *(each.state for each in self.steps))


def _after(*states: str) -> frozenset[str]:
    return frozenset(states)


_RUNNERS = ("technology", "operations", "compliance_officer", "responsible_officer")
_OFFICERS = ("compliance_officer", "responsible_officer", "mlro")
_REPORT = ("cause", "time", "duration", "systems", "recurrence", "clients_affected", "fix", "prevention")
"""(a) to (h) of Schedule 3, section 2 of the Guidelines for Virtual Asset Trading Platform Operators (Hong Kong)."""

TERMS: dict[Register, Terms] = {
    Register.INCIDENT: Terms(
        "incident_notice",
        "incident_report",
        "open",
        ("summary", "time", "systems"),
        (
            Step("notified", _after("open"), does_what_is_owed=True),
            Step("reported", _after("notified"), _REPORT),
            Step("closed", _after("reported")),
        ),
        _RUNNERS,
    ),
    Register.COMPLAINT: Terms(
        "complaint",
        "complaint",
        "received",
        ("subject", "text"),
        (
            Step("acknowledged", _after("received")),
            Step("answered", _after("received", "acknowledged"), ("answer",), does_what_is_owed=True),
            Step("closed", _after("answered")),
        ),
        ("customer_service", *_OFFICERS),
        (("account_id", "client_id"), ("begun_ns", "received_at"), ("done_ns", "answered_at")),
    ),
    Register.PARTICULARS_CHANGE: Terms(
        "particulars_change",
        "particulars_change",
        "open",
        ("what", "before", "after"),
        (
            Step("notified", _after("open"), ("reference",), does_what_is_owed=True),
            Step("withdrawn", _after("open"), ("reason",)),
        ),
        _OFFICERS,
    ),
    Register.PATCH: Terms(
        "patch",
        "patch",
        "tested",
        ("system", "version"),
        (
            Step("installed", _after("tested"), does_what_is_owed=True),
            Step("withdrawn", _after("tested"), ("reason",)),
        ),
        ("technology",),
    ),
    Register.AML_POLICY_CHANGE: Terms(
        "aml_policy_change",
        "aml_policy_change",
        "open",
        ("what", "document_sha256"),
        (Step("notified", _after("open"), ("reference",), does_what_is_owed=True),),
        _OFFICERS,
    ),
}
"""`withdrawn` ends what was owed as well: it turned out that nothing is; the reason stands in the record."""

ENDED_WITHOUT = "withdrawn"
