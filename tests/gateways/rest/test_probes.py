"""What monitors are told, and who may read figures."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.rest.server import application
from lionrock.site import readiness
from lionrock.site.configuration import FILE_NAME
from lionrock.site.sandbox import PROFILE
from lionrock.site.site import Site
from lionrock.words.commands import ListAsset
from tests.gateways.rest.live import LiveServer


class Watched:
    """A site in this process with a clock that the test sets, and a client at any address."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._served = application(site.venue(PROFILE), ENDPOINTS + PROBES)

    async def get(self, path: str, host: str = "127.0.0.1") -> httpx.Response:
        transport = httpx.ASGITransport(self._served, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            return await client.get(path)

    async def reasons(self) -> list[str]:
        answer = await self.get("/ready")
        told: dict[str, Any] = answer.json()
        assert (answer.status_code, told["ready"]) == ((503, False) if told["reasons"] else (200, True))
        assert all(reason["words"] for reason in told["reasons"])
        return [reason["code"] for reason in told["reasons"]]


class Clock:
    now_ns = time.time_ns()

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def watched(tmp_path: Path, clock: Clock) -> AsyncIterator[Watched]:
    (tmp_path / FILE_NAME).write_text('[metrics]\nnetworks = ["127.0.0.0/8", "10.0.0.0/8"]\n')
    site = await Site.open(tmp_path, clock, os.urandom)
    await site.node.submit(ListAsset(asset_id=1, decimals=0, code="BTC"))
    yield Watched(site)
    await site.close()


@pytest.mark.shows("OPER-005")
async def test_a_site_that_serves_is_alive_and_ready(watched: Watched) -> None:
    answer = await watched.get("/health")
    assert (answer.status_code, answer.json()["alive"]) == (200, True)
    assert await watched.reasons() == []
    figures = (await watched.get("/ready")).json()["figures"]
    assert (figures["sequence"], figures["waiting_commands"], figures["clock_behind_ms"]) == (1, 0, 0)
    assert figures["free_disk_bytes"] > 0


@pytest.mark.shows("OPER-005")
async def test_a_site_that_is_not_ready_says_why(
    watched: Watched, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now_ns -= 2_000_000_000
    assert await watched.reasons() == ["clock_behind"]
    clock.now_ns += 2_000_000_000
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 2**62)
    assert await watched.reasons() == ["disk_nearly_full"]
    monkeypatch.undo()
    monkeypatch.setattr(readiness, "MOST_WAITING", -1)
    assert await watched.reasons() == ["commands_waiting"]
    assert "lionrock_ready 0.0" in (await watched.get("/metrics")).text
    monkeypatch.undo()
    assert await watched.reasons() == []
    await watched.site.node.close()
    assert await watched.reasons() == ["node_stopped"]
    answer = await watched.get("/health")
    assert (answer.status_code, answer.json()["alive"]) == (503, False)
    assert "it was closed" in answer.json()["words"]


@pytest.mark.shows("OPER-005")
async def test_commands_that_wait_make_a_site_unready(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MOST_WAITING", 20)
    node = watched.site.node
    sending = [asyncio.ensure_future(node.submit(ListAsset(asset_id=2, decimals=0, code="USD"))) for _ in range(21)]
    await asyncio.sleep(0)
    assert node.waiting == 21
    found = watched.site.probes.readiness()
    assert [reason.code for reason in found.reasons] == ["commands_waiting"]
    assert "21 commands wait for a frame, more than 20" in found.reasons[0].words
    await asyncio.gather(*sending)
    assert await watched.reasons() == []


@pytest.mark.shows("OPER-006")
async def test_metrics_tell_the_figures_to_those_who_may_read_them(watched: Watched) -> None:
    told = (await watched.get("/metrics", "10.9.9.9")).text
    for line in ("lionrock_commands_total 1.0", "lionrock_sequence 1.0", "lionrock_ready 1.0"):
        assert line in told.splitlines()
    for name in ("process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"):
        assert f"\n{name} " in told
    assert "lionrock_free_disk_bytes " in told
    for host in ("192.168.0.1", "11.0.0.1", "::2", ""):
        refused = await watched.get("/metrics", host)
        assert refused.status_code == 403
        assert "lionrock" not in refused.text


@pytest.mark.shows("OPER-005", "OPER-006")
def test_a_server_answers_monitors_without_a_key(tmp_path: Path) -> None:
    server = LiveServer.plain(tmp_path / "site")
    assert [server.get(path).status_code for path in ("/health", "/ready", "/metrics")] == [200, 200, 200]
    assert server.get("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert server.get("/ready").headers["content-type"] == "application/json"
    assert server.http.post("/health").status_code == 404
    assert server.stop() == 0


@pytest.mark.shows("PROJ-015")
def test_metrics_tell_how_far_the_read_models_in_sql_are_behind(tmp_path: Path) -> None:
    site = tmp_path / "site"
    server = LiveServer(site, "--sandbox")

    def lag() -> str:
        lines = server.get("/metrics").text.splitlines()
        return next(line for line in lines if line.startswith("lionrock_views_lag_commands ")).split()[1]

    assert lag() == "NaN"
    followed = subprocess.run(
        [sys.executable, "-m", "lionrock.cli", "views", "run", str(site), "--once"], check=True, capture_output=True
    )
    assert (followed.returncode, lag()) == (0, "0.0")
    server.account(BTC="1")
    assert float(lag()) > 0
    assert server.stop() == 0
