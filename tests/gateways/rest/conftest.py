"""Servers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateways.rest.live import LiveServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Shared by the tests of a module: whoever leaves orders behind disturbs the others."""
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox")
    yield live
    assert live.stop() == 0


@pytest.fixture
def fresh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """With an empty book, for one test."""
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox")
    yield live
    assert live.stop() == 0
