"""Servers for the tests of this folder."""

from __future__ import annotations

from tests.gateways.rest.conftest import fresh_server, server

__all__ = ["fresh_server", "server"]
