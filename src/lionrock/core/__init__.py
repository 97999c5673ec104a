"""The venue: pure, deterministic, single-threaded. `apply(commands) -> events`, and nothing else changes anything.

`engine.pyx` is the door: one method per command, its refusals standing as a column. It includes, from the bottom up,
`tables.pxi` (finding things by id), `announcements.pxi` (events on their way out), `rounding.pxi`, `ledger.pxi`
(accounts and balances), `ladder.pxi` (prices in order), `book.pxi` (orders and queues), `matching.pxi` (trades and what
they move), `standing.pxi` (what happens to orders that rest), `phases.pxi` (phases and auctions) and `listing.pxi` (what
the operator does). The C view of the vocabulary is written when the package is
built. The same source is compiled twice, as `engine` and as `engine_checked`; see meson.build.
"""
