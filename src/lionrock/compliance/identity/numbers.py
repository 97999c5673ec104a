"""Numbers with check digits: identity cards of Hong Kong and the Emirates, registrations, tax numbers, LEI.

Each function says whether a number can be one. That it can says nothing about whose it is.
"""

from __future__ import annotations

import importlib
import re
from enum import StrEnum

from stdnum import lei as lei_numbers
from stdnum.exceptions import ValidationError

_HONG_KONG = re.compile(r"([A-Z]{1,2})(\d{6})\(?([0-9A])\)?")
_EMIRATES = re.compile(r"784-?(\d{4})-?(\d{7})-?(\d)")
_BERMUDA_COMPANY = re.compile(r"\d{1,6}")
_EMIRATES_TAX = re.compile(r"1\d{14}")
_HONG_KONG_BUSINESS = re.compile(r"\d{8}")
_ANY_TAX_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9 ./-]{2,29}")
_BLANK_VALUE = 36
"""Of the missing first letter of a prefix with one."""


class Verdict(StrEnum):
    """What can be said of a number."""

    RIGHT = "right"
    """Its check digit, or where there is none its form, is that of the country."""
    WRONG = "wrong"
    UNCHECKED = "unchecked"
    """It looks like a number; there is no rule to hold it against."""


def hong_kong_identity_card(number: str) -> bool:
    """A Hong Kong identity card number, such as A123456(3) or AB987654(3).

    One or two letters, six digits and a check digit of modulus 11, A for 10: letters count 10 to 35, a missing first
    letter 36, times 9 down to 2; with the check digit the sum is a multiple of 11.
    """
    match = _HONG_KONG.fullmatch(_plain(number))
    if match is None:
        return False
    prefix, digits, check = match.groups()
    values = (
        [_BLANK_VALUE] * (2 - len(prefix)) + [int(letter, 36) for letter in prefix] + [int(each) for each in digits]
    )
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return (total + int(check, 16)) % 11 == 0


def emirates_identity_card(number: str) -> tuple[bool, int]:
    """Whether it has the form 784-YYYY-NNNNNNN-N, and the year of birth in it (0 for none).

    Its last digit is left alone: the issuer publishes no rule for it, and cards are known that break the usual guess.
    """
    match = _EMIRATES.fullmatch(_plain(number))
    return (True, int(match[1])) if match else (False, 0)


def legal_entity_identifier(number: str) -> bool:
    """An LEI (ISO 17442): eighteen signs and two check digits of ISO 7064 modulus 97-10."""
    return bool(lei_numbers.is_valid(_plain(number)))


def company_number(country: str, number: str) -> Verdict:
    """A company's registration number at its home."""
    plain = _plain(number)
    forms = {"BM": _BERMUDA_COMPANY, "HK": _HONG_KONG_BUSINESS}
    if country in forms:
        return Verdict.RIGHT if forms[country].fullmatch(plain) else Verdict.WRONG
    module = _COMPANY_TAX.get(country)
    if module and module in _REGISTRATIONS:
        return _by_library(module, plain)
    return Verdict.UNCHECKED if _ANY_TAX_NUMBER.fullmatch(plain) else Verdict.WRONG


def tax_number(country: str, number: str, *, is_person: bool) -> Verdict:
    """A taxpayer's number. Persons of Hong Kong are taxed under their identity card number (Inland Revenue Department).

    Nobody has one in Bermuda, nor a person in the Emirates, so that any given there is wrong.
    """
    plain = _plain(number)
    if country == "BM" or (country == "AE" and is_person):
        return Verdict.WRONG
    if country == "AE":
        return Verdict.RIGHT if _EMIRATES_TAX.fullmatch(plain) else Verdict.WRONG
    if country == "HK":
        right = hong_kong_identity_card(plain) if is_person else bool(_HONG_KONG_BUSINESS.fullmatch(plain))
        return Verdict.RIGHT if right else Verdict.WRONG
    module = (_PERSON_TAX if is_person else _COMPANY_TAX).get(country)
    if module:
        return _by_library(module, plain)
    return Verdict.UNCHECKED if _ANY_TAX_NUMBER.fullmatch(plain) else Verdict.WRONG


def issues_tax_numbers(country: str, *, is_person: bool) -> bool:
    """Whether somebody taxed there has a number to give."""
    return not (country == "BM" or (country == "AE" and is_person))


def _by_library(module: str, number: str) -> Verdict:
    try:
        importlib.import_module(f"stdnum.{module}").validate(number)
    except ValidationError:
        return Verdict.WRONG
    return Verdict.RIGHT


def _plain(number: str) -> str:
    return "".join(number.split()).upper()


_PERSON_TAX = {
    "AT": "at.tin", "AU": "au.tfn", "BE": "be.nn", "BR": "br.cpf", "CA": "ca.sin", "CN": "cn.ric", "DE": "de.idnr",
    "DK": "dk.cpr", "ES": "es.nif", "FI": "fi.hetu", "FR": "fr.nif", "GB": "gb.utr", "IE": "ie.pps", "IN": "in_.pan",
    "IT": "it.codicefiscale", "KR": "kr.rrn", "NL": "nl.bsn", "NO": "no.fodselsnummer", "NZ": "nz.ird",
    "PL": "pl.pesel", "PT": "pt.nif", "SE": "se.personnummer",
    "TH": "th.tin", "TR": "tr.tckimlik", "US": "us.tin", "ZA": "za.tin",
}  # fmt: skip
"""Module of python-stdnum by country."""

_COMPANY_TAX = {
    "AU": "au.abn", "BR": "br.cnpj", "CH": "ch.uid", "CN": "cn.uscc", "DK": "dk.cvr", "ES": "es.nif",
    "FI": "fi.ytunnus", "FR": "fr.siren", "GB": "gb.utr", "IN": "in_.pan",
    "JP": "jp.cn", "KR": "kr.brn", "NO": "no.orgnr", "NZ": "nz.ird",
    "PL": "pl.nip", "PT": "pt.nif", "SE": "se.orgnr", "SG": "sg.uen", "TH": "th.tin", "US": "us.ein", "ZA": "za.tin",
}  # fmt: skip

_REGISTRATIONS = frozenset(
    {"au.abn", "ch.uid", "cn.uscc", "dk.cvr", "fi.ytunnus", "fr.siren", "jp.cn", "no.orgnr", "se.orgnr", "sg.uen"}
)
"""Of these the tax number is the registration number, too."""
