"""Which tests show which rules is a committed file, and a full run proves that it is true.

A test cites rules of the packs with `@pytest.mark.shows_rule("HK-F02", ...)`. The running site reads the file: a rule
that no test shows is red there. So a full run fails when the file names a test that did not run or did not pass, or
leaves out one that cites a rule. `make index` writes the file. A narrowed run is not judged.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.acceptance import is_full_run

MARK = "shows_rule"
INDEX = Path("src", "lionrock", "rulebook", "tests_index.json")
_PROPERTY = "rule shown"


def written(index: dict[str, list[str]]) -> str:
    """The text of the file: rules and their tests in order."""
    return json.dumps({rule: sorted(tests) for rule, tests in sorted(index.items())}, indent=1) + "\n"


def cited(item: pytest.Item) -> set[str]:
    """The rules that a test cites."""
    return {rule for mark in item.iter_markers(MARK) for rule in mark.args}


class RuleIndex:
    """Gathers what was shown, and compares it with the file at the end of the run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.passed: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        """Whether each test that cites a rule passed, by rule and test."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            item.user_properties.extend((_PROPERTY, rule) for rule in sorted(cited(item)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        passed = report.passed and not hasattr(report, "wasxfail")
        for name, rule in report.user_properties:
            if name == _PROPERTY and (report.when == "call" or not passed):
                tests = self.passed[str(rule)]
                tests[report.nodeid] = tests.get(report.nodeid, True) and passed

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.OK and self.complaints():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            for complaint in self.complaints():
                terminalreporter.line(complaint, red=True)

    def complaints(self) -> list[str]:
        """What is wrong with the file, one line each; nothing in a narrowed run or in a worker of xdist."""
        path = self.config.rootpath / INDEX
        if hasattr(self.config, "workerinput") or not is_full_run(self.config) or not path.exists():
            return []
        kept = {(rule, test) for rule, tests in json.loads(path.read_text("utf-8")).items() for test in tests}
        ran = {(rule, test): passed for rule, tests in self.passed.items() for test, passed in tests.items()}
        return [
            *(f"{rule}: {test} stands in {INDEX.name} and did not run" for rule, test in sorted(kept - ran.keys())),
            *(f"{rule}: {test} is not in {INDEX.name}: run `make index`" for rule, test in sorted(ran.keys() - kept)),
            *(f"{rule}: {test} did not pass" for (rule, test), passed in sorted(ran.items()) if not passed),
        ]
