"""Webhooks as Standard Webhooks 1.0 has them: three headers, HMAC-SHA256 over id, time and body.

What a client names is called by us, from inside our network, so a name that leads to a private address is not called:
it is looked up once, judged, and the connection goes to that very address.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import msgspec

from lionrock.store.outbox.messages import Outcome, Parcel, Result
from lionrock.store.outbox.outbox import NS_PER_S

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SECRET_PREFIX = "whsec_"  # noqa: S105 - what the standard puts before a secret
SECRET_BYTES = 32
THREADS = 4
"""That look names up, of its own: a name server that dawdles holds up nothing else."""
_GONE = 410
_MAX_URL = 2_000
_MAX_PORT = 65_535


def is_webhook_url(text: str, *, allow_plain: bool = False) -> bool:
    """Whether this is a URL we would call: https, a host, no user and no fragment."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        return False
    schemes = {"https", "http"} if allow_plain else {"https"}
    is_plain = text.isascii() and text.isprintable() and len(text) <= _MAX_URL
    has_place = bool(url.host) and (url.port or 1) <= _MAX_PORT
    return is_plain and has_place and url.scheme in schemes and not url.userinfo and not url.fragment


def sign_webhook(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`. Raises `ValueError` for a secret that is none."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is no base64") from error
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"


def as_body(parcel: Parcel) -> bytes:
    """The same bytes for every attempt."""
    return msgspec.json.encode(
        {
            "id": parcel.message_id,
            "type": parcel.kind,
            "timestamp": parcel.created_ns // NS_PER_S,
            "data": {"subject": parcel.content.subject, "text": parcel.content.text, **parcel.content.facts},
        }
    )


def may_be_called(address: str, allowed: Sequence[Network]) -> bool:
    """Whether an address is public, or in one of the networks that the operator allows."""
    found = ipaddress.ip_address(address.partition("%")[0])
    plain = getattr(found, "ipv4_mapped", None) or found
    return (plain.is_global and not plain.is_multicast) or any(plain in network for network in allowed)


class WebhookCarrier:
    """Posts to what clients named. Follows no redirect and reads no body of an answer."""

    def __init__(
        self, *, timeout_seconds: int, allowed: Sequence[Network] = (), verify: bool | ssl.SSLContext = True
    ) -> None:
        """With `allowed` networks, plain HTTP is taken there as well."""
        self._timeout_seconds, self._allowed, self._verify = timeout_seconds, allowed, verify
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook names")

    async def send(self, parcel: Parcel, now_ns: int) -> Result:
        if not is_webhook_url(parcel.address.target, allow_plain=bool(self._allowed)):
            return Result(Outcome.ADDRESS_FORBIDDEN)
        url = httpx.URL(parcel.address.target)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                address = await self._look_up(url)
                if address is None:
                    return Result(Outcome.ADDRESS_FORBIDDEN)
                return await self._post(parcel, url, address, now_ns)
        except (TimeoutError, httpx.TimeoutException):
            return Result(Outcome.TIMED_OUT)
        except (OSError, httpx.HTTPError, ValueError):
            return Result(Outcome.UNREACHABLE)

    async def _look_up(self, url: httpx.URL) -> str | None:
        """The address to call; None when any of the name's addresses may not be called. Raises `OSError`."""
        port = url.port or (443 if url.scheme == "https" else 80)
        look_up = partial(socket.getaddrinfo, url.host, port, type=socket.SOCK_STREAM)
        rows = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        found = [str(row[4][0]) for row in rows]
        return found[0] if found and all(may_be_called(each, self._allowed) for each in found) else None

    async def _post(self, parcel: Parcel, url: httpx.URL, address: str, now_ns: int) -> Result:
        body, timestamp = as_body(parcel), now_ns // NS_PER_S
        headers = {
            "host": url.netloc.decode(),
            "content-type": "application/json",
            "webhook-id": parcel.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign_webhook(parcel.address.secret, parcel.message_id, timestamp, body),
        }
        async with httpx.AsyncClient(
            timeout=self._timeout_seconds, follow_redirects=False, trust_env=False, verify=self._verify
        ) as client:
            request = client.build_request(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers=headers,
                extensions={"sni_hostname": url.host, "timeout": httpx.Timeout(self._timeout_seconds).as_dict()},
            )
            answer = await client.send(request, stream=True)
            await answer.aclose()
        if answer.is_success:
            return Result(Outcome.DELIVERED, answer.status_code)
        return Result(Outcome.REFUSED if answer.status_code == _GONE else Outcome.TRY_LATER, answer.status_code)
