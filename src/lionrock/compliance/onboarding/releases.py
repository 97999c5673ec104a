"""Documents that two people let out of the house: whoever proposed it takes it once, within a day.

Calls are SQL and files: from a loop, make them in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from lionrock.compliance.onboarding.documents import Document, Documents
from lionrock.compliance.onboarding.states import OnboardingRefused, Refusal
from lionrock.compliance.onboarding.tables import client_document_releases, writing
from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.store.sealing import Sealer

RELEASE_LASTS_NS = 24 * 3_600 * 10**9
MAX_RECIPIENT = 200


class DocumentReleased(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `document_release`."""

    client_id: str
    document_id: str
    recipient: str
    """Who outside gets it, such as an authority with its reference."""


class Release(msgspec.Struct, frozen=True):
    """A document that may leave, or left."""

    proposal_id: str
    document_id: str
    client_id: str
    staff_id: str
    """Who proposed it, and alone may take it."""
    approver_id: str
    reason_code: str
    released_ns: int
    ends_ns: int
    taken_ns: int
    """0 while it was not."""


class Releases:
    """Of a site."""

    def __init__(self, database: Engine, sealer: Sealer, documents: Documents, clock: Callable[[], int]) -> None:
        self._database, self._sealer, self._documents, self._clock = database, sealer, documents, clock

    def register(self, executors: Executors) -> None:
        """Carries out `document_release`."""
        executors.register("document_release", DocumentReleased, self._carry_out, self._target)

    def _target(self, payload: DocumentReleased) -> object:
        """The document as it is: another one is another release. Raises `OrderRefused`."""
        recipient = payload.recipient
        if not (recipient.strip() and recipient.isprintable() and len(recipient) <= MAX_RECIPIENT):
            raise OrderRefused(f"`recipient` says in 1 to {MAX_RECIPIENT} printable characters who gets it")
        kept = [each for each in self._documents.of_client(payload.client_id) if each.state == "kept"]
        found = next((each for each in kept if each.document_id == payload.document_id), None)
        if found is None:
            raise OrderRefused("the client has no such document")
        return found.sha256

    async def _carry_out(self, order: Order) -> str:
        if not order.checkers:
            raise OrderRefused("a document leaves once a second person has approved it")
        ends_ns = order.at_ns + RELEASE_LASTS_NS
        await asyncio.to_thread(self._release, order, ends_ns)
        return f"document {order.payload.document_id} may be taken once within a day"

    def _release(self, order: Order, ends_ns: int) -> None:
        payload: DocumentReleased = order.payload
        sealed = self._sealer.seal(payload.recipient.encode(), _place(order.proposal_id))
        with writing(self._database) as connection:
            connection.execute(
                insert(client_document_releases).values(
                    proposal_id=order.proposal_id,
                    document_id=payload.document_id,
                    client_id=payload.client_id,
                    staff_id=order.maker.staff_id,
                    approver_id=order.authority.staff_id,
                    reason_code=order.reason_code,
                    sealed_recipient=sealed,
                    released_ns=order.at_ns,
                    ends_ns=ends_ns,
                )
            )

    def take(self, proposal_id: str, staff_id: str, within: Callable[[Connection], object]) -> tuple[Document, bytes]:
        """The document, once, for whoever proposed its release; that it was taken, with what `within` writes, is on
        record before it is given. Raises `OnboardingRefused`, also for what is somebody else's, and `SealBroken`.
        """
        now_ns = self._clock()
        with writing(self._database) as connection:
            key = client_document_releases.c.proposal_id == proposal_id
            row = connection.execute(select(client_document_releases).where(key)).one_or_none()
            if row is None or row.staff_id != staff_id:
                raise _refused("release_unknown", "No document was released to you by this proposal.", "Check the id.")
            if row.taken_ns:
                raise _refused("release_taken", "The document was taken already.", "Propose its release anew.")
            if row.ends_ns <= now_ns:
                raise _refused("release_over", "The time to take it is over.", "Propose its release anew.")
            connection.execute(update(client_document_releases).where(key).values(taken_ns=now_ns))
            within(connection)
        words = f"taken out of the house by proposal {proposal_id}"
        return self._documents.read(row.document_id, staff_id, row.reason_code, words, now_ns)

    def of_document(self, document_id: str) -> list[Release]:
        """Oldest first."""
        key = client_document_releases.c.document_id == document_id
        order = client_document_releases.c.released_ns, client_document_releases.c.proposal_id
        with self._database.connect() as connection:
            rows = connection.execute(select(client_document_releases).where(key).order_by(*order)).all()
        names = Release.__struct_fields__
        return [Release(**{name: getattr(row, name) for name in names}) for row in rows]

    def recipient_of(self, proposal_id: str) -> str:
        """Who outside it was for. Raises `KeyError`, `SealBroken`."""
        key = client_document_releases.c.proposal_id == proposal_id
        with self._database.connect() as connection:
            sealed = connection.execute(select(client_document_releases.c.sealed_recipient).where(key)).scalar()
        if sealed is None:
            raise KeyError(proposal_id)
        return self._sealer.open(sealed, _place(proposal_id)).decode()


def _place(proposal_id: str) -> str:
    return f"client_document_releases.recipient:{proposal_id}"


def _refused(name: str, words: str, next_step: str) -> OnboardingRefused:
    return OnboardingRefused(Refusal(name, words, next_step))
