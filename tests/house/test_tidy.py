"""The tree is tidy, and every rule of tidiness can fail."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from tests.house import tidy
from tests.house.tree import ROOT, files

LARGEST_BYTES = 1_000_000

CORE = "src/lionrock/core/"
LONG_PYTHON = "def long():\n" + "    work()\n" * 60
LONG_METHOD = "cdef class A:\n    cpdef long(self):\n" + "        self.work()\n" * 60
LONG_CYTHON = "cdef int long(\n    int a,\n) except? -99:\n" + "    a += 1\n\n" * 30

PLANTED: list[tuple[tidy.Rule, str, str]] = [
    (tidy.file_is_short, "src/a.pxi", "\n" * 501),
    (tidy.file_is_short, "ui/src/words/en/a.ts", "\n" * 501),
    (tidy.functions_are_short, "src/a.py", LONG_PYTHON),
    (tidy.functions_are_short, "tests/a.py", "class A:\n    async def long(self):\n" + "        self.work()\n" * 60),
    (tidy.cython_functions_are_short, "src/a.pyx", LONG_CYTHON),
    (tidy.cython_functions_are_short, "src/a.pxi", LONG_METHOD),
    (tidy.cython_functions_are_short, "src/a.pxi", 'cdef f():\n    """\nflush left\n"""\n' + "    pass\n" * 60),
    (tidy.lines_are_narrow, "src/a.pyx", "#" * 121),
    (tidy.folders_have_names, "src/utils/a.py", ""),
    (tidy.no_machine_path, "docs/a.md", "cd /ro" + "ot/lionrock"),
    (tidy.no_registry_host, "a.lock", "--index-url https://py" + "pi.org/simple"),
    (tidy.nothing_unfinished, "src/a.py", "# TO" + "DO later"),
    (tidy.numbers_are_exact, CORE + "a.py", "rate = 0.1"),
    (tidy.numbers_are_exact, CORE + "a.py", "rate = float(text)"),
    (tidy.numbers_are_exact, "src/lionrock/words/a.py", "import decimal\nx = decimal.Decimal(1)"),
    (tidy.numbers_are_exact, "src/lionrock/words/a.py", "half = amount_atoms / 2"),
    (tidy.numbers_are_exact, CORE + "a.pxi", "x = a * 1.5"),
    (tidy.numbers_are_exact, CORE + "a.pxi", "x = 10e9"),
    (tidy.numbers_are_exact, CORE + "a.pxi", "cdef double x"),
    (tidy.page_has_one_title, "docs/a.md", "no title\n```\n# a comment\n```\n"),
    (tidy.page_has_one_title, "docs/a.md", "# One\n\n# Two\n"),
    (tidy.module_says_what_it_is, "src/a.py", "import sys\n"),
    (tidy.module_says_what_it_is, "src/a.pyx", "# cython: cdivision=True\ncdef int a\n"),
    (tidy.module_says_what_it_is, "src/a.pxi", "cdef int a\n"),
]

CLEAN: list[tuple[tidy.Rule, str, str]] = [
    (tidy.cython_functions_are_short, "src/a.pyx", LONG_CYTHON.replace("    a += 1\n\n", "", 2)),
    (tidy.cython_functions_are_short, "src/a.pxd", "cdef packed struct Order:\n" + "    int64_t a\n" * 80),
    (tidy.cython_functions_are_short, "src/a.pyx", "cdef int a = f(1)\n" + "cdef int b\n" * 80),
    (tidy.cython_functions_are_short, "src/a.pyx", "cdef class A(B):\n" + "    cdef int b\n" * 80),
    (tidy.no_machine_path, "docs/a.md", "https://example.com/home/index and $(CURDIR)/t" + "mp/x"),
    (tidy.numbers_are_exact, CORE + "a.pxi", 'x = a.b[0].c  # 1.5\n"""2.5 float"""\n'),
    (tidy.numbers_are_exact, "src/lionrock/site/a.py", "seconds = 0.5"),
    (tidy.page_has_one_title, "docs/a.md", "# One\n```sh\n# two\n```\n"),
    (tidy.module_says_what_it_is, "src/a.pyx", '# cython: cdivision=True\n"""The engine."""\n'),
]


def complaints(rule: tidy.Rule, root: Path = ROOT) -> list[str]:
    """All that the rule finds in the tree; files that are not text have nothing to say."""
    found: list[str] = []
    for name in files(root):
        try:
            text = (root / name).read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += rule(name, text)
    return found


def too_large(root: Path) -> list[str]:
    """Files over a megabyte."""
    return [str(name) for name in files(root) if (root / name).stat().st_size > LARGEST_BYTES]


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.__name__)
def test_tree_follows(rule: tidy.Rule) -> None:
    assert complaints(rule) == []


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_planted_violation_is_caught(rule: tidy.Rule, path: str, text: str) -> None:
    assert list(rule(PurePath(path), text))


@pytest.mark.parametrize(("rule", "path", "text"), CLEAN)
def test_clean_text_is_left_alone(rule: tidy.Rule, path: str, text: str) -> None:
    assert list(rule(PurePath(path), text)) == []


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule.__name__ for rule, _, _ in PLANTED} == {rule.__name__ for rule in tidy.RULES}


def test_no_file_is_over_a_megabyte() -> None:
    assert too_large(ROOT) == []


def test_files_of_a_tree_without_git_are_found(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "a.py").write_text("")
    (tmp_path / "large.csv").write_bytes(b"0" * (LARGEST_BYTES + 1))
    (tmp_path / "page.md").write_text("no title")
    assert files(tmp_path) == [Path("large.csv"), Path("page.md")]
    assert too_large(tmp_path) == ["large.csv"]
    assert complaints(tidy.page_has_one_title, tmp_path) == ["page.md: 0 titles"]


def test_licence_is_there() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "The Lionrock authors" in text
