"""Makes a venue out of the core's sources with a defect in it, and lets the ordinary suite judge it.

The engine with the defect stands in the tree as the fast and as the checked build, as a real one would: only the
tables of spec/, the core's tests, the auditor and the bookkeeper are there to notice it. It is compiled with the core's
assertions off (those of the checked build are no independent witnesses) and its index checks on, so that no defect
reads foreign memory. The C compiler optimizes nothing: a flow is over before it would have.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.defects.defect import CORE, Defect, core_texts

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 600
"""A suite that has not ended by then has met a venue that does not answer."""

MOST_MEMORY_BYTES = 8 * 2**30
"""More than any test needs; a venue that takes ever more gets an error, and the machine keeps its memory."""

TABLES = ("tests/spec",)
CORE_TESTS = ("tests/core", "-k", "not checked_build")
"""Saving, the edge of 64 bits, readers. That the checked build checks cannot be asked of a copy that does not."""
SMALL_FLOWS = ("tests/sim/test_flows.py", "-k", "not million")
LARGE_FLOWS = ("tests/sim/test_flows.py", "-k", "million")

_CHECKED_IS_THE_SAME = '"""The engine under test again."""\n\nfrom lionrock.core.engine import Engine as Engine\n'
_CYTHON = ["-3", "-X", "overflowcheck=True", "-X", "wraparound=False", "-X", "boundscheck=True"]
"""As src/lionrock/core/meson.build has them for both builds, and the index checks of one."""


@dataclass(frozen=True)
class Notice:
    """The test that failed, and what it said."""

    test: str
    words: str


class Inconclusive(RuntimeError):
    """The suite neither passed nor failed: nothing was collected, or a build or a process broke down."""


def make_tree(directory: Path, defect: Defect | None) -> Path:
    """A directory to put first on the path: the package with an engine of its own, with the defect if one is given.

    Raises `PatchDoesNotApply`, and `Inconclusive` when the sources do not compile.
    """
    package = directory / "lionrock"
    core = package / "core"
    core.mkdir(parents=True)
    for entry in CORE.parent.iterdir():
        if entry.name not in {"core", "__pycache__"}:
            (package / entry.name).symlink_to(entry)
    (core / "__init__.py").symlink_to(CORE / "__init__.py")
    for file, text in (defect.applied_to(core_texts()) if defect else core_texts()).items():
        (core / file).write_text(text, "utf-8")
    (core / "engine_checked.py").write_text(_CHECKED_IS_THE_SAME, "utf-8")
    _compile(directory, core)
    return directory


def _compile(directory: Path, core: Path) -> None:
    declare: list[str | Path] = [
        ROOT / "setup" / "declare_records.py",
        CORE.parents[1],
        core / "records.pxd",
        directory / "depfile",
    ]
    cython: list[str | Path] = ["-m", "cython", *_CYTHON, "-I", directory, "--module-name", "lionrock.core.engine"]
    library = core / f"engine{sysconfig.get_config_var('EXT_SUFFIX')}"
    compiler = [*(sysconfig.get_config_var("CC") or "cc").split()[:1], "-shared", "-fPIC", "-O0", "-w"]
    include = f"-I{sysconfig.get_path('include')}"
    c_source = directory / "engine.c"
    commands: tuple[list[str | Path], ...] = (
        [sys.executable, *declare],
        [sys.executable, *cython, "-o", c_source, core / "engine.pyx"],
        [*compiler, "-DLIONROCK_CHECKED=0", include, c_source, "-o", library],
    )
    for command in commands:
        ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise Inconclusive(f"{command}:\n{ended.stdout}{ended.stderr}")


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))


def notice_of(tree: Path, selection: tuple[str, ...]) -> Notice | None:
    """The first failure of that part of the ordinary suite with the tree's venue, or None when it passes.

    Raises `Inconclusive`.
    """
    plain = ["-x", "-q", "--tb=short", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "400",
        "PYTEST_ADDOPTS": "",
    }
    for foreign in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_CURRENT_TEST"):
        environment.pop(foreign, None)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *plain, *selection],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
            preexec_fn=_limit_memory,
        )
    except subprocess.TimeoutExpired:
        return Notice(" ".join(selection), f"did not end within {LONGEST_SECONDS} seconds")
    if ended.returncode == 0:
        return None
    failed = re.search(r"^FAILED (?P<test>\S+?\.py::\S+)(?: - (?P<words>.*))?$", ended.stdout, re.MULTILINE)
    if ended.returncode != 1 or not failed:
        raise Inconclusive(f"the suite ended with {ended.returncode}:\n{ended.stdout[-4_000:]}{ended.stderr[-2_000:]}")
    return Notice(failed["test"], failed["words"] or "")
