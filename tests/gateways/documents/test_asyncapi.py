"""The AsyncAPI document, made from a small table: what is in it, and that it hangs together."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from lionrock.gateways.documents.asyncapi import channel_name, document
from lionrock.gateways.documents.endpoints import documented

SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json.gz")
"""The standard's own schema, of version 6.11.1 of @asyncapi/specs (Apache-2.0)."""

pytestmark = pytest.mark.shows("DOCS-012")


class Parameter(msgspec.Struct, frozen=True):
    name: str
    words: str
    choices: tuple[str, ...] = ()
    is_required: bool = False


class Topic(msgspec.Struct, frozen=True):
    name: str
    words: str
    message: type
    parameters: tuple[Parameter, ...] = ()


class Stream(msgspec.Struct, frozen=True):
    path: str
    words: str
    request: type | None
    topics: tuple[Topic, ...]


class BestRow(msgspec.Struct):
    s: str
    """Symbol."""
    b: str


class Order(msgspec.Struct, rename="camel"):
    order_id: str


class Request(msgspec.Struct):
    topic: str = ""
    params: dict[str, object] = {}


SCALE = Parameter("dumpScale", "decimals that prices are cut to", ("0", "1"), is_required=True)
STREAMS = (
    Stream("/quote/ws/v1", "Public", Request, (Topic("bbo", "Best bid and ask", BestRow, (SCALE,)),)),
    Stream("/api/v1/ws/{listenKey}", "Private", None, (Topic("executionReport", "An order changed", Order),)),
    Stream("/lionrock/v1/stream", "Own", Request, (Topic("orders", "An order changed", Order),)),
)


def references(thing: Any) -> list[str]:
    if isinstance(thing, dict):
        here = [thing["$ref"]] if "$ref" in thing else []
        return here + [found for value in thing.values() for found in references(value)]
    return [found for item in thing for found in references(item)] if isinstance(thing, list) else []


def resolve(whole: Any, reference: str) -> Any:
    found = whole
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def payload(whole: Any, path: str, message: str) -> Any:
    return whole["channels"][channel_name(path)]["messages"][message]["payload"] | {"components": whole["components"]}


def test_every_stream_and_topic_is_there_and_every_reference_leads_somewhere() -> None:
    whole = document(STREAMS)
    assert whole["asyncapi"] == "3.0.0"
    assert [channel["address"] for channel in whole["channels"].values()] == [stream.path for stream in STREAMS]
    assert whole["channels"]["api_v1_ws_listenKey"]["parameters"].keys() == {"listenKey"}
    assert {name for name, row in whole["operations"].items() if row["action"] == "receive"} == {
        "quote_ws_v1_takes",
        "lionrock_v1_stream_takes",
    }
    assert all(resolve(whole, reference) for reference in references(whole))
    assert "dumpScale`, required" in whole["channels"]["quote_ws_v1"]["messages"]["bbo"]["description"]


def test_it_is_what_the_standard_asks_for() -> None:
    standard = jsonschema.Draft7Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))
    whole = document(STREAMS)
    assert [error.message for error in standard.iter_errors(whole)] == []
    whole["operations"]["quote_ws_v1_sends"]["action"] = "publish"
    assert not standard.is_valid(whole)


def test_payloads_have_the_shape_of_their_stream() -> None:
    whole = document(STREAMS)
    row = {"s": "BTCUSDT", "b": "1"}
    jsonschema.validate({"topic": "bbo", "symbol": "BTCUSDT", "data": [row]}, payload(whole, "/quote/ws/v1", "bbo"))
    jsonschema.validate([{"orderId": "1"}], payload(whole, "/api/v1/ws/{listenKey}", "executionReport"))
    jsonschema.validate({"orderId": "1"}, payload(whole, "/lionrock/v1/stream", "orders"))
    for wrong in ({"topic": "bbo", "data": [{"s": "BTCUSDT"}]}, [row]):
        validator = jsonschema.Draft202012Validator(payload(whole, "/quote/ws/v1", "bbo"))
        assert not validator.is_valid(wrong)


def test_it_is_served_where_there_are_streams() -> None:
    assert "/lionrock/v1/asyncapi.json" in {row.path for row in documented((), STREAMS)}
    assert "/lionrock/v1/asyncapi.json" not in {row.path for row in documented(())}
