"""A tour that is broken off: nothing keeps running, nothing stands in the way of the next one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.memory import PROC

PATIENCE_SECONDS = 120


def start(data: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """In a session of its own, so that a signal reaches the tour and what it started, as a terminal's does."""
    command = [sys.executable, "-u", "-m", "lionrock.cli", "demo", "--headless", "--orders", "8000"]
    return subprocess.Popen(
        [*command, "--data", str(data), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | environment,
    )


def read_until(tour: subprocess.Popen[str], words: str) -> str:
    assert tour.stdout is not None
    shown = ""
    for line in tour.stdout:
        shown += line
        if words in line:
            return shown
    raise AssertionError(f"{words!r} was never shown:\n{shown}")


def running_in(data: Path) -> list[str]:
    """Command lines of processes that name the directory, or an address that the tour gave."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(data) in line and "pytest" not in line:
                found.append(line)
    return found


@pytest.mark.parametrize(
    ("step", "words", "sent"),
    [
        ("2", "orders and cancels are at hand", signal.SIGINT),
        pytest.param("2", "orders and cancels are at hand", signal.SIGHUP, marks=pytest.mark.soak),
        pytest.param("5", "lionrock staff enrol", signal.SIGTERM, marks=pytest.mark.soak),
        ("10", "orders are flowing", signal.SIGINT),
    ],
    ids=["replay", "closed-terminal", "staff", "kill"],
)
def test_a_tour_that_is_broken_off_leaves_nothing(tmp_path: Path, step: str, words: str, sent: signal.Signals) -> None:
    tour = start(tmp_path, "--step", step, LIONROCK_CAPTURE=str(tmp_path))
    read_until(tour, words)
    os.killpg(tour.pid, sent)
    shown = tour.communicate(timeout=PATIENCE_SECONDS)[0]
    assert (tour.returncode, "stopped; nothing is left running" in shown) == (1, True), shown
    assert running_in(tmp_path) == []


def test_the_next_tour_begins_beside_what_is_left(tmp_path: Path) -> None:
    """Killed without a chance to take anything down; the venue that is left over is another directory's."""
    tour = start(tmp_path, "--step", "1")
    read_until(tour, "rules, each with instrument")
    os.killpg(tour.pid, signal.SIGKILL)
    tour.wait()
    again = start(tmp_path, "--step", "1")
    assert "All of it was checked" in again.communicate(timeout=PATIENCE_SECONDS)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tour-1", "tour-2"]


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        tour = start(tmp_path, "--step", "1", "--port", port)
        shown = tour.communicate(timeout=PATIENCE_SECONDS)[0]
    assert tour.returncode == 1
    assert port in shown, shown
    assert "Traceback" not in shown
    again = start(tmp_path, "--step", "1", "--port", port)
    assert f"http://127.0.0.1:{port}" in again.communicate(timeout=PATIENCE_SECONDS)[0]


def test_the_venue_stays_open_for_the_snippet_that_is_printed(tmp_path: Path) -> None:
    """By the ccxt that people have, unchanged."""
    tour = start(tmp_path, "--step", "4", "--stay")
    shown = read_until(tour, "The venue stays open")
    snippet = shown[shown.index("import ccxt") :].partition("\n   ")[0]
    traded = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, check=False)
    os.killpg(tour.pid, signal.SIGINT)
    assert (tour.communicate(timeout=PATIENCE_SECONDS)[0].strip(), tour.returncode) == ("closed", 0)
    assert traded.stdout.startswith("closed {"), traded.stdout + traded.stderr
    assert running_in(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 MB: enough to begin, filled up by the test."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    done = subprocess.run([str(mount), "-t", "tmpfs", "-o", "size=600m", "tmpfs", str(place)], check=False)
    if done.returncode != 0:
        pytest.skip("a small file system to fill up takes the right to mount one (root)")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_ends_the_tour_with_words(small_disk: Path) -> None:
    tour = start(small_disk, "--orders", "40000", "--step", "2", LIONROCK_CAPTURE=str(small_disk))
    read_until(tour, "orders and cancels are at hand")
    filler = small_disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        except OSError:
            pass
    shown = tour.communicate(timeout=PATIENCE_SECONDS)[0]
    assert (tour.returncode, "Error: " in shown, "Traceback" in shown) == (1, True, False), shown
    assert running_in(small_disk) == []
    filler.unlink()
    again = start(small_disk, "--step", "1")
    assert "All of it was checked" in again.communicate(timeout=PATIENCE_SECONDS)[0]
