"""Users: a sign-in name, a password, and the main account they own, or none until one is opened for them.

The name is sealed and found by a keyed hash.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from lionrock.people.api_keys import check_origin
from lionrock.people.notices import Within, nothing_else
from lionrock.people.tables import passkeys, password_resets, recovery_codes, sessions, users
from lionrock.store.sealing import Sealer
from lionrock.words.events import AccountOpened

MIN_NAME, MAX_NAME = 3, 254
"""Characters; the longest e-mail address has 254 (RFC 5321)."""
USER_ID_BYTES = 16


class NameTaken(Exception):
    """There is a user of this name."""


class User(msgspec.Struct, frozen=True):
    """Somebody who can sign in."""

    user_id: str
    """Random hex; says nothing about the person."""
    account_id: int
    """0 until an account is opened for them."""
    password_hash: str
    has_totp: bool
    api_needs_code: bool
    """Writes that move funds out by an API key need `X-TWO-FA-TOKEN`, too."""

    def __repr__(self) -> str:
        return f"User(user_id={self.user_id!r}, account_id={self.account_id})"


class Users:
    """The users of a site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        *,
        journal_id: bytes,
        accounts: Mapping[int, AccountOpened],
    ) -> None:
        """Raises `JournalMismatch` when a user's account is of another journal or not there."""
        self._database = database
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._journal_id = journal_id
        self._digest = sealer.digester("sign-in names")
        with database.connect() as connection:
            for row in connection.execute(select(users).where(users.c.account_id.is_not(None))):
                check_origin(row, journal_id, accounts.get(row.account_id))

    def name_hash(self, name: str) -> bytes:
        """What a name is looked up by. Letter case and ways to write one letter do not matter."""
        return self._digest(normalised_name(name).encode(errors="replace"))

    def create(self, name: str, password_hash: str, account: AccountOpened | None, now_ns: int) -> User:
        """A new user, of an account or of none yet; durable when this returns. Raises `NameTaken`."""
        user_id = self._random_bytes(USER_ID_BYTES).hex()
        values = {
            "user_id": user_id,
            "name_hash": self.name_hash(name),
            "sealed_name": self._sealer.seal(normalised_name(name).encode(), f"users.name:{user_id}"),
            "sealed_password_hash": self._sealed_hash(user_id, password_hash),
            "created_ns": now_ns,
            **(self._of_account(account) if account else {}),
        }
        try:
            with self._database.begin() as connection:
                connection.execute(insert(users).values(**values))
        except IntegrityError as error:
            raise NameTaken from error
        account_id = account.account_id if account else 0
        return User(user_id, account_id, password_hash, has_totp=False, api_needs_code=False)

    def give_account(self, user_id: str, account: AccountOpened) -> None:
        """From now on it is theirs; durable when this returns. Their sessions are told by `Sessions.account_given`."""
        self._change(user_id, nothing_else, **self._of_account(account))

    def _of_account(self, account: AccountOpened) -> dict[str, object]:
        return {
            "account_id": account.account_id,
            "journal_id": self._journal_id,
            "opened_sequence": account.sequence,
            "opened_ns": account.time_ns,
        }

    def by_name(self, name: str) -> User | None:
        return self._find(users.c.name_hash == self.name_hash(name))

    def by_id(self, user_id: str) -> User | None:
        return self._find(users.c.user_id == user_id)

    def by_account(self, account_id: int) -> User | None:
        """The user who owns a main account."""
        return self._find(users.c.account_id == account_id)

    def name_of(self, user_id: str) -> str:
        """For the user alone. Raises `KeyError`."""
        with self._database.connect() as connection:
            sealed = connection.execute(select(users.c.sealed_name).where(users.c.user_id == user_id)).scalar()
        if sealed is None:
            raise KeyError(user_id)
        return self._sealer.open(sealed, f"users.name:{user_id}").decode()

    def set_password(self, user_id: str, password_hash: str, within: Within = nothing_else) -> None:
        self._change(user_id, within, sealed_password_hash=self._sealed_hash(user_id, password_hash))

    def set_api_needs_code(self, user_id: str, *, needs_code: bool, within: Within = nothing_else) -> None:
        self._change(user_id, within, api_needs_code=int(needs_code))

    def _change(self, user_id: str, within: Within, **values: object) -> None:
        with self._database.begin() as connection:
            connection.execute(update(users).where(users.c.user_id == user_id).values(**values))
            within(connection)

    def _find(self, condition: Any) -> User | None:
        with self._database.connect() as connection:
            row = connection.execute(select(users).where(condition)).one_or_none()
        return None if row is None else self._opened(row)

    def _opened(self, row: Row[Any]) -> User:
        password_hash = self._sealer.open(row.sealed_password_hash, _hash_place(row.user_id)).decode()
        return User(
            row.user_id,
            row.account_id or 0,
            password_hash,
            has_totp=bool(row.totp_is_confirmed),
            api_needs_code=bool(row.api_needs_code),
        )

    def _sealed_hash(self, user_id: str, password_hash: str) -> bytes:
        return self._sealer.seal(password_hash.encode(), _hash_place(user_id))


def forget_later_users(database: Engine, last_sequence: int) -> int:
    """Drop the users whose accounts were opened after a command, and their ways in; gives how many.

    Who was there before the account stays and has none any more: it is opened again as their application says.
    """
    is_later = users.c.opened_sequence > last_sequence
    is_applicant = users.c.created_ns < users.c.opened_ns
    later = select(users.c.user_id).where(is_later)
    with database.begin() as connection:
        connection.execute(
            update(users)
            .where(is_later & is_applicant)
            .values(account_id=None, journal_id=None, opened_sequence=None, opened_ns=None)
        )
        for table in (sessions, passkeys, recovery_codes, password_resets):
            connection.execute(delete(table).where(table.c.user_id.in_(later)))
        return connection.execute(delete(users).where(is_later)).rowcount


def is_acceptable_name(name: str) -> bool:
    """Whether somebody may be called so: printable, without a space at either end."""
    plain = normalised_name(name)
    return MIN_NAME <= len(plain) <= MAX_NAME and plain.isprintable() and plain == plain.strip()


def normalised_name(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _hash_place(user_id: str) -> str:
    return f"users.password_hash:{user_id}"
