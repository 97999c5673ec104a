"""The OpenAPI 3.1 document of the HTTP interface, made from the table of endpoints."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib.metadata import version
from types import UnionType
from typing import Any, get_args

from lionrock.gateways.documents import schemas
from lionrock.gateways.documents.errors import Refusal
from lionrock.gateways.documents.schemas import Schema
from lionrock.gateways.rest.authentication import SESSION_COOKIE, STAFF_COOKIE
from lionrock.gateways.rest.contract import AUTHENTICATION, Body, Endpoint, Media, Parameter, Rows
from lionrock.gateways.rest.errors import MESSAGES

_WORDS = """\
The contract is HashKey Exchange's public one; what stands under `/lionrock/v1` is Lionrock's own.

Numbers are decimal text, exact to the tick and the lot; times are milliseconds since 1970-01-01 UTC; ids are text. \
Parameters of a `POST`, `PUT` or `DELETE` may stand in the query or in a form body \
(`application/x-www-form-urlencoded`); where a name stands in both, the query wins, and a name that stands \
twice in one \
place is refused. Parameters that an endpoint does not know are ignored; those of Lionrock that place, change or \
cancel orders refuse them.

A refusal has status 400 and the body `{"code", "msg"}`; `/lionrock/v1/errors` lists the codes with cause and \
remedy. A \
status of 500 and above means that the outcome may be unknown: ask for the state before trying again.
"""

_SIGNING = """\
HMAC-SHA256, as hex digits, with the key's secret, over the raw query string followed directly by the raw form \
body, both \
exactly as they are sent and without the `signature` parameter itself (and its `&`). Nothing is sorted or \
encoded again. A \
JSON body of the contract (batches) is not part of the text; that of an endpoint under `/lionrock/v1` is. \
`timestamp` is \
required; the request is good while it is at most `recvWindow` milliseconds old and less than a second ahead.
"""

_DOCUMENTS = {"openapi.json", "asyncapi.json", "errors", "explorer", "explorer.js", "explorer.css", "/llms.txt"}

_KEY: Schema = {"key": []}
_SIGNED: Schema = {"key": [], "signature": []}
_SESSION: Schema = {"session": []}
_STAFF: Schema = {"staff": []}

_NEEDS: dict[str, tuple[str, list[Schema]]] = {
    "NONE": ("Open to all.", []),
    "USER_DATA": ("Needs a key that may read, and a signature; or the owner's session.", [_SIGNED, _SESSION]),
    "TRADE": ("Needs a key that may trade, and a signature; or the owner's session.", [_SIGNED, _SESSION]),
    "TRANSFER": ("Needs a key that may transfer, and a signature; or the owner's session.", [_SIGNED, _SESSION]),
    "WITHDRAW": (
        "Needs a key that may withdraw, and a signature; or the owner's session, with a second factor shown.",
        [_SIGNED, _SESSION],
    ),
    "USER_STREAM": ("Needs a key that may read, or the owner's session.", [_KEY, _SESSION]),
    "SESSION": ("Needs a session.", [_SESSION]),
    "STAFF": ("Needs a session of the staff.", [_STAFF]),
    "MANAGE": ("Needs a session, or a key that may manage, and a signature.", [_SESSION, _SIGNED]),
}
"""In words and for programs, by what a row's `security` is called."""

_TAGS = {
    "reference": "The time, and what is listed",
    "market data": "Books, trades, candles, tickers; open to all",
    "orders": "Place, ask, cancel",
    "account": "Balances, fills, fees and what else belongs to an account",
    "lionrock": "Lionrock's own additions",
    "staff": "For the operator's people",
    "documents": "This document and its like",
    "monitors": "For whoever runs the site",
    "sandbox": "Only on a site that was started with `--sandbox`",
}


def document(endpoints: Iterable[Endpoint]) -> Schema:
    """The whole document, JSON as Python has it."""
    rows = list(endpoints)
    answers = [kind for row in rows for kind in _alternatives(row.answer)]
    requests = [row.sends for row in rows if row.sends is not None and not isinstance(row.sends, Rows)]
    requests += [shape for row in rows for parameter in row.parameters for shape in parameter.shapes]
    of_type, components = schemas.of_types([*answers, Refusal], requests)
    components[Refusal.__name__]["properties"]["code"] = _codes()
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, of_type)
    used = {paths[path][method]["tags"][0] for path in paths for method in paths[path]}
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-HK-APIKEY", "description": "The access key."},
        "signature": {"type": "apiKey", "in": "query", "name": "signature", "description": _SIGNING},
    }
    if any(_SESSION in _NEEDS[row.security][1] for row in rows):
        schemes["session"] = {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}
    if any(_STAFF in _NEEDS[row.security][1] for row in rows):
        schemes["staff"] = {"type": "apiKey", "in": "cookie", "name": STAFF_COOKIE}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lionrock",
            "version": version("lionrock"),
            "description": _WORDS,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The site that serves this document"}],
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "securitySchemes": schemes,
            "parameters": {
                parameter.name: _parameter(parameter) for parameter in AUTHENTICATION if parameter.name != "signature"
            },
            "responses": {
                "Refusal": {
                    "description": "The request is refused and changed nothing, unless the status is 500 or above.",
                    "content": {
                        "application/json": {
                            "schema": {"$ref": schemas.REFERENCE.format(name=Refusal.__name__)},
                            "examples": _REFUSALS,
                        }
                    },
                }
            },
            "schemas": components,
        },
    }


_REFUSALS = {
    "missing": {
        "summary": "A parameter is missing",
        "value": {"code": "0001", "msg": "Required field timestamp missing or invalid"},
    },
    "rule": {
        "summary": "A rule of the venue decided",
        "value": {
            "code": "0401",
            "msg": "Insufficient asset",
            "lionrock": {
                "rejection": 300,
                "name": "available_insufficient",
                "words": "900000 USDT are needed and 99399.8901 USDT are available.",
                "figures": {
                    "first": "90000000000000",
                    "second": "9939989010000",
                    "needed": {"value": "900000", "unit": "USDT"},
                    "available": {"value": "99399.8901", "unit": "USDT"},
                },
                "next_step": "Deposit, cancel other orders, or ask for less.",
                "retryable": True,
            },
        },
    },
}


def _codes() -> Schema:
    """Those of four digits are text, the others numbers."""
    texts = sorted(code for code in MESSAGES if isinstance(code, str))
    numbers = sorted((code for code in MESSAGES if isinstance(code, int)), reverse=True)
    return {
        "description": "What happened; /lionrock/v1/errors says more.",
        "oneOf": [{"type": "string", "enum": texts}, {"type": "integer", "enum": numbers}],
    }


def _alternatives(answer: object) -> tuple[object, ...]:
    if answer is None or isinstance(answer, Media):
        return ()
    if isinstance(answer, UnionType):
        return get_args(answer)
    return answer if isinstance(answer, tuple) else (answer,)


def operation_id(row: Endpoint) -> str:
    """Of a row: one word, the same as long as its path is."""
    words = row.path.replace(".", "_").replace("-", "_").strip("/").split("/")
    return "_".join([row.method.lower(), *words])


def _operation(row: Endpoint, of_type: dict[int, Schema]) -> Schema:
    needs = _NEEDS[row.security][1]
    signed = _SIGNED in needs
    in_body = row.body is not Body.FORM and row.method != "GET"
    operation: Schema = {
        "operationId": operation_id(row),
        "tags": [tag_of(row)],
        "summary": row.summary,
        "description": _description(row),
        "parameters": [] if in_body else [_parameter(parameter) for parameter in row.parameters],
        "responses": _responses(row, of_type),
        "x-weight": row.weight,
        "x-security": row.security.value,
    }
    if signed:
        operation["parameters"] += [{"$ref": f"#/components/parameters/{name}"} for name in ("timestamp", "recvWindow")]
    if needs:
        operation["security"] = needs
    if in_body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _body(row, of_type)}},
        }
        operation["x-signed-body"] = signed and row.body is not Body.JSON
    return operation


def _responses(row: Endpoint, of_type: dict[int, Schema]) -> Schema:
    """An endpoint that declares no answer does nothing but refuse."""
    refusal = {"$ref": "#/components/responses/Refusal"}
    done = {"200": {"description": "Done.", "content": _content(row, of_type)}} if row.answer is not None else {}
    return done | {"400": refusal, "default": refusal}


def _body(row: Endpoint, of_type: dict[int, Schema]) -> Schema:
    if isinstance(row.sends, Rows):
        items = schemas.of_object(row.sends.parameters)
        return {"type": "array", "items": items, "minItems": 1, "maxItems": row.sends.most}
    if row.sends is not None:
        return of_type[id(row.sends)]
    return schemas.of_object(row.parameters, is_closed=row.is_strict)


def _content(row: Endpoint, of_type: dict[int, Schema]) -> Schema:
    if isinstance(row.answer, Media):
        return {kind: {} for kind in row.answer.types}
    found = [of_type[id(kind)] for kind in _alternatives(row.answer)]
    return {"application/json": {"schema": found[0] if len(found) == 1 else {"anyOf": found}}}


def _parameter(parameter: Parameter) -> Schema:
    found: Schema = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.words + ".",
        "required": parameter.is_required,
        "schema": schemas.of_parameter(parameter),
    }
    if parameter.example:
        found["example"] = schemas.example_of(parameter)
    return found


def _description(row: Endpoint) -> str:
    words = " ".join((inspect.getdoc(row.handler) or row.summary).split())
    roles = f" Roles: {', '.join(sorted(row.permission.roles))}." if row.permission else ""
    return f"{words} {_NEEDS[row.security][0]}{roles}"


def tag_of(row: Endpoint) -> str:
    """The group a row stands in, by its path."""
    own = "/lionrock/v1/"
    if row.path.startswith(f"{own}sandbox/"):
        return "sandbox"
    if row.path.removeprefix(own) in _DOCUMENTS:
        return "documents"
    if row.path.startswith(f"{own}staff/"):
        return "staff"
    if row.path.startswith(own):
        return "lionrock"
    if row.path.startswith("/quote/"):
        return "market data"
    if "/spot/" in row.path:
        return "orders"
    if row.path.startswith("/api/"):
        return "account" if _NEEDS[row.security][1] else "reference"
    return "monitors"
