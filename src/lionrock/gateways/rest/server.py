"""From HTTP to a handler and back: one look-up in the table, no layers between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import msgspec
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lionrock.gateways.rest.authentication import authenticate, session_of, take_once
from lionrock.gateways.rest.contract import Body, Call, Endpoint, Reply, Security, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.parameters import Parameters, parse_urlencoded
from lionrock.gateways.rest.turnstile import Headers, Turnstile
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.people.sessions import Session

MAX_BODY_BYTES = 64 * 1024
"""Of a body: 20 batched orders with the longest names need a third of it."""

NO_HEADERS: Headers = ()
WEIGHT_OF_NOTHING = 1
"""Of a path that is not there."""
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class Gateway:
    """The endpoints as one ASGI application."""

    def __init__(self, venue: Venue, endpoints: Iterable[Endpoint]) -> None:
        self._venue = venue
        self._endpoints = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, more = 200, NO_HEADERS
        turnstile = Turnstile(self._venue.traffic, scope, self._venue.clock())
        try:
            body = await _read_body(receive)
            if body is None:
                return
            endpoint = self._endpoint(scope, turnstile)
            turnstile.pass_address(endpoint.weight)
            answer = await self._answer(endpoint, await self._call(endpoint, turnstile, scope, body))
        except Refused as refused:
            status, answer, more = refused.status, refused.body(), refused.headers
        except NodeBusy:
            status, answer = 400, Refused(-2040).body()
        except NodeStopped as stopped:
            # By the contract a status of 500 and above means that the outcome may be unknown.
            known = stopped.outcome_known
            status, answer = (503, Refused(-1101).body()) if known else (500, Refused(-1006).body())
        content_type = _JSON
        if isinstance(answer, Reply):
            status, payload, content_type = answer.status, answer.payload, (b"content-type", answer.content_type)
            more = answer.headers
        else:
            payload = _encode(answer)
        headers = [content_type, (b"content-length", b"%d" % len(payload)), *turnstile.headers(), *more]
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

    def _endpoint(self, scope: Scope, turnstile: Turnstile) -> Endpoint:
        endpoint = self._endpoints.get((scope["method"], scope["path"]))
        if endpoint is None:
            turnstile.pass_address(WEIGHT_OF_NOTHING)
            raise Refused(404, scope["path"][1:200], status=404)
        return endpoint

    async def _call(self, endpoint: Endpoint, turnstile: Turnstile, scope: Scope, body: bytes) -> Call:
        query: bytes = scope["query_string"]
        values = parse_urlencoded(query)
        if body and endpoint.body is Body.FORM:
            values = parse_urlencoded(body) | values
        parameters = Parameters(values)
        host, headers = turnstile.client_host, turnstile.request_headers
        if endpoint.security is Security.NONE:
            return Call(parameters, body, None, host, headers=headers)
        second_factor = headers.get(b"x-two-fa-token", b"").decode("latin-1")
        access_key = headers.get(b"x-hk-apikey", b"").decode("latin-1")
        if endpoint.security is Security.SESSION or (endpoint.security is Security.MANAGE and not access_key):
            session = await self._session(endpoint, headers)
            turnstile.pass_key(session.session_id, endpoint)
            return Call(parameters, body, None, host, session, headers, second_factor)
        signed = authenticate(
            self._venue.keys,
            endpoint,
            access_key=access_key,
            query=query,
            body=body,
            parameters=parameters,
            now_ms=self._venue.now_ms(),
            client_host=host,
        )
        if signed.credential.account_id not in self._venue.catalogue.accounts:
            raise Refused("0102")
        turnstile.pass_key(access_key, endpoint)
        if endpoint.method != "GET":
            take_once(self._venue.traffic.replays, signed, self._venue.now_ms())
        return Call(parameters, body, signed.credential, host, None, headers, second_factor)

    async def _session(self, endpoint: Endpoint, headers: Mapping[bytes, bytes]) -> Session:
        people = self._venue.people
        if people is None:
            raise Refused(-1002)
        session = session_of(people.sessions, headers, self._venue.clock(), writes=endpoint.method != "GET")
        if people.sessions.needs_writing(session):
            await asyncio.to_thread(people.sessions.write, session)
        return session


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


def application(venue: Venue, endpoints: Iterable[Endpoint]) -> ASGIApp:
    """The application to serve. Whatever goes wrong inside is logged and answered as the contract's internal error."""
    return ServerErrorMiddleware(Gateway(venue, endpoints), handler=_internal_error)


async def _internal_error(_request: Request, _error: Exception) -> Response:
    return Response(_encode(Refused(-1001).body()), status_code=500, media_type="application/json")
