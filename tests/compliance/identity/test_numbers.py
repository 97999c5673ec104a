"""Identity cards, registrations and tax numbers: known ones, and slips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lionrock.compliance.identity.numbers import (
    Verdict,
    company_number,
    emirates_identity_card,
    hong_kong_identity_card,
    issues_tax_numbers,
    legal_entity_identifier,
    tax_number,
)


def card_of(prefix: str, digits: str) -> str:
    """The one check sign with which these make a number, found by trying."""
    found = [
        f"{prefix}{digits}{check}" for check in "0123456789A" if hong_kong_identity_card(f"{prefix}{digits}{check}")
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.shows("IDEN-004")
@pytest.mark.parametrize(
    "number", ["A123456(3)", "a1234563", "AB987654(3)", "Z683365(A)", "G123456(A)", " K 123456 (0) "]
)
def test_hong_kong_identity_cards_with_one_letter_and_two(number: str) -> None:
    assert hong_kong_identity_card(number)


@pytest.mark.shows("IDEN-004")
@pytest.mark.parametrize("number", ["", "A123456", "A1234567", "ABC987654(3)", "1234563", "A12345(3)", "A123456(B)"])
def test_what_is_no_hong_kong_identity_card(number: str) -> None:
    assert not hong_kong_identity_card(number)


@pytest.mark.shows("IDEN-004")
@given(st.from_regex(r"[A-Z]{1,2}", fullmatch=True), st.from_regex(r"[0-9]{6}", fullmatch=True), st.data())
def test_any_single_wrong_sign_of_a_card_is_found(prefix: str, digits: str, data: st.DataObject) -> None:
    """Eleven is prime and no weight is a multiple of it; only letters eleven apart look alike."""
    number = card_of(prefix, digits)
    place = data.draw(st.integers(len(prefix), len(number) - 1))
    other = data.draw(st.sampled_from([each for each in "0123456789" if each != number[place]]))
    assert not hong_kong_identity_card(number[:place] + other + number[place + 1 :])


@pytest.mark.shows("IDEN-005")
def test_emirates_identity_cards_carry_the_year_of_birth() -> None:
    assert emirates_identity_card("784-1974-1234567-1") == (True, 1974)
    assert emirates_identity_card("784197412345671") == (True, 1974)
    for wrong in ("", "783-1974-1234567-1", "784-1974-123456-1"):
        assert emirates_identity_card(wrong) == (False, 0)


@pytest.mark.shows("IDEN-005")
def test_legal_entity_identifiers() -> None:
    assert legal_entity_identifier("5493001KJTIIGC8Y1R12")
    assert legal_entity_identifier("5493 001kjtiigc8y1r12")
    assert not legal_entity_identifier("5493001KJTIIGC8Y1R13")
    assert not legal_entity_identifier("")


@pytest.mark.shows("IDEN-005")
@pytest.mark.parametrize(
    ("country", "number", "is_person", "verdict"),
    [
        ("HK", "A123456(3)", True, Verdict.RIGHT),
        ("HK", "A123456(4)", True, Verdict.WRONG),
        ("HK", "12345678", False, Verdict.RIGHT),
        ("HK", "1234567", False, Verdict.WRONG),
        ("DE", "36574261809", True, Verdict.RIGHT),
        ("DE", "36574261890", True, Verdict.WRONG),
        ("CN", "360426199101010071", True, Verdict.RIGHT),
        ("US", "536-90-4399", True, Verdict.RIGHT),
        ("US", "536-90-439", True, Verdict.WRONG),
        ("AE", "100123456700003", False, Verdict.RIGHT),
        ("AE", "200123456700003", False, Verdict.WRONG),
        ("AE", "784197412345671", True, Verdict.WRONG),
        ("BM", "12345", True, Verdict.WRONG),
        ("KE", "A012345678Z", True, Verdict.UNCHECKED),
        ("KE", "?", True, Verdict.WRONG),
    ],
)
def test_tax_numbers(country: str, number: str, verdict: Verdict, *, is_person: bool) -> None:
    assert tax_number(country, number, is_person=is_person) is verdict


@pytest.mark.shows("IDEN-005")
def test_where_nobody_has_a_tax_number() -> None:
    assert not issues_tax_numbers("BM", is_person=True)
    assert not issues_tax_numbers("BM", is_person=False)
    assert not issues_tax_numbers("AE", is_person=True)
    assert issues_tax_numbers("AE", is_person=False)
    assert issues_tax_numbers("HK", is_person=True)


@pytest.mark.shows("IDEN-005")
def test_company_numbers() -> None:
    assert company_number("BM", "54321") is Verdict.RIGHT
    assert company_number("BM", "5432112") is Verdict.WRONG
    assert company_number("HK", "12345678") is Verdict.RIGHT
    assert company_number("SG", "197401143C") is Verdict.RIGHT
    assert company_number("SG", "197401143D") is Verdict.WRONG
    assert company_number("KY", "CR-123456") is Verdict.UNCHECKED
    assert company_number("KY", "") is Verdict.WRONG
