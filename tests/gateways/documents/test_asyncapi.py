"""The AsyncAPI document, made from the table of streams: what is in it, and that it hangs together."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lionrock.gateways.documents.asyncapi import channel_name, document
from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.websocket.topics import FEED_PATH, PRIVATE_FEED_PATH, PRIVATE_PATH, STREAMS, V1_PATH

SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json.gz")
"""The standard's own schema, of version 6.11.1 of @asyncapi/specs (Apache-2.0)."""

pytestmark = pytest.mark.shows("DOCS-012")


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
        f"{channel_name(stream.path)}_takes" for stream in STREAMS if stream.request is not None
    }
    assert all(resolve(whole, reference) for reference in references(whole))
    assert "dumpScale`, required" in whole["channels"]["quote_ws_v1"]["messages"]["mergedDepth"]["description"]


def test_it_is_what_the_standard_asks_for() -> None:
    standard = jsonschema.Draft7Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))
    whole = document(STREAMS)
    assert [error.message for error in standard.iter_errors(whole)] == []
    whole["operations"]["quote_ws_v1_sends"]["action"] = "publish"
    assert not standard.is_valid(whole)


def test_payloads_have_the_shape_of_their_stream() -> None:
    whole = document(STREAMS)
    row = {"s": "BTCUSDT", "b": "1", "bz": "2", "a": "3", "az": "4", "t": 5, "v": "6"}
    balance = {"e": "outboundAccountInfo", "E": "1", "T": True, "W": True, "D": True, "B": []}
    snapshot = {"type": "snapshot", "accountId": "1", "sequence": 2, "orders": [], "balances": []}
    jsonschema.validate({"topic": "bbo", "symbol": "BTCUSDT", "data": [row]}, payload(whole, V1_PATH, "bbo"))
    jsonschema.validate([balance], payload(whole, PRIVATE_PATH, "outboundAccountInfo"))
    jsonschema.validate(snapshot, payload(whole, PRIVATE_FEED_PATH, "snapshot"))
    for path, topic, wrong in (
        (V1_PATH, "bbo", {"topic": "bbo", "data": [{"s": "BTCUSDT"}]}),
        (V1_PATH, "bbo", [row]),
        (PRIVATE_PATH, "outboundAccountInfo", balance),
        (FEED_PATH, "book", snapshot),
    ):
        assert not jsonschema.Draft202012Validator(payload(whole, path, topic)).is_valid(wrong)


def test_it_is_served_where_there_are_streams() -> None:
    assert "/lionrock/v1/asyncapi.json" in {row.path for row in documented((), STREAMS)}
    assert "/lionrock/v1/asyncapi.json" not in {row.path for row in documented(())}
