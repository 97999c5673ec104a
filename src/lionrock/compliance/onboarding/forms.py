"""What an application says: of a person, or of a company and the people behind it. Stored sealed as one JSON text.

Every field may be missing, as long as it is a draft; `missing.py` says what is.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from lionrock.compliance.identity.contact import Address
from lionrock.compliance.onboarding.ownership import Graph, Share

MAX_TEXT = 300
"""Characters of one field."""
MAX_ZONE = 140
"""Three lines of 30 signs or two of 44, with spaces."""
MOST_TAX_RESIDENCES = 10


class Kind(StrEnum):
    """Who applies."""

    PERSON = "person"
    COMPANY = "company"


class NoTaxNumber(StrEnum):
    """Why somebody gives no tax number (OECD Common Reporting Standard, commentary on section I, paragraph 29)."""

    NOT_ISSUED = "not_issued"
    """The country gives none to its residents."""
    NOT_OBTAINED = "not_obtained"
    """The country gives one, and this person has none yet."""
    NOT_REQUIRED = "not_required"
    """The country's law does not ask for it to be collected."""


class _Form(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """Shows nothing of itself."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class TaxResidence(_Form, frozen=True):
    """A place where somebody is taxed."""

    country: str = ""
    number: str = ""
    reason: str = ""
    """A `NoTaxNumber` when there is no number."""


class IdentityDocument(_Form, frozen=True):
    """The document that shows who somebody is."""

    kind: str = ""
    """`passport`, `identity_card` or `visa`."""
    number: str = ""
    country: str = ""
    """Which country issued it."""
    expiry: str = ""
    """ISO 8601; empty for a document that does not end."""
    zone: str = ""
    """Its machine readable zone, line by line."""


class PersonForm(_Form, frozen=True):
    """A person: one who applies, or one behind a company."""

    surname: str = ""
    given_names: str = ""
    birth: str = ""
    """Date, ISO 8601."""
    nationality: str = ""
    """ISO 3166-1, two letters, as every country here."""
    residence: str = ""
    address: Address = Address()
    phone: str = ""
    email: str = ""
    document: IdentityDocument = IdentityDocument()
    tax_residences: tuple[TaxResidence, ...] = ()
    certifies_taxes: bool = False
    """Whether they certify that these are all their places of tax residence."""
    occupation: str = ""
    source_of_funds: str = ""
    purpose: str = ""
    """What the account is for."""

    @property
    def full_name(self) -> str:
        return f"{self.surname} {self.given_names}".strip()


class Party(_Form, frozen=True):
    """Somebody in a company's structure: a person, or another company."""

    key: str
    """The applicant's own name for it within the form, such as p1."""
    person: PersonForm | None = None
    """None for a company."""
    company_name: str = ""
    registration_number: str = ""
    country: str = ""
    """Where the company is registered."""


class CompanyForm(_Form, frozen=True):
    """A company that applies."""

    name: str = ""
    registration_number: str = ""
    country: str = ""
    """Where it is registered."""
    incorporated: str = ""
    """Date, ISO 8601."""
    lei: str = ""
    """Legal entity identifier, where it has one."""
    address: Address = Address()
    phone: str = ""
    email: str = ""
    tax_residences: tuple[TaxResidence, ...] = ()
    certifies_taxes: bool = False
    business: str = ""
    source_of_funds: str = ""
    purpose: str = ""
    parties: tuple[Party, ...] = ()
    """Everybody in its structure: owners, directors, controllers."""
    shares: tuple[Share, ...] = ()
    directors: tuple[str, ...] = ()
    """Keys of parties."""
    controllers: tuple[str, ...] = ()
    """Keys of persons who control it otherwise than by shares, or manage it."""
    signatory: str = ""
    """Key of the person who acts for it here."""

    @property
    def graph(self) -> Graph:
        return Graph({party.key: party.person is not None for party in self.parties}, self.shares)

    @property
    def persons(self) -> dict[str, PersonForm]:
        """Every person in the structure by key."""
        return {party.key: party.person for party in self.parties if party.person is not None}


Form = PersonForm | CompanyForm


class FormMalformed(ValueError):
    """What was sent is not a form of this kind; says which field, never its value."""


def read_form(kind: Kind, told: object) -> Form:
    """A form from decoded JSON. Raises `FormMalformed`."""
    try:
        form: Form = msgspec.convert(told, PersonForm) if kind is Kind.PERSON else msgspec.convert(told, CompanyForm)
    except msgspec.ValidationError as error:
        _, found, path = str(error).partition("`$")
        # A name that no form has was made up by whoever sent it and may be anything.
        raise FormMalformed(path.strip("`.") if found and "unknown field" not in str(error) else "form") from None
    if too_long := _too_long(msgspec.to_builtins(form), "form"):
        raise FormMalformed(too_long)
    return form


def write_form(form: Form) -> bytes:
    """The form as it is sealed."""
    return msgspec.json.encode(form)


def stored_form(kind: Kind, data: bytes) -> Form:
    """What `write_form` wrote."""
    return (
        msgspec.json.decode(data, type=PersonForm)
        if kind is Kind.PERSON
        else msgspec.json.decode(data, type=CompanyForm)
    )


def day(text: str) -> date | None:
    """The date of an ISO 8601 text; None for any other."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _too_long(value: object, place: str) -> str:
    """Where a text is longer than any field needs, or has signs that cannot be shown; empty where all is well."""
    if isinstance(value, dict):
        return next((found for name, each in value.items() if (found := _too_long(each, name))), "")
    if isinstance(value, list):
        return next((found for each in value if (found := _too_long(each, place))), "")
    if isinstance(value, str):
        plain = value.replace("\n", " ")
        return place if len(value) > MAX_TEXT or not plain.isprintable() else ""
    return ""
