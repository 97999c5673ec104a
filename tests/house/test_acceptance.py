"""The check of acceptance codes can fail: it is run on small planted trees, each wrong in one way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

SOUND = {
    "pytest.ini": """
[pytest]
testpaths = checks
addopts = -m "not soak"
markers =
    shows(*codes): codes
    soak: long runs
""",
    "spec/orders.md": "# Orders\n\n### PLAN-001 One thing holds\n\n### PLAN-002 Another holds on two builds\n",
    "checks/conftest.py": "from tests.acceptance import pytest_configure\n",
    "checks/test_orders.py": """
import pytest

@pytest.mark.shows("PLAN-001")
def test_one():
    assert True

@pytest.mark.parametrize("build", ["fast", "slow"])
@pytest.mark.shows("PLAN-002")
def test_another(build):
    assert build in {"fast", "slow"}

@pytest.mark.soak
@pytest.mark.shows("PLAN-001")
def test_long():
    raise AssertionError("left out of an ordinary run")
""",
}
"""A tree in which everything is shown."""

PAGE, TESTS = "spec/orders.md", "checks/test_orders.py"
DUPLICATE = "### PLAN-001 The same code again\n"
UNSHOWN = "### PLAN-003 Nobody shows this\n"

WRONG = {
    "unknown": (
        TESTS,
        '"PLAN-001")\ndef test_one',
        '"PLAN-001", "PLAN-009")\ndef test_one',
        "PLAN-009 is unknown: checks/test_orders.py::test_one",
    ),
    "duplicate": (PAGE, "# Orders\n", f"# Orders\n\n{DUPLICATE}", "PLAN-001 stands twice: orders.md:3, orders.md:5"),
    "unshown": (PAGE, "# Orders\n", f"# Orders\n\n{UNSHOWN}", "PLAN-003 (orders.md:3) is not shown: no test that ran"),
    "failed": (TESTS, "assert True", "assert not True", "PLAN-001 (orders.md:3) is not shown: checks/test_orders.py::"),
    "one build failed": (TESTS, '{"fast", "slow"}', '{"fast"}', "::test_another[slow] did not pass"),
    "one build skipped": (TESTS, 'assert build in {"fast", "slow"}', 'pytest.skip("no")', "and 1 more did not pass"),
    "failed as expected": (TESTS, "assert True", 'pytest.xfail("known")', "::test_one did not pass"),
}


def run(tree: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of pytest on the tree."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def plant(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text, "utf-8")


@pytest.mark.parametrize("arguments", [(), ("checks",), ("-n", "2")], ids=["plain", "by its root", "distributed"])
def test_sound_tree_passes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    plant(tmp_path, SOUND)
    code, output = run(tmp_path, *arguments)
    assert code == pytest.ExitCode.OK, output
    assert "acceptance: 2 of 2 criteria shown" in output


@pytest.mark.parametrize(("name", "right", "wrong", "told"), WRONG.values(), ids=WRONG)
def test_wrong_tree_fails_and_says_why(tmp_path: Path, name: str, right: str, wrong: str, told: str) -> None:
    assert SOUND[name].count(right) == 1
    plant(tmp_path, SOUND | {name: SOUND[name].replace(right, wrong)})
    code, output = run(tmp_path)
    assert code == pytest.ExitCode.TESTS_FAILED, output
    assert told in output


def test_distributed_run_fails_too(tmp_path: Path) -> None:
    plant(tmp_path, SOUND | {PAGE: SOUND[PAGE] + UNSHOWN})
    code, output = run(tmp_path, "-n", "2")
    assert code == pytest.ExitCode.TESTS_FAILED, output
    assert "PLAN-003 (orders.md:6) is not shown" in output
    assert "acceptance: 2 of 3 criteria shown" in output


@pytest.mark.parametrize(
    "narrowed", [("-k", "one"), ("checks/test_orders.py::test_one",), ("-m", "shows and not soak")], ids=str
)
def test_narrowed_run_only_counts(tmp_path: Path, narrowed: tuple[str, ...]) -> None:
    plant(tmp_path, SOUND | {PAGE: SOUND[PAGE] + UNSHOWN})
    code, output = run(tmp_path, *narrowed)
    assert code == pytest.ExitCode.OK, output
    assert "of 3 criteria shown" in output
    assert "is not shown" not in output
