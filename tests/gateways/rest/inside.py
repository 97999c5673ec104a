"""A whole site in this process, on a clock that the test sets, asked over ASGI from whatever address."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from lionrock.gateways.rest.authentication import SESSION_COOKIE
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.site import sandbox
from lionrock.site.site import Site

START_NS = 1_800_000_000_000_000_000
SECOND = 1_000_000_000
PASSWORD = "correct horse battery staple"


class Inside:
    """The site and its clock."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now_ns = START_NS
        self.profile = sandbox.PROFILE

    def pass_time(self, seconds: int) -> None:
        self.now_ns += seconds * SECOND

    def clock(self) -> int:
        self.now_ns += 1_000_000  # so that nothing is signed twice in one millisecond
        return self.now_ns

    @asynccontextmanager
    async def open(self, *, is_sandbox: bool = True) -> AsyncIterator[Inside]:
        self.site = await Site.open(self.directory, self.clock, os.urandom)
        try:
            await sandbox.seed(self.site)
            self.venue = self.site.venue(self.profile, is_sandbox=is_sandbox)
            self.now_ns += SECOND
            self.app = application(self.venue, (*ENDPOINTS, *sandbox.ENDPOINTS))
            yield self
        finally:
            await self.site.close()

    async def request(
        self, method: str, path: str, body: bytes = b"", *, host: str = "192.0.2.1", **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(self.app, client=(host, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            return await client.request(method, path, content=body, headers=named)

    async def post(self, path: str, told: object, **headers: str) -> httpx.Response:
        return await self.send("POST", path, told, **headers)

    async def send(self, method: str, path: str, told: object = None, **headers: str) -> httpx.Response:
        body = b"" if told is None else httpx.Request("POST", "http://a", json=told).content
        return await self.request(method, path, body, **({"content_type": "application/json"} | headers))

    async def account(self, **fund: str) -> Key:
        answer = await self.post("/lionrock/v1/sandbox/accounts", {"fund": fund})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return Key(self, told["apiKey"], told["secret"], int(told["accountId"]))

    async def user(self, name: str = "ann@example.com", password: str = PASSWORD) -> None:
        answer = await self.post("/lionrock/v1/users", {"signInName": name, "password": password})
        assert answer.status_code == 200, answer.text

    async def sign_in(self, name: str = "ann@example.com", password: str = PASSWORD, code: str = "") -> Browser:
        answer = await self.post(
            "/lionrock/v1/sessions", {"signInName": name, "password": password} | ({"code": code} if code else {})
        )
        assert answer.status_code == 200, answer.text
        return Browser(self, answer)


class Key:
    """An API key that signs by HMAC."""

    def __init__(self, inside: Inside, key: str, secret: str, account_id: int) -> None:
        self.inside, self.key, self.secret, self.account_id = inside, key, secret, account_id

    def sign(self, text: bytes) -> str:
        return hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()

    def query(self, body: bytes = b"", /, **parameters: str) -> str:
        query = urlencode({**parameters, "timestamp": str(self.inside.now_ns // 1_000_000)})
        return f"{query}&signature={self.sign(query.encode() + body)}"

    async def signed(
        self, method: str, path: str, told: object = None, host: str = "192.0.2.1", **parameters: str
    ) -> httpx.Response:
        body = b"" if told is None else httpx.Request("POST", "http://a", json=told).content
        return await self.send(method, path, self.query(body, **parameters), body, host=host)

    async def send(self, method: str, path: str, query: str, body: bytes = b"", **more: str) -> httpx.Response:
        return await self.inside.request(method, f"{path}?{query}", body, **({"x_hk_apikey": self.key} | more))

    def another(self, made: dict[str, Any]) -> Key:
        return Key(self.inside, made["apiKey"], made["secret"], self.account_id)


class Browser:
    """A session: its cookie and its token against forgery."""

    def __init__(self, inside: Inside, answer: httpx.Response) -> None:
        self.inside, self.signed_in = inside, answer.json()
        self.set_cookie = answer.headers["set-cookie"]
        self.token = self.set_cookie.partition(";")[0].partition("=")[2]

    async def send(self, method: str, path: str, told: object = None, **headers: str) -> httpx.Response:
        given = {"cookie": f"{SESSION_COOKIE}={self.token}", "x_lionrock_csrf": self.signed_in["csrfToken"]}
        return await self.inside.send(method, f"/lionrock/v1/{path}", told, **(given | headers))

    async def done(self, method: str, path: str, told: object = None, **headers: str) -> Any:
        answer = await self.send(method, path, told, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


def stored(directory: Path) -> bytes:
    """Every byte of a data directory."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def said(answer: httpx.Response) -> tuple[object, object]:
    """Code and words of a refusal with status 400."""
    assert answer.status_code == 400, answer.text
    return answer.json()["code"], answer.json()["msg"]


def code_of(answer: httpx.Response, status: int = 400) -> object:
    assert answer.status_code == status, answer.text
    return answer.json()["code"]


def reason_of(answer: httpx.Response, status: int = 400) -> object:
    """The name of what went wrong, as our own refusals carry it."""
    assert answer.status_code == status, answer.text
    return answer.json()["lionrock"]["name"]
