"""The journal: an append-only, hash-chained log of frames in segment files. It knows bytes only.

`frames` is the encoding of one frame, `writer` makes frames durable, `reader` brings them back and tells a write that
was cut short from damage, `closing` marks a journal that was closed, `disk` is every file operation the others use.
What is promised stands in spec/journal.md.
"""
