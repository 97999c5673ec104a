"""Which code and which rules judged: recorded with all evidence, so that it can be judged again by the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import msgspec

_ROOM = Path(__file__).parent


class CodeVersion(msgspec.Struct, frozen=True):
    """What a run was made with."""

    package: str
    """Version of Lionrock."""
    packs_sha256: str
    """Of all files of the packs, hex."""
    controls_sha256: str
    """Of the controls, the facts and what asks them, hex."""


@cache
def code_version(packs: Path = _ROOM / "packs") -> CodeVersion:
    """Of this installation. Read once: what is running does not change when a file does."""
    sources = [path for path in _ROOM.rglob("*.py") if "packs" not in path.relative_to(_ROOM).parts]
    return CodeVersion(version("lionrock"), files_digest(packs, packs.rglob("*.toml")), files_digest(_ROOM, sources))


def release_digest() -> str:
    """SHA-256 (hex) over what is running: the package's version, its packs and its controls. Two people sign for it."""
    code = code_version()
    return sha256(f"{code.package} {code.packs_sha256} {code.controls_sha256}".encode()).hexdigest()


def files_digest(root: Path, paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents, in order of the names, hex."""
    hasher = sha256()
    for path in sorted(paths, key=lambda each: each.relative_to(root).as_posix()):
        content = path.read_bytes()
        hasher.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return hasher.hexdigest()
