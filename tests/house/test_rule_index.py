"""Which tests show which rules: the committed file names tests that are there, and a full run can fail over it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.house.test_acceptance import plant, run
from tests.house.tree import ROOT
from tests.rule_index import INDEX, written

SOUND = {
    "pytest.ini": """
[pytest]
testpaths = checks
markers =
    shows(*codes): codes
    shows_rule(*ids): rules
""",
    "spec/README.md": "# Nothing\n",
    "checks/conftest.py": "from tests.conftest import pytest_configure\n",
    "checks/test_rules.py": """
import pytest

@pytest.mark.shows_rule("HK-F02")
def test_capital():
    assert True

@pytest.mark.parametrize("day", [364, 365])
@pytest.mark.shows_rule("HK-T02", "HK-F02")
def test_age(day):
    assert day
""",
}
TRUE = {
    "HK-F02": [f"checks/test_rules.py::{name}" for name in ("test_age[364]", "test_age[365]", "test_capital")],
    "HK-T02": [f"checks/test_rules.py::test_age[{day}]" for day in (364, 365)],
}
WRONG = {
    "a test is gone": ("def test_capital", "def capital", "HK-F02: checks/test_rules.py::test_capital stands in"),
    "a mark is gone": ('"HK-T02", "HK-F02"', '"HK-F02"', "HK-T02: checks/test_rules.py::test_age[364] stands in"),
    "a mark is new": ('shows_rule("HK-F02")', 'shows_rule("HK-F02", "HK-F03")', "test_capital is not in"),
    "a test fails": ("assert True", "assert not True", "HK-F02: checks/test_rules.py::test_capital did not pass"),
    "a test is skipped": ("assert True", "pytest.skip('no')", "HK-F02: checks/test_rules.py::test_capital did not"),
}


def tree(place: Path, files: dict[str, str]) -> None:
    (place / INDEX).parent.mkdir(parents=True)
    (place / INDEX).write_text(written(TRUE), "utf-8")
    plant(place, files)


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["plain", "distributed"])
def test_true_file_passes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    tree(tmp_path, SOUND)
    code, output = run(tmp_path, *arguments)
    assert code == pytest.ExitCode.OK, output


@pytest.mark.shows("RULE-012")
@pytest.mark.parametrize(("right", "wrong", "told"), WRONG.values(), ids=WRONG)
def test_file_that_is_not_true_fails(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    name = "checks/test_rules.py"
    assert right in SOUND[name]
    tree(tmp_path, SOUND | {name: SOUND[name].replace(right, wrong)})
    code, output = run(tmp_path)
    assert code == pytest.ExitCode.TESTS_FAILED, output
    assert told in output


def test_narrowed_run_is_not_judged(tmp_path: Path) -> None:
    tree(tmp_path, SOUND)
    code, output = run(tmp_path, "-k", "capital")
    assert code == pytest.ExitCode.OK, output


def test_named_tests_are_there() -> None:
    """Also without running them."""
    index = json.loads((ROOT / INDEX).read_text("utf-8"))
    assert (ROOT / INDEX).read_text("utf-8") == written(index)
    for test in {test for tests in index.values() for test in tests}:
        file, _, name = test.partition("::")
        names = {
            node.name
            for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name.split("[")[0].split("::")[-1] in names, test
