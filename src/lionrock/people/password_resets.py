"""A way back for who forgot the password: a token that works once and soon ends, sent to a confirmed address.

Asking costs the same whoever is asked for: it leaves a row with the hash of the name, and only later the site looks
whether anybody has that name. Calls are SQL: from a loop, make them in a thread.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, select

from lionrock.people.attempts import NS_PER_S, Attempts
from lionrock.people.notices import Notices
from lionrock.people.sessions import Place
from lionrock.people.sign_in_log import Attempt, Outcome, SignInLog
from lionrock.people.tables import password_reset_requests, password_resets, users
from lionrock.store.sealing import Sealer

RESET_LASTS_NS = 1_800 * NS_PER_S
"""From when it was asked for."""
WAY = "reset"
"""In the log of sign-ins."""
_TOKEN_BYTES = 32
_ID_BYTES = 16
_MOST_AT_ONCE = 100


class ResetRefused(Exception):
    """The token is wrong, was used, or its time is over. Which, is not told."""


class Pending(msgspec.Struct, frozen=True):
    """What a token is for."""

    user_id: str
    name_hash: bytes


class PasswordResets:
    """Of a site."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        attempts: Attempts,
        notices: Notices,
        log: SignInLog,
    ) -> None:
        self._database, self._sealer, self._random_bytes, self._clock = database, sealer, random_bytes, clock
        self._attempts, self._notices, self._log = attempts, notices, log
        self._hash_token = sealer.digester("password reset tokens")
        self._asked_at = sealer.digester("password resets asked for")

    def ask(self, name_hash: bytes, place: Place) -> None:
        """Somebody asks for a user of this name, or of none. Counts as an attempt of its own, so that a mailbox is not
        flooded and a sign-in not locked. Raises `MustWait`.
        """
        now_ns, request_id = self._clock(), self._random_bytes(_ID_BYTES).hex()
        self._attempts.begin(self._asked_at(name_hash), now_ns)
        sealed = self._sealer.seal(msgspec.json.encode(place), _seal_place(request_id))
        row = {"request_id": request_id, "name_hash": name_hash, "asked_ns": now_ns, "sealed_place": sealed}
        with self._database.begin() as connection:
            connection.execute(insert(password_reset_requests).values(**row))

    def send_due(self) -> int:
        """Sends tokens to those who were asked for and have a confirmed address; gives how many that were."""
        now_ns = self._clock()
        with self._database.begin() as connection:
            connection.execute(delete(password_resets).where(password_resets.c.ends_ns <= now_ns))
        oldest = select(password_reset_requests).order_by(password_reset_requests.c.asked_ns).limit(_MOST_AT_ONCE)
        with self._database.connect() as connection:
            rows = connection.execute(oldest).all()
        return sum(self._send(row, now_ns) for row in rows)

    def _send(self, row: Row[tuple[object, ...]], now_ns: int) -> bool:
        place = msgspec.json.decode(self._sealer.open(row.sealed_place, _seal_place(row.request_id)), type=Place)
        found = select(users.c.user_id).where(users.c.name_hash == row.name_hash)
        with self._database.connect() as connection:
            user_id = str(connection.execute(found).scalar() or "")
        self._log.add(Attempt(row.asked_ns, user_id, WAY, Outcome.ASKED.value, place), row.name_hash)
        ends_ns = row.asked_ns + RESET_LASTS_NS
        token = base64.urlsafe_b64encode(self._random_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()
        mine = password_reset_requests.c.request_id == row.request_id
        with self._database.begin() as connection:
            if connection.execute(delete(password_reset_requests).where(mine)).rowcount != 1 or not user_id:
                return False
            if ends_ns <= now_ns or not self._notices.send_reset(connection, user_id, token, now_ns):
                return False
            values = {"user_id": user_id, "name_hash": row.name_hash, "ends_ns": ends_ns}
            connection.execute(insert(password_resets).values(token_hash=self._hashed(token), **values))
        return True

    def find(self, token: str) -> Pending:
        """Whose token this is; it is not used up. Raises `ResetRefused`."""
        key = password_resets.c.token_hash == self._hashed(token)
        with self._database.connect() as connection:
            row = connection.execute(select(password_resets).where(key)).one_or_none()
        if row is None or row.ends_ns <= self._clock():
            raise ResetRefused
        return Pending(row.user_id, row.name_hash)

    def use_up(self, connection: Connection, token: str, user_id: str) -> None:
        """The token and all others of its user, in the transaction of the new password. Raises `ResetRefused` when
        somebody else was faster.
        """
        key = password_resets.c.token_hash == self._hashed(token)
        if connection.execute(delete(password_resets).where(key)).rowcount != 1:
            raise ResetRefused
        connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))

    def forgive(self, name_hash: bytes) -> None:
        """Who came back need not wait, neither to sign in nor to ask again."""
        self._attempts.succeeded(name_hash)
        self._attempts.succeeded(self._asked_at(name_hash))

    def _hashed(self, token: str) -> bytes:
        return self._hash_token(token.strip().encode(errors="replace"))


def _seal_place(request_id: str) -> str:
    return f"password_reset_requests.place:{request_id}"
