"""liquibook, a C++ matching library, on the same flows: a peer that does the matching and nothing else.

None of its code is here: the driver is ours and is compiled against a checkout the user names.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import msgspec

from lionrock.words.commands import AmendOrder, CancelOrder, Command, PlaceOrder
from lionrock.words.enumerations import Side, TimeInForce
from lionrock.words.records import RECORD_BYTES, layout_of

DRIVER = Path(__file__).parent / "liquibook_driver.cpp"


class PeerUnusableError(Exception):
    """The directory is no checkout of liquibook, or the driver cannot be compiled or run; the message says which."""


class Played(msgspec.Struct, frozen=True):
    """What came of a flow's body."""

    operations_per_s: float
    trades: int
    volume_lots: int


def layout_header() -> str:
    """The places and numbers of our records that the driver reads, as C++."""
    fields: dict[str, tuple[type[Command], tuple[str, ...]]] = {
        "CANCEL": (CancelOrder, ("order_id",)),
        "AMEND": (AmendOrder, ("order_id", "price_ticks", "size_lots")),
        "PLACE": (PlaceOrder, ("order_id", "side", "time_in_force", "price_ticks", "size_lots")),
    }
    numbers = {
        "RECORD_BYTES": RECORD_BYTES,
        "SIDE_BUY": int(Side.BUY),
        "IMMEDIATE_OR_CANCEL": int(TimeInForce.IMMEDIATE_OR_CANCEL),
    }
    for short, (command_type, names) in fields.items():
        layout = layout_of(command_type)
        numbers[f"{short}_ORDER"] = layout.kind
        offset = 0
        for name, field in layout.fields.items():
            if name in names:
                numbers[f"{short}_{name.upper()}"] = offset
            offset += struct.calcsize(f"<{field.code}")
    return "#pragma once\n" + "".join(f"constexpr unsigned {name} = {value};\n" for name, value in numbers.items())


class Liquibook:
    """The compiled driver, in a directory of the caller's."""

    def __init__(self, checkout: Path, directory: Path) -> None:
        """Compile. Raises `PeerUnusableError`."""
        if not (checkout / "src" / "book" / "order_book.h").is_file():
            raise PeerUnusableError(f"{checkout} is no checkout of liquibook: src/book/order_book.h is not there")
        (directory / "layout.h").write_text(layout_header(), encoding="utf-8")
        self._program = directory / "driver"
        self._directory = directory
        self._first: dict[str, int] = {}
        options = ["-O3", "-march=native", "-std=c++17", f"-I{checkout / 'src'}", f"-I{directory}"]
        _run(["c++", *options, "-o", str(self._program), str(DRIVER)])

    def load(self, name: str, resting: bytes, body: bytes) -> None:
        """A flow that `play` plays by this name."""
        with (self._directory / f"{name}.flow").open("wb") as file:
            file.write(resting)
            file.write(body)
        self._first[name] = len(resting) // RECORD_BYTES

    def play(self, name: str) -> Played:
        """Once, in a process of its own: the resting orders, then the body, timed. Raises `PeerUnusableError`."""
        command = [str(self._program), str(self._first[name]), str(self._directory / f"{name}.flow")]
        return msgspec.json.decode(_run(command), type=Played)


def _run(command: list[str]) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 our own command, no shell
    except OSError as error:
        raise PeerUnusableError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode != 0:
        raise PeerUnusableError(f"{command[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
