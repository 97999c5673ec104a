"""What a server does when its disk takes no more, and when clients stop talking in the midst of a request."""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.site import serve
from tests.gateways.rest.live import LiveServer
from tests.journal.journals import only_segment

CLI = ("-m", "lionrock.cli")


def started(program: tuple[str, str], directory: Path, *options: str) -> subprocess.Popen[str]:
    """`serve` on this directory, which is run by Python with these first arguments."""
    return subprocess.Popen(
        [sys.executable, *program, "serve", "--data", str(directory), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_of(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Exit code and the lines on stderr, once it has ended by itself."""
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors.splitlines()


@pytest.mark.shows("JRNL-021")
def test_a_server_whose_disk_is_full_says_so_and_ends(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    trader = server.account(BTC="3")
    trader.limit("SELL", "1", "50000")
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
    unanswered = trader.place(side="SELL", quantity="1", price="50001")
    assert (unanswered.status_code, unanswered.json()["code"]) == (500, -1006)
    code, errors = end_of(server.process)
    server.http.close()
    assert code == 1
    reason = "OSError: [Errno 27] File too large"
    told_at_once, *others, told_at_the_end = errors
    assert all("could not be written" in each for each in others), others  # figures of the markets, kept each minute
    assert told_at_once == f"CRITICAL: The node has stopped: {reason}"
    assert told_at_the_end == (
        f"Error: the site has stopped: {reason}. Mend the cause (free space when the disk is full) and start it "
        "again: everything acknowledged is replayed. Whether requests without an answer were carried out is known "
        "only then: ask for their state before sending them again."
    )
    server.start()
    assert [row["price"] for row in trader.open_orders()] == ["50000"]
    assert server.stop() == 0


@pytest.mark.shows("JRNL-021")
def test_a_server_that_cannot_write_its_first_frame_says_so_and_ends(tmp_path: Path) -> None:
    # Room for the database with all its tables, not for what a segment of the journal is filled with ahead.
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, 2**21)); "
        "from lionrock.cli import main; main()"
    )
    code, errors = end_of(started(("-c", limited), tmp_path / "site", "--sandbox"))
    assert code == 1
    assert len(errors) == 2
    assert errors[1].startswith("Error: the site has stopped: OSError: [Errno 27] File too large. Mend the cause")


@pytest.mark.shows("JRNL-020")
def test_a_start_tells_what_was_replayed_and_what_was_cut_short(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    server.account(BTC="3")
    server.kill()
    path = only_segment(tmp_path / "site" / "journal")
    reader = Reader(path.parent, Disk())
    assert len(list(reader)) > 10
    start = reader.end.last_frame_offset
    path.write_bytes(path.read_bytes()[: start + 97])
    ready, errors = started_and_stopped(tmp_path / "site", "--json")
    assert len(errors) == 1
    assert errors[0].startswith(f"WARNING: The last write to {path} was cut short: bytes {start} to {start + 97} ")
    fields = json.loads(ready)
    assert fields["url"].startswith("http://127.0.0.1:")
    assert fields["last_write_cut_short"] is True
    assert fields["replayed_frames"] >= 10
    assert fields["replayed_commands"] >= fields["replayed_frames"]

    ready, errors = started_and_stopped(tmp_path / "site")
    assert errors == []
    covered = fields["replayed_commands"]
    assert f"(commands replayed: 0, from 0 frames, after those of a snapshot up to {covered})" in ready


def started_and_stopped(directory: Path, *options: str) -> tuple[str, list[str]]:
    """The line it prints when it is ready, and the lines on stderr."""
    process = started(CLI, directory, *options)
    assert process.stdout is not None
    ready = process.stdout.readline()
    process.terminate()
    code, errors = end_of(process)
    assert code == 0
    return ready, errors


@pytest.mark.shows("JRNL-018")
def test_a_start_refuses_an_order_lost_after_a_clean_stop(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    server.account(BTC="3")
    assert server.stop() == 0
    journal = tmp_path / "site" / "journal"
    path = only_segment(journal)
    whole = path.read_bytes()
    mark = (journal / MARK_NAME).read_bytes()
    for spoiled, spoiled_mark, where in (
        (whole[:-1], mark, f"{path}: the frame of sequence "),
        (whole[:-1] + b"!", mark, f"{path}: the frame of sequence "),
        (whole, mark[:-1], f"{journal / MARK_NAME}: the mark of a clean close"),
    ):
        path.write_bytes(spoiled)
        (journal / MARK_NAME).write_bytes(spoiled_mark)
        code, errors = end_of(started(CLI, tmp_path / "site"))
        assert code == 1
        assert len(errors) == 1
        assert errors[0].startswith(f"Error: {where}")
        assert path.read_bytes() == spoiled


@pytest.mark.shows("REST-021")
def test_a_stop_hangs_up_on_a_request_that_never_ends(tmp_path: Path) -> None:
    assert serve.CLIENT_PATIENCE_SECONDS < serve.PATIENCE_SECONDS
    server = LiveServer(tmp_path / "site", "--sandbox")
    address = urlsplit(server.url)
    head = b"POST /api/v1/spot/order HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((address.hostname, address.port or 0), timeout=30) as connection:
        connection.sendall(head)
        assert b"100 Continue" in connection.recv(65_536)
        connection.sendall(b"symbol=BTC")
        server.http.close()
        server.process.terminate()
        code, errors = end_of(server.process)
    assert (code, errors) == (0, [])
