"""The staff of a site: what readiness tells of it, and the first administrators, who are enrolled at the machine.

There is no default account and no default password.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from lionrock.gateways.rest.contract import Reason
from lionrock.people.staff.audit import MACHINE, Audit
from lionrock.people.staff.members import Enrolled, Members
from lionrock.people.staff.office import StaffOffice
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.people.staff.roles import Role
from lionrock.store.database import DATABASE_FILE, open_database
from lionrock.store.sealing import MASTER_KEY_FILE, Sealer, open_sealer


def remark_of(office: StaffOffice) -> Reason | None:
    """What readiness tells of the staff."""
    try:
        told = office.remark()
    except SQLAlchemyError:
        return Reason("staff_reviews_unknown", "the database does not say which reviews are overdue")
    return Reason(*told) if told else None


class NoSite(Exception):
    """The directory is not one that a site was started in."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} holds no site yet: make one with `lionrock init {directory}`")


def enrol_administrator(
    directory: Path, name: str, person: str, clock: Callable[[], int], random_bytes: Callable[[int], bytes]
) -> Enrolled:
    """A new administrator and the one-time code to enrol with. The site may be serving meanwhile: it reads its staff
    anew at every request. Its next start, or next step of the staff, puts the log's entry into the journal.

    Raises `NoSite`, `StaffRefused`, `MasterKeyUnusable`, `DatabaseUnusable`.
    """
    with _members(directory, clock, random_bytes) as members:
        return members.enrol(name, person, MACHINE, role=Role.ADMINISTRATOR)


class FirstMember(msgspec.Struct, frozen=True):
    """Somebody who is there from the first day."""

    name: str
    """What they sign in with."""
    person: str
    """What the operator knows the person by."""


def enrol_first_two(
    database: Engine,
    sealer: Sealer,
    first: Sequence[FirstMember],
    clock: Callable[[], int],
    random_bytes: Callable[[int], bytes],
) -> tuple[Enrolled, ...]:
    """Two administrators of a site that has nobody yet, each with a one-time code. Raises `StaffRefused` when both are
    one person: then one human being could propose a role and approve it.
    """
    members = Members(database, sealer, random_bytes, clock, Audit(database))
    enrolled = tuple(members.enrol(each.name, each.person, MACHINE, role=Role.ADMINISTRATOR) for each in first)
    if len({member.person for member in members.all()}) != len(first):
        raise StaffRefused(No.SAME_PERSON, next_step="name two different people")
    return enrolled


@contextmanager
def _members(directory: Path, clock: Callable[[], int], random_bytes: Callable[[int], bytes]) -> Iterator[Members]:
    if not all((directory / name).exists() for name in (MASTER_KEY_FILE, DATABASE_FILE)):
        raise NoSite(directory)
    sealer, database = open_sealer(directory, random_bytes), open_database(directory)
    try:
        yield Members(database, sealer, random_bytes, clock, Audit(database))
    finally:
        database.dispose()
