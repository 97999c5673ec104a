"""What assessments need of other rooms: who a client is, how it is told something, what a rule says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from lionrock.rulebook.decisions import Decision
from lionrock.rulebook.subject import Subject

DAY_NS = 86_400 * 10**9
HOUR_NS = 3_600 * 10**9
MINUTE_NS = 60 * 10**9


class Client(msgspec.Struct, frozen=True):
    """A client as onboarding knows it, without who it is."""

    client_id: str
    """Opaque."""
    account_id: int
    """Its main account; 0 before one is open."""
    state: str
    """A state of onboarding."""
    is_person: bool
    jurisdiction: str
    """Where it lives or is incorporated, ISO 3166-1 alpha-2."""
    legal_entity: int
    """Number of the entity that it contracts with, as the ledger has it; 0 for any."""
    entity: str
    """Code of that entity."""
    due_diligence_complete: bool
    since_ns: int = 0
    """When it became a client, nanoseconds since 1970; dormancy is counted from there while nothing was done."""
    is_employee: bool = False
    duplicate_of: str = ""
    tax_self_certified_ns: int = 0
    residence_is_admitted: bool = False
    further_accounts: tuple[int, ...] = ()
    """Accounts that belong to the client and are not sub-accounts yet."""


class Clients(Protocol):
    """Onboarding. SQL: from a loop, call it in a thread."""

    def client(self, client_id: str) -> Client | None: ...

    def of_user(self, user_id: str) -> Client | None:
        """The client that a signed-in user is, or speaks for."""

    def all(self) -> Sequence[Client]: ...


class Notices(Protocol):
    """The outbox."""

    def send(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        """Takes a notice on; durable when this returns. The same key again does nothing."""


class Decide(Protocol):
    """One question to a gate."""

    def __call__(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject) -> Decision: ...


class Rulebook(Protocol):
    """The gates of the licences (`lionrock.rulebook.deciding`)."""

    def answer(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject) -> Decision:
        """A pure function: what is asked often, and nothing is done upon it."""

    def decide(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject) -> Decision:
        """The same, recorded: what is acted upon."""


class AssetTerms(msgspec.Struct, frozen=True):
    """Who may acquire an asset by trading."""

    audience: str
    """`none`, `professional`, `retail` or `retail_reduce_only`, as admission decided."""
    group: str
    """Such as `money`, `stablecoin`, `large_cap` or `other`: what risk profiles speak of."""
    blocked_jurisdictions: frozenset[str] = frozenset()
    """Of clients who may not acquire it."""
