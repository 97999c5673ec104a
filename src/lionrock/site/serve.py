"""Serves a site over HTTP until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.rest.contract import Profile
from lionrock.gateways.rest.direct import DirectProtocol
from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.rest.server import application
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import MAX_MESSAGE_BYTES
from lionrock.gateways.websocket.server import Streams
from lionrock.gateways.websocket.topics import STREAMS
from lionrock.gateways.websocket.wire import Wire
from lionrock.node.errors import NodeStopped
from lionrock.node.node import Node
from lionrock.node.recovery import Recovered
from lionrock.site import sandbox, sandbox_chains
from lionrock.site.client_accounts import NO_ARRANGEMENTS, clockwork
from lionrock.site.site import Site
from lionrock.site.views_process import ViewsProcess

GC_THRESHOLDS = 50_000, 20, 50
"""Python's own 700 has the collector look through young objects at every tenth request; few are in cycles."""
_log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5
"""How long a stop waits for requests that are being answered."""
CLIENT_PATIENCE_SECONDS = 3
"""How long it waits for a client to send the rest of a request, or to take an answer."""


Announce = Callable[[str, Recovered], None]
"""Gets the address and what the restart found."""


class Companions(Protocol):
    """Clients that live beside a sandbox, in processes of their own, such as simulated makers."""

    @property
    def count(self) -> int:
        """How many accounts they have."""

    @property
    def funds(self) -> Mapping[str, str]:
        """What each of them begins with: amounts by asset code."""

    def start(self, url: str, keys: Sequence[tuple[str, str]]) -> None:
        """Called when requests are answered, with an access key and its secret for each account."""

    def stop(self) -> None:
        """Called while requests are still answered; returns when they are gone. May be called again."""


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
            if isinstance(connection, Wire):
                connection.cut()
            elif isinstance(connection, HttpToolsProtocol):
                cycle: RequestResponseCycle | None = connection.cycle
                if cycle is None or cycle.more_body or cycle.response_complete:
                    connection.transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(
    directory: Path,
    host: str,
    port: int,
    *,
    with_sandbox: bool,
    announce: Announce,
    companions: Companions | None = None,
    make_chains: sandbox_chains.MakeChains | None = None,
    with_views: bool = True,
) -> None:
    """Serve the site of `directory` until SIGINT or SIGTERM. Port 0 takes any free one.

    `companions` and the chains that `make_chains` makes come with a sandbox only; without chains nothing arrives and
    nothing leaves. `with_views` keeps the site's read models in a process beside it. `announce` is called once, when
    requests are answered. Raises `AddressUnavailable`, `SiteStopped` when the node fails meanwhile, and what
    `Site.open` raises.
    """
    listener = _listen(host, port)
    # Each stream is an open file; the usual soft limit of 1,024 is for programs that use select().
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    with listener:
        beside, chains = (companions, make_chains) if with_sandbox else (None, None)
        uvloop.run(
            _serve(
                directory,
                listener,
                with_sandbox=with_sandbox,
                announce=announce,
                companions=beside,
                make_chains=chains,
                with_views=with_views,
            )
        )


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
    directory: Path,
    listener: socket.socket,
    *,
    with_sandbox: bool,
    announce: Announce,
    companions: Companions | None,
    make_chains: sandbox_chains.MakeChains | None,
    with_views: bool,
) -> None:
    site = await Site.open(directory, time.time_ns, os.urandom)
    views = ViewsProcess(directory) if with_views else None
    arrangements, chains = NO_ARRANGEMENTS, None
    running: list[asyncio.Task[None]] = []
    try:
        endpoints = ENDPOINTS + PROBES
        profile = Profile(site_tag="HK")
        # What was replayed stays for good: the collector need not look through it again and again.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        if with_sandbox:
            await sandbox.seed(site)
            endpoints, profile = endpoints + sandbox.ENDPOINTS, sandbox.PROFILE
            arrangements = sandbox.ARRANGEMENTS
        if make_chains:
            chains = make_chains(directory)
            endpoints += sandbox_chains.endpoints(chains)
            running.append(asyncio.create_task(chains.run()))
        venue = site.venue(profile, arrangements, chains, is_sandbox=with_sandbox)
        await venue.clients.wallet.recover()
        running += [asyncio.create_task(work) for work in clockwork(venue, arrangements)]
        bindings = site.bindings(os.urandom)
        await bindings.cancel_left_over()
        hub = Hub(venue, site.configuration.streams)
        keys = await _keys_of(companions, site)
        if views:
            site.probes.remarks.append(views.remark)

        def serving() -> None:
            address = _address(listener)
            announce(address, site.node.recovered)
            if views:  # when the site answers already: its own start is not slower for it
                views.start(site.probes.registry)
            if companions is not None:
                companions.start(address, keys)

        app = application(venue, documented(endpoints, STREAMS), Streams(hub, bindings, os.urandom))
        server = _Server(_configuration(app), serving)
        leaving: list[asyncio.Task[None]] = []

        def stop() -> None:
            server.force_exit = bool(leaving)  # asked a second time
            leaving.append(asyncio.create_task(_leave(server, companions)))

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        for task in running:
            task.add_done_callback(lambda ended: _stop_on_fault(ended, server))
        running.append(asyncio.create_task(_stop_on_failure(site.node, server)))
        try:
            await server.serve([listener])
        finally:
            if companions is not None:
                await asyncio.to_thread(companions.stop)
            hub.close()
            await bindings.finish()
    except NodeStopped as stopped:
        raise SiteStopped(stopped.reason) from stopped
    finally:
        for task in running:
            task.cancel()
        ending = asyncio.create_task(views.stop()) if views else None
        await asyncio.gather(*running, return_exceptions=True)
        await site.close()
        if ending:
            await ending
    if site.node.failure:
        raise SiteStopped(site.node.failure)


def _configuration(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=DirectProtocol,
        ws=Wire,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=None,  # each kind of stream has its own rule
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
        log_config=None,  # what `start_logging` set up is for the server, too
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
    )


async def _keys_of(companions: Companions | None, site: Site) -> list[tuple[str, str]]:
    if companions is None:
        return []
    found = []
    for number in range(companions.count):
        key = await sandbox.standing_account(site, sandbox.FIRST_MAKER_ACCOUNT + number, companions.funds)
        found.append((key.access_key, key.secret.decode()))
    return found


async def _leave(server: _Server, companions: Companions | None) -> None:
    """The companions go first: what they cancel is still answered."""
    if companions is not None:
        await asyncio.to_thread(companions.stop)
    server.should_exit = True


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _stop_on_fault(task: asyncio.Task[None], server: _Server) -> None:
    """Work that runs beside the requests ended with an error that nobody foresaw: the site stops rather than go on."""
    if not task.cancelled() and (error := task.exception()):
        _log.critical("The site stops: what runs beside the requests has failed", exc_info=error)
        server.should_exit = True


async def _stop_on_failure(node: Node, server: _Server) -> None:
    await node.failed()
    server.should_exit = True
