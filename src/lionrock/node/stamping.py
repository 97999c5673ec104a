"""Writes into packed commands what only the node may say: their sequence, their time and the ids they create."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Any

import numpy as np

from lionrock.words.commands import Command, OpenAccount, PlaceOrder
from lionrock.words.records import RECORD_BYTES, layout_of

FIRST_ID = 10**18
"""Ids the node gives are this plus the command's sequence: 19 digits, the length that API clients expect of an order
id, above every id a person would choose by hand, and below 2^63 for nine times as many commands."""

_CREATED: list[tuple[type[Command], str]] = [(PlaceOrder, "order_id"), (OpenAccount, "account_id")]
_KINDS = [layout_of(command_type).kind for command_type, _ in _CREATED]


def _heads() -> np.dtype[Any]:
    """What all commands begin with, and the id, which stands in the same place in all that create one."""
    (id_place,) = {_place(command_type, name) for command_type, name in _CREATED}
    header = [_place(PlaceOrder, name) for name in ("kind", "sequence", "time_ns")]
    places, formats = zip(*header, id_place, strict=True)
    names = ["kind", "sequence", "time_ns", "id"]
    return np.dtype({"names": names, "formats": formats, "offsets": places, "itemsize": RECORD_BYTES})


def _place(command_type: type[Command], name: str) -> tuple[int, np.dtype[Any]]:
    fields = layout_of(command_type).dtype.fields
    assert fields  # noqa: S101 every command has a header
    return fields[name][1], fields[name][0]


_HEADS = _heads()


def _packed_at(name: str) -> tuple[int, Struct]:
    """Where a field of `_HEADS` stands in a record, and how."""
    fields = _HEADS.fields
    assert fields  # noqa: S101 named in `_heads`
    dtype, place = fields[name][:2]
    return place, Struct("<" + {"u2": "H", "u8": "Q", "i8": "q"}[dtype.str[1:]])


FEW = 8
"""Up to so many commands are stamped one by one: NumPy takes some 12 µs to begin, and they 1 µs each."""
_STAMPS = _packed_at("sequence"), _packed_at("time_ns")
_ID = _packed_at("id")
_KIND_PLACE, _KIND = _packed_at("kind")


def stamped(packed: Sequence[bytes], first_sequence: int, time_ns: int) -> bytes | memoryview:
    """The commands, one or more to each of `packed`, as one block, in order, with sequences from `first_sequence` on.

    An order or account that comes with id 0 gets its own; any other id is left as it is.
    """
    block = bytearray().join(packed)
    if len(block) <= FEW * RECORD_BYTES:
        _stamp_few(block, first_sequence, time_ns)
        return bytes(block)
    _stamp_many(block, first_sequence, time_ns)
    return memoryview(block).toreadonly()  # many are not copied once more


def _stamp_many(block: bytearray, first_sequence: int, time_ns: int) -> None:
    heads = np.frombuffer(block, _HEADS)
    heads["sequence"] = np.arange(first_sequence, first_sequence + len(heads), dtype=np.uint64)
    heads["time_ns"] = time_ns
    (without_id,) = np.nonzero(heads["id"] == 0)
    kinds = heads["kind"][without_id]
    created = without_id[np.logical_or.reduce([kinds == kind for kind in _KINDS])]
    heads["id"][created] = heads["sequence"][created] + np.uint64(FIRST_ID)


def _stamp_few(block: bytearray, first_sequence: int, time_ns: int) -> None:
    """The same one by one."""
    for sequence, at in enumerate(range(0, len(block), RECORD_BYTES), first_sequence):
        for (place, packer), value in zip(_STAMPS, (sequence, time_ns), strict=True):
            packer.pack_into(block, at + place, value)
        place, packer = _ID
        if packer.unpack_from(block, at + place) == (0,) and _KIND.unpack_from(block, at + _KIND_PLACE)[0] in _KINDS:
            packer.pack_into(block, at + place, sequence + FIRST_ID)
