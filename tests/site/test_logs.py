"""What a site writes about itself, and what it never writes."""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from lionrock.gateways.rest.contract import Call, Endpoint, Security, Venue
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.site.logs import LogFormat, start_logging
from tests.gateways.rest.live import LiveServer
from tests.programs import run

SECRET = "wish-upon-a-star"


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """What was written to standard error."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = []
    for name in ("uvicorn", "uvicorn.error"):  # a server of another test may have set them up in its own way
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before
    root.setLevel(level)


def fail(error: Exception) -> None:
    raise error


@pytest.mark.shows("OPER-007")
def test_lines_of_json_have_time_level_place_and_message(logged: Callable[[], str]) -> None:
    start_logging(LogFormat.JSON)
    logging.getLogger("lionrock.node").warning("%d bytes\nare missing", 7)
    logging.getLogger("lionrock.node").info("nothing happened")
    try:
        fail(OSError(28, "No space left"))
    except OSError:
        logging.getLogger("lionrock.journal").exception("the disk")
    first, second = (json.loads(line) for line in logged().splitlines())
    assert (first["level"], first["logger"], first["message"]) == ("WARNING", "lionrock.node", "7 bytes\nare missing")
    assert first["time"].endswith("+00:00")
    assert "No space left" in second["exception"]


@pytest.mark.shows("OPER-007")
@pytest.mark.parametrize("log_format", LogFormat)
def test_what_the_http_server_reports_has_no_message_of_an_exception(
    logged: Callable[[], str], log_format: LogFormat
) -> None:
    start_logging(log_format)
    try:
        fail(ValueError(SECRET))
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    logging.getLogger("uvicorn.error").error("without one")
    told = logged()
    assert SECRET not in told
    assert "ValueError" in told
    assert "test_logs.py" in told
    assert "without one" in told


async def break_down(venue: Venue, call: Call) -> object:
    raise RuntimeError(f"{call.parameters.text('secret')} was not expected")


@pytest.mark.shows("OPER-007")
@pytest.mark.parametrize("log_format", LogFormat)
def test_no_secret_gets_into_the_log_of_a_server(tmp_path: Path, log_format: LogFormat) -> None:
    program = (
        "from lionrock.site import serve; from lionrock.cli import main; from tests.site.test_logs import BROKEN; "
        "serve.ENDPOINTS += BROKEN; main()"
    )
    server = BrokenServer(tmp_path / "site", program, log_format)
    trader = server.account(BTC="3")
    secrets = [trader.key, trader.secret, SECRET]
    trader.limit("SELL", "1", "50000", clientOrderId=SECRET)
    trader.place(side="SELL", quantity=SECRET, price=SECRET, clientOrderId=SECRET)
    trader.send("POST", "/api/v1/spot/order", query=f"signature={trader.secret}", body=f"{SECRET}={trader.secret}")
    trader.send("GET", f"/{SECRET}", **{"X-Other": trader.secret})
    server.http.post("/lionrock/v1/sandbox/accounts", content=f'{{"fund": "{SECRET}"}}'.encode())
    answer = server.get("/broken", secret=SECRET, key=trader.key, signature=trader.secret)
    assert (answer.status_code, answer.json()["code"]) == (500, -1001)
    server.http.close()  # the server has hung up after such an error
    server.http = httpx.Client(base_url=server.url, timeout=30)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
    trader.place(side="SELL", quantity="1", price="50001", clientOrderId=SECRET)
    _, told = server.process.communicate(timeout=30)
    server.http.close()
    assert server.process.returncode == 1
    assert "RuntimeError" in told
    assert "The node has stopped" in told
    for secret in secrets:
        assert secret not in told
    if log_format is LogFormat.JSON:
        assert {json.loads(line)["level"] for line in told.splitlines()} == {"ERROR", "CRITICAL"}


BROKEN = (Endpoint("GET", "/broken", Security.NONE, 1, break_down, "It breaks down"),)


class BrokenServer(LiveServer):
    """A server with an endpoint that meets an error nobody expected."""

    def __init__(self, directory: Path, program: str, log_format: LogFormat) -> None:
        self._program, self._log_format = program, log_format
        super().__init__(directory)

    def start(self) -> None:
        arguments = ["serve", "--sandbox", "--data", str(self.directory), "--port", "0", "--json"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", self._program, *arguments, "--log-format", self._log_format],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        self.url = str(json.loads(line)["url"])
        self.http = httpx.Client(base_url=self.url, timeout=30)


def test_the_broken_endpoint_is_of_this_test_alone() -> None:
    assert not {endpoint.path for endpoint in BROKEN} & {endpoint.path for endpoint in ENDPOINTS}


@pytest.mark.shows("OPER-007")
def test_a_refused_start_is_a_line_of_json_as_well(tmp_path: Path) -> None:
    (tmp_path / "lionrock.toml").write_text("[nothing]\n")
    ended = run("serve", "--data", str(tmp_path), "--port", "0", "--log-format", "json")
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert json.loads(line)["message"].endswith("there is no setting nothing")
