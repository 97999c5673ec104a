"""A durable write in one call of the system is all there, or says that it is not."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lionrock.journal.disk import WriteThroughDisk

PwriteV = Callable[[int, Sequence[memoryview], int, int], int]


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    opened = WriteThroughDisk().open(tmp_path / "file", create=True)
    yield opened
    os.close(opened)


def replaced(monkeypatch: pytest.MonkeyPatch, pwritev: PwriteV) -> None:
    monkeypatch.setattr(os, "pwritev", pwritev)


def test_what_the_system_takes_in_parts_is_written_whole_and_each_part_durably(
    descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine, parts = os.pwritev, list[tuple[int, bytes]]()

    def three_bytes(descriptor: int, buffers: Sequence[memoryview], offset: int, flags: int) -> int:
        assert flags == os.RWF_DSYNC
        parts.append((offset, bytes(buffers[0][:3])))
        return genuine(descriptor, [buffers[0][:3]], offset, flags)

    replaced(monkeypatch, three_bytes)
    WriteThroughDisk().write_durably(descriptor, [b"dur", b"", b"able"], 5)
    assert parts == [(5, b"dur"), (8, b"abl"), (11, b"e")]
    assert os.pread(descriptor, 100, 0) == bytes(5) + b"durable"


def test_failure_of_the_sync_is_raised_and_not_tried_again(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def failing(descriptor: int, buffers: Sequence[memoryview], offset: int, flags: int) -> int:
        calls.append(offset)
        raise OSError(errno.EIO, "Input/output error")

    replaced(monkeypatch, failing)
    with pytest.raises(OSError, match="Input/output"):
        WriteThroughDisk().write_durably(descriptor, [b"dur", b"able"], 0)
    assert calls == [0]


def test_system_that_takes_nothing_is_an_error(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, lambda _descriptor, _buffers, _offset, _flags: 0)
    with pytest.raises(OSError, match="took none of 7 bytes"):
        WriteThroughDisk().write_durably(descriptor, [b"dur", b"able"], 0)
