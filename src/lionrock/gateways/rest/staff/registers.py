"""Registers over HTTP: complaints, incidents, and what else must be answered or told in time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from lionrock.compliance.registers.registers import KINDS, RegisterEntry, RegisterRefused, Registers
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import details
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row
from lionrock.people.staff.permissions import Permission


class EntryBegun(msgspec.Struct, rename="camel", frozen=True):
    register: str
    begun_at_ms: int
    fields: dict[str, str]

    def __repr__(self) -> str:
        return "EntryBegun()"


class EntryDone(msgspec.Struct, rename="camel", frozen=True):
    entry_id: str
    fields: dict[str, str]

    def __repr__(self) -> str:
        return "EntryDone()"


class StaffRegisterEntry(msgspec.Struct, rename="camel"):
    """An entry of a register."""

    entry_id: str
    register: str
    begun_at_ms: int
    done_at_ms: int
    """0 while it is not done."""
    recorded_by: str
    fields: dict[str, str]


def _registers(venue: Venue) -> Registers:
    if venue.registers is None:
        raise Refused(-1101)
    return venue.registers


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except RegisterRefused as refused:
        told = details(-1004, refused.name, refused.words, "correct the entry")
        raise Refused(-1004, details=told) from refused


async def begin(venue: Venue, call: Call) -> StaffRegisterEntry:
    """A new entry; from when it began, time runs."""
    asked, registers, by = read_json(call.body, EntryBegun), _registers(venue), session_of_staff(call).staff_id
    with _told():
        entry = await asyncio.to_thread(
            registers.begin, by, asked.register, asked.begun_at_ms * NS_PER_MS, asked.fields
        )
    await office_of(venue).audit.carry_to_journal()
    return _shown(entry)


async def finish(venue: Venue, call: Call) -> StaffRegisterEntry:
    """What an entry obliged to is done."""
    asked, registers, by = read_json(call.body, EntryDone), _registers(venue), session_of_staff(call).staff_id
    with _told():
        entry = await asyncio.to_thread(registers.finish, by, asked.entry_id, asked.fields)
    await office_of(venue).audit.carry_to_journal()
    return _shown(entry)


async def list_entries(venue: Venue, call: Call) -> list[StaffRegisterEntry]:
    """Newest first."""
    named = call.parameters.text("register") or ""
    return [_shown(entry) for entry in await asyncio.to_thread(_registers(venue).listed, named)]


def _shown(entry: RegisterEntry) -> StaffRegisterEntry:
    return StaffRegisterEntry(
        entry.entry_id,
        entry.kind,
        entry.begun_ns // NS_PER_MS,
        entry.done_ns // NS_PER_MS,
        entry.recorded_by,
        dict(entry.fields),
    )


_FIELDS = Parameter("fields", "What the entry says, an object of texts", is_required=True)
_NAMES = tuple(KINDS)

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row(
        "GET",
        "registers",
        Permission.REGISTERS_READ,
        list_entries,
        "Entries of registers",
        (Parameter("register", "Only those of this register", choices=_NAMES),),
        answer=list[StaffRegisterEntry],
    ),
    staff_row(
        "POST",
        "registers",
        Permission.REGISTERS_WORK,
        begin,
        "Begin an entry",
        (
            Parameter("register", "Which register", is_required=True, choices=_NAMES),
            Parameter("begunAtMs", "When time began to run", Kind.MILLISECONDS, is_required=True),
            _FIELDS,
        ),
        answer=StaffRegisterEntry,
    ),
    staff_row(
        "POST",
        "registers/done",
        Permission.REGISTERS_WORK,
        finish,
        "Say that an entry is done",
        (Parameter("entryId", "Which entry", is_required=True), _FIELDS),
        answer=StaffRegisterEntry,
    ),
)
