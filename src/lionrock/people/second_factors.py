"""Second factors: codes of an authenticator (TOTP, RFC 6238) and recovery codes. Each code works once."""

from __future__ import annotations

import base64
import hmac
import threading
from collections.abc import Callable

import msgspec
import pyotp
from sqlalchemy import Engine, Table, delete, func, insert, select, update

from lionrock.people import tables
from lionrock.people.attempts import NS_PER_S, Attempts
from lionrock.people.notices import Within, nothing_else
from lionrock.store.sealing import Sealer

STEP_SECONDS = 30
STEPS_OF_GRACE = 1
"""A phone's clock may be so many steps off, either way (RFC 6238, section 5.2, recommends one)."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_SECRET_BYTES = 20


class TotpIsOn(Exception):
    """The user has an authenticator already; it must be taken off first."""


class TotpNotBegun(Exception):
    """There is no secret that could be confirmed."""


class WrongCode(Exception):
    """The code is not the user's, was used, or its time is over."""


class Enrolment(msgspec.Struct, frozen=True):
    """What goes into an authenticator, shown once."""

    secret: str
    """Base32."""
    uri: str
    """`otpauth://`, for a QR code."""


class SecondFactors:
    """Codes of all users. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        attempts: Attempts,
        *,
        people: Table = tables.users,
        recovery_codes: Table = tables.recovery_codes,
    ) -> None:
        """Of clients' users, or of whom the tables are for."""
        self._people, self._recovery_codes = people, recovery_codes
        self._database = database
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._clock = clock
        self._attempts = attempts
        self._digest = sealer.digester("recovery codes")
        self._guessed_at = sealer.digester("second factors")
        self._one_at_a_time = threading.Lock()

    def begin(self, user_id: str, name: str, issuer: str) -> Enrolment:
        """A new secret, which counts once a code of it was shown. Raises `TotpIsOn`."""
        secret = base64.b32encode(self._random_bytes(_SECRET_BYTES)).decode()
        sealed = self._sealer.seal(secret.encode(), _place(user_id))
        with self._database.begin() as connection:
            changed = connection.execute(
                update(self._people)
                .where(self._people.c.user_id == user_id, self._people.c.totp_is_confirmed == 0)
                .values(sealed_totp_secret=sealed, totp_last_step=0)
            ).rowcount
        if not changed:
            raise TotpIsOn
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer))

    def confirm(self, user_id: str, code: str, within: Within = nothing_else) -> list[str]:
        """The authenticator counts from now on; gives the recovery codes, shown once.

        Raises `TotpNotBegun`, `WrongCode` and `MustWait`.
        """
        with self._database.connect() as connection:
            row = connection.execute(select(self._people).where(self._people.c.user_id == user_id)).one_or_none()
        if row is None or row.sealed_totp_secret is None or row.totp_is_confirmed:
            raise TotpNotBegun
        self._check(user_id, code, confirmed=0)
        codes = [_recovery_code(self._random_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
        with self._database.begin() as connection:
            connection.execute(
                update(self._people).where(self._people.c.user_id == user_id).values(totp_is_confirmed=1)
            )
            connection.execute(delete(self._recovery_codes).where(self._recovery_codes.c.user_id == user_id))
            rows = [{"code_hash": self._recovery_hash(user_id, each), "user_id": user_id} for each in codes]
            connection.execute(insert(self._recovery_codes), rows)
            within(connection)
        return codes

    def remove(self, user_id: str, within: Within = nothing_else) -> None:
        """No authenticator and no recovery codes any more; nothing is asked of API keys then."""
        unasked = {"api_needs_code": 0} if "api_needs_code" in self._people.c else {}
        with self._database.begin() as connection:
            connection.execute(delete(self._recovery_codes).where(self._recovery_codes.c.user_id == user_id))
            connection.execute(
                update(self._people)
                .where(self._people.c.user_id == user_id)
                .values(sealed_totp_secret=None, totp_is_confirmed=0, totp_last_step=0, **unasked)
            )
            within(connection)

    def recovery_codes_left(self, user_id: str) -> int:
        statement = (
            select(func.count()).select_from(self._recovery_codes).where(self._recovery_codes.c.user_id == user_id)
        )
        with self._database.connect() as connection:
            return connection.execute(statement).scalar_one()

    def use(self, user_id: str, code: str) -> None:
        """Takes a code of the authenticator, or a recovery code, and uses it up. Raises `WrongCode` and `MustWait`."""
        self._check(user_id, code, confirmed=1)

    def _check(self, user_id: str, code: str, *, confirmed: int) -> None:
        """A code is six digits, which somebody may guess at; so attempts count as those at a password do."""
        guessed_at, now_ns = self._guessed_at(user_id.encode()), self._clock()
        self._attempts.begin(guessed_at, now_ns)
        with self._one_at_a_time:
            is_right = self._use_step(user_id, code, now_ns, confirmed) or (
                bool(confirmed) and self._use_recovery(user_id, code)
            )
        if not is_right:
            raise WrongCode
        self._attempts.succeeded(guessed_at)

    def _use_step(self, user_id: str, code: str, now_ns: int, confirmed: int) -> bool:
        with self._database.begin() as connection:
            row = connection.execute(
                select(self._people.c.sealed_totp_secret).where(
                    self._people.c.user_id == user_id, self._people.c.totp_is_confirmed == confirmed
                )
            ).one_or_none()
            if row is None or row.sealed_totp_secret is None:
                return False
            secret = self._sealer.open(row.sealed_totp_secret, _place(user_id)).decode()
            step = _step_of(secret, code, now_ns // (STEP_SECONDS * NS_PER_S))
            if step is None:
                return False
            statement = update(self._people).where(
                self._people.c.user_id == user_id, self._people.c.totp_last_step < step
            )
            return connection.execute(statement.values(totp_last_step=step)).rowcount == 1

    def _use_recovery(self, user_id: str, code: str) -> bool:
        condition = self._recovery_codes.c.code_hash == self._recovery_hash(user_id, code)
        with self._database.begin() as connection:
            return connection.execute(delete(self._recovery_codes).where(condition)).rowcount == 1

    def _recovery_hash(self, user_id: str, code: str) -> bytes:
        plain = "".join(sign for sign in code.upper() if sign not in "- ")
        return self._digest(f"{user_id}:{plain}".encode(errors="replace"))


def _step_of(secret: str, code: str, now_step: int) -> int | None:
    """The time step whose code this is. All of them are compared, whichever fits."""
    totp, found = pyotp.TOTP(secret, interval=STEP_SECONDS), None
    for step in range(now_step - STEPS_OF_GRACE, now_step + STEPS_OF_GRACE + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode(errors="replace")):
            found = step
    return found


def _recovery_code(raw: bytes) -> str:
    text = base64.b32encode(raw).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _place(user_id: str) -> str:
    return f"users.totp_secret:{user_id}"
