"""What falls due for clients by the clock: notices, reviews, ends and renewals, accounts that fall asleep.

Time is an argument: whoever serves a site looks once a minute, a test goes through a year in a second. Everything is
done under a key of its own, so that a look that was cut short is simply repeated.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from lionrock.compliance.assessments.authorities import Authority, may_be_renewed
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import BY_SITE, NEVER_NS, Finding, Kind, New, last
from lionrock.compliance.assessments.standing import Standing, dormant_from
from lionrock.compliance.gates.client_gates import ClientGates
from lionrock.node.errors import NodeBusy, NodeStopped

_log = logging.getLogger(__name__)
LOOK_SECONDS = 60
FULL_LOOKS = 60
"""Every so many looks all clients are compared with the core, whether anything fell due for them or not."""


class ClientClock:
    """Looks after the clients of a site."""

    def __init__(self, gates: ClientGates) -> None:
        self.gates, self.assessments = gates, gates.assessments
        self._due_ns: dict[str, int] = {}
        self._one_at_a_time = asyncio.Lock()

    async def attend(self, client_id: str, at_ns: int) -> Standing | None:
        """Everything that is due for one client, then its gates. To be called whenever something about it changed.

        None for a client that nobody knows. Raises what `ClientGates.apply` raises.
        """
        async with self._one_at_a_time:  # so that nothing is renewed twice
            return await self._attend(client_id, at_ns)

    async def _attend(self, client_id: str, at_ns: int, *, knows_assets: bool = False) -> Standing | None:
        current = await self.gates.apply(client_id, at_ns, knows_assets=knows_assets)
        if current is None:
            return None
        did, next_ns = await asyncio.to_thread(self._chores, current, at_ns)
        if did:
            current = await self.gates.apply(client_id, at_ns, knows_assets=True) or current
            _, next_ns = await asyncio.to_thread(self._chores, current, at_ns)
        self._due_ns[client_id] = min(next_ns, current.next_change_ns)
        return current

    async def look(self, at_ns: int) -> list[str]:
        """Attends to whoever something is due for; who that was."""
        due = [client_id for client_id, when_ns in self._due_ns.items() if when_ns <= at_ns]
        for place, client_id in enumerate(due):
            async with self._one_at_a_time:
                await self._attend(client_id, at_ns, knows_assets=place > 0)
        return due

    async def look_at_all(self, at_ns: int, *, everybody: bool = False) -> list[str]:
        """Compares every client with the core, and attends to those who are new, or due, or to everybody; whose
        accounts were not as they should be.
        """
        repaired = await self.gates.reconcile(at_ns)
        for client_id in list(self.gates.standings):
            if everybody or self._due_ns.get(client_id, 0) <= at_ns:
                async with self._one_at_a_time:
                    await self._attend(client_id, at_ns, knows_assets=True)
        return repaired

    @property
    def next_ns(self) -> int:
        """When something falls due next; the largest number for never."""
        return min(self._due_ns.values(), default=NEVER_NS)

    def _chores(self, current: Standing, at_ns: int) -> tuple[bool, int]:
        """Whether a finding was added, and when there is something to do next."""
        chores = _Chores(self.gates, current, at_ns)
        chores.tell_exposure_limit()
        chores.tell_exposure_raise()
        chores.announce_ends()
        chores.announce_agreements()
        chores.periodic_review()
        chores.dormancy()
        for authority in self.assessments.authorities.of(current.client.client_id):
            chores.authority(authority)
        return chores.added, chores.next_ns


_ENDING = {
    Kind.EVIDENCE: "professional_evidence",
    Kind.RISK_PROFILE: "risk_profile",
    Kind.EXPOSURE_LIMIT: "exposure_limit",
}

_RAISES: dict[str, str] = {
    Kind.EXPOSURE_RAISE: "exposure_raise_waits",
    Kind.EXPOSURE_RAISE_DECLINED: "exposure_raise_declined",
}
"""Notices of what a client's own declaration would raise."""


class _Chores:
    """One look at one client."""

    def __init__(self, gates: ClientGates, current: Standing, at_ns: int) -> None:
        self._gates, self._assessments = gates, gates.assessments
        self._current, self._at_ns = current, at_ns
        self._client_id = current.client.client_id
        self._findings = self._assessments.records.of(self._client_id)
        self._owed = self._assessments.obligations
        self._terms = self._assessments.terms
        self.added = False
        self.next_ns = NEVER_NS

    def _is_due(self, when_ns: int) -> bool:
        """Whether a moment has come; if not, it is one to look again at."""
        if when_ns <= self._at_ns:
            return True
        self.next_ns = min(self.next_ns, when_ns)
        return False

    def tell_exposure_limit(self) -> None:
        """Each limit is told to its client once."""
        limit = last(self._findings, Kind.EXPOSURE_LIMIT)
        if limit is None:
            return
        told = last(self._findings, Kind.EXPOSURE_NOTICE)
        if told and told.number > limit.number:
            return
        self._owed.notify(
            f"exposure_limit:{limit.number}",
            "exposure_limit_notice",
            self._client_id,
            {"limit_minor": limit.points, "until_ns": limit.until_ns},
            self._at_ns,
            begun_ns=limit.from_ns,
        )
        notice = New(self._client_id, Kind.EXPOSURE_NOTICE, str(limit.number), self._at_ns, BY_SITE)
        self._assessments.records.add(notice)
        self.added = True

    def tell_exposure_raise(self) -> None:
        """That a higher limit waits for the staff, and when it was declined; not why."""
        for each in self._findings:
            name = _RAISES.get(each.kind)
            if name is not None and (each.kind != Kind.EXPOSURE_RAISE or not each.ended_ns):
                figures = {"limit_minor": each.points}
                key = f"{each.kind}:{each.number}"
                self._owed.notify(key, name, self._client_id, figures, self._at_ns, begun_ns=each.from_ns)

    def announce_ends(self) -> None:
        """The client is told before evidence, profile and limit end, and when they have."""
        days = {
            Kind.EVIDENCE: self._terms.evidence.notice_days,
            Kind.RISK_PROFILE: self._terms.profile.notice_days,
            Kind.EXPOSURE_LIMIT: self._terms.exposure.notice_days,
        }
        for kind, name in _ENDING.items():
            newest = last(self._findings, kind)
            for older in (each for each in self._findings if each.kind == kind and each is not newest):
                self._owed.done(f"{name}_review:{older.number}", self._at_ns)
            if newest is None or not newest.until_ns:
                continue
            if self._is_due(newest.until_ns - days[kind] * DAY_NS):
                self._tell(f"{name}_ends", newest)
            if self._is_due(newest.until_ns):
                self._tell(f"{name}_ended", newest)
                self._owed.begin(f"{name}_review:{newest.number}", f"{name}_review", self._client_id, newest.until_ns)

    def _tell(self, kind: str, finding: Finding) -> None:
        figures = {"ends_ns": finding.until_ns}
        self._owed.notify(f"{kind}:{finding.number}", kind, self._client_id, figures, self._at_ns)

    def announce_agreements(self) -> None:
        """Whoever accepted an earlier version is told of the next one when it is announced."""
        texts = self._assessments.agreements.texts()
        by_hash = {text.sha256: text for text in texts}
        accepted = [by_hash[each.sha256] for each in self._assessments.agreements.accepted(self._client_id)]
        for agreement in self._terms.agreements.required:
            mine = max((text.version for text in accepted if text.agreement == agreement), default=0)
            later = {text.version: text for text in texts if text.agreement == agreement and text.version > mine > 0}
            for version, text in later.items():
                self._owed.notify(
                    f"agreement:{agreement}:{version}:{self._client_id}",
                    "agreement_change",
                    self._client_id,
                    {"version": version, "in_force_ns": text.in_force_ns},
                    self._at_ns,
                    begun_ns=text.announced_ns,
                )

    def periodic_review(self) -> None:
        """The staff owes a review from the day on that the risk rating sets; the client is told before."""
        due_ns, terms = self._current.risk.next_review_ns, self._terms.review
        if due_ns == NEVER_NS:
            return
        for owed in self._owed.all(self._client_id):
            if owed.kind == "periodic_review" and not owed.done_ns and owed.begun_ns < due_ns:
                self._owed.done(owed.obligation_id, self._at_ns)
        key = f"{self._client_id}:{due_ns}"
        if self._is_due(due_ns - terms.notice_days * DAY_NS):
            self._owed.notify(
                f"review_ahead:{key}", "periodic_review_ahead", self._client_id, {"due_ns": due_ns}, self._at_ns
            )
        if self._is_due(due_ns):
            self._owed.begin(f"periodic_review:{key}", "periodic_review", self._client_id, due_ns)

    def dormancy(self) -> None:
        """An account that nobody used for so long falls asleep."""
        client, used_ns = self._current.client, self._current.record.last_activity_ns
        if not client.account_id:
            return
        if not self._is_due(dormant_from(client, self._findings, used_ns, self._terms)):
            return
        asleep = self._assessments.reviews.fall_asleep(client, used_ns, self._at_ns)
        if asleep is not None:
            self.added = True
            self._owed.notify(
                f"dormant:{asleep.number}", "dormant", self._client_id, {"last_used_ns": used_ns}, self._at_ns
            )

    def authority(self, authority: Authority) -> None:
        """Told before it ends, renewed by silence, confirmed in writing; or told that it has ended."""
        terms, authorities = self._terms.authorities, self._assessments.authorities
        if authority.revoked_ns or authority.objected_ns:
            return
        key, figures = authority.authority_id, {"ends_ns": authority.ends_ns}
        if authority.renews and not authority.confirmed_ns:
            begun_ns = authority.begins_ns
            name = "standing_authority_confirmation"
            self._owed.notify(f"{name}:{key}", name, self._client_id, figures, self._at_ns, begun_ns=begun_ns)
            authorities.confirmed(key, self._at_ns)
        latest_ns = authority.ends_ns - terms.notice_days * DAY_NS
        sends = self._is_due(authority.ends_ns - terms.send_days * DAY_NS) and self._at_ns <= latest_ns
        if sends and not authority.notice_ns:
            name = "standing_authority_renewal"
            self._owed.notify(f"{name}:{key}", name, self._client_id, figures, self._at_ns)
            authorities.told(key, self._at_ns)
        if self._is_due(authority.ends_ns):
            renewed = authorities.renew(authority) if may_be_renewed(authority, terms) else None
            if renewed is not None:
                self.authority(renewed)
            elif not may_be_renewed(authority, terms):
                name = "standing_authority_ended"
                self._owed.notify(f"{name}:{key}", name, self._client_id, figures, self._at_ns)


async def keep_clients(clock: ClientClock, now: Callable[[], int]) -> None:
    """To be run as long as a site serves. Returns when the node has stopped."""
    looks = 0
    while True:
        try:
            await (clock.look_at_all(now()) if looks % FULL_LOOKS == 0 else clock.look(now()))
            looks += 1
        except NodeStopped:
            return
        except NodeBusy:
            pass  # looked at again in a minute
        except SQLAlchemyError:
            _log.exception("What is due for clients cannot be written down; it is looked for again")
        await asyncio.sleep(LOOK_SECONDS)
