"""Sessions of the staff: shorter than clients', in a table of their own, and looked up in SQL at every request, so that
what another process ended is ended here as well.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import sha256

import msgspec
from sqlalchemy import Engine, delete, insert, select, update

from lionrock.people.attempts import NS_PER_S
from lionrock.people.sessions import Place, SessionRules
from lionrock.people.staff.members import Member, Members
from lionrock.people.staff.tables import staff_sessions
from lionrock.store.sealing import Sealer

MAX_SESSIONS = 5
"""Of one member; the one unused for longest ends when there are more."""
_TOKEN_BYTES = 32
_WRITTEN_AFTER_NS = 30 * NS_PER_S
"""The last use is written down when it is so much later than what is written."""


class StaffSession(msgspec.Struct, frozen=True):
    """One sign-in of one member, with the member as they are at this request."""

    session_id: str
    token_hash: bytes
    member: Member
    created_ns: int
    last_used_ns: int
    place: Place

    @property
    def staff_id(self) -> str:
        return self.member.staff_id

    def __repr__(self) -> str:
        return f"StaffSession(session_id={self.session_id!r})"


class StaffSessions:
    """Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        rules: SessionRules,
        members: Members,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._rules = rules
        self._members = members
        self._csrf = sealer.digester("cross-site request forgery of staff")

    def create(self, member: Member, place: Place, now_ns: int) -> tuple[StaffSession, str]:
        """A new session and its token. Durable when this returns."""
        token = base64.urlsafe_b64encode(self._random_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()
        session = StaffSession(self._random_bytes(16).hex(), _hash(token), member, now_ns, now_ns, place)
        others = sorted(self.of_member(member, now_ns), key=lambda each: each.last_used_ns)
        for surplus in others[: max(len(others) + 1 - MAX_SESSIONS, 0)]:
            self.end(surplus)
        ended = staff_sessions.c.last_used_ns <= now_ns - self._rules.idle_ns
        ended |= staff_sessions.c.created_ns <= now_ns - self._rules.absolute_ns
        with self._database.begin() as connection:
            connection.execute(delete(staff_sessions).where(ended))
            connection.execute(
                insert(staff_sessions).values(
                    token_hash=session.token_hash,
                    session_id=session.session_id,
                    staff_id=member.staff_id,
                    created_ns=now_ns,
                    last_used_ns=now_ns,
                    sealed_place=self._sealer.seal(msgspec.json.encode(place), _place(session.session_id)),
                )
            )
        return session, token

    def find(self, token: str, now_ns: int) -> StaffSession | None:
        """The session of a token, used now; none when it ended or its member was deactivated."""
        key = staff_sessions.c.token_hash == _hash(token)
        with self._database.connect() as connection:
            row = connection.execute(select(staff_sessions).where(key)).one_or_none()
        if row is None or now_ns >= self._ends_ns(row.created_ns, row.last_used_ns):
            return None
        member = self._members.find(row.staff_id)
        if member is None or not member.is_active:
            return None
        if now_ns - row.last_used_ns >= _WRITTEN_AFTER_NS:
            with self._database.begin() as connection:
                connection.execute(update(staff_sessions).where(key).values(last_used_ns=now_ns))
        place = msgspec.json.decode(self._sealer.open(row.sealed_place, _place(row.session_id)), type=Place)
        return StaffSession(row.session_id, row.token_hash, member, row.created_ns, now_ns, place)

    @property
    def longest_s(self) -> int:
        """Seconds that a session may last."""
        return self._rules.absolute_ns // NS_PER_S

    def ends_ns(self, session: StaffSession) -> int:
        """When it ends if it is not used again."""
        return self._ends_ns(session.created_ns, session.last_used_ns)

    def csrf_token(self, session: StaffSession) -> str:
        """As `Sessions.csrf_token`; a client's is none of these."""
        return self._csrf(session.token_hash).hex()

    def of_member(self, member: Member, now_ns: int) -> list[StaffSession]:
        """Those that last, oldest first."""
        statement = select(staff_sessions).where(staff_sessions.c.staff_id == member.staff_id)
        with self._database.connect() as connection:
            rows = connection.execute(statement.order_by(staff_sessions.c.created_ns)).all()
        return [
            StaffSession(
                row.session_id,
                row.token_hash,
                member,
                row.created_ns,
                row.last_used_ns,
                msgspec.json.decode(self._sealer.open(row.sealed_place, _place(row.session_id)), type=Place),
            )
            for row in rows
            if now_ns < self._ends_ns(row.created_ns, row.last_used_ns)
        ]

    def end(self, session: StaffSession) -> None:
        """Durable when this returns."""
        with self._database.begin() as connection:
            connection.execute(delete(staff_sessions).where(staff_sessions.c.token_hash == session.token_hash))

    def _ends_ns(self, created_ns: int, last_used_ns: int) -> int:
        return min(created_ns + self._rules.absolute_ns, last_used_ns + self._rules.idle_ns)


def _hash(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()


def _place(session_id: str) -> str:
    return f"staff_sessions.place:{session_id}"
