"""API keys: which account a key acts for, with which rights, from where, until when. Its secret is sealed."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterable, Mapping
from enum import IntFlag, StrEnum
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from lionrock.people.notices import Within, nothing_else
from lionrock.people.tables import api_keys
from lionrock.store.sealing import Sealer
from lionrock.words.events import AccountOpened

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_KEYS = 100
"""Of one account, that are neither revoked nor expired."""
MAX_LABEL = 64
"""Characters."""
MAX_NETWORKS = 20
"""Of one key."""


class Right(IntFlag):
    """What a key may do."""

    READ = 1
    TRADE = 2
    TRANSFER = 4
    """Move funds between accounts of the same owner."""
    WITHDRAW = 8
    MANAGE = 16
    """Make and revoke keys, none with a right that it does not have itself."""


ALL_RIGHTS = Right.READ | Right.TRADE | Right.TRANSFER | Right.WITHDRAW | Right.MANAGE


class KeyKind(StrEnum):
    """How a key signs."""

    HMAC = "HMAC"
    """HMAC-SHA256 with a secret that both sides know; the contract's."""
    ED25519 = "ED25519"
    """RFC 8032, with a private key that only the client has; our own addition."""


class JournalMismatch(Exception):
    """A stored key is of an account that the journal does not have: keys and journal are not of one site and time."""


class KeyRefused(Exception):
    """A key that cannot be made so. `field` is what stands wrong; empty when the account has too many."""

    def __init__(self, field: str) -> None:
        super().__init__(field or "too many keys")
        self.field = field


class Credential(msgspec.Struct, frozen=True):
    """A key as the gateway uses it."""

    access_key: str
    secret: bytes
    """Of an HMAC key; of an Ed25519 key the raw public key."""
    account_id: int
    rights: Right
    verifier: Ed25519PublicKey | None = None
    networks: tuple[Network, ...] = ()
    expires_ns: int = 0
    label: str = ""
    created_ns: int = 0
    bits: int = 0
    """Of `rights`, from which they follow."""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "bits", int(self.rights))

    def has(self, bits: int) -> bool:
        """Whether the key has all these rights. Plain numbers, for each signed request asks."""
        return self.bits & bits == bits

    def __repr__(self) -> str:
        return f"Credential(access_key={self.access_key!r}, account_id={self.account_id})"

    @property
    def kind(self) -> KeyKind:
        return KeyKind.HMAC if self.verifier is None else KeyKind.ED25519

    def is_expired(self, now_ns: int) -> bool:
        return 0 < self.expires_ns <= now_ns

    def may_come_from(self, host: str) -> bool:
        """Whether the key may be used from this address. An address that cannot be read is on no list."""
        if not self.networks:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self.networks)


class _Details(msgspec.Struct, frozen=True):
    """Sealed with the key: where somebody works from, and what they call it, is theirs to know."""

    label: str
    networks: tuple[str, ...]


class ApiKeys:
    """The keys of a site. All of them are opened at start, so that finding one costs no SQL."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        journal_id: bytes,
        accounts: Mapping[int, AccountOpened],
    ) -> None:
        """`accounts` are those of the journal, by id.

        Raises `JournalMismatch` when a stored key was made for another journal or for an account that is not there, and
        `SealBroken` when a stored secret does not open.
        """
        self._database = database
        self._journal_id = journal_id
        self._sealer = sealer
        self._random_bytes = random_bytes
        self._clock = clock
        self._making = threading.Lock()
        with database.connect() as connection:
            rows = connection.execute(select(api_keys)).all()
        for row in rows:
            check_origin(row, journal_id, accounts.get(row.account_id))
        self.last_change_ns = max((row.revoked_ns or row.created_ns for row in rows), default=0)
        """When a key was last made or revoked before they were opened."""
        live = [row for row in rows if row.revoked_ns is None]
        self._credentials = {row.access_key: self._opened(row) for row in live}

    def find(self, access_key: str) -> Credential | None:
        return self._credentials.get(access_key)

    def of_account(self, account_id: int) -> list[Credential]:
        """The account's keys that are not revoked, oldest first."""
        return [each for each in list(self._credentials.values()) if each.account_id == account_id]

    def create(
        self,
        account: AccountOpened,
        rights: Right,
        *,
        label: str = "",
        networks: Iterable[str] = (),
        expires_ns: int = 0,
        public_key: bytes = b"",
        within: Within = nothing_else,
        also: Callable[[Connection, Credential], None] | None = None,
    ) -> Credential:
        """A new key; its secret is shown to its owner now and never again. Durable when this returns.

        `networks` are those it may be used from, in CIDR notation; none for any. `expires_ns` is 0 for never.
        `public_key` is a raw Ed25519 key of 32 bytes; empty for an HMAC key, whose secret is made here. What `also`
        writes is there when the key is, and not without it.
        Raises `KeyRefused`.
        """
        verifier = _verifier(public_key) if public_key else None
        secret = public_key or self._random_bytes(32).hex().encode()
        access_key, now_ns = self._random_bytes(32).hex(), self._clock()
        allowed = _networks(networks)
        if len(label) > MAX_LABEL or not label.isprintable():
            raise KeyRefused("label")
        if expires_ns and expires_ns <= now_ns:
            raise KeyRefused("expiresAtMs")
        credential = Credential(
            access_key,
            secret,
            account.account_id,
            rights,
            verifier,
            allowed,
            expires_ns,
            label,
            now_ns,
        )
        with self._making:
            others = self.of_account(account.account_id)
            if sum(not each.is_expired(now_ns) for each in others) >= MAX_KEYS:
                raise KeyRefused("")
            # One public key under two names would let what is signed for one account be sent again for the other.
            if verifier and any(each.secret == secret for each in list(self._credentials.values()) if each.verifier):
                raise KeyRefused("publicKey")
            self._insert(credential, account, within, also)
            self._credentials[access_key] = credential
        return credential

    def revoke(self, access_key: str, within: Within = nothing_else) -> bool:
        """From now on the key is unknown, and what it signs with is gone. False when it was unknown already."""
        with self._making:
            if self._credentials.pop(access_key, None) is None:
                return False
            with self._database.begin() as connection:
                connection.execute(
                    update(api_keys)
                    .where(api_keys.c.access_key == access_key)
                    .values(sealed_secret=b"", sealed_details=None, revoked_ns=self._clock())
                )
                within(connection)
        return True

    def _insert(
        self,
        credential: Credential,
        account: AccountOpened,
        within: Within,
        also: Callable[[Connection, Credential], None] | None,
    ) -> None:
        key = credential.access_key
        details = _Details(credential.label, tuple(str(network) for network in credential.networks))
        with self._database.begin() as connection:
            connection.execute(
                insert(api_keys).values(
                    access_key=key,
                    kind=credential.kind.value,
                    sealed_secret=self._sealer.seal(credential.secret, _place(key)),
                    sealed_details=self._sealer.seal(msgspec.json.encode(details), _details_place(key)),
                    account_id=account.account_id,
                    rights=int(credential.rights),
                    created_ns=credential.created_ns,
                    expires_ns=credential.expires_ns,
                    journal_id=self._journal_id,
                    opened_sequence=account.sequence,
                    opened_ns=account.time_ns,
                )
            )
            within(connection)
            if also:
                also(connection, credential)

    def _opened(self, row: Row[Any]) -> Credential:
        secret = self._sealer.open(row.sealed_secret, _place(row.access_key))
        details = _Details("", ())
        if row.sealed_details is not None:
            plain = self._sealer.open(row.sealed_details, _details_place(row.access_key))
            details = msgspec.json.decode(plain, type=_Details)
        return Credential(
            row.access_key,
            secret,
            row.account_id,
            Right(row.rights),
            _verifier(secret) if row.kind == KeyKind.ED25519 else None,
            _networks(details.networks),
            row.expires_ns,
            details.label,
            row.created_ns,
        )


def forget_later_keys(database: Engine, last_sequence: int) -> int:
    """Drop the keys of accounts that were opened after a command; gives how many. For a site that is set back."""
    with database.begin() as connection:
        return connection.execute(delete(api_keys).where(api_keys.c.opened_sequence > last_sequence)).rowcount


def check_origin(row: Row[Any], journal_id: bytes, account: AccountOpened | None) -> None:
    """Raises `JournalMismatch` when what is stored was not made for this account of this journal."""
    if row.journal_id != journal_id:
        raise JournalMismatch(
            f"the keys were made for journal {row.journal_id.hex()} and this is journal {journal_id.hex()}: "
            "bring back the journal and the database that belong together"
        )
    if account is None or (account.sequence, account.time_ns) != (row.opened_sequence, row.opened_ns):
        raise JournalMismatch(
            f"the keys know account {row.account_id}, opened by command {row.opened_sequence}, and the journal does "
            "not have it: the journal is older than the database or lost its end; bring back the newer one"
        )


def _verifier(raw: bytes) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRefused("publicKey") from error


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    try:
        networks = tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise KeyRefused("networks") from error
    if len(networks) > MAX_NETWORKS:
        raise KeyRefused("networks")
    return networks


def _place(access_key: str) -> str:
    return f"api_keys.secret:{access_key}"


def _details_place(access_key: str) -> str:
    return f"api_keys.details:{access_key}"
