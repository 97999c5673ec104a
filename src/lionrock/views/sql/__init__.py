"""Read models in SQL, on SQLite or PostgreSQL, kept by a process of its own that follows the journal.

`following` tails the journal through a core of its own, `projection` turns the events of some frames into rows and
writes them with the position they lead to in one transaction, `tables` says what the rows mean, `queries` reads them.
`decoding`, `orders`, `entries`, `trades`, `candles` and `catalogue` make the rows of their subject with NumPy, `bulk`
writes many of them at a time, `database` opens the database and brings its schema up to date. What is promised stands
in spec/read-models.md.
"""
