"""One definition per record: the class is the documentation, the wire layout, the NumPy dtype and the C struct.

A record is 128 bytes, little-endian, packed without gaps in the order of its fields and padded with zeros at the end.
128 is two cache lines and leaves the widest record (a market's listing, 115 bytes) a little room; a fixed size lets a
batch cross into the core as one block of memory and lets an analyst read a journal with NumPy as it is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from operator import attrgetter
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
    values_of: Callable[[Any], tuple[Any, ...]]
    """The fields behind the kind, in byte order."""
    make: Callable[..., Any]
    """The record of what `packer` unpacks."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every command and event; see `Command` and `Event` for the headers."""

    def pack(self) -> bytes:
        """The record as `RECORD_BYTES` bytes. Raises `ValueError` when a value does not fit its field."""
        layout = layout_of(type(self))
        values = layout.values_of(self)
        if layout.text_names:
            values = tuple(
                _text_bytes(name, value, layout.fields[name].length) if name in layout.text_names else value
                for name, value in zip(layout.names, values, strict=True)
            )
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
        _layouts[record_type] = Layout(
            kind,
            fields,
            packer,
            _numpy_dtype(fields),
            names,
            text_names,
            attrgetter(*names),
            _maker(record_type, names),
        )
        registry[kind] = record_type
        return record_type

    return enter


def _maker(record_type: type[Record], names: tuple[str, ...]) -> Callable[..., Any]:
    """A function that names each value as it hands it over: half the time of a call with a dictionary of them.

    A program reads millions of records, so it is written out for each type, as the standard library does for its own.
    """
    hints = get_type_hints(record_type, include_extras=True)
    shown = {name: f"text({name})" if get_args(hints[name])[1].length else name for name in names}
    source = f"lambda kind, {', '.join(names)}: made({', '.join(f'{name}={value}' for name, value in shown.items())})"
    made: Callable[..., Any] = eval(source, {"made": record_type, "text": _text})  # noqa: S307 of our own field names
    return made


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("ascii")


def _numpy_dtype(fields: dict[str, FieldType]) -> np.dtype[Any]:
    numbers = {"B": "u1", "H": "<u2", "I": "<u4", "i": "<i4", "Q": "<u8", "q": "<i8"}
    formats = [f"S{field.length}" if field.length else numbers[field.code] for field in fields.values()]
    packed = np.dtype(list(zip(fields, formats, strict=True)))
    offsets = [packed.fields[name][1] for name in fields] if packed.fields else []
    return np.dtype({"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": RECORD_BYTES})


def unpack(registry: dict[int, type[RecordType]], data: bytes | memoryview, offset: int = 0) -> RecordType:
    """The record that starts at `offset` of `data`. Raises `KeyError` when its kind is not in `registry`."""
    layout = _layouts[registry[data[offset] | data[offset + 1] << 8]]
    made: RecordType = layout.make(*layout.packer.unpack_from(data, offset))
    return made


def unpack_all(registry: dict[int, type[RecordType]], data: bytes | memoryview) -> list[RecordType]:
    """Every record of a block, in order. Raises `ValueError` when the block is not whole records."""
    if len(data) % RECORD_BYTES:
        raise ValueError(f"{len(data)} bytes are not a whole number of {RECORD_BYTES}-byte records")
    return [unpack(registry, data, offset) for offset in range(0, len(data), RECORD_BYTES)]
