"""What was found out about clients, one row for each finding. Rows are added and never changed, but for their end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, update

from lionrock.compliance.assessments.tables import assessments
from lionrock.store.sealing import Sealer

BY_CLIENT, BY_SITE = "client", "site"
"""Who decided, where it was nobody of the staff."""


class Kind(StrEnum):
    """What a row tells."""

    RISK_RATING = "risk_rating"
    RISK_OVERRIDE = "risk_override"
    ENHANCED = "enhanced"
    """A step of enhanced due diligence is done; the result names it."""
    KNOWLEDGE = "knowledge"
    RISK_PROFILE = "risk_profile"
    EXPOSURE_LIMIT = "exposure_limit"
    """Points are the limit in minor units."""
    EXPOSURE_RAISE = "exposure_raise"
    """A higher limit than the present one, by the client's own declaration, that waits for somebody of the staff."""
    EXPOSURE_RAISE_DECLINED = "exposure_raise_declined"
    """The result is the number of what was declined."""
    EXPOSURE_NOTICE = "exposure_notice"
    """The client was told its limit."""
    EVIDENCE = "evidence"
    """Of being professional or institutional; the result is the class."""
    EVIDENCE_REVOKED = "evidence_revoked"
    """The result is the number of what was taken back."""
    REVIEW = "review"
    DORMANCY = "dormancy"
    """`dormant` or `active`."""
    RESTRICTION = "restriction"
    """What the staff holds back; the result is an `Effect` in lower case."""
    RESTRICTION_LIFTED = "restriction_lifted"
    """The result is the number of what was lifted."""


class Finding(msgspec.Struct, frozen=True):
    """One row without what is sealed."""

    number: int
    client_id: str
    kind: str
    result: str
    points: int
    method: str
    method_sha256: str
    document_sha256: str
    from_ns: int
    until_ns: int
    """0 for good."""
    ended_ns: int
    """When it was taken back before its time; 0 when it was not."""
    decided_by: str
    approved_by: str

    def holds(self, at_ns: int) -> bool:
        """From its beginning to the moment before its end."""
        return self.from_ns <= at_ns < self.end_ns

    @property
    def end_ns(self) -> int:
        """When it ends or ended; the largest number for never."""
        return min(self.until_ns or NEVER_NS, self.ended_ns or NEVER_NS)


NEVER_NS = 2**63 - 1


class New(msgspec.Struct, frozen=True):
    """A row to be added."""

    client_id: str
    kind: Kind
    result: str
    from_ns: int
    decided_by: str
    approved_by: str = ""
    until_ns: int = 0
    points: int = 0
    method: str = ""
    method_sha256: str = ""
    document_sha256: str = ""


_COLUMNS = tuple(assessments.c[name] for name in Finding.__struct_fields__)


class Records:
    """The rows of a site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, database: Engine, sealer: Sealer) -> None:
        self.database, self._sealer = database, sealer

    def add(self, new: New, details: object = None, connection: Connection | None = None) -> Finding:
        """The row, durable when this returns unless a transaction of the caller's is given.

        `details` are sealed: whatever says more about a person than the outcome does.
        """
        if connection is None:
            with self.database.begin() as own:
                return self.add(new, details, own)
        place = f"assessments:{new.client_id}:{new.kind}"
        values = msgspec.structs.asdict(new) | {"kind": new.kind.value, "ended_ns": 0}
        sealed = self._sealer.seal(msgspec.json.encode(details), place)
        made = connection.execute(insert(assessments).values(**values, sealed_details=sealed))
        (number,) = made.inserted_primary_key or (0,)
        return Finding(number=number, **values)

    def end(self, number: int, at_ns: int, connection: Connection | None = None) -> bool:
        """Take a row back from now on. One that has ended already stays as it is; whether this call ended it."""
        if connection is None:
            with self.database.begin() as own:
                return self.end(number, at_ns, own)
        ended = connection.execute(
            update(assessments)
            .where(assessments.c.number == number, assessments.c.ended_ns == 0)
            .values(ended_ns=at_ns)
        )
        return ended.rowcount == 1

    def of(self, client_id: str) -> list[Finding]:
        """Every row of a client, oldest first."""
        with self.database.connect() as connection:
            rows = connection.execute(
                select(*_COLUMNS).where(assessments.c.client_id == client_id).order_by(assessments.c.number)
            )
            return [_finding(row) for row in rows]

    def all(self) -> dict[str, list[Finding]]:
        """Every row by client, oldest first."""
        found: defaultdict[str, list[Finding]] = defaultdict(list)
        with self.database.connect() as connection:
            for row in connection.execute(select(*_COLUMNS).order_by(assessments.c.number)):
                found[row.client_id].append(_finding(row))
        return found

    def details(self, finding: Finding) -> Any:
        """What is sealed with a row, for whoever may see it. Raises `SealBroken`."""
        with self.database.connect() as connection:
            sealed = connection.execute(
                select(assessments.c.sealed_details).where(assessments.c.number == finding.number)
            ).scalar_one()
        return msgspec.json.decode(self._sealer.open(sealed, f"assessments:{finding.client_id}:{finding.kind}"))


def last(findings: Iterable[Finding], *kinds: Kind) -> Finding | None:
    """The newest row of these kinds that was not taken back."""
    found = None
    for finding in findings:
        if finding.kind in kinds and not finding.ended_ns:
            found = finding
    return found


def of_kind(findings: Iterable[Finding], kind: Kind) -> list[Finding]:
    return [finding for finding in findings if finding.kind == kind]


def _finding(row: Row[Any]) -> Finding:
    return Finding(*tuple(row))
