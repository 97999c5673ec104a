"""A sandbox's accounts: funded whole or not opened, and told how from the command line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.site import sandbox
from lionrock.site.site import Site
from tests.gateways.rest.live import LiveServer
from tests.site.certificates import make_pair

PROGRAM = [sys.executable, "-m", "lionrock.cli"]


@pytest.mark.shows("REST-022")
async def test_accounts_asked_for_at_once_are_funded_whole_or_not_opened(tmp_path: Path) -> None:
    """Two of these amounts fit under the limit of an asset's supply, four do not."""
    site = await Site.open(tmp_path / "site", time.time_ns, os.urandom)
    await sandbox.seed(site)
    before = len(site.catalogue.accounts)
    served = application(site.venue(sandbox.PROFILE), ENDPOINTS + sandbox.ENDPOINTS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://site") as client:
        fund = {"HKD": "1", "ETH": "30000000000"}
        requests = [client.post("/lionrock/v1/sandbox/accounts", json={"fund": fund}) for _ in range(8)]
        answers = await asyncio.gather(*requests)
    taken = [answer.json() for answer in answers if answer.status_code == 200]
    refused = [answer.json() for answer in answers if answer.status_code == 400]
    assert len(taken) + len(refused) == 8
    assert taken
    assert {refusal["lionrock"]["name"] for refusal in refused} == {"asset_supply_above_limit"}
    assert len(site.catalogue.accounts) == before + len(taken)
    for account in taken:
        balances = {
            asset_id: available for asset_id, available, _ in site.node.engine.balances(int(account["accountId"]))
        }
        assert balances == {2: 3 * 10**18, 5: 10**8}
    await site.close()


@pytest.mark.shows("REST-022")
def test_account_waits_for_a_server_that_is_just_starting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    url = f"http://127.0.0.1:{port}/"
    asking = subprocess.Popen(
        [*PROGRAM, "sandbox", "account", "--url", url, "--fund", "BTC=1", "--wait", "60", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert asking.stderr is not None
    assert "waiting up to 60 s" in asking.stderr.readline()
    serving = subprocess.Popen([*PROGRAM, "serve", "--sandbox", "--data", str(tmp_path / "site"), "--port", port])
    try:
        output, _ = asking.communicate(timeout=90)
        assert asking.returncode == 0
        assert sorted(json.loads(output)) == ["accountId", "apiKey", "secret"]
    finally:
        serving.terminate()
        assert serving.wait(30) == 0


@pytest.mark.shows("REST-022")
def test_an_impossible_deposit_is_told_in_words_of_a_deposit(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    told = CliRunner().invoke(app, ["sandbox", "account", "--url", server.url, "--fund", "BTC=1e30"])
    assert told.exit_code == 1
    assert "Custody would owe" in told.output
    assert "quantity" not in told.output
    told = CliRunner().invoke(app, ["sandbox", "account", "--url", server.url, "--fund", "XYZ=1", "--fund", "BTC=1"])
    assert told.exit_code == 1
    assert "no XYZ here; there are " in told.output
    assert "BTC" in told.output.partition("there are ")[2]
    assert server.stop() == 0


@pytest.mark.shows("REST-022")
def test_a_certificate_that_nobody_vouches_for_is_said_at_once(tmp_path: Path) -> None:
    certificate, key = make_pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener, context.wrap_socket(listener, server_side=True) as secured:

        def answer() -> None:
            with contextlib.suppress(OSError):
                secured.accept()

        answering = threading.Thread(target=answer)
        answering.start()
        url = f"https://127.0.0.1:{secured.getsockname()[1]}"
        told = CliRunner().invoke(app, ["sandbox", "account", "--url", url, "--wait", "600"])
        answering.join()
    assert told.exit_code == 1
    assert "SSL_CERT_FILE=" in told.output
    assert "waiting" not in told.output


def test_a_sandbox_for_the_whole_network_is_warned_about(tmp_path: Path) -> None:
    for host, warned in ((str(IPv4Address(0)), True), ("127.0.0.1", False), ("localhost", False)):
        serving = subprocess.Popen(
            [*PROGRAM, "serve", "--sandbox", "--host", host, "--data", str(tmp_path / "site"), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert serving.stdout is not None
        assert serving.stdout.readline()
        serving.terminate()
        _, errors = serving.communicate(timeout=30)
        assert ("Warning: a sandbox gives accounts to all" in errors) is warned, host


def test_version_is_told() -> None:
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output.split()[0]) == (0, "lionrock")
