"""A JSON body made from the document is of the form that its handler reads, and each part of the kind that it says."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from lionrock.gateways.documents import schemas
from lionrock.gateways.documents.openapi import document
from lionrock.gateways.rest.contract import Endpoint
from lionrock.gateways.rest.json_bodies import read_json
from tests.gateways.documents.test_openapi import ALL, named

EXAMPLES = 10
READERS = {"read_json", "decode", "convert"}


def struct_of(row: Endpoint) -> type[msgspec.Struct] | None:
    """The struct that a handler makes of the whole body, as its source says."""
    handler: Any = inspect.unwrap(row.handler)
    if not inspect.isfunction(handler):
        return None
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(handler)))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in READERS:
            asked = [*node.args, *(each.value for each in node.keywords)]
            if asked and ast.unparse(asked[0]) in {"call.body", "body"}:
                found = handler.__globals__.get(ast.unparse(asked[-1]))
                if isinstance(found, type) and issubclass(found, msgspec.Struct):
                    return found
    return None


READ = [(row, struct) for row in ALL if (struct := struct_of(row)) is not None]
STRUCTURED = {"object", "array"}


def kinds_of(schema: dict[str, Any], components: dict[str, Any]) -> set[str]:
    """Which kinds of JSON it takes."""
    if "$ref" in schema:
        return kinds_of(components[schema["$ref"].rpartition("/")[2]], components)
    if "anyOf" in schema:
        return {kind for each in schema["anyOf"] for kind in kinds_of(each, components)}
    if "enum" in schema and "type" not in schema:
        return {"string" if isinstance(each, str) else "integer" for each in schema["enum"]}
    told = schema.get("type", "any")
    return set(told) if isinstance(told, list) else {told}


@pytest.mark.shows("DOCS-002")
def test_bodies_that_handlers_read_whole_are_found() -> None:
    assert len(READ) > 50
    assert {row.path for row, _ in READ} >= {"/lionrock/v1/staff/proposals", "/lionrock/v1/onboarding/form"}


@pytest.mark.shows("DOCS-002")
@pytest.mark.parametrize(("row", "struct"), READ, ids=[named(row) for row, _ in READ])
def test_what_is_read_as_an_object_or_list_is_described_as_one(row: Endpoint, struct: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(struct):
        parameter = next((each for each in row.parameters if each.name == field.encode_name), None)
        if parameter is None:
            continue
        (read,), parts = msgspec.json.schema_components([field.type], ref_template=schemas.REFERENCE)
        described = kinds_of(schemas.of_parameter(parameter), document([row])["components"]["schemas"])
        assert described & STRUCTURED == kinds_of(read, parts) & STRUCTURED, field.encode_name


def made(schema: dict[str, Any], components: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema takes. Where a whole number may be text too, as in a query, a number."""
    if "$ref" in schema:
        return st.deferred(lambda: made(components[schema["$ref"].rpartition("/")[2]], components))
    if "anyOf" in schema:
        return st.one_of(*(made(each, components) for each in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    match "integer" if kind == ["integer", "string"] else kind:
        case "object":
            return _object(schema, components)
        case "array":
            items, least = made(schema.get("items", {}), components), schema.get("minItems", 0)
            return st.lists(items, min_size=least, max_size=min(least + 2, schema.get("maxItems", 99)))
        case "integer":
            return st.integers(schema.get("minimum", 0), schema.get("maximum", 2**53 - 1))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "string" if schema.get("format") == "date":
            return st.dates().map(str)
        case "string" if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii"))
        case "string":
            return st.text("ab 1", min_size=schema.get("minLength", 0), max_size=8)
    return st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text("ab", max_size=2))


def _object(schema: dict[str, Any], components: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = {name: made(each, components) for name, each in schema.get("properties", {}).items()}
    needed = {name: each for name, each in properties.items() if name in schema.get("required", ())}
    if properties:
        optional = {name: each for name, each in properties.items() if name not in needed}
        return st.fixed_dictionaries(needed, optional=optional)
    more = schema.get("additionalProperties", {})
    return st.dictionaries(
        st.text("abc", min_size=1), made(more if isinstance(more, dict) else {}, components), max_size=3
    )


@pytest.mark.shows("DOCS-006")
@pytest.mark.parametrize(("row", "struct"), READ, ids=[named(row) for row, _ in READ])
def test_a_body_made_from_the_document_is_of_the_form_that_is_read(row: Endpoint, struct: type[msgspec.Struct]) -> None:
    told = document([row])
    body = told["paths"][row.path][row.method.lower()]["requestBody"]["content"]["application/json"]["schema"]

    @seed(20_261_130)
    @settings(max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def reads(data: st.DataObject) -> None:
        sent = data.draw(made(body, told["components"]["schemas"]))
        assert read_json(msgspec.json.encode(sent), struct) is not None

    reads()
