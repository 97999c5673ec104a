"""Entries of registers: when something began, what is known of it, when what it obliges to was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, insert, select, update

from lionrock.compliance.registers.tables import register_entries
from lionrock.people.staff.audit import Audit, canonical_json
from lionrock.people.staff.queue import WorkItem
from lionrock.people.staff.roles import Role
from lionrock.people.staff.tables import writing
from lionrock.rulebook.facts import Obligation, RecordShape, Watched
from lionrock.rulebook.ports import Fact
from lionrock.store.sealing import Sealer

PLACE = "compliance.registers"
MOST_WORDS = 4_000
R = Role


class Kind(msgspec.Struct, frozen=True):
    """A register."""

    name: str
    """As obligations are called."""
    record: str
    """As the shape of its records is called."""
    words: str
    """What is to be done about an entry."""
    fields: tuple[str, ...]
    """All that an entry says once it is done."""
    at_first: tuple[str, ...]
    """Those that it says at the beginning."""
    roles: frozenset[Role]
    """Who answers for it."""


_COMPLIANCE = frozenset({R.COMPLIANCE_OFFICER})

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "complaint",
            "complaint",
            "Answer the complaint",
            ("received_at", "client_id", "subject", "answer", "answered_at"),
            ("received_at", "client_id", "subject"),
            _COMPLIANCE | {R.CUSTOMER_SERVICE},
        ),
        Kind(
            "incident_notice",
            "incident_report",
            "Tell the regulator of the incident",
            (
                "cause",
                "time",
                "duration",
                "systems",
                "recurrence",
                "clients_affected",
                "fix",
                "prevention",
                "notice_reference",
            ),
            ("time", "systems"),
            _COMPLIANCE | {R.OPERATIONS, R.TECHNOLOGY},
        ),
        Kind(
            "particulars_change",
            "particulars_change",
            "Tell the regulator of the change",
            ("what", "before", "after", "notice_reference"),
            ("what",),
            _COMPLIANCE,
        ),
        Kind(
            "aml_policy_change",
            "aml_policy_change",
            "Tell the regulator of the new policy",
            ("what", "document_sha256", "notice_reference"),
            ("what", "document_sha256"),
            _COMPLIANCE | {R.MLRO},
        ),
        Kind(
            "patch",
            "patch",
            "Install the tested patch",
            ("system", "version", "tested_at", "installed_at"),
            ("system", "version", "tested_at"),
            frozenset({R.TECHNOLOGY}),
        ),
    )
}
"""The registers, by name."""


class RegisterRefused(Exception):
    """Nothing was changed; the words say why."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.name, self.words = name, words


class RegisterEntry(msgspec.Struct, frozen=True):
    """One entry."""

    entry_id: str
    kind: str
    begun_ns: int
    done_ns: int
    """0 while it is not done."""
    recorded_by: str
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"RegisterEntry(entry_id={self.entry_id!r}, kind={self.kind!r})"


class Registers:
    """Of a site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        audit: Audit,
    ) -> None:
        self._database, self._sealer, self._random_bytes, self._clock = database, sealer, random_bytes, clock
        self._audit = audit

    def begin(self, staff_id: str, kind: str, begun_ns: int, fields: Mapping[str, str]) -> RegisterEntry:
        """A new entry: from `begun_ns` on, time runs. Raises `RegisterRefused`."""
        row = _kind(kind)
        self._check(row, fields, row.at_first)
        now_ns = self._clock()
        if not 0 < begun_ns <= now_ns:
            raise RegisterRefused("begin_in_future", "what an entry is about has begun")
        entry = RegisterEntry(self._random_bytes(16).hex(), kind, begun_ns, 0, staff_id, dict(fields))
        with writing(self._database) as connection:
            connection.execute(
                insert(register_entries).values(
                    entry_id=entry.entry_id,
                    kind=kind,
                    begun_ns=begun_ns,
                    recorded_by=staff_id,
                    recorded_ns=now_ns,
                    sealed_fields=self._sealed(entry.entry_id, fields),
                )
            )
            self._audit.add(
                connection, now_ns, staff_id, "register entry", entry.entry_id, kind=kind, fields_sha256=_digest(fields)
            )
        return entry

    def finish(self, staff_id: str, entry_id: str, fields: Mapping[str, str]) -> RegisterEntry:
        """What it obliged to is done, now; every field is known. Raises `RegisterRefused`."""
        now_ns, key = self._clock(), register_entries.c.entry_id == entry_id
        with writing(self._database) as connection:
            row = connection.execute(select(register_entries).where(key)).one_or_none()
            if row is None:
                raise RegisterRefused("entry_unknown", "there is no such entry")
            if row.done_ns:
                raise RegisterRefused("entry_done", "the entry is done already")
            known = dict(self._opened(row).fields) | dict(fields)
            kind = _kind(row.kind)
            self._check(kind, known, kind.fields)
            values = {"done_ns": now_ns, "sealed_fields": self._sealed(entry_id, known)}
            connection.execute(update(register_entries).where(key).values(**values))
            self._audit.add(connection, now_ns, staff_id, "register entry done", entry_id, fields_sha256=_digest(known))
        return RegisterEntry(entry_id, row.kind, row.begun_ns, now_ns, row.recorded_by, known)

    def listed(self, kind: str = "") -> list[RegisterEntry]:
        """Newest first."""
        statement = select(register_entries).order_by(register_entries.c.begun_ns.desc())
        if kind:
            statement = statement.where(register_entries.c.kind == kind)
        with self._database.connect() as connection:
            return [self._opened(row) for row in connection.execute(statement)]

    def facts(self, fact_type: type[Fact]) -> Sequence[Any] | None:
        """As `FactSource`: what is owed, that it is watched, and what records of it say."""
        if fact_type is Obligation:
            statement = select(register_entries).order_by(register_entries.c.begun_ns)
            with self._database.connect() as connection:
                return [
                    Obligation(row.kind, row.entry_id, row.begun_ns, row.done_ns or None)
                    for row in connection.execute(statement)
                ]
        if fact_type is Watched:
            return [Watched(kind, PLACE) for kind in KINDS]
        if fact_type is RecordShape:
            return [RecordShape(kind.record, kind.fields) for kind in KINDS.values()]
        return None

    def work(self, now_ns: int) -> Iterable[WorkItem]:  # noqa: ARG002 every source is told the time
        """As `WorkSource`: entries that are not done. When they are due is for the rules of the site to say."""
        statement = select(register_entries).where(register_entries.c.done_ns == 0)
        with self._database.connect() as connection:
            for row in connection.execute(statement):
                kind = _kind(row.kind)
                yield WorkItem(row.kind, row.entry_id, kind.words, kind.roles, row.begun_ns, 0)

    def _check(self, kind: Kind, fields: Mapping[str, str], wanted: Iterable[str]) -> None:
        unknown = sorted(set(fields) - set(kind.fields))
        if unknown:
            raise RegisterRefused("field_unknown", f"an entry has the fields {', '.join(kind.fields)}")
        missing = [name for name in wanted if not fields.get(name, "").strip()]
        if missing:
            raise RegisterRefused("field_missing", f"the entry lacks {', '.join(missing)}")
        if any(len(value) > MOST_WORDS for value in fields.values()):
            raise RegisterRefused("field_too_long", f"a field has at most {MOST_WORDS} characters")

    def _sealed(self, entry_id: str, fields: Mapping[str, str]) -> bytes:
        return self._sealer.seal(canonical_json(dict(fields)), _place(entry_id))

    def _opened(self, row: Row[Any]) -> RegisterEntry:
        plain = self._sealer.open(row.sealed_fields, _place(row.entry_id))
        fields = msgspec.json.decode(plain, type=dict[str, str])
        return RegisterEntry(row.entry_id, row.kind, row.begun_ns, row.done_ns, row.recorded_by, fields)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise RegisterRefused("register_unknown", f"the registers are {', '.join(KINDS)}")
    return KINDS[name]


def _digest(fields: Mapping[str, str]) -> str:
    return sha256(canonical_json(dict(fields))).hexdigest()


def _place(entry_id: str) -> str:
    return f"register_entries.fields:{entry_id}"
