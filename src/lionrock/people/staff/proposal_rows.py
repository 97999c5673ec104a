"""Proposals in SQL: one row each, payload and words sealed, and each change of state with its entry in the log."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from lionrock.people.staff.audit import Audit
from lionrock.people.staff.members import Members
from lionrock.people.staff.orders import Executors, encoded
from lionrock.people.staff.proposal import MOST_WORDS, Given, Proposal, State, Told, Verdict
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.people.staff.tables import staff_proposals, staff_verdicts
from lionrock.store.sealing import Sealer


class ProposalRows:
    """What `Proposals` reads and writes inside its transactions."""

    def __init__(
        self, sealer: Sealer, clock: Callable[[], int], members: Members, audit: Audit, executors: Executors
    ) -> None:
        self._sealer = sealer
        self._clock = clock
        self._members = members
        self._audit = audit
        self._executors = executors

    def use(self, executors: Executors) -> None:
        """Others than those it was made with."""
        self._executors = executors

    def find(self, connection: Connection, proposal_id: str) -> Row[Any] | None:
        key = staff_proposals.c.proposal_id == proposal_id
        return connection.execute(select(staff_proposals).where(key)).one_or_none()

    def insert(
        self,
        connection: Connection,
        proposal_id: str,
        told: Told,
        payload: msgspec.Struct,
        *,
        target: str,
        made_by: str,
        ends_ns: int,
        state: State,
        is_break_glass: bool,
    ) -> None:
        """A new one."""
        plain, now_ns = encoded(payload), self._clock()
        connection.execute(
            insert(staff_proposals).values(
                proposal_id=proposal_id,
                action=told.action,
                sealed_payload=self._sealer.seal(plain, _payload_place(proposal_id)),
                payload_sha256=sha256(plain).hexdigest(),
                target_sha256=target,
                reason_code=told.reason_code,
                sealed_words=self._sealer.seal(told.words.encode(), _words_place(proposal_id)),
                made_by=made_by,
                made_ns=now_ns,
                ends_ns=ends_ns,
                state=state.value,
                changed_ns=now_ns,
                is_break_glass=int(is_break_glass),
            )
        )

    def row(self, connection: Connection, proposal_id: str) -> Row[Any]:
        """Raises `StaffRefused`."""
        row = self.find(connection, proposal_id)
        if row is None:
            raise StaffRefused(No.PROPOSAL_UNKNOWN)
        return row

    def open_row(self, connection: Connection, proposal_id: str) -> Row[Any]:
        row = self.row(connection, proposal_id)
        if row.state != State.OPEN:
            raise StaffRefused(No.NOT_OPEN, next_step=_NEXT_STEPS.get(State(row.state), ""), state=row.state)
        if row.ends_ns <= self._clock():
            raise StaffRefused(No.EXPIRED)
        return row

    def write_verdict(self, connection: Connection, staff_id: str, row: Row[Any], verdict: Verdict, words: str) -> None:
        if len(words) > MOST_WORDS or (verdict is Verdict.REJECT and not words.strip()):
            raise StaffRefused(No.WORDS_MISSING, action="a rejection")
        place = _verdict_place(row.proposal_id, staff_id)
        connection.execute(
            insert(staff_verdicts).values(
                proposal_id=row.proposal_id,
                person_hash=self._members.read(connection, staff_id).person,
                staff_id=staff_id,
                verdict=verdict.value,
                given_ns=self._clock(),
                sealed_words=self._sealer.seal(words.encode(), place),
            )
        )

    def change(self, connection: Connection, row: Row[Any], state: State, by: str, event: str, **details: str) -> None:
        now_ns = self._clock()
        values: dict[str, object] = {"state": state.value, "changed_ns": now_ns}
        if "outcome" in details:
            values["outcome"] = details["outcome"]
            details["outcome_sha256"] = sha256(details.pop("outcome").encode()).hexdigest()
        key = staff_proposals.c.proposal_id == row.proposal_id
        connection.execute(update(staff_proposals).where(key).values(**values))
        digest = row.payload_sha256
        self._audit.add(connection, now_ns, by, event, row.proposal_id, payload_sha256=digest, **details)

    def payload(self, row: Row[Any]) -> Any:
        plain = self._sealer.open(row.sealed_payload, _payload_place(row.proposal_id))
        return self._executors.read(row.action, msgspec.json.decode(plain))

    def opened(self, connection: Connection, row: Row[Any]) -> Proposal:
        key = staff_verdicts.c.proposal_id == row.proposal_id
        given = connection.execute(select(staff_verdicts).where(key).order_by(staff_verdicts.c.given_ns)).all()
        place = _payload_place(row.proposal_id)
        return Proposal(
            row.proposal_id,
            row.action,
            msgspec.json.decode(self._sealer.open(row.sealed_payload, place)),
            row.payload_sha256,
            row.reason_code,
            self._sealer.open(row.sealed_words, _words_place(row.proposal_id)).decode(),
            row.made_by,
            row.made_ns,
            row.ends_ns,
            State(row.state),
            row.changed_ns,
            row.outcome,
            bool(row.is_break_glass),
            tuple(
                Given(
                    each.staff_id,
                    Verdict(each.verdict),
                    each.given_ns,
                    self._sealer.open(each.sealed_words, _verdict_place(row.proposal_id, each.staff_id)).decode(),
                )
                for each in given
            ),
        )


_CARRIED_OUT = "it was carried out already: do not propose it again"
_NEXT_STEPS = {
    State.CARRYING_OUT: "it is being carried out: look at the proposal again, and do not propose it again",
    State.UNKNOWN: "it may have been carried out: find out before anybody proposes it again",
    State.CARRIED_OUT: _CARRIED_OUT,
    State.TO_REVIEW: _CARRIED_OUT,
    State.DISPUTED: _CARRIED_OUT,
}
"""For whoever comes after it was decided: proposing it anew could do it twice."""


def _payload_place(proposal_id: str) -> str:
    return f"staff_proposals.payload:{proposal_id}"


def _words_place(proposal_id: str) -> str:
    return f"staff_proposals.words:{proposal_id}"


def _verdict_place(proposal_id: str, staff_id: str) -> str:
    return f"staff_verdicts.words:{proposal_id}:{staff_id}"
