"""The README's first minute, word for word: its commands and its Python, against a server they start themselves."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PROGRAM = str(Path(sys.executable).parent / "lionrock")
FIRST_MINUTE = README.split("## A first trade in a minute", 1)[1].split("\n## ", 1)[0]
PATIENCE_SECONDS = 30


def code_block(language: str) -> str:
    match = re.search(rf"^```{language}\n(.*?)^```", FIRST_MINUTE, re.DOTALL | re.MULTILINE)
    assert match, f"the README's first minute has no {language} block"
    return match[1]


def shell_commands(port: int) -> list[list[str]]:
    """The block's `lionrock` commands, with the program of this environment and a free port."""
    text = code_block("sh").replace(":8000", f":{port}").replace("--port 8000", f"--port {port}")
    lines = [shlex.split(line.removesuffix("&")) for line in text.splitlines()]
    assert lines[0] == ["make", "setup"]
    assert all(words[0] == ".venv/bin/lionrock" for words in lines[1:])
    return [[PROGRAM, *words[1:]] for words in lines[1:]]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def served(port: int, tmp_path: Path) -> Iterator[None]:
    serve = subprocess.Popen(shell_commands(port)[0], cwd=tmp_path)
    try:
        yield  # at once, as when all lines are pasted together: the next command waits for the server
    finally:
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(PATIENCE_SECONDS) == 0


@pytest.mark.usefixtures("served")
def test_first_trade_of_the_readme(port: int, tmp_path: Path) -> None:
    snippet = code_block("python").replace(":8000", f":{port}")
    for command in shell_commands(port)[1:]:
        opened = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)
        account = json.loads(opened.stdout)
        assert set(account) == {"apiKey", "secret", "accountId"}
        for name in ("apiKey", "secret"):
            snippet = snippet.replace(f'"{name}": "..."', f'"{name}": "{account[name]}"', 1)
    assert "..." not in snippet
    result = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "'price': 65000.0" in result.stdout
    assert "'amount': 0.2" in result.stdout
