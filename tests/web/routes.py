"""The table of the application's pages, as the application itself has it."""

from __future__ import annotations

import functools
import json
import subprocess
from typing import NamedTuple

from tests.house.tree import ROOT
from tests.programs import NODE

_READ = (
    "import({}).then(({{ROUTES}}) => console.log(JSON.stringify("
    "ROUTES.map(({{path, audience, title}}) => ({{path, audience, title}})))))"
)


class Route(NamedTuple):
    path: str
    """With `:name` for what differs."""
    audience: str
    title: str

    def address(self, **named: str) -> str:
        """With `named` in the place of its parameters; one that is not named becomes 1."""
        parts = (named.get(part[1:], "1") if part.startswith(":") else part for part in self.path.split("/"))
        return "/".join(parts)


@functools.cache
def routes() -> tuple[Route, ...]:
    """Every page, in the order of the table."""
    program = _READ.format(json.dumps((ROOT / "ui" / "src" / "routes.ts").as_uri()))
    told = subprocess.run([NODE, "--no-warnings", "-e", program], capture_output=True, text=True, check=True).stdout
    return tuple(Route(**row) for row in json.loads(told))
