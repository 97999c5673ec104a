"""No fact has room for who somebody is: evidence, decisions and findings are made of facts, and are kept for years."""

from __future__ import annotations

import re

import msgspec

from lionrock.rulebook import facts

PERSONAL = re.compile(r"email|phone|street|postal|surname|first_name|birth|passport|identity_number|iban|_ip$")


def test_facts_have_no_field_for_personal_data() -> None:
    found = 0
    for name in facts.__all__:
        fact_type = getattr(facts, name)
        for field in msgspec.structs.fields(fact_type):
            assert not PERSONAL.search(field.name), f"{name}.{field.name}"
            found += 1
    assert found > 100
