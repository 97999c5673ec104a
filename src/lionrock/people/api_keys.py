"""API keys: which account a key acts for, with which rights; the secret is sealed at rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntFlag

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
)

from lionrock.store.sealing import Sealer
from lionrock.words.events import AccountOpened


class Right(IntFlag):
    """What a key may do."""

    READ = 1
    TRADE = 2
    TRANSFER = 4
    """Move funds between accounts of the same owner."""
    WITHDRAW = 8


_metadata = MetaData()

_api_keys = Table(
    "api_keys",
    _metadata,
    Column("access_key", String(64), primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("rights", Integer, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    # What the key's account was when it was made: an id alone would act for whoever is given the same id in a journal
    # that lost its end, or in another one.
    Column("journal_id", LargeBinary, nullable=False),
    Column("opened_sequence", BigInteger, nullable=False),
    Column("opened_ns", BigInteger, nullable=False),
)


class JournalMismatch(Exception):
    """A stored key is of an account that the journal does not have: keys and journal are not of one site and time."""


class Credential(msgspec.Struct, frozen=True):
    """A key as the gateway uses it."""

    access_key: str
    secret: bytes
    account_id: int
    rights: Right

    def __repr__(self) -> str:
        return f"Credential(access_key={self.access_key!r}, account_id={self.account_id})"


class ApiKeys:
    """The keys of a site. All of them are opened at start, so that finding one costs no SQL."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        journal_id: bytes,
        accounts: Mapping[int, AccountOpened],
    ) -> None:
        """`accounts` are those of the journal, by id.

        Raises `JournalMismatch` when a stored key was made for another journal or for an account that is not there, and
        `SealBroken` when a stored secret does not open.
        """
        self._database = database
        self._journal_id = journal_id
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._clock = clock
        _metadata.create_all(database)
        with database.connect() as connection:
            rows = connection.execute(select(_api_keys)).all()
        for row in rows:
            _check_origin(row, journal_id, accounts.get(row.account_id))
        self._credentials = {
            row.access_key: Credential(
                row.access_key,
                sealer.open(row.sealed_secret, _place(row.access_key)),
                row.account_id,
                Right(row.rights),
            )
            for row in rows
        }

    def find(self, access_key: str) -> Credential | None:
        return self._credentials.get(access_key)

    def create(self, account: AccountOpened, rights: Right) -> Credential:
        """A new key; its secret is shown to its owner now and never again. Durable when this returns."""
        access_key, secret = self._random_bytes(32).hex(), self._random_bytes(32).hex().encode()
        credential = Credential(access_key, secret, account.account_id, rights)
        with self._database.begin() as connection:
            connection.execute(
                insert(_api_keys).values(
                    access_key=access_key,
                    sealed_secret=self._sealer.seal(secret, _place(access_key)),
                    account_id=account.account_id,
                    rights=int(rights),
                    created_ns=self._clock(),
                    journal_id=self._journal_id,
                    opened_sequence=account.sequence,
                    opened_ns=account.time_ns,
                )
            )
        self._credentials[access_key] = credential
        return credential


def forget_later_keys(database: Engine, last_sequence: int) -> int:
    """Drop the keys of accounts that were opened after a command; gives how many. For a site that is set back."""
    _metadata.create_all(database)
    with database.begin() as connection:
        return connection.execute(delete(_api_keys).where(_api_keys.c.opened_sequence > last_sequence)).rowcount


def _check_origin(row: Row[tuple[object, ...]], journal_id: bytes, account: AccountOpened | None) -> None:
    if row.journal_id != journal_id:
        raise JournalMismatch(
            f"the keys were made for journal {row.journal_id.hex()} and this is journal {journal_id.hex()}: "
            "bring back the journal and the database that belong together"
        )
    if account is None or (account.sequence, account.time_ns) != (row.opened_sequence, row.opened_ns):
        raise JournalMismatch(
            f"the keys know account {row.account_id}, opened by command {row.opened_sequence}, and the journal does "
            "not have it: the journal is older than the database or lost its end; bring back the newer one"
        )


def _place(access_key: str) -> str:
    return f"api_keys.secret:{access_key}"
