"""What an application still lacks before it can be handed in, field by field, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import msgspec

from lionrock.compliance.identity.checks import Claimed, concerns
from lionrock.compliance.identity.contact import Address, address_complaints, is_email, is_phone
from lionrock.compliance.identity.countries import COUNTRIES
from lionrock.compliance.identity.numbers import (
    Verdict,
    company_number,
    issues_tax_numbers,
    legal_entity_identifier,
    tax_number,
)
from lionrock.compliance.onboarding import ownership
from lionrock.compliance.onboarding.forms import (
    MOST_TAX_RESIDENCES,
    CompanyForm,
    Form,
    IdentityDocument,
    NoTaxNumber,
    PersonForm,
    TaxResidence,
    day,
)

OLDEST_YEARS = 122
"""No age above it was ever proved of anybody: a birth further back is a slip, or a lie."""
DOCUMENT_KINDS = ("passport", "identity_card", "visa")


class Requirements(msgspec.Struct, frozen=True):
    """What the rule book and the operator ask of an application. Nothing here has a default: the site says it."""

    beneficial_owner_above_ppm: int
    """Whoever owns more of a company than this is a beneficial owner; parts per million."""
    least_age_years: int
    admitted_countries: frozenset[str]
    """Residences that the site's licences let it serve."""
    person_documents: frozenset[str]
    """Kinds of documents that a person uploads."""
    company_documents: frozenset[str]
    owner_documents: frozenset[str]
    """Kinds uploaded for each beneficial owner, controller and signatory of a company."""
    zone_kinds: frozenset[str]
    """Kinds of identity documents whose machine readable zone is typed, such as passport."""
    draft_days: int
    """A draft or a question that nobody went on with for so long runs out."""
    likeness_ppm: int
    """Names of people born on one day that are this alike are looked at by people."""


class Missing(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that is missing or wrong."""

    field: str
    """Path in the form, such as `address.city` or `parties.p1.birth`; `documents.passport` for an upload."""
    name: str
    """`required`, `invalid`, or what else is wrong."""
    words: str


_WORDS = {
    "required": "This is needed.",
    "invalid": "This is not in its form, or cannot be right.",
    "too_young": "Clients must be older.",
    "too_old": "Nobody is as old as that; look at the year.",
    "country_not_admitted": "Nobody who lives there can be served under the site's licences.",
    "no_number_reason": "Give the number, or say why there is none.",
    "no_number_there": "That country gives no such numbers; say so in place of a number.",
    "number_is_given_there": "That country gives numbers; give yours.",
    "not_certified": "Certify that these are all places of tax residence.",
    "unexplained": "Say who owns the rest, down to persons.",
    "controller_needed": "Nobody owns enough; name who manages the company.",
    "party_unknown": "This names a party that is not in the list.",
    "person_needed": "This must be a person.",
    "party_twice": "Two parties have one key.",
    "too_many_parties": "There are more parties than can be read; ask the staff.",
    "share_out_of_range": "A share is more than nothing and at most the whole.",
    "share_twice": "One party has two shares of one company.",
    "person_is_owned": "Nobody owns a person.",
    "above_whole": "More than the whole of a company is given away.",
    "cycle": "Companies own each other in a circle; ask the staff.",
    "not_connected": "Every party must own something, direct, or control; take out who does not.",
    "upload": "Upload this document.",
}


def _missing(field: str, name: str) -> Missing:
    return Missing(field, name, _WORDS[name])


def what_is_missing(
    form: Form, uploaded: Collection[tuple[str, str]], requirements: Requirements, today: date
) -> list[Missing]:
    """All of it; none when the application can be handed in. `uploaded` are (kind, key of a party or empty)."""
    if isinstance(form, PersonForm):
        found = [*_of_person(form, "", requirements, today, applies=True), *_taxes(form.tax_residences, form)]
        wanted = [(kind, "") for kind in sorted(requirements.person_documents)]
    else:
        found = [*_of_company(form, requirements, today), *_taxes(form.tax_residences, form)]
        wanted = [(kind, "") for kind in sorted(requirements.company_documents)]
        wanted += [
            (kind, key)
            for key in people_to_identify(form, requirements)
            for kind in sorted(requirements.owner_documents)
        ]
    for kind, key in wanted:
        if (kind, key) not in uploaded:
            found.append(_missing(f"documents.{kind}{'.' + key if key else ''}", "upload"))
    return found


def people_to_identify(form: CompanyForm, requirements: Requirements) -> list[str]:
    """Keys of the persons of a company whose identity is looked at: beneficial owners, controllers, who acts for it."""
    persons = form.persons
    owners = (
        []
        if ownership.complaints(_owned(form))
        else ownership.beneficial_owners(_owned(form), requirements.beneficial_owner_above_ppm)
    )
    keys = [owner.key for owner in owners] + list(form.controllers) + [form.signatory]
    return [key for key in dict.fromkeys(keys) if key in persons]


def _owned(form: CompanyForm) -> ownership.Graph:
    """The graph of those who own something."""
    owning = {share.owner for share in form.shares}
    whole = form.graph
    return ownership.Graph({key: is_person for key, is_person in whole.is_person.items() if key in owning}, form.shares)


def _required(pairs: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[Missing]:
    return [_missing(field, "required") for field, value in pairs if not value.strip()]


def _of_person(
    form: PersonForm, prefix: str, requirements: Requirements, today: date, *, applies: bool
) -> Iterator[Missing]:
    texts = {"surname": form.surname, "birth": form.birth, "nationality": form.nationality, "residence": form.residence}
    if applies:
        texts |= {
            "phone": form.phone, "email": form.email, "occupation": form.occupation,
            "sourceOfFunds": form.source_of_funds, "purpose": form.purpose,
        }  # fmt: skip
    yield from _required([(prefix + name, value) for name, value in texts.items()])
    born = day(form.birth)
    if form.birth and (born is None or born > today):
        yield _missing(f"{prefix}birth", "invalid")
    elif born is not None and _age(born, today) > OLDEST_YEARS:
        yield _missing(f"{prefix}birth", "too_old")
    elif born is not None and applies and _age(born, today) < requirements.least_age_years:
        yield _missing(f"{prefix}birth", "too_young")
    for name, value in (("nationality", form.nationality), ("residence", form.residence)):
        if value and value not in COUNTRIES:
            yield _missing(prefix + name, "invalid")
    if applies and form.residence in COUNTRIES and form.residence not in requirements.admitted_countries:
        yield _missing(f"{prefix}residence", "country_not_admitted")
    yield from _of_address(form.address, f"{prefix}address")
    yield from _of_contact(form.phone, form.email, prefix)
    yield from _of_document(form, prefix, requirements, today)


def _of_contact(phone: str, email: str, prefix: str) -> Iterator[Missing]:
    if phone and not is_phone(phone):
        yield _missing(f"{prefix}phone", "invalid")
    if email and not is_email(email):
        yield _missing(f"{prefix}email", "invalid")


def _of_address(address: Address, field: str) -> Iterator[Missing]:
    if address.is_empty:
        yield _missing(field, "required")
        return
    for name, words in address_complaints(address).items():
        yield _missing(f"{field}.{name}", "required" if words == "required" else "invalid")


def _of_document(form: PersonForm, prefix: str, requirements: Requirements, today: date) -> Iterator[Missing]:
    document, field = form.document, f"{prefix}document"
    if document == IdentityDocument():
        yield _missing(field, "required")
        return
    yield from _required(
        [(f"{field}.kind", document.kind), (f"{field}.number", document.number), (f"{field}.country", document.country)]
    )
    if document.kind and document.kind not in DOCUMENT_KINDS:
        yield _missing(f"{field}.kind", "invalid")
    if document.kind == "passport" and not document.expiry:
        yield _missing(f"{field}.expiry", "required")
    if document.kind in requirements.zone_kinds and not document.zone.strip():
        yield _missing(f"{field}.zone", "required")
    if document.expiry and day(document.expiry) is None:
        yield _missing(f"{field}.expiry", "invalid")
    for concern in concerns(claimed(form), today):
        yield Missing(
            f"{field}.zone" if document.zone else field, concern.name, f"{concern.words}. {concern.next_step}"
        )


def claimed(form: PersonForm) -> Claimed:
    """What the checks of identity compare."""
    document = form.document
    return Claimed(
        form.surname,
        form.given_names,
        day(form.birth),
        form.nationality,
        document.kind,
        document.number,
        document.country,
        day(document.expiry),
        document.zone,
    )


def _taxes(residences: tuple[TaxResidence, ...], form: Form) -> Iterator[Missing]:
    is_person = isinstance(form, PersonForm)
    if not residences:
        yield _missing("taxResidences", "required")
    if len(residences) > MOST_TAX_RESIDENCES:
        yield _missing("taxResidences", "invalid")
    for place, residence in enumerate(residences):
        field = f"taxResidences.{place}"
        if residence.country not in COUNTRIES:
            yield _missing(f"{field}.country", "invalid")
        elif residence.number:
            if not issues_tax_numbers(residence.country, is_person=is_person):
                yield _missing(f"{field}.number", "no_number_there")
            elif tax_number(residence.country, residence.number, is_person=is_person) is Verdict.WRONG:
                yield _missing(f"{field}.number", "invalid")
        elif residence.reason not in set(NoTaxNumber):
            yield _missing(f"{field}.reason", "no_number_reason")
        elif residence.reason == NoTaxNumber.NOT_ISSUED and issues_tax_numbers(residence.country, is_person=is_person):
            yield _missing(f"{field}.reason", "number_is_given_there")
    if not form.certifies_taxes:
        yield _missing("certifiesTaxes", "not_certified")


def _of_company(form: CompanyForm, requirements: Requirements, today: date) -> Iterator[Missing]:
    texts = {
        "name": form.name, "registrationNumber": form.registration_number, "country": form.country,
        "incorporated": form.incorporated, "phone": form.phone, "email": form.email, "business": form.business,
        "sourceOfFunds": form.source_of_funds, "purpose": form.purpose, "signatory": form.signatory,
    }  # fmt: skip
    yield from _required(list(texts.items()))
    begun = day(form.incorporated)
    if form.incorporated and (begun is None or begun > today):
        yield _missing("incorporated", "invalid")
    if form.country and form.country not in COUNTRIES:
        yield _missing("country", "invalid")
    elif form.country and form.country not in requirements.admitted_countries:
        yield _missing("country", "country_not_admitted")
    if form.registration_number and company_number(form.country, form.registration_number) is Verdict.WRONG:
        yield _missing("registrationNumber", "invalid")
    if form.lei and not legal_entity_identifier(form.lei):
        yield _missing("lei", "invalid")
    yield from _of_address(form.address, "address")
    yield from _of_contact(form.phone, form.email, "")
    yield from _of_structure(form, requirements, today)


def _of_structure(form: CompanyForm, requirements: Requirements, today: date) -> Iterator[Missing]:
    keys = [party.key for party in form.parties]
    if len(set(keys)) < len(keys):
        yield _missing("parties", "party_twice")
    if not form.directors:
        yield _missing("directors", "required")
    persons = form.persons
    for field, named in (
        ("directors", form.directors),
        ("controllers", form.controllers),
        ("signatory", (form.signatory,)),
    ):
        if any(key and key not in keys for key in named):
            yield _missing(field, "party_unknown")
        elif field != "directors" and any(key and key not in persons for key in named):
            yield _missing(field, "person_needed")
    concerned = {*form.directors, *form.controllers, form.signatory} | {share.owner for share in form.shares}
    if set(keys) - concerned:
        yield _missing("parties", "not_connected")
    wrong = ownership.complaints(_owned(form))
    yield from (_missing("shares", name) for name in wrong)
    if not wrong:
        unexplained = ownership.unexplained_ppm(_owned(form))
        if unexplained > requirements.beneficial_owner_above_ppm:
            yield _missing("shares", "unexplained")
        owners = ownership.beneficial_owners(_owned(form), requirements.beneficial_owner_above_ppm)
        if not owners and not form.controllers:
            yield _missing("controllers", "controller_needed")
    identified = set(people_to_identify(form, requirements))
    for party in form.parties:
        field = f"parties.{party.key}."
        if party.person is None:
            yield from _required(
                [
                    (f"{field}companyName", party.company_name),
                    (f"{field}registrationNumber", party.registration_number),
                    (f"{field}country", party.country),
                ]
            )
        elif party.key in identified:
            yield from _of_person(party.person, field, requirements, today, applies=False)
        else:
            yield from _required([(f"{field}surname", party.person.surname)])


def _age(born: date, today: date) -> int:
    """Whole years. Somebody born on 29 February is a year older on 1 March of other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
