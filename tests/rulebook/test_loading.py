"""Whatever is wrong with a row of a pack is told with file, row and id, and nothing of the packs is used."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from lionrock.rulebook.loading import PackInvalid
from lionrock.rulebook.rule import Trust
from tests.rulebook.samples import PACKS, library

ROW = """
[[rule]]
id = "HB-X01"
instrument = "guideline"
paragraph = "1"
words = "Something."
trust = "primary"
kind = "invariant"
effective_from = 2023-06-01
checks = [{ control = "capital_paid_up", parameters = { least_minor = 1 } }]
"""

WRONG = [
    (ROW.replace("capital_paid_up", "no_such_control"), "unknown control no_such_control"),
    (ROW.replace("least_minor = 1", 'least_minor = "1"'), "parameters of capital_paid_up: Expected `int`"),
    (ROW.replace("least_minor = 1", "most_minor = 1"), "Object contains unknown field `most_minor`"),
    (ROW + 'applies_if = "client = 1"\n', "is no expression"),
    (ROW + "applies_if = \"client_clas == 'retail'\"\n", "unknown names: client_clas"),
    (ROW + "applies_if = \"['a'].exists(x, true)\"\n", "its cost has no bound"),
    (ROW.replace("effective_from = 2023-06-01", "effective_from = 2023-13-01"), "at line 9"),
    (ROW.replace("effective_from = 2023-06-01", "effective_from = 20230601"), "Expected `date`, got `int`"),
    (ROW + "effective_to = 2023-06-01\n", "it ends on 2023-06-01, and begins on 2023-06-01"),
    (ROW.replace('"guideline"', '"circular"'), "unknown instrument circular"),
    (ROW + 'supersedes = "HB-X00"\n', "it supersedes HB-X00, and no such rule is older"),
    (ROW + 'supersedes = "HB-X01"\n', "it supersedes HB-X01, and no such rule is older"),
    (ROW + ROW.replace("2023-06-01", "2024-01-01"), "it overlaps with the version of 2023-06-01"),
    (ROW + ROW, "another version begins on the same day"),
    (
        ROW + "effective_to = 2025-01-01\n" + ROW.replace("2023-06-01", "2024-01-01"),
        "which holds until 2025-01-01",
    ),
    (ROW.split("checks", maxsplit=1)[0], "neither a check nor a room that it waits for"),
    (ROW + 'waits_for = "custody"\n', "waits_for and waiting_because belong together"),
    (ROW + 'rejections = ["NO_SUCH"]\n', "unknown rejection NO_SUCH"),
    (ROW.replace('trust = "primary"', 'trust = "certain"'), "Invalid enum value 'certain'"),
    (ROW + "colour = 1\n", "Object contains unknown field `colour`"),
    ("[other]\na = 1\n", "unknown table other"),
]


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return shutil.copytree(PACKS, tmp_path / "packs")


@pytest.mark.shows("RULE-002")
@pytest.mark.parametrize(("row", "told"), WRONG)
def test_wrong_row_is_named(packs: Path, row: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    (packs / "harbour" / "further.toml").write_text(row)
    with caplog.at_level(logging.ERROR), pytest.raises(PackInvalid) as refused:
        library(packs)
    complaints = refused.value.complaints
    assert any("harbour/further.toml" in line and told in line for line in complaints), complaints
    assert "A rule was refused" in caplog.text


def test_complaint_names_the_number_of_the_row(packs: Path) -> None:
    (packs / "harbour" / "further.toml").write_text(ROW + ROW.replace("HB-X01", "HB-X02").replace("= 1", "= true"))
    with pytest.raises(PackInvalid, match=r"^harbour/further.toml, row 2 \(HB-X02\): parameters of"):
        library(packs)


def test_all_complaints_are_told_at_once(packs: Path) -> None:
    (packs / "harbour" / "further.toml").write_text(ROW.replace('"guideline"', '"circular"') + 'supersedes = "NO"\n')
    (packs / "strait.toml").write_text((packs / "strait.toml").read_text() + "\n[[rule]]\nid = 'ST-9'\n")
    with pytest.raises(PackInvalid) as refused:
        library(packs)
    assert len(refused.value.complaints) == 3


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("harbour.toml", 'calendar = "HK"', 'calendar = "MARS"\n|unknown calendar MARS'),
        ("harbour.toml", 'inherits = ["world"]', 'inherits = ["moon"]\n|it inherits moon, which is not there'),
        ("world.toml", 'calendar = "EU"', 'calendar = "EU"\ninherits = ["harbour"]\n|inherit each other'),
        ("harbour.toml", 'id = "harbour"', 'id = "port"\n|the pack calls itself port'),
        ("harbour.toml", "[pack]", "[pack\n|harbour.toml: "),
        ("harbour/vectors/tokens.toml", 'name = "day 364"', "|missing required field `name`"),
        ("harbour/vectors/tokens.toml", "+08:00", "|has no time zone"),
        ("harbour/vectors/tokens.toml", 'rule = "HB-T03"', 'rule = "HB-T9"|harbour/vectors/tokens.toml, vector 3'),
    ],
)
def test_wrong_pack_is_named(packs: Path, file: str, text: str, told: str) -> None:
    instead, words = told.split("|")
    path = packs / file
    path.write_text(path.read_text().replace(text, instead, 1))
    with pytest.raises(PackInvalid) as refused:
        library(packs)
    assert any(words in line for line in refused.value.complaints), refused.value.complaints


def test_same_id_in_two_packs_is_refused(packs: Path) -> None:
    (packs / "harbour" / "further.toml").write_text(ROW.replace("HB-X01", "ST-1"))
    with pytest.raises(PackInvalid, match="has a rule of this id"):
        library(packs)


def test_packs_are_read_whole() -> None:
    harbour = library().by_licence("HARBOUR-VATP")
    assert harbour is library().packs["harbour"] or harbour.head.id == "harbour"
    assert [rule.id for rule in harbour.rules].count("HB-T02") == 2
    old, new = library().versions("HB-T02")
    assert (old.version, new.version) == ("2023-06-01", "2025-11-03")
    assert (old.rule.trust, new.rule.trust) == (Trust.PRIMARY, Trust.SECONDARY)
    assert old.digest != new.digest
    assert {vector.name for vector in new.vectors} == {"day 364", "day 365"}
    with pytest.raises(PackInvalid, match="no pack of the licence NOWHERE; there are HARBOUR-VATP, STRAIT-EX, WORLD"):
        library().by_licence("NOWHERE")
