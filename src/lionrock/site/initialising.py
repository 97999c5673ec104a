"""Makes the data directory of a new site: its definition, its settings, its master key, its first two administrators.

Everything else comes with the first start. Two administrators, because each role takes two people: one proposes it and
another approves. They hold no other role and decide nothing about clients, money or markets.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lionrock.journal.disk import Disk
from lionrock.people.staff.members import Enrolled
from lionrock.site.belonging import keep_site
from lionrock.site.configuration import FILE_NAME as SETTINGS_FILE
from lionrock.site.definition import choose, read_definition
from lionrock.site.settings_file import commented_settings
from lionrock.site.staffing import FirstMember, enrol_first_two
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer


class NotEmpty(Exception):
    """Something is in the directory already."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} is not empty: a site is made where nothing is; nothing was changed")


class Initialised(msgspec.Struct, frozen=True):
    """A new site."""

    title: str
    enrolled: tuple[Enrolled, ...]
    """With their codes, which are nowhere else."""


def initialise(
    directory: Path,
    site_id: str,
    first: Sequence[FirstMember],
    clock: Callable[[], int],
    random_bytes: Callable[[int], bytes],
) -> Initialised:
    """Make the site; of one that could not be made, nothing stays.

    Raises `NotEmpty`, `UnknownSite`, `StaffRefused` for two who are one person, and `OSError`.
    """
    definition = read_definition(site_id)
    with _made_whole(directory):
        choose(directory, site_id)
        Disk().write_file(directory / SETTINGS_FILE, commented_settings().encode())
        for path in directory.iterdir():
            path.chmod(0o600)
        sealer, database = open_sealer(directory, random_bytes), open_database(directory)
        try:
            keep_site(database, site_id)
            enrolled = enrol_first_two(database, sealer, first, clock, random_bytes)
        finally:
            database.dispose()
    return Initialised(definition.site.title, enrolled)


@contextmanager
def _made_whole(directory: Path) -> Iterator[None]:
    """The directory, which may be a volume's and so is not exchanged for another; empty again when it is not made."""
    was_there = directory.exists()
    if was_there and (not directory.is_dir() or any(directory.iterdir())):
        raise NotEmpty(directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    try:
        yield
    except BaseException:
        for path in directory.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)
        if not was_there:
            directory.rmdir()
        raise
