"""What a connection may cost: the size of a request's head, the time a request takes to arrive, how many at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lionrock.gateways.rest import connections
from lionrock.gateways.rest.connections import MAX_HEAD_BYTES, BoundedProtocol
from tests.gateways.rest.live import LiveServer, raw

pytestmark = pytest.mark.shows("REST-024")

PING = b"GET /api/v1/ping HTTP/1.1\r\nHost: a\r\n\r\n"
LAST_PING = PING.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Answers with the length of the body, once it may."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length, more = 0, True
        while more:
            message = await receive()
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
        await self.go.wait()
        await Response(f"{length} bytes")(scope, receive, send)


@asynccontextmanager
async def serving(app: Echo) -> AsyncIterator[Callable[[], Awaitable[Client]]]:
    """Gives a function that opens a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=BoundedProtocol, ws="none", lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        port = listener.getsockname()[1]
        opened: list[asyncio.StreamWriter] = []

        async def connect() -> Client:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            opened.append(writer)
            return reader, writer

        yield connect
        for writer in opened:
            writer.close()
        server.should_exit = True
        await serving


async def answer_to(client: Client, *pieces: bytes) -> bytes:
    """All that comes back until the server closes, however much of this it takes."""
    reader, writer = client
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
    answer = b""
    with contextlib.suppress(ConnectionError):
        while more := await reader.read(65_536):
            answer += more
    return answer


def code_of(answer: bytes) -> object:
    return json.loads(answer.partition(b"\r\n\r\n")[2])["code"]


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([b"GET /?", *[b"a" * 20_000] * 200], b"414"),
        ([b"GET /?" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n"], b"414"),
        ([b"GET / HTTP/1.1\r\n", *[b"X: " + b"a" * 20_000 + b"\r\n"] * 200], b"431"),
        ([b"GET / HTTP/1.1\r\nX: ", *[b"a" * 20_000] * 200], b"431"),
        ([b"GET / HTTP/1.1\r\n", *[b"a" * 20_000] * 200], b"431"),
        ([*[b"\r\n" * 10_000] * 200], b"431"),
        ([b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n"], b"431"),
        ([b"not HTTP\r\n\r\n"], b"400"),
    ],
    ids=["address", "address at once", "headers", "value", "name", "blank lines", "headers at once", "not HTTP"],
)
async def test_a_head_beyond_the_limit_is_refused_and_closed(pieces: list[bytes], status: bytes) -> None:
    async with serving(Echo()) as connect:
        answer = await answer_to(await connect(), *pieces)
        # A client that is still sending may find the connection reset before it reads.
        assert answer.startswith(b"HTTP/1.1 " + status) or (not answer and len(pieces) > 1)
        assert not answer or code_of(answer) == -1004
        assert (await answer_to(await connect(), LAST_PING)).endswith(b"0 bytes")


async def test_a_head_within_the_limit_and_many_requests_are_answered() -> None:
    padded = b"POST /?%b HTTP/1.1\r\nHost: a\r\nX: %b\r\nContent-Length: 60000\r\n\r\n%b"
    request = padded % (b"a" * 30_000, b"b" * 30_000, b"c" * 60_000)
    async with serving(Echo()) as connect:
        reader, writer = await connect()
        for _ in range(5):
            writer.write(request)
            assert b"60000 bytes" in await reader.readuntil(b"60000 bytes")
        writer.write(request * 3)
        for _ in range(3):
            await reader.readuntil(b"60000 bytes")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
        PING + b"GET / HTTP",
    ],
    ids=["nothing", "a blank line", "half a head", "half a body", "half a second request"],
)
async def test_a_request_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "ARRIVAL_SECONDS", 0.1)
    async with serving(Echo()) as connect:
        answer = await answer_to(await connect(), sent)
    assert answer.count(b"HTTP/1.1 200") == sent.count(PING)
    assert b"HTTP/1.1 408" in answer


async def test_a_request_that_arrived_is_given_the_time_its_answer_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ARRIVAL_SECONDS", 0.05)
    app = Echo()
    app.go.clear()
    async with serving(app) as connect:
        reader, writer = await connect()
        writer.write(PING + b"\r\n")
        await asyncio.sleep(0.3)
        app.go.set()
        assert (await reader.readuntil(b"0 bytes")).startswith(b"HTTP/1.1 200")


async def test_connections_beyond_the_limit_are_told_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    async with serving(Echo()) as connect:
        held = [await connect() for _ in range(3)]
        for reader, writer in held:
            writer.write(PING)
            await reader.readuntil(b"0 bytes")
        refused = await answer_to(await connect())
        assert refused.startswith(b"HTTP/1.1 503")
        assert code_of(refused) == -2040
        writer.close()
        answers = [b""]
        while not answers[-1].startswith(b"HTTP/1.1 200"):  # the place is free once the server has seen it close
            answers.append(await answer_to(await connect(), LAST_PING))


def test_the_program_serves_within_these_limits(server: LiveServer) -> None:
    answer = raw(server, b"GET /api/v1/ping?x=" + b"1" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (answer[:12], code_of(answer)) == (b"HTTP/1.1 414", -1004)
    assert server.get("/api/v1/ping").json() == {}
