"""Data directories for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.sql.databases import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data")
    yield site
    site.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of the read models."""
    return f"sqlite:///{tmp_path / 'views.sqlite'}"
