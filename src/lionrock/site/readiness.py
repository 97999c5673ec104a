"""Whether requests should come to this site at the moment, and when not, why."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

from prometheus_client import Gauge, ProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from lionrock.gateways.rest.contract import Probes, Readiness, Reason
from lionrock.node.node import WAITING_LIMIT, Node
from lionrock.site.configuration import Configuration
from lionrock.views.sql.database import VIEWS_FILE, DatabaseUnusable, default_url, open_views
from lionrock.views.sql.following import read_lag
from lionrock.views.sql.projection import RebuildNeeded, read_position

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""Four segments. Below it a person has to make room before the node stops for want of it."""
MOST_WAITING = WAITING_LIMIT // 2
CLOCK_BEHIND_NS = 1_000_000_000
"""Time never goes back in the journal; so long behind it and expiries, schedules and clients' time stamps are wrong."""


def probes(node: Node, configuration: Configuration, directory: Path, clock: Callable[[], int]) -> Probes:
    """What the monitor's endpoints need; once for a node. `clock` gives nanoseconds since 1970."""
    registry = node.metrics.registry
    ProcessCollector(registry=registry)
    free = Gauge("lionrock_free_disk_bytes", "On the file system of the data directory.", registry=registry)
    free.set_function(lambda: _free_bytes(directory))
    waiting = Gauge("lionrock_commands_waiting_now", "Commands that are not in a frame yet.", registry=registry)
    waiting.set_function(lambda: node.waiting)
    is_ready = Gauge("lionrock_ready", "1 while GET /ready says so.", registry=registry)
    is_ready.set_function(lambda: not readiness(node, directory, clock).reasons)
    behind = Gauge(
        "lionrock_views_lag_commands",
        "Durable commands that the read models in SQL do not tell of yet; not a number where there are none.",
        registry=registry,
    )
    behind.set_function(lambda: _views_lag(directory, configuration, clock))
    return Probes(lambda: readiness(node, directory, clock), registry, configuration.metrics.shows_to)


def _views_lag(directory: Path, configuration: Configuration, clock: Callable[[], int]) -> float:
    url = configuration.views.database
    if url is None and not (directory / VIEWS_FILE).exists():
        return math.nan
    try:
        views = open_views(url or default_url(directory), for_writing=False)
        try:
            with views.connect() as connection:
                return read_lag(directory, read_position(connection), clock()).sequences
        finally:
            views.dispose()
    except (DatabaseUnusable, RebuildNeeded, SQLAlchemyError, OSError):
        return math.nan


def readiness(node: Node, directory: Path, clock: Callable[[], int]) -> Readiness:
    """Every reason against it, with the figures that decided."""
    reasons = []
    waiting, free = node.waiting, _free_bytes(directory)
    behind_ns = max(0, node.engine.last_time_ns - clock())
    if stopped := node.stopped:
        reasons.append(Reason("node_stopped", f"the node takes no commands: {stopped}"))
    if waiting > MOST_WAITING:
        words = f"{waiting} commands wait for a frame, more than {MOST_WAITING}; at {WAITING_LIMIT} they are refused"
        reasons.append(Reason("commands_waiting", words))
    if free < LEAST_FREE_BYTES:
        words = f"{free} bytes are free on the disk, fewer than {LEAST_FREE_BYTES}; when it is full the node stops"
        reasons.append(Reason("disk_nearly_full", words))
    if behind_ns > CLOCK_BEHIND_NS:
        words = f"the clock is {behind_ns // 1_000_000} ms behind the last command: set it right"
        reasons.append(Reason("clock_behind", words))
    figures = {
        "sequence": node.engine.last_sequence,
        "waiting_commands": waiting,
        "waiting_commands_limit": WAITING_LIMIT,
        "free_disk_bytes": free,
        "free_disk_bytes_least": LEAST_FREE_BYTES,
        "clock_behind_ms": behind_ns // 1_000_000,
    }
    return Readiness(reasons, figures)


def _free_bytes(directory: Path) -> int:
    return shutil.disk_usage(directory).free
