"""What people of the staff stated and signed, kept as facts for the rules that rest on a person's word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine, insert, select

from lionrock.rulebook import tables
from lionrock.rulebook.facts.general import Attested


class Attestations:
    """In the database of a site. Who may attest, and that two are asked where two are needed, is the staff's room."""

    def __init__(self, database: Engine, random_bytes: Callable[[int], bytes]) -> None:
        self._database = database
        self._random_bytes = random_bytes

    def record(self, attested: Attested) -> str:
        """Keep it, durable when this returns; gives its id."""
        attestation_id = self._random_bytes(16).hex()
        row = {
            "attestation_id": attestation_id,
            "subject": attested.subject,
            "attested_ns": attested.attested_ns,
            "staff_id": attested.staff_id,
            "approver_id": attested.approver_id,
            "document_sha256": attested.document_sha256,
        }
        with self._database.begin() as connection:
            connection.execute(insert(tables.attestations), row)
        return attestation_id

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        """Every `Attested`; None for every other type."""
        if fact_type is not Attested:
            return None
        rows = tables.attestations
        with self._database.connect() as connection:
            return [
                Attested(row.subject, row.attested_ns, row.staff_id, row.approver_id, row.document_sha256)
                for row in connection.execute(select(rows).order_by(rows.c.attested_ns))
            ]
