"""What an application lacks, told in words; forms that are none."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from lionrock.compliance.identity.contact import Address
from lionrock.compliance.onboarding.forms import (
    CompanyForm,
    Form,
    FormMalformed,
    Kind,
    Party,
    PersonForm,
    TaxResidence,
    read_form,
    stored_form,
    write_form,
)
from lionrock.compliance.onboarding.missing import what_is_missing
from lionrock.compliance.onboarding.ownership import APPLICANT, Share
from tests.compliance.onboarding.world import ANNA, COMPANY, REQUIREMENTS

TODAY = date(2026, 11, 30)
UPLOADED = {("identity", ""), ("address", ""), ("registration", ""), ("identity", "p1"), ("identity", "p2")}


def found(form: Form, today: date = TODAY, **changed: Any) -> set[tuple[str, str]]:
    missing = what_is_missing(msgspec.structs.replace(form, **changed), UPLOADED, REQUIREMENTS, today)
    assert all(each.words for each in missing)
    return {(each.field, each.name) for each in missing}


@pytest.mark.shows("ONBD-005")
def test_complete_applications_lack_nothing() -> None:
    assert found(ANNA) == set()
    assert found(COMPANY) == set()


@pytest.mark.shows("ONBD-005")
@pytest.mark.parametrize(
    "field", ["surname", "birth", "nationality", "residence", "phone", "email", "occupation", "purpose"]
)
def test_each_field_of_a_person_is_asked_for(field: str) -> None:
    assert (field, "required") in found(ANNA, TODAY, **{field: ""})


@pytest.mark.shows("ONBD-005")
@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"birth": "12.8.1974"}, ("birth", "invalid")),
        ({"nationality": "QQ"}, ("nationality", "invalid")),
        ({"residence": "US"}, ("residence", "country_not_admitted")),
        ({"phone": "21234567"}, ("phone", "invalid")),
        ({"email": "nobody"}, ("email", "invalid")),
        ({"address": Address("HK", "", "", "", "1 Nathan Road")}, ("address.area", "required")),
        ({"tax_residences": ()}, ("taxResidences", "required")),
        ({"tax_residences": (TaxResidence("HK", "A123456(4)"),)}, ("taxResidences.0.number", "invalid")),
        ({"tax_residences": (TaxResidence("HK"),)}, ("taxResidences.0.reason", "no_number_reason")),
        (
            {"tax_residences": (TaxResidence("HK", "", "not_issued"),)},
            ("taxResidences.0.reason", "number_is_given_there"),
        ),
        ({"tax_residences": (TaxResidence("BM", "1"),)}, ("taxResidences.0.number", "no_number_there")),
        ({"certifies_taxes": False}, ("certifiesTaxes", "not_certified")),
        ({"surname": "Olsen"}, ("document.zone", "name_differs")),
    ],
)
def test_each_thing_that_is_wrong_is_named(changed: dict[str, Any], complaint: tuple[str, str]) -> None:
    assert complaint in found(ANNA, **changed)


@pytest.mark.shows("ONBD-005")
def test_who_gives_no_tax_number_says_why() -> None:
    assert (
        found(ANNA, tax_residences=(TaxResidence("HK", "", "not_obtained"), TaxResidence("BM", "", "not_issued")))
        == set()
    )


@pytest.mark.shows("ONBD-005")
def test_the_zone_of_a_passport_is_asked_for_where_the_site_says_so() -> None:
    without = msgspec.structs.replace(ANNA, document=msgspec.structs.replace(ANNA.document, zone=" "))
    strict = msgspec.structs.replace(REQUIREMENTS, zone_kinds=frozenset({"passport"}))
    assert what_is_missing(without, UPLOADED, REQUIREMENTS, TODAY) == []
    (missing,) = what_is_missing(without, UPLOADED, strict, TODAY)
    assert (missing.field, missing.name) == ("document.zone", "required")
    assert what_is_missing(ANNA, UPLOADED, strict, TODAY) == []


@pytest.mark.shows("ONBD-005")
@pytest.mark.parametrize(("today", "too_young"), [(date(1992, 8, 11), True), (date(1992, 8, 12), False)])
def test_a_client_is_old_enough_on_the_birthday_and_not_before(today: date, *, too_young: bool) -> None:
    assert (("birth", "too_young") in found(ANNA, today)) is too_young


@pytest.mark.shows("ONBD-005")
def test_a_document_that_ran_out_since_is_missing_again() -> None:
    assert found(ANNA, date(2030, 4, 15)) == set()
    assert ("document.zone", "document_expired") in found(ANNA, date(2030, 4, 16))


@pytest.mark.shows("ONBD-005", "ONBD-007")
@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"registration_number": "1234567"}, ("registrationNumber", "invalid")),
        ({"lei": "5493001KJTIIGC8Y1R13"}, ("lei", "invalid")),
        ({"country": "US"}, ("country", "country_not_admitted")),
        ({"directors": ()}, ("directors", "required")),
        ({"directors": ("p9",)}, ("directors", "party_unknown")),
        ({"signatory": "c1"}, ("signatory", "person_needed")),
        ({"shares": (Share("c1", APPLICANT, 800_000), Share("p1", "c1", 400_000))}, ("shares", "unexplained")),
        ({"shares": (*COMPANY.shares, Share("c1", "c1", 1))}, ("shares", "cycle")),
        ({"shares": (*COMPANY.shares, Share("p1", APPLICANT, 1))}, ("shares", "above_whole")),
        ({"parties": (*COMPANY.parties, Party("p1", ANNA))}, ("parties", "party_twice")),
        ({"parties": (*COMPANY.parties, Party("p3", PersonForm(surname="Berg")))}, ("parties", "not_connected")),
        (
            {"parties": (Party("p1", PersonForm(surname="Berg")), *COMPANY.parties[1:])},
            ("parties.p1.birth", "required"),
        ),
        ({"parties": (*COMPANY.parties[:2], Party("c1"))}, ("parties.c1.companyName", "required")),
    ],
)
def test_the_structure_of_a_company_is_looked_through(changed: dict[str, Any], complaint: tuple[str, str]) -> None:
    assert complaint in found(COMPANY, **changed)


@pytest.mark.shows("ONBD-006")
def test_a_company_of_many_small_owners_names_who_manages_it() -> None:
    owners = tuple(Party(f"o{number}", PersonForm(surname="Small")) for number in range(10))
    shares = tuple(Share(f"o{number}", APPLICANT, 100_000) for number in range(10))
    people = (Party("p1", ANNA), Party("p2", PersonForm(surname="Lund")))
    spread: dict[str, Any] = {"parties": (*owners, *people), "shares": shares}
    assert ("controllers", "controller_needed") in found(COMPANY, TODAY, **spread)
    assert found(COMPANY, TODAY, **spread, controllers=("p1",)) == set()


@pytest.mark.shows("ONBD-006")
def test_documents_are_asked_for_each_beneficial_owner() -> None:
    missing = what_is_missing(COMPANY, {("registration", "")}, REQUIREMENTS, TODAY)
    assert [(each.field, each.name) for each in missing] == [("documents.identity.p1", "upload")]


@pytest.mark.shows("ONBD-005")
def test_forms_come_back_as_they_were_stored() -> None:
    for kind, form in ((Kind.PERSON, ANNA), (Kind.COMPANY, COMPANY)):
        assert stored_form(kind, write_form(form)) == form
        assert read_form(kind, msgspec.to_builtins(form)) == form
        assert "Anna" not in repr(form)


@pytest.mark.shows("ONBD-009")
@pytest.mark.parametrize(
    ("kind", "told", "field"),
    [
        (Kind.PERSON, {"surname": 7}, "surname"),
        (Kind.PERSON, {"address": {"city": ["Eriksson"]}}, "address.city"),
        (Kind.PERSON, {"Eriksson": "x"}, "form"),
        (Kind.PERSON, "Eriksson", "form"),
        (Kind.PERSON, {"surname": "E" * 301}, "surname"),
        (Kind.PERSON, {"surname": "Eriks\x00son"}, "surname"),
        (Kind.COMPANY, {"parties": [{"key": "p1", "person": {"birth": 1974}}]}, "parties[0].person.birth"),
        (Kind.COMPANY, {"shares": [{"owner": "p1", "company": "a", "sharePpm": "Eriksson"}]}, "shares[0].sharePpm"),
    ],
)
def test_what_is_no_form_is_refused_by_its_field_alone(kind: Kind, told: Any, field: str) -> None:
    with pytest.raises(FormMalformed) as refused:
        read_form(kind, told)
    assert str(refused.value) == field
    assert refused.value.__cause__ is None


@pytest.mark.shows("ONBD-005")
def test_any_draft_is_taken() -> None:
    assert read_form(Kind.PERSON, {}) == PersonForm()
    assert read_form(Kind.COMPANY, {}) == CompanyForm()
    assert found(PersonForm())
    assert found(CompanyForm())


@pytest.mark.shows("ONBD-018")
@pytest.mark.parametrize(("birth", "is_wrong"), [("1700-08-12", True), ("1903-11-30", True), ("1903-12-01", False)])
def test_nobody_is_older_than_anybody_ever_was(birth: str, is_wrong: bool) -> None:
    """On 30 November 2026 somebody born on 1 December 1903 is 122 still, and somebody born the day before is 123."""
    no_zone = msgspec.structs.replace(ANNA.document, zone="")
    ann = msgspec.structs.replace(ANNA, birth=birth, document=no_zone)
    assert (("birth", "too_old") in found(ann)) is is_wrong
    behind = msgspec.structs.replace(COMPANY, parties=(Party("p1", ann), *COMPANY.parties[1:]))
    assert (("parties.p1.birth", "too_old") in found(behind)) is is_wrong
