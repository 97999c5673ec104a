"""The program: starting, stopping, and what it says when it cannot."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from lionrock.cli import app
from tests.gateways.rest.live import LiveServer, now_ms
from tests.programs import run


@pytest.mark.shows("REST-021")
def test_a_directory_and_an_address_are_served_once(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    port = server.url.rpartition(":")[2]
    same_directory = run("serve", "--data", str(tmp_path / "site"), "--port", "0")
    assert same_directory.returncode == 1
    assert same_directory.stderr.startswith("Error: ")
    assert "is in use by process" in same_directory.stderr
    same_port = run("serve", "--data", str(tmp_path / "other"), "--port", port)
    assert same_port.returncode == 1
    assert "Address already in use" in same_port.stderr
    for answer in (same_directory, same_port):
        assert "Traceback" not in answer.stderr
        assert answer.stdout == ""
    assert server.get("/api/v1/ping").json() == {}
    assert server.stop() == 0
    server.start()
    assert server.stop() == 0


@pytest.mark.shows("REST-021")
def test_a_name_that_was_mistyped_makes_no_venue(tmp_path: Path) -> None:
    (tmp_path / "stuff").mkdir()
    (tmp_path / "stuff" / "hello").write_text("hello")
    (tmp_path / "file").write_text("hello")
    for name in ("dta", "stuff"):
        refused = run("serve", "--data", f"{tmp_path / name}", "--port", "0")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"is no data directory of a site: make one with `lionrock init {tmp_path / name} " in refused.stderr
    for options in ((), ("--sandbox",), ("--site", "hk")):
        refused = run("serve", "--data", f"{tmp_path / 'file'}", "--port", "0", *options)
        assert (refused.returncode, "file is no directory" in refused.stderr) == (1, True)
    for options in (("--sandbox",), ("--site", "hk")):
        refused = run("serve", "--data", f"{tmp_path / 'stuff'}", "--port", "0", *options)
        assert (refused.returncode, "stuff holds other things, hello among them" in refused.stderr) == (1, True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "hello", "stuff"]


@pytest.mark.shows("REST-021")
def test_a_stop_finishes_what_is_being_answered(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    trader = server.account(BTC="1")
    body = f"symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=50000&timestamp={now_ms()}"
    body += f"&signature={trader.sign(body)}"
    head = f"POST /api/v1/spot/order HTTP/1.1\r\nHost: a\r\nX-HK-APIKEY: {trader.key}\r\n"
    head += f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    server.http.close()
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port or 0), timeout=30) as connection:
        connection.sendall(head.encode())
        assert b"100 Continue" in connection.recv(65_536)
        server.process.terminate()
        while is_listening(address.port or 0):
            pass
        connection.sendall(body.encode())
        assert b"200 OK" in connection.recv(65_536)
    assert server.stop() == 0
    server.start()
    assert [row["price"] for row in trader.open_orders()] == ["50000"]
    assert server.stop() == 0


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        return False
    return True


@pytest.mark.shows("REST-022")
def test_an_ordinary_site_gives_no_accounts(tmp_path: Path) -> None:
    server = LiveServer.plain(tmp_path / "site")
    assert server.http.post("/lionrock/v1/sandbox/accounts", json={"fund": {}}).status_code == 404
    assert server.get("/api/v1/exchangeInfo").json()["symbols"] == []
    refused = run("sandbox", "account", "--url", server.url)
    assert (refused.returncode, "--sandbox" in refused.stderr) == (1, True)
    assert server.stop() == 0


@pytest.mark.shows("REST-022")
def test_sandbox_account_from_the_command_line(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    made = run("sandbox", "account", "--url", server.url, "--fund", "BTC=10", "--fund", "USDT=1000000", "--json")
    assert made.returncode == 0, made.stderr
    account = json.loads(made.stdout)
    assert sorted(account) == ["accountId", "apiKey", "secret"]
    assert "API key" in run("sandbox", "account", "--url", server.url).stdout
    for fund in ("BTC", "BTC=", "BTC=-1", "BTC=0", "BTC=1e99", "DOGE=1", "BTC=0.000000001"):
        refused = run("sandbox", "account", "--url", server.url, "--fund", fund)
        assert (refused.returncode, refused.stdout) == (1, ""), fund
        assert refused.stderr.startswith("Error: ")
    twice = run("sandbox", "account", "--url", server.url, "--fund", "BTC=1", "--fund", "BTC=2")
    assert twice.returncode == 1
    for body in (b"", b"[]", b'{"fund": 3}', b'{"fund": {"BTC": 1}}', b"\xff", b"{" * 9999):
        answer = server.http.post("/lionrock/v1/sandbox/accounts", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "0001"), body
    assert server.stop() == 0
    nobody = run("sandbox", "account", "--url", server.url, "--wait", "0")
    assert (nobody.returncode, "does not answer" in nobody.stderr) == (1, True)


@pytest.mark.shows("REST-007")
def test_no_file_of_the_site_holds_a_secret_in_the_clear(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    trader = server.account(BTC="1")
    trader.limit("SELL", "1", "50000")
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert any(trader.key.encode() in path.read_bytes() for path in files)
    for path in files:
        assert trader.secret.encode() not in path.read_bytes(), path
        assert bytes.fromhex(trader.secret) not in path.read_bytes(), path
    assert (tmp_path / "site" / "master.key").stat().st_mode & 0o777 == 0o600
    assert server.stop() == 0
    (tmp_path / "site" / "master.key").chmod(0o644)
    refused = run("serve", "--data", str(tmp_path / "site"), "--port", "0")
    assert (refused.returncode, "chmod 600" in refused.stderr) == (1, True)
    (tmp_path / "site" / "master.key").chmod(0o600)
    (tmp_path / "site" / "master.key").write_bytes(bytes(32))
    refused = run("serve", "--data", str(tmp_path / "site"), "--port", "0")
    assert (refused.returncode, "does not open with this master key" in refused.stderr) == (1, True)


def test_program_without_a_command_prints_help() -> None:
    result = CliRunner().invoke(app, [])
    assert "serve" in result.output
    assert "sandbox" in result.output


def test_port_of_another_family_is_told(tmp_path: Path) -> None:
    refused = run("serve", "--data", str(tmp_path), "--host", "256.1.1.1", "--port", "0")
    assert (refused.returncode, "no address to serve at" in refused.stderr) == (1, True)
    if socket.has_ipv6:
        server = LiveServer.plain(tmp_path / "site", "--host", "::1")
        assert server.url.startswith("http://[::1]:")
        assert server.get("/api/v1/ping").json() == {}
        assert server.stop() == 0
