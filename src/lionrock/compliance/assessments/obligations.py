"""What must be done for a client within a time: notices, reviews, confirmations. Written down before it is done.

A crash between the two leaves an obligation that is open, and the next look does it; the outbox takes a key once.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from lionrock.compliance.assessments.ports import Notices
from lionrock.compliance.assessments.records import Records
from lionrock.compliance.assessments.tables import obligations


class Owed(msgspec.Struct, frozen=True):
    """One obligation."""

    obligation_id: str
    kind: str
    client_id: str
    begun_ns: int
    done_ns: int
    """0 while it is open."""


class Obligations:
    """Obligations of a site to its clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, notices: Notices) -> None:
        self._database, self._notices = records.database, notices

    def begin(self, obligation_id: str, kind: str, client_id: str, begun_ns: int) -> bool:
        """Write it down; False when it stands there already."""
        try:
            with self._database.begin() as connection:
                connection.execute(
                    insert(obligations).values(
                        obligation_id=obligation_id, kind=kind, client_id=client_id, begun_ns=begun_ns
                    )
                )
        except IntegrityError:
            return False
        return True

    def done(self, obligation_id: str, at_ns: int) -> None:
        """It is done; the first time counts."""
        with self._database.begin() as connection:
            connection.execute(
                update(obligations)
                .where(obligations.c.obligation_id == obligation_id, obligations.c.done_ns == 0)
                .values(done_ns=at_ns)
            )

    def notify(
        self,
        obligation_id: str,
        kind: str,
        client_id: str,
        figures: Mapping[str, int | str],
        at_ns: int,
        *,
        begun_ns: int = 0,
    ) -> bool:
        """A notice to a client, once whatever happens in between. True when it went out now."""
        begun = self.begin(obligation_id, kind, client_id, begun_ns or at_ns)
        if not begun and self.is_done(obligation_id):
            return False
        self._notices.send(obligation_id, client_id, kind, figures, at_ns)
        self.done(obligation_id, at_ns)
        return True

    def is_done(self, obligation_id: str) -> bool:
        with self._database.connect() as connection:
            done = connection.execute(
                select(obligations.c.done_ns).where(obligations.c.obligation_id == obligation_id)
            ).scalar_one_or_none()
        return bool(done)

    def all(self, client_id: str | None = None) -> list[Owed]:
        """Of a client, or of all; by when they began."""
        columns = [obligations.c[name] for name in Owed.__struct_fields__]
        wanted = select(*columns).order_by(obligations.c.begun_ns, obligations.c.obligation_id)
        if client_id is not None:
            wanted = wanted.where(obligations.c.client_id == client_id)
        with self._database.connect() as connection:
            return [Owed(*row) for row in connection.execute(wanted)]
