"""How somebody of the staff gets in: a passkey, or a password together with a code of an authenticator; never one
factor, and never anything that was not made with a one-time code first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from lionrock.people.attempts import Attempts
from lionrock.people.passkeys import Passkey, Passkeys, RelyingParty
from lionrock.people.passwords import Passwords, is_acceptable
from lionrock.people.people import SecondFactorNeeded, SignInRefused
from lionrock.people.second_factors import Enrolment, SecondFactors, WrongCode
from lionrock.people.sessions import Place, SessionRules
from lionrock.people.staff.audit import Audit
from lionrock.people.staff.members import Member, Members
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.people.staff.sessions import StaffSession, StaffSessions
from lionrock.people.staff.tables import staff_credentials, staff_passkeys, staff_recovery_codes, writing
from lionrock.store.sealing import Sealer

ISSUER = "Lionrock staff"


class WaysIn:
    """Enrolment and sign-in of the staff. What costs SQL or a password hash is done in threads."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        rules: SessionRules,
        relying_party: RelyingParty,
        members: Members,
        audit: Audit,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._members = members
        self._audit = audit
        self._attempts = Attempts(database)
        self.passwords = Passwords(random_bytes)
        self._second_factors = SecondFactors(
            database,
            sealer,
            random_bytes,
            clock,
            self._attempts,
            people=staff_credentials,
            recovery_codes=staff_recovery_codes,
        )
        self.passkeys = Passkeys(database, sealer, random_bytes, clock, relying_party, table=staff_passkeys)
        self.sessions = StaffSessions(database, sealer, random_bytes, rules, members)

    # Enrolment. A code has 160 bits: nobody guesses it, so that wrong ones need not be counted.

    def passkey_options(self, code: str) -> dict[str, Any]:
        """For `navigator.credentials.create`. Raises `StaffRefused`."""
        staff_id = self._members.of_code(code)
        return self.passkeys.registration_options(staff_id, self._members.name_of(staff_id))

    def enrol_passkey(self, code: str, label: str, credential: Mapping[str, Any], origin: str) -> Passkey:
        """Uses the code up. Raises `StaffRefused` and `PasskeyRefused`."""
        staff_id = self._members.of_code(code)
        made = self.passkeys.register(staff_id, label, credential, origin)
        try:
            with writing(self._database) as connection:
                self._members.use_code(connection, code)
        except StaffRefused:  # somebody else was quicker with it
            self.passkeys.remove(staff_id, made.passkey_id)
            raise
        return made

    async def begin_password(self, code: str, password: str) -> Enrolment:
        """A password and what goes into an authenticator. Nobody signs in with them before `confirm_password`.

        Raises `StaffRefused`, `PasswordsBusy` and `TotpIsOn`.
        """
        if not is_acceptable(password):
            raise StaffRefused(No.PASSWORD_UNFIT)
        staff_id = await asyncio.to_thread(self._members.of_code, code)
        stored = await self.passwords.hash(password)

        def begin() -> Enrolment:
            sealed = self._sealer.seal(stored.encode(), _hash_place(staff_id))
            key = staff_credentials.c.user_id == staff_id
            with writing(self._database) as connection:
                connection.execute(delete(staff_credentials).where(key, staff_credentials.c.totp_is_confirmed == 0))
                if connection.execute(select(staff_credentials.c.user_id).where(key)).first() is None:
                    connection.execute(insert(staff_credentials).values(user_id=staff_id, sealed_password_hash=sealed))
            return self._second_factors.begin(staff_id, self._members.name_of(staff_id), ISSUER)

        return await asyncio.to_thread(begin)

    def confirm_password(self, code: str, totp_code: str) -> list[str]:
        """Uses the enrolment code up; password and authenticator count from now on. Gives the recovery codes.

        Raises `StaffRefused`, `MustWait`, `TotpNotBegun` and `WrongCode`.
        """
        staff_id = self._members.of_code(code)
        codes = self._second_factors.confirm(staff_id, totp_code)
        try:
            with writing(self._database) as connection:
                self._members.use_code(connection, code)
        except StaffRefused:
            self._second_factors.remove(staff_id)
            raise
        return codes

    # Signing in

    async def sign_in(self, name: str, password: str, code: str, place: Place) -> tuple[StaffSession, str]:
        """As `People.sign_in`; there is no sign-in without a code.

        Raises `SignInRefused`, `SecondFactorNeeded`, `MustWait` and `PasswordsBusy`.
        """
        name_hash = self._members.name_hash(name)
        await asyncio.to_thread(self._attempts.begin, name_hash, self._clock())
        member = await asyncio.to_thread(self._members.by_name, name)
        stored = await asyncio.to_thread(self._stored_hash, member) if member else None
        if not await self.passwords.matches(stored, password) or member is None or not member.is_active:
            raise SignInRefused
        if not member.has_totp:
            raise SignInRefused
        if not code:
            raise SecondFactorNeeded
        try:
            await asyncio.to_thread(self._second_factors.use, member.staff_id, code)
        except WrongCode as error:
            raise SignInRefused from error
        await asyncio.to_thread(self._attempts.succeeded, name_hash)
        if stored is not None and self.passwords.is_outdated(stored):
            await self._store_password(member.staff_id, password)
        return await self._begin(member, place, "password and code")

    async def sign_in_by_passkey(
        self, credential: Mapping[str, object], origin: str, place: Place
    ) -> tuple[StaffSession, str]:
        """A session and its token. Raises `PasskeyRefused` and `SignInRefused`."""
        staff_id = await asyncio.to_thread(self.passkeys.sign_in, credential, origin)
        member = await asyncio.to_thread(self._members.find, staff_id)
        if member is None or not member.is_active:
            raise SignInRefused
        return await self._begin(member, place, "passkey")

    async def _begin(self, member: Member, place: Place, way: str) -> tuple[StaffSession, str]:
        now_ns = self._clock()

        def begin() -> tuple[StaffSession, str]:
            made = self.sessions.create(member, place, now_ns)
            with writing(self._database) as connection:
                self._audit.add(connection, now_ns, member.staff_id, "signed in", made[0].session_id, way=way)
            return made

        return await asyncio.to_thread(begin)

    def _stored_hash(self, member: Member) -> str | None:
        statement = select(staff_credentials.c.sealed_password_hash)
        with self._database.connect() as connection:
            sealed = connection.execute(statement.where(staff_credentials.c.user_id == member.staff_id)).scalar()
        return None if sealed is None else self._sealer.open(sealed, _hash_place(member.staff_id)).decode()

    async def _store_password(self, staff_id: str, password: str) -> None:
        sealed = self._sealer.seal((await self.passwords.hash(password)).encode(), _hash_place(staff_id))
        key = staff_credentials.c.user_id == staff_id

        def store() -> None:
            with self._database.begin() as connection:
                connection.execute(update(staff_credentials).where(key).values(sealed_password_hash=sealed))

        await asyncio.to_thread(store)

    def close(self) -> None:
        self.passwords.close()


def _hash_place(staff_id: str) -> str:
    return f"staff_credentials.password_hash:{staff_id}"
