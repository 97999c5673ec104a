"""API keys: which account a key acts for, with which rights; the secret is sealed at rest."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag

import msgspec
from sqlalchemy import BigInteger, Column, Engine, Integer, LargeBinary, MetaData, String, Table, insert, select

from lionrock.store.sealing import Sealer


class Right(IntFlag):
    """What a key may do."""

    READ = 1
    TRADE = 2


_metadata = MetaData()

_api_keys = Table(
    "api_keys",
    _metadata,
    Column("access_key", String(64), primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("rights", Integer, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)


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
        self, database: Engine, sealer: Sealer, random_bytes: Callable[[int], bytes], clock: Callable[[], int]
    ) -> None:
        """Raises `SealBroken` when a stored secret does not open."""
        self._database = database
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._clock = clock
        _metadata.create_all(database)
        with database.connect() as connection:
            rows = connection.execute(select(_api_keys)).all()
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

    def create(self, account_id: int, rights: Right) -> Credential:
        """A new key; its secret is shown to its owner now and never again. Durable when this returns."""
        access_key, secret = self._random_bytes(32).hex(), self._random_bytes(32).hex().encode()
        credential = Credential(access_key, secret, account_id, rights)
        with self._database.begin() as connection:
            connection.execute(
                insert(_api_keys).values(
                    access_key=access_key,
                    sealed_secret=self._sealer.seal(secret, _place(access_key)),
                    account_id=account_id,
                    rights=int(rights),
                    created_ns=self._clock(),
                )
            )
        self._credentials[access_key] = credential
        return credential


def _place(access_key: str) -> str:
    return f"api_keys.secret:{access_key}"
