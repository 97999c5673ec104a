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
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lionrock.gateways.rest.contract import Profile
from lionrock.gateways.rest.direct import DirectProtocol
from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.rest.server import application
from lionrock.node.errors import NodeStopped
from lionrock.node.node import Node
from lionrock.node.recovery import Recovered
from lionrock.site import sandbox
from lionrock.site.site import Site

GC_THRESHOLDS = 50_000, 20, 50
"""Python's own 700 has the collector look through young objects at every tenth request; few are in cycles."""
PATIENCE_SECONDS = 5
"""How long a stop waits for requests that are being answered."""
CLIENT_PATIENCE_SECONDS = 3
"""How long it waits for a client to send the rest of a request, or to take an answer."""


Announce = Callable[[str, Recovered], None]
"""Gets the address and what the restart found."""


class AddressUnavailable(Exception):
    """Nothing can be served at this address."""


class SiteStopped(Exception):
    """The site ended by itself, because its node cannot go on."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the site has stopped: {reason}. Mend the cause (free space when the disk is full) and start it again: "
            "everything acknowledged is replayed. Whether requests without an answer were carried out is known only "
            "then: ask for their state before sending them again."
        )


class _Server(uvicorn.Server):
    """Says when it is ready; leaves signals to `serve`, so that the site is closed before the process ends."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hanging_up = asyncio.get_running_loop().call_later(CLIENT_PATIENCE_SECONDS, self._hang_up_on_idle_clients)
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()

    def _hang_up_on_idle_clients(self) -> None:
        """Only those stay whose whole request is being answered. A request without its end was not carried out."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpToolsProtocol):
                cycle = connection.cycle
                if cycle is None or cycle.more_body or cycle.response_complete:
                    connection.transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(directory: Path, host: str, port: int, *, with_sandbox: bool, announce: Announce) -> None:
    """Serve the site of `directory` until SIGINT or SIGTERM. Port 0 takes any free one.

    `announce` is called once, when requests are answered. Raises `AddressUnavailable`, `SiteStopped` when the node
    fails meanwhile, and what `Site.open` raises.
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


async def _serve(directory: Path, listener: socket.socket, *, with_sandbox: bool, announce: Announce) -> None:
    site = await Site.open(directory, time.time_ns, os.urandom)
    try:
        endpoints = ENDPOINTS + PROBES
        profile = Profile(site_tag="HK")
        # What was replayed stays for good: the collector need not look through it again and again.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        if with_sandbox:
            await sandbox.seed(site)
            endpoints, profile = endpoints + sandbox.ENDPOINTS, sandbox.PROFILE
        config = uvicorn.Config(
            application(site.venue(profile, is_sandbox=with_sandbox), endpoints),
            http=DirectProtocol,
            ws="none",
            lifespan="off",
            log_level="warning",
            log_config=None,  # what `start_logging` set up is for the server, too
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE_SECONDS,
        )
        host, port = listener.getsockname()[:2]
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        server = _Server(config, lambda: announce(address, site.node.recovered))

        def stop() -> None:
            server.force_exit = server.should_exit  # asked a second time
            server.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        watching = asyncio.create_task(_stop_on_failure(site.node, server))
        try:
            await server.serve([listener])
        finally:
            watching.cancel()
    except NodeStopped as stopped:
        raise SiteStopped(stopped.reason) from stopped
    finally:
        await site.close()
    if site.node.failure:
        raise SiteStopped(site.node.failure)


async def _stop_on_failure(node: Node, server: _Server) -> None:
    await node.failed()
    server.should_exit = True
