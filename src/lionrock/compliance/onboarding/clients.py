"""Clients in SQL: who stands where, their sealed forms, and every step they took with its digest.

Calls are SQL: from a loop, make them in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from lionrock.compliance.onboarding.forms import Form, Kind, stored_form, write_form
from lionrock.compliance.onboarding.states import (
    HAS_ACCOUNT,
    MAY_EDIT,
    STATES,
    Authority,
    OnboardingRefused,
    Refusal,
    State,
    Step,
    answer,
    authority_refusal,
)
from lionrock.compliance.onboarding.tables import client_documents, client_steps, clients, writing
from lionrock.store.sealing import Sealer

ID_BYTES = 16
FIRST = bytes(32)
"""What the first step names as the digest before it."""
_TOGETHER = 500
"""Rows of applications in memory at once."""
Figure = int | str


class ClientRow(msgspec.Struct, frozen=True):
    """A client or applicant, without who it is."""

    client_id: str
    """Random hex; says nothing about anybody."""
    user_id: str
    kind: Kind
    state: State
    account_id: int
    """0 until one is chosen."""
    is_open: bool
    """Whether the ledger has the account."""
    form_version: int
    created_ns: int
    changed_ns: int
    identity_passed_ns: int
    tax_certified_ns: int
    activated_ns: int
    applied_restriction: str
    """What the ledger was told in this state that the account may not do; empty for nothing yet."""


class Actor(msgspec.Struct, frozen=True):
    """Who takes a step."""

    authority: Authority
    actor_id: str = ""
    """Of a client the user, of the staff who proposed or acted; empty for the site."""
    approver_id: str = ""
    """The second person of the staff."""


SITE = Actor(Authority.SYSTEM)


class Taken(msgspec.Struct, frozen=True):
    """A step that was taken."""

    client_id: str
    number: int
    step: Step
    from_state: State
    to_state: State
    actor: Actor
    reason_code: str
    details: Mapping[str, Figure]
    at_ns: int
    digest: bytes
    sequence: int
    """In the journal; 0 while the digest is on its way there."""


class Clients:
    """The clients of a site."""

    def __init__(self, database: Engine, sealer: Sealer, random_bytes: Callable[[int], bytes]) -> None:
        self.database = database
        self.sealer = sealer
        self.random_bytes = random_bytes

    def begin(self, user_id: str, kind: Kind, form: Form, now_ns: int) -> ClientRow:
        """A draft of somebody who has none. Raises `OnboardingRefused`."""
        client_id = self.random_bytes(ID_BYTES).hex()
        try:
            with writing(self.database) as connection:
                connection.execute(
                    insert(clients).values(
                        client_id=client_id,
                        user_id=user_id,
                        kind=kind.value,
                        state=State.DRAFT.value,
                        sealed_form=self._sealed(client_id, 1, form),
                        form_version=1,
                        created_ns=now_ns,
                        changed_ns=now_ns,
                    )
                )
        except IntegrityError as error:
            refusal = Refusal(
                "application_is_there",
                "There is an application of this user already; a client has one account.",
                "Go on with it; when it has ended, a new one can be begun.",
            )
            raise OnboardingRefused(refusal) from error
        return self.get(client_id)

    def get(self, client_id: str) -> ClientRow:
        """Raises `OnboardingRefused` when there is none."""
        row = self.find(client_id)
        if row is None:
            raise OnboardingRefused(Refusal("client_unknown", "There is no such client.", "Check the id."))
        return row

    def find(self, client_id: str) -> ClientRow | None:
        return self._one(clients.c.client_id == client_id)

    def of_user(self, user_id: str) -> ClientRow | None:
        return self._one(clients.c.user_id == user_id)

    def of_account(self, account_id: int) -> ClientRow | None:
        return self._one(clients.c.account_id == account_id)

    def has_ended(self, account_id: int) -> bool:
        """Whether the relationship that a main account was opened for is over, or not begun anew yet."""
        row = self.of_account(account_id)
        return row is not None and row.is_open and row.state not in HAS_ACCOUNT | {State.APPROVED}

    def all(
        self,
        *states: State,
        account_id: int | None = None,
        most: int | None = None,
        behind: tuple[int, str] | None = None,
    ) -> list[ClientRow]:
        """In these states, or in any, those that wait longest first; at most so many, of one account where it is named.

        `behind` is when the last row of the page before was changed, and its id. Who is changed meanwhile comes again
        at the end; nobody is left out.
        """
        query = select(clients).order_by(clients.c.changed_ns, clients.c.client_id)
        if states:
            query = query.where(clients.c.state.in_([state.value for state in states]))
        if account_id is not None:
            query = query.where(clients.c.account_id == account_id)
        if behind is not None:
            query = query.where(tuple_(clients.c.changed_ns, clients.c.client_id) > behind)
        with self.database.connect() as connection:
            return [_client(row) for row in connection.execute(query.limit(most))]

    def with_forms(self, *states: State) -> Iterator[tuple[ClientRow, Form]]:
        """Those in these states, or in any, with what each application says, in one query and in no order: a form is
        opened when its turn comes, and nobody keeps them all.
        """
        query = select(clients).execution_options(yield_per=_TOGETHER)
        if states:
            query = query.where(clients.c.state.in_([state.value for state in states]))
        with self.database.connect() as connection:
            for row in connection.execute(query):
                yield _client(row), self._opened(row)

    def _opened(self, row: Row[Any]) -> Form:
        sealed = self.sealer.open(row.sealed_form, _form_place(row.client_id, row.form_version))
        return stored_form(Kind(row.kind), sealed)

    def form(self, client_id: str) -> Form:
        """What the application says. Raises `KeyError`."""
        with self.database.connect() as connection:
            return self.form_in(connection, client_id)

    def form_in(self, connection: Connection, client_id: str) -> Form:
        row = connection.execute(select(clients).where(clients.c.client_id == client_id)).one_or_none()
        if row is None:
            raise KeyError(client_id)
        return self._opened(row)

    def save_form(self, client_id: str, form: Form, version: int, now_ns: int) -> ClientRow:
        """In place of the version that was read. Raises `OnboardingRefused` when it may not be changed, or was by
        somebody else.
        """
        with writing(self.database) as connection:
            row = connection.execute(select(clients).where(clients.c.client_id == client_id)).one()
            state = State(row.state)
            if state not in MAY_EDIT:
                raise OnboardingRefused(
                    Refusal(
                        "form_is_fixed",
                        f"The application cannot be changed now: {STATES[state].words.lower()[:-1]}.",
                        STATES[state].next_step,
                        {"state": state.value},
                    )
                )
            if row.form_version != version:
                raise OnboardingRefused(
                    Refusal(
                        "form_changed_meanwhile",
                        "The application was changed since it was read.",
                        "Read it again, then send the change with its version.",
                        {"version": row.form_version, "sent": version},
                    )
                )
            connection.execute(
                update(clients)
                .where(clients.c.client_id == client_id)
                .values(
                    sealed_form=self._sealed(client_id, version + 1, form),
                    form_version=version + 1,
                    changed_ns=now_ns,
                )
            )
        return self.get(client_id)

    def take(
        self,
        client_id: str,
        step: Step,
        actor: Actor,
        now_ns: int,
        *,
        reason_code: str = "",
        words: str = "",
        details: Mapping[str, Figure] | None = None,
        also: Callable[[Connection, ClientRow], None] | None = None,
    ) -> Taken:
        """Takes a step, and in the same transaction what `also` does. Durable when this returns.

        `words` may name people: they are sealed, and the digest is over them and a random salt. Raises
        `OnboardingRefused`, and then nothing was done.
        """
        with writing(self.database) as connection:
            row = connection.execute(select(clients).where(clients.c.client_id == client_id)).one_or_none()
            if row is None:
                raise OnboardingRefused(Refusal("client_unknown", "There is no such client.", "Check the id."))
            state, target = State(row.state), answer(State(row.state), step)
            if isinstance(target, Refusal):
                raise OnboardingRefused(target)
            _check_authority(step, actor)
            if also is not None:
                also(connection, _client(row))
            told = dict(details or {})
            sealed = None
            if words:
                salted = self.random_bytes(ID_BYTES) + words.encode()
                told["words_sha256"] = sha256(salted).hexdigest()
                sealed = self.sealer.seal(salted, f"client_steps.words:{client_id}:{told['words_sha256']}")
            taken = _next(
                connection, Taken(client_id, 0, step, state, target, actor, reason_code, told, now_ns, b"", 0)
            )
            _write(connection, taken, sealed)
            connection.execute(
                update(clients)
                .where(clients.c.client_id == client_id)
                .values(state=target.value, changed_ns=now_ns, applied_restriction="", **_marks(step, now_ns))
            )
        return taken

    def history(self, client_id: str) -> list[Taken]:
        """Every step of a client in order."""
        query = select(client_steps).where(client_steps.c.client_id == client_id).order_by(client_steps.c.number)
        with self.database.connect() as connection:
            return [_taken(row) for row in connection.execute(query)]

    def begun_ns(self, client_id: str) -> int:
        """When the present application was begun anew; 0 for the first one. SQL."""
        again = (client_steps.c.client_id == client_id) & (client_steps.c.step == Step.REOPEN.value)
        with self.database.connect() as connection:
            return connection.execute(select(func.max(client_steps.c.at_ns)).where(again)).scalar() or 0

    def words_of(self, client_id: str, number: int) -> str:
        """What was written at a step, for whoever may read it; empty for none."""
        query = select(client_steps.c.sealed_words, client_steps.c.details).where(
            (client_steps.c.client_id == client_id) & (client_steps.c.number == number)
        )
        with self.database.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.sealed_words is None:
            return ""
        digest = msgspec.json.decode(row.details)["words_sha256"]
        return self.sealer.open(row.sealed_words, f"client_steps.words:{client_id}:{digest}")[ID_BYTES:].decode()

    def unrecorded(self) -> list[Taken]:
        """Steps whose digest is not known to be in the journal: a crash came between."""
        query = select(client_steps).where(client_steps.c.sequence.is_(None)).order_by(client_steps.c.at_ns)
        with self.database.connect() as connection:
            return [_taken(row) for row in connection.execute(query)]

    def recorded(self, taken: Taken, sequence: int) -> None:
        """Where the journal has the digest of a step."""
        with writing(self.database) as connection:
            connection.execute(
                update(client_steps)
                .where((client_steps.c.client_id == taken.client_id) & (client_steps.c.number == taken.number))
                .values(sequence=sequence)
            )

    def applied(self, client_id: str, restriction: str) -> None:
        """The ledger was told."""
        with writing(self.database) as connection:
            connection.execute(
                update(clients).where(clients.c.client_id == client_id).values(applied_restriction=restriction)
            )

    def is_sound(self, client_id: str) -> bool:
        """Whether every step is as it was when it was taken, and leads on from the one before."""
        previous, state = FIRST, None
        for taken in self.history(client_id):
            if _digest(taken, previous) != taken.digest or (state is not None and taken.from_state is not state):
                return False
            previous, state = taken.digest, taken.to_state
        row = self.find(client_id)
        return row is not None and (state is None or state is row.state)

    def _sealed(self, client_id: str, version: int, form: Form) -> bytes:
        return self.sealer.seal(write_form(form), _form_place(client_id, version))

    def _one(self, condition: Any) -> ClientRow | None:
        with self.database.connect() as connection:
            row = connection.execute(select(clients).where(condition)).one_or_none()
        return None if row is None else _client(row)


def _form_place(client_id: str, version: int) -> str:
    return f"clients.form:{client_id}:{version}"


def _check_authority(step: Step, actor: Actor) -> None:
    if refusal := authority_refusal(step, actor.authority):
        raise OnboardingRefused(refusal)
    if actor.authority is Authority.TWO_STAFF and (not actor.approver_id or actor.approver_id == actor.actor_id):
        raise OnboardingRefused(
            Refusal(
                "second_person_needed",
                "The one who proposes and the one who approves must be two people.",
                "Have somebody else of the staff approve it.",
            )
        )


def _marks(step: Step, now_ns: int) -> dict[str, object]:
    """Times that follow from a step."""
    if step is Step.PASS_IDENTITY:
        return {"identity_passed_ns": now_ns}
    if step is Step.ACTIVATE:
        return {"activated_ns": now_ns}
    if step in {Step.REOPEN, Step.REQUEST_INFORMATION}:
        return {"identity_passed_ns": 0}  # what was confirmed was the application of before
    return {}


def _next(connection: Connection, taken: Taken) -> Taken:
    """With its number and its digest, behind the last step of the client."""
    last = connection.execute(
        select(client_steps.c.number, client_steps.c.digest)
        .where(client_steps.c.client_id == taken.client_id)
        .order_by(client_steps.c.number.desc())
        .limit(1)
    ).one_or_none()
    number, previous = (last.number + 1, last.digest) if last else (1, FIRST)
    numbered = msgspec.structs.replace(taken, number=number)
    return msgspec.structs.replace(numbered, digest=_digest(numbered, previous))


def _digest(taken: Taken, previous: bytes) -> bytes:
    """SHA-256 of the step as canonical JSON, which names the digest before it."""
    told = {
        "actor_id": taken.actor.actor_id,
        "approver_id": taken.actor.approver_id,
        "at_ns": taken.at_ns,
        "authority": taken.actor.authority.value,
        "client_id": taken.client_id,
        "details": dict(taken.details),
        "from_state": taken.from_state.value,
        "number": taken.number,
        "previous": previous.hex(),
        "reason_code": taken.reason_code,
        "step": taken.step.value,
        "to_state": taken.to_state.value,
    }
    return sha256(msgspec.json.encode(told, order="deterministic")).digest()


def _write(connection: Connection, taken: Taken, sealed_words: bytes | None) -> None:
    connection.execute(
        insert(client_steps).values(
            client_id=taken.client_id,
            number=taken.number,
            step=taken.step.value,
            from_state=taken.from_state.value,
            to_state=taken.to_state.value,
            authority=taken.actor.authority.value,
            actor_id=taken.actor.actor_id,
            approver_id=taken.actor.approver_id,
            reason_code=taken.reason_code,
            sealed_words=sealed_words,
            details=msgspec.json.encode(dict(taken.details), order="deterministic"),
            at_ns=taken.at_ns,
            digest=taken.digest,
        )
    )


def _client(row: Row[Any]) -> ClientRow:
    return ClientRow(
        row.client_id,
        row.user_id,
        Kind(row.kind),
        State(row.state),
        row.account_id or 0,
        row.opened_sequence is not None,
        row.form_version,
        row.created_ns,
        row.changed_ns,
        row.identity_passed_ns,
        row.tax_certified_ns,
        row.activated_ns,
        row.applied_restriction,
    )


def _taken(row: Row[Any]) -> Taken:
    return Taken(
        row.client_id,
        row.number,
        Step(row.step),
        State(row.from_state),
        State(row.to_state),
        Actor(Authority(row.authority), row.actor_id, row.approver_id),
        row.reason_code,
        msgspec.json.decode(row.details),
        row.at_ns,
        row.digest,
        row.sequence or 0,
    )


def forget_later_clients(database: Engine, last_sequence: int) -> None:
    """The journal was set back to a command: accounts opened after it are opened again, digests recorded again, and the
    ledger is told again what each account may not do.
    """
    with database.begin() as connection:
        for table, column in (
            (clients, clients.c.opened_sequence),
            (client_steps, client_steps.c.sequence),
            (client_documents, client_documents.c.sequence),
        ):
            connection.execute(update(table).where(column > last_sequence).values({column: None}))
        connection.execute(update(clients).values(applied_restriction=""))


def counted(database: Engine) -> dict[State, int]:
    """How many clients are in each state, for whoever watches the queue."""
    query = select(clients.c.state, func.count()).group_by(clients.c.state)
    with database.connect() as connection:
        found = {State(state): int(count) for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in State}
