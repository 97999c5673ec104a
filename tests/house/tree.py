"""The repository as its checks see it: which files belong to it, and what is code in a Cython file."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "build", "node_modules"}

_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''(?:\\.|[^\\])*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'"
    r"|#[^\n]*",
    re.DOTALL,
)


def files(root: Path = ROOT) -> list[Path]:
    """Paths relative to the root: what git tracks or would track; outside a git checkout, the walked tree."""
    if shutil.which("git") and (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        names = [Path(name) for name in listing.split("\0") if name]
    else:
        names = [path.relative_to(root) for path in root.rglob("*")]
        names = [name for name in names if not NOT_OURS & set(name.parts) and "cache" not in str(name)]
    return sorted(name for name in set(names) if (root / name).is_file())


def pages(root: Path = ROOT) -> list[Path]:
    """The Markdown pages, relative to the root."""
    return [name for name in files(root) if name.suffix == ".md"]


def code_only(cython_text: str) -> str:
    """The text with strings and comments blanked and every line kept, for files Python's own parser cannot read."""
    return _STRING_OR_COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), cython_text)


def without_code_blocks(markdown: str) -> str:
    """The page's prose: fenced blocks blanked."""
    return re.sub(r"^(```|~~~).*?^\1", "", markdown, flags=re.DOTALL | re.MULTILINE)
