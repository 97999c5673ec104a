"""One server for the tests of this folder that only read, and the documents it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateways.documents.answers import Judge
from tests.gateways.rest.live import LiveServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox", with_views=True)
    yield live
    assert live.stop() == 0


@pytest.fixture(scope="module")
def document(server: LiveServer) -> dict[str, Any]:
    """The OpenAPI document that the server gives out."""
    return dict(server.get("/lionrock/v1/openapi.json").json())


@pytest.fixture(scope="module")
def judge(document: dict[str, Any]) -> Judge:
    return Judge(document)
