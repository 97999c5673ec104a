"""One definition per record: the class is the documentation, the wire layout, the NumPy dtype and the C struct.

A record is 128 bytes, little-endian, packed without gaps in the order of its fields and padded with zeros at the end.
128 is two cache lines and leaves the widest record (a market's listing, 115 bytes) a little room; a fixed size lets a
batch cross into the core as one block of memory and lets an analyst read a journal with NumPy as it is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, TypeVar, dataclass_transform, get_args, get_type_hints

import msgspec
import numpy as np

RECORD_VERSION = 1
"""Of all layouts together. Every frame of a journal carries it, so that an old record is never read as a new one; a
test ties it to the layouts, and to a recorded journal of each version that must replay to its recorded digest."""
RECORD_BYTES = 128
"""Size of every command and every event. See the module docstring for why this number."""


class FieldType(NamedTuple):
    """How one field is laid out."""

    code: str
    """Format character of the `struct` module."""
    c_name: str
    """The C type in the compiled core."""
    length: int = 0
    """Bytes of a text field; 0 for a number."""


U8 = Annotated[int, FieldType("B", "uint8_t")]
U16 = Annotated[int, FieldType("H", "uint16_t")]
U32 = Annotated[int, FieldType("I", "uint32_t")]
I32 = Annotated[int, FieldType("i", "int32_t")]
U64 = Annotated[int, FieldType("Q", "uint64_t")]
I64 = Annotated[int, FieldType("q", "int64_t")]
Text16 = Annotated[str, FieldType("16s", "char", 16)]
Text24 = Annotated[str, FieldType("24s", "char", 24)]


class Layout(NamedTuple):
    """Where each field of a record lies."""

    kind: int
    """The number that stands in the first two bytes of the record."""
    fields: dict[str, FieldType]
    """Header fields first, then the record's own, in byte order."""
    packer: struct.Struct
    """Packs the fields in that order; its size may be less than `RECORD_BYTES`."""
    dtype: np.dtype[Any]
    """The same bytes for NumPy, itemsize `RECORD_BYTES`."""
    names: tuple[str, ...]
    """Of the fields behind the kind, in byte order."""
    text_names: tuple[str, ...]
    """Of the fields that hold text."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every command and event; see `Command` and `Event` for the headers."""

    def pack(self) -> bytes:
        """The record as `RECORD_BYTES` bytes. Raises `ValueError` when a value does not fit its field."""
        layout = layout_of(type(self))
        values = [getattr(self, name) for name in layout.names]
        for name in layout.text_names:
            at = layout.names.index(name)
            values[at] = _text_bytes(name, values[at], layout.fields[name].length)
        try:
            return layout.packer.pack(layout.kind, *values).ljust(RECORD_BYTES, b"\0")
        except struct.error as error:
            raise ValueError(f"{type(self).__name__} does not fit its layout: {error}") from error


def _text_bytes(name: str, value: str, length: int) -> bytes:
    raw = value.encode("ascii", errors="replace")
    if len(raw) > length:
        raise ValueError(f"{name} {value!r} is longer than {length} bytes")
    return raw


_layouts: dict[type[Record], Layout] = {}

RecordType = TypeVar("RecordType", bound=Record)


def layout_of(record_type: type[Record]) -> Layout:
    """The layout that `register` computed for this record type."""
    return _layouts[record_type]


@dataclass_transform(kw_only_default=True, frozen_default=True)
def register(kind: int, registry: dict[int, type[Any]]) -> Callable[[type[RecordType]], type[RecordType]]:
    """Class decorator: gives a record its number and its layout and enters it in `registry`."""

    def enter(record_type: type[RecordType]) -> type[RecordType]:
        if kind in registry:
            raise ValueError(f"record number {kind} is taken by {registry[kind].__name__}")
        hints = get_type_hints(record_type, include_extras=True)
        fields = {"kind": FieldType("H", "uint16_t")}
        fields |= {name: get_args(hints[name])[1] for name in record_type.__struct_fields__}
        packer = struct.Struct("<" + "".join(field.code for field in fields.values()))
        if packer.size > RECORD_BYTES:
            raise ValueError(f"{record_type.__name__} needs {packer.size} bytes of {RECORD_BYTES}")
        names = tuple(record_type.__struct_fields__)
        text_names = tuple(name for name in names if fields[name].length)
        _layouts[record_type] = Layout(kind, fields, packer, _numpy_dtype(fields), names, text_names)
        registry[kind] = record_type
        return record_type

    return enter


def _numpy_dtype(fields: dict[str, FieldType]) -> np.dtype[Any]:
    numbers = {"B": "u1", "H": "<u2", "I": "<u4", "i": "<i4", "Q": "<u8", "q": "<i8"}
    formats = [f"S{field.length}" if field.length else numbers[field.code] for field in fields.values()]
    packed = np.dtype(list(zip(fields, formats, strict=True)))
    offsets = [packed.fields[name][1] for name in fields] if packed.fields else []
    return np.dtype({"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": RECORD_BYTES})


def unpack(registry: dict[int, type[RecordType]], data: bytes | memoryview, offset: int = 0) -> RecordType:
    """The record that starts at `offset` of `data`. Raises `KeyError` when its kind is not in `registry`."""
    record_type = registry[int.from_bytes(data[offset : offset + 2], "little")]
    layout = layout_of(record_type)
    named = dict(zip(layout.names, layout.packer.unpack_from(data, offset)[1:], strict=True))
    for name in layout.text_names:
        named[name] = named[name].rstrip(b"\0").decode("ascii")
    return record_type(**named)


def unpack_all(registry: dict[int, type[RecordType]], data: bytes | memoryview) -> list[RecordType]:
    """Every record of a block, in order. Raises `ValueError` when the block is not whole records."""
    if len(data) % RECORD_BYTES:
        raise ValueError(f"{len(data)} bytes are not a whole number of {RECORD_BYTES}-byte records")
    return [unpack(registry, data, offset) for offset in range(0, len(data), RECORD_BYTES)]
