"""The outbox itself, in SQL: putting in, taking out what is due, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, and_, func, insert, or_, select, update

from lionrock.store.outbox.messages import (
    FINAL,
    Address,
    Channel,
    Content,
    DeliveryState,
    Message,
    Outcome,
    Parcel,
    Result,
)
from lionrock.store.outbox.tables import attempts, deliveries, inbox, messages
from lionrock.store.sealing import SealBroken, Sealer

NS_PER_S = 1_000_000_000
ID_BYTES = 16
MOST_ROWS = 500
"""Of one answer."""


class Patience(msgspec.Struct, frozen=True):
    """How long and how often is tried."""

    first_wait_ns: int = 10 * NS_PER_S
    factor: int = 3
    """Each wait is so many times the one before."""
    longest_wait_ns: int = 6 * 3_600 * NS_PER_S
    give_up_ns: int = 72 * 3_600 * NS_PER_S
    """After its message was made."""
    lease_ns: int = 300 * NS_PER_S
    """No attempt lasts so long. What a process that died was at is tried again after it, or at the next start."""

    def wait_ns(self, attempt: int) -> int:
        """After that attempt, from 1."""
        wait = self.first_wait_ns
        for _ in range(attempt - 1):
            wait *= self.factor
            if wait >= self.longest_wait_ns:
                return self.longest_wait_ns
        return wait


class Delivery(msgspec.Struct, frozen=True):
    """A delivery as staff may see it: no content, no address."""

    message_id: str
    kind: str
    recipient: str
    channel: str
    state: str
    attempts: int
    created_ns: int
    next_ns: int
    outcome: str
    ended_ns: int | None

    @property
    def place(self) -> str:
        """What tells deliveries of one moment apart."""
        return f"{self.message_id}:{self.channel}"


class Attempt(msgspec.Struct, frozen=True):
    number: int
    begun_ns: int
    ended_ns: int | None
    outcome: str
    code: int


class InboxNotice(msgspec.Struct, frozen=True):
    """A notice as its reader sees it."""

    message_id: str
    kind: str
    created_ns: int
    content: Content
    is_read: bool


class Outbox:
    """Of one site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        patience: Patience = Patience(),  # noqa: B008 frozen
    ) -> None:
        self._database, self._sealer, self._random_bytes = database, sealer, random_bytes
        self._patience = patience

    def new_id(self) -> str:
        """Of a message whose cause has no id of its own."""
        return self._random_bytes(ID_BYTES).hex()

    def put(self, connection: Connection, message: Message, now_ns: int) -> bool:
        """Takes a message in, as part of the transaction of what causes it; False when its id is known already.

        In-app it is delivered by that very transaction.
        """
        known = select(messages.c.kind).where(messages.c.message_id == message.message_id)
        if connection.execute(known).first() is not None:
            return False
        sealed = self._sealer.seal(msgspec.json.encode(message.content), _content_place(message.message_id))
        connection.execute(
            insert(messages).values(
                message_id=message.message_id,
                kind=message.kind,
                recipient=message.recipient,
                created_ns=now_ns,
                sealed_content=sealed,
            )
        )
        for address in {each.channel: each for each in message.addresses}.values():
            self._put_delivery(connection, message, address, now_ns)
        return True

    def _put_delivery(self, connection: Connection, message: Message, address: Address, now_ns: int) -> None:
        message_id, recipient = message.message_id, message.recipient
        is_inbox = address.channel is Channel.INBOX
        sealed = self._sealer.seal(msgspec.json.encode(address), _address_place(message_id, address.channel))
        connection.execute(
            insert(deliveries).values(
                message_id=message_id,
                channel=address.channel.value,
                sealed_address=sealed,
                state=(DeliveryState.DELIVERED if is_inbox else DeliveryState.WAITING).value,
                attempts=0,
                created_ns=now_ns,
                next_ns=now_ns,
                leased_until_ns=0,
                outcome=Outcome.DELIVERED.value if is_inbox else "",
                ended_ns=now_ns if is_inbox else None,
            )
        )
        if is_inbox:
            connection.execute(insert(inbox).values(message_id=message_id, recipient=recipient, created_ns=now_ns))

    def recover(self, now_ns: int) -> int:
        """To be called once at a start, before anything is taken out: what a dead process was at is due again."""
        open_attempts = attempts.c.ended_ns.is_(None)
        with self._database.begin() as connection:
            found = connection.execute(
                update(attempts).where(open_attempts).values(ended_ns=now_ns, outcome=Outcome.INTERRUPTED.value)
            ).rowcount
            connection.execute(
                update(deliveries)
                .where(deliveries.c.leased_until_ns > 0)
                .values(leased_until_ns=0, next_ns=now_ns, outcome=Outcome.INTERRUPTED.value)
            )
        return found

    def take(self, now_ns: int, most: int) -> list[Parcel]:
        """What is due, oldest first; each stands as begun when this returns. What does not open is given up."""
        taken: list[Parcel] = []
        if most < 1:
            return taken
        with self._database.begin() as connection:
            wanted = (
                select(deliveries, messages.c.kind, messages.c.sealed_content, messages.c.created_ns.label("made_ns"))
                .join(messages, messages.c.message_id == deliveries.c.message_id)
                .where(
                    deliveries.c.state == DeliveryState.WAITING.value,
                    deliveries.c.next_ns <= now_ns,
                    deliveries.c.leased_until_ns <= now_ns,
                )
                .order_by(deliveries.c.next_ns, deliveries.c.message_id)
                .limit(most)
            )
            for row in connection.execute(wanted).all():
                self._begin(connection, row, now_ns)
                try:
                    taken.append(self._parcel(row))
                except (SealBroken, msgspec.DecodeError):
                    nowhere, number = Address(Channel(row.channel)), row.attempts + 1
                    lost = Parcel(row.message_id, row.kind, row.made_ns, row.created_ns, number, nowhere, _NOTHING)
                    self._end(connection, lost, Result(Outcome.UNREADABLE), now_ns)
        return taken

    def _begin(self, connection: Connection, row: Row[Any], now_ns: int) -> None:
        number, place = row.attempts + 1, _is(deliveries, row.message_id, row.channel)
        connection.execute(  # of a process whose lease ran out
            update(attempts)
            .where(_is(attempts, row.message_id, row.channel), attempts.c.ended_ns.is_(None))
            .values(ended_ns=now_ns, outcome=Outcome.INTERRUPTED.value)
        )
        leased = now_ns + self._patience.lease_ns
        connection.execute(update(deliveries).where(place).values(leased_until_ns=leased, attempts=number))
        begun = {"message_id": row.message_id, "channel": row.channel, "number": number, "begun_ns": now_ns}
        connection.execute(insert(attempts).values(**begun, outcome="", code=0))

    def _parcel(self, row: Row[Any]) -> Parcel:
        address = self._sealer.open(row.sealed_address, _address_place(row.message_id, row.channel))
        content = self._sealer.open(row.sealed_content, _content_place(row.message_id))
        return Parcel(
            row.message_id,
            row.kind,
            row.made_ns,
            row.created_ns,
            row.attempts + 1,
            msgspec.json.decode(address, type=Address),
            msgspec.json.decode(content, type=Content),
        )

    def end(self, parcel: Parcel, result: Result, now_ns: int) -> DeliveryState:
        """What became of an attempt; gives where its delivery stands now."""
        with self._database.begin() as connection:
            return self._end(connection, parcel, result, now_ns)

    def _end(self, connection: Connection, parcel: Parcel, result: Result, now_ns: int) -> DeliveryState:
        next_ns = now_ns + self._patience.wait_ns(parcel.number)
        state = DeliveryState.WAITING
        if result.outcome is Outcome.DELIVERED:
            state = DeliveryState.DELIVERED
        elif result.outcome in FINAL or next_ns > parcel.since_ns + self._patience.give_up_ns:
            state = DeliveryState.DEAD
        channel = parcel.address.channel.value
        connection.execute(
            update(attempts)
            .where(_is(attempts, parcel.message_id, channel), attempts.c.number == parcel.number)
            .values(ended_ns=now_ns, outcome=result.outcome.value, code=result.code)
        )
        connection.execute(
            update(deliveries)
            .where(_is(deliveries, parcel.message_id, channel))
            .values(
                state=state.value,
                next_ns=next_ns,
                leased_until_ns=0,
                outcome=result.outcome.value,
                ended_ns=None if state is DeliveryState.WAITING else now_ns,
            )
        )
        return state

    def send_again(
        self,
        message_id: str,
        channel: Channel,
        now_ns: int,
        within: Callable[[Connection], object] = lambda _connection: None,
    ) -> bool:
        """Wakes a delivery that was given up, with whatever `within` writes; False when there is none, and then nothing
        is written. Its age counts from now on.
        """
        with self._database.begin() as connection:
            dead = and_(_is(deliveries, message_id, channel.value), deliveries.c.state == DeliveryState.DEAD.value)
            woken = {"state": DeliveryState.WAITING.value, "next_ns": now_ns, "created_ns": now_ns, "ended_ns": None}
            is_woken = connection.execute(update(deliveries).where(dead).values(woken)).rowcount == 1
            if is_woken:
                within(connection)
        return is_woken

    def deliveries(
        self,
        *,
        state: DeliveryState | None = None,
        recipient: str | None = None,
        message_id: str | None = None,
        behind: tuple[int, str] | None = None,
        most: int = MOST_ROWS,
    ) -> list[Delivery]:
        """Newest first, at most `most` and never more than `MOST_ROWS`.

        `behind` is the `created_ns` and the `place` of the last one of the page before.
        """
        wanted = select(deliveries, messages.c.kind, messages.c.recipient).join(
            messages, messages.c.message_id == deliveries.c.message_id
        )
        if state is not None:
            wanted = wanted.where(deliveries.c.state == state.value)
        if recipient is not None:
            wanted = wanted.where(messages.c.recipient == recipient)
        if message_id is not None:
            wanted = wanted.where(deliveries.c.message_id == message_id)
        place = deliveries.c.message_id + ":" + deliveries.c.channel
        if behind is not None:
            made_ns, last = behind
            same_moment = and_(deliveries.c.created_ns == made_ns, place > last)
            wanted = wanted.where(or_(deliveries.c.created_ns < made_ns, same_moment))
        wanted = wanted.order_by(deliveries.c.created_ns.desc(), place).limit(min(most, MOST_ROWS))
        with self._database.connect() as connection:
            rows = connection.execute(wanted).all()
        names = Delivery.__struct_fields__
        return [Delivery(**{name: getattr(row, name) for name in names}) for row in rows]

    def attempts(self, message_id: str, channel: Channel) -> list[Attempt]:
        wanted = select(attempts).where(_is(attempts, message_id, channel.value)).order_by(attempts.c.number)
        with self._database.connect() as connection:
            rows = connection.execute(wanted).all()
        return [Attempt(row.number, row.begun_ns, row.ended_ns, row.outcome, row.code) for row in rows]

    def given_up_since(self, since_ns: int) -> int:
        """How many deliveries that were given up since then are so still."""
        dead = and_(deliveries.c.state == DeliveryState.DEAD.value, deliveries.c.ended_ns >= since_ns)
        with self._database.connect() as connection:
            return connection.execute(select(func.count()).select_from(deliveries).where(dead)).scalar_one()

    def counts(self) -> dict[str, int]:
        """How many deliveries stand where."""
        wanted = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        with self._database.connect() as connection:
            found = {str(row[0]): int(row[1]) for row in connection.execute(wanted)}
        return {state.value: found.get(state.value, 0) for state in DeliveryState}

    def read_inbox(self, recipient: str, *, most: int = 100) -> list[InboxNotice]:
        """Newest first. Raises `SealBroken`."""
        wanted = (
            select(messages, inbox.c.read_ns)
            .join(inbox, inbox.c.message_id == messages.c.message_id)
            .where(inbox.c.recipient == recipient)
            .order_by(inbox.c.created_ns.desc(), inbox.c.message_id)
            .limit(min(most, MOST_ROWS))
        )
        with self._database.connect() as connection:
            rows: Sequence[Row[Any]] = connection.execute(wanted).all()
        return [
            InboxNotice(
                row.message_id,
                row.kind,
                row.created_ns,
                msgspec.json.decode(
                    self._sealer.open(row.sealed_content, _content_place(row.message_id)), type=Content
                ),
                row.read_ns is not None,
            )
            for row in rows
        ]

    def mark_read(self, recipient: str, message_id: str, now_ns: int) -> bool:
        """False when the recipient has no such notice."""
        mine = and_(inbox.c.message_id == message_id, inbox.c.recipient == recipient)
        with self._database.begin() as connection:
            if connection.execute(select(inbox.c.message_id).where(mine)).first() is None:
                return False
            connection.execute(update(inbox).where(mine, inbox.c.read_ns.is_(None)).values(read_ns=now_ns))
        return True


_NOTHING = Content("", "")


def _is(table: Any, message_id: str, channel: str) -> Any:
    return and_(table.c.message_id == message_id, table.c.channel == channel)


def _content_place(message_id: str) -> str:
    return f"outbox_messages.content:{message_id}"


def _address_place(message_id: str, channel: str) -> str:
    return f"outbox_deliveries.address:{message_id}:{channel}"
