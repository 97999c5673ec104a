"""The staff of a site: its office put together and kept, and the first administrators, who are enrolled at the machine.

There is no default account and no default password.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from lionrock.gateways.rest.contract import Reason
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.node.node import Node
from lionrock.people.accounts import Owners
from lionrock.people.people import People
from lionrock.people.staff.audit import MACHINE, Audit, RecordDigest
from lionrock.people.staff.members import Enrolled, Members
from lionrock.people.staff.office import StaffOffice, Surroundings
from lionrock.people.staff.roles import Role
from lionrock.site.configuration import Access
from lionrock.store.database import DATABASE_FILE, open_database
from lionrock.store.sealing import MASTER_KEY_FILE, Sealer, open_sealer

_log = logging.getLogger(__name__)

LOOK_SECONDS = 60
"""Between two looks for proposals whose time is over."""


def open_office(
    access: Access,
    node: Node,
    database: Engine,
    sealer: Sealer,
    *,
    random_bytes: Callable[[int], bytes],
    clock: Callable[[], int],
    people: People,
    owners: Owners,
    record: RecordDigest | None = None,
) -> StaffOffice:
    """The staff of an open site. `record` puts a digest into the journal with the kind APPROVAL."""

    def client_of(account_id: int) -> str:
        """The user behind an account, by whom a client is known."""
        user = people.users.by_account(owners.owner_of(account_id))
        return user.user_id if user else ""

    return StaffOffice(
        database,
        sealer,
        random_bytes,
        clock,
        rules=access.staff_session_rules,
        relying_party=access.relying_party,
        surroundings=Surroundings(record=record, client_of=client_of, registry=node.metrics.registry),
    )


def remark_of(office: StaffOffice) -> Reason | None:
    """What readiness tells of the staff."""
    try:
        told = office.remark()
    except SQLAlchemyError:
        return Reason("staff_reviews_unknown", "the database does not say which reviews are overdue")
    return Reason(*told) if told else None


async def keep_staff(office: StaffOffice) -> None:
    """Ends proposals whose time is over. Returns when the node has stopped."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await office.proposals.expire_due()
        except NodeStopped:
            return
        except (NodeBusy, SQLAlchemyError):
            _log.exception("Proposals could not be looked through; they are in a minute")


class NoSite(Exception):
    """The directory is not one that a site was started in."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} holds no site yet: start it once with `lionrock serve --data {directory}`")


def enrol_administrator(
    directory: Path, name: str, person: str, clock: Callable[[], int], random_bytes: Callable[[int], bytes]
) -> Enrolled:
    """A new administrator and the one-time code to enrol with. The site may be serving meanwhile: it reads its staff
    anew at every request. Its next start, or next step of the staff, puts the log's entry into the journal.

    Raises `NoSite`, `StaffRefused`, `MasterKeyUnusable`, `DatabaseUnusable`.
    """
    with _members(directory, clock, random_bytes) as members:
        return members.enrol(name, person, MACHINE, role=Role.ADMINISTRATOR)


@contextmanager
def _members(directory: Path, clock: Callable[[], int], random_bytes: Callable[[int], bytes]) -> Iterator[Members]:
    if not all((directory / name).exists() for name in (MASTER_KEY_FILE, DATABASE_FILE)):
        raise NoSite(directory)
    sealer, database = open_sealer(directory, random_bytes), open_database(directory)
    try:
        yield Members(database, sealer, random_bytes, clock, Audit(database))
    finally:
        database.dispose()
