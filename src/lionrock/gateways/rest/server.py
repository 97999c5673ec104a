"""From HTTP to a handler and back: one look-up in the table, no layers between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from lionrock.gateways.rest import profile, sign_in
from lionrock.gateways.rest.authentication import (
    authenticate,
    carries_session,
    find_key,
    session_of,
    staff_session_of,
    take_once,
)
from lionrock.gateways.rest.contract import (
    BY_RIGHT,
    NO_ACCOUNT,
    NS_PER_MS,
    Body,
    Call,
    Endpoint,
    Reply,
    Security,
    Venue,
)
from lionrock.gateways.rest.direct import MAX_BODY_BYTES, Finish, Response
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.idempotency import Once, idempotency_key
from lionrock.gateways.rest.json_bodies import parse_json_object
from lionrock.gateways.rest.parameters import Parameters, parse_urlencoded
from lionrock.gateways.rest.reasons import lacking, refused_body
from lionrock.gateways.rest.refusals import details, told_to_client
from lionrock.gateways.rest.submissions import Submits
from lionrock.gateways.rest.turnstile import Turnstile
from lionrock.gateways.rest.unknown import refuse_unknown
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.node.node import Answer
from lionrock.people.api_keys import Credential
from lionrock.people.staff.permissions import Permission

_log = logging.getLogger(__name__)

WAYS_IN = frozenset((row.method, row.path) for row in (*profile.ENDPOINTS, *sign_in.ENDPOINTS))
"""What a session may ask for before it has shown a second factor, where the site asks for one."""
_NO_SECOND_FACTOR = details(
    -1005,
    "second_factor_needed",
    "this site asks everybody for a second factor",
    "set up an authenticator or a passkey, then sign in with it",
)

WEIGHT_OF_NOTHING = 1
"""Of a path that is not there."""
_NO_KEY, _MAYBE_SIGNED = Security.NONE, Security.USER_STREAM
_FORM, _UNSIGNED_JSON = Body.FORM, Body.JSON
_SAFE = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""Of every answer: nobody between keeps it (RFC 9111, section 5.2.2.5), no browser takes it for something else."""
"""By name: a member of an enumeration takes four times as long to look up as a function to call."""
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


FindPage = Callable[[str, Mapping[bytes, bytes]], Response | None]
"""Finds a file for a browser by path and headers, where no endpoint has that path."""


def no_pages(_path: str, _headers: Mapping[bytes, bytes]) -> Response | None:
    """Endpoints only."""
    return None


class Gateway:
    """The endpoints as one ASGI application."""

    def __init__(
        self,
        venue: Venue,
        endpoints: Iterable[Endpoint],
        streams: ASGIApp | None = None,
        pages: FindPage = no_pages,
    ) -> None:
        self._venue, self._streams, self._find_page = venue, streams, pages
        self._once = Once()
        self._endpoints = {(endpoint.method, endpoint.path): endpoint for endpoint in endpoints}
        self._submitting = {
            place: (endpoint, endpoint.handler)
            for place, endpoint in self._endpoints.items()
            if isinstance(endpoint.handler, Submits) and endpoint.security not in (Security.SESSION, Security.MANAGE)
        }

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

    def begin(self, scope: Scope, body: bytes, finish: Finish) -> None:
        """Answer a whole request: `finish` gets the response, or what is to be awaited for it."""
        found = self._submitting.get((scope["method"], scope["path"]))
        if found is None:
            finish(self.respond(scope, body))
            return
        endpoint, handler = found
        venue, turnstile = self._venue, self._turnstile(scope)
        if turnstile.has_idempotency_key or turnstile.has_no_key:
            finish(self.respond(scope, body))
            return

        def tell(outcome: Answer | NodeStopped) -> None:
            if isinstance(outcome, NodeStopped):
                finish(self._failed(turnstile, scope, outcome, shows=False))
                return
            try:
                response = _response(200, submission.answer(outcome.events))
            except Exception as error:  # noqa: BLE001 as below
                finish(self._failed(turnstile, scope, error, shows=endpoint.shows_state))
                return
            response[1].extend(turnstile.headers())
            finish(response)

        has_passed = False
        try:
            turnstile.pass_address(endpoint.weight)
            call = self._call(endpoint, turnstile, scope, body, None)
            has_passed = True
            submission = handler.read(venue, call)
            venue.node.post(submission.commands, tell)
        except Exception as error:  # noqa: BLE001 whatever it was, the client gets an answer
            finish(self._failed(turnstile, scope, error, shows=has_passed and endpoint.shows_state))

    async def respond(self, scope: Scope, body: bytes) -> Response:
        """The answer to a whole request. What goes wrong is logged and told as the contract's internal error."""
        if scope["method"] == "GET" and ("GET", scope["path"]) not in self._endpoints:
            page = self._find_page(scope["path"], dict(scope["headers"]))
            if page is not None:
                return page
        turnstile = self._turnstile(scope)
        try:
            response = _response(200, await self._carried_out(turnstile, scope, body))
        except Exception as error:  # noqa: BLE001 whatever it was, the client gets an answer
            return await self._failed(turnstile, scope, error, shows=False)
        response[1].extend(turnstile.headers())
        return response

    async def _failed(self, turnstile: Turnstile, scope: Scope, error: Exception, *, shows: bool) -> Response:
        """The answer to a request that was not carried out. `shows` as in `_answer`."""
        try:
            if shows and isinstance(error, Refused):
                await self._venue.settled()
        except NodeStopped as stopped:
            error = stopped
        response = self._refusal(scope, _refused_for(error, scope))
        response[1].extend(turnstile.headers())
        return response

    def _turnstile(self, scope: Scope) -> Turnstile:
        return Turnstile(self._venue.traffic, scope, self._venue.clock())

    def too_large(self, scope: Scope) -> Response:
        """The answer to a body above `MAX_BODY_BYTES`."""
        return self._refusal(scope, Refused(-1004, status=413))

    def _refusal(self, scope: Scope, refused: Refused) -> Response:
        body = refused_body(refused, scope["path"], self._venue.licence_rules)
        status, headers, payload = _response(refused.status, body)
        headers.extend(refused.headers)
        if status == 413:
            headers.append((b"connection", b"close"))
        return status, headers, payload

    async def _carried_out(self, turnstile: Turnstile, scope: Scope, body: bytes) -> object:
        endpoint = self._endpoint(turnstile, scope)
        turnstile.pass_address(endpoint.weight)
        key = idempotency_key(scope) if endpoint.method != "GET" else None
        if endpoint.security is Security.STAFF:
            call = await self._staff_call(endpoint, turnstile, scope, body)
        elif _comes_by_session(endpoint, turnstile):
            call = await self._session_call(endpoint, turnstile, scope, body)
        else:
            call = self._call(endpoint, turnstile, scope, body, key)
        if endpoint.security is Security.WITHDRAW and endpoint.method == "POST":
            await self._check_second_factor(call)
        if not call.credential:
            key = None
        if key is None:
            return await self._answer(self._venue, endpoint, call)
        lasts = endpoint.security is not _MAYBE_SIGNED  # listen keys end with the process
        return await self._once.answer(
            self._venue, call, key, scope, partial(self._answer, endpoint=endpoint), lasts=lasts
        )

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

    def _endpoint(self, turnstile: Turnstile, scope: Scope) -> Endpoint:
        endpoint = self._endpoints.get((scope["method"], scope["path"]))
        if endpoint is None:
            turnstile.pass_address(WEIGHT_OF_NOTHING)
            raise Refused(404, scope["path"][1:200], status=404)
        return endpoint

    def _call(
        self, endpoint: Endpoint, turnstile: Turnstile, scope: Scope, body: bytes, idempotency_key: str | None
    ) -> Call:
        parameters = _parameters(endpoint, scope, body)
        host, headers, now_ms = turnstile.client_host, turnstile.request_headers, turnstile.now_ns // NS_PER_MS
        if endpoint.security is _NO_KEY:
            return Call(parameters, body, None, host, headers=headers)
        if endpoint.security is _MAYBE_SIGNED and parameters.text("signature") is None:
            credential = find_key(self._venue.keys, endpoint, turnstile.access_key, now_ms, host)
            self._check_account(credential)
            turnstile.pass_key(credential.access_key, endpoint)
            return Call(parameters, body, credential, host, None, headers)
        signed = authenticate(
            self._venue.keys,
            endpoint,
            access_key=turnstile.access_key,
            query=scope["query_string"],
            body=body,
            parameters=parameters,
            now_ms=now_ms,
            client_host=host,
        )
        credential = signed.credential
        self._check_account(credential)
        turnstile.pass_key(credential.access_key, endpoint)
        if endpoint.method != "GET":
            take_once(self._venue.traffic.replays, signed, now_ms, idempotency_key or "")
        return Call(parameters, body, credential, host, None, headers)

    def _check_account(self, credential: Credential) -> None:
        if credential.account_id not in self._venue.catalogue.accounts:
            raise Refused("0102")

    async def _session_call(self, endpoint: Endpoint, turnstile: Turnstile, scope: Scope, body: bytes) -> Call:
        people, headers = self._venue.people, turnstile.request_headers
        if people is None:
            raise Refused(-1002)
        session = session_of(people.sessions, headers, turnstile.now_ns, writes=endpoint.method != "GET")
        turnstile.pass_key(session.session_id, endpoint)
        is_bare = self._venue.profile.requires_second_factor and not session.second_factor_ns
        if is_bare and (endpoint.method, endpoint.path) not in WAYS_IN:
            raise Refused(-1005, details=_NO_SECOND_FACTOR)
        parameters = _parameters(endpoint, scope, body)
        if people.sessions.needs_writing(session):
            await asyncio.to_thread(people.sessions.write, session)
        if endpoint.security in BY_RIGHT and not session.account_id:
            raise Refused(-1160, details=NO_ACCOUNT)
        credential = people.sessions.credential_of(session) if endpoint.security in BY_RIGHT else None
        return Call(parameters, body, credential, turnstile.client_host, session, headers)

    async def _check_second_factor(self, call: Call) -> None:
        """Of what moves funds out: always of a page, of a key where its owner asked for that."""
        people = self._venue.people
        if people is None:
            return
        with told_to_client():
            if call.session is not None:
                await people.require_second_factor(call.account_id, call.second_factor, call.session)
            else:
                await people.check_api_code(call.account_id, call.second_factor)

    async def _staff_call(self, endpoint: Endpoint, turnstile: Turnstile, scope: Scope, body: bytes) -> Call:
        """Neither a key nor a client's session is looked at."""
        office, headers = self._venue.staff, turnstile.request_headers
        if office is None or endpoint.permission is None:
            raise Refused(-1002)
        writes, now_ns = endpoint.method != "GET", self._venue.clock()
        session = await asyncio.to_thread(
            lambda: staff_session_of(office.ways_in.sessions, headers, now_ns, writes=writes)
        )
        turnstile.pass_key(session.session_id, endpoint)
        if not session.member.roles & endpoint.permission.roles and endpoint.permission is not Permission.OWN:
            await asyncio.to_thread(
                office.tell_refused, session.staff_id, f"{endpoint.method} {endpoint.path}", endpoint.permission
            )
            raise Refused(-1005, details=lacking(endpoint.permission))
        parameters = _parameters(endpoint, scope, body)
        return Call(parameters, body, None, turnstile.client_host, headers=headers, staff=session)


def _comes_by_session(endpoint: Endpoint, turnstile: Turnstile) -> bool:
    """Whether a session is to be looked for: a key that comes counts before a cookie."""
    if endpoint.security is Security.SESSION:
        return True
    if not turnstile.has_no_key:
        return False
    return endpoint.security is Security.MANAGE or (
        endpoint.security in BY_RIGHT and carries_session(turnstile.request_headers)
    )


def _parameters(endpoint: Endpoint, scope: Scope, body: bytes) -> Parameters:
    """All that was sent by name; the query wins."""
    query = scope["query_string"]
    values: Mapping[str, object] = parse_urlencoded(query) if query else {}
    if body and endpoint.body is not _UNSIGNED_JSON:
        sent = parse_urlencoded(body) if endpoint.body is _FORM else parse_json_object(body, number=str)
        values = {**sent, **values} if values else sent
    if endpoint.is_strict:
        refuse_unknown(values, endpoint.names)
    return Parameters(values, endpoint.names)


def _response(status: int, answer: object) -> Response:
    if isinstance(answer, Reply):
        content_type, length = (b"content-type", answer.content_type), b"%d" % len(answer.payload)
        named = {name for name, _ in answer.headers}
        safe = (header for header in _SAFE if header[0] not in named)
        return answer.status, [content_type, (b"content-length", length), *answer.headers, *safe], answer.payload
    payload = _encode(answer)
    return status, [_JSON, (b"content-length", b"%d" % len(payload)), *_SAFE], payload


def _refused_for(error: Exception, scope: Scope) -> Refused:
    """What a client is told of an error. One that nobody foresaw is logged."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, NodeBusy):
        return Refused(-2040)
    if isinstance(error, NodeStopped):
        # By the contract a status of 500 and above means that the outcome may be unknown.
        return Refused(-1101, status=503) if error.outcome_known else Refused(-1006, status=500)
    _log.error("%s %s went wrong", scope["method"], scope["path"], exc_info=error)
    return Refused(-1001, status=500)


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


def application(
    venue: Venue, endpoints: Iterable[Endpoint], streams: ASGIApp | None = None, pages: FindPage = no_pages
) -> Gateway:
    """The application to serve. `streams` gets the WebSocket connections, `pages` what no endpoint answers."""
    return Gateway(venue, endpoints, streams, pages)
