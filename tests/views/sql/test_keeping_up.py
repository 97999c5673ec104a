"""Following for good, while the database comes and goes."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from lionrock.core.engine_checked import Engine as Core
from lionrock.sim.workload import random_flow
from lionrock.views.sql.database import open_views
from lionrock.views.sql.following import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, POLL_SECONDS, Follower, keep_up
from lionrock.views.sql.projection import AnotherWriter
from tests.views.sql.databases import Site, summed_entries

AWAY = OperationalError("", None, psycopg.OperationalError("the connection is closed"))
FULL = OperationalError("", None, Exception("disk is full"))


class Stop(Exception):
    """There is nothing left to do."""


class Makes:
    """Followers, and in between the errors given."""

    def __init__(self, make: Callable[[], Follower], *errors: Exception | None) -> None:
        self._make, self._errors = make, list(errors)
        self.made, self.told = 0, 0
        self.pauses: list[float] = []

    def __call__(self) -> Follower:
        if self._errors and (error := self._errors.pop(0)):
            raise error
        self.made += 1
        return self._make()

    def tell(self, follower: Follower) -> None:
        self.told += 1

    def wait(self, seconds: float) -> None:
        """The connection is lost at each look, until there are no more errors to come."""
        if seconds != POLL_SECONDS:
            self.pauses.append(seconds)
        elif self._errors:
            raise AWAY
        else:
            raise Stop


@pytest.mark.shows("HIST-018")
def test_it_tries_again_with_longer_and_longer_pauses(url: str, site: Site) -> None:
    first, second = random_flow(51, 2_000)
    site.append(first)
    makes = Makes(lambda: Follower(site.directory, open_views(url), Core), None, *[AWAY] * 8, None)
    site.append(second)
    with pytest.raises(Stop):
        keep_up(makes, makes.tell, makes.wait)
    assert (makes.made, makes.told) == (2, 1)
    assert makes.pauses[:4] == [FIRST_PAUSE_SECONDS * 2**step for step in range(4)]
    assert makes.pauses[-1] == LONGEST_PAUSE_SECONDS
    assert summed_entries(open_views(url)) == site.balances()


@pytest.mark.parametrize("error", [AWAY, FULL, AnotherWriter("another one writes")])
def test_what_does_not_work_at_the_first_time_is_told(site: Site, error: Exception) -> None:
    with pytest.raises(type(error)):
        keep_up(Makes(lambda: Follower(site.directory, open_views("sqlite://"), Core), error), print, print)


@pytest.mark.parametrize("error", [FULL, AnotherWriter("another one writes"), SQLAlchemyError("something else")])
def test_what_waiting_does_not_mend_ends_it(url: str, site: Site, error: Exception) -> None:
    site.play(random_flow(51, 500))

    def wait(_seconds: float) -> None:
        raise error

    makes = Makes(lambda: Follower(site.directory, open_views(url), Core))
    with pytest.raises(type(error)):
        keep_up(makes, makes.tell, wait)


def test_a_commit_that_outlived_its_connection_is_no_other_writer(url: str, site: Site) -> None:
    """Between a lost connection and the first look that succeeds the position may move."""
    site.play(random_flow(51, 500))
    makes = Makes(
        lambda: Follower(site.directory, open_views(url), Core), None, AWAY, AnotherWriter("the commit came late"), None
    )
    with pytest.raises(Stop):
        keep_up(makes, makes.tell, makes.wait)
    assert makes.made == 2
