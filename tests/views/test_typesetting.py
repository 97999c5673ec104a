"""Which characters are drawn, which are told by their numbers, and that none is lost without a word."""

from __future__ import annotations

import json
import logging
import unicodedata
from importlib.util import find_spec as find
from itertools import product

import pytest

from lionrock.site.doctor import machine
from lionrock.site.doctor.finding import Level
from lionrock.views import typesetting
from lionrock.views.typesetting import FONT_PACKAGES, Printed, missing_fonts, set_pages, tell_undrawn
from tests.printed import draws_everything, runs_of, words_of

PAGE = """
#set document(title: "Names", date: none)
#for name in data [#said(name) #strong(said(name)) #text(font: fixed, said(name)) #linebreak() ]
#told-undrawn
"""
TOLD = "Characters that no font here draws"
HONG_KONG = "陳大文 鰂魚涌 㗎 嘅 𨋢 𡃁 埗 邨 峯 𠝹 𤓓 葛\U000e0100"
"""Traditional, of HKSCS as well, beyond the first 65,536 characters, and with a sign that chooses a form."""
SIMPLIFIED = "陈大文 简体中文 刘德华 龙 㐂 镕 昇"
FRENCH = "Éloïse Lefèvre-Œuvre, ÿ Ÿ ç « à » 12 €"
ARABIC = "محمد عبد الله شارع الشيخ زايد 12، دبي. ظبي خديجة"


def printed(*names: str) -> Printed:
    return set_pages(PAGE, json.dumps(names, ensure_ascii=False).encode())


@pytest.fixture
def without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that lacks the packages of fonts."""
    monkeypatch.setattr(typesetting, "find_spec", lambda module: None if module in FONT_PACKAGES else find(module))
    fonts = typesetting._fonts
    monkeypatch.setattr(typesetting, "_fonts", fonts.__wrapped__)


@pytest.mark.shows("PAPR-014")
@pytest.mark.parametrize("name", [HONG_KONG, SIMPLIFIED, FRENCH, ARABIC, "Mixed 陳 محمد Ltd"])
def test_a_name_is_printed_in_its_script(name: str) -> None:
    made = printed(name)
    assert made.undrawn == ""
    assert draws_everything(made.pdf)
    told = words_of(made.pdf)
    for word in name.replace(",", " ").replace("،", " ").replace(".", " ").replace("\U000e0100", "").split():
        assert told.count(word) == 3, (word, told)
    assert TOLD not in told


@pytest.mark.shows("PAPR-014")
@pytest.mark.parametrize(("codec", "least"), [("big5hkscs", 17_000), ("gb2312", 6_700)])
def test_every_character_of_hong_kong_and_of_the_mainland_is_drawn(codec: str, least: int) -> None:
    """Big5 with Hong Kong's supplementary set; GB 2312."""
    pairs = product(range(0x81, 0xFF), range(0x40, 0xFF))
    text = "".join(bytes(pair).decode(codec, "ignore") for pair in pairs)
    characters = "".join(sorted({each for each in text if unicodedata.category(each) == "Lo"}))
    assert len(characters) > least
    assert set_pages('#set document(title: "All")\n#data', json.dumps(characters).encode()).undrawn == ""


@pytest.mark.shows("PAPR-014")
def test_a_value_that_begins_in_arabic_ends_at_its_left_and_others_at_their_right() -> None:
    source = '#set document(title: "One")\n#said(data)'
    for name, ends_left in {"محمد!": True, "Mohammed محمد!": False}.items():
        runs = {run.text.strip(): run.x for run in runs_of(set_pages(source, json.dumps(name).encode()).pdf)}
        assert (runs["!"] < runs["محمد"]) is ends_left, runs


@pytest.mark.shows("PAPR-015")
def test_what_no_font_draws_is_printed_as_its_number_and_told(caplog: pytest.LogCaptureFixture) -> None:
    made = printed("陳 \U0001f600 \u1200", '"\\ \u202emoc')
    assert made.undrawn == "\u1200\u202e\U0001f600"
    assert draws_everything(made.pdf)
    told = words_of(made.pdf)
    for words in ("陳", "[U+1F600]", "[U+1200]", "[U+202E]moc", '"\\', TOLD):
        assert words in told, words
    tell_undrawn(logging.getLogger("press"), "Paper 1", made)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "Paper 1: no font draws U+1200 \u1200, U+1F600 \U0001f600; the page has their numbers" in record.message
    tell_undrawn(logging.getLogger("press"), "Paper 2", printed("陳"))
    assert len(caplog.records) == 1


@pytest.mark.shows("PAPR-015")
def test_without_fonts_a_page_is_made_and_says_what_is_missing(
    without_fonts: None, caplog: pytest.LogCaptureFixture
) -> None:
    made = printed("陳大文", "Éloïse")
    assert made.undrawn == "大文陳"
    assert draws_everything(made.pdf)
    told = words_of(made.pdf)
    assert "[U+9673][U+5927][U+6587]" in told
    assert "Éloïse" in told
    assert TOLD in told
    tell_undrawn(logging.getLogger("press"), "Paper 1", made)
    assert "U+9673" in caplog.text
    assert "Not installed: noto-cjk-sans-otc, fontpkg-ibm-plex-sans-arabic" in caplog.text
    finding = machine.fonts()
    assert (finding.level, missing_fonts()) == (Level.WARNING, list(FONT_PACKAGES.values()))
    assert "pip install noto-cjk-sans-otc" in finding.remedy


def test_the_fonts_are_installed() -> None:
    assert missing_fonts() == []
    assert machine.fonts().level is Level.OK


def test_a_page_is_the_same_each_time() -> None:
    assert printed(HONG_KONG, ARABIC) == printed(HONG_KONG, ARABIC)


def test_a_fault_of_the_page_is_no_missing_character() -> None:
    import typst

    with pytest.raises(typst.TypstError, match="taken for code"):
        set_pages('#panic("taken for code")', b"[]")
