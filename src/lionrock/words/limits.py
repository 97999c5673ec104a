"""The venue's own bounds. They are what lets every sum and product of the core fit in 64 bits."""

MAX_DECIMALS = 18
"""10^18 is the largest power of ten below 2^63."""

MAX_ATOMS = 2**62 - 1
"""Most atoms of one asset that custody may owe in all, and most that one order may be worth. As balances of clients are
never negative and sum to what custody owes, none exceeds it, and the sum of two such numbers still fits in 63 bits."""

MAX_PRICE_TICKS = 2**30 - 1
"""Five 6-bit steps of the price index. 10.7 million dollars at a tick of one cent."""

MAX_RATE_PPM = 1_000_000
"""A fee is at most the whole."""

CLIENT_ORDER_ID_MEMORY_NS = 24 * 3600 * 10**9
"""How long after its order ended a client's own id stays taken, so that a retried order is never done twice."""

MAX_ICEBERG_PARTS = 100
"""Most parts in which an iceberg may show: each costs two events, all of which one incoming order can cause."""

TRADE_MEMORY_NS = 3600 * 10**9
"""How long a trade can be cancelled as an error. What is found later is put right by a correction."""

MAX_LEGS = 16
"""Most legs of one transfer; an agreed trade with its fee has six."""

MAX_PRODUCT = 31
"""Highest bit of an account's products."""

PPM = 1_000_000
"""Parts per million in one."""
