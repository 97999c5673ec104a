"""A copy of the installed package with one defect in it, and what a world says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import lionrock
from tests.defects.defect import Defect

PACKAGE = Path(lionrock.__file__).parent
ROOMS = ("journal", "node")
STEPS = 1_000


def source_texts() -> dict[str, str]:
    """The Python sources of the journal and the node, by path inside the package."""
    paths = sorted(path for room in ROOMS for path in (PACKAGE / room).glob("*.py"))
    return {str(path.relative_to(PACKAGE)): path.read_text("utf-8") for path in paths}


def patched_copy(directory: Path, defect: Defect | None) -> Path:
    """A directory to put first on the path. Raises `PatchDoesNotApply`."""
    texts = source_texts()
    package = directory / "lionrock"
    package.mkdir(parents=True)
    for entry in PACKAGE.iterdir():
        if entry.name not in {*ROOMS, "__pycache__"}:
            (package / entry.name).symlink_to(entry)
    for room in ROOMS:
        (package / room).mkdir()
    for file, text in (defect.applied_to(texts) if defect else texts).items():
        if text == texts[file]:
            (package / file).symlink_to(PACKAGE / file)
        else:
            (package / file).write_text(text, "utf-8")
    return directory


def broken_promise(copy: Path, worlds: int) -> tuple[int, str] | None:
    """The first seed below `worlds` in which a promise is broken, and which; None when all hold. -1 with the error when
    the program fell over instead.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "lionrock.cli", "sim", "--worlds", str(worlds), "--steps", str(STEPS), "--json"],
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in {0, 1}, ended.stderr
    if not ended.stdout:  # it fell over, which nobody overlooks either
        fallen = ended.stderr.splitlines()[-1]
        assert ended.returncode == 1, fallen
        assert not fallen.startswith(("SyntaxError", "ImportError", "NameError")), fallen
        return -1, fallen
    report = json.loads(ended.stdout)
    if ended.returncode == 0:
        return None
    return int(report["again"].split()[3]), str(report["broken"])
