"""What was typed against what the document says, on a day."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from lionrock.compliance.identity.checks import WORDS, Claimed, concerns
from lionrock.compliance.identity.contact import Address, address_complaints, is_email, is_phone, plain_phone
from lionrock.compliance.identity.names import likeness_ppm, same_name
from tests.compliance.identity.specimens import TD1, TD3, passport

TODAY = date(2026, 11, 30)
ENDS = date(2030, 4, 15)
ZONE = passport("ERIKSSON", "ANNA MARIA", "L898902C3", "DNK", birth="740812", sex="F", expiry="300415")
ANNA = Claimed("Eriksson", "Anna Maria", date(1974, 8, 12), "DK", "passport", "L898902C3", "DK", ENDS, ZONE)


def names(claimed: Claimed, today: date = TODAY) -> list[str]:
    return [concern.name for concern in concerns(claimed, today)]


@pytest.mark.shows("IDEN-006")
def test_what_fits_raises_no_concern() -> None:
    assert names(ANNA) == []
    assert names(msgspec.structs.replace(ANNA, surname="ERIKSSON", given_names="anna  maria")) == []
    assert names(msgspec.structs.replace(ANNA, zone="")) == []


@pytest.mark.shows("IDEN-006")
@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"surname": "Erikson"}, ["name_differs"]),
        ({"birth": date(1974, 8, 13)}, ["birth_differs"]),
        ({"birth": None}, ["birth_differs"]),
        ({"document_expiry": date(2030, 4, 16)}, ["expiry_differs"]),
        ({"document_number": "L898902C4"}, ["number_differs"]),
        ({"nationality": "SE"}, ["nationality_differs"]),
        ({"document_country": "SE"}, ["issuer_differs"]),
        ({"zone": ZONE.replace("740812", "740813")}, ["zone_check_digit", "birth_differs"]),
        ({"zone": "nothing of the kind"}, ["zone_malformed"]),
        ({"zone": "", "birth": date(2027, 1, 1)}, ["birth_in_future"]),
    ],
)
def test_each_thing_that_does_not_fit_is_named(changed: dict[str, object], found: list[str]) -> None:
    assert names(msgspec.structs.replace(ANNA, **changed)) == found


@pytest.mark.shows("IDEN-007")
def test_a_document_is_good_on_its_last_day_and_not_on_the_next() -> None:
    assert names(ANNA, ENDS) == []
    assert names(ANNA, ENDS + timedelta(days=1)) == ["document_expired"]
    without_zone = msgspec.structs.replace(ANNA, zone="")
    assert names(without_zone, ENDS) == []
    assert names(without_zone, ENDS + timedelta(days=1)) == ["document_expired"]


@pytest.mark.shows("IDEN-006")
def test_cards_by_their_numbers() -> None:
    card = Claimed("Chan", "Tai Man", date(1974, 8, 12), "HK", "identity_card", "A123456(3)", "HK", None)
    assert names(card) == []
    assert names(msgspec.structs.replace(card, document_number="A123456(4)")) == ["number_impossible"]
    emirates = msgspec.structs.replace(card, document_country="AE", document_number="784-1974-1234567-1")
    assert names(emirates) == []
    assert names(msgspec.structs.replace(emirates, birth=date(1975, 8, 12))) == ["birth_year_differs"]


@pytest.mark.shows("IDEN-006")
def test_a_date_that_the_document_does_not_know_whole_must_fit_in_part() -> None:
    zone = passport("ERIKSSON", "ANNA MARIA", "L898902C3", "DNK", birth="7408<<", sex="F", expiry="300415")
    assert names(msgspec.structs.replace(ANNA, zone=zone)) == []
    assert names(msgspec.structs.replace(ANNA, zone=zone, birth=date(1974, 9, 12))) == ["birth_differs"]


@pytest.mark.shows("IDEN-006")
@pytest.mark.parametrize(
    ("typed", "printed", "is_cut", "same"),
    [
        ("Müller Jörg", "MUELLER JOERG", False, True),
        ("Müller Jörg", "MULLER JORG", False, True),
        ("Søren Ågård", "SOEREN AAGAARD", False, True),
        ("O'Connor Enya Siobhan", "OCONNOR ENYA SIOBHAN", False, True),
        ("Tai Man Chan", "CHAN TAI MAN", False, True),
        ("Papandropoulous Jonathon Alexander Dimitrios", "PAPANDROPOULOUS JONATHON ALEXANDER DIM", True, True),
        ("Papandropoulous Jonathon Alexander Dimitrios", "PAPANDROPOULOUS JONATHON ALEXANDER DIM", False, False),
        ("Anna Eriksson", "ANNA MARIA ERIKSSON", False, False),
        ("陳大文", "CHAN TAI MAN", False, False),
    ],
)
def test_names_as_travel_documents_write_them(typed: str, printed: str, same: bool, *, is_cut: bool) -> None:
    assert same_name(typed, printed, is_cut=is_cut) is same


@pytest.mark.shows("IDEN-008")
def test_names_that_are_nearly_the_same() -> None:
    assert likeness_ppm("Chan Tai Man", "CHAN, Tai-Man") == 1_000_000
    assert likeness_ppm("Erikson Anna", "Anna Eriksson") > 900_000
    assert likeness_ppm("Erikson Anna", "Wong Siu Ming") < 600_000


@pytest.mark.shows("IDEN-009")
def test_addresses_by_the_form_of_their_country() -> None:
    home = Address("HK", "Kowloon", "Mong Kok", "", "1 Nathan Road")
    assert address_complaints(home) == {}
    assert address_complaints(msgspec.structs.replace(home, area="")) == {"area": "required"}
    assert address_complaints(Address("DE", "", "Berlin", "", "Unter den Linden 1", "1011")) == {
        "postalCode": "invalid"
    }
    assert address_complaints(Address("QQ", street="1 Road")) == {"country": "invalid"}
    assert "Nathan" not in repr(home)


@pytest.mark.shows("IDEN-009")
def test_telephone_numbers_and_mail_addresses() -> None:
    assert is_phone("+852 2123 4567")
    assert plain_phone("+852 2123 4567") == "+85221234567"
    for wrong in ("", "21234567", "+85212", "+999 1234567", "no number"):
        assert not is_phone(wrong)
    assert is_email("ann.o'hara+kyc@mail.example.com")
    for wrong in ("", "ann", "ann@", "ann@example", "a b@example.com", "ann@-example.com", "a" * 250 + "@example.com"):
        assert not is_email(wrong)


@pytest.mark.shows("IDEN-006")
def test_concerns_tell_nothing_about_anybody() -> None:
    wrong = msgspec.structs.replace(ANNA, surname="Erikson", zone=TD1)
    told = str(concerns(wrong, TODAY))
    for value in ("Erikson", "ERIKSSON", "L898902C3", "1974", "740812"):
        assert value not in told
    assert "Eriksson" not in repr(ANNA)
    assert all(words and next_step for words, next_step in WORDS.values())
    assert "document_expired" in names(msgspec.structs.replace(ANNA, zone=TD3))
