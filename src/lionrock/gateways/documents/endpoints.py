"""Serves the documents: each is made once, at its first request, from the table it describes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import msgspec

from lionrock.gateways.documents import asyncapi, pages
from lionrock.gateways.documents.asyncapi import StreamRow
from lionrock.gateways.documents.errors import Catalogue, catalogue
from lionrock.gateways.documents.openapi import document
from lionrock.gateways.rest.contract import Call, Endpoint, Handler, Media, Reply, Security, Venue

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page runs its own script and speaks with its own site, nothing else."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", _POLICY.encode()),
)


def documented(endpoints: Iterable[Endpoint], streams: Iterable[StreamRow] = ()) -> tuple[Endpoint, ...]:
    """The same rows, and those that describe all of them, and the streams where there are some."""
    described = tuple(endpoints)
    listened = tuple(streams)

    @cache
    def table() -> tuple[Endpoint, ...]:
        return described + documents

    documents: tuple[Endpoint, ...] = (
        _row(
            "openapi.json",
            "The OpenAPI document of this interface",
            lambda: _encode(document(table())),
            dict[str, Any],
        ),
        _row("errors", "Every code and rule with cause and remedy", lambda: _encode(catalogue()), Catalogue),
        _row("tradingRules", "The trading rules", pages.trading_rules, Media(("text/markdown",))),
        _row("explorer", "A page to try endpoints on", pages.explorer, Media(("text/html",))),
        _row("explorer.js", "The script of that page", pages.script, Media(("text/javascript",))),
        _row("explorer.css", "The style of that page", pages.style, Media(("text/css",))),
        _row(
            "/llms.txt", "Where to find what, for language models", lambda: pages.llms(table()), Media(("text/plain",))
        ),
    )
    if listened:
        summary = "The AsyncAPI document of the streams"
        documents += (_row("asyncapi.json", summary, lambda: _encode(asyncapi.document(listened)), dict[str, Any]),)
    return table()


def _encode(document: object) -> bytes:
    return msgspec.json.encode(document)


def _row(name: str, summary: str, make: Callable[[], bytes], answer: object) -> Endpoint:
    path = name if name.startswith("/") else f"/lionrock/v1/{name}"
    return Endpoint(
        "GET", path, Security.NONE, 1, _handler(make, answer, summary), summary, shows_state=False, answer=answer
    )


def _handler(make: Callable[[], bytes], answer: object, summary: str) -> Handler:
    made = cache(make)
    content_type = answer.types[0] + "; charset=utf-8" if isinstance(answer, Media) else "application/json"

    async def handler(_venue: Venue, _call: Call) -> Reply:
        # Tens of milliseconds the first time: orders do not wait for it.
        payload = await asyncio.to_thread(made)
        return Reply(200, content_type.encode(), payload, _HEADERS)

    handler.__doc__ = summary + "."
    return handler
