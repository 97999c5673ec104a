"""A small client of the public API, as anybody might write one: sign, send, read the answer."""

from __future__ import annotations

import hashlib
import hmac
import http.client
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec


class RefusedByVenueError(Exception):
    """The venue answered with an error body. `code` is the contract's, `status` the HTTP status."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        told = body.get("lionrock") or {}
        super().__init__(f"{body.get('code')}: {told.get('words') or body.get('msg')}")
        self.status = status
        self.code = str(body.get("code"))
        self.body = body


class Connection:
    """One kept-alive connection, used one request after the other. Raises `OSError` when the venue is gone."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._http = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=30)

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Any:
        """The decoded JSON answer. Raises `RefusedByVenueError` when the status is not 200."""
        try:
            self._http.request(method, path, body=body, headers=headers or {})
            response = self._http.getresponse()
            answer = msgspec.json.decode(response.read())
        except (http.client.HTTPException, msgspec.DecodeError) as error:
            raise ConnectionError(f"the venue's answer breaks off: {error}") from error
        if response.status != 200:
            raise RefusedByVenueError(response.status, answer)
        return answer

    def close(self) -> None:
        self._http.close()


class Trader:
    """One account's key on a connection. `clock_ms` gives Unix milliseconds."""

    def __init__(self, connection: Connection, api_key: str, secret: str, clock_ms: Callable[[], int]) -> None:
        self.connection = connection
        self._headers = {"X-HK-APIKEY": api_key}
        self._secret = secret.encode()
        self._clock_ms = clock_ms
        self._last_ms = 0

    @classmethod
    def open(cls, connection: Connection, fund: Mapping[str, str], clock_ms: Callable[[], int]) -> Trader:
        """A new account at a sandbox, with these amounts by asset code. Raises as `Connection.call`."""
        account = connection.call(
            "POST",
            "/lionrock/v1/sandbox/accounts",
            {"Content-Type": "application/json"},
            msgspec.json.encode({"fund": fund}),
        )
        return cls(connection, account["apiKey"], account["secret"], clock_ms)

    @property
    def key(self) -> tuple[str, str]:
        """API key and secret, to be printed for somebody else's program."""
        return self._headers["X-HK-APIKEY"], self._secret.decode()

    def signed(self, method: str, path: str, **parameters: str | int) -> Any:
        """Call a signed endpoint with its parameters in the query. Raises as `Connection.call`."""
        # Two requests alike in every letter are one to the venue, so no two are signed for the same millisecond.
        self._last_ms = max(self._clock_ms(), self._last_ms + 1)
        query = urlencode(parameters | {"timestamp": self._last_ms})
        signature = hmac.new(self._secret, query.encode(), hashlib.sha256).hexdigest()
        return self.connection.call(method, f"{path}?{query}&signature={signature}", self._headers)

    def signed_json(self, method: str, path: str, body: object) -> Any:
        """The same with a JSON body, which the contract leaves out of the signed text."""
        query = urlencode({"timestamp": self._clock_ms()})
        signature = hmac.new(self._secret, query.encode(), hashlib.sha256).hexdigest()
        headers = self._headers | {"Content-Type": "application/json"}
        return self.connection.call(method, f"{path}?{query}&signature={signature}", headers, msgspec.json.encode(body))

    def own(self, method: str, path: str, body: object) -> Any:
        """The same for the venue's own interface, where the body is signed behind the query."""
        query = urlencode({"timestamp": self._clock_ms()})
        told = msgspec.json.encode(body)
        signature = hmac.new(self._secret, query.encode() + told, hashlib.sha256).hexdigest()
        headers = self._headers | {"Content-Type": "application/json"}
        return self.connection.call(method, f"{path}?{query}&signature={signature}", headers, told)
