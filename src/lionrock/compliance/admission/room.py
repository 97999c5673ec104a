"""The admission of tokens: what is known, who voted, what the rules say, and what the core is told.

No threshold stands here. Months, indices and seats are parameters of rules, asked through `decide` of the token as it
would stand after the decision.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

import msgspec
from sqlalchemy import Connection, Engine

from lionrock.compliance.admission.audiences import Audiences
from lionrock.compliance.admission.index_files import IndexFileUnreadable, constituents
from lionrock.compliance.admission.register import IndexFile, Provider, Register, seats_of
from lionrock.compliance.admission.tables import history, history_statements
from lionrock.compliance.admission.tokens import Audience, Described, Token, Vote
from lionrock.people.staff.audit import MACHINE, Audit, RecordDigest
from lionrock.people.staff.members import Members
from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.people.staff.payloads import PayloadChoice
from lionrock.people.staff.tables import writing
from lionrock.rulebook.facts import TokenRecord
from lionrock.store.sealing import Sealer

_log = logging.getLogger(__name__)

GATES = (
    "admission_votes_complete",
    "issued_long_enough",
    "two_independent_indices",
    "audit_matches_bytecode",
    "approval_before_listing",
    "disclosure_complete",
    "no_builtin_anonymity",
    "white_paper_published",
    "stablecoin_issuer_licensed",
)
"""Asked of every decision, in this order; a rule that is not for the audience admits by itself."""
INDEX_GATE = "two_independent_indices"
MOST_REASONS = 4_000


class Answer(Protocol):
    """What a gate says: a `lionrock.rulebook.decisions.Decision`."""

    @property
    def outcome(self) -> str:
        """`admitted` or `refused`."""

    @property
    def words(self) -> str: ...

    @property
    def next_step(self) -> str: ...

    def encode(self) -> bytes:
        """Canonical JSON."""


class Decide(Protocol):
    """Asks a gate of the rulebook. May write to the disk: called in a thread."""

    def __call__(self, gate: str, fact: TokenRecord, at_ns: int) -> Answer: ...


class AdmissionRefused(Exception):
    """Nothing was changed. A name that never changes, words, the next step."""

    def __init__(self, name: str, words: str, next_step: str) -> None:
        super().__init__(words)
        self.name, self.words, self.next_step = name, words, next_step


class AdmissionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `admission_decision`."""

    asset: str
    audience: Audience


class Admission:
    """Of a site. Methods that only read are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        clock: Callable[[], int],
        *,
        members: Members,
        decide: Decide,
        audiences: Audiences,
        record: RecordDigest | None = None,
        gates: tuple[str, ...] = GATES,
    ) -> None:
        """`record` puts a digest into the journal with the kind ADMISSION."""
        self._database = database
        self._clock = clock
        self._members = members
        self._decide = decide
        self._audiences = audiences
        self.gates = gates
        self.register = Register(database, sealer, clock, members)
        self.history = Audit(database, record, entries=history, statements=history_statements)
        self.asked: Counter[tuple[str, str]] = Counter()
        """How often each gate admitted and refused since the site began, by gate and outcome."""

    def wire(self, executors: Executors) -> None:
        """What two people decide here."""
        executors.register(
            "admission_decision", AdmissionOrder, self._carry_out, self._target, self._offered, choices=self._tokens
        )
        executors.register("index_provider", Provider, self._record_provider)

    def _tokens(self) -> dict[str, list[PayloadChoice]]:
        """Those that somebody applied for; nothing else can be decided on."""
        return {"asset": [PayloadChoice(each.asset, each.asset) for each in self.register.all()]}

    # What is known

    async def describe(self, staff_id: str, asset: str, described: Described) -> None:
        """An application, or what has become known since. Votes on anything else do not count any more."""

        def write() -> None:
            with writing(self._database) as connection:
                before = self.register.token(connection, asset)
                self.register.write(connection, asset, described)
                event = "described" if before else "applied"
                known = sha256(described.encoded).hexdigest()
                self.history.add(
                    connection, self._clock(), staff_id, event, asset, known_sha256=known, votes_on=described.digest
                )

        await asyncio.to_thread(write)
        await self.history.carry_to_journal()
        await self.reevaluate(asset)

    async def vote(self, staff_id: str, asset: str, audience: Audience, *, is_for: bool, reasons: str) -> None:
        """Of the seat that the member holds. Raises `AdmissionRefused`."""
        if not reasons.strip() or len(reasons) > MOST_REASONS:
            raise AdmissionRefused("reasons_missing", "a vote is given with its reasons", "send `reasons`")

        def write() -> None:
            now_ns = self._clock()
            with writing(self._database) as connection:
                token = self.register.token(connection, asset)
                if token is None:
                    raise _unknown(asset)
                seats = sorted(seats_of(self._members.read(connection, staff_id).roles))
                if not seats:
                    raise AdmissionRefused("no_seat", "only seats of the committee vote", "ask a member of it")
                vote = Vote(seats[0], staff_id, is_for, reasons, now_ns)
                if not self.register.write_vote(connection, token, audience, vote):
                    raise AdmissionRefused(
                        "voted_already",
                        "this seat or person has voted on this audience and what is known now",
                        "votes are for one decision, on what was known when they were given",
                    )
                self.history.add(
                    connection,
                    now_ns,
                    staff_id,
                    "voted",
                    asset,
                    seat=vote.seat,
                    audience=audience.value,
                    vote="for" if is_for else "against",
                    votes_on=token.described.digest,
                    reasons_sha256=sha256(reasons.encode()).hexdigest(),
                )

        await asyncio.to_thread(write)
        await self.history.carry_to_journal()

    async def take_index_file(
        self, staff_id: str, index: str, *, provider: str, as_of_ns: int, content: bytes, told_sha256: str
    ) -> list[str]:
        """A new file of an index's constituents, and every token evaluated by it. Gives the tokens that fell out.

        Raises `AdmissionRefused`.
        """
        digest, now_ns = sha256(content).hexdigest(), self._clock()
        if digest != told_sha256.lower():
            raise AdmissionRefused("file_differs", f"the file's SHA-256 is {digest}", "upload it again")
        if not 0 < as_of_ns <= now_ns:
            raise AdmissionRefused("file_date", "the file's date is not in the past", "send the provider's date")
        try:
            codes = constituents(content)
        except IndexFileUnreadable as error:
            raise AdmissionRefused("file_unreadable", str(error), "mend the file at its source") from error

        def write() -> None:
            with writing(self._database) as connection:
                known = self.register.provider(connection, provider)
                if known is None or index not in known.indices:
                    raise AdmissionRefused(
                        "provider_unknown",
                        "the provider is not recorded with this index",
                        "propose `index_provider` first",
                    )
                if as_of_ns <= self.register.last_file_ns(connection, index):
                    raise AdmissionRefused(
                        "file_not_newer", "there is a file of this date or a later one", "send the newest file"
                    )
                file = IndexFile(index, provider, as_of_ns, digest, codes, staff_id, now_ns)
                self.register.write_file(connection, file, content)
                self.history.add(
                    connection, now_ns, staff_id, "index file", index, sha256=digest, as_of_ns=as_of_ns, rows=len(codes)
                )

        await asyncio.to_thread(write)
        await self.history.carry_to_journal()
        return await self.reevaluate()

    # Decisions

    def asked_of(self, token: Token, audience: Audience) -> list[tuple[str, Answer]]:
        """What each gate says of a token offered to an audience with the votes that count now."""
        with self._database.connect() as connection:
            standing = self.register.standing(connection, token, audience)
        seats = tuple(vote.seat for vote in standing)
        fact = token.record(audience, seats, max((vote.voted_ns for vote in standing), default=0))
        return self._ask(fact)

    def look(self, asset: str, audience: Audience) -> tuple[Token, list[Vote], list[tuple[str, Answer]]]:
        """The token, the votes for the next decision, and what the gates say. Raises `AdmissionRefused`."""
        with self._database.connect() as connection:
            token = self.register.token(connection, asset)
            if token is None:
                raise _unknown(asset)
            votes = self.register.votes(connection, token, audience)
        return token, votes, self.asked_of(token, audience)

    def _ask(self, fact: TokenRecord) -> list[tuple[str, Answer]]:
        now_ns = self._clock()
        found = [(gate, self._decide(gate, fact, now_ns)) for gate in self.gates]
        self.asked.update((gate, answer.outcome) for gate, answer in found)
        return found

    def _target(self, payload: AdmissionOrder) -> object:
        """So that what was approved is carried out on the token and the votes that were looked at."""
        with self._database.connect() as connection:
            token = self.register.token(connection, payload.asset)
            if token is None:
                raise OrderRefused(f"{payload.asset} has no application")
            votes = [[v.seat, v.staff_id] for v in self.register.standing(connection, token, payload.audience)]
        return [token.audience.value, sha256(token.described.encoded).hexdigest(), votes]

    def _offered(self, payload: AdmissionOrder) -> dict[str, object]:
        with self._database.connect() as connection:
            token = self.register.token(connection, payload.asset)
        return {"audience": token.audience.value} if token is not None else {}

    async def _carry_out(self, order: Order) -> str:
        payload: AdmissionOrder = order.payload

        def change() -> None:
            with self._database.connect() as connection:
                token = self.register.token(connection, payload.asset)
            if token is None:
                raise OrderRefused(f"{payload.asset} has no application")
            answers = self.asked_of(token, payload.audience)
            refused = [answer for _, answer in answers if answer.outcome != "admitted"]
            if refused:
                raise OrderRefused(" ".join(answer.words for answer in refused))
            with writing(self._database) as connection:
                self._decided(connection, order, token, answers)

        await asyncio.to_thread(change)
        await self.history.carry_to_journal()
        await self.keep()
        return f"{payload.asset}: {payload.audience}"

    def _decided(self, connection: Connection, order: Order, token: Token, answers: list[tuple[str, Answer]]) -> None:
        payload: AdmissionOrder = order.payload
        now_ns, standing = self._clock(), self.register.standing(connection, token, payload.audience)
        changes: dict[str, object] = {
            "audience": payload.audience.value,
            "index_evaluated_ns": now_ns,
            "round": token.round + 1,
        }
        if standing:
            changes |= {
                "votes_for": ",".join(vote.seat for vote in standing),
                "voted_sha256": token.described.digest,
                "voted_ns": max(vote.voted_ns for vote in standing),
            }
        self.register.write(connection, token.asset, token.described, **changes)
        self.history.add(
            connection,
            now_ns,
            order.maker.staff_id,
            "decided",
            token.asset,
            audience=payload.audience.value,
            before=token.audience.value,
            proposal=order.proposal_id,
            approved_by=order.authority.staff_id,
            decisions_sha256=sha256(b"\n".join(answer.encode() for _, answer in answers)).hexdigest(),
        )

    async def _record_provider(self, order: Order) -> str:
        provider: Provider = order.payload

        def write() -> None:
            with writing(self._database) as connection:
                self.register.write_provider(connection, provider)
                digest = order.digest.hex()
                self.history.add(
                    connection,
                    self._clock(),
                    order.maker.staff_id,
                    "provider recorded",
                    provider.provider,
                    payload_sha256=digest,
                    group=provider.provider_group,
                    approved_by=order.authority.staff_id,
                )

        await asyncio.to_thread(write)
        await self.history.carry_to_journal()
        await self.reevaluate()
        return f"{provider.provider} recorded"

    # Evaluation

    async def reevaluate(self, only: str = "") -> list[str]:
        """Looks at every token that retail clients may buy, as after a new index file. One that no longer passes is for
        them to sell only; the committee decides what comes then. Gives those that fell out.
        """

        def evaluate() -> list[str]:
            offered = [token for token in self.register.all() if token.audience is Audience.RETAIL]
            return [token.asset for token in offered if only in {"", token.asset} and not self._still_passes(token)]

        fallen = await asyncio.to_thread(evaluate)
        await self.history.carry_to_journal()
        if fallen:
            await self.keep()
        return fallen

    def _still_passes(self, token: Token) -> bool:
        answers = self._ask(token.present)
        refused = [(gate, answer) for gate, answer in answers if answer.outcome != "admitted"]
        now_ns = self._clock()
        with writing(self._database) as connection:
            if not refused:
                self.register.write(connection, token.asset, token.described, index_evaluated_ns=now_ns)
                return True
            audience = Audience.RETAIL_REDUCE_ONLY.value
            self.register.write(connection, token.asset, token.described, audience=audience, round=token.round + 1)
            self.history.add(
                connection,
                now_ns,
                MACHINE,
                "fell out",
                token.asset,
                audience=audience,
                before=token.audience.value,
                gates=",".join(gate for gate, _ in refused),
                decisions_sha256=sha256(b"\n".join(answer.encode() for _, answer in refused)).hexdigest(),
            )
        _log.warning("%s may only be sold by retail clients: %s", token.asset, refused[0][1].words)
        return False

    async def keep(self) -> int:
        """Brings the core to what the audiences say; for the clockwork as well. Gives how many commands it took."""
        tokens = await asyncio.to_thread(self.register.all)
        return await self._audiences.keep({token.asset: token.audience for token in tokens})


def _unknown(asset: str) -> AdmissionRefused:
    return AdmissionRefused("token_unknown", f"{asset} has no application", "make one")
