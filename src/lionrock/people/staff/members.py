"""Who is of the staff: names, persons behind them, roles, one-time codes to enrol with, declared files of their own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, exists, insert, select, update

from lionrock.people.attempts import NS_PER_S
from lionrock.people.staff.audit import MACHINE, Audit
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.people.staff.roles import Role, clash
from lionrock.people.staff.tables import (
    staff,
    staff_credentials,
    staff_enrolments,
    staff_own_files,
    staff_passkeys,
    staff_recovery_codes,
    staff_roles,
    staff_sessions,
    writing,
)
from lionrock.people.users import is_acceptable_name, normalised_name
from lionrock.store.sealing import Sealer

CODE_LASTS_NS = 24 * 3_600 * NS_PER_S
"""Of an enrolment code: a working day, whatever the hour it was made at."""
_CODE_BYTES = 20
_ID_BYTES = 16


class Member(msgspec.Struct, frozen=True):
    """Somebody of the staff, as they are at the moment they were asked for."""

    staff_id: str
    """Random hex; says nothing about the person."""
    person: bytes
    """Keyed hash of who it is: the same for two accounts of one person."""
    roles: frozenset[Role]
    is_active: bool
    has_passkey: bool
    has_totp: bool
    created_ns: int
    access_reviewed_ns: int
    has_trading_account: bool

    @property
    def is_enrolled(self) -> bool:
        return self.has_passkey or self.has_totp

    @property
    def number(self) -> int:
        """What the ledger's entries name the member by: 63 bits of the id."""
        return int(self.staff_id[:16], 16) >> 1 or 1

    def __repr__(self) -> str:
        return f"Member(staff_id={self.staff_id!r})"


class Enrolled(msgspec.Struct, frozen=True):
    """A member and the code to enrol with, shown once."""

    staff_id: str
    code: str
    ends_ns: int

    def __repr__(self) -> str:
        return f"Enrolled(staff_id={self.staff_id!r})"


class Members:
    """The staff of a site. Calls are SQL: from a loop, make them in a thread. Nothing is remembered between calls, so
    that a role or an account taken away by another process is gone at once.
    """

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        audit: Audit,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._clock = clock
        self._audit = audit
        self._name_digest = sealer.digester("names of staff")
        self._person_digest = sealer.digester("persons of staff")
        self._code_digest = sealer.digester("enrolment codes of staff")

    def name_hash(self, name: str) -> bytes:
        return self._name_digest(normalised_name(name).encode(errors="replace"))

    def enrol(self, name: str, person: str, by: str, *, role: Role | None = None) -> Enrolled:
        """A new member, without a way to sign in and, from an administrator, without roles.

        `person` is what the operator knows the human being by, such as the number of the contract: two accounts with
        the same one count as one person. Only at the machine itself (`by` empty) may a role come with it, and only
        that of an administrator: all others are granted by two people. Raises `StaffRefused`.
        """
        if not is_acceptable_name(name):
            raise StaffRefused(No.NAME_MALFORMED)
        if role is not None and (by or role is not Role.ADMINISTRATOR):
            raise StaffRefused(No.NOT_MAKER, action=f"granting {role} alone", roles="two people")
        staff_id, now_ns = self._random_bytes(_ID_BYTES).hex(), self._clock()
        with writing(self._database) as connection:
            name_hash = self.name_hash(name)
            if connection.execute(select(staff.c.staff_id).where(staff.c.name_hash == name_hash)).first():
                raise StaffRefused(No.NAME_TAKEN)
            connection.execute(
                insert(staff).values(
                    staff_id=staff_id,
                    name_hash=name_hash,
                    sealed_name=self._sealer.seal(normalised_name(name).encode(), _name_place(staff_id)),
                    person_hash=self._person_digest(normalised_name(person).strip().encode(errors="replace")),
                    created_ns=now_ns,
                    created_by=by,
                    access_reviewed_ns=now_ns,
                )
            )
            if role is not None:
                connection.execute(_granting(staff_id, role, now_ns, ""))
            enrolled = self._new_code(connection, staff_id, now_ns)
            self._audit.add(connection, now_ns, by, "staff enrolled", staff_id, role=role or "")
        return enrolled

    def new_code(self, staff_id: str, by: str) -> Enrolled:
        """For whoever lost their device. All ways in, sessions and roles end: who makes the code could use it, so the
        roles are granted anew, by two people. Raises `StaffRefused`.
        """
        now_ns = self._clock()
        with writing(self._database) as connection:
            member = self.read(connection, staff_id)
            self._check_other(member, by, connection)
            if not member.is_active:
                raise StaffRefused(No.MEMBER_INACTIVE)
            taken = ",".join(sorted(member.roles))
            _end_ways_in(connection, staff_id)
            connection.execute(delete(staff_roles).where(staff_roles.c.staff_id == staff_id))
            enrolled = self._new_code(connection, staff_id, now_ns)
            self._audit.add(connection, now_ns, by, "staff enrolled anew", staff_id, roles_taken=taken)
        return enrolled

    def deactivate(self, staff_id: str, by: str) -> None:
        """At once: no sessions, no ways in, no roles. Raises `StaffRefused`."""
        now_ns = self._clock()
        with writing(self._database) as connection:
            member = self.read(connection, staff_id)
            self._check_other(member, by, connection)
            if not member.is_active:
                raise StaffRefused(No.MEMBER_INACTIVE)
            _end_ways_in(connection, staff_id)
            connection.execute(delete(staff_roles).where(staff_roles.c.staff_id == staff_id))
            connection.execute(delete(staff_enrolments).where(staff_enrolments.c.staff_id == staff_id))
            connection.execute(update(staff).where(staff.c.staff_id == staff_id).values(deactivated_ns=now_ns))
            roles = ",".join(sorted(member.roles))
            self._audit.add(connection, now_ns, by, "staff deactivated", staff_id, roles_taken=roles)

    def review_access(self, staff_id: str, by: str) -> None:
        """Somebody else confirmed that the member still needs the roles. Raises `StaffRefused`."""
        now_ns = self._clock()
        with writing(self._database) as connection:
            member = self.read(connection, staff_id)
            self._check_other(member, by, connection)
            connection.execute(update(staff).where(staff.c.staff_id == staff_id).values(access_reviewed_ns=now_ns))
            roles = ",".join(sorted(member.roles))
            self._audit.add(connection, now_ns, by, "access reviewed", staff_id, roles=roles)

    def grant(self, staff_id: str, role: Role, proposal_id: str) -> None:
        """As a proposal that was approved says. Raises `StaffRefused`."""
        now_ns = self._clock()
        with writing(self._database) as connection:
            member = self.read(connection, staff_id)
            self.check_grant(member, role)
            connection.execute(_granting(staff_id, role, now_ns, proposal_id))
            self._audit.add(connection, now_ns, MACHINE, "role granted", staff_id, role=role, proposal=proposal_id)

    def check_grant(self, member: Member, role: Role) -> None:
        """Whether somebody may be given a role; what an executor asks before and after a proposal."""
        if not member.is_active:
            raise StaffRefused(No.MEMBER_INACTIVE)
        if not member.is_enrolled:
            raise StaffRefused(No.NOT_ENROLLED)
        if role in member.roles:
            raise StaffRefused(No.ROLE_HELD)
        if why := clash(member.roles | {role}):
            raise StaffRefused(No.ROLES_CLASH, why=why)

    def revoke(self, staff_id: str, role: Role, proposal_id: str) -> None:
        """As `grant`."""
        now_ns = self._clock()
        with writing(self._database) as connection:
            member = self.read(connection, staff_id)
            if role not in member.roles:
                raise StaffRefused(No.ROLE_NOT_HELD)
            condition = (staff_roles.c.staff_id == staff_id) & (staff_roles.c.role == role.value)
            connection.execute(delete(staff_roles).where(condition))
            self._audit.add(connection, now_ns, MACHINE, "role revoked", staff_id, role=role, proposal=proposal_id)

    def declare_file(self, staff_id: str, client_id: str) -> None:
        """A client that is the member, or a relation: off limits for them from now on. It cannot be taken back by the
        member. Raises `StaffRefused`.
        """
        now_ns = self._clock()
        with writing(self._database) as connection:
            member = self.read(connection, staff_id)
            key = (staff_own_files.c.person_hash == member.person) & (staff_own_files.c.client_id == client_id)
            if not connection.execute(select(staff_own_files.c.client_id).where(key)).first():
                row = {"person_hash": member.person, "client_id": client_id, "declared_ns": now_ns}
                connection.execute(insert(staff_own_files).values(**row))
            same = staff.c.person_hash == member.person
            connection.execute(update(staff).where(same).values(has_trading_account=1))
            self._audit.add(connection, now_ns, staff_id, "own file declared", client_id)

    def owns_file(self, connection: Connection, person: bytes, client_id: str) -> bool:
        """Whether a client's file is declared as that of this person or a relation."""
        key = (staff_own_files.c.person_hash == person) & (staff_own_files.c.client_id == client_id)
        return connection.execute(select(staff_own_files.c.client_id).where(key)).first() is not None

    def own_files(self, member: Member) -> tuple[str, ...]:
        """Clients that are declared as the member or a relation."""
        key = staff_own_files.c.person_hash == member.person
        with self._database.connect() as connection:
            return tuple(connection.execute(select(staff_own_files.c.client_id).where(key)).scalars())

    def find(self, staff_id: str) -> Member | None:
        with self._database.connect() as connection:
            return _find(connection, staff.c.staff_id == staff_id)

    def by_name(self, name: str) -> Member | None:
        with self._database.connect() as connection:
            return _find(connection, staff.c.name_hash == self.name_hash(name))

    def read(self, connection: Connection, staff_id: str) -> Member:
        """Inside a transaction, so that what it says still holds at its end. Raises `StaffRefused`."""
        member = _find(connection, staff.c.staff_id == staff_id)
        if member is None:
            raise StaffRefused(No.MEMBER_UNKNOWN)
        return member

    def all(self) -> list[Member]:
        """In the order they came."""
        with self._database.connect() as connection:
            rows = connection.execute(_SELECTED.order_by(staff.c.created_ns, staff.c.staff_id)).all()
            return [_member(row, _roles(connection, row.staff_id)) for row in rows]

    def name_of(self, staff_id: str) -> str:
        """For those who may see it. Raises `StaffRefused`."""
        with self._database.connect() as connection:
            sealed = connection.execute(select(staff.c.sealed_name).where(staff.c.staff_id == staff_id)).scalar()
        if sealed is None:
            raise StaffRefused(No.MEMBER_UNKNOWN)
        return self._sealer.open(sealed, _name_place(staff_id)).decode()

    def of_code(self, code: str) -> str:
        """Whose enrolment code this is; it is not used up. Raises `StaffRefused`."""
        with self._database.connect() as connection:
            return self._of_code(connection, code)

    def use_code(self, connection: Connection, code: str) -> str:
        """Uses it up, in a transaction (`writing`). Raises `StaffRefused`."""
        staff_id = self._of_code(connection, code)
        connection.execute(delete(staff_enrolments).where(staff_enrolments.c.staff_id == staff_id))
        self._audit.add(connection, self._clock(), staff_id, "enrolment code used", staff_id)
        return staff_id

    def _of_code(self, connection: Connection, code: str) -> str:
        key = staff_enrolments.c.code_hash == self._code_hash(code)
        row = connection.execute(select(staff_enrolments).where(key)).one_or_none()
        if row is None or row.ends_ns <= self._clock():
            raise StaffRefused(No.CODE_WRONG)
        return str(row.staff_id)

    def _new_code(self, connection: Connection, staff_id: str, now_ns: int) -> Enrolled:
        plain = base64.b32encode(self._random_bytes(_CODE_BYTES)).decode()
        code = "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))
        ends_ns = now_ns + CODE_LASTS_NS
        connection.execute(delete(staff_enrolments).where(staff_enrolments.c.staff_id == staff_id))
        connection.execute(
            insert(staff_enrolments).values(staff_id=staff_id, code_hash=self._code_hash(code), ends_ns=ends_ns)
        )
        return Enrolled(staff_id, code, ends_ns)

    def _code_hash(self, code: str) -> bytes:
        plain = "".join(sign for sign in code.upper() if sign not in "- ")
        return self._code_digest(plain.encode(errors="replace"))

    def _check_other(self, member: Member, by: str, connection: Connection) -> None:
        """Nobody changes their own access, not by another account either."""
        if by and self.read(connection, by).person == member.person:
            raise StaffRefused(No.OWN_ACCOUNT)


_SELECTED = select(
    staff,
    exists().where(staff_passkeys.c.user_id == staff.c.staff_id).label("has_passkey"),
    exists()
    .where((staff_credentials.c.user_id == staff.c.staff_id) & (staff_credentials.c.totp_is_confirmed == 1))
    .label("has_totp"),
)


def _find(connection: Connection, condition: Any) -> Member | None:
    row = connection.execute(_SELECTED.where(condition)).one_or_none()
    return None if row is None else _member(row, _roles(connection, row.staff_id))


def _roles(connection: Connection, staff_id: str) -> frozenset[Role]:
    rows = connection.execute(select(staff_roles.c.role).where(staff_roles.c.staff_id == staff_id)).scalars()
    return frozenset(Role(row) for row in rows)  # type: ignore[call-arg] # of a value, as every enumeration


def _member(row: Row[Any], roles: frozenset[Role]) -> Member:
    return Member(
        row.staff_id,
        row.person_hash,
        roles,
        not row.deactivated_ns,
        bool(row.has_passkey),
        bool(row.has_totp),
        row.created_ns,
        row.access_reviewed_ns,
        bool(row.has_trading_account),
    )


def _granting(staff_id: str, role: Role, now_ns: int, proposal_id: str) -> Any:
    return insert(staff_roles).values(staff_id=staff_id, role=role.value, granted_ns=now_ns, proposal_id=proposal_id)


def _end_ways_in(connection: Connection, staff_id: str) -> None:
    for table in (staff_passkeys, staff_credentials, staff_recovery_codes):
        connection.execute(delete(table).where(table.c.user_id == staff_id))
    connection.execute(delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id))


def _name_place(staff_id: str) -> str:
    return f"staff.name:{staff_id}"
