"""The pages can fail: commands without a page or an example, dead links, make targets that are not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from lionrock.cli import app
from tests.house.tree import ROOT, pages, without_code_blocks

LINK = re.compile(r"!?\[[^\]]*\]\(<?(?P<file>[^)#\s>]*)(?:#(?P<anchor>[^)\s>]+))?>?(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def commands(application: typer.Typer) -> dict[str, str]:
    """Every command as a user types it, with its help text."""
    found: dict[str, str] = {}

    def walk(command: object, words: list[str]) -> None:
        below = getattr(command, "commands", None)
        if below is None:
            found[" ".join(words)] = getattr(command, "help", None) or ""
        for name, child in (below or {}).items():
            walk(child, [*words, name])

    walk(typer.main.get_command(application), ["lionrock"])
    return found


def undocumented(application: typer.Typer, text: str) -> list[str]:
    """Complaints about commands that no page names or whose help shows no example."""
    found = commands(application)
    missing = [f"{name}: on no page" for name in found if not re.search(rf"\b{re.escape(name)}\b", text)]
    return missing + [f"{name}: no example in its help" for name in found if "Example" not in found[name]]


def anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them, and those set by hand."""
    headings = re.findall(r"^#+ (.+)$", without_code_blocks(markdown), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", markdown))


def dead_links(root: Path, names: list[Path]) -> list[str]:
    """Relative links whose file, folder or heading is not there."""
    dead = []
    for name in names:
        page = root / name
        for match in LINK.finditer(CODE.sub("", page.read_text("utf-8"))):
            if re.match(r"[a-z][a-z0-9+.-]*:", match["file"]):
                continue
            target = page.parent / match["file"] if match["file"] else page
            lost = match["anchor"] and target.suffix == ".md" and target.is_file()
            if not target.exists() or (lost and match["anchor"] not in anchors(target.read_text("utf-8"))):
                dead.append(f"{name}: {match[0]}")
    return dead


def unknown_targets(page: str, makefile: str) -> set[str]:
    """Targets that the page's code calls with make and the Makefile does not have."""
    called = {target for code in CODE.findall(page) for target in re.findall(r"\bmake ([a-z][a-z-]*)\b", code)}
    return called - set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def test_every_command_is_on_a_page_and_has_an_example() -> None:
    text = "\n".join((ROOT / name).read_text("utf-8") for name in pages())
    assert undocumented(app, text) == []


def test_help_of_the_program_works() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0, result.output


def test_undocumented_command_is_caught() -> None:
    planted = typer.Typer()
    group = typer.Typer()
    planted.add_typer(group, name="books")

    @group.command()
    def close() -> None:
        """Close the books."""

    @planted.command()
    def serve() -> None:
        """Start.

        Example: lionrock serve
        """

    assert undocumented(planted, "`lionrock serve` starts") == [
        "lionrock books close: on no page",
        "lionrock books close: no example in its help",
    ]


def test_relative_links_lead_somewhere() -> None:
    assert dead_links(ROOT, pages()) == []


@pytest.mark.parametrize("link", ["[a](missing.md)", "[a](page.md#no-such-part)", "[a](#nor-this)", "![a](no.png)"])
def test_dead_link_is_caught(tmp_path: Path, link: str) -> None:
    good = "[a](page.md#the-part-1) [b](https://example.com) [c](#title) `[d](code.md)`"
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n## The part: 1\n\n{good}\n")
    assert dead_links(tmp_path, [Path("page.md")]) == []
    page.write_text(f"# Title\n\n{link}\n")
    assert dead_links(tmp_path, [Path("page.md")]) == [f"page.md: {link}"]


def test_make_targets_of_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "README.md" in {str(name) for name in pages()}
    for name in pages():
        assert unknown_targets((ROOT / name).read_text("utf-8"), makefile) == set(), name


def test_unknown_make_target_is_caught() -> None:
    page = "We make sure. Run `make demo`:\n\n```sh\nmake launch\n```\n"
    assert unknown_targets(page, "demo: setup\n") == {"launch"}
