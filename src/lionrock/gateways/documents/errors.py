"""The catalogue of errors: every code the interface gives and every rule that refuses, with cause and remedy."""

from __future__ import annotations

import msgspec

from lionrock.gateways.documents.codes import MEANINGS
from lionrock.gateways.rest.answers import DecidingRule
from lionrock.gateways.rest.errors import CODES, MESSAGES, Code
from lionrock.words.rejections import EXPLANATIONS


class Refusal(msgspec.Struct, kw_only=True):
    """The body of every refusal."""

    code: str | int
    msg: str
    lionrock: DecidingRule | msgspec.UnsetType = msgspec.UNSET
    """Where a rule of the venue decided: which, and with which figures."""


class CatalogueCode(msgspec.Struct, rename="camel", kw_only=True):
    """One code of the interface."""

    code: Code
    message: str
    """As it is sent; `%s` stands for a name."""
    statuses: tuple[int, ...]
    """HTTP statuses it comes with."""
    cause: str
    remedy: str
    ccxt: str
    """Class of the exception that ccxt's `hashkey` raises."""


class CatalogueRule(msgspec.Struct, rename="camel", kw_only=True):
    """One rule of the venue that refuses."""

    rejection: int
    name: str
    code: Code
    """With which it is sent."""
    cause: str
    """`{first}` and `{second}` are the refusal's figures."""
    remedy: str
    may_succeed_later: bool
    ccxt: str


class Catalogue(msgspec.Struct):
    """Everything that a refusal may say."""

    codes: list[CatalogueCode]
    rules: list[CatalogueRule]


def catalogue() -> Catalogue:
    """In the order of the contract's appendix, and of the rules' numbers."""
    return Catalogue(
        codes=[
            CatalogueCode(
                code=code,
                message=message,
                statuses=MEANINGS[code].statuses,
                cause=MEANINGS[code].cause,
                remedy=MEANINGS[code].remedy,
                ccxt=MEANINGS[code].ccxt,
            )
            for code, message in MESSAGES.items()
        ],
        rules=[
            CatalogueRule(
                rejection=int(rejection),
                name=rejection.name.lower(),
                code=CODES[rejection],
                cause=explanation.words,
                remedy=explanation.next_step,
                may_succeed_later=explanation.retryable,
                ccxt=MEANINGS[CODES[rejection]].ccxt,
            )
            for rejection, explanation in EXPLANATIONS.items()
        ],
    )


def page() -> str:
    """The catalogue in Markdown, without its title."""
    found = catalogue()
    lines = ["## Codes", ""]
    lines += _table(
        ("code", "message", "status", "cause", "what to do", "ccxt raises"),
        [
            (f"`{row.code}`", row.message, ", ".join(map(str, row.statuses)), row.cause, row.remedy, f"`{row.ccxt}`")
            for row in found.codes
        ],
    )
    words = "Sent as `lionrock` beside the code. `{first}` and `{second}` are the refusal's figures."
    lines += ["## Rules", "", words, ""]
    lines += _table(
        ("number", "name", "code", "cause", "what to do", "may succeed later", "ccxt raises"),
        [
            (
                row.rejection,
                row.name,
                f"`{row.code}`",
                row.cause,
                row.remedy,
                "yes" if row.may_succeed_later else "no",
                f"`{row.ccxt}`",
            )
            for row in found.rules
        ],
    )
    return "\n".join(lines)


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in rows), ""]
