"""From HTTP to a handler and back: one look-up in the table, no layers between."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from lionrock.gateways.rest.authentication import authenticate, find_key
from lionrock.gateways.rest.contract import Body, Call, Endpoint, Reply, Security, Venue
from lionrock.gateways.rest.direct import MAX_BODY_BYTES, Response
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.idempotency import Once, idempotency_key
from lionrock.gateways.rest.parameters import Parameters, parse_json_object, parse_urlencoded
from lionrock.gateways.rest.reasons import refused_body
from lionrock.node.errors import NodeBusy, NodeStopped

_log = logging.getLogger(__name__)

_JSON = (b"content-type", b"application/json")
_NO_HEADERS: tuple[tuple[bytes, bytes], ...] = ()
_encode = msgspec.json.Encoder().encode


class Gateway:
    """The endpoints as one ASGI application."""

    def __init__(self, venue: Venue, endpoints: Iterable[Endpoint], streams: ASGIApp | None = None) -> None:
        self._venue, self._streams = venue, streams
        self._once = Once()
        self._endpoints = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same over ASGI, and what is not HTTP."""
        if scope["type"] == "websocket" and self._streams is not None:
            await self._streams(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return
        too_large = len(body) > MAX_BODY_BYTES
        status, headers, payload = self.too_large(scope) if too_large else await self.respond(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    async def respond(self, scope: Scope, body: bytes) -> Response:
        """The answer to a whole request. What goes wrong is logged and told as the contract's internal error."""
        try:
            return _response(200, await self._carried_out(scope, body))
        except Refused as refused:
            return _refusal(scope, refused)
        except NodeBusy:
            return _refusal(scope, Refused(-2040))
        except NodeStopped as stopped:
            # By the contract a status of 500 and above means that the outcome may be unknown.
            known = stopped.outcome_known
            return _refusal(scope, Refused(-1101, status=503) if known else Refused(-1006, status=500))
        except Exception:  # noqa: BLE001 whatever it was, the client gets an answer
            _log.exception("%s %s went wrong", scope["method"], scope["path"])
            return _refusal(scope, Refused(-1001, status=500))

    def too_large(self, scope: Scope) -> Response:
        """The answer to a body above `MAX_BODY_BYTES`."""
        return _refusal(scope, Refused(-1004, status=413))

    async def _carried_out(self, scope: Scope, body: bytes) -> object:
        endpoint = self._endpoint(scope)
        call = self._call(endpoint, scope, body)
        key = idempotency_key(scope) if endpoint.method != "GET" and call.credential else None
        if key is None:
            return await self._answer(self._venue, endpoint, call)
        return await self._once.answer(self._venue, call, key, scope, partial(self._answer, endpoint=endpoint))

    async def _answer(self, venue: Venue, endpoint: Endpoint, call: Call) -> object:
        """Nothing that was read is told before it is certain: not what a read shows, nor why a command is refused."""
        try:
            answer = await endpoint.handler(venue, call)
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
        values: dict[str, object] = dict(parse_urlencoded(query))
        if body and endpoint.body is Body.FORM:
            values = parse_urlencoded(body) | values
        elif body and endpoint.body is Body.SIGNED_JSON:
            values = parse_json_object(body) | values
        parameters = Parameters(values, endpoint.names)
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


def _response(status: int, answer: object) -> Response:
    content_type, more = _JSON, _NO_HEADERS
    if isinstance(answer, Reply):
        status, payload, content_type = answer.status, answer.payload, (b"content-type", answer.content_type)
        more = answer.headers
    else:
        payload = _encode(answer)
    return status, [content_type, (b"content-length", b"%d" % len(payload)), *more], payload


def _refusal(scope: Scope, refused: Refused) -> Response:
    status, headers, payload = _response(refused.status, refused_body(refused, scope["path"]))
    if status == 413:
        headers.append((b"connection", b"close"))
    return status, headers, payload


async def _read_body(receive: Receive) -> bytes | None:
    """None when the client went away; of a body above `MAX_BODY_BYTES` only the beginning."""
    message = await receive()
    if message["type"] != "http.request":
        return None
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) and len(body) <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
    return body


def application(venue: Venue, endpoints: Iterable[Endpoint], streams: ASGIApp | None = None) -> Gateway:
    """The application to serve. `streams` gets the WebSocket connections."""
    return Gateway(venue, endpoints, streams)
