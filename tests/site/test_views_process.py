"""The process of the read models: started with the site, watched by it, ended with it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from lionrock.bench.postgresql_server import postgresql_server
from lionrock.site.configuration import FILE_NAME
from tests.gateways.rest.live import LiveServer, Trader
from tests.views.sql.conftest import new_postgresql

ORDERS = "/lionrock/v1/history/orders"
FLOW, END_OF_DAY = "/api/v1/account/balanceFlow", "/api/v1/account/eodBalance"
PATIENCE_SECONDS = 60


def children(process_id: int) -> list[int]:
    """Processes of the read models that this one started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(") ")[2].split()[1])
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == process_id and b"views\0run" in command:
            found.append(int(path.parent.name))
    return found


def is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def eventually(found: Callable[[], Any]) -> Any:
    """What it gives, as soon as that is true."""
    for _ in range(PATIENCE_SECONDS * 50):
        if result := found():
            return result
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def remarks(server: LiveServer) -> list[str]:
    answer = server.get("/ready")
    assert answer.status_code == 200
    return [remark["code"] for remark in answer.json()["remarks"]]


def newest(trader: Trader) -> dict[str, Any]:
    return dict(trader.signed("GET", ORDERS, order="newest", limit="1").json())


def knows(trader: Trader, order_id: str) -> bool:
    return any(row["id"] == order_id for row in newest(trader).get("rows", []))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "site", "--sandbox", with_views=True)
    yield live
    if live.process.poll() is None:
        assert live.stop() == 0


@pytest.mark.shows("HIST-016")
def test_killed_it_is_started_again(server: LiveServer) -> None:
    trader = server.account(BTC="10")
    [first] = eventually(lambda: children(server.process.pid))
    assert knows(trader, trader.limit("SELL", "1", "50000")["orderId"])
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: remarks(server)) == ["views_not_running"]
    order_id = trader.limit("SELL", "1", "50000")["orderId"]
    [second] = eventually(lambda: [each for each in children(server.process.pid) if each != first])
    assert second != first
    assert eventually(lambda: knows(trader, order_id))
    assert remarks(server) == []
    metrics = server.get("/metrics").text
    assert "lionrock_views_running 1.0" in metrics
    assert "lionrock_views_restarts 1.0" in metrics
    assert "lionrock_views_lag_commands 0.0" in metrics


@pytest.mark.shows("HIST-017")
def test_it_ends_with_the_site(server: LiveServer) -> None:
    [stopped] = eventually(lambda: children(server.process.pid))
    assert server.stop() == 0
    assert not is_running(stopped)
    server.start()
    [orphan] = eventually(lambda: children(server.process.pid))
    server.kill()
    assert eventually(lambda: not is_running(orphan))


@pytest.mark.shows("HIST-017")
def test_one_that_hangs_is_killed_at_a_stop(server: LiveServer) -> None:
    [hanging] = eventually(lambda: children(server.process.pid))
    os.kill(hanging, signal.SIGSTOP)
    assert server.stop() == 0
    assert not is_running(hanging)


@pytest.mark.shows("HIST-017")
def test_a_ctrl_c_at_the_terminal_is_the_sites(server: LiveServer) -> None:
    """It is in a session of its own: the site ends it, so that it is not taken for one that broke."""
    [process] = eventually(lambda: children(server.process.pid))
    assert os.getsid(process) != os.getsid(server.process.pid)
    server.process.send_signal(signal.SIGINT)
    _, told = server.process.communicate(timeout=PATIENCE_SECONDS)
    assert server.process.returncode == 0
    assert "has ended" not in told
    assert not is_running(process)


@pytest.mark.shows("HIST-017")
def test_a_site_without_read_models_starts_no_process(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    server.account(BTC="1")
    assert children(server.process.pid) == []
    assert remarks(server) == []
    assert server.stop() == 0
    assert not (tmp_path / "site" / "views.sqlite").exists()


@pytest.mark.shows("HIST-016")
def test_one_that_cannot_start_is_told_and_keeps_nobody_from_trading(tmp_path: Path) -> None:
    directory = tmp_path / "site"
    directory.mkdir()
    (directory / FILE_NAME).write_text('[views]\ndatabase = "sqlite:////proc/nowhere/views.sqlite"\n')
    server = LiveServer(directory, "--sandbox", "--log-format", "json", with_views=True)
    trader = server.account(BTC="10")
    assert eventually(lambda: "log says why" in server.get("/ready").text)
    assert remarks(server) == ["views_not_running"]
    assert trader.limit("SELL", "1", "50000")["status"] == "NEW"
    assert "nowhere" not in server.get("/ready").text
    server.http.close()
    server.process.terminate()
    _, told = server.process.communicate(timeout=PATIENCE_SECONDS)
    assert server.process.returncode == 0
    lines = [json.loads(line) for line in told.splitlines()]
    assert any("exit code 1: Error: " in json.dumps(line) for line in lines)


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.mark.shows("HIST-018")
def test_connections_that_are_cut_are_made_again(tmp_path: Path, server_url: str) -> None:
    """By the process of the read models, which is not ended by it, and by the site, which reads."""
    url = new_postgresql(server_url)
    directory = tmp_path / "site"
    directory.mkdir()
    (directory / FILE_NAME).write_text(f'[views]\ndatabase = "{url}"\n')
    server = LiveServer(directory, "--sandbox", with_views=True)
    trader = server.account(BTC="1000", USDT="1000000")
    [process] = eventually(lambda: children(server.process.pid))
    assert eventually(lambda: knows(trader, trader.limit("SELL", "0.1", "50000")["orderId"]))
    others = create_engine(server_url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    ids = []
    for _ in range(4):
        ids += [trader.limit("BUY", "0.1", "40000")["orderId"] for _ in range(5)]
        with others.connect() as connection:
            assert connection.execute(cut, {"name": make_url(url).database}).all()
        ids += [trader.limit("BUY", "0.1", "40000")["orderId"] for _ in range(5)]
        assert eventually(partial(knows, trader, ids[-1]))
    others.dispose()
    assert children(server.process.pid) == [process]
    rows = trader.signed("GET", ORDERS, limit="1000").json()["rows"]
    assert [row["id"] for row in rows if row["side"] == "BUY"] == ids
    for parameters in ({}, *({"flowType": kind} for kind in ("1", "2", "51", "900", "904", "906", "910"))):
        assert trader.signed("GET", FLOW, **parameters).status_code == 200
    for kind in ("trade", "deposit", "fiatDeposit", "withdraw", "fiatWithdraw", "transfer", "reversal", "refund"):
        assert trader.signed("GET", FLOW, type=kind).status_code == 200
    assert [row["change"] for row in trader.signed("GET", FLOW).json()] == ["1000000", "1000"]
    assert trader.signed("GET", END_OF_DAY, reportDate="2026-01-01").json()["balances"] == []
    statement = trader.signed("GET", "/lionrock/v1/statements", **{"from": "1", "to": str(10**17), "format": "csv"})
    assert statement.status_code == 200, statement.text
    assert server.stop() == 0
    assert not (directory / "views.sqlite").exists()
