"""Registers over HTTP: complaints, incidents, and what else must be answered or told in time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from lionrock.compliance.registers.registers import Record, Registers
from lionrock.compliance.registers.terms import TERMS, Register, Terms
from lionrock.compliance.staff_identity import StaffActionRefused, StaffIdentity, identity_of
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.reasons import reason_number
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.permissions import Permission


class RecordEntered(msgspec.Struct, rename="camel", frozen=True):
    register: str
    begun_at_ms: int
    fields: dict[str, str]
    account_id: str = "0"

    def __repr__(self) -> str:
        return "RecordEntered()"


class StepAsked(msgspec.Struct, rename="camel", frozen=True):
    record_id: str
    state: str
    fields: dict[str, str] = {}
    words: str = ""

    def __repr__(self) -> str:
        return "StepAsked()"


class RegisterRecord(msgspec.Struct, rename="camel"):
    """A record of a register."""

    record_id: str
    register: str
    state: str
    begun_at_ms: int
    due_at_ms: int
    done_at_ms: int
    """0 while what is owed is not done."""
    entered_by: str
    """Empty where the client did it."""
    account_id: str
    fields: dict[str, str]


class RegisterStep(msgspec.Struct, rename="camel"):
    """A step that a record took."""

    number: int
    at_ms: int
    staff_id: str
    state: str
    words: str


class RegisterStepKind(msgspec.Struct, rename="camel"):
    """A step that records of a register may take."""

    state: str
    """It leads to."""
    after: list[str]
    """States it may be taken in."""
    needs: list[str]
    """Fields that must have been told by then."""


class RegisterKind(msgspec.Struct, rename="camel"):
    """A register that the site keeps, and what its records are made of."""

    register: str
    begins_as: str
    """State of a new record."""
    opening: list[str]
    """Fields that a new record must have."""
    steps: list[RegisterStepKind]
    roles: list[str]
    """Who of the staff enters records and takes steps."""


_MOST_DIGITS = 19


def _registers(venue: Venue) -> Registers:
    if venue.registers is None:
        raise Refused(-1101)
    return venue.registers


def staff_identity(call: Call) -> StaffIdentity:
    """Who of the staff asks, as the rooms of compliance know them."""
    return identity_of(session_of_staff(call).member)


@contextmanager
def told_to_staff_of_rooms() -> Iterator[None]:
    """Turns what a room of compliance refuses into what its reader gets."""
    try:
        yield
    except StaffActionRefused as refused:
        code = -1005 if refused.name == "role_needed" else -1004
        told: dict[str, object] = {
            "rejection": reason_number(code),
            "name": refused.name,
            "words": str(refused),
            "figures": {name: str(figure) for name, figure in refused.figures.items()},
            "next_step": refused.next_step,
        }
        raise Refused(code, details=told) from refused


def _register_named(registers: Registers, name: str) -> Register:
    """Only those that the site keeps."""
    found = next((each for each in registers.deadlines if each.value == name), None)
    if found is None:
        raise missing_or_invalid("register")
    return found


async def enter(venue: Venue, call: Call) -> RegisterRecord:
    """A new record; from when it began, time runs."""
    asked, registers = read_json(call.body, RecordEntered), _registers(venue)
    if not is_account(asked.account_id) or not 0 < asked.begun_at_ms <= venue.now_ms():
        raise missing_or_invalid("accountId" if not is_account(asked.account_id) else "begunAtMs")
    with told_to_staff():
        await office_of(venue).check_own_file(session_of_staff(call).member, accounts=[int(asked.account_id)])
    with told_to_staff_of_rooms():
        record = await registers.enter(
            _register_named(registers, asked.register),
            asked.fields,
            staff_identity(call),
            asked.begun_at_ms * NS_PER_MS,
            account_id=int(asked.account_id),
        )
    return _shown(record)


def is_account(told: str) -> bool:
    """Whether it is written as the number of an account: a whole number of 63 bits."""
    return told.isascii() and told.isdecimal() and len(told) <= _MOST_DIGITS and int(told) < 1 << 63


async def step(venue: Venue, call: Call) -> RegisterRecord:
    """Leads a record on, with what is known by then."""
    asked, registers = read_json(call.body, StepAsked), _registers(venue)
    with told_to_staff_of_rooms():
        account_id = await registers.account_of(asked.record_id)
    with told_to_staff():
        await office_of(venue).check_own_file(session_of_staff(call).member, accounts=[account_id])
    with told_to_staff_of_rooms():
        record = await registers.step(
            asked.record_id, asked.state, staff_identity(call), venue.clock(), words=asked.words, **asked.fields
        )
    return _shown(record)


async def list_records(venue: Venue, call: Call) -> list[RegisterRecord]:
    """Oldest first; those of the registers that the role may see."""
    registers, staff, named = _registers(venue), staff_identity(call), call.parameters.text("register")
    if named:
        with told_to_staff_of_rooms():
            return [_shown(record) for record in await registers.all(_register_named(registers, named), staff)]
    mine = [each for each in registers.deadlines if not staff.roles.isdisjoint(TERMS[each].roles) or _oversees(staff)]
    found = [record for register in mine for record in await asyncio.to_thread(registers.read_all, register)]
    return [_shown(record) for record in sorted(found, key=lambda each: (each.begun_ns, each.record_id))]


def _oversees(staff: StaffIdentity) -> bool:
    return not staff.roles.isdisjoint({"auditor", "regulator"})


async def list_kinds(venue: Venue, call: Call) -> list[RegisterKind]:  # noqa: ARG001 every handler is given both
    """Which registers there are, as the site's own table has them: nobody keeps a copy of it."""
    return [_kind(each, TERMS[each]) for each in _registers(venue).deadlines]


def _kind(register: Register, terms: Terms) -> RegisterKind:
    steps = [
        RegisterStepKind(each.state, [state for state in terms.states if state in each.after], list(each.needs))
        for each in terms.steps
    ]
    return RegisterKind(register.value, terms.begins_as, list(terms.opening), steps, list(terms.roles))


async def list_steps(venue: Venue, call: Call) -> list[RegisterStep]:
    """What happened to a record, oldest first."""
    with told_to_staff_of_rooms():
        steps = await _registers(venue).steps(call.parameters.required("recordId"), staff_identity(call))
    return [RegisterStep(each.number, each.at_ns // NS_PER_MS, each.staff_id, each.state, each.words) for each in steps]


def _shown(record: Record) -> RegisterRecord:
    return RegisterRecord(
        record.record_id,
        record.register,
        record.state,
        record.begun_ns // NS_PER_MS,
        record.due_ns // NS_PER_MS,
        (record.done_ns or 0) // NS_PER_MS,
        record.entered_by,
        str(record.account_id),
        record.fields,
    )


_NAMES = tuple(each.value for each in Register)
_RECORD = Parameter("recordId", "Which record", is_required=True)

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row(
        "GET",
        "registers",
        Permission.REGISTERS_READ,
        list_records,
        "Records of registers",
        (Parameter("register", "Only those of this register", choices=_NAMES),),
        answer=list[RegisterRecord],
    ),
    staff_row(
        "GET",
        "registers/kinds",
        Permission.REGISTERS_READ,
        list_kinds,
        "Registers that the site keeps: fields of a record, steps, and whose they are",
        answer=list[RegisterKind],
    ),
    staff_row(
        "POST",
        "registers",
        Permission.REGISTERS_WORK,
        enter,
        "Enter a record",
        (
            Parameter("register", "Which register", is_required=True, choices=_NAMES),
            Parameter("begunAtMs", "When time began to run", Kind.MILLISECONDS, is_required=True),
            Parameter("fields", "What the record says, by field", is_required=True, shapes=(dict[str, str],)),
            Parameter("accountId", "Account of the client it is about; 0 for none"),
        ),
        answer=RegisterRecord,
    ),
    staff_row(
        "POST",
        "registers/steps",
        Permission.REGISTERS_WORK,
        step,
        "Lead a record on",
        (
            _RECORD,
            Parameter("state", "The state that it comes to", is_required=True),
            Parameter("fields", "What is known by then, by field", shapes=(dict[str, str],)),
            Parameter("words", "For the staff"),
        ),
        answer=RegisterRecord,
    ),
    staff_row(
        "GET",
        "registers/steps",
        Permission.REGISTERS_READ,
        list_steps,
        "What happened to a record",
        (_RECORD,),
        answer=list[RegisterStep],
    ),
)
