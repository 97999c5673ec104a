"""Every run proves the codes of the specification, and which tests show which rules."""

from __future__ import annotations

from asyncio import events
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests import acceptance
from tests.quicker import every_step, quick_databases, quick_passwords, real_passwords
from tests.rule_index import RuleIndex

__all__ = ["every_step", "quick_databases", "quick_passwords", "real_passwords"]


settings.register_profile("untimed", deadline=None)  # a busy machine says nothing about an example
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    acceptance.pytest_configure(config)
    config.pluginmanager.register(RuleIndex(config), "rule index")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """While a browser is open, the loop of its driver counts as running in this thread, and no other could be run.

    A worker that has had tests of pages may be given others after them, which begin their loops as if there were none.
    """
    driver = None if "browser" in getattr(item, "fixturenames", ()) else events._get_running_loop()
    if driver is None:
        return (yield)
    events._set_running_loop(None)
    try:
        return (yield)
    finally:
        if driver.is_running():  # unless the browser was closed after this test
            events._set_running_loop(driver)
