"""The first administrators of a site, enrolled at its machine: there is no default account and no default password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lionrock.people.staff.audit import MACHINE, Audit
from lionrock.people.staff.members import Enrolled, Members
from lionrock.people.staff.roles import Role
from lionrock.store.database import DATABASE_FILE, open_database
from lionrock.store.sealing import MASTER_KEY_FILE, open_sealer


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
