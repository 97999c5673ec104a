"""What is sent: content, addresses, and what may become of a delivery."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec


class Channel(StrEnum):
    """How a notice reaches somebody."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    INBOX = "inbox"
    """In-app: behind the sign-in, so it is never the only way of a notice about signing in."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; it stays here, with its attempts, until somebody sends it again."""


class Outcome(StrEnum):
    """How one attempt ended. A closed list, so that nothing of an answer's text is kept or logged."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """By the receiver, for good."""
    TRY_LATER = "try_later"
    """By the receiver, for now."""
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    """No connection, or it broke off."""
    ADDRESS_FORBIDDEN = "address_forbidden"
    """It leads into a network that nobody outside may have us call."""
    NOT_SET_UP = "not_set_up"
    """The site's own setting is missing or refused: no mail server, no TLS, a wrong password."""
    UNREADABLE = "unreadable"
    """What was sealed does not open."""
    INTERRUPTED = "interrupted"
    """The process ended in the middle; whether it arrived is not known."""


FINAL = frozenset({Outcome.REFUSED, Outcome.ADDRESS_FORBIDDEN, Outcome.UNREADABLE})
"""After these nothing is tried again by itself."""


class Content(msgspec.Struct, frozen=True):
    """What somebody reads. Personal, so it is sealed and has no representation."""

    subject: str
    text: str
    facts: dict[str, str] = {}
    """For programs, in English."""
    language: str = "en"
    """Of subject and text."""

    def __repr__(self) -> str:
        return "Content()"


class Address(msgspec.Struct, frozen=True):
    """Where to. Personal, so it is sealed and has no representation."""

    channel: Channel
    target: str = ""
    """Mail address or URL; nothing for the inbox."""
    secret: str = ""
    """Of a webhook: what its messages are signed with."""

    def __repr__(self) -> str:
        return f"Address(channel={self.channel.value!r})"


class Message(msgspec.Struct, frozen=True):
    """What is put into the outbox."""

    message_id: str
    """Of what causes it, so that the same cause is told once; else `Outbox.new_id`."""
    kind: str
    """Such as `login`."""
    recipient: str
    """Opaque id of a person."""
    content: Content
    addresses: tuple[Address, ...]
    """One of a channel."""


class Parcel(msgspec.Struct, frozen=True):
    """One delivery that is to be tried now."""

    message_id: str
    kind: str
    created_ns: int
    """When its message was made; the same in every attempt."""
    since_ns: int
    """Its age counts from here: when it was put in, or sent again."""
    number: int
    """Of the attempt, from 1."""
    address: Address
    content: Content


class Result(msgspec.Struct, frozen=True):
    """What a channel says of an attempt."""

    outcome: Outcome
    code: int = 0
    """Status of SMTP or HTTP."""


class Carrier(Protocol):
    """Carries parcels of one channel. Never raises for what a receiver or a network does."""

    async def send(self, parcel: Parcel, now_ns: int) -> Result: ...
