"""`lionrock stop` ends who serves a directory, waits for it, and touches nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lionrock.node.lock import DirectoryLock
from lionrock.site.stopping import CannotStop, stop
from tests.gateways.rest.live import LiveServer
from tests.programs import run


@pytest.mark.shows("OPER-026")
def test_a_site_is_ended_in_good_order_and_the_lock_names_nobody(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = LiveServer(data, "--sandbox")
    told = run("stop", f"{data}", "--json")
    assert (told.returncode, json.loads(told.stdout)) == (0, {"process": server.process.pid})
    assert (server.stop(), server.errors) == (0, "")
    assert (data / "lock").read_text() == ""
    again = run("stop", f"{data}")
    assert (again.returncode, again.stdout) == (0, f"nothing serves {data}\n")
    nowhere = run("stop", f"{tmp_path / 'dta'}")
    assert (nowhere.returncode, "dta is no directory" in nowhere.stderr) == (1, True)


@pytest.mark.shows("OPER-026")
def test_a_number_that_was_left_over_is_not_signalled(tmp_path: Path) -> None:
    """As after `kill -9` and a reboot, when the number is another process's."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as bystander:
        try:
            (tmp_path / "lock").write_text(f"{bystander.pid}\n")
            assert stop(tmp_path, 1).process is None
            lock = DirectoryLock(tmp_path)
            (tmp_path / "lock").write_text(f"{bystander.pid}\n")  # held, by one whose number this is not
            with pytest.raises(CannotStop, match="it runs in a container"):
                stop(tmp_path, 1)
            lock.release()
            assert bystander.poll() is None
        finally:
            bystander.kill()


HOLDER = "import sys, time, pathlib\nfrom lionrock.node.lock import DirectoryLock\n{}\n"
HOLDER += "lock = DirectoryLock(pathlib.Path(sys.argv[1]))\nprint('held', flush=True)\ntime.sleep(600)"


@pytest.mark.shows("OPER-026")
@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("", "another command of Lionrock works there"),
        (
            "import signal; signal.signal(signal.SIGTERM, lambda *_: None)",
            "was asked to end and still works after 0.2 s",
        ),
    ],
    ids=["a command that works", "a site that does not end"],
)
def test_what_does_not_end_in_good_order_is_told(tmp_path: Path, first: str, words: str) -> None:
    command = [sys.executable, "-c", HOLDER.format(first), f"{tmp_path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            told = run("stop", f"{tmp_path}", "--wait", "0.2")
            assert (told.returncode, told.stdout, words in told.stderr) == (1, "", True), told.stderr
            assert holder.poll() is None
        finally:
            holder.kill()


def test_a_lock_is_emptied_before_it_is_let_go(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    lock.release()
    assert (tmp_path / "lock").read_text() == ""
