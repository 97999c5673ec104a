"""docs/operate.md, word for word: its commands in their order, in one shell, on a site of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from lionrock.site.configuration import FILE_NAME
from lionrock.words.records import RECORD_VERSION
from tests.house.tree import ROOT
from tests.site.certificates import make_pair
from tests.site.test_poison import append

PAGE = (ROOT / "docs" / "operate.md").read_text("utf-8")
BEFORE, AFTER = PAGE.split("## When a frame cannot be applied")
PATIENCE_SECONDS = 600
CURL = "import httpx, sys; print(httpx.get(sys.argv[1]).raise_for_status().text)"
WAIT = (
    "import httpx, sys, time\n"
    "for _ in range(300):\n"
    "    try:\n"
    "        sys.exit(httpx.get(sys.argv[1]).is_error)\n"
    "    except httpx.TransportError:\n"
    "        time.sleep(0.1)\n"
    "sys.exit(1)\n"
)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def shell(lines: list[str], port: int, directory: Path) -> str:
    """What the lines print; a server is waited for until it answers, and until it has ended."""
    script = [
        "set -e",
        "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT",
        f'curl() {{ "{sys.executable}" -c \'{CURL}\' "${{@: -1}}"; }}',
    ]
    for line in lines:
        script.append(line.replace("serve --data", "serve --sandbox --data"))
        if line.endswith("&"):
            script.append(f"\"{sys.executable}\" -c '{WAIT}' http://127.0.0.1:{port}/health")
        if line.startswith(("kill", "lionrock stop")):
            script.append("wait $!")  # with set -e it has to end with exit code 0
    return run_script("\n".join(script).replace("8000", str(port)), directory, PATIENCE_SECONDS)


def run_script(text: str, directory: Path, patience_s: int) -> str:
    """What a script of bash prints that ends well, by the programs of this environment; nothing of it is left."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with subprocess.Popen(
        ["bash", "-c", text],
        cwd=directory,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            told, _ = process.communicate(timeout=patience_s)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, told
    return told


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def write_settings(file: Path, told: str, *values: str) -> None:
    """Lines of the page under the sections that are in the file, as it says, with values of this machine."""
    given = iter(values)
    text = file.read_text("utf-8")
    for section, lines in re.findall(r"^# under (\[\w+\])\n((?:\w+ = .*\n)+)", told, re.MULTILINE):
        mine = re.sub(r'".*"', lambda _: f'"{next(given)}"', lines)
        assert text.count(f"\n{section}\n") == 1
        text = text.replace(f"\n{section}\n", f"\n{section}\n{mine}")
    assert next(given, None) is None
    file.write_text(text, "utf-8")


def test_the_guide_runs_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    doctor, keys, *later = blocks(BEFORE, "sh")
    told = shell([*doctor.splitlines(), *keys.splitlines()], free_port(), tmp_path)
    ann, bob = re.findall(r"^public key +([0-9a-f]{64})$", told, re.MULTILINE)
    (settings,) = blocks(BEFORE, "toml")
    write_settings(tmp_path / "data" / FILE_NAME, settings, ann, bob, f"{tmp_path / 'outside'}")

    (tmp_path / "outside").mkdir()
    make_pair(tmp_path, name="proxy")
    told = shell([line for block in later for line in block.splitlines()], free_port(), tmp_path)
    assert "is its key's and ends in 90 days" in told
    assert '"ready":true' in told
    assert "lionrock_ready 1.0" in told
    assert '"seconds": ' in told
    assert "every file of the pack is the one that pack.json names" in told
    assert "2 operators have a key" in told
    assert told.count("as proved by replaying them all") == 3
    before, after, back = re.findall(r"^[0-9a-f]{64}$", told, re.MULTILINE)
    assert before == after == back, "an upgrade, and the way back, come to the digest from before"
    assert list((tmp_path / "outside").glob("*.checkpoint"))
    back = "lionrock restore backups/before-upgrade again --master-key safe/master"
    assert "take the copy from before" in shell([f"{back}.key 2>&1 || test $? -eq 1"], 0, tmp_path)
    assert "Restored up to" in shell([f"{back}-until-*.key"], 0, tmp_path), "the copy of the key from before is there"

    append(tmp_path / "data", 1, bytes(128), b"", RECORD_VERSION)
    (skip,) = blocks(AFTER, "sh")
    told = shell([*skip.splitlines(), "lionrock stop data"], free_port(), tmp_path)
    assert "cannot be applied" in told
    assert "Recorded: the frame of sequences" in told
    assert "Lionrock serves data" in told
