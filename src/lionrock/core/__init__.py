"""The venue: pure, deterministic, single-threaded. `apply(commands) -> events`, and nothing else changes anything.

`engine.pyx` is the door: what each order asks for and why it may be refused. It includes, from the bottom up:
`tables.pxi` (finding things by id), `announcements.pxi` (events on their way out), `rounding.pxi`, `ledger.pxi`
(accounts and balances), `ladder.pxi` (prices in order), `book.pxi` (orders and queues), `matching.pxi` (trades and what
they move), `gates.pxi` (what compliance allows), `lookahead.pxi` (asking memory early), `standing.pxi` (what happens to
orders that rest), `incoming.pxi` (the way of an order through the book, triggers), `phases.pxi` (phases and auctions)
and `listing.pxi` (what the operator lists and moves).

The C view of the vocabulary is written when the package is built. The same source is compiled twice, as `engine` and as
`engine_checked`; see meson.build.
"""
