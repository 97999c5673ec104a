"""The three builds of the venue that must always agree, by name."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

_HOMES = {
    "fast": ("lionrock.core.engine", "Engine"),
    "checked": ("lionrock.core.engine_checked", "Engine"),
    "auditor": ("lionrock.sim.auditor", "Auditor"),
}

ENGINES = tuple(_HOMES)
"""Names for `new_venue`; a rule is shown only when it holds on each."""


class Venue(Protocol):
    """What the two engines and the auditor have in common."""

    def apply(self, commands: bytes | memoryview) -> bytes: ...

    def lines(self) -> list[str]: ...

    def digest(self) -> str: ...


def new_venue(engine: str) -> Venue:
    """An empty venue of that build."""
    module, name = _HOMES[engine]
    return cast("Venue", getattr(import_module(module), name)())
