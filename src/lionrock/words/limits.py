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

PPM = 1_000_000
"""Parts per million in one."""
