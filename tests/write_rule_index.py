"""Writes which tests show which rules, as their marks say. `make index` runs it: python -m tests.write_rule_index."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.rule_index import INDEX, cited, written


class Collector:
    """Looks at all tests and runs none."""

    def __init__(self) -> None:
        self.index: defaultdict[str, list[str]] = defaultdict(list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for rule in cited(item):
                self.index[rule].append(item.nodeid)


def main() -> int:
    """The program; gives its exit code."""
    collector = Collector()
    code = pytest.main(["--collect-only", "-qq", "--no-header", "--no-summary"], plugins=[collector])
    if code == pytest.ExitCode.OK:
        Path(INDEX).write_text(written(collector.index), "utf-8")
        sys.stderr.write(f"{INDEX}: {len(collector.index)} rules\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
