"""The admission of tokens over HTTP: applications, votes, index files, what the rules say, reports to the board.

Decisions are proposals (`admission_decision`, `index_provider`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from lionrock.compliance.admission.board_report import Report
from lionrock.compliance.admission.desk import AdmissionDesk
from lionrock.compliance.admission.room import AdmissionRefused
from lionrock.compliance.admission.tokens import Audience, Described, Token
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import details
from lionrock.gateways.rest.sign_in import Done
from lionrock.gateways.rest.staff.proposals import MOST_ROWS, AuditRow, audit_row
from lionrock.gateways.rest.staff.rows import session_of_staff, staff_row
from lionrock.people.staff.permissions import Permission


class TokenDescribed(msgspec.Struct, rename="camel", frozen=True):
    asset: str
    described: Described


class VoteCast(msgspec.Struct, rename="camel", frozen=True):
    asset: str
    audience: Audience
    is_for: bool
    reasons: str

    def __repr__(self) -> str:
        return "VoteCast()"


class FileUploaded(msgspec.Struct, rename="camel", frozen=True):
    index: str
    provider: str
    as_of_ms: int
    sha256: str
    content: str


class MonthNamed(msgspec.Struct, frozen=True):
    month: str


class AdmissionIndex(msgspec.Struct, rename="camel"):
    """An index that has the token."""

    index: str
    provider: str
    provider_group: str
    is_iosco_compliant: bool
    has_conventional_indices: bool
    as_of_ms: int
    constituents_sha256: str


class AdmissionToken(msgspec.Struct, rename="camel"):
    """A token as it stands."""

    asset: str
    audience: str
    described: dict[str, Any]
    voted_at_ms: int
    votes_for: list[str]
    index_evaluated_at_ms: int
    indices: list[AdmissionIndex]


class AdmissionVote(msgspec.Struct, rename="camel"):
    """A vote for the next decision."""

    seat: str
    staff_id: str
    is_for: bool
    reasons: str
    voted_at_ms: int


class AdmissionAnswer(msgspec.Struct, rename="camel"):
    """What a rule's gate says of it."""

    gate: str
    outcome: str
    words: str
    next_step: str


class AdmissionPreview(msgspec.Struct, rename="camel"):
    """What a decision would come to now."""

    asset: str
    audience: str
    votes: list[AdmissionVote]
    answers: list[AdmissionAnswer]


class IndexFileTaken(msgspec.Struct, rename="camel"):
    """A file of constituents was taken and every token evaluated by it."""

    fallen_out: list[str]
    """Tokens that retail clients may only sell from now on."""


class BoardReport(msgspec.Struct, rename="camel"):
    """The report of one month."""

    month: str
    made_at_ms: int
    sha256: str
    content: str
    """Markdown."""


def _desk(venue: Venue) -> AdmissionDesk:
    if venue.admission is None:
        raise Refused(-1101)
    return venue.admission


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except AdmissionRefused as refused:
        told = details(-1004, refused.name, refused.words, refused.next_step)
        raise Refused(-1004, details=told) from refused


async def list_tokens(venue: Venue, call: Call) -> list[AdmissionToken]:  # noqa: ARG001 every handler is given both
    """Every token that was ever put to the committee."""
    tokens = await asyncio.to_thread(_desk(venue).admission.register.all)
    return [_token(token) for token in tokens]


async def describe(venue: Venue, call: Call) -> Done:
    """Applies for a token, or records what has become known of it; votes on anything else do not count any more."""
    asked = read_json(call.body, TokenDescribed)
    if not (asked.asset.isascii() and asked.asset.isalnum() and asked.asset.isupper() and len(asked.asset) <= 16):
        raise missing_or_invalid("asset")
    for name, at_ns in (("issuedOnNs", asked.described.issued_on_ns), ("notifiedNs", asked.described.notified_ns)):
        if not 0 <= at_ns < 2**63:
            raise missing_or_invalid(name)
    with _told():
        await _desk(venue).admission.describe(session_of_staff(call).staff_id, asked.asset, asked.described)
    return Done()


async def vote(venue: Venue, call: Call) -> Done:
    """The vote of one's seat, with reasons."""
    asked = read_json(call.body, VoteCast)
    with _told():
        await _desk(venue).admission.vote(
            session_of_staff(call).staff_id, asked.asset, asked.audience, is_for=asked.is_for, reasons=asked.reasons
        )
    return Done()


async def take_file(venue: Venue, call: Call) -> IndexFileTaken:
    """A new file of an index's constituents; every token is evaluated by it at once."""
    asked = read_json(call.body, FileUploaded)
    with _told():
        fallen = await _desk(venue).admission.take_index_file(
            session_of_staff(call).staff_id,
            asked.index,
            provider=asked.provider,
            as_of_ns=asked.as_of_ms * NS_PER_MS,
            content=asked.content.encode(errors="replace"),
            told_sha256=asked.sha256,
        )
    return IndexFileTaken(fallen)


async def preview(venue: Venue, call: Call) -> AdmissionPreview:
    """What each rule would say of a token offered to an audience, with the votes that count now."""
    asset, named = call.parameters.required("asset"), call.parameters.required("audience")
    if named not in set(Audience):
        raise missing_or_invalid("audience")
    admission = _desk(venue).admission

    def look() -> AdmissionPreview:
        token, votes, answers = admission.look(asset, Audience(named))
        return AdmissionPreview(
            token.asset,
            named,
            [AdmissionVote(v.seat, v.staff_id, v.is_for, v.reasons, v.voted_ns // NS_PER_MS) for v in votes],
            [AdmissionAnswer(gate, each.outcome, each.words, each.next_step) for gate, each in answers],
        )

    with _told():
        return await asyncio.to_thread(look)


async def show_history(venue: Venue, call: Call) -> list[AuditRow]:
    """All that ever happened about tokens, votes, files and reports, in order; each entry can be checked alone."""
    after, subject = call.parameters.number("after") or 0, call.parameters.text("subject") or ""
    history, most = _desk(venue).admission.history, call.parameters.limit(100, MOST_ROWS)
    return [audit_row(entry) for entry in await asyncio.to_thread(history.entries, after, most, subject)]


async def make_report(venue: Venue, call: Call) -> BoardReport:
    """Makes the report of a month that is over, once."""
    asked = read_json(call.body, MonthNamed)
    with _told():
        return _report(await _desk(venue).reports.make(session_of_staff(call).staff_id, asked.month))


async def show_report(venue: Venue, call: Call) -> BoardReport:
    """The report of a month, as it was made."""
    named = call.parameters.required("month")
    report = await asyncio.to_thread(_desk(venue).reports.read, named)
    if report is None:
        raise missing_or_invalid("month")
    return _report(report)


def _report(report: Report) -> BoardReport:
    return BoardReport(report.month, report.made_ns // NS_PER_MS, report.sha256, report.content)


def _token(token: Token) -> AdmissionToken:
    return AdmissionToken(
        token.asset,
        token.audience.value,
        msgspec.to_builtins(token.described),
        token.voted_ns // NS_PER_MS,
        list(token.votes_for),
        token.index_evaluated_ns // NS_PER_MS,
        [
            AdmissionIndex(
                each.index,
                each.provider,
                each.provider_group,
                each.is_iosco_compliant,
                each.has_conventional_indices,
                each.as_of_ns // NS_PER_MS,
                each.constituents_sha256,
            )
            for each in token.indices
        ],
    )


_ASSET = Parameter("asset", "Code of the token", is_required=True, example="BTC")
_AUDIENCE = Parameter(
    "audience", "To whom it is offered", is_required=True, choices=tuple(each.value for each in Audience)
)
_MONTH = Parameter("month", "Year and month", is_required=True, example="2026-11")
_READ, _WORK = Permission.ADMISSION_READ, Permission.ADMISSION_WORK

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row("GET", "admission/tokens", _READ, list_tokens, "Tokens", answer=list[AdmissionToken]),
    staff_row(
        "PUT",
        "admission/tokens",
        _WORK,
        describe,
        "Apply for a token, or record what is known of it",
        (_ASSET, Parameter("described", "What is known, all of it", is_required=True, shapes=(Described,))),
        answer=Done,
    ),
    staff_row(
        "POST",
        "admission/votes",
        Permission.ADMISSION_VOTE,
        vote,
        "Vote",
        (
            _ASSET,
            _AUDIENCE,
            Parameter("isFor", "Whether the seat is for it", Kind.BOOLEAN, is_required=True),
            Parameter("reasons", "Why; they stand in the record", is_required=True),
        ),
        answer=Done,
    ),
    staff_row(
        "POST",
        "admission/indexFiles",
        _WORK,
        take_file,
        "Upload a file of an index's constituents",
        (
            Parameter("index", "Name of the index, as the provider is recorded with", is_required=True),
            Parameter("provider", "Who publishes it", is_required=True),
            Parameter("asOfMs", "The date that the provider gives it", Kind.MILLISECONDS, is_required=True),
            Parameter("sha256", "Of the content, hex digits", is_required=True),
            Parameter("content", "The file: CSV with a header", is_required=True),
        ),
        answer=IndexFileTaken,
        weight=5,
    ),
    staff_row(
        "GET",
        "admission/preview",
        _READ,
        preview,
        "What the rules would say",
        (_ASSET, _AUDIENCE),
        answer=AdmissionPreview,
        weight=5,
    ),
    staff_row(
        "GET",
        "admission/history",
        _READ,
        show_history,
        "All that happened about tokens",
        (
            Parameter("after", "Entries behind this one; from the first unless sent", Kind.WHOLE_NUMBER, example="0"),
            Parameter("subject", "Only entries about this token, index, provider or month"),
            Parameter("limit", "Most rows to answer", Kind.WHOLE_NUMBER, example="100"),
        ),
        answer=list[AuditRow],
        weight=5,
    ),
    staff_row("GET", "admission/reports", _READ, show_report, "The report of a month", (_MONTH,), answer=BoardReport),
    staff_row(
        "POST", "admission/reports", _WORK, make_report, "Make the report of a month", (_MONTH,), answer=BoardReport
    ),
)
