"""The page has the words of every refusal the venue knows; ui/tests/words.test.ts looks whether the languages agree."""

from __future__ import annotations

import ast
import functools
import json
import re

import pytest

from lionrock.compliance.assessments.risk import read_risk_method
from lionrock.compliance.registers.terms import TERMS
from lionrock.gateways.documents.errors import catalogue
from lionrock.gateways.rest.errors import MESSAGES, Refused
from lionrock.gateways.rest.reasons import own_reason
from lionrock.gateways.rest.refusals import REASONS
from lionrock.people.staff.refusals import No
from lionrock.web.pages import Pages
from lionrock.words.figures import FIGURES
from tests.house.tree import ROOT

WORDS = ROOT / "ui" / "src" / "words"
LANGUAGES = sorted(path.name for path in WORDS.iterdir() if path.is_dir())
_ROW = re.compile(r"(?:^  |, )(\"(?:[^\"\\]|\\.)*\"|\w+): ", re.MULTILINE)
_RAISES = {
    "Refusal",
    "_refused",
    "_refuse",
    "explained",
    "StaffActionRefused",
    "AssessmentRefused",
    "AdmissionRefused",
    "StatementRefused",
}
"""What makes a refusal with a name of its own, in the rooms and at the gateway."""


def texts(part: str) -> set[str]:
    """Keys of the English file of a part."""
    written = (WORDS / "en" / f"{part}.ts").read_text("utf-8")
    return {json.loads(key) if key.startswith('"') else key for key in _ROW.findall(written)}


@functools.cache
def names_of_rooms() -> set[str]:
    """Names written in the code of those who refuse with a name, words and a next step."""
    found = set()
    for path in (ROOT / "src" / "lionrock").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            named = [
                each.value for each in node.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            if called in _RAISES and named and re.fullmatch(r"[a-z]+(_[a-z]+)+", named[0]):
                found.add(named[0])
    return found


def names_of_all() -> set[str]:
    """What may stand as the name of a refusal, and `code:<code>` for those of the contract's own paths."""
    known = {rule.name for rule in catalogue().rules} | {f"code:{code}" for code in MESSAGES}
    known |= {str(own_reason(Refused(code))["name"]) for code in MESSAGES}
    return known | {no.value for no in No} | {name for _, name, _, _ in REASONS.values()} | names_of_rooms()


@pytest.mark.shows("WEBP-020")
def test_every_refusal_has_words_and_a_next_step_on_the_page() -> None:
    known = names_of_all()
    have = texts("refusals")
    assert len(names_of_rooms()) > 80
    assert sorted(name for name in known if name not in have) == []
    assert sorted(name for name in known if f"{name}.next" not in have) == []


@pytest.mark.shows("WEBP-020")
def test_every_figure_of_a_refusal_has_a_name_on_the_page() -> None:
    named = {name for figures in FIGURES.values() for name, _ in figures if name}
    assert sorted(name for name in named if f"figure.{name}" not in texts("refusals")) == []


@pytest.mark.shows("WEBP-020")
def test_no_refusal_that_nobody_gives_is_kept() -> None:
    """Nor words of one that went; a few names are made otherwise than the others."""
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "lionrock").rglob("*.py"))
    known = names_of_all() | {"offline", "offline_unknown"}
    have = {key.removesuffix(".next") for key in texts("refusals") if not key.startswith("figure.")}
    assert sorted(name for name in have - known if f'"{name}"' not in sources) == []


def test_the_words_of_refusals_are_served_in_every_language() -> None:
    pages = Pages()
    english = json.loads(served(pages, "en"))
    for language in LANGUAGES:
        told = json.loads(served(pages, language))
        assert set(told) >= names_of_all(), language
        assert (told["product_not_permitted"] == english["product_not_permitted"]) == (language == "en")


def served(pages: Pages, language: str) -> bytes:
    found = pages.find(f"/refusals.{language}.json", {})
    assert found is not None, language
    status, headers, body = found
    assert (status, dict(headers)[b"cache-control"]) == (200, b"no-cache")
    return body


def test_the_page_has_words_for_registers_and_for_what_risk_is_rated_by() -> None:
    """The page reads both from the venue, and would show a code that it has no words for."""
    house, clients = texts("staff_house"), texts("staff_clients")
    method, _ = read_risk_method()
    wanted = {f"register.{each}" for each in TERMS}
    wanted |= {f"record_state.{state}" for terms in TERMS.values() for state in terms.states}
    wanted |= {f"record_field.{field}" for terms in TERMS.values() for field in terms.fields}
    assert sorted(wanted - house) == []
    wanted = {f"rated_by.{factor.name}" for factor in method.factor}
    wanted |= {f"fact.{value}" for factor in method.factor for value in factor.points if not value.isupper()}
    assert sorted(wanted - clients) == []
