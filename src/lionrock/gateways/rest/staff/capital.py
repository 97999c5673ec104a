"""The operator's capital over HTTP: what figures came to, notices to the regulator, returns.

Figures themselves are entered and approved as a proposal, `capital_figures`.
"""

from __future__ import annotations

import asyncio
import re

import msgspec

from lionrock.compliance.capital.book import Alarm, Entered
from lionrock.compliance.capital.desk import CapitalDesk
from lionrock.compliance.capital.returns import DAILY, FORMATS, ReturnKind, ReturnRow, Returns
from lionrock.compliance.papers.rows import RowsBehind
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Media, Parameter, Reply, Venue
from lionrock.gateways.rest.declared import LIMIT
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.staff.registers import staff_identity, told_to_staff_of_rooms
from lionrock.gateways.rest.staff.rows import office_of, staff_row
from lionrock.people.staff.permissions import Permission
from lionrock.views.sql.database import DatabaseUnusable

_MOST_ROWS = 500
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_DAY = re.compile(r"20\d\d-(0[1-9]|1[0-2])-\d\d")
_SET_WEIGHT = 50


class NoticeGiven(msgspec.Struct, rename="camel", frozen=True):
    alarm_id: str


class ReturnAsked(msgspec.Struct, rename="camel", frozen=True):
    kind: ReturnKind
    month: str = ""
    day: str = ""


class ReturnApproved(msgspec.Struct, rename="camel", frozen=True):
    return_id: str
    json_sha256: str


class ReturnNamed(msgspec.Struct, rename="camel", frozen=True):
    return_id: str


class CapitalCase(msgspec.Struct, rename="camel"):
    """A case in which the regulator must be told."""

    name: str
    words: str
    figures: dict[str, str]


class CapitalShown(msgspec.Struct, rename="camel"):
    """Approved figures and what they come to. Amounts are whole numbers of the currency's minor unit, as text."""

    figures_id: str
    entity: str
    currency: str
    as_of_ms: int
    paid_up: str
    liquid_capital: str
    required_liquid_capital: str
    liquid_assets: str
    """Before haircuts: what would pay expenses."""
    operating_expenses_12_months: str
    last_return_liquid_capital: str
    """0 where none was filed before."""
    guarantees: str
    claims: str
    cases: list[CapitalCase]
    entered_by: str
    approved_by: str
    approved_at_ms: int
    sha256: str
    is_corrected: bool
    """Other figures were approved later for the same moment."""


class CapitalNotice(msgspec.Struct, rename="camel"):
    """A notice that the regulator is owed."""

    alarm_id: str
    figures_id: str
    case: str
    found_at_ms: int
    due_at_ms: int
    given_at_ms: int
    """0 until it was given."""
    given_by: str
    draft: str
    """For an officer to complete and send."""


class ReturnShown(msgspec.Struct, rename="camel"):
    """A return without its content."""

    return_id: str
    kind: str
    entity: str
    from_ms: int
    until_ms: int
    """End of its period, not included."""
    due_at_ms: int
    state: str
    frozen_at_ms: int
    frozen_by: str
    approved_at_ms: int
    """0 until it was approved."""
    approved_by: str
    filed_at_ms: int
    """0 until it was filed."""
    json_sha256: str
    pdf_sha256: str
    xlsx_sha256: str
    journal_sequence: str
    """Of the command that carries the SHA-256 of the files; 0 until it is there."""


def _desk(venue: Venue) -> CapitalDesk:
    if venue.capital is None:
        raise Refused(-1101)
    return venue.capital


async def list_positions(venue: Venue, call: Call) -> list[CapitalShown]:
    """What was approved, the latest moment first, with the cases that it shows."""
    most = call.parameters.limit(default=100, most=_MOST_ROWS)
    return [_position(each) for each in await asyncio.to_thread(_desk(venue).book.entered, most)]


def _position(entered: Entered) -> CapitalShown:
    position, approved = entered.position, entered.approved
    return CapitalShown(
        approved.figures_id,
        position.entity,
        position.currency,
        position.as_of_ns // NS_PER_MS,
        str(position.paid_up_minor),
        str(position.liquid_capital_minor),
        str(position.required_liquid_capital_minor),
        str(position.liquid_assets_minor),
        str(position.operating_expenses_12_months_minor),
        str(position.last_return_liquid_capital_minor),
        str(position.guarantees_minor),
        str(position.claims_minor),
        [
            CapitalCase(each.name, each.words, {name: str(figure) for name, figure in each.figures.items()})
            for each in entered.cases
        ],
        approved.proposed_by,
        approved.approved_by,
        approved.approved_ns // NS_PER_MS,
        approved.sha256,
        entered.is_corrected,
    )


async def list_notices(venue: Venue, call: Call) -> list[CapitalNotice]:  # noqa: ARG001 every handler is given both
    """Oldest first, with what is drafted."""
    return await asyncio.to_thread(_notices, _desk(venue))


def _notices(desk: CapitalDesk) -> list[CapitalNotice]:
    return [_notice(each, desk.book.draft(each.alarm_id)) for each in desk.book.alarms()]


def _notice(alarm: Alarm, draft: str) -> CapitalNotice:
    return CapitalNotice(
        alarm.alarm_id,
        alarm.figures_id,
        alarm.trigger,
        alarm.found_ns // NS_PER_MS,
        alarm.due_ns // NS_PER_MS,
        (alarm.notified_ns or 0) // NS_PER_MS,
        alarm.notified_by,
        draft,
    )


async def give_notice(venue: Venue, call: Call) -> CapitalNotice:
    """The regulator was told; who says so, and when, stays with it."""
    asked, desk, staff = read_json(call.body, NoticeGiven), _desk(venue), staff_identity(call)
    with told_to_staff_of_rooms():
        await asyncio.to_thread(desk.book.notified, asked.alarm_id, staff, venue.clock())
    await office_of(venue).note(staff.staff_id, "capital notice given", asked.alarm_id)
    notices = await asyncio.to_thread(_notices, desk)
    return next(each for each in notices if each.alarm_id == asked.alarm_id)


async def list_returns(venue: Venue, call: Call) -> list[ReturnShown]:  # noqa: ARG001 every handler is given both
    """Oldest period first."""
    return [_return(each) for each in await asyncio.to_thread(_desk(venue).returns.all)]


async def freeze(venue: Venue, call: Call) -> ReturnShown:
    """Makes the return of a month that is over, or of the financial year that it is in, or the reconciliation of a day.
    What was frozen stays.
    """
    asked, returns, staff = read_json(call.body, ReturnAsked), _desk(venue).returns, staff_identity(call)
    if asked.kind not in returns.rules.deadlines:
        raise missing_or_invalid("kind")
    within_ns = _moment(returns, asked)
    try:
        with told_to_staff_of_rooms():
            row = await returns.freeze(asked.kind, within_ns, staff, venue.clock())
    except (RowsBehind, DatabaseUnusable) as error:
        raise Refused(-2040) from error
    await office_of(venue).note(staff.staff_id, "return frozen", row.return_id)
    return _return(row)


def _moment(returns: Returns, asked: ReturnAsked) -> int:
    """Of the period that is meant. Raises `Refused`."""
    if asked.kind not in DAILY:
        if not _MONTH.fullmatch(asked.month):
            raise missing_or_invalid("month")
        return returns.moment_in(asked.month)
    try:
        if not _DAY.fullmatch(asked.day):
            raise missing_or_invalid("day")
        return returns.moment_of(asked.day)
    except ValueError as error:
        raise missing_or_invalid("day") from error


async def approve(venue: Venue, call: Call) -> ReturnShown:
    """By another person than froze it, for the content of this SHA-256."""
    asked, staff = read_json(call.body, ReturnApproved), staff_identity(call)
    with told_to_staff_of_rooms():
        row = await _desk(venue).returns.approve(asked.return_id, asked.json_sha256, staff, venue.clock())
    await office_of(venue).note(staff.staff_id, "return approved", row.return_id)
    return _return(row)


async def mark_filed(venue: Venue, call: Call) -> ReturnShown:
    """It was sent to the regulator."""
    asked, staff = read_json(call.body, ReturnNamed), staff_identity(call)
    with told_to_staff_of_rooms():
        row = await _desk(venue).returns.filed(asked.return_id, staff, venue.clock())
    await office_of(venue).note(staff.staff_id, "return filed", row.return_id)
    return _return(row)


def _return(row: ReturnRow) -> ReturnShown:
    return ReturnShown(
        row.return_id,
        row.kind,
        row.entity,
        row.from_ns // NS_PER_MS,
        row.until_ns // NS_PER_MS,
        row.due_ns // NS_PER_MS,
        row.state,
        row.frozen_ns // NS_PER_MS,
        row.frozen_by,
        (row.approved_ns or 0) // NS_PER_MS,
        row.approved_by,
        (row.filed_ns or 0) // NS_PER_MS,
        row.json_sha256,
        row.pdf_sha256,
        row.xlsx_sha256,
        str(row.recorded_sequence or 0),
    )


async def download(venue: Venue, call: Call) -> Reply:
    """The return as a file."""
    returns, file_format = _desk(venue).returns, call.parameters.text("format") or "json"
    if file_format not in FORMATS:
        raise missing_or_invalid("format")
    row = await asyncio.to_thread(returns.find, call.parameters.required("returnId"))
    if row is None:
        raise missing_or_invalid("returnId")
    content = await asyncio.to_thread(returns.open_file, row.return_id, file_format)
    name = f'attachment; filename="{row.return_id.replace(":", "-")}.{file_format}"'.encode()
    headers = ((b"content-disposition", name), (b"cache-control", b"no-store"))
    return Reply(200, FORMATS[file_format].encode(), content, headers)


_RETURN = Parameter("returnId", "Which return", is_required=True)
_READ, _ANSWER = Permission.CAPITAL_READ, Permission.CAPITAL_ANSWER

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row(
        "GET",
        "capital/positions",
        _READ,
        list_positions,
        "Approved capital figures and what they come to",
        (LIMIT,),
        answer=list[CapitalShown],
        weight=5,
    ),
    staff_row(
        "GET",
        "capital/notices",
        _READ,
        list_notices,
        "Notices that the regulator is owed, with drafts",
        answer=list[CapitalNotice],
        weight=5,
    ),
    staff_row(
        "POST",
        "capital/notices/given",
        _ANSWER,
        give_notice,
        "Mark a notice as given to the regulator",
        (Parameter("alarmId", "Which notice", is_required=True),),
        answer=CapitalNotice,
    ),
    staff_row("GET", "capital/returns", _READ, list_returns, "Returns to the regulator", answer=list[ReturnShown]),
    staff_row(
        "POST",
        "capital/returns",
        Permission.CAPITAL_WORK,
        freeze,
        "Freeze a return at the end of its period",
        (
            Parameter("kind", "Which return", is_required=True, choices=tuple(ReturnKind), example="monthly_return"),
            Parameter("month", "The month, or one of the financial year; not of a reconciliation", example="2026-02"),
            Parameter("day", "The day of a reconciliation", example="2026-02-03"),
        ),
        answer=ReturnShown,
        weight=_SET_WEIGHT,
    ),
    staff_row(
        "POST",
        "capital/returns/approve",
        _ANSWER,
        approve,
        "Approve a return that somebody else froze",
        (_RETURN, Parameter("jsonSha256", "SHA-256 of the JSON file that was read", is_required=True)),
        answer=ReturnShown,
    ),
    staff_row(
        "POST",
        "capital/returns/filed",
        _ANSWER,
        mark_filed,
        "Mark a return as sent to the regulator",
        (_RETURN,),
        answer=ReturnShown,
    ),
    staff_row(
        "GET",
        "capital/returns/file",
        _READ,
        download,
        "A return as JSON, PDF or workbook",
        (_RETURN, Parameter("format", "Of the file; JSON unless sent", choices=tuple(FORMATS), example="pdf")),
        answer=Media(tuple(FORMATS.values())),
        weight=5,
    ),
)
