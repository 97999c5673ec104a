"""docs/comply.md, word for word, on a Hong Kong site that was served and stopped; and who runs the other pages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.gateways.rest.live import LiveServer
from tests.house.tree import ROOT, pages

PAGE = (ROOT / "docs" / "comply.md").read_text("utf-8")
RED = 1
"""Exit code of a command that found a rule red, as a new site's are."""
RUN_BY = {
    "README.md": "tests/house/test_readme.py",
    "docs/comply.md": "tests/house/test_comply.py",
    "docs/operate.md": "tests/house/test_operate.py",
    "docs/tutorial.md": "tests/house/test_tutorial.py",
    "docs/trade.md": "tests/gateways/documents/test_trade_page.py",
    "docs/verify.md": "tests/house/test_verify_page.py",
}
BUILDERS_PAGES = {"docs/web.md"}
"""What their lines call are targets of the Makefile and programs of a checkout, which the test command itself runs."""


def blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_every_command_of_the_page(tmp_path: Path) -> None:
    live = LiveServer(tmp_path / "data", "--site", "hk", "--sandbox")
    live.account(BTC="1")
    assert live.stop() == 0
    printed = {}
    for line in "".join(blocks(PAGE)).splitlines():
        command = line.partition("#")[0].strip()
        done = subprocess.run(
            ["bash", "-c", command.replace(".venv/bin/lionrock", f'"{sys.executable}" -m lionrock.cli')],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        is_judged = " check " in command or " report " in command
        assert done.returncode == (RED if is_judged else 0), f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        printed[command.removeprefix(".venv/bin/lionrock rulebook ")] = done.stdout
    assert "HK-T02" in printed["list --site hk"]
    assert "HK-T02" in printed["explain HK-T02"]
    assert '"status"' in printed["check --site hk --data data --json"]
    assert (tmp_path / "matrix.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "january.xlsx").read_bytes().startswith(b"PK")
    assert (tmp_path / "hk.bundle").exists()


def test_each_page_with_commands_has_a_test_that_runs_them() -> None:
    with_commands = {str(name) for name in pages() if blocks((ROOT / name).read_text("utf-8"))}
    assert with_commands - BUILDERS_PAGES == set(RUN_BY)
    for page, test in RUN_BY.items():
        assert Path(page).name in (ROOT / test).read_text("utf-8"), test
