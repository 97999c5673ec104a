"""What onboarding needs of other rooms: rules, gates of the ledger, the journal, what was assessed, notices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from lionrock.compliance.onboarding.states import Refusal
from lionrock.rulebook.decisions import Decision
from lionrock.rulebook.facts.clients import ClientRecord
from lionrock.rulebook.subject import Subject
from lionrock.words.events import AccountOpened

RecordDigest = Callable[[bytes], Awaitable[int]]
"""Puts a SHA-256 into the journal and gives the sequence of the command that carries it."""


class Decide(Protocol):
    """The rulebook."""

    def __call__(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject) -> Decision:
        """Asks a gate about a fact as it would stand afterwards."""


class Standing(msgspec.Struct, frozen=True):
    """What the ledger is to let a client do, as far as onboarding says."""

    client_id: str
    account_id: int
    restriction: str
    """`none`, `reduce_only` or `frozen`."""
    reason_code: str
    """Why, for the record."""


class Gates(Protocol):
    """Brings outcomes to the ledger by command. The legal entity and the rest of the profile are its business."""

    async def apply(self, client_id: str, standing: Standing) -> None:
        """Sets the account's profile; asked again with the same it changes nothing."""


class Arrivals(Protocol):
    """What comes in from outside."""

    @property
    def standing_still(self) -> AbstractAsyncContextManager[None]:
        """As long as it lasts nothing that arrived is credited."""

    def on_their_way(self, accounts: Collection[int]) -> int:
        """How many deposits to these accounts are seen and will be credited. SQL."""


class Ledger(Protocol):
    """Opens accounts and says what is in them."""

    async def open(self, account_id: int) -> AccountOpened:
        """The account, opened if it is not; durable when this returns."""

    def is_taken(self, account_id: int) -> bool:
        """Whether there is an account of this id."""

    async def positions_left(self, account_id: int) -> int:
        """How many positions of the account and its sub-accounts are not zero, what is held included; durable."""

    @property
    def standing_still(self) -> AbstractAsyncContextManager[None]:
        """As long as it lasts nothing from outside is credited, so that what is found empty stays empty."""

    async def deposits_on_their_way(self, account_id: int) -> int:
        """How many deposits to the account and its sub-accounts are seen and will be credited."""

    async def cancel_orders(self, account_id: int) -> None:
        """Takes back every open order of the account and its sub-accounts; durable when this returns."""


class Users(Protocol):
    """Who signs in."""

    async def give_account(self, user_id: str, account: AccountOpened) -> None:
        """From now on the account is theirs."""


class Assessed(Protocol):
    """What is assessed of clients. SQL: from a loop, call it in a thread."""

    def assessed(self, record: ClientRecord) -> ClientRecord:
        """The record with what assessments know: class, knowledge, profile, limit, evidence, agreement, review. Due
        diligence is complete in it where it is for onboarding and for assessments.
        """

    def end(self, connection: Connection, client_id: str, at_ns: int) -> None:
        """What ends with a relationship: standing authorities. In the transaction that closes it."""

    def lacking(self, client_id: str) -> Refusal | None:
        """What assessments must have found out before an account is opened, and did not; None for nothing."""

    def unaccepted(self, client_id: str) -> Iterable[Refusal]:
        """Agreements that the client has to accept before an account is opened, and did not."""


class NothingAssessed:
    """Where no assessments are wired: the record as onboarding knows it."""

    def assessed(self, record: ClientRecord) -> ClientRecord:
        """Unchanged."""
        return record

    def end(self, connection: Connection, client_id: str, at_ns: int) -> None:
        """Nothing was granted."""

    def lacking(self, client_id: str) -> Refusal | None:  # noqa: ARG002 nobody is asked for anything
        """Nothing."""
        return None

    def unaccepted(self, client_id: str) -> Iterable[Refusal]:  # noqa: ARG002 nobody is asked for anything
        """None."""
        return ()


class Notify(Protocol):
    """The outbox."""

    def __call__(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        """Takes a notice on; the same key again does nothing."""


def no_notice(key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
    """Where no outbox is wired."""
