"""What the tests import is what stands in src: a forgotten `make build` must not pass for a result."""

from __future__ import annotations

import filecmp
from pathlib import Path

import lionrock
from tests.house.tree import ROOT

KINDS = {".py", ".pyi", ".pyx", ".pxi", ".pxd"}


def differences(source: Path, installed: Path) -> list[str]:
    """Sources that are missing from, older or other than the installed copy, and copies whose source is gone."""
    here = {path.relative_to(source) for path in source.rglob("*") if path.suffix in KINDS}
    there = {path.relative_to(installed) for path in installed.rglob("*") if path.suffix in KINDS}
    changed = {name for name in here & there if not filecmp.cmp(source / name, installed / name, shallow=False)}
    return sorted(str(name) for name in (here ^ there) | changed)


def test_installed_package_is_this_tree() -> None:
    different = differences(ROOT / "src" / "lionrock", Path(lionrock.__file__).parent)
    assert different == [], "run `make build`"


def test_stale_copy_is_caught(tmp_path: Path) -> None:
    for folder, text in (("source", "a = 1\n"), ("installed", "a = 2\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.py").write_text("")
        (tmp_path / folder / "changed.py").write_text(text)
        (tmp_path / folder / f"only_{folder}.pxi").write_text("")
    assert differences(tmp_path / "source", tmp_path / "installed") == [
        "changed.py",
        "only_installed.pxi",
        "only_source.pxi",
    ]
