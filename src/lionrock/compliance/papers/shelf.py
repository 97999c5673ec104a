"""Where papers are kept: what is owed, what was made, sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, and_, delete, func, insert, or_, select, update

from lionrock.compliance.papers.drawing import Owed
from lionrock.compliance.papers.periods import PaperKind, Period
from lionrock.compliance.papers.tables import paper_periods, papers
from lionrock.store.sealing import Sealer

MOST_ROWS = 500
FORMATS = {"json": "application/json", "pdf": "application/pdf"}
"""Media types of the two forms of a paper."""


class PaperRow(msgspec.Struct, frozen=True):
    """A paper without its content. Times are nanoseconds since 1970."""

    paper_id: str
    kind: str
    account_id: int
    reference_id: int
    from_ns: int
    until_ns: int
    begun_ns: int
    due_ns: int
    made_ns: int | None
    json_sha256: str
    pdf_sha256: str
    recorded_sequence: int | None


_COLUMNS = [papers.c[name] for name in PaperRow.__struct_fields__]


def paper_id_of(kind: PaperKind, account_id: int, reference_id: int, from_ns: int) -> str:
    """The same for the same paper whenever it is planned, so that it is made once."""
    return sha256(f"{kind.value}:{account_id}:{reference_id}:{from_ns}".encode()).hexdigest()[:32]


class Shelf:
    """Of one site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, database: Engine, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer

    def next_period_begins(self, kind: PaperKind) -> int | None:
        """Where what was planned ends; None before the first."""
        wanted = select(func.max(paper_periods.c.until_ns)).where(paper_periods.c.kind == kind.value)
        with self._database.connect() as connection:
            return connection.execute(wanted).scalar()

    def plan(
        self, kind: PaperKind, period: Period, owed: Sequence[Owed], due_ns: Callable[[int], int], now_ns: int
    ) -> int:
        """Writes down what is owed for a period that is over, all or nothing; gives how many."""
        rows = [
            {
                "paper_id": paper_id_of(kind, each.account_id, each.reference_id, period.from_ns),
                "kind": kind.value,
                "account_id": each.account_id,
                "reference_id": each.reference_id,
                "from_ns": period.from_ns,
                "until_ns": period.until_ns,
                "begun_ns": each.begun_ns,
                "due_ns": due_ns(each.begun_ns),
                "json_sha256": "",
                "pdf_sha256": "",
            }
            for each in owed
        ]
        with self._database.begin() as connection:
            planned = insert(paper_periods).values(
                kind=kind.value, from_ns=period.from_ns, until_ns=period.until_ns, planned_ns=now_ns
            )
            connection.execute(planned)
            new = _without_known(connection, rows)  # some are there when a site was set back
            if new:
                connection.execute(insert(papers), new)
        return len(new)

    def to_make(self, most: int) -> list[PaperRow]:
        """What is owed and not made, first due first."""
        return self._rows(papers.c.made_ns.is_(None), most=most, order=(papers.c.due_ns, papers.c.paper_id))

    def to_record(self, most: int) -> list[PaperRow]:
        """What was made and does not stand in the journal yet."""
        missing = and_(papers.c.made_ns.is_not(None), papers.c.recorded_sequence.is_(None))
        return self._rows(missing, most=most, order=(papers.c.made_ns, papers.c.paper_id))

    def keep(
        self,
        paper_id: str,
        machine_readable: bytes,
        pdf: bytes,
        now_ns: int,
        *,
        within: Callable[[Connection], None],
    ) -> bool:
        """Puts a paper on the shelf, with what `within` writes; False when it is there already."""
        values = {
            "made_ns": now_ns,
            "json_sha256": sha256(machine_readable).hexdigest(),
            "pdf_sha256": sha256(pdf).hexdigest(),
            "sealed_json": self._sealer.seal(machine_readable, f"papers.json:{paper_id}"),
            "sealed_pdf": self._sealer.seal(pdf, f"papers.pdf:{paper_id}"),
        }
        empty = and_(papers.c.paper_id == paper_id, papers.c.made_ns.is_(None))
        with self._database.begin() as connection:
            if connection.execute(update(papers).where(empty).values(values)).rowcount == 0:
                return False
            within(connection)
        return True

    def recorded(self, paper_id: str, sequence: int) -> None:
        """Its digests stand in the journal under this command."""
        with self._database.begin() as connection:
            connection.execute(update(papers).where(papers.c.paper_id == paper_id).values(recorded_sequence=sequence))

    def of_account(
        self, account_id: int, *, kind: str | None = None, before_ns: int | None = None, most: int = 100
    ) -> list[PaperRow]:
        """Those that were made, newest first; behind `before_ns` where that is given."""
        wanted = and_(papers.c.account_id == account_id, papers.c.made_ns.is_not(None))
        if kind is not None:
            wanted = and_(wanted, papers.c.kind == kind)
        if before_ns is not None:
            wanted = and_(wanted, papers.c.made_ns < before_ns)
        return self._rows(wanted, most=most, order=(papers.c.made_ns.desc(), papers.c.paper_id))

    def find(self, paper_id: str) -> PaperRow | None:
        """A paper that was made."""
        found = self._rows(and_(papers.c.paper_id == paper_id, papers.c.made_ns.is_not(None)), most=1, order=())
        return found[0] if found else None

    def open(self, paper_id: str, file_format: str) -> bytes:
        """Its content, `json` or `pdf`. Raises `KeyError` and `SealBroken`."""
        column = {"json": papers.c.sealed_json, "pdf": papers.c.sealed_pdf}[file_format]
        with self._database.connect() as connection:
            sealed = connection.execute(select(column).where(papers.c.paper_id == paper_id)).scalar()
        if sealed is None:
            raise KeyError(paper_id)
        return self._sealer.open(sealed, f"papers.{file_format}:{paper_id}")

    def owed_since(self, since_ns: int) -> list[PaperRow]:
        """Those not made, those made too late, and all that began since then."""
        wanted = or_(papers.c.made_ns.is_(None), papers.c.made_ns > papers.c.due_ns, papers.c.begun_ns >= since_ns)
        return self._rows(wanted, most=None, order=(papers.c.begun_ns, papers.c.paper_id))

    def _rows(self, wanted: Any, *, most: int | None, order: tuple[Any, ...]) -> list[PaperRow]:
        statement = select(*_COLUMNS).where(wanted).order_by(*order)
        if most is not None:
            statement = statement.limit(most)
        with self._database.connect() as connection:
            rows: Sequence[Row[Any]] = connection.execute(statement).all()
        return [PaperRow(*tuple(row)) for row in rows]


_AT_ONCE = 500


def _without_known(connection: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known: set[str] = set()
    for start in range(0, len(rows), _AT_ONCE):
        ids = [row["paper_id"] for row in rows[start : start + _AT_ONCE]]
        known |= set(connection.execute(select(papers.c.paper_id).where(papers.c.paper_id.in_(ids))).scalars())
    return [row for row in rows if row["paper_id"] not in known]


def forget_later_papers(database: Engine, last_sequence: int) -> int:
    """Drops the papers that were recorded after a command, or not yet, as their trades may be gone; gives how many.

    Every period is looked at again; what was recorded before stays as it is.
    """
    later = or_(papers.c.recorded_sequence.is_(None), papers.c.recorded_sequence > last_sequence)
    with database.begin() as connection:
        connection.execute(delete(paper_periods))
        return connection.execute(delete(papers).where(later)).rowcount
