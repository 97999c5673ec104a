"""From HTTP to a handler and back: one look-up in the table, no layers between."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lionrock.gateways.rest.authentication import authenticate, find_key
from lionrock.gateways.rest.contract import Body, Call, Endpoint, Reply, Security, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.parameters import Parameters, parse_urlencoded
from lionrock.node.errors import NodeBusy, NodeStopped

MAX_BODY_BYTES = 64 * 1024
"""Of a body: 20 batched orders with the longest names need a third of it."""

_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class Gateway:
    """The endpoints as one ASGI application."""

    def __init__(self, venue: Venue, endpoints: Iterable[Endpoint]) -> None:
        self._venue = venue
        self._endpoints = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 200
        try:
            body = await _read_body(receive)
            if body is None:
                return
            endpoint = self._endpoint(scope)
            answer = await self._answer(endpoint, self._call(endpoint, scope, body))
        except Refused as refused:
            status, answer = refused.status, refused.body()
        except NodeBusy:
            status, answer = 400, Refused(-2040).body()
        except NodeStopped as stopped:
            # By the contract a status of 500 and above means that the outcome may be unknown.
            known = stopped.outcome_known
            status, answer = (503, Refused(-1101).body()) if known else (500, Refused(-1006).body())
        content_type = _JSON
        if isinstance(answer, Reply):
            status, payload, content_type = answer.status, answer.payload, (b"content-type", answer.content_type)
        else:
            payload = _encode(answer)
        headers = [content_type, (b"content-length", str(len(payload)).encode())]
        if status == 413:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    async def _answer(self, endpoint: Endpoint, call: Call) -> object:
        """Nothing that was read is told before it is certain: not what a read shows, nor why a command is refused."""
        try:
            answer = await endpoint.handler(self._venue, call)
        except Refused:
            if endpoint.shows_state:
                await self._venue.settled()
            raise
        if endpoint.shows_state and endpoint.method == "GET":
            await self._venue.settled()
        return answer

    def _endpoint(self, scope: Scope) -> Endpoint:
        endpoint = self._endpoints.get((scope["method"], scope["path"]))
        if endpoint is None:
            raise Refused(404, scope["path"][1:200], status=404)
        return endpoint

    def _call(self, endpoint: Endpoint, scope: Scope, body: bytes) -> Call:
        query: bytes = scope["query_string"]
        values = parse_urlencoded(query)
        if body and endpoint.body is Body.FORM:
            values = parse_urlencoded(body) | values
        parameters = Parameters(values)
        if endpoint.security is Security.NONE:
            client = scope.get("client")
            return Call(parameters, body, None, client[0] if client else "")
        unsigned = endpoint.security is Security.USER_STREAM and "signature" not in values
        credential = (find_key if unsigned else authenticate)(
            self._venue.keys,
            endpoint,
            access_key=_header(scope, b"x-hk-apikey"),
            query=query,
            body=body,
            parameters=parameters,
            now_ms=self._venue.now_ms(),
        )
        if credential.account_id not in self._venue.catalogue.accounts:
            raise Refused("0102")
        return Call(parameters, body, credential)


def _header(scope: Scope, name: bytes) -> str:
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return ""


async def _read_body(receive: Receive) -> bytes | None:
    """None when the client went away. Raises `Refused` for a body above `MAX_BODY_BYTES`."""
    message = await receive()
    if message["type"] != "http.request":
        return None
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            break
    if len(body) > MAX_BODY_BYTES:
        raise Refused(-1004, status=413)
    return body


def application(venue: Venue, endpoints: Iterable[Endpoint], streams: ASGIApp | None = None) -> ASGIApp:
    """The application to serve. Whatever goes wrong inside is logged and answered as the contract's internal error.

    `streams` gets the WebSocket connections.
    """
    rest = ServerErrorMiddleware(Gateway(venue, endpoints), handler=_internal_error)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and streams is not None:
            await streams(scope, receive, send)
        else:
            await rest(scope, receive, send)

    return dispatch


async def _internal_error(_request: Request, _error: Exception) -> Response:
    return Response(_encode(Refused(-1001).body()), status_code=500, media_type="application/json")
