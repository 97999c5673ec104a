"""Papers that a client is owed: contract notes, statements, receipts. Drawn from the read models, kept sealed.

What is owed stands in SQL before it is made, so that what was not made is seen; its SHA-256 goes to the journal.
"""
