"""A signed write is done once: the signatures that may still be in their time, and no others, are remembered.

A request is refused for its age once its window is over, so a signature need not be remembered longer. Signatures are
kept by the second in which their window ends; whole seconds are dropped. Which an earlier process took is not known,
but until when it took any, so that nothing signed by then is taken any more.
"""

from __future__ import annotations

MS_PER_S = 1_000
REMEMBERED_BYTES = 16
"""Of a signature. Nobody can find another text whose signature begins alike without the key."""
KEY_CHARACTERS = 16
"""Of a key's name, which is random and ours. Plain bytes are remembered, for the collector has no work with them."""
MOST = 2_000_000
"""Signatures at once, about 200 MB: a minute's worth of 33,000 writes a second."""


class TooManySignatures(Exception):
    """There is no room to remember another one, so that the write must not be done."""


class Replays:
    """The signatures of writes whose time is not over. Time comes in, in milliseconds since 1970."""

    def __init__(self, taken_until_ms: int = 0, most: int = MOST) -> None:
        """`taken_until_ms` is when an earlier process last did something."""
        self.taken_until_ms = taken_until_ms
        self._most = most
        self._count = 0
        self._seconds: dict[int, dict[bytes, int]] = {}
        self._oldest = 0

    def __len__(self) -> int:
        return self._count

    def is_repeated(
        self, access_key: str, signature: bytes, ends_ms: int, now_ms: int, idempotency_key: str = ""
    ) -> bool:
        """Whether this key has signed this before; remembers that it has. `ends_ms` is the last millisecond in which
        the request is not too old. After the clock was set back, also true of what may have been forgotten.

        A request that comes again with the idempotency key it came with first is not done twice anyhow, so that it is
        no repetition. The key's header is not signed: with another one, or none, it is.

        Raises `TooManySignatures`.
        """
        second = now_ms // MS_PER_S
        if second > self._oldest:
            self._forget_before(second)
        shown = signature[:REMEMBERED_BYTES] + access_key[:KEY_CHARACTERS].encode()
        last_second = ends_ms // MS_PER_S
        if last_second < self._oldest:
            return True
        bucket = self._seconds.get(last_second)
        if bucket is None:
            bucket = self._seconds[last_second] = {}
        promised = hash(idempotency_key) if idempotency_key else 0
        if shown in bucket:
            return not promised or bucket[shown] != promised
        if self._count >= self._most:
            raise TooManySignatures
        bucket[shown] = promised
        self._count += 1
        return False

    def _forget_before(self, second: int) -> None:
        self._oldest = second
        for ended in [each for each in self._seconds if each < second]:
            self._count -= len(self._seconds.pop(ended))
