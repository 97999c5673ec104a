"""The import ladder holds, in Python by import-linter and in Cython by reading; and both checks can fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, code_only, files

# What the compiled core may reach. No clock, no file, no chance is among them; add a name only if that stays true.
# Of `mmap` it takes memory of no file: `test_core_maps_no_file`.
CYTHON_MODULES = re.compile(
    r"cython|ast|hashlib|heapq|mmap|__future__|"
    r"libc\.(stdint|string|stdlib|limits)|cpython(\.\w+)*|numpy|lionrock\.(core|words)(\.\w+)*"
)
C_HEADERS = {"stdint.h", "stddef.h", "string.h", "stdlib.h", "limits.h", "Python.h"}

PLANTED = [
    ("words/planted.py", "import lionrock.core", "Rooms import downwards only"),
    ("planted_room/__init__.py", "", "Rooms import downwards only"),
    ("core/planted.py", "import time", "core and words know no clock"),
    ("words/planted.py", "from decimal import Decimal", "core and words know no clock"),
    ("journal/planted.py", "from lionrock import words", "journal does not know"),
    ("sim/auditor.py", "from lionrock import words, core", "sim.auditor imports only words"),
    ("sim/auditor.py", "from lionrock.sim import planted", "sim.auditor imports only words"),
]


def lint(package_parent: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of pyproject.toml on the `lionrock` package found in the folder."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=package_parent,
        env={**os.environ, "PYTHONPATH": str(package_parent), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def impure_imports(text: str) -> list[str]:
    """What a Cython text imports, cimports or includes from C beyond the two lists above."""
    code = code_only(text)
    modules = re.findall(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+c?import\b", code, re.MULTILINE)
    for names in re.findall(r"^[ \t]*c?import[ \t]+([^\n]+)", code, re.MULTILINE):
        modules += [name.split()[0] for name in names.split(",")]
    headers = re.findall(r"\bextern[ \t]+from[ \t]+[\"']<?([^\"'>]+)", text)
    headers += re.findall(r"#[ \t]*include[ \t]*[<\"]([^>\"]+)", text)
    return [name for name in modules if not CYTHON_MODULES.fullmatch(name)] + [
        name for name in headers if name not in C_HEADERS
    ]


def test_contracts_hold() -> None:
    result = lint(ROOT / "src")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "4 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_planted_import_is_caught(tmp_path: Path, file: str, line: str, contract: str) -> None:
    package = tmp_path / "lionrock"
    shutil.copytree(ROOT / "src" / "lionrock", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "sim").mkdir(exist_ok=True)
    for name in ("sim/__init__.py", "sim/planted.py", "sim/auditor.py", file):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text('"""Planted."""\n')
    (package / file).write_text(line + "\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert re.search(rf"^{re.escape(contract)}.*BROKEN", result.stdout, re.MULTILINE), result.stdout


def test_compiled_core_is_pure() -> None:
    sources = [name for name in files() if name.suffix in {".pyx", ".pxi", ".pxd"} and name.parts[0] == "src"]
    assert sources, "no Cython source was found to check"
    impure = {str(name): found for name in sources if (found := impure_imports((ROOT / name).read_text()))}
    assert impure == {}


def test_core_maps_no_file() -> None:
    sources = [code_only((ROOT / name).read_text()) for name in files() if name.suffix in {".pyx", ".pxi"}]
    calls = [call for text in sources for call in re.findall(r"mmap\.mmap\(\s*([^,)]+)", text)]
    assert calls == ["-1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from libc.time cimport time", ["libc.time"]),
        ("cimport libc.stdio as stdio, cython", ["libc.stdio"]),
        ("def f():\n    import random", ["random"]),
        ("from lionrock.store cimport table", ["lionrock.store"]),
        ('cdef extern from "time.h":\n    pass', ["time.h"]),
        ('cdef extern from *:\n    """\n    #include <unistd.h>\n    """', ["unistd.h"]),
        ('"""import time"""\n# import os\nfrom libc.stdint cimport int64_t\nimport numpy as np', []),
    ],
)
def test_planted_cimport_is_caught(text: str, found: list[str]) -> None:
    assert impure_imports(text) == found
