"""Every run proves the codes of the specification."""

from __future__ import annotations

from tests.acceptance import pytest_configure

__all__ = ["pytest_configure"]
