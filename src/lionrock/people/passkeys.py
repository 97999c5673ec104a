"""Passkeys: W3C Web Authentication. The private key stays in the user's device; a signature answers our challenge."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import webauthn
from sqlalchemy import Engine, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import options_to_json_dict, parse_client_data_json
from webauthn.helpers.base64url_to_bytes import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lionrock.people.attempts import NS_PER_S
from lionrock.people.notices import Within, nothing_else
from lionrock.people.tables import passkeys as clients_passkeys
from lionrock.store.sealing import Sealer

CHALLENGE_LASTS_NS = 300 * NS_PER_S
MOST_CHALLENGES = 10_000
"""Not answered yet; beyond, the oldest is forgotten."""
MAX_PASSKEYS = 20
"""Of one user."""
MAX_LABEL = 64
_CHALLENGE_BYTES = 32
_ID_SHOWN = 32


class PasskeyRefused(Exception):
    """The answer is not one to our challenge, or not by the key we know. No client is told which."""


class RelyingParty(msgspec.Struct, frozen=True):
    """For whom passkeys are made: a domain, and the origins whose pages may ask for them."""

    domain: str
    origins: tuple[str, ...]
    name: str = "Lionrock"


class Passkey(msgspec.Struct, frozen=True):
    """One of a user's passkeys, to show them."""

    passkey_id: str
    label: str
    created_ns: int


class Passkeys:
    """The passkeys of a site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        relying_party: RelyingParty,
        *,
        table: Table = clients_passkeys,
    ) -> None:
        """Those of clients' users, or of whom `table` is for: a challenge of the ones is none of the others."""
        self._database = database
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._clock = clock
        self._party = relying_party
        self._table = table
        self._challenges: dict[bytes, tuple[str, int]] = {}
        """User id (empty for a sign-in) and end of time, by challenge; oldest first."""
        self._changing = threading.Lock()

    def registration_options(self, user_id: str, name: str) -> dict[str, Any]:
        """What `navigator.credentials.create` takes, as JSON. Only a device that verifies its user will do."""
        with self._database.connect() as connection:
            known = connection.execute(
                select(self._table.c.credential_id).where(self._table.c.user_id == user_id)
            ).scalars()
            exclude = [PublicKeyCredentialDescriptor(id=each) for each in known]
        options = webauthn.generate_registration_options(
            rp_id=self._party.domain,
            rp_name=self._party.name,
            user_name=name,
            user_id=bytes.fromhex(user_id),
            challenge=self._challenge(user_id),
            exclude_credentials=exclude,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        return options_to_json_dict(options)

    def register(
        self, user_id: str, label: str, credential: Mapping[str, Any], origin: str, *, within: Within = nothing_else
    ) -> Passkey:
        """Keeps a new passkey. `origin` is where the request says it comes from. Raises `PasskeyRefused`."""
        challenge = self._answered(credential, user_id)
        try:
            verified = webauthn.verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._party.domain,
                expected_origin=self._origins(origin),
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise PasskeyRefused(str(error)) from error
        key_id, now_ns = verified.credential_id, self._clock()
        row = {
            "credential_id": key_id,
            "user_id": user_id,
            "sealed_public_key": self._sealer.seal(verified.credential_public_key, _key_place(key_id, user_id)),
            "sealed_label": self._sealer.seal(label.encode(), _label_place(key_id)),
            "sign_count": verified.sign_count,
            "created_ns": now_ns,
        }
        counted = select(func.count()).select_from(self._table).where(self._table.c.user_id == user_id)
        try:
            with self._changing, self._database.begin() as connection:
                if connection.execute(counted).scalar_one() >= MAX_PASSKEYS:
                    raise PasskeyRefused("too many")
                connection.execute(insert(self._table).values(**row))
                within(connection)
        except IntegrityError as error:
            raise PasskeyRefused("the key is known already") from error
        return Passkey(_shown(key_id), label, now_ns)

    def sign_in_options(self) -> dict[str, Any]:
        """What `navigator.credentials.get` takes, as JSON. It names no user: the device knows its own."""
        options = webauthn.generate_authentication_options(
            rp_id=self._party.domain,
            challenge=self._challenge(""),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def sign_in(self, credential: Mapping[str, Any], origin: str) -> str:
        """The id of the user whose passkey answered. Raises `PasskeyRefused`."""
        challenge = self._answered(credential, "")
        try:
            key_id = base64url_to_bytes(str(credential.get("id", "")))
            with self._changing, self._database.begin() as connection:
                row = connection.execute(select(self._table).where(self._table.c.credential_id == key_id)).one_or_none()
                if row is None:
                    raise PasskeyRefused("no such passkey")
                verified = webauthn.verify_authentication_response(
                    credential=dict(credential),
                    expected_challenge=challenge,
                    expected_rp_id=self._party.domain,
                    expected_origin=self._origins(origin),
                    credential_public_key=self._sealer.open(row.sealed_public_key, _key_place(key_id, row.user_id)),
                    credential_current_sign_count=row.sign_count,
                    require_user_verification=True,
                )
                connection.execute(
                    update(self._table)
                    .where(self._table.c.credential_id == key_id)
                    .values(sign_count=verified.new_sign_count)
                )
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise PasskeyRefused(str(error)) from error
        return str(row.user_id)

    def of_user(self, user_id: str) -> list[Passkey]:
        """Oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                select(self._table).where(self._table.c.user_id == user_id).order_by(self._table.c.created_ns)
            ).all()
        return [
            Passkey(
                _shown(row.credential_id),
                self._sealer.open(row.sealed_label, _label_place(row.credential_id)).decode(),
                row.created_ns,
            )
            for row in rows
        ]

    def remove(self, user_id: str, passkey_id: str, within: Within = nothing_else) -> bool:
        """False when the user has no such passkey."""
        with self._database.begin() as connection:
            mine = connection.execute(
                select(self._table.c.credential_id).where(self._table.c.user_id == user_id)
            ).scalars()
            found = [each for each in mine if _shown(each) == passkey_id]
            for key_id in found:
                connection.execute(delete(self._table).where(self._table.c.credential_id == key_id))
                within(connection)
        return bool(found)

    def _challenge(self, user_id: str) -> bytes:
        challenge = self._random_bytes(_CHALLENGE_BYTES)
        with self._changing:
            while len(self._challenges) >= MOST_CHALLENGES:
                del self._challenges[next(iter(self._challenges))]
            self._challenges[challenge] = (user_id, self._clock() + CHALLENGE_LASTS_NS)
        return challenge

    def _answered(self, credential: Mapping[str, Any], user_id: str) -> bytes:
        """The challenge that is answered; each may be answered once."""
        try:
            told = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise PasskeyRefused("the answer cannot be read") from error
        with self._changing:
            for_user, ends_ns = self._challenges.pop(told.challenge, ("nobody", 0))
        if for_user != user_id or self._clock() >= ends_ns:
            raise PasskeyRefused("no such challenge is open")
        return told.challenge

    def _origins(self, origin: str) -> list[str]:
        """Those of the settings; on this machine alone any port will do, as browsers take it for safe."""
        if self._party.domain == "localhost" and origin.startswith("http://localhost:"):
            return [*self._party.origins, origin]
        return list(self._party.origins)


def _shown(key_id: bytes) -> str:
    """Names a passkey in lists: the beginning of its id says enough."""
    return key_id.hex()[:_ID_SHOWN]


def _key_place(key_id: bytes, user_id: str) -> str:
    """Bound to the user, so that nobody signs in as another by a changed row."""
    return f"passkeys.public_key:{user_id}:{key_id.hex()}"


def _label_place(key_id: bytes) -> str:
    return f"passkeys.label:{key_id.hex()}"
