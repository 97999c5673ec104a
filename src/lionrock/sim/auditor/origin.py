"""The origin of spec/ledger.md: where a command that moves value outside trades comes from, and who stands for it."""

from __future__ import annotations

from lionrock.sim.auditor.venue import Venue, refuse_if
from lionrock.words.commands import Booking
from lionrock.words.enumerations import ActorKind, TransferPurpose
from lionrock.words.rejections import Rejection

R = Rejection
ACTOR_KINDS = frozenset(ActorKind)
TRANSFER_PURPOSES = frozenset(TransferPurpose)


def refuse_origin(venue: Venue, command: Booking, purpose: int) -> None:
    """All of its refusals together, as most commands have them."""
    refuse_actor_kind(command)
    refuse_source(venue, command)
    refuse_lone_correction(command, purpose)


def refuse_actor_kind(command: Booking) -> None:
    refuse_if(command.actor_kind not in ACTOR_KINDS, R.ACTOR_KIND_UNKNOWN, command.actor_kind)


def refuse_source(venue: Venue, command: Booking) -> None:
    """What the source sent before, or a later number of it, was booked already. Source 0 is none."""
    if command.source == 0:
        return
    last, given = venue.sources.get(command.source, 0), command.source_sequence
    refuse_if(given <= last, R.SOURCE_SEQUENCE_NOT_INCREASING, last, given)


def refuse_lone_correction(command: Booking, purpose: int) -> None:
    if purpose == TransferPurpose.CORRECTION:
        refuse_if_alone(command)


def refuse_if_alone(command: Booking) -> None:
    """It takes two people, named and different."""
    actor_id, authority_id = command.actor_id, command.authority_id
    refuse_if(0 in (actor_id, authority_id) or actor_id == authority_id, R.DUAL_CONTROL_MISSING, actor_id, authority_id)


def note_source(venue: Venue, command: Booking) -> None:
    """The command is being booked, so its number of its source is used."""
    if command.source != 0:
        venue.sources[command.source] = command.source_sequence


def told_of(command: Booking) -> dict[str, int]:
    """The fields by which an event repeats the origin of its command; the purpose is the event's own."""
    return {
        "tax_report_type": command.tax_report_type,
        "actor_kind": command.actor_kind,
        "actor_id": command.actor_id,
        "authority_id": command.authority_id,
        "source": command.source,
        "source_sequence": command.source_sequence,
    }
