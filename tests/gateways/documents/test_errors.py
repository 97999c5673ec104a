"""The catalogue of errors is whole, and says of ccxt what ccxt says of itself."""

from __future__ import annotations

import ccxt
import pytest

from lionrock.gateways.documents.codes import MEANINGS
from lionrock.gateways.documents.errors import catalogue, page
from lionrock.gateways.rest.errors import MESSAGES
from lionrock.words.rejections import Rejection
from tests.gateways.rest.live import LiveServer

pytestmark = pytest.mark.shows("DOCS-004")


def test_every_code_and_rule_has_cause_and_remedy(server: LiveServer) -> None:
    answer = server.get("/lionrock/v1/errors").json()
    assert [row["code"] for row in answer["codes"]] == list(MESSAGES)
    assert [row["rejection"] for row in answer["rules"]] == [int(rejection) for rejection in catalogue_order()]
    assert {row["rejection"] for row in answer["rules"]} == {int(rejection) for rejection in Rejection}
    for row in answer["codes"] + answer["rules"]:
        assert row["cause"].endswith("."), row
        assert row["remedy"].endswith("."), row
    assert all(200 < status < 600 for row in answer["codes"] for status in row["statuses"])


def catalogue_order() -> list[int]:
    return [row.rejection for row in catalogue().rules]


def test_the_class_is_the_one_ccxt_raises() -> None:
    exact = ccxt.hashkey().exceptions["exact"]
    for code, meaning in MEANINGS.items():
        raised = exact.get(str(code), ccxt.ExchangeError)
        assert meaning.ccxt == raised.__name__, code


def test_the_page_has_every_code_and_rule() -> None:
    text = page()
    assert all(f"| `{code}` |" in text for code in MESSAGES)
    assert all(f"| {rejection.name.lower()} |" in text for rejection in Rejection)


def test_llms_txt_names_every_endpoint(server: LiveServer) -> None:
    answer = server.get("/llms.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("# Lionrock\n\n> ")
    for path in server.get("/lionrock/v1/openapi.json").json()["paths"]:
        if not path.startswith(("/lionrock/v1/explorer.", "/llms")):
            assert path in answer.text, path
