"""Serves a site over HTTP until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
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

import msgspec
import uvicorn
import uvloop
from prometheus_client import CollectorRegistry, Gauge
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.rest.contract import Profile
from lionrock.gateways.rest.direct import DirectProtocol
from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.rest.server import application
from lionrock.gateways.websocket.bindings import Bindings
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import MAX_MESSAGE_BYTES
from lionrock.gateways.websocket.server import Streams
from lionrock.gateways.websocket.topics import STREAMS
from lionrock.gateways.websocket.wire import Wire
from lionrock.node.errors import NodeStopped
from lionrock.node.node import Node
from lionrock.node.recovery import Recovered
from lionrock.site import sandbox, sandbox_chains
from lionrock.site.auction_clockwork import end_auctions
from lionrock.site.client_accounts import NO_ARRANGEMENTS, clockwork
from lionrock.site.clockwork import bring_time, every_minute
from lionrock.site.configuration import FILE_NAME as SETTINGS_FILE
from lionrock.site.configuration import read_configuration
from lionrock.site.definition import FILE_NAME as DEFINITION_FILE
from lionrock.site.definition import choose
from lionrock.site.establishing import establish, listed_otherwise
from lionrock.site.notice_clockwork import notice_clockwork
from lionrock.site.quality_clockwork import measure_quality
from lionrock.site.record_clockwork import follow_record
from lionrock.site.site import Site
from lionrock.site.tls import CertificateUnusable, Tls, open_tls
from lionrock.site.views_process import ViewsProcess
from lionrock.store.database import DATABASE_FILE
from lionrock.store.sealing import MASTER_KEY_FILE
from lionrock.web.pages import Pages

GC_THRESHOLDS = 50_000, 20, 50
"""Python's own 700 has the collector look through young objects at every tenth request; few are in cycles."""
_log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5
"""How long a stop waits for requests that are being answered."""
_HELPS = {
    errno.EADDRINUSE: "end what listens there (ss -ltnp 'sport = :{port}'), or take another --port",
    errno.EACCES: "take a --port from 1024 on, and for 80 or 443 put a reverse proxy before it",
    errno.EADDRNOTAVAIL: "take a --host that is an address of this machine",
}
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


class NoSiteHere(Exception):
    """Nothing was served here before, and nobody said that it is to begin: a name that was mistyped is no new venue."""

    def __init__(self, directory: Path) -> None:
        what = "no directory" if directory.exists() and not directory.is_dir() else "no data directory of a site"
        super().__init__(
            f"{directory} is {what}: make one with `lionrock init {directory} --site ...`, or give --sandbox to try "
            "things out"
        )


class OtherThingsHere(Exception):
    """A new site would be mixed with what is in the directory already."""

    def __init__(self, directory: Path, thing: str) -> None:
        super().__init__(
            f"{directory} holds other things, {thing} among them, and no site: a new one is made in an empty directory "
            "or one that is not there yet; nothing was changed"
        )


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


class Extras(msgspec.Struct, frozen=True):
    """What is served beside the site's own interface."""

    site_id: str | None = None
    """Which site the data directory is to hold, where none was chosen yet."""
    with_sandbox: bool = False
    companions: Companions | None = None
    """Only of a sandbox, as are the chains."""
    make_chains: sandbox_chains.MakeChains | None = None
    """Without chains nothing arrives and nothing leaves."""
    with_views: bool = True
    """Whether the site's read models are kept in a process beside it."""


def serve(directory: Path, host: str, port: int, announce: Announce, extras: Extras) -> None:
    """Serve the site of `directory` until SIGINT or SIGTERM. Port 0 takes any free one. SIGHUP has the certificate
    read again.

    `announce` is called once, when requests are answered. Raises `AddressUnavailable`, `CertificateUnusable`,
    `NoSiteHere`, `OtherThingsHere`, `SiteStopped` when the node fails meanwhile, and what `Site.open` raises.
    """
    listener = _listen(host, port)
    begins = extras.with_sandbox or extras.site_id is not None
    if (directory.exists() and not directory.is_dir()) or not (begins or _is_data_directory(directory)):
        raise NoSiteHere(directory)
    if begins and not _is_data_directory(directory):
        _check_nothing_else(directory)
    if extras.site_id is not None:
        choose(directory, extras.site_id)
    # Each stream is an open file; the usual soft limit of 1,024 is for programs that use select().
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    with listener:
        uvloop.run(_serve(directory, listener, announce, extras))


def _check_nothing_else(directory: Path) -> None:
    """Raises `OtherThingsHere`. A master key may be there before its site, and what a file system keeps for itself."""
    for path in sorted(directory.iterdir()) if directory.is_dir() else []:
        if path.name not in {MASTER_KEY_FILE, "lost+found"}:
            raise OtherThingsHere(directory, path.name)


def _is_data_directory(directory: Path) -> bool:
    """Whether a site was made, restored or served here, or settings were written for one."""
    return any((directory / name).exists() for name in ("journal", DATABASE_FILE, DEFINITION_FILE, SETTINGS_FILE))


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
        helps = _HELPS.get(error.errno or 0, "see --host and --port").format(port=port)
        words = f"{host}:{port} cannot be served at: {os.strerror(error.errno or 0)}; {helps}"
        raise AddressUnavailable(words) from error
    return listener


async def _serve(directory: Path, listener: socket.socket, announce: Announce, extras: Extras) -> None:
    files = read_configuration(directory).tls
    tls = open_tls(files.certificate, files.key)
    if tls is not None and extras.companions is not None:
        raise CertificateUnusable("simulated makers speak plain HTTP: leave them out, or the section [tls]")
    site = await Site.open(directory, time.time_ns, os.urandom)
    running = _Running(directory, site, extras)
    try:
        # What was replayed stays for good: the collector need not look through it again and again.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        app = await running.prepare()
        address = _address(listener, is_encrypted=tls is not None)

        def serving() -> None:
            announce(address, site.node.recovered)
            running.start(address)

        if tls is not None:
            _watch_certificate(tls, site)
        server = _Server(_configuration(app, tls), serving)
        leaving: list[asyncio.Task[None]] = []

        def stop() -> None:
            server.force_exit = bool(leaving)  # asked a second time
            leaving.append(asyncio.create_task(_leave(server, running)))

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _read_again, tls)
        running.watch(server)
        try:
            await server.serve([listener])
        finally:
            await running.hang_up()
    except NodeStopped as stopped:
        raise SiteStopped(stopped.reason) from stopped
    finally:
        await running.end()
    if site.node.failure:
        raise SiteStopped(site.node.failure)


class _Running:
    """A site with all that runs beside its requests."""

    def __init__(self, directory: Path, site: Site, extras: Extras) -> None:
        self._directory, self._site, self._extras = directory, site, extras
        self._tasks: list[asyncio.Task[None]] = []
        self._views = ViewsProcess(directory) if extras.with_views else None
        self._companions = extras.companions if extras.with_sandbox else None
        self._companion_keys: list[tuple[str, str]] = []
        self._bindings: Bindings | None = None
        self._hub: Hub | None = None

    async def prepare(self) -> ASGIApp:
        """The application, when all that was left undone is done."""
        site, extras = self._site, self._extras
        endpoints, profile = ENDPOINTS + PROBES, Profile(site_tag="HK")
        arrangements, chains = NO_ARRANGEMENTS, None
        definition = site.definition
        if definition is not None:
            await establish(site, definition)
            for difference in listed_otherwise(site.catalogue, definition):
                _log.warning("%s is read at the first start alone, %s: the ledger counts", DEFINITION_FILE, difference)
            profile, arrangements = definition.profile(), definition.arrangements()
        if extras.with_sandbox:
            await site.sandbox.set(site.node)
            endpoints += sandbox.ENDPOINTS
            if definition is None:
                await sandbox.seed(site)
                profile, arrangements = sandbox.PROFILE, sandbox.ARRANGEMENTS
            if extras.make_chains:
                chains = extras.make_chains(self._directory)
                endpoints += sandbox_chains.endpoints(chains)
                self._tasks.append(asyncio.create_task(chains.run()))
        venue = site.venue(profile, arrangements, chains, is_sandbox=extras.with_sandbox)
        await venue.clients.wallet.recover()
        await site.staff.open()
        works = clockwork(venue, arrangements)
        works += [bring_time(site.node, site.clock)]
        works.append(every_minute("Proposals cannot be ended", site.staff.proposals.expire_due))
        works += [follow_record(site.record), measure_quality(venue, site.quality, self._directory)]
        terms = (definition or sandbox.DEFINITION).markets
        works.append(end_auctions(venue, {market.id: market.auction_seconds for market in terms}))
        works += notice_clockwork(site, with_views=self._views is not None)
        if site.rooms is not None:
            await site.rooms.open()
            works += site.rooms.clockwork(site.clock, with_views=self._views is not None)
        self._tasks += [asyncio.create_task(work) for work in works]
        bindings = self._bindings = site.bindings(os.urandom)
        await bindings.cancel_left_over()
        self._hub = Hub(venue, site.configuration.streams)
        self._companion_keys = await _keys_of(self._companions, site)
        if self._views:
            site.probes.remarks.append(self._views.remark)
        streams = Streams(self._hub, bindings, os.urandom)
        described = documented(endpoints, STREAMS)
        if site.gathering is not None:
            site.gathering.endpoints = described
            site.gathering.running = self._running_settings
        pages = await asyncio.to_thread(Pages)
        return application(venue, described, streams, pages.find)

    def _running_settings(self) -> dict[str, int | str]:
        """What the running program tells the rules of itself."""
        companions = self._companions.count if self._companions is not None else 0
        return {
            "sandbox.available": "yes" if self._extras.with_sandbox else "no",
            "sandbox.quoted_markets": len(self._site.catalogue.markets) if companions else 0,
        }

    def start(self, address: str) -> None:
        """Whoever needs a site that answers; its own start is not slower for them."""
        if self._views:
            self._views.start(self._site.probes.registry)
        if self._companions is not None:
            self._companions.start(address, self._companion_keys)

    def watch(self, server: _Server) -> None:
        """Have the server stop when anything that should run does not any more."""
        for task in self._tasks:
            task.add_done_callback(lambda ended: _stop_on_fault(ended, server))
        self._tasks.append(asyncio.create_task(_stop_on_failure(self._site.node, server)))

    async def dismiss_companions(self) -> None:
        """What they cancel is still answered."""
        if self._companions is not None:
            await asyncio.to_thread(self._companions.stop)

    async def hang_up(self) -> None:
        """Requests are answered no more: end the streams, and what is bound to them."""
        await self.dismiss_companions()
        if self._hub:
            self._hub.close()
        if self._bindings:
            await self._bindings.finish()

    async def end(self) -> None:
        """Let go of the site."""
        for task in self._tasks:
            task.cancel()
        ending = asyncio.create_task(self._views.stop()) if self._views else None
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._site.close()
        if ending:
            await ending


def _configuration(app: ASGIApp, tls: Tls | None) -> uvicorn.Config:
    configuration = uvicorn.Config(
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
    configuration.load()
    configuration.ssl = tls.context if tls is not None else None
    return configuration


def _watch_certificate(tls: Tls, site: Site) -> None:
    """Whoever watches the site is told in time that it has to be renewed."""
    registry: CollectorRegistry = site.node.metrics.registry
    ends = Gauge("lionrock_certificate_ends_seconds", "Unix time at which the certificate ends.", registry=registry)
    ends.set_function(lambda: tls.pair.ends_s)
    site.probes.remarks.append(lambda: tls.remark(site.clock() // 10**9))


def _read_again(tls: Tls | None) -> None:
    if tls is not None:
        tls.read_again()
    else:
        _log.info("There is no certificate to read again")


async def _keys_of(companions: Companions | None, site: Site) -> list[tuple[str, str]]:
    if companions is None:
        return []
    found = []
    for number in range(companions.count):
        key = await sandbox.standing_account(site, sandbox.FIRST_MAKER_ACCOUNT + number, companions.funds)
        found.append((key.access_key, key.secret.decode()))
    return found


async def _leave(server: _Server, running: _Running) -> None:
    await running.dismiss_companions()
    server.should_exit = True


def _address(listener: socket.socket, *, is_encrypted: bool) -> str:
    host, port = listener.getsockname()[:2]
    scheme = "https" if is_encrypted else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _stop_on_fault(task: asyncio.Task[None], server: _Server) -> None:
    """Work that runs beside the requests ended with an error that nobody foresaw: the site stops rather than go on."""
    if not task.cancelled() and (error := task.exception()):
        _log.critical("The site stops: what runs beside the requests has failed", exc_info=error)
        server.should_exit = True


async def _stop_on_failure(node: Node, server: _Server) -> None:
    await node.failed()
    server.should_exit = True
