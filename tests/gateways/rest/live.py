"""A real server process, and a client that signs by hand what a library would hide."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import ccxt
import httpx

from tests.programs import PROGRAM, Program

Pairs = list[tuple[str, str]]


class LiveServer:
    """`lionrock serve` on a data directory and a free port; without the process of the read models unless asked for."""

    program: str = PROGRAM
    """The module that runs."""

    def __init__(self, directory: Path, *options: str, with_views: bool = False) -> None:
        self.directory = directory
        self._options = options if with_views else (*options, "--no-views")
        self.start()

    @classmethod
    def plain(cls, directory: Path, *options: str) -> LiveServer:
        """Of a venue without a site and without a sandbox, as earlier versions made them."""
        (directory / "journal").mkdir(parents=True, exist_ok=True)
        return cls(directory, *options)

    def start(self) -> None:
        options = ("--data", str(self.directory), "--port", "0", "--json", *self._options)
        self.process: subprocess.Popen[str] = Program("serve", *options, module=self.program)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        self.url = str(json.loads(line)["url"])
        self.http = httpx.Client(base_url=self.url, timeout=30)

    def kill(self) -> None:
        """As when the power goes."""
        self.http.close()
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        """Asks it to end; the exit code."""
        self.http.close()
        self.process.terminate()
        self.errors = self.process.communicate(timeout=30)[1]
        return self.process.returncode

    def account(self, **fund: str) -> Trader:
        """A new account with these funds."""
        answer = self.http.post("/lionrock/v1/sandbox/accounts", json={"fund": fund})
        assert answer.status_code == 200, answer.text
        return Trader(self, answer.json())

    def get(self, path: str, **parameters: str) -> httpx.Response:
        return self.http.get(path, params=parameters)


class Trader:
    """One account, over raw HTTP and over ccxt."""

    def __init__(self, server: LiveServer, account: dict[str, str]) -> None:
        self.server = server
        self.key, self.secret, self.account_id = account["apiKey"], account["secret"], account["accountId"]

    def ccxt(self) -> Any:
        """An unmodified ccxt client of this account, pointed at the server by its public settings."""
        base = self.server.url
        return ccxt.hashkey(
            {
                "apiKey": self.key,
                "secret": self.secret,
                "enableRateLimit": False,
                "urls": {"api": {"public": base, "private": base}},
            }
        )

    def sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def send(self, method: str, path: str, query: str = "", body: str = "", **headers: str) -> httpx.Response:
        """Exactly these bytes, with the key."""
        return self.server.http.request(
            method,
            path + ("?" + query if query else ""),
            content=body.encode(),
            headers={"X-HK-APIKEY": self.key, "Content-Type": "application/x-www-form-urlencoded", **headers},
        )

    def signed(self, method: str, path: str, **parameters: str) -> httpx.Response:
        """Everything in the query, signed last."""
        return self.signed_pairs(method, path, list(parameters.items()))

    def signed_pairs(self, method: str, path: str, pairs: Pairs, *, form: bool = False) -> httpx.Response:
        text = urlencode([*pairs, ("timestamp", now_ms())])
        text += f"&signature={self.sign(text)}"
        return self.send(method, path, body=text) if form else self.send(method, path, query=text)

    def limit(self, side: str, size: str, price: str, **more: str) -> dict[str, Any]:
        """A limit order on BTCUSDT, GTC unless said otherwise; its reply."""
        answer = self.place(side=side, quantity=size, price=price, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def place(self, path: str = "/api/v1/spot/order", **parameters: str) -> httpx.Response:
        return self.signed("POST", path, **({"symbol": "BTCUSDT", "type": "LIMIT"} | parameters))

    def balances(self) -> dict[str, tuple[str, str]]:
        """Free and locked by asset, without assets of which there is nothing."""
        rows = self.signed("GET", "/api/v1/account").json()["balances"]
        return {row["asset"]: (row["free"], row["locked"]) for row in rows if row["total"] != "0"}

    def open_orders(self) -> list[dict[str, Any]]:
        return list(self.signed("GET", "/api/v1/spot/openOrders").json())


def raw(server: LiveServer, request: bytes) -> bytes:
    """The first bytes of the answer to exactly these bytes."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port or 0), timeout=30) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


_last_ms = 0
_telling = threading.Lock()


def now_ms() -> str:
    """Never the same twice: two requests alike in every letter are one request."""
    global _last_ms  # noqa: PLW0603 the clock is the process's
    with _telling:
        _last_ms = max(time.time_ns() // 1_000_000, _last_ms + 1)
        return str(_last_ms)


def refusal(answer: httpx.Response) -> object:
    """The code of a refusal with status 400."""
    assert answer.status_code == 400, answer.text
    return answer.json()["code"]
