"""Writes into packed commands what only the node may say: their sequence, their time and the ids they create."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lionrock.words.commands import Command, OpenAccount, PlaceOrder
from lionrock.words.records import layout_of

FIRST_ID = 10**18
"""Ids the node gives are this plus the command's sequence: 19 digits, the length that API clients expect of an order
id, above every id a person would choose by hand, and below 2^63 for nine times as many commands."""

_CREATED: list[tuple[type[Command], str]] = [(PlaceOrder, "order_id"), (OpenAccount, "account_id")]


def stamped(packed: Sequence[bytes], first_sequence: int, time_ns: int) -> bytes:
    """The commands, one or more to each of `packed`, as one block, in order, with sequences from `first_sequence` on.

    An order or account that comes with id 0 gets its own; any other id is left as it is.
    """
    block = bytearray(b"".join(packed))
    header = np.frombuffer(block, layout_of(PlaceOrder).dtype)  # every command begins with the same header
    header["sequence"] = np.arange(first_sequence, first_sequence + len(header), dtype=np.uint64)
    header["time_ns"] = time_ns
    for command_type, field in _CREATED:
        layout = layout_of(command_type)
        records = np.frombuffer(block, layout.dtype)
        without_id = (records["kind"] == layout.kind) & (records[field] == 0)
        records[field][without_id] = records["sequence"][without_id] + np.uint64(FIRST_ID)
    return bytes(block)
