"""A stop under load: nothing that was acknowledged is lost, and the next start has nothing to replay."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from lionrock.journal.closing import MARK_NAME
from tests.gateways.rest.live import LiveServer, Trader, now_ms
from tests.site.test_failing import started_and_stopped

SENDERS = 4
PATIENT = (
    "from lionrock.site import serve; serve.PATIENCE_SECONDS = serve.CLIENT_PATIENCE_SECONDS = 3600; "
    "from lionrock.cli import main; main()"
)
"""A server that would wait an hour for its clients."""


class Load:
    """Senders that place orders until the server hangs up; what was acknowledged, in the order it was."""

    def __init__(self, trader: Trader) -> None:
        self.acknowledged: list[str] = []
        self._trader = trader
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        with httpx.Client(base_url=self._trader.server.url, timeout=30) as client:
            while True:
                text = self._order()
                try:
                    answer = client.post(f"/api/v1/spot/order?{text}", headers={"X-HK-APIKEY": self._trader.key})
                except httpx.TransportError:
                    return
                if answer.status_code != 200:
                    assert answer.status_code in {500, 503}
                    return
                self.acknowledged.append(answer.json()["orderId"])
                if len(self.acknowledged) > 100:
                    self._enough.set()

    def _order(self) -> str:

        text = f"symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=0.001&price=50000&timestamp={now_ms()}"
        return f"{text}&signature={self._trader.sign(text)}"

    def wait_until_it_runs(self) -> None:
        assert self._enough.wait(timeout=60)

    def end(self) -> None:
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()


def assert_all_is_there(trader: Trader, load: Load) -> None:
    """The next start replays nothing, and has every acknowledged order."""
    directory = trader.server.directory
    assert (directory / "journal" / MARK_NAME).exists()
    assert list((directory / "snapshots").glob("*.snapshot"))
    ready, errors = started_and_stopped(directory, "--sandbox", "--json")
    assert errors == []
    told = json.loads(ready)
    assert (told["replayed_commands"], told["replayed_frames"], told["last_write_cut_short"]) == (0, 0, False)
    assert told["snapshot_sequence"] >= len(load.acknowledged)
    trader.server.start()
    for order_id in load.acknowledged:
        answer = trader.signed("GET", "/api/v1/spot/order", orderId=order_id)
        assert (answer.status_code, answer.json()["status"]) == (200, "NEW")
    assert trader.server.stop() == 0


@pytest.mark.shows("OPER-008")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_stop_under_load_loses_nothing_and_leaves_a_snapshot(tmp_path: Path, number: signal.Signals) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    trader = server.account(BTC="1000")
    load = Load(trader)
    load.wait_until_it_runs()
    server.process.send_signal(number)
    _, errors = server.process.communicate(timeout=30)
    load.end()
    server.http.close()
    assert (server.process.returncode, errors) == (0, "")
    assert_all_is_there(trader, load)


class PatientServer(LiveServer):
    """Waits for its clients as good as for ever."""

    def start(self) -> None:
        if hasattr(self, "process"):
            super().start()
            return
        arguments = ["serve", "--sandbox", "--data", str(self.directory), "--port", "0", "--json"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PATIENT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = str(json.loads(self.process.stdout.readline())["url"])
        self.http = httpx.Client(base_url=self.url, timeout=30)


@pytest.mark.shows("OPER-009")
def test_a_second_request_to_stop_waits_for_nobody_and_loses_nothing(tmp_path: Path) -> None:
    server = PatientServer(tmp_path / "site", "--sandbox")
    trader = server.account(BTC="1000")
    load = Load(trader)
    address = urlsplit(server.url)
    head = b"POST /api/v1/spot/order HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((address.hostname, address.port or 0), timeout=30) as connection:
        connection.sendall(head)
        assert b"100 Continue" in connection.recv(65_536)
        load.wait_until_it_runs()
        server.process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.communicate(timeout=2)
        server.process.terminate()
        _, errors = server.process.communicate(timeout=30)
    load.end()
    server.http.close()
    assert (server.process.returncode, "Traceback" in errors) == (0, False), errors
    assert_all_is_there(trader, load)
