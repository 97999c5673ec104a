"""What the system refuses is told as a sentence with its file and a next step, by every command."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lionrock.site import serve
from lionrock.site.serve import AddressUnavailable
from lionrock.site.system_words import words_of
from tests.gateways.rest.live import LiveServer
from tests.programs import run


def refused(*arguments: str, code: int = 1) -> str:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    (line,) = ended.stderr.splitlines()
    assert "Errno" not in line
    return line


def test_slips_of_every_day_have_a_sentence(tmp_path: Path) -> None:
    key = tmp_path / "bob.key"
    assert run("operator", "new-key", f"{key}").returncode == 0
    before = key.read_bytes()
    words = refused("operator", "new-key", f"{key}")
    assert words == f"Error: {key} is there already: it was kept, and no key was made. Name another file for a new one"
    assert key.read_bytes() == before
    out = f"{tmp_path / 'nonexistent' / 'x.pdf'}"
    words = refused("rulebook", "report", "--site", "hk", "--format", "pdf", "--out", out, code=2)
    assert words == f"Error: {out}: No such file or directory"
    missing = f"{tmp_path / 'ann.signature'}"
    words = refused("skip", "record", f"{tmp_path}", "--signature", missing, "--signature", missing)
    assert words == f"Error: {missing}: No such file or directory"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device (the disk is full: make room)"),
        (
            FileExistsError(17, "File exists", "a", None, "b"),
            "a to b: File exists (it was kept as it is: name another)",
        ),
        (FileNotFoundError("data has no site.sqlite"), "data has no site.sqlite"),
        (ValueError("what another says"), "what another says"),
    ],
)
def test_no_number_is_told(error: Exception, words: str) -> None:
    assert words_of(error) == words


def test_a_full_disk_behind_the_output_is_no_traceback() -> None:
    command = [sys.executable, "-m", "lionrock.cli", "rulebook", "list", "--site", "hk", "--json"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=os.environ)
    assert ended.stderr == "Error: No space left on device (the disk is full: make room)\n"
    assert ended.returncode == 2


def test_an_address_that_cannot_be_served_at_has_a_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AddressUnavailable, match=rf"in use; .*sport = :{port}.*another --port"):
            serve._listen("127.0.0.1", port)

    def bind(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", bind)
    with pytest.raises(AddressUnavailable, match="put a reverse proxy before it"):
        serve._listen("127.0.0.1", 80)


def test_what_is_in_use_and_what_is_not_there_have_a_next_step(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = LiveServer(data, "--sandbox")
    try:
        assert f"lionrock stop {data} ends it" in refused("serve", "--data", f"{data}", "--port", "0")
    finally:
        assert server.stop() == 0
    assert refused("journal", "dump", f"{data}", "--from", "9", "--to", "1") == "Error: --from 9 comes after --to 1"
    words = refused("journal", "dump", f"{data}", "--from", "99999")
    assert words == "Error: the journal has no sequence 99999: it ends before"
