"""Proposals: one person makes, another checks, and what was checked is carried out once.

Every step is decided inside one SQL transaction that nobody else's overlaps: state, time, payload, roles and persons
as they are at that moment. A refused attempt leaves an entry in the log and a line for the operator, nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Row, select

from lionrock.node.errors import NodeStopped
from lionrock.people.staff.actions import ACTIONS, REVIEW_WITHIN_NS, Action, Reason, Subject
from lionrock.people.staff.audit import MACHINE, Audit
from lionrock.people.staff.members import Member, Members
from lionrock.people.staff.orders import Executors, Order, OrderRefused, encoded
from lionrock.people.staff.own_files import OwnFiles
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.proposal import MOST_OUTCOME, MOST_WORDS, Proposal, State, Told, Verdict, is_plain
from lionrock.people.staff.proposal_rows import ProposalRows
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.people.staff.tables import staff_proposals, staff_verdicts, writing
from lionrock.store.sealing import Sealer

_log = logging.getLogger(__name__)

_ID_BYTES = 16
_Done = TypeVar("_Done")

Alarm = Callable[[str, str], Awaitable[None]]
"""Gets the id of a proposal that was carried out alone, and words without personal data."""


class Proposals:
    """Of a site. Methods that only read are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        members: Members,
        audit: Audit,
        executors: Executors,
        own_files: OwnFiles,
        alarm: Alarm,
    ) -> None:
        self._database = database
        self._rows = ProposalRows(sealer, clock, members, audit, executors)
        self._random_bytes = random_bytes
        self._clock = clock
        self._members = members
        self._audit = audit
        self.executors = executors
        self._own_files = own_files
        self._alarm = alarm

    def use(self, executors: Executors) -> None:
        """Others than those it was made with."""
        self.executors = executors
        self._rows.use(executors)

    async def propose(self, staff_id: str, told: Told) -> Proposal:
        """Waits for others. Raises `StaffRefused`."""
        return await self._attempt(staff_id, told.action, lambda: self._made(staff_id, told, State.OPEN))

    async def do_at_once(self, staff_id: str, told: Told, *, breaking_glass: bool = False) -> Proposal:
        """Done now, reviewed by somebody else after; alone and with an alarm where the glass is broken.

        Raises `StaffRefused`.
        """
        made = await self._attempt(
            staff_id,
            told.action,
            lambda: self._made(staff_id, told, State.CARRYING_OUT, breaking_glass=breaking_glass),
        )
        if breaking_glass:
            words = broken_glass_words(made)
            _log.critical("The glass was broken: %s", words)
            await self._alarm(made.proposal_id, words)
        else:
            _log.warning("%s was done at once by %s: review proposal %s", made.action, staff_id, made.proposal_id)
        done = await self._carry_out(made.proposal_id, State.TO_REVIEW)
        if done.state is State.FAILED:
            _log.error("Nothing was done by proposal %s: carrying it out failed", done.proposal_id)
        return done

    async def approve(self, staff_id: str, proposal_id: str, payload_sha256: str, words: str = "") -> Proposal:
        """Says yes to the payload of this SHA-256. With the last yes that is needed it is carried out.

        Raises `StaffRefused`.
        """

        def approve() -> bool:
            return self._give(staff_id, proposal_id, Verdict.APPROVE, payload_sha256, words)

        if await self._attempt(staff_id, proposal_id, approve):
            return await self._carry_out(proposal_id, State.CARRIED_OUT)
        return await asyncio.to_thread(self.read, proposal_id)

    async def reject(self, staff_id: str, proposal_id: str, payload_sha256: str, words: str) -> Proposal:
        """One no ends it. Raises `StaffRefused`."""

        def reject() -> bool:
            return self._give(staff_id, proposal_id, Verdict.REJECT, payload_sha256, words)

        await self._attempt(staff_id, proposal_id, reject)
        return await asyncio.to_thread(self.read, proposal_id)

    async def review(
        self, staff_id: str, proposal_id: str, verdict: Verdict, payload_sha256: str, words: str
    ) -> Proposal:
        """Of what was done before it was checked. Raises `StaffRefused`."""

        def look() -> None:
            with writing(self._database) as connection:
                row = self._rows.row(connection, proposal_id)
                if row.state != State.TO_REVIEW:
                    raise StaffRefused(No.NOT_TO_REVIEW, state=row.state)
                self._check_checker(connection, staff_id, row, payload_sha256)
                self._rows.write_verdict(connection, staff_id, row, verdict, words)
                state = State.CARRIED_OUT if verdict is Verdict.APPROVE else State.DISPUTED
                self._rows.change(connection, row, state, staff_id, "reviewed", verdict=verdict.value)

        await self._attempt(staff_id, proposal_id, look)
        return await asyncio.to_thread(self.read, proposal_id)

    async def withdraw(self, staff_id: str, proposal_id: str) -> Proposal:
        """By whoever made it. Raises `StaffRefused`."""

        def withdraw() -> None:
            with writing(self._database) as connection:
                row = self._rows.open_row(connection, proposal_id)
                if row.made_by != staff_id:
                    raise StaffRefused(No.NOT_MADE_BY_YOU)
                self._rows.change(connection, row, State.WITHDRAWN, staff_id, "withdrawn")

        await self._attempt(staff_id, proposal_id, withdraw)
        return await asyncio.to_thread(self.read, proposal_id)

    async def expire_due(self) -> int:
        """Ends what waited too long; gives how many. For the site's clockwork and its start."""

        def expire() -> int:
            now_ns = self._clock()
            due = (staff_proposals.c.state == State.OPEN) & (staff_proposals.c.ends_ns <= now_ns)
            with writing(self._database) as connection:
                rows = connection.execute(select(staff_proposals).where(due)).all()
                for row in rows:
                    self._rows.change(connection, row, State.EXPIRED, MACHINE, "expired")
            return len(rows)

        count = await asyncio.to_thread(expire)
        await self._audit.carry_to_journal()
        return count

    async def recover(self) -> int:
        """At a start: what an earlier process was carrying out may be done or not, and is not done again. Gives how
        many there are.
        """

        def recover() -> int:
            with writing(self._database) as connection:
                key = staff_proposals.c.state == State.CARRYING_OUT
                rows = connection.execute(select(staff_proposals).where(key)).all()
                for row in rows:
                    self._rows.change(connection, row, State.UNKNOWN, MACHINE, "outcome unknown")
                    _log.error("Whether proposal %s (%s) was carried out is not known", row.proposal_id, row.action)
            return len(rows)

        count = await asyncio.to_thread(recover)
        await self._audit.carry_to_journal()
        return count

    # Reading

    def read(self, proposal_id: str) -> Proposal:
        """Raises `StaffRefused`."""
        with self._database.connect() as connection:
            return self._rows.opened(connection, self._rows.row(connection, proposal_id))

    def preview(self, told: Told) -> tuple[Any, str, dict[str, object]]:
        """What would be proposed: the whole payload, its SHA-256, and its fields as they stand now. Raises
        `StaffRefused` for what nobody could propose. Nothing is written.
        """
        payload = self.executors.read(told.action, told.payload)
        self.executors.target_digest(told.action, payload)
        plain = encoded(payload)
        return msgspec.to_builtins(payload), sha256(plain).hexdigest(), self.executors.present(told.action, payload)

    def present(self, proposal: Proposal) -> dict[str, object]:
        """The fields of an open proposal as they stand now; none of one that is over. SQL."""
        if proposal.state is not State.OPEN:
            return {}
        try:
            return self.executors.present(proposal.action, self.executors.read(proposal.action, proposal.payload))
        except (OrderRefused, StaffRefused):
            return {}

    def listed(self, states: Sequence[State] = (), most: int = 100) -> list[Proposal]:
        """Newest first."""
        statement = select(staff_proposals)
        if states:
            statement = statement.where(staff_proposals.c.state.in_([state.value for state in states]))
        order = staff_proposals.c.made_ns.desc(), staff_proposals.c.proposal_id
        with self._database.connect() as connection:
            rows = connection.execute(statement.order_by(*order).limit(most)).all()
            return [self._rows.opened(connection, row) for row in rows]

    def overdue_reviews(self) -> int:
        """Red while there are any."""
        key = (staff_proposals.c.state == State.TO_REVIEW) & (staff_proposals.c.ends_ns <= self._clock())
        with self._database.connect() as connection:
            return len(connection.execute(select(staff_proposals.c.proposal_id).where(key)).all())

    # Steps, each in a thread and, where it writes, in one transaction

    async def _attempt(self, staff_id: str, about: str, step: Callable[[], _Done]) -> _Done:
        """The step; what is refused is told to the log of the staff and to the operator's."""
        try:
            done = await asyncio.to_thread(step)
        except StaffRefused as refused:
            no, subject = refused.no, _in_one_line(about)
            _log.warning("Refused to %s: %s about %s", staff_id, no, subject)

            def tell() -> None:
                with writing(self._database) as connection:
                    self._audit.add(connection, self._clock(), staff_id, "refused", subject, why=no.value)
                    row = self._rows.find(connection, about) if no is No.EXPIRED else None
                    if row is not None and row.state == State.OPEN:
                        self._rows.change(connection, row, State.EXPIRED, MACHINE, "expired")

            await asyncio.to_thread(tell)
            await self._audit.carry_to_journal()
            raise
        await self._audit.carry_to_journal()
        return done

    def _made(self, staff_id: str, told: Told, state: State, *, breaking_glass: bool = False) -> Proposal:
        payload = self.executors.read(told.action, told.payload)
        action, plain = ACTIONS[told.action], encoded(payload)
        self._check_told(action, told, breaking_glass=breaking_glass)
        target = self.executors.target_digest(told.action, payload)
        with self._database.connect() as connection:
            maker = self._members.read(connection, staff_id)
            self._check_maker(connection, maker, action, payload, state, breaking_glass=breaking_glass)
        self.executors.check_ready(told.action, payload, staff_id)
        now_ns, proposal_id = self._clock(), self._random_bytes(_ID_BYTES).hex()
        with writing(self._database) as connection:
            maker = self._members.read(connection, staff_id)
            self._check_maker(connection, maker, action, payload, state, breaking_glass=breaking_glass)
            lives_ns = action.lives_ns if state is State.OPEN else REVIEW_WITHIN_NS
            self._rows.insert(
                connection,
                proposal_id,
                told,
                payload,
                target=target,
                made_by=staff_id,
                ends_ns=now_ns + lives_ns,
                state=state,
                is_break_glass=breaking_glass,
            )
            event = "glass broken" if breaking_glass else "proposed" if state is State.OPEN else "done at once"
            self._audit.add(
                connection,
                now_ns,
                staff_id,
                event,
                proposal_id,
                action=action.name,
                payload_sha256=sha256(plain).hexdigest(),
                reason=told.reason_code,
                words_sha256=sha256(told.words.encode()).hexdigest(),
            )
            return self._rows.opened(connection, self._rows.row(connection, proposal_id))

    def _check_told(self, action: Action, told: Told, *, breaking_glass: bool) -> None:
        reasons = ", ".join(Reason)
        if told.reason_code and told.reason_code not in set(Reason):
            raise StaffRefused(No.REASON_UNKNOWN, reasons=reasons)
        if (action.needs_reason or breaking_glass) and not told.reason_code:
            raise StaffRefused(No.REASON_MISSING, action=action.name, reasons=reasons)
        if not is_plain(told.words):
            raise StaffRefused(No.WORDS_MALFORMED)
        if len(told.words) > MOST_WORDS or ((action.needs_reason or breaking_glass) and not told.words.strip()):
            raise StaffRefused(No.WORDS_MISSING, action=action.name)

    def _check_maker(
        self,
        connection: Connection,
        maker: Member,
        action: Action,
        payload: Any,
        state: State,
        *,
        breaking_glass: bool,
    ) -> None:
        if not maker.is_active:
            raise StaffRefused(No.MEMBER_INACTIVE)
        if breaking_glass:
            if not action.may_break_glass:
                raise StaffRefused(No.NO_BREAK_GLASS, action=action.name)
            if not maker.roles & Permission.BREAK_GLASS.roles:
                raise StaffRefused(No.NOT_MAKER, action=action.name, roles=_listed(Permission.BREAK_GLASS.roles))
        elif not maker.roles & action.makers:
            raise StaffRefused(No.NOT_MAKER, action=action.name, roles=_listed(action.makers))
        elif state is not State.OPEN and not action.may_be_at_once:
            raise StaffRefused(No.NOT_AT_ONCE, action=action.name)
        self._check_subject(connection, maker, action, payload)

    def _check_subject(self, connection: Connection, member: Member, action: Action, payload: Any) -> None:
        """Nobody decides about themselves, nor about their own or a relation's file."""
        if action.subject is Subject.STAFF:
            if self._members.read(connection, getattr(payload, action.subject.value)).person == member.person:
                raise StaffRefused(No.ABOUT_YOURSELF)
            return
        self._own_files.check_payload(connection, member, payload)

    def _give(self, staff_id: str, proposal_id: str, verdict: Verdict, payload_sha256: str, words: str) -> bool:
        """Whether it is now to be carried out, which only one caller is ever told."""
        with writing(self._database) as connection:
            row = self._rows.open_row(connection, proposal_id)
            self._check_checker(connection, staff_id, row, payload_sha256)
            self._rows.write_verdict(connection, staff_id, row, verdict, words)
            if verdict is Verdict.REJECT:
                self._rows.change(connection, row, State.REJECTED, staff_id, "rejected")
                return False
            digest = row.payload_sha256
            action, now_ns = ACTIONS[row.action], self._clock()
            self._audit.add(connection, now_ns, staff_id, "approved", proposal_id, payload_sha256=digest)
            if len(self._checkers(connection, row)) < action.checkers_needed:
                return False
            maker = self._members.read(connection, row.made_by)
            if not maker.is_active or not maker.roles & action.makers:
                raise StaffRefused(No.MAKER_LEFT)
            self._rows.change(connection, row, State.CARRYING_OUT, MACHINE, "to be carried out")
            return True

    def _check_checker(self, connection: Connection, staff_id: str, row: Row[Any], payload_sha256: str) -> None:
        """What must hold of whoever checks, at this moment."""
        checker, action = self._members.read(connection, staff_id), ACTIONS[row.action]
        if not checker.is_active:
            raise StaffRefused(No.MEMBER_INACTIVE)
        if row.made_by == staff_id:
            raise StaffRefused(No.SELF_APPROVAL)
        given = select(staff_verdicts.c.person_hash).where(staff_verdicts.c.proposal_id == row.proposal_id)
        persons = {self._members.read(connection, row.made_by).person, *connection.execute(given).scalars()}
        if checker.person in persons:
            raise StaffRefused(No.SAME_PERSON)
        if not checker.roles & action.checkers:
            raise StaffRefused(No.NOT_CHECKER, action=action.name, roles=_listed(action.checkers))
        if payload_sha256 != row.payload_sha256:
            raise StaffRefused(No.PAYLOAD_DIFFERS)
        self._check_subject(connection, checker, action, self._rows.payload(row))

    def _checkers(self, connection: Connection, row: Row[Any]) -> list[Member]:
        """Whose yes counts now, oldest first: who lost the role or the account since does not count any more."""
        action = ACTIONS[row.action]
        key = staff_verdicts.c.proposal_id == row.proposal_id, staff_verdicts.c.verdict == Verdict.APPROVE.value
        rows = connection.execute(select(staff_verdicts).where(*key).order_by(staff_verdicts.c.given_ns)).all()
        found = [self._members.read(connection, given.staff_id) for given in rows]
        return [each for each in found if each.is_active and each.roles & action.checkers]

    async def _carry_out(self, proposal_id: str, done: State) -> Proposal:
        """Once, for the one caller that moved it to CARRYING_OUT."""
        state, outcome = done, ""
        try:
            order = await asyncio.to_thread(self._order, proposal_id)
            outcome = await self.executors.of(order.action).carry_out(order)
        except (OrderRefused, StaffRefused) as refused:
            state, outcome = State.FAILED, str(refused)
        except NodeStopped as stopped:
            state, outcome = State.FAILED if stopped.outcome_known else State.UNKNOWN, str(stopped)
        except Exception as error:  # noqa: BLE001 whatever it was, nobody knows how far it came
            _log.exception("Proposal %s could not be carried out", proposal_id)
            state, outcome = State.UNKNOWN, type(error).__name__

        def finish() -> Proposal:
            with writing(self._database) as connection:
                row = self._rows.row(connection, proposal_id)
                short = outcome[:MOST_OUTCOME]
                self._rows.change(connection, row, state, MACHINE, state.value.replace("_", " "), outcome=short)
                return self._rows.opened(connection, self._rows.row(connection, proposal_id))

        finished = await asyncio.to_thread(finish)
        if state is not State.UNKNOWN:
            await self._audit.carry_to_journal()
        return finished

    def _order(self, proposal_id: str) -> Order:
        """Everything once more, right before it is done. Raises `StaffRefused` and `OrderRefused`."""
        with self._database.connect() as connection:
            row = self._rows.row(connection, proposal_id)
            checkers, maker = self._checkers(connection, row), self._members.read(connection, row.made_by)
        payload = self._rows.payload(row)
        if sha256(encoded(payload)).hexdigest() != row.payload_sha256:
            raise StaffRefused(No.PAYLOAD_DIFFERS)
        if self.executors.target_digest(row.action, payload) != row.target_sha256:
            raise StaffRefused(No.TARGET_CHANGED)
        digest = bytes.fromhex(row.payload_sha256)
        return Order(proposal_id, row.action, payload, maker, tuple(checkers), row.reason_code, digest, self._clock())


def broken_glass_words(made: Proposal) -> str:
    """What is told of something that one person alone had carried out, whether or not it succeeded: ids only."""
    return f"{made.action} was ordered alone by {made.made_by}: review proposal {made.proposal_id}"


def _in_one_line(told: str) -> str:
    """What somebody sent as a name, for the logs: no character of it starts a line or turns one around."""
    return "".join(each if each.isprintable() else "?" for each in told[:64])


def _listed(roles: frozenset[Any]) -> str:
    return ", ".join(sorted(role.value for role in roles))
