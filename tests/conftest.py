"""Every run proves the codes of the specification, and which tests show which rules."""

from __future__ import annotations

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
