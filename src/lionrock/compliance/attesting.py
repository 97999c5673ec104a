"""What people of the staff state and sign: by proposal, so that a second person has looked at the document."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import msgspec

from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.rulebook.facts import Attested

_SUBJECT = re.compile(r"[a-z][a-z0-9_]{2,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

KeepAttested = Callable[[Attested], object]
"""Keeps an attestation; SQL. `lionrock.rulebook.attestations.Attestations.record` is one."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of the action `attestation`."""

    subject: str
    """Such as `technology_audit`, as the rules name it."""
    document_sha256: str
    """Of the document it rests on, hex digits."""


def register_attesting(executors: Executors, keep: KeepAttested) -> None:
    """Carries out the action `attestation`: the maker attests, whoever approved it is the second person."""

    def checked(payload: Statement) -> object:
        if not _SUBJECT.fullmatch(payload.subject):
            raise OrderRefused("a subject has small letters, digits and underscores")
        if not _SHA256.fullmatch(payload.document_sha256):
            raise OrderRefused("a SHA-256 is written as 64 hex digits")
        return []

    async def attest(order: Order) -> str:
        payload: Statement = order.payload
        attested = Attested(
            payload.subject, order.at_ns, order.maker.staff_id, order.authority.staff_id, payload.document_sha256
        )
        await asyncio.to_thread(keep, attested)
        return f"{payload.subject} attested"

    executors.register("attestation", Statement, attest, checked)
