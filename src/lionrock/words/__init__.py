"""The vocabulary: amounts, commands, events, rejections. A reader learns the product here.

Nothing in this room decides anything and nothing here knows a clock, chance or a file. `commands` says what may be
asked of the venue, `events` what it may answer, `rejections` why it may refuse, `enumerations` the closed lists those
three share, `amounts` and `rounding` how numbers are written and which way they are cut. `records` is the machinery
that turns each definition into one fixed 128-byte layout, for Python, NumPy and the compiled core alike.
"""
