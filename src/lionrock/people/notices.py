"""Instant notices to a user about what happens to the account: signing in, a new password, trades, changed settings.

They go by another way than the sign-in: by mail or webhook, and into the inbox as well. A user may do without those
about trades and without no others (Hong Kong, Guidelines for Virtual Asset Trading Platform Operators, 12.12).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from enum import StrEnum
from hashlib import sha256

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, select, update

from lionrock.people.notice_tables import notice_addresses, notice_choices
from lionrock.people.notice_words import ENGLISH, Phrase, letter
from lionrock.people.tables import users
from lionrock.store.outbox.email import is_mail_address
from lionrock.store.outbox.messages import Address, Channel, Content, Message
from lionrock.store.outbox.outbox import NS_PER_S, Outbox
from lionrock.store.outbox.webhook import SECRET_BYTES, SECRET_PREFIX, is_webhook_url
from lionrock.store.sealing import Sealer

Within = Callable[[Connection], None]
"""What else is to be written in the transaction of a change."""

CODE_LASTS_NS = 24 * 3_600 * NS_PER_S
_CODE_BYTES = 5
_OUTSIDE = (Channel.EMAIL, Channel.WEBHOOK)


class Occasion(StrEnum):
    """What a notice is about."""

    LOGIN = "login"
    PASSWORD_RESET = "password_reset"  # noqa: S105 not a password
    TRADE = "trade"
    PROFILE_CHANGE = "profile_change"
    PAPER = "paper"
    """A contract note, statement or receipt is there."""
    ADDRESS_CODE = "address_code"
    """The code that confirms a new address."""
    RESET_CODE = "reset_code"
    """What a new password is set with by who forgot the old one."""


class Change(StrEnum):
    """What was changed, as a notice says it."""

    AUTHENTICATOR_ADDED = "an authenticator was added"
    AUTHENTICATOR_REMOVED = "the authenticator was taken off"
    CODE_NEEDED = "API keys need a code to move funds out"
    CODE_NOT_NEEDED = "API keys do not need a code to move funds out"
    PASSKEY_ADDED = "a passkey was added"
    PASSKEY_REMOVED = "a passkey was removed"
    KEY_MADE = "an API key was made"
    KEY_REVOKED = "an API key was revoked"
    NEW_EMAIL = "a new address for notices by email"
    NEW_WEBHOOK = "a new address for notices by webhook"
    EMAIL_REMOVED = "the address for notices by email was taken off"
    WEBHOOK_REMOVED = "the address for notices by webhook was taken off"
    TRADES_ON = "notices about trades are on"
    TRADES_OFF = "notices about trades are off"
    LANGUAGE_CHOSEN = "notices are in this language from now on"


_ADDED = {Channel.EMAIL: Change.NEW_EMAIL, Channel.WEBHOOK: Change.NEW_WEBHOOK}
_REMOVED = {Channel.EMAIL: Change.EMAIL_REMOVED, Channel.WEBHOOK: Change.WEBHOOK_REMOVED}
OPTIONAL = frozenset({Occasion.TRADE})
"""What a user may do without."""

_WORDS: dict[Occasion, tuple[str, str]] = {
    Occasion.LOGIN: ("A sign-in to your account", "Somebody signed in to your account."),
    Occasion.PASSWORD_RESET: ("Your password was changed", "The password of your account was changed."),
    Occasion.TRADE: ("Your orders traded", "Orders of your account traded."),
    Occasion.PROFILE_CHANGE: ("Your account's settings were changed", "Settings of your account were changed."),
    Occasion.PAPER: ("A document for you", "A new document is in your account."),
    Occasion.ADDRESS_CODE: ("Confirm this address", "Enter this code in your account to receive notices here."),
    Occasion.RESET_CODE: (
        "Set a new password",
        "Somebody asked for a new password. This code sets it, once, in half an hour. If it was not you, do nothing.",
    ),
}
_UNASKED = "If this was not you, change your password and tell us at once."
_WARNED = frozenset({Occasion.LOGIN, Occasion.PASSWORD_RESET, Occasion.PROFILE_CHANGE})


class AddressRefused(Exception):
    """No notice can be sent there."""


class CodeWrong(Exception):
    """The code is wrong or too old, or no address waits for one."""


class NoticeAddress(msgspec.Struct, frozen=True):
    """An address as its owner sees it."""

    channel: Channel
    target: str
    is_confirmed: bool

    def __repr__(self) -> str:
        return f"NoticeAddress(channel={self.channel.value!r})"


def nothing_else(connection: Connection) -> None:
    """For a change that nobody is told of."""


class Notices:
    """Writes notices into the outbox. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        outbox: Outbox,
        random_bytes: Callable[[int], bytes],
        *,
        allow_plain_webhooks: bool = False,
    ) -> None:
        self._database, self._sealer, self.outbox, self._random_bytes = database, sealer, outbox, random_bytes
        self._allow_plain = allow_plain_webhooks
        self._hash_code = sealer.digester("codes of notice addresses")

    def about(
        self, user_id: str, occasion: Occasion, facts: Mapping[str, str | Phrase], now_ns: int, message_id: str = ""
    ) -> Within:
        """What writes the notice, for the transaction of what happened."""

        def within(connection: Connection) -> None:
            self.tell(connection, user_id, occasion, facts, now_ns=now_ns, message_id=message_id)

        return within

    def tell(
        self,
        connection: Connection,
        user_id: str,
        occasion: Occasion,
        facts: Mapping[str, str | Phrase],
        *,
        now_ns: int,
        message_id: str = "",
    ) -> bool:
        """Puts a notice into the outbox; False when the user does without it or it is there already."""
        if occasion in OPTIONAL and not _wants_trades(connection, user_id):
            return False
        content = _content(occasion, facts, now_ns, language_of(connection, user_id))
        return self.put(connection, user_id, occasion.value, content, message_id or self.outbox.new_id(), now_ns=now_ns)

    def put(
        self, connection: Connection, user_id: str, kind: str, content: Content, message_id: str, *, now_ns: int
    ) -> bool:
        """Puts words of another room into the outbox, by every way the user has; False when it is there already."""
        addresses = (*self._outside(connection, user_id), Address(Channel.INBOX))
        return self.outbox.put(connection, Message(message_id, kind, user_id, content, addresses), now_ns)

    def send_reset(self, connection: Connection, user_id: str, code: str, now_ns: int) -> bool:
        """To confirmed addresses alone, never to a name that only looks like one; False where there is none."""
        addresses = self._confirmed(connection, user_id)
        if addresses:
            language = language_of(connection, user_id)
            content = _content(Occasion.RESET_CODE, {"code": code}, now_ns, language)
            kind, message_id = Occasion.RESET_CODE.value, self.outbox.new_id()
            self.outbox.put(connection, Message(message_id, kind, user_id, content, tuple(addresses)), now_ns)
        return bool(addresses)

    def _confirmed(self, connection: Connection, user_id: str) -> list[Address]:
        confirmed = and_(notice_addresses.c.user_id == user_id, notice_addresses.c.confirmed_ns.is_not(None))
        rows = connection.execute(select(notice_addresses).where(confirmed)).all()
        return [self._opened(user_id, row.channel, row.sealed_address) for row in rows]

    def _outside(self, connection: Connection, user_id: str) -> list[Address]:
        """Confirmed addresses; without any, a sign-in name that is a mail address."""
        if found := self._confirmed(connection, user_id):
            return found
        sealed = connection.execute(select(users.c.sealed_name).where(users.c.user_id == user_id)).scalar()
        name = "" if sealed is None else self._sealer.open(sealed, f"users.name:{user_id}").decode()
        return [Address(Channel.EMAIL, name)] if is_mail_address(name) else []

    def set_address(self, user_id: str, channel: Channel, target: str, now_ns: int) -> str:
        """A new address, which counts once its owner has sent back the code that goes there.

        Gives the secret that a webhook's messages are signed with, shown once; nothing for mail. Those addresses that
        counted until now are told. Raises `AddressRefused`.
        """
        is_webhook = channel is Channel.WEBHOOK
        if channel not in _OUTSIDE or not (
            is_webhook_url(target, allow_plain=self._allow_plain) if is_webhook else is_mail_address(target)
        ):
            raise AddressRefused
        raw = self._random_bytes(SECRET_BYTES) if is_webhook else b""
        secret = f"{SECRET_PREFIX}{base64.b64encode(raw).decode()}" if raw else ""
        code = base64.b32encode(self._random_bytes(_CODE_BYTES)).decode()
        address = Address(channel, target, secret)
        row = {
            "sealed_address": self._sealer.seal(msgspec.json.encode(address), _place(user_id, channel)),
            "created_ns": now_ns,
            "code_hash": self._hash_code(f"{user_id}:{channel.value}:{code}".encode()),
            "code_ends_ns": now_ns + CODE_LASTS_NS,
            "confirmed_ns": None,
        }
        with self._database.begin() as connection:
            self._tell_change(connection, user_id, _ADDED[channel], now_ns)
            connection.execute(delete(notice_addresses).where(_is(user_id, channel)))
            connection.execute(insert(notice_addresses).values(user_id=user_id, channel=channel.value, **row))
            content = _content(Occasion.ADDRESS_CODE, {"code": code}, now_ns, language_of(connection, user_id))
            message = Message(self.outbox.new_id(), Occasion.ADDRESS_CODE.value, user_id, content, (address,))
            self.outbox.put(connection, message, now_ns)
        return secret

    def confirm_address(self, user_id: str, channel: Channel, code: str, now_ns: int) -> None:
        """From now on it counts; one wrong code and it has to be given again. Raises `CodeWrong`."""
        told = self._hash_code(f"{user_id}:{channel.value}:{code.strip().upper()}".encode(errors="replace"))
        with self._database.begin() as connection:
            row = connection.execute(select(notice_addresses).where(_is(user_id, channel))).one_or_none()
            if row is None or row.code_hash is None:
                raise CodeWrong
            is_right = now_ns < row.code_ends_ns and hmac.compare_digest(row.code_hash, told)
            confirmed = {"code_hash": None, "confirmed_ns": now_ns if is_right else None}
            connection.execute(update(notice_addresses).where(_is(user_id, channel)).values(confirmed))
        if not is_right:
            raise CodeWrong

    def remove_address(self, user_id: str, channel: Channel, now_ns: int) -> bool:
        """It gets one last notice, that it was taken off. False when there is none."""
        with self._database.begin() as connection:
            if connection.execute(select(notice_addresses.c.user_id).where(_is(user_id, channel))).first() is None:
                return False
            self._tell_change(connection, user_id, _REMOVED[channel], now_ns)
            connection.execute(delete(notice_addresses).where(_is(user_id, channel)))
        return True

    def addresses(self, user_id: str) -> list[NoticeAddress]:
        with self._database.connect() as connection:
            rows = connection.execute(select(notice_addresses).where(notice_addresses.c.user_id == user_id)).all()
        return [
            NoticeAddress(
                Channel(row.channel),
                self._opened(user_id, row.channel, row.sealed_address).target,
                row.confirmed_ns is not None,
            )
            for row in rows
        ]

    def wants_trade_notices(self, user_id: str) -> bool:
        with self._database.connect() as connection:
            return _wants_trades(connection, user_id)

    def set_trade_notices(self, user_id: str, now_ns: int, *, wanted: bool) -> None:
        """The only notices that a user may do without; that it was said is itself told."""
        with self._database.begin() as connection:
            _choose(connection, user_id, now_ns, trade_notices=int(wanted))
            self._tell_change(connection, user_id, Change.TRADES_ON if wanted else Change.TRADES_OFF, now_ns)

    def language(self, user_id: str) -> str:
        with self._database.connect() as connection:
            return language_of(connection, user_id)

    def set_language(self, user_id: str, language: str, now_ns: int) -> None:
        """One of `LANGUAGES`, for every notice from now on; that it was chosen is told in it. The same again is not."""
        with self._database.begin() as connection:
            if language_of(connection, user_id) != language:
                _choose(connection, user_id, now_ns, language=language)
                self._tell_change(connection, user_id, Change.LANGUAGE_CHOSEN, now_ns)

    def _tell_change(self, connection: Connection, user_id: str, what: Change, now_ns: int) -> None:
        self.tell(connection, user_id, Occasion.PROFILE_CHANGE, {"what": what}, now_ns=now_ns)

    def users_without_address(self) -> int:
        """How many users can only be told in-app: neither a confirmed address nor a mail address as their name."""
        with self._database.connect() as connection:
            total = connection.execute(select(func.count()).select_from(users)).scalar_one()
            ids = connection.execute(select(users.c.user_id)).scalars().all()
            reached = sum(bool(self._outside(connection, user_id)) for user_id in ids)
        return int(total) - reached

    def _opened(self, user_id: str, channel: str, sealed: bytes) -> Address:
        return msgspec.json.decode(self._sealer.open(sealed, _place(user_id, channel)), type=Address)


def message_id_of(*cause: object) -> str:
    """The id of a notice whose cause has a name of its own: told again, it is the same message."""
    return sha256(":".join(str(each) for each in cause).encode()).hexdigest()[:32]


def _content(occasion: Occasion, facts: Mapping[str, str | Phrase], now_ns: int, language: str) -> Content:
    last = _UNASKED if occasion in _WARNED else ""
    return letter(*_WORDS[occasion], facts, now_ns, last=last, language=language)


def language_of(connection: Connection, user_id: str) -> str:
    """That a user chose for notices; English where none was."""
    chosen = select(notice_choices.c.language).where(notice_choices.c.user_id == user_id)
    return connection.execute(chosen).scalar() or ENGLISH


def _choose(connection: Connection, user_id: str, now_ns: int, **chosen: int | str) -> None:
    """Changes one choice and leaves the others."""
    mine = notice_choices.c.user_id == user_id
    if not connection.execute(update(notice_choices).where(mine).values(changed_ns=now_ns, **chosen)).rowcount:
        row = {"user_id": user_id, "trade_notices": 1, "changed_ns": now_ns} | chosen
        connection.execute(insert(notice_choices).values(**row))


def _wants_trades(connection: Connection, user_id: str) -> bool:
    wanted = select(notice_choices.c.trade_notices).where(notice_choices.c.user_id == user_id)
    return connection.execute(wanted).scalar() != 0


def _is(user_id: str, channel: Channel) -> ColumnElement[bool]:
    return and_(notice_addresses.c.user_id == user_id, notice_addresses.c.channel == channel.value)


def _place(user_id: str, channel: str) -> str:
    return f"notice_addresses.address:{user_id}:{channel}"
