"""Who may: the contract's key, timestamp and signature over the text exactly as it arrived; or a session's cookie."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie

import msgspec
from cryptography.exceptions import InvalidSignature

from lionrock.gateways.replays import Replays, TooManySignatures
from lionrock.gateways.rest.contract import NS_PER_MS, Body, Endpoint
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.parameters import Parameters
from lionrock.people.api_keys import ApiKeys, Credential, Network
from lionrock.people.sessions import Session, Sessions
from lionrock.people.staff.sessions import StaffSession, StaffSessions

DEFAULT_RECEIVE_WINDOW_MS = 5_000
MAX_RECEIVE_WINDOW_MS = 60_000
"""A request that was read by others can be sent again for so long."""
CLOCK_AHEAD_MS = 1_000
"""A client's clock may be this far ahead of ours."""
SESSION_COOKIE = "lionrock_session"
STAFF_COOKIE = "lionrock_staff"
CSRF_HEADER = b"x-lionrock-csrf"

_REPEATED: dict[str, object] = {
    "rejection": 21_024,
    "name": "request_repeated",
    "words": "this very request was signed and taken before",
    "figures": {},
    "next_step": "Sign again with a new timestamp if it is meant to be done once more.",
}
_PREFIX = b"signature="
_FORM, _SIGNED_JSON = Body.FORM, Body.SIGNED_JSON
_ED25519_BYTES = 64


class Signed(msgspec.Struct, frozen=True):
    """A request whose signature is right."""

    credential: Credential
    signature: bytes
    """Raw, so that two spellings of one are one."""
    timestamp_ms: int
    ends_ms: int
    """Last millisecond in which it is not too old."""


def signed_text(query: bytes, form: bytes) -> bytes:
    """The text under the signature: the raw query followed directly by the raw form, without the signature itself.

    Nothing is sorted or encoded again: clients sign what they send.
    """
    return _without_signature(query) + _without_signature(form)


def _without_signature(raw: bytes) -> bytes:
    first = raw.find(_PREFIX)  # for bytes half the time of `in`
    if first < 0:
        return raw
    if first and raw[first - 1 : first] == b"&" and raw.find(b"&", first) < 0:  # the last one, where clients put it
        return raw[: first - 1]
    return b"&".join(pair for pair in raw.split(b"&") if not pair.startswith(_PREFIX))


def sign(secret: bytes, text: bytes) -> str:
    """The signature a client puts on `text`, lowercase hex."""
    return hmac.digest(secret, text, "sha256").hex()


def find_key(keys: ApiKeys, endpoint: Endpoint, access_key: str, now_ms: int, client_host: str) -> Credential:
    """The credential of a request that needs no signature. Raises `Refused`."""
    credential = keys.find(access_key)
    if credential is None:
        raise Refused("0102")
    _check_usable(credential, now_ms, client_host)
    if not credential.has(endpoint.right):
        raise Refused(-1005)
    return credential


def _check_usable(credential: Credential, now_ms: int, client_host: str) -> None:
    if credential.is_expired(now_ms * NS_PER_MS):
        raise Refused("0103")
    if credential.networks and not credential.may_come_from(client_host):
        raise Refused("0202")


def authenticate(
    keys: ApiKeys,
    endpoint: Endpoint,
    *,
    access_key: str,
    query: bytes,
    body: bytes,
    parameters: Parameters,
    now_ms: int,
    client_host: str = "",
) -> Signed:
    """Who signed a request, and how. Raises `Refused`."""
    timestamp_ms = parameters.number("timestamp")
    if timestamp_ms is None:
        raise missing_or_invalid("timestamp")
    window_ms = parameters.number("recvWindow")
    if window_ms is not None and window_ms > MAX_RECEIVE_WINDOW_MS:
        raise missing_or_invalid("recvWindow")
    credential = keys.find(access_key)
    if credential is None:
        raise Refused("0102")
    given = parameters.required("signature")
    signature = _verified(credential, given, _signed_bytes(endpoint.body, query, body))
    _check_usable(credential, now_ms, client_host)
    ends_ms = timestamp_ms + (DEFAULT_RECEIVE_WINDOW_MS if window_ms is None else window_ms)
    if timestamp_ms >= now_ms + CLOCK_AHEAD_MS or now_ms > ends_ms:
        raise Refused(-1021)
    if not credential.has(endpoint.right):
        raise Refused(-1005)
    return Signed(credential, signature, timestamp_ms, ends_ms)


def _signed_bytes(kind: Body, query: bytes, body: bytes) -> bytes:
    if kind is _SIGNED_JSON:
        return _without_signature(query) + body
    return signed_text(query, body if kind is _FORM else b"")


def _verified(credential: Credential, given: str, text: bytes) -> bytes:
    """The raw signature. Raises `Refused` when it is not the key's."""
    if credential.verifier is None:
        right = hmac.digest(credential.secret, text, "sha256")
        if not hmac.compare_digest(right.hex().encode(), given.lower().encode()):
            raise Refused("0002")
        return right
    try:
        raw = _ed25519_bytes(given)
        credential.verifier.verify(raw, text)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Refused("0002") from error
    return raw


def _ed25519_bytes(given: str) -> bytes:
    """64 bytes as 128 hex digits, or in base64url with or without padding (RFC 4648, section 5)."""
    if len(given) == 2 * _ED25519_BYTES:
        return bytes.fromhex(given)
    raw = base64.b64decode(given.rstrip("=") + "==", altchars=b"-_", validate=True)
    if len(raw) != _ED25519_BYTES:
        raise ValueError("not 64 bytes")
    return raw


def take_once(replays: Replays, signed: Signed, now_ms: int, idempotency_key: str = "") -> None:
    """Raises `Refused` when this was signed and taken before, or may have been by an earlier process."""
    if signed.timestamp_ms <= replays.taken_until_ms:
        raise Refused(-1021)
    try:
        is_repeated = replays.is_repeated(
            signed.credential.access_key, signed.signature, signed.ends_ms, now_ms, idempotency_key
        )
    except TooManySignatures as error:
        raise Refused(-2040) from error
    if is_repeated:
        raise Refused(-1024, details=_REPEATED)


def client_address(
    scope_client: tuple[str, int] | None, headers: Mapping[bytes, bytes], proxies: Sequence[Network]
) -> str:
    """Who asks: the peer, or, if that is a trusted proxy, the last address in `X-Forwarded-For` that is not one."""
    host = scope_client[0] if scope_client else ""
    if not proxies:
        return host
    told = headers.get(b"x-forwarded-for", b"").decode("latin-1")
    for forwarded in reversed([each.strip() for each in told.split(",") if each.strip()]):
        if not _is_within(host, proxies):
            break
        host = forwarded
    return host


def _is_within(host: str, networks: Iterable[Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in networks)


def carries_session(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a client's session cookie came, good or not."""
    return SESSION_COOKIE.encode() in headers.get(b"cookie", b"")


def session_of(sessions: Sessions, headers: Mapping[bytes, bytes], now_ns: int, *, writes: bool) -> Session:
    """The session whose cookie came; for a write, with its token against forgery as well. Raises `Refused`."""
    token = _cookie(headers, SESSION_COOKIE)
    session = sessions.find(token, now_ns) if token else None
    if session is None:
        raise Refused(-1002)
    if writes:
        _check_not_forged(headers, sessions.csrf_token(session))
    return session


def staff_session_of(
    sessions: StaffSessions, headers: Mapping[bytes, bytes], now_ns: int, *, writes: bool
) -> StaffSession:
    """The same of somebody of the staff, whose cookie has another name. SQL: from a loop, make it in a thread."""
    token = _cookie(headers, STAFF_COOKIE)
    session = sessions.find(token, now_ns) if token else None
    if session is None:
        raise Refused(-1002)
    if writes:
        _check_not_forged(headers, sessions.csrf_token(session))
    return session


def _cookie(headers: Mapping[bytes, bytes], name: str) -> str:
    try:
        cookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(name)
    except CookieError as error:
        raise Refused(-1002) from error
    return cookie.value if cookie else ""


def _check_not_forged(headers: Mapping[bytes, bytes], token: str) -> None:
    if not hmac.compare_digest(headers.get(CSRF_HEADER, b""), token.encode()):
        raise Refused(-1002)
