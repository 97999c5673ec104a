"""Acceptance codes are proved by running: each criterion of spec/ is shown by a test that passed in this very run.

A test cites codes with `@pytest.mark.shows("LEDG-001", ...)`. A code is shown when at least one test that cites it ran
and every test that cites it and ran has passed, so a table is shown only when it holds on every build. A full run fails
when a code is cited and stands on no page, stands on two headings, or is not shown. A narrowed run (by path, -k, -m or
the like) only counts. Under pytest-xdist the codes travel to the controller with the reports.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.spec.pages import read_pages

_PROPERTY = "acceptance code"
_ORDINARY_MARKS = ("", "not soak")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the check; a conftest takes this function over by importing it."""
    config.pluginmanager.register(Acceptance(config), "acceptance")


class Acceptance:
    """Gathers what was shown, and judges at the end of the run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.headings: defaultdict[str, list[str]] = defaultdict(list)
        """Where each code stands, as page:line."""
        for criterion in read_pages(config.rootpath / "spec"):
            self.headings[criterion.code].append(f"{criterion.page}:{criterion.line}")
        self.passed: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        """Whether each test that cites a code passed, by code and test."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            codes = {code for mark in item.iter_markers("shows") for code in mark.args}
            item.user_properties.extend((_PROPERTY, code) for code in sorted(codes))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        passed = report.passed and not hasattr(report, "wasxfail")
        for name, code in report.user_properties:
            if name == _PROPERTY and (report.when == "call" or not passed):
                tests = self.passed[str(code)]
                tests[report.nodeid] = tests.get(report.nodeid, True) and passed

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.OK and self.complaints():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        complaints = self.complaints()
        if complaints and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            terminalreporter.section("acceptance", red=True)
            for complaint in complaints:
                terminalreporter.line(complaint, red=True)
        shown = len(self.shown() & self.headings.keys())
        terminalreporter.line(f"acceptance: {shown} of {len(self.headings)} criteria shown")

    def shown(self) -> set[str]:
        """Codes whose every test passed."""
        return {code for code, tests in self.passed.items() if all(tests.values())}

    def complaints(self) -> list[str]:
        """What is wrong with the codes, one line each; nothing in a narrowed run, and nothing in a worker of xdist."""
        if hasattr(self.config, "workerinput") or not is_full_run(self.config):
            return []
        unknown = sorted(self.passed.keys() - self.headings.keys())
        twice = sorted(code for code, places in self.headings.items() if len(places) > 1)
        unshown = sorted(self.headings.keys() - self.shown())
        return [
            *(f"{code} is unknown: {_cited_by(self.passed[code])} cites it, and no page has it" for code in unknown),
            *(f"{code} stands twice: {', '.join(self.headings[code])}" for code in twice),
            *(f"{code} ({', '.join(self.headings[code])}) is not shown: {self._why(code)}" for code in unshown),
        ]

    def _why(self, code: str) -> str:
        failed = [test for test, passed in self.passed[code].items() if not passed] if code in self.passed else []
        return f"{_cited_by(failed)} did not pass" if failed else "no test that ran cites it"


def _cited_by(tests: list[str] | dict[str, bool]) -> str:
    first, *others = tests
    return f"{first} and {len(others)} more" if others else first


def is_full_run(config: pytest.Config) -> bool:
    """True when nothing on the command line leaves tests out, save the soak tests."""
    option = config.option
    places = {Path(config.invocation_params.dir, arg).resolve() for arg in config.args}
    roots = {(config.rootpath / root).resolve() for root in config.getini("testpaths")}
    narrowing = ("keyword", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "collectonly")
    return (
        places == roots
        and option.markexpr in _ORDINARY_MARKS
        and not any(getattr(option, name, None) for name in narrowing)
    )
