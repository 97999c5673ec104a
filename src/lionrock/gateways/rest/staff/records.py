"""How long records are kept, what an erasure would take, holds, and past erasures.

Holds and erasures themselves are proposed (`proposals.py`) as `retention_hold` and `erasure`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

import msgspec

from lionrock.compliance.records.records import Keeper, LegalHold, Line, Report
from lionrock.gateways.rest.assessed import ms
from lionrock.gateways.rest.contract import Call, Endpoint, Parameter, Venue
from lionrock.gateways.rest.declared import LIMIT
from lionrock.gateways.rest.errors import LicenceRule, Refused, missing_or_invalid
from lionrock.gateways.rest.licence_rules import citations
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row
from lionrock.people.staff.permissions import Permission

_MOST_ROWS = 500


class RecordsKept(msgspec.Struct, rename="camel"):
    """For how long records of one class are kept."""

    record_class: str
    keep_days: int
    """0 where nothing keeps them once the client has left."""
    begins: str
    """From when the days count; empty for a class that is never taken away."""
    is_erased: bool
    """False for what stands for good."""
    why: str
    """Of what stands for good."""
    places: list[str]
    licence_rules: list[LicenceRule]
    """Whose time it is; none where only the site keeps them so long."""


class ErasureLine(msgspec.Struct, rename="camel"):
    """One class of a client's records."""

    record_class: str
    erased: int
    kept: int
    kept_until_ms: int
    """When the last of them may go; 0 while that is not known."""
    why: str
    licence_rules: list[LicenceRule]


class ErasurePlan(msgspec.Struct, rename="camel"):
    """What an erasure at this moment would take away, and what would stay."""

    client_id: str
    at_ms: int
    lines: list[ErasureLine]


class HoldShown(msgspec.Struct, rename="camel"):
    """A legal hold."""

    hold_id: str
    client_id: str
    reason_code: str
    placed_at_ms: int
    released_at_ms: int
    """0 while it is in force."""


class ErasureReport(msgspec.Struct, rename="camel"):
    """An erasure that was carried out."""

    erasure_id: str
    client_id: str
    carried_out_at_ms: int
    lines: list[ErasureLine]
    sha256: str
    """Of the report as the journal has it."""
    journal_sequence: str
    """0 while it is on its way."""


def _keeper(venue: Venue) -> Keeper:
    if venue.keeper is None:
        raise Refused(-1101)
    return venue.keeper


class _Citing:
    """Rules with where they stand, as they are in force now."""

    def __init__(self, venue: Venue) -> None:
        self._citations = citations(venue.rulebook.regime, venue.clock()) if venue.rulebook else {}

    def rules(self, ids: tuple[str, ...]) -> list[LicenceRule]:
        return [LicenceRule(each, self._citations.get(each, "")) for each in ids]

    def line(self, line: Line) -> ErasureLine:
        return ErasureLine(
            line.record_class, line.erased, line.kept, ms(line.kept_until_ns or 0), line.why, self.rules(line.rule_ids)
        )


async def list_kept(venue: Venue, call: Call) -> list[RecordsKept]:  # noqa: ARG001 every handler is given both
    """Every class of records that the site has a place for."""
    keeper, citing = _keeper(venue), _Citing(venue)
    keepings, places = keeper.keepings(venue.clock()), defaultdict[str, list[str]](list)
    for shelf in keeper.shelves:
        places[shelf.record_class] += shelf.tables
    erased = [
        RecordsKept(
            name,
            keeping.keep_days if keeping else 0,
            str(keeping.begins) if keeping else "end_of_relationship",
            is_erased=True,
            why="",
            places=places[name],
            licence_rules=citing.rules(keeping.rule_ids if keeping else ()),
        )
        for name in sorted(places)
        for keeping in [keepings.get(name)]
    ]
    always = [
        RecordsKept(
            each.record_class,
            keepings[each.record_class].keep_days if each.record_class in keepings else 0,
            "",
            is_erased=False,
            why=each.why,
            places=list(each.tables),
            licence_rules=citing.rules(keepings[each.record_class].rule_ids if each.record_class in keepings else ()),
        )
        for each in keeper.standing
    ]
    return [*erased, *always]


async def show_plan(venue: Venue, call: Call) -> ErasurePlan:
    """Nothing is changed. Who looks is on the staff's log."""
    keeper, client_id, at_ns = _keeper(venue), await _client(venue, call), venue.clock()
    await office_of(venue).note(session_of_staff(call).member.staff_id, "erasure planned", client_id)
    lines, citing = await asyncio.to_thread(keeper.plan, client_id, at_ns), _Citing(venue)
    return ErasurePlan(client_id, ms(at_ns), [citing.line(each) for each in lines])


async def list_holds(venue: Venue, call: Call) -> list[HoldShown]:
    """Oldest first, released ones too."""
    client_id = await _client(venue, call)
    return [_hold(each) for each in await asyncio.to_thread(_keeper(venue).holds, client_id)]


async def _client(venue: Venue, call: Call) -> str:
    """Who is or was a client. Raises `Refused`."""
    keeper, client_id = _keeper(venue), call.parameters.required("clientId")

    def is_known() -> bool:
        has_file = venue.onboarding is not None and venue.onboarding.clients.find(client_id) is not None
        return has_file or bool(keeper.reports(client_id, most=1)) or bool(keeper.holds(client_id))

    if not await asyncio.to_thread(is_known):
        raise missing_or_invalid("clientId")
    return client_id


def _hold(hold: LegalHold) -> HoldShown:
    return HoldShown(hold.hold_id, hold.client_id, hold.reason, ms(hold.placed_ns), ms(hold.released_ns or 0))


async def list_erasures(venue: Venue, call: Call) -> list[ErasureReport]:
    """Newest first, with every line of their reports."""
    keeper, client_id = _keeper(venue), call.parameters.text("clientId") or ""
    most, citing = call.parameters.limit(default=100, most=_MOST_ROWS), _Citing(venue)
    found = await asyncio.to_thread(keeper.reports, client_id, most)
    return [_erasure(citing, report, sequence) for report, sequence in found]


def _erasure(citing: _Citing, report: Report, sequence: int) -> ErasureReport:
    return ErasureReport(
        report.erasure_id,
        report.client_id,
        ms(report.carried_out_ns),
        [citing.line(each) for each in report.lines],
        report.digest.hex(),
        str(sequence),
    )


_CLIENT_ID = Parameter("clientId", "Which client", is_required=True)
_OF_CLIENTS = Permission.RECORDS_OF_CLIENTS

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row(
        "GET",
        "records",
        Permission.RECORDS_READ,
        list_kept,
        "For how long records are kept, and by which rule",
        answer=list[RecordsKept],
    ),
    staff_row(
        "GET",
        "records/plan",
        _OF_CLIENTS,
        show_plan,
        "What an erasure of a client's records would take, and what stays",
        (_CLIENT_ID,),
        answer=ErasurePlan,
        weight=5,
    ),
    staff_row(
        "GET",
        "records/holds",
        _OF_CLIENTS,
        list_holds,
        "Legal holds on a client's records",
        (_CLIENT_ID,),
        answer=list[HoldShown],
    ),
    staff_row(
        "GET",
        "records/erasures",
        _OF_CLIENTS,
        list_erasures,
        "Past erasures with their reports",
        (Parameter("clientId", "Only those of this client"), LIMIT),
        answer=list[ErasureReport],
        weight=5,
    ),
)
