"""Build step: write the C view of the vocabulary, so that records, numbers and bounds are declared once, in Python.

Usage: declare_records.py SOURCE_ROOT OUTPUT.pxd DEPFILE

The output is replaced only when its text changes, so a reworded docstring in the vocabulary compiles nothing. The
depfile is a Makefile line that names every file the output was made from.
"""

from __future__ import annotations

import re
import sys
from enum import IntEnum
from pathlib import Path

sys.dont_write_bytecode = True  # a cache folder beside the sources would look like a change to make
sys.path.insert(0, sys.argv[1])

from lionrock.words import enumerations, limits
from lionrock.words.commands import COMMANDS, Command
from lionrock.words.events import EVENTS, Event
from lionrock.words.records import RECORD_BYTES, Record, layout_of
from lionrock.words.rejections import Rejection


def snake(name: str) -> str:
    """`PlaceOrder` as `place_order`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def struct_lines(record_type: type[Record]) -> list[str]:
    """One packed C struct; the padding at its end makes it exactly one record."""
    layout = layout_of(record_type)
    lines = [f"cdef packed struct {snake(record_type.__name__)}_t:"]
    for name, field in layout.fields.items():
        lines.append(f"    {field.c_name} {name}{f'[{field.length}]' if field.length else ''}")
    padding = RECORD_BYTES - layout.packer.size
    return [*lines, f"    uint8_t padding[{padding}]" if padding else "", ""]


def enumeration_lines(members: dict[str, int], prefix: str = "") -> list[str]:
    """An anonymous C enumeration, so that the numbers are constants to the C compiler."""
    return ["cdef enum:", *(f"    {prefix}{name} = {number}" for name, number in members.items()), ""]


def declarations() -> str:
    """The whole file."""
    lines = [
        "# Written by declare.py from lionrock.words; do not edit.",
        "from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t",
        "",
    ]
    for registry, base in ((COMMANDS, Command), (EVENTS, Event)):
        kinds = {f"{base.__name__.upper()}_{snake(t.__name__).upper()}": kind for kind, t in registry.items()}
        lines += enumeration_lines(kinds)
        for record_type in registry.values():
            lines += struct_lines(record_type)
    for enumeration in vars(enumerations).values():
        if isinstance(enumeration, type) and issubclass(enumeration, IntEnum) and enumeration is not IntEnum:
            prefix = snake(enumeration.__name__).upper() + "_"
            lines += enumeration_lines({member.name: member.value for member in enumeration}, prefix)
    lines += enumeration_lines({member.name: member.value for member in Rejection}, "REJECTION_")
    bounds = {name: value for name, value in vars(limits).items() if name.isupper()}
    # A C enumerator is an int; the bounds that need 64 bits become inline constants instead.
    lines += enumeration_lines({"RECORD_BYTES": RECORD_BYTES} | {n: v for n, v in bounds.items() if v < 2**31})
    for name, value in bounds.items():
        if value >= 2**31:
            lines += [f"cdef inline int64_t {name}() noexcept nogil:", f"    return {value}", ""]
    return "\n".join(lines)


def main(source_root: Path, output: Path, depfile: Path) -> None:
    """Write both files."""
    text = declarations()
    if not output.exists() or output.read_text(encoding="utf-8") != text:
        output.write_text(text, encoding="utf-8")
    sources = [Path(__file__).resolve(), *sorted((source_root / "lionrock" / "words").rglob("*.py"))]
    escaped = [str(source).replace(" ", "\\ ") for source in sources]
    depfile.write_text(f"{output}: {' '.join(escaped)}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
