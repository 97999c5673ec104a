"""The explorer page and llms.txt."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from lionrock.gateways.documents.openapi import tag_of
from lionrock.gateways.rest.contract import Endpoint

_LLMS = """\
# Lionrock

> A compliance-first digital-asset exchange. Its public interface is HashKey Exchange's contract, so ccxt's \
`hashkey` and \
other clients of that contract work unchanged; what stands under /lionrock/v1 is Lionrock's own.

Prices, quantities and amounts are decimal text. Times are milliseconds since 1970-01-01 UTC. Ids are text. A \
refusal has \
status 400 and the body {"code", "msg"}, with an object "lionrock" where a rule of the venue decided. A status \
of 500 and \
above means that the outcome may be unknown: ask for the state before trying again.

A signed request carries the header X-HK-APIKEY and the parameters timestamp (milliseconds), optionally \
recvWindow, and \
signature: the HMAC-SHA256, as hex digits, with the key's secret, over the raw query followed directly by the \
raw form \
body, without the signature itself.

## Documents

- [OpenAPI](/lionrock/v1/openapi.json): every endpoint with parameters, answers and errors
- [Errors](/lionrock/v1/errors): every code and rule with cause and remedy
- [Explorer](/lionrock/v1/explorer): a page to try endpoints on

## Endpoints

"""


def _file(name: str) -> bytes:
    return files(__package__).joinpath("explorer", name).read_bytes()


def explorer() -> bytes:
    """HTML."""
    return _file("explorer.html")


def script() -> bytes:
    return _file("explorer.js")


def style() -> bytes:
    return _file("explorer.css")


def trading_rules() -> bytes:
    """Markdown: what the site promises to whoever trades, and what it expects."""
    return files(__package__).joinpath("trading_rules", "en.md").read_bytes()


def trading_rule_topics() -> tuple[str, ...]:
    """Headings of the trading rules as names, such as `order_size_limits`."""
    lines = trading_rules().decode().splitlines()
    return tuple(line[3:].strip().lower().replace(" ", "_") for line in lines if line.startswith("## "))


def llms(endpoints: Iterable[Endpoint]) -> bytes:
    """Markdown, as https://llmstxt.org proposes: one line an endpoint."""
    lines = [
        f"- `{row.method} {row.path}` ({tag_of(row)}; {row.security}): {row.summary}"
        for row in endpoints
        if tag_of(row) != "documents" or row.path.endswith("asyncapi.json")
    ]
    return (_LLMS + "\n".join(lines) + "\n").encode()
