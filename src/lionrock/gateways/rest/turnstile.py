"""What one request costs its address and its key, and what is said of it in the answer's headers."""

from __future__ import annotations

from starlette.types import Scope

from lionrock.gateways.limits import NS_PER_S, Allowance
from lionrock.gateways.rest.authentication import client_address
from lionrock.gateways.rest.contract import Endpoint, Security, Traffic
from lionrock.gateways.rest.errors import Refused

Headers = tuple[tuple[bytes, bytes], ...]

WEIGHT_USED = b"x-lionrock-weight-used"
WEIGHT_LIMIT = b"x-lionrock-weight-limit"
RETRY_AFTER = b"retry-after"
IDEMPOTENCY_KEY = b"idempotency-key"
TOO_MANY, SHUT_OUT = 429, 418
_OF_ORDERS = Security.TRADE


class Turnstile:
    """One request on its way in; `now_ns` is when it came."""

    __slots__ = ("_allowance", "_traffic", "client_host", "now_ns", "request_headers")

    def __init__(self, traffic: Traffic, scope: Scope, now_ns: int) -> None:
        self._traffic = traffic
        self.now_ns = now_ns
        self._allowance: Allowance | None = None
        self.request_headers: dict[bytes, bytes] = dict(scope["headers"])
        self.client_host = client_address(scope.get("client"), self.request_headers, traffic.proxies)

    @property
    def access_key(self) -> str:
        """Name of the key that came; empty for none."""
        return self.request_headers.get(b"x-hk-apikey", b"").decode("latin-1")

    @property
    def has_no_key(self) -> bool:
        return b"x-hk-apikey" not in self.request_headers

    @property
    def has_idempotency_key(self) -> bool:
        return IDEMPOTENCY_KEY in self.request_headers

    def pass_address(self, weight: int) -> None:
        """Before anything is known of the client; what costs nothing always passes. Raises `Refused`."""
        limits = self._traffic.limits
        if limits is not None and weight:
            self._took(limits.of_address(self.client_host, weight, self.now_ns))

    def pass_key(self, name: str, endpoint: Endpoint) -> None:
        """Once it is known who asks: by the key's or the session's name. Raises `Refused`."""
        limits = self._traffic.limits
        if limits is not None and endpoint.weight:
            is_order = endpoint.security is _OF_ORDERS
            self._took(limits.of_key(name, endpoint.weight, self.now_ns, is_order=is_order))

    def _took(self, allowance: Allowance) -> None:
        self._allowance = allowance
        if allowance.wait_ns:
            status = SHUT_OUT if allowance.is_shut_out else TOO_MANY
            raise Refused("0003", status=status, headers=retry_after(allowance.wait_ns))

    def headers(self) -> Headers:
        """How the narrowest bucket that the request met stands."""
        allowance = self._allowance
        if allowance is None:
            return ()
        return ((WEIGHT_USED, b"%d" % allowance.used), (WEIGHT_LIMIT, b"%d" % allowance.limit))


def retry_after(wait_ns: int) -> Headers:
    """RFC 9110, section 10.2.3: whole seconds, rounded up so that the client is not too early."""
    return ((RETRY_AFTER, b"%d" % -(-wait_ns // NS_PER_S)),)
