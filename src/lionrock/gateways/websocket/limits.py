"""What a connection may cost, and how long things may take. Each number says why."""

from __future__ import annotations

import msgspec

MAX_MESSAGE_BYTES = 64 * 1024
"""Of what a client sends: as much as a request's body. A longer one ends the connection with code 1009."""
MAX_SUBSCRIPTIONS = 200
"""Of one connection: every topic of a dozen markets."""
MESSAGES_AT_ONCE, MESSAGES_PER_SECOND = 300, 50
"""A client that reconnects asks for everything at once; nobody needs to talk on like that."""

BUFFERED_BYTES = 256 * 1024
"""Not taken by the client yet: beyond it the newest state waits instead of every message."""
DRAINED_BYTES = 64 * 1024
"""When so little is left, what waits is sent."""
SOCKET_BYTES = 128 * 1024
"""What the system may hold unsent beside that: more would be older than what conflation keeps. (A smaller send buffer
would do the same and slowed a broadcast: docs/performance.md.)"""
MAX_WAITING = 1_000
"""Messages kept for a slow client that may not be conflated (trades, its own orders)."""
SLOW_SECONDS = 10
"""A client that has not caught up after this time is disconnected."""
LINGER_SECONDS = 2
"""A client that sent what cannot be read has so long to hear why."""

SILENCE_SECONDS = 60
"""A public connection of the contract without traffic in either direction for so long is cut."""
PRIVATE_PING_SECONDS = 30
PRIVATE_SILENCE_SECONDS = 60 * 60
"""A private connection of the contract from which nothing was heard for so long is cut."""
OWN_PING_SECONDS, OWN_SILENCE_SECONDS = 10, 30
"""On the venue's own streams: three pings unanswered. Orders tied to the connection are cancelled then."""
PATROL_SECONDS = 1
"""How often the connections are looked at."""

BOOK_SECONDS = 0.01
"""A book is read at most so often; changes in between go out together."""
DEPTH_V1_SECONDS, DEPTH_V2_SECONDS = 0.3, 0.1
"""The contract's paces."""
STATISTICS_SECONDS = 0.5
"""Of 24-hour statistics: they take the most to work out."""
CANDLE_SECONDS = 0.3
INDICATIVE_SECONDS = 0.1

CONTRACT_LEVELS = 100
"""A side of the contract's book."""
FEED_LEVELS = 200
"""A side of the own feed's book."""
MERGED_FROM_LEVELS = 2_000
"""A side of the book that is merged into `CONTRACT_LEVELS`."""
CHECKSUM_LEVELS = 25

KEPT_MESSAGES = 1_000
"""Of each book and private stream of the own feed, for those who resume."""
KEPT_SECONDS = 300
"""How long a stream that nobody listens to is kept up, so that it can be resumed."""
RECENT_TRADES = 60
"""In the first frame of trades."""


class StreamLimits(msgspec.Struct, frozen=True):
    """Section `[streams]`."""

    connections: int = 2_000
    """Most WebSocket connections at a time; one above is answered 503."""
    connections_per_address: int = 100
    """Most of one client address; one above is answered 429."""
