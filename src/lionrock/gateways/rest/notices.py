"""Notices of the user who is signed in: the inbox, other addresses, and which notices to do without."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Body, Call, Endpoint, Kind, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import Done, people_of, session_of_call
from lionrock.people.notice_words import LANGUAGES
from lionrock.people.notices import AddressRefused, CodeWrong, Notices
from lionrock.store.outbox.messages import Channel
from lionrock.store.outbox.outbox import Outbox


class NoticeRow(msgspec.Struct, rename="camel"):
    """A notice in the inbox."""

    notice_id: str
    kind: str
    """`login`, `password_reset`, `trade`, `profile_change` or `paper`; to the staff `break_glass`."""
    created_at_ms: int
    subject: str
    text: str
    language: str
    """Of subject and text."""
    is_read: bool


class AddressRow(msgspec.Struct, rename="camel"):
    """Where notices go."""

    channel: str
    target: str
    is_confirmed: bool


class NoticeSettings(msgspec.Struct, rename="camel"):
    """How the user is told."""

    addresses: list[AddressRow]
    trade_notices: bool
    """The only ones that may be done without."""
    language: str
    """That notices are in."""


class NewAddress(msgspec.Struct, frozen=True):
    channel: str
    target: str

    def __repr__(self) -> str:
        return "NewAddress()"


class AddressAdded(msgspec.Struct):
    """The secret is shown once."""

    secret: str
    """What a webhook's messages are signed with; empty for mail."""


class AddressCode(msgspec.Struct, frozen=True):
    channel: str
    code: str

    def __repr__(self) -> str:
        return "AddressCode()"


class NoticeChoice(msgspec.Struct, rename="camel", frozen=True):
    trade_notices: bool | None = None
    language: str | None = None


class NoticeRead(msgspec.Struct, rename="camel", frozen=True):
    notice_id: str


def _notices(venue: Venue) -> Notices:
    notices = people_of(venue).notices
    if notices is None:
        raise Refused(-1101)
    return notices


def _channel(text: str) -> Channel:
    if text not in {Channel.EMAIL.value, Channel.WEBHOOK.value}:
        raise missing_or_invalid("channel")
    return Channel(text)


async def list_notices(venue: Venue, call: Call) -> list[NoticeRow]:
    """The last hundred, newest first."""
    return await inbox_of(_notices(venue).outbox, session_of_call(call).user_id)


async def mark_read(venue: Venue, call: Call) -> Done:
    """It was read; a second time changes nothing."""
    return await marked_read(_notices(venue).outbox, session_of_call(call).user_id, venue, call)


async def inbox_of(outbox: Outbox, reader_id: str) -> list[NoticeRow]:
    """What was told to a user or a member of the staff: the last hundred, newest first."""
    return [
        NoticeRow(
            row.message_id,
            row.kind,
            row.created_ns // NS_PER_MS,
            row.content.subject,
            row.content.text,
            row.content.language,
            row.is_read,
        )
        for row in await asyncio.to_thread(outbox.read_inbox, reader_id)
    ]


async def marked_read(outbox: Outbox, reader_id: str, venue: Venue, call: Call) -> Done:
    """Of that inbox, as the call asks. Raises `Refused` where there is no such notice in it."""
    asked = read_json(call.body, NoticeRead)
    if not await asyncio.to_thread(outbox.mark_read, reader_id, asked.notice_id, venue.clock()):
        raise missing_or_invalid("noticeId")
    return Done()


async def show_settings(venue: Venue, call: Call) -> NoticeSettings:
    """Addresses, whether trades are told, and in which language."""
    notices, user_id = _notices(venue), session_of_call(call).user_id

    def read() -> NoticeSettings:
        found = [AddressRow(each.channel.value, each.target, each.is_confirmed) for each in notices.addresses(user_id)]
        return NoticeSettings(found, notices.wants_trade_notices(user_id), notices.language(user_id))

    return await asyncio.to_thread(read)


async def choose(venue: Venue, call: Call) -> Done:
    """Whether trades are told, the language, or both. All other notices come whatever is asked."""
    asked, user_id = read_json(call.body, NoticeChoice), session_of_call(call).user_id
    notices = _notices(venue)
    if asked.trade_notices is None and asked.language is None:
        raise missing_or_invalid("tradeNotices")
    if asked.language is not None and asked.language not in LANGUAGES:
        raise missing_or_invalid("language")

    def change() -> None:
        if asked.language is not None:
            notices.set_language(user_id, asked.language, venue.clock())
        if asked.trade_notices is not None:
            notices.set_trade_notices(user_id, venue.clock(), wanted=asked.trade_notices)

    await asyncio.to_thread(change)
    return Done()


async def add_address(venue: Venue, call: Call) -> AddressAdded:
    """Counts once the code that goes there was sent back; takes a second factor from a user who has one."""
    asked, session = read_json(call.body, NewAddress), session_of_call(call)
    channel, notices = _channel(asked.channel), _notices(venue)
    await _second_factor(venue, call)
    try:
        secret = await asyncio.to_thread(notices.set_address, session.user_id, channel, asked.target, venue.clock())
    except AddressRefused as error:
        raise missing_or_invalid("target") from error
    return AddressAdded(secret)


async def confirm_address(venue: Venue, call: Call) -> Done:
    """From now on notices go there."""
    asked, session = read_json(call.body, AddressCode), session_of_call(call)
    channel, notices = _channel(asked.channel), _notices(venue)
    try:
        await asyncio.to_thread(notices.confirm_address, session.user_id, channel, asked.code, venue.clock())
    except CodeWrong as error:
        raise missing_or_invalid("code") from error
    return Done()


async def remove_address(venue: Venue, call: Call) -> Done:
    """It is told so one last time; takes a second factor from a user who has one."""
    session = session_of_call(call)
    channel, notices = _channel(call.parameters.required("channel")), _notices(venue)
    await _second_factor(venue, call)
    if not await asyncio.to_thread(notices.remove_address, session.user_id, channel, venue.clock()):
        raise missing_or_invalid("channel")
    return Done()


async def _second_factor(venue: Venue, call: Call) -> None:
    people, session = people_of(venue), session_of_call(call)
    user = await asyncio.to_thread(people.users.by_id, session.user_id)
    if user is not None and user.has_totp:
        with told_to_client():
            await people.require_second_factor(user.account_id, call.second_factor, call.session)


_CHANNEL = Parameter("channel", "Which way", is_required=True, choices=("email", "webhook"), example="email")
_TARGET = Parameter("target", "Mail address, or HTTPS URL of a webhook", is_required=True, example="ann@example.com")
_CODE = Parameter("code", "The code that was sent to the address", is_required=True)


def _row(
    method: str,
    path: str,
    handler: object,
    summary: str,
    parameters: tuple[Parameter, ...] = (),
    *,
    answer: object = Done,
) -> Endpoint:
    body = Body.FORM if method in {"GET", "DELETE"} else Body.JSON
    return Endpoint(
        method, f"/lionrock/v1/notices{path}", Security.SESSION, 1, handler, summary, body,  # type: ignore[arg-type]
        shows_state=False, parameters=parameters, answer=answer,
    )  # fmt: skip


ENDPOINTS: tuple[Endpoint, ...] = (
    _row("GET", "", list_notices, "Notices in the inbox", answer=list[NoticeRow]),
    _row("PUT", "", mark_read, "A notice was read", (Parameter("noticeId", "Which notice", is_required=True),)),
    _row("GET", "/settings", show_settings, "How notices reach the user", answer=NoticeSettings),
    _row(
        "PUT",
        "/settings",
        choose,
        "Do without notices of trades or not, and the language of all notices",
        (
            Parameter("tradeNotices", "Whether trades are told", Kind.BOOLEAN),
            Parameter("language", "In which notices are from now on", choices=LANGUAGES, example="fr"),
        ),
    ),
    _row("POST", "/addresses", add_address, "A new address for notices", (_CHANNEL, _TARGET), answer=AddressAdded),
    _row("PUT", "/addresses", confirm_address, "Confirm an address for notices", (_CHANNEL, _CODE)),
    _row("DELETE", "/addresses", remove_address, "Take an address for notices off", (_CHANNEL,)),
)
