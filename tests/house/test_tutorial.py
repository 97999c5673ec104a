"""docs/tutorial.md, word for word: its commands in their order, in one shell."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.house.test_operate import CURL, WAIT, free_port, run_script
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
PATIENCE_SECONDS = 240


def script(port: int) -> str:
    """The page's blocks; a server is waited for until it answers, and each command says its name first."""
    lines = ["set -e", f'curl() {{ "{sys.executable}" -c \'{CURL}\' "${{@: -1}}"; }}']
    for language, block in re.findall(r"^```(sh|python)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        if language == "python":
            lines += ["cat > trade.py <<'SNIPPET'", block.rstrip("\n"), "SNIPPET"]
            continue
        for line in block.splitlines():
            lines += [f"echo '== {line.split(' || ')[0].split(' > ')[0]}'".replace('"', ""), line]
            if line.endswith("&"):
                lines.append(f"\"{sys.executable}\" -c '{WAIT}' http://127.0.0.1:{port}/health")
    return "\n".join(lines).replace("8010", str(port))


def after(told: str, command: str) -> str:
    """What a command printed, the last time it was called."""
    return told.rpartition(f"== {command}")[2].partition("\n")[2].partition("\n== ")[0].strip()


def test_the_tutorial_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    port = free_port()
    told = run_script(script(port), tmp_path, PATIENCE_SECONDS)
    traded = after(told, "python trade.py")
    assert "did: FILLED" in traded
    assert re.search(r"'words': '900000 USDT are needed and [\d.]+ USDT are available\.'", traded), traded
    digest = re.search(r"[0-9a-f]{64}", after(told, "lionrock journal digest data"))
    asked = "curl -sS --retry 30 --retry-delay 1 --retry-connrefused"
    state = json.loads(after(told, f"{asked} http://127.0.0.1:{port}/lionrock/v1/sandbox/state"))
    assert digest, told
    assert len(state["digest"]) == 64
    assert "it was noticed" in told
    assert "a new venue is red" in told
    elsewhere = after(told, "lionrock journal digest elsewhere")
    assert re.search(r"[0-9a-f]{64}", elsewhere), elsewhere
