"""Listen keys: words that open the private streams of one account, for an hour and a little.

They are kept in memory alone. A restart ends them all, and clients ask for new ones, as they do when one expires.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lionrock.people.api_keys import Credential

LIFETIME_NS = 70 * 60 * 10**9
"""Clients renew every 30 or 60 minutes; ten more make up for a slow one."""
_BYTES = 32
"""Random ones; twice as many hex digits make the contract's 64 characters."""


class ListenKey(msgspec.Struct):
    """One key that is live until its time."""

    text: str
    credential: Credential
    ends_ns: int
    is_revoked: bool = False
    """It ended with its API key."""

    def __repr__(self) -> str:
        return f"ListenKey(account_id={self.credential.account_id})"


class ListenKeys:
    """At most one live key for each API key, so what a client can make us remember is bounded."""

    def __init__(self, random_bytes: Callable[[int], bytes], clock: Callable[[], int]) -> None:
        self._random_bytes, self._clock = random_bytes, clock
        self._by_text: dict[str, ListenKey] = {}
        self._by_access_key: dict[str, ListenKey] = {}
        self.on_end: list[Callable[[ListenKey], None]] = []
        """Told of each key that ended; who streams with it is to be cut off."""

    def open(self, credential: Credential) -> ListenKey:
        """The live key of this API key, renewed, or a new one."""
        live = self._by_access_key.get(credential.access_key)
        if live is not None and self.find(live.text) is live:
            live.ends_ns = self._clock() + LIFETIME_NS
            return live
        key = ListenKey(self._random_bytes(_BYTES).hex(), credential, self._clock() + LIFETIME_NS)
        self._by_text[key.text] = self._by_access_key[credential.access_key] = key
        return key

    def find(self, text: str) -> ListenKey | None:
        """The key, when it is live. Looking one up by a hash table tells nothing of 256 random bits."""
        key = self._by_text.get(text)
        now_ns = self._clock()
        if key is not None and (key.ends_ns <= now_ns or key.credential.is_expired(now_ns)):
            self.end(key)
            return None
        return key

    def renew(self, key: ListenKey) -> None:
        key.ends_ns = self._clock() + LIFETIME_NS

    def end(self, key: ListenKey) -> None:
        """No more streams with it."""
        key.ends_ns = 0
        self._by_text.pop(key.text, None)
        if self._by_access_key.get(key.credential.access_key) is key:
            del self._by_access_key[key.credential.access_key]
        for tell in self.on_end:
            tell(key)

    def revoke(self, access_key: str) -> None:
        """The API key is revoked: so is what was opened with it."""
        key = self._by_access_key.get(access_key)
        if key is not None:
            key.is_revoked = True
            self.end(key)
