"""Runs the rulebook of a site that nobody serves: opens it, asks every rule, keeps the evidence, closes it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.websocket.topics import STREAMS
from lionrock.rulebook.ports import FactSource
from lionrock.site.definition import definition_of
from lionrock.site.establishing import establish
from lionrock.site.site import Site
from lionrock.store.database import DATABASE_FILE
from lionrock.store.sealing import MASTER_KEY_FILE, MasterKeyUnusable


class NoLicences(Exception):
    """The directory holds no site with licences."""


@contextmanager
def open_facts(directory: Path) -> Iterator[FactSource]:
    """The facts of a site, after a run that was recorded. A site that is served runs its rulebook by itself, each day.

    Raises `NoLicences`, `MasterKeyUnusable`, `DirectoryInUse` and what `Site.open` raises.
    """
    if definition_of(directory) is None:
        raise NoLicences(f"{directory} holds no site with licences: start it once with --site")
    if (directory / DATABASE_FILE).exists() and not (directory / MASTER_KEY_FILE).exists():
        raise MasterKeyUnusable(f"{directory} has no {MASTER_KEY_FILE}: put the site's own back")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="site", daemon=True)
    thread.start()
    try:
        site = asyncio.run_coroutine_threadsafe(Site.open(directory, time.time_ns, os.urandom), loop).result()
        try:
            yield asyncio.run_coroutine_threadsafe(_run(site), loop).result()
        finally:
            asyncio.run_coroutine_threadsafe(site.close(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _run(site: Site) -> FactSource:
    """Brings the site to what its definition says, runs its rulebook and takes its facts."""
    definition, rooms, gathering = site.definition, site.rooms, site.gathering
    if definition is None or rooms is None or gathering is None:
        raise NoLicences("the site has no licences")
    await establish(site, definition)
    await rooms.open()
    gathering.endpoints = documented(ENDPOINTS + PROBES, STREAMS)
    gathering.running = lambda: {"sandbox.available": "no", "sandbox.quoted_markets": 0}
    await rooms.rulebook.run()
    return await gathering()
