"""Serves a site over HTTP until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop

from lionrock.gateways.rest.connections import BoundedProtocol
from lionrock.gateways.rest.contract import Profile
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.site import sandbox
from lionrock.site.site import Site

PATIENCE_SECONDS = 5
"""How long a stop waits for requests that are being answered."""


class AddressUnavailable(Exception):
    """Nothing can be served at this address."""


class _Server(uvicorn.Server):
    """Says when it is ready; leaves signals to `serve`, so that the site is closed before the process ends."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(directory: Path, host: str, port: int, *, with_sandbox: bool, announce: Callable[[str], None]) -> None:
    """Serve the site of `directory` until SIGINT or SIGTERM. Port 0 takes any free one.

    `announce` is called once with the address when requests are answered. Raises `AddressUnavailable` and what
    `Site.open` raises.
    """
    listener = _listen(host, port)
    with listener:
        uvloop.run(_serve(directory, listener, with_sandbox=with_sandbox, announce=announce))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, OverflowError) as error:
        raise AddressUnavailable(f"{host}:{port} is no address to serve at: {error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise AddressUnavailable(f"{host}:{port} cannot be served at: {os.strerror(error.errno or 0)}") from error
    return listener


async def _serve(
    directory: Path, listener: socket.socket, *, with_sandbox: bool, announce: Callable[[str], None]
) -> None:
    site = await Site.open(directory, time.time_ns, os.urandom)
    try:
        endpoints = ENDPOINTS
        profile = Profile(site_tag="HK")
        # What was replayed stays for good: the collector need not look through it again and again.
        gc.freeze()
        if with_sandbox:
            await sandbox.seed(site)
            endpoints, profile = ENDPOINTS + sandbox.ENDPOINTS, sandbox.PROFILE
        config = uvicorn.Config(
            application(site.venue(profile), endpoints),
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE_SECONDS,
        )
        host, port = listener.getsockname()[:2]
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        server = _Server(config, lambda: announce(address))

        def stop() -> None:
            server.force_exit = server.should_exit  # asked a second time
            server.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await server.serve([listener])
    finally:
        await site.close()
