"""How long records are kept, what keeps them longer, and what is erased when nothing does.

Start with `keeping.py` (the times), then `shelves.py` (where records of a class stand), then `records.py` (holds and
erasures).
"""
