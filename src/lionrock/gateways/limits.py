"""Who may ask how much: a token bucket for each client, of whole numbers, on the clock it is given.

A bucket is kept as the one moment when it will be full again (the generic cell rate algorithm, ITU-T I.371): what is
missing from it is the time until then. One look-up and a few additions decide a request, and a full bucket need not be
kept at all.
"""

from __future__ import annotations

import ipaddress
from itertools import islice

import msgspec

NS_PER_S = 1_000_000_000


class Rate(msgspec.Struct, frozen=True):
    """How much a client may ask for, in units of weight."""

    per_second: int
    """Units that come back each second."""
    burst: int
    """Units of a full bucket."""


class Penalty(msgspec.Struct, frozen=True):
    """What becomes of a client that goes on although it was told to wait."""

    after_refusals: int
    """Refusals since its bucket was last full."""
    duration_ns: int


class Allowance(msgspec.Struct, frozen=True):
    """How a bucket stands after a request."""

    used: int
    """Units missing from the full bucket, rounded up."""
    limit: int
    """Units of the full bucket."""
    wait_ns: int = 0
    """Until the request would be taken; 0 when it was."""
    is_shut_out: bool = False
    """The client went on too long and is not listened to at all until then."""


class _Bucket:
    """A client that asked lately."""

    __slots__ = ("full_at_ns", "refusals", "shut_out_until_ns")

    def __init__(self) -> None:
        self.full_at_ns = self.refusals = self.shut_out_until_ns = 0


class Buckets:
    """The buckets of one kind of client, by name. Keeps `most` of them; beyond that, who asked longest ago is forgotten
    first, for a flood of addresses must not cost memory.
    """

    def __init__(self, rate: Rate, penalty: Penalty, most: int) -> None:
        self._unit_ns = NS_PER_S // rate.per_second or 1
        self._capacity_ns = self._unit_ns * rate.burst
        self._limit = rate.burst
        self._penalty = penalty
        self._most = most
        self._buckets: dict[str, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, name: str, weight: int, now_ns: int) -> Allowance:
        """Take `weight` units from the client's bucket, or nothing when they are not there.

        A weight above the whole bucket is taken from a full one.
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._new(name, now_ns)
        if bucket.shut_out_until_ns > now_ns:
            return Allowance(self._limit, self._limit, bucket.shut_out_until_ns - now_ns, is_shut_out=True)
        missing_ns = bucket.full_at_ns - now_ns
        if missing_ns <= 0:
            missing_ns = bucket.refusals = 0
        after_ns = missing_ns + min(weight * self._unit_ns, self._capacity_ns)
        if after_ns <= self._capacity_ns:
            bucket.full_at_ns = now_ns + after_ns
            return Allowance(-(-after_ns // self._unit_ns), self._limit)
        bucket.refusals += 1
        wait_ns, is_shut_out = after_ns - self._capacity_ns, bucket.refusals > self._penalty.after_refusals
        if is_shut_out:
            wait_ns = self._penalty.duration_ns
            bucket.shut_out_until_ns = now_ns + wait_ns
            bucket.refusals = 0
        return Allowance(-(-missing_ns // self._unit_ns), self._limit, wait_ns, is_shut_out)

    def _new(self, name: str, now_ns: int) -> _Bucket:
        if len(self._buckets) >= self._most:
            self._forget(now_ns)
        bucket = self._buckets[name] = _Bucket()
        return bucket

    def _forget(self, now_ns: int) -> None:
        """All full buckets, which are as none; and where that is not a quarter, the oldest, so that the next call of
        this is far away.
        """
        kept = {
            name: each
            for name, each in self._buckets.items()
            if each.full_at_ns > now_ns or each.shut_out_until_ns > now_ns
        }
        surplus = len(kept) - self._most * 3 // 4
        for name in list(islice(kept, max(surplus, 0))):
            del kept[name]
        self._buckets = kept


class Limits:
    """The three buckets a request may meet."""

    def __init__(self, *, address: Rate, key: Rate, orders: Rate, penalty: Penalty, most: int = 100_000) -> None:
        self._addresses = Buckets(address, penalty, most)
        self._keys = Buckets(key, penalty, most)
        self._orders = Buckets(orders, penalty, most)

    def of_address(self, host: str, weight: int, now_ns: int) -> Allowance:
        """Before anything is known of the client. An IPv6 client is its /64 network: it has all its addresses."""
        return self._addresses.take(_network(host) if ":" in host else host, weight, now_ns)

    def of_key(self, access_key: str, weight: int, now_ns: int, *, is_order: bool) -> Allowance:
        """Of whoever signed."""
        return (self._orders if is_order else self._keys).take(access_key, weight, now_ns)


def _network(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    return str(address.ipv4_mapped) if address.ipv4_mapped else str(int(address) >> 64)
