"""The port to whoever checks identities for the operator, and a simulated one for tests and sandboxes.

A vendor's adapter implements `IdentityProvider`; what it sends where is its own business. Whatever it answers, and when
it does not, an application goes on: an unclear answer leads to people.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from lionrock.compliance.onboarding.forms import Form, Kind, PersonForm

ReadContent = Callable[[], Awaitable[bytes]]
"""Reads one document; the reading is on record."""


class Outcome(StrEnum):
    """What a check came to."""

    PASSED = "passed"
    UNCLEAR = "unclear"
    """People are to look."""
    FAILED = "failed"
    """The provider says that it is not this person, or not a real document; people decide."""
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"


class ProviderReason(StrEnum):
    """Why, in a closed list: a provider's own words may name people."""

    DOCUMENT_NOT_AUTHENTIC = "document_not_authentic"
    DOCUMENT_UNREADABLE = "document_unreadable"
    FACE_DIFFERS = "face_differs"
    NOT_LIVE = "not_live"
    DATA_DIFFERS = "data_differs"
    NOT_FOUND_IN_SOURCES = "not_found_in_sources"
    COMPANY_NOT_FOUND = "company_not_found"
    COMPANY_STRUCTURE_DIFFERS = "company_structure_differs"
    OTHER = "other"


class Checked(msgspec.Struct, frozen=True):
    """A provider's answer."""

    outcome: Outcome
    reasons: tuple[ProviderReason, ...] = ()
    reference: str = ""
    """The provider's own, sealed where it is kept."""


class Asked(msgspec.Struct, frozen=True):
    """What a provider is asked."""

    check_id: str
    """Ours; names one check."""
    kind: Kind
    form: Form
    documents: Mapping[str, ReadContent]
    """Read what was uploaded, by document id."""

    def __repr__(self) -> str:
        return f"Asked(check_id={self.check_id!r})"


class ProviderUnreachable(Exception):
    """The provider could not be asked, or gave no answer that can be read."""


class IdentityProvider(Protocol):
    """Somebody who checks identities."""

    name: str
    """Short, for the record."""

    async def check(self, asked: Asked) -> Checked:
        """Checks who applies. Raises `ProviderUnreachable`."""


class NoProvider:
    """The operator has none: people look at every application."""

    name = "none"

    async def check(self, asked: Asked) -> Checked:  # noqa: ARG002 it is the port's
        """Leaves it to people."""
        return Checked(Outcome.UNCLEAR)


class SimulatedProvider:
    """Answers by the surname or company name: for tests and sandboxes.

    Who is called Refer, Fail, Timeout or Unreachable meets with that; everybody else passes.
    """

    name = "simulated"

    def __init__(self) -> None:
        self.asked: list[str] = []
        """Ids of checks, for tests."""

    async def check(self, asked: Asked) -> Checked:
        """At once, but for who is called Timeout."""
        self.asked.append(asked.check_id)
        form, reference = asked.form, f"simulated-{asked.check_id}"
        name = (form.surname if isinstance(form, PersonForm) else form.name).split(" ")[0].casefold()
        if name == "timeout":
            await asyncio.Event().wait()
        if name == "unreachable":
            raise ProviderUnreachable
        if name == "refer":
            return Checked(Outcome.UNCLEAR, (ProviderReason.DATA_DIFFERS,), reference)
        if name == "fail":
            return Checked(Outcome.FAILED, (ProviderReason.DOCUMENT_NOT_AUTHENTIC,), reference)
        return Checked(Outcome.PASSED, (), reference)


async def ask(provider: IdentityProvider, asked: Asked, patience_s: int) -> Checked:
    """The provider's answer within so many seconds. Never raises what a provider does."""
    try:
        async with asyncio.timeout(patience_s):
            return await provider.check(asked)
    except TimeoutError:
        return Checked(Outcome.TIMED_OUT)
    except ProviderUnreachable:
        return Checked(Outcome.UNREACHABLE)
    except Exception:  # noqa: BLE001 an adapter's own error, whose text may name people, is not told
        return Checked(Outcome.UNREACHABLE)
