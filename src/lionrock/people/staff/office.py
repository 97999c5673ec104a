"""Everything about the staff of one site, put together: members, ways in, proposals, log, queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from lionrock.people.passkeys import RelyingParty
from lionrock.people.sessions import SessionRules
from lionrock.people.staff.audit import Audit, RecordDigest
from lionrock.people.staff.members import Member, Members
from lionrock.people.staff.orders import Executors, Order
from lionrock.people.staff.own_files import ClientOf, OwnFiles
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.proposal import State
from lionrock.people.staff.proposals import Proposals, broken_glass_words
from lionrock.people.staff.queue import ProposalWork, WorkQueue
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.people.staff.roles import Role
from lionrock.people.staff.tables import writing
from lionrock.people.staff.ways_in import WaysIn
from lionrock.store.sealing import Sealer

_log = logging.getLogger(__name__)


class RoleOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `role_grant` and `role_revoke`."""

    staff_id: str
    role: Role


class Surroundings(msgspec.Struct, frozen=True):
    """What the staff's room is given by the site."""

    record: RecordDigest | None = None
    """Puts a digest into the journal (kind APPROVAL); without it digests wait in SQL."""
    client_of: ClientOf = lambda _account_id: ""
    """Whose account it is, as in clients' ids; nobody's where that is not known."""
    notify: Callable[[str, str], Awaitable[None]] | None = None
    """Sends a notice when the glass was broken: id of the proposal, words."""
    registry: CollectorRegistry | None = None
    """Where metrics are told."""


class StaffOffice:
    """The staff of a site."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        rules: SessionRules,
        relying_party: RelyingParty,
        surroundings: Surroundings | None = None,
    ) -> None:
        around = surroundings or Surroundings()
        self.clock = clock
        self._database = database
        self.audit = Audit(database, around.record)
        self.members = Members(database, sealer, random_bytes, clock, self.audit)
        self.ways_in = WaysIn(
            database,
            sealer,
            random_bytes,
            clock,
            rules=rules,
            relying_party=relying_party,
            members=self.members,
            audit=self.audit,
        )
        self.own_files = OwnFiles(self.members, around.client_of)
        self.executors = Executors()
        self._notify = around.notify
        self._broken = (
            Counter("lionrock_staff_break_glass", "Times that somebody acted alone.", registry=around.registry)
            if around.registry
            else None
        )
        self.proposals = Proposals(
            database,
            sealer,
            random_bytes,
            clock,
            members=self.members,
            audit=self.audit,
            executors=self.executors,
            own_files=self.own_files,
            alarm=self._alarm,
        )
        self.queue = WorkQueue()
        self.queue.add(ProposalWork(self.proposals))
        self.executors.register("role_grant", RoleOrder, self._grant, self._roles, self._held)
        self.executors.register("role_revoke", RoleOrder, self._revoke, self._roles, self._held)
        if around.registry:
            overdue = Gauge(
                "lionrock_staff_overdue_reviews",
                "Actions done at once or alone that nobody reviewed in time.",
                registry=around.registry,
            )
            overdue.set_function(self._overdue)

    async def open(self) -> None:
        """At the start of a site, once its node takes commands: what an earlier process left is put in order."""
        await self.proposals.recover()
        await self.proposals.expire_due()
        await self._tell_broken_glass()

    def notify_with(self, notify: Callable[[str, str], Awaitable[None]]) -> None:
        """How a notice is sent when the glass was broken, where that is known only after the office was made."""
        self._notify = notify

    def remark(self) -> tuple[str, str] | None:
        """Code and words while a review is overdue: for what readiness tells beside. SQL."""
        overdue = self.proposals.overdue_reviews()
        if not overdue:
            return None
        words = f"{overdue} things that the staff did at once or alone were not reviewed in time"
        return "staff_reviews_overdue", words

    def tell_refused(self, staff_id: str, endpoint: str, permission: Permission) -> None:
        """Somebody asked for what none of their roles may: an entry in the log. SQL: from a loop, in a thread."""
        _log.warning("Refused to %s: %s needs %s", staff_id, endpoint, permission)
        with writing(self._database) as connection:
            why = permission.value
            self.audit.add(connection, self.clock(), staff_id, "refused", endpoint[:64], why="role_missing", lacks=why)

    async def note(self, staff_id: str, event: str, subject: str) -> None:
        """An entry in the log of something that somebody saw or did in another room, before it is shown or done."""

        def add() -> None:
            with writing(self._database) as connection:
                self.audit.add(connection, self.clock(), staff_id, event, subject)

        await asyncio.to_thread(add)
        await self.audit.carry_to_journal()

    def noting(self, staff_id: str, event: str, subject: str, **details: int | str) -> Callable[[Connection], object]:
        """The same for the transaction that does it; the log goes to the journal with `audit.carry_to_journal`."""
        return lambda connection: self.audit.add(connection, self.clock(), staff_id, event, subject, **details)

    async def check_own_file(
        self, member: Member, *, clients: Iterable[str] = (), accounts: Iterable[int] = ()
    ) -> None:
        """Before somebody reads or changes what is about these. Raises `StaffRefused`, which is on the log by then."""

        def check() -> None:
            with self._database.connect() as connection:
                self.own_files.check(connection, member, clients, accounts)

        try:
            await asyncio.to_thread(check)
        except StaffRefused as refused:
            about = next(iter(clients), "") or str(next(iter(accounts), ""))
            _log.warning("Refused to %s: %s", member.staff_id, refused.no)
            await asyncio.to_thread(self._tell_own_file, member.staff_id, about)
            await self.audit.carry_to_journal()
            raise

    def _tell_own_file(self, staff_id: str, about: str) -> None:
        with writing(self._database) as connection:
            self.audit.add(connection, self.clock(), staff_id, "refused", about, why=No.OWN_FILE.value)

    def _overdue(self) -> float:
        try:
            return self.proposals.overdue_reviews()
        except SQLAlchemyError:
            return float("nan")

    async def _alarm(self, proposal_id: str, words: str) -> None:
        if self._broken is not None:
            self._broken.inc()
        await self._notify_surely(proposal_id, words)

    async def _notify_surely(self, proposal_id: str, words: str) -> None:
        if self._notify is None:
            return
        try:
            await self._notify(proposal_id, words)
        except Exception:  # noqa: BLE001 an emergency does not wait for a notice
            _log.exception("No notice could be sent of proposal %s", proposal_id)

    async def _tell_broken_glass(self) -> None:
        """Of what was done alone and nobody reviewed yet: an earlier process may have ended before its notice was
        written. A notice that is there already is not written twice.
        """
        waiting = await asyncio.to_thread(self.proposals.listed, (State.TO_REVIEW, State.UNKNOWN), 1_000)
        for made in waiting:
            if made.is_break_glass:
                await self._notify_surely(made.proposal_id, broken_glass_words(made))

    def _roles(self, payload: RoleOrder) -> object:
        """So that a grant that was checked is not carried out once the member's roles have changed."""
        member = self.members.find(payload.staff_id)
        if member is None:
            raise StaffRefused(No.MEMBER_UNKNOWN)
        return [sorted(member.roles), member.is_active, member.is_enrolled]

    def _held(self, payload: RoleOrder) -> dict[str, object]:
        member = self.members.find(payload.staff_id)
        return {"role": sorted(member.roles)} if member is not None else {}

    async def _grant(self, order: Order) -> str:
        payload: RoleOrder = order.payload
        await asyncio.to_thread(self.members.grant, payload.staff_id, payload.role, order.proposal_id)
        return f"{payload.role} granted"

    async def _revoke(self, order: Order) -> str:
        payload: RoleOrder = order.payload
        await asyncio.to_thread(self.members.revoke, payload.staff_id, payload.role, order.proposal_id)
        return f"{payload.role} revoked"

    def close(self) -> None:
        self.ways_in.close()
