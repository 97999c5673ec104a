"""Everything about who signs in: users, passwords, second factors, passkeys and sessions of one site."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import Connection, Engine, delete

from lionrock.people.attempts import NS_PER_S, Attempts, MustWait
from lionrock.people.notices import Change, Notices, Occasion, Within, nothing_else
from lionrock.people.passkeys import PasskeyRefused, Passkeys, RelyingParty
from lionrock.people.password_resets import WAY as RESET
from lionrock.people.password_resets import PasswordResets, Pending, ResetRefused
from lionrock.people.passwords import Passwords
from lionrock.people.second_factors import SecondFactors, WrongCode
from lionrock.people.sessions import Place, Session, SessionRules, Sessions
from lionrock.people.sign_in_log import Attempt, Outcome, SignInLog
from lionrock.people.tables import password_resets, sessions
from lionrock.people.users import User, Users
from lionrock.store.sealing import Sealer
from lionrock.words.events import AccountOpened

FRESH_NS = 300 * NS_PER_S
"""A second factor shown so lately counts for what needs one."""


class SignInRefused(Exception):
    """The name, the password, the code or the passkey is wrong. Which, is not told."""


class SecondFactorNeeded(Exception):
    """Name and password are right; the user has an authenticator, and no code came."""


class PasskeyNeeded(Exception):
    """The user's second factor is a passkey, and it did not answer."""


class Proof(msgspec.Struct, frozen=True):
    """What somebody shows beside the token of a reset."""

    code: str = ""
    credential: Mapping[str, object] | None = None
    """A passkey's answer to a challenge of a sign-in."""
    origin: str = ""

    def __repr__(self) -> str:
        return "Proof()"


class NoSecondFactor(Exception):
    """What is asked needs a second factor, and the user has set up none."""


_OUTCOMES: dict[type[Exception], Outcome] = {
    SignInRefused: Outcome.REFUSED,
    SecondFactorNeeded: Outcome.CODE_NEEDED,
    MustWait: Outcome.MUST_WAIT,
}


class People:
    """The people of a site. What costs SQL or a password hash is done in threads."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        rules: SessionRules,
        relying_party: RelyingParty,
        journal_id: bytes,
        accounts: Mapping[int, AccountOpened],
        notices: Notices | None = None,
    ) -> None:
        """Without `notices` nobody is told of anything. Raises `JournalMismatch` and `SealBroken` as `ApiKeys`."""
        self.clock = clock
        self.notices = notices
        self.attempts = Attempts(database)
        self.passwords = Passwords(random_bytes)
        self.users = Users(database, sealer, random_bytes, journal_id=journal_id, accounts=accounts)
        self.second_factors = SecondFactors(database, sealer, random_bytes, clock, self.attempts)
        self.passkeys = Passkeys(database, sealer, random_bytes, clock, relying_party)
        self.sessions = Sessions(database, sealer, random_bytes, rules, clock())
        self.sign_in_log = SignInLog(database, sealer)
        self.resets = (
            PasswordResets(
                database, sealer, random_bytes, clock, attempts=self.attempts, notices=notices, log=self.sign_in_log
            )
            if notices
            else None
        )

    def about(self, user_id: str, occasion: Occasion, **facts: str) -> Within:
        """What writes a notice to a user, for the transaction of what happened."""
        if self.notices is None:
            return nothing_else
        return self.notices.about(user_id, occasion, facts, self.clock())

    def about_account(self, account_id: int, what: Change) -> Within:
        """As `about` for a changed setting, to the owner of a main account, if that is a user."""
        user = self.users.by_account(account_id) if self.notices else None
        return self.about(user.user_id, Occasion.PROFILE_CHANGE, what=what) if user else nothing_else

    async def sign_in(self, name: str, password: str, code: str, place: Place) -> tuple[Session, str]:
        """A session and its token, for the right name, password and, where the user has an authenticator, code.

        Takes as long for a name that nobody has. Every attempt is on the log. Raises `SignInRefused`,
        `SecondFactorNeeded`, `MustWait` and `PasswordsBusy`.
        """
        name_hash = self.users.name_hash(name)
        found = await asyncio.to_thread(self.users.by_name, name)
        try:
            user = await self._shown(found, name_hash, password, code)
        except (SignInRefused, SecondFactorNeeded, MustWait) as error:
            await self._log("password", _OUTCOMES[type(error)], found, place, name_hash)
            raise
        await asyncio.to_thread(self.attempts.succeeded, name_hash)
        if self.passwords.is_outdated(user.password_hash):
            await self._store_password(user.user_id, password, nothing_else)
        await self._log("password", Outcome.SIGNED_IN, user, place, name_hash)
        return await self._begin(user, place, with_second_factor=user.has_totp)

    async def _shown(self, user: User | None, name_hash: bytes, password: str, code: str) -> User:
        """The user, once password and code are right. Raises as `sign_in`."""
        await asyncio.to_thread(self.attempts.begin, name_hash, self.clock())
        stored = user.password_hash if user else None
        if not await self.passwords.matches(stored, password) or user is None:
            raise SignInRefused
        await self._second_step(user, code)
        return user

    async def _log(self, way: str, outcome: Outcome, user: User | None, place: Place, name_hash: bytes) -> None:
        attempt = Attempt(self.clock(), user.user_id if user else "", way, outcome.value, place)
        await asyncio.to_thread(self.sign_in_log.add, attempt, name_hash)

    async def _second_step(self, user: User, code: str) -> None:
        if not user.has_totp:
            return
        if not code:
            raise SecondFactorNeeded
        try:
            await asyncio.to_thread(self.second_factors.use, user.user_id, code)
        except WrongCode as error:
            raise SignInRefused from error

    async def sign_in_by_passkey(
        self, credential: Mapping[str, object], origin: str, place: Place
    ) -> tuple[Session, str]:
        """A session and its token. A passkey is both factors: the device, and what it knows its user by.

        Raises `PasskeyRefused`.
        """
        try:
            user_id = await asyncio.to_thread(self.passkeys.sign_in, credential, origin)
        except PasskeyRefused:
            await self._log("passkey", Outcome.REFUSED, None, place, b"")
            raise
        user = await asyncio.to_thread(self.users.by_id, user_id)
        if user is None:
            raise SignInRefused
        await self._log("passkey", Outcome.SIGNED_IN, user, place, b"")
        return await self._begin(user, place, with_second_factor=True)

    async def _begin(self, user: User, place: Place, *, with_second_factor: bool) -> tuple[Session, str]:
        now_ns = self.clock()

        def begin() -> tuple[Session, str]:
            self.sessions.forget_ended(now_ns)
            told = self.about(user.user_id, Occasion.LOGIN, address=place.address, program=place.program)
            return self.sessions.create(user, place, now_ns, with_second_factor=with_second_factor, within=told)

        return await asyncio.to_thread(begin)

    async def confirm_password(self, user: User, password: str) -> None:
        """That whoever uses the session knows the password. Raises `SignInRefused`, `MustWait` and `PasswordsBusy`."""
        guessed_at = user.user_id.encode()
        await asyncio.to_thread(self.attempts.begin, guessed_at, self.clock())
        if not await self.passwords.matches(user.password_hash, password):
            raise SignInRefused
        await asyncio.to_thread(self.attempts.succeeded, guessed_at)

    async def change_password(self, session: Session, password: str) -> None:
        """Every other session of the user ends, and so does every token of a reset that was sent before."""
        told = self.about(session.user_id, Occasion.PASSWORD_RESET)

        def within(connection: Connection) -> None:
            connection.execute(delete(password_resets).where(password_resets.c.user_id == session.user_id))
            told(connection)

        await self._store_password(session.user_id, password, within)
        await asyncio.to_thread(lambda: self.sessions.end_all_of(session.user_id, but=session))

    async def ask_for_reset(self, name: str, place: Place) -> None:
        """A token goes to the user of this name, if there is one with a confirmed address. Nothing that is done,
        told or raised here depends on that. Raises `MustWait`, and `ResetRefused` on a site that sends no notices.
        """
        if self.resets is None:
            raise ResetRefused
        await asyncio.to_thread(self.resets.ask, self.users.name_hash(name), place)

    async def reset_password(self, token: str, password: str, proof: Proof, place: Place) -> None:
        """A new password for whoever holds the token and, where the user has one, a second factor. Every session of the
        user ends. Raises `ResetRefused`, `SecondFactorNeeded`, `PasskeyNeeded`, `WrongCode`, `PasskeyRefused`,
        `MustWait` and `PasswordsBusy`.
        """
        if self.resets is None:
            raise ResetRefused
        pending = await asyncio.to_thread(self.resets.find, token)
        user = await asyncio.to_thread(self.users.by_id, pending.user_id)
        if user is None:
            raise ResetRefused
        await self._prove(user, proof)
        stored = await self.passwords.hash(password)
        await asyncio.to_thread(self._reset, self.resets, token, pending, stored)
        attempt = Attempt(self.clock(), user.user_id, RESET, Outcome.PASSWORD_SET.value, place)
        await asyncio.to_thread(self.sign_in_log.add, attempt, pending.name_hash)

    async def _prove(self, user: User, proof: Proof) -> None:
        """The second factor that the user has; a passkey will do for an authenticator."""
        if proof.credential is not None:
            if await asyncio.to_thread(self.passkeys.sign_in, proof.credential, proof.origin) != user.user_id:
                raise PasskeyRefused("it is somebody else's")
        elif user.has_totp:
            if not proof.code:
                raise SecondFactorNeeded
            await asyncio.to_thread(self.second_factors.use, user.user_id, proof.code)
        elif await asyncio.to_thread(self.passkeys.of_user, user.user_id):
            raise PasskeyNeeded

    def _reset(self, resets: PasswordResets, token: str, pending: Pending, stored: str) -> None:
        told = self.about(pending.user_id, Occasion.PASSWORD_RESET)

        def within(connection: Connection) -> None:
            resets.use_up(connection, token, pending.user_id)
            connection.execute(delete(sessions).where(sessions.c.user_id == pending.user_id))
            told(connection)

        self.users.set_password(pending.user_id, stored, within)
        self.sessions.end_all_of(pending.user_id)
        resets.forgive(pending.name_hash)

    async def _store_password(self, user_id: str, password: str, within: Within) -> None:
        stored = await self.passwords.hash(password)
        await asyncio.to_thread(self.users.set_password, user_id, stored, within)

    async def require_second_factor(self, account_id: int, code: str, session: Session | None = None) -> None:
        """That the owner of a main account is there: by a code that comes with the request and is used up, or by a
        session in which a second factor was shown in the last five minutes.

        Raises `NoSecondFactor`, `WrongCode` and `MustWait`.
        """
        if not self._is_fresh(session):
            await self._use_code(await asyncio.to_thread(self.users.by_account, account_id), code)

    async def require_second_factor_of(self, user: User, code: str, session: Session | None = None) -> None:
        """The same of a user, who may have no account yet."""
        if not self._is_fresh(session):
            await self._use_code(user, code)

    def _is_fresh(self, session: Session | None) -> bool:
        return session is not None and 0 < session.second_factor_ns > self.clock() - FRESH_NS

    async def _use_code(self, user: User | None, code: str) -> None:
        if user is None or not user.has_totp:
            raise NoSecondFactor
        if not code:
            raise WrongCode
        await asyncio.to_thread(self.second_factors.use, user.user_id, code)

    async def sign_up(self, name: str, password: str) -> User:
        """A new user without an account. Raises `NameTaken` and `PasswordsBusy`."""
        password_hash = await self.passwords.hash(password)
        return await asyncio.to_thread(self.users.create, name, password_hash, None, self.clock())

    async def give_account(self, user_id: str, account: AccountOpened) -> None:
        """An account was opened for a user who had none."""
        await asyncio.to_thread(self.users.give_account, user_id, account)
        self.sessions.account_given(user_id, account.account_id)

    async def check_api_code(self, account_id: int, code: str) -> None:
        """For a write by API key that moves funds out: the code of `X-TWO-FA-TOKEN`, where the owner of the main
        account asked for that; nothing where not. Raises `WrongCode` and `MustWait`.
        """
        user = await asyncio.to_thread(self.users.by_account, account_id)
        if user is None or not user.api_needs_code:
            return
        if not code:
            raise WrongCode
        await asyncio.to_thread(self.second_factors.use, user.user_id, code)

    def close(self) -> None:
        self.passwords.close()
