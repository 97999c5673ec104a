"""The table of refusals is whole."""

from __future__ import annotations

import pytest

from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.errors import CODES, MESSAGES
from lionrock.gateways.rest.reasons import refused_by_rule
from lionrock.words.rejections import Rejection


@pytest.mark.shows("REST-012")
@pytest.mark.parametrize("rejection", Rejection)
def test_every_rejection_of_the_core_has_a_code_and_words(rejection: Rejection) -> None:
    body = refused_by_rule(rejection, 7, 2**63 - 1).body()
    assert body["code"] == CODES[rejection]
    assert body["msg"] == MESSAGES[CODES[rejection]]
    details = body["lionrock"]
    assert isinstance(details, dict)
    assert details["rejection"] == rejection
    figures = details["figures"]
    assert (figures["first"], figures["second"]) == ("7", "9223372036854775807")
    assert details["next_step"]


def test_negative_codes_are_numbers_and_four_digit_codes_are_text() -> None:
    for code in MESSAGES:
        assert isinstance(code, str) == (len(str(code).lstrip("-")) == 4 and not str(code).startswith("-")), code


def test_an_endpoint_stands_once_in_the_table() -> None:
    assert len({(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}) == len(ENDPOINTS)
