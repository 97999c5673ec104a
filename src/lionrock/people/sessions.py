"""Sessions: who signed in with a browser. The token is the client's alone; here stands its SHA-256."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from hashlib import sha256

import msgspec
from sqlalchemy import Engine, delete, insert, select, update

from lionrock.people.api_keys import ALL_RIGHTS, Credential, Right
from lionrock.people.attempts import NS_PER_S
from lionrock.people.notices import Within, nothing_else
from lionrock.people.tables import sessions, users
from lionrock.people.users import User
from lionrock.store.sealing import Sealer

MAX_SESSIONS = 20
"""Of one user; the one unused for longest ends when there are more."""
_TOKEN_BYTES = 32
_WRITTEN_AFTER_NS = 60 * NS_PER_S
"""The last use is written down when it is so much later than what is written: a restart forgets at most that."""


class SessionRules(msgspec.Struct, frozen=True):
    """How long a session lasts."""

    idle_ns: int
    absolute_ns: int


class Place(msgspec.Struct, frozen=True):
    """Where somebody signed in, to show them."""

    address: str
    program: str


class Session(msgspec.Struct):
    """One sign-in."""

    session_id: str
    """To name it by; no secret."""
    token_hash: bytes
    user_id: str
    account_id: int
    """0 until an account is opened for the user."""
    created_ns: int
    last_used_ns: int
    second_factor_ns: int
    """When a code or a passkey was last shown; 0 for never."""
    place: Place
    written_ns: int
    """`last_used_ns` as it is on disk."""

    def __repr__(self) -> str:
        return f"Session(session_id={self.session_id!r})"


class Sessions:
    """The sessions of a site. All that last are in memory, so that finding one costs no SQL."""

    def __init__(
        self, database: Engine, sealer: Sealer, random_bytes: Callable[[int], bytes], rules: SessionRules, now_ns: int
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._rules = rules
        self._csrf = sealer.digester("cross-site request forgery")
        self._changing = threading.Lock()
        self.on_end: list[Callable[[Session], None]] = []
        """Told of each session that ended, in the thread that ended it."""
        with database.begin() as connection:
            connection.execute(
                delete(sessions).where(
                    (sessions.c.created_ns <= now_ns - rules.absolute_ns)
                    | (sessions.c.last_used_ns <= now_ns - rules.idle_ns)
                )
            )
            rows = connection.execute(
                select(sessions, users.c.account_id).join(users, users.c.user_id == sessions.c.user_id)
            )
            found = [
                Session(
                    row.session_id,
                    row.token_hash,
                    row.user_id,
                    row.account_id or 0,
                    row.created_ns,
                    row.last_used_ns,
                    row.second_factor_ns,
                    msgspec.json.decode(sealer.open(row.sealed_place, _place(row.session_id)), type=Place),
                    row.last_used_ns,
                )
                for row in rows
            ]
        self._sessions = {session.token_hash: session for session in found}

    def create(
        self, user: User, place: Place, now_ns: int, *, with_second_factor: bool, within: Within = nothing_else
    ) -> tuple[Session, str]:
        """A new session and its token. Durable when this returns, with whatever `within` writes."""
        token = base64.urlsafe_b64encode(self._random_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()
        factor_ns = now_ns if with_second_factor else 0
        session = Session(
            self._random_bytes(16).hex(),
            _hash(token),
            user.user_id,
            user.account_id,
            now_ns,
            now_ns,
            factor_ns,
            place,
            now_ns,
        )
        others = sorted(self.of_user(user.user_id, now_ns), key=lambda each: each.last_used_ns)
        for surplus in others[: max(len(others) + 1 - MAX_SESSIONS, 0)]:
            self.end(surplus)
        with self._changing:
            with self._database.begin() as connection:
                connection.execute(
                    insert(sessions).values(
                        token_hash=session.token_hash,
                        session_id=session.session_id,
                        user_id=user.user_id,
                        created_ns=now_ns,
                        last_used_ns=now_ns,
                        second_factor_ns=factor_ns,
                        sealed_place=self._sealer.seal(msgspec.json.encode(place), _place(session.session_id)),
                    )
                )
                within(connection)
            self._sessions[session.token_hash] = session
        return session, token

    def find(self, token: str, now_ns: int) -> Session | None:
        """The session of a token, used now; none when it ended. No SQL."""
        session = self._sessions.get(_hash(token))
        if session is None or now_ns >= self.ends_ns(session):
            return None
        session.last_used_ns = max(now_ns, session.last_used_ns)
        return session

    @property
    def longest_s(self) -> int:
        """Seconds that a session may last."""
        return self._rules.absolute_ns // NS_PER_S

    def ends_ns(self, session: Session) -> int:
        """When it ends if it is not used again."""
        return min(session.created_ns + self._rules.absolute_ns, session.last_used_ns + self._rules.idle_ns)

    def credential_of(self, session: Session) -> Credential:
        """The session in the place of an API key: it does for its account all that a key may but manage keys, at the
        latest until it ends for good.
        """
        return Credential(
            access_name(session),
            b"",
            session.account_id,
            ALL_RIGHTS & ~Right.MANAGE,
            expires_ns=session.created_ns + self._rules.absolute_ns,
        )

    def csrf_token(self, session: Session) -> str:
        """What a page of ours knows and a page of others does not: sent as a header with each write."""
        return self._csrf(session.token_hash).hex()

    def needs_writing(self, session: Session) -> bool:
        return session.last_used_ns - session.written_ns >= _WRITTEN_AFTER_NS

    def write(self, session: Session) -> None:
        """Its last use and last second factor, on disk."""
        session.written_ns = session.last_used_ns
        with self._database.begin() as connection:
            connection.execute(
                update(sessions)
                .where(sessions.c.token_hash == session.token_hash)
                .values(last_used_ns=session.last_used_ns, second_factor_ns=session.second_factor_ns)
            )

    def of_user(self, user_id: str, now_ns: int) -> list[Session]:
        """Those that last, oldest first."""
        mine = [each for each in list(self._sessions.values()) if each.user_id == user_id]
        return [each for each in mine if now_ns < self.ends_ns(each)]

    def account_given(self, user_id: str, account_id: int) -> None:
        """An account was opened for the user; who is signed in need not do so again."""
        for session in list(self._sessions.values()):
            if session.user_id == user_id:
                session.account_id = account_id

    def end(self, session: Session) -> None:
        """Durable when this returns."""
        with self._changing:
            self._sessions.pop(session.token_hash, None)
            with self._database.begin() as connection:
                connection.execute(delete(sessions).where(sessions.c.token_hash == session.token_hash))
        for tell in self.on_end:
            tell(session)

    def end_all_of(self, user_id: str, *, but: Session | None = None) -> None:
        """As after a change of the password."""
        for session in [each for each in list(self._sessions.values()) if each.user_id == user_id]:
            if but is None or session.token_hash != but.token_hash:
                self.end(session)

    def forget_ended(self, now_ns: int) -> None:
        """Lets go of those that ended by themselves."""
        for session in [each for each in list(self._sessions.values()) if now_ns >= self.ends_ns(each)]:
            self.end(session)


def access_name(session: Session) -> str:
    """What the session is called where keys are called by their access key, which has no colon."""
    return f"session:{session.session_id}"


def _hash(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()


def _place(session_id: str) -> str:
    return f"sessions.place:{session_id}"
