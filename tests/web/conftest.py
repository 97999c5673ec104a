"""One browser and one licensed site for a worker, one sandbox for the tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, chromium
from tests.web.holdings import Holder, publish_agreement
from tests.web.staffed import House


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox", with_views=True)
    yield live
    assert live.stop() == 0


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A licensed site with its read models and an agreement; no test changes its rules or another's clients."""
    house = House(tmp_path_factory.mktemp("harbour"), with_views=True)
    publish_agreement(house)
    house.restart()  # and a checkpoint is signed
    yield house
    assert house.live.stop() == 0


@pytest.fixture(scope="session")
def holder(harbour: House) -> Holder:
    """A client of the licensed site with one of everything."""
    return Holder(harbour, "anna.eriksson@mail.example.com")


@pytest.fixture
def visit(browser: Browser, sandbox: LiveServer) -> Iterator[Callable[..., Watched]]:
    """Makes a browser of somebody's own, in front of the sandbox."""
    opened: list[Watched] = []

    def make(**named: Any) -> Watched:
        opened.append(Watched(browser, sandbox.url, **named))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
