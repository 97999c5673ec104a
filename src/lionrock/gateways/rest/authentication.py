"""Who may: the contract's key, timestamp and HMAC-SHA256 signature over the text exactly as it arrived."""

from __future__ import annotations

import hmac

from lionrock.gateways.rest.contract import Body, Endpoint
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.parameters import Parameters
from lionrock.people.api_keys import ApiKeys, Credential

DEFAULT_RECEIVE_WINDOW_MS = 5_000
MAX_RECEIVE_WINDOW_MS = 60_000
"""A request that was read by others can be sent again for so long."""
CLOCK_AHEAD_MS = 1_000
"""A client's clock may be this far ahead of ours."""

_PREFIX = b"signature="


def signed_text(query: bytes, form: bytes) -> bytes:
    """The text under the signature: the raw query followed directly by the raw form, without the signature itself.

    Nothing is sorted or encoded again: clients sign what they send.
    """
    return _without_signature(query) + _without_signature(form)


def _text(endpoint: Endpoint, query: bytes, body: bytes) -> bytes:
    if endpoint.body is Body.SIGNED_JSON:
        return signed_text(query, b"") + body
    return signed_text(query, body if endpoint.body is Body.FORM else b"")


def _without_signature(raw: bytes) -> bytes:
    if _PREFIX not in raw:
        return raw
    return b"&".join(pair for pair in raw.split(b"&") if not pair.startswith(_PREFIX))


def sign(secret: bytes, text: bytes) -> str:
    """The signature a client puts on `text`, lowercase hex."""
    return hmac.digest(secret, text, "sha256").hex()


def find_key(keys: ApiKeys, endpoint: Endpoint, *, access_key: str, **_: object) -> Credential:
    """The credential of a request that needs no signature. Raises `Refused`."""
    credential = keys.find(access_key)
    if credential is None:
        raise Refused("0102")
    if endpoint.security.right not in credential.rights:
        raise Refused(-1005)
    return credential


def authenticate(
    keys: ApiKeys,
    endpoint: Endpoint,
    *,
    access_key: str,
    query: bytes,
    body: bytes,
    parameters: Parameters,
    now_ms: int,
) -> Credential:
    """The credential of a signed request. Raises `Refused`."""
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
    text = _text(endpoint, query, body)
    if not hmac.compare_digest(sign(credential.secret, text).encode(), given.lower().encode()):
        raise Refused("0002")
    age_ms = now_ms - timestamp_ms
    if age_ms <= -CLOCK_AHEAD_MS or age_ms > (DEFAULT_RECEIVE_WINDOW_MS if window_ms is None else window_ms):
        raise Refused(-1021)
    if endpoint.security.right not in credential.rights:
        raise Refused(-1005)
    return credential
