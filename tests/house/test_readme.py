"""The README's first trade, word for word: its commands and its Python, in one shell from the first to the stop."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tests.house.test_operate import free_port, run_script
from tests.house.tree import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PROGRAM = str(Path(sys.executable).parent / "lionrock")
FIRST_TRADE = README.split("## A first trade\n", 1)[1].split("\n## ", 1)[0]
PATIENCE_SECONDS = 120


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", FIRST_TRADE, re.DOTALL | re.MULTILINE)


def test_first_trade_of_the_readme(tmp_path: Path) -> None:
    """All lines pasted together, as a newcomer does: what comes after the server's line waits for the server."""
    first, last = code_blocks("sh")
    (python,) = code_blocks("python")
    made, *lines = first.splitlines()
    assert made == "make setup"
    script = ["set -e", "trap 'kill $! 2>/dev/null || true' EXIT", *lines, f"\"{sys.executable}\" - <<'SNIPPET'"]
    script += [python.rstrip("\n"), "SNIPPET", last, "wait $!"]  # which has to end with exit code 0
    text = "\n".join(script).replace("8000", str(free_port())).replace(".venv/bin/lionrock", f'"{PROGRAM}"')
    told = run_script(text, tmp_path, PATIENCE_SECONDS)
    assert "'price': 65000.0" in told
    assert "'amount': 0.2" in told
    accounts = [json.loads((tmp_path / f"{name}.json").read_bytes()) for name in ("seller", "buyer")]
    assert all(set(account) == {"apiKey", "secret", "accountId"} for account in accounts)
