"""Records of the registers and the steps they take. Content is sealed; ids and states are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from lionrock.compliance.papers.periods import Deadline, PlaceCalendar
from lionrock.compliance.registers.tables import register_records, register_steps
from lionrock.compliance.registers.terms import ENDED_WITHOUT, TERMS, Register
from lionrock.compliance.staff_identity import StaffActionRefused, StaffIdentity, require_role
from lionrock.store.sealing import Sealer

MOST_FIELD = 10_000
"""Characters of one field."""
MOST_OPEN_COMPLAINTS = 20
"""Of one client that wait for an answer."""
_ID_BYTES = 16


class Record(msgspec.Struct, frozen=True):
    """One record of a register."""

    record_id: str
    register: str
    state: str
    account_id: int
    entered_by: str
    begun_ns: int
    due_ns: int
    done_ns: int | None
    fields: dict[str, str]

    def __repr__(self) -> str:
        return f"Record(record_id={self.record_id!r}, register={self.register!r}, state={self.state!r})"


class StepTaken(msgspec.Struct, frozen=True):
    number: int
    at_ns: int
    staff_id: str
    state: str
    words: str
    """For the staff."""

    def __repr__(self) -> str:
        return f"StepTaken(number={self.number}, state={self.state!r})"


class TooManyComplaints(Exception):
    """Of one client that wait for an answer."""


class Registers:
    """Of one site."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        *,
        deadlines: Mapping[Register, Deadline],
        calendar: PlaceCalendar,
    ) -> None:
        """Those registers are kept that have a deadline here."""
        self._database, self._sealer, self._random_bytes = database, sealer, random_bytes
        self.deadlines, self._calendar = deadlines, calendar

    async def enter(
        self, register: Register, fields: Mapping[str, str], staff: StaffIdentity, begun_ns: int, *, account_id: int = 0
    ) -> Record:
        """A new record by somebody of the staff; its time runs from `begun_ns`. Raises `StaffActionRefused`."""
        require_role(staff, *TERMS[register].roles)
        return await asyncio.to_thread(self._open, register, fields, staff.staff_id, begun_ns, account_id)

    async def file_complaint(self, account_id: int, subject: str, text: str, now_ns: int) -> Record:
        """By the client. Raises `TooManyComplaints`."""

        def file() -> Record:
            waiting = [each for each in self._of_account(account_id) if each.done_ns is None]
            if len(waiting) >= MOST_OPEN_COMPLAINTS:
                raise TooManyComplaints
            return self._open(Register.COMPLAINT, {"subject": subject, "text": text}, "", now_ns, account_id)

        return await asyncio.to_thread(file)

    async def step(
        self, record_id: str, state: str, staff: StaffIdentity, now_ns: int, *, words: str = "", **fields: str
    ) -> Record:
        """Leads a record on, with what is told by then. Raises `StaffActionRefused`, which says what is missing."""
        return await asyncio.to_thread(self._step, record_id, state, staff, now_ns, (words, fields))

    async def complete(self, record_id: str, staff: StaffIdentity, now_ns: int, **fields: str) -> Record:
        """Fills fields in without leading on. Raises `StaffActionRefused`."""
        return await asyncio.to_thread(self._step, record_id, "", staff, now_ns, ("", fields))

    async def of_account(self, account_id: int) -> list[Record]:
        """A client's complaints, newest first."""
        return await asyncio.to_thread(self._of_account, account_id)

    async def all(self, register: Register, staff: StaffIdentity) -> list[Record]:
        """Oldest first. Raises `StaffActionRefused`."""
        require_role(staff, *TERMS[register].roles, "auditor", "regulator")
        return await asyncio.to_thread(self.read_all, register)

    async def steps(self, record_id: str, staff: StaffIdentity) -> list[StepTaken]:
        """Oldest first. Raises `StaffActionRefused`."""
        return await asyncio.to_thread(self._steps_for, record_id, staff)

    async def account_of(self, record_id: str) -> int:
        """Whom a record is about; 0 for nobody. Raises `StaffActionRefused`."""

        def read() -> int:
            with self._database.connect() as connection:
                return self._find(connection, record_id).account_id

        return await asyncio.to_thread(read)

    def _open(
        self, register: Register, fields: Mapping[str, str], entered_by: str, begun_ns: int, account_id: int
    ) -> Record:
        terms, told = TERMS[register], _checked(register, fields)
        _require_filled(told, terms.opening)
        record_id, deadline = self._random_bytes(_ID_BYTES).hex(), self.deadlines[register]
        due_ns = self._calendar.due_ns(begun_ns, deadline.amount, deadline.unit)
        record = Record(
            record_id, register.value, terms.begins_as, account_id, entered_by, begun_ns, due_ns, None, told
        )
        row = msgspec.structs.asdict(record)
        row["sealed_fields"] = self._sealed(record_id, row.pop("fields"))
        with self._database.begin() as connection:
            connection.execute(insert(register_records).values(row))
        return record

    def _step(
        self, record_id: str, state: str, staff: StaffIdentity, now_ns: int, told: tuple[str, Mapping[str, str]]
    ) -> Record:
        words, fields = told
        with self._database.begin() as connection:
            before = self._find(connection, record_id)
            register = Register(before.register)
            terms = TERMS[register]
            require_role(staff, *terms.roles)
            step = terms.step_to(state)
            if state and (step is None or before.state not in step.after):
                raise StaffActionRefused(
                    "step_not_possible",
                    f"a record that is {before.state} cannot become {state}",
                    "look at the record again",
                    state=before.state,
                )
            merged = before.fields | _checked(register, fields)
            if step is not None:
                _require_filled(merged, step.needs)
            is_over = step is not None and (step.does_what_is_owed or step.state == ENDED_WITHOUT)
            done_ns = now_ns if is_over and before.done_ns is None else before.done_ns
            after = msgspec.structs.replace(before, state=state or before.state, fields=merged, done_ns=done_ns)
            connection.execute(
                update(register_records)
                .where(register_records.c.record_id == record_id)
                .values(state=after.state, done_ns=done_ns, sealed_fields=self._sealed(record_id, merged))
            )
            self._write_step(connection, after, staff.staff_id, now_ns, words)
        return after

    def _write_step(self, connection: Connection, record: Record, staff_id: str, now_ns: int, words: str) -> None:
        counted = select(func.count()).where(register_steps.c.record_id == record.record_id)
        number = connection.execute(counted).scalar_one() + 1
        sealed = self._sealer.seal(words.encode(), f"register_steps.words:{record.record_id}:{number}")
        taken = {"number": number, "at_ns": now_ns, "staff_id": staff_id, "state": record.state}
        connection.execute(insert(register_steps).values(record_id=record.record_id, sealed_words=sealed, **taken))

    def _steps_for(self, record_id: str, staff: StaffIdentity) -> list[StepTaken]:
        wanted = select(register_steps).where(register_steps.c.record_id == record_id)
        with self._database.connect() as connection:
            record = self._find(connection, record_id)
            require_role(staff, *TERMS[Register(record.register)].roles, "auditor", "regulator")
            rows = connection.execute(wanted.order_by(register_steps.c.number)).all()
        return [
            StepTaken(
                row.number,
                row.at_ns,
                row.staff_id,
                row.state,
                self._sealer.open(row.sealed_words, f"register_steps.words:{record_id}:{row.number}").decode(),
            )
            for row in rows
        ]

    def _find(self, connection: Connection, record_id: str) -> Record:
        wanted = select(register_records).where(register_records.c.record_id == record_id)
        row = connection.execute(wanted).one_or_none()
        if row is None:
            raise StaffActionRefused("record_unknown", "there is no such record", "look at the list again")
        return self._opened(row)

    def _of_account(self, account_id: int) -> list[Record]:
        c = register_records.c
        mine = select(register_records).where(c.account_id == account_id, c.register == Register.COMPLAINT.value)
        with self._database.connect() as connection:
            rows = connection.execute(mine.order_by(c.begun_ns.desc(), c.record_id)).all()
        return [self._opened(row) for row in rows]

    def read_all(self, register: Register) -> list[Record]:
        """For reports and facts; staff asks by `all`."""
        c = register_records.c
        wanted = select(register_records).where(c.register == register.value).order_by(c.begun_ns, c.record_id)
        with self._database.connect() as connection:
            rows = connection.execute(wanted).all()
        return [self._opened(row) for row in rows]

    def times(self) -> list[tuple[str, str, int, int | None]]:
        """Register, id, begun and done of every record; nothing is opened."""
        c = register_records.c
        wanted = select(c.register, c.record_id, c.begun_ns, c.done_ns).order_by(c.begun_ns, c.record_id)
        with self._database.connect() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(wanted)]

    def _opened(self, row: Row[Any]) -> Record:
        plain = self._sealer.open(row.sealed_fields, _place(row.record_id))
        fields = msgspec.json.decode(plain, type=dict[str, str])
        names = [name for name in Record.__struct_fields__ if name != "fields"]
        return Record(**{name: getattr(row, name) for name in names}, fields=fields)

    def _sealed(self, record_id: str, fields: Mapping[str, str]) -> bytes:
        return self._sealer.seal(msgspec.json.encode(fields), _place(record_id))


def _checked(register: Register, fields: Mapping[str, str]) -> dict[str, str]:
    known = TERMS[register].fields
    for name, text in fields.items():
        if name not in known:
            raise StaffActionRefused(
                "field_unknown", f"this register has no field {name[:40]}", f"there are {', '.join(known)}"
            )
        if len(text) > MOST_FIELD:
            raise StaffActionRefused("field_too_long", f"{name} is too long", "shorten it", most=MOST_FIELD)
    return {name: text.strip() for name, text in fields.items()}


def _require_filled(fields: Mapping[str, str], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if not fields.get(name)]
    if missing:
        raise StaffActionRefused(
            "fields_missing", "not everything that is needed is told", "fill them in", missing=", ".join(missing)
        )


def _place(record_id: str) -> str:
    return f"register_records.fields:{record_id}"
