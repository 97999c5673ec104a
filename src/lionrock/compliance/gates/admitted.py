"""Who may acquire which asset, as the committee that admits tokens decided it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from lionrock.compliance.admission.tokens import Audience, Token
from lionrock.compliance.assessments.ports import AssetTerms
from lionrock.compliance.gates.outcomes import MONEY

STABLECOIN, LARGE_CAP, OTHER = "stablecoin", "large_cap", "other"
_FOR_RETAIL = frozenset({Audience.RETAIL, Audience.RETAIL_REDUCE_ONLY})


def admitted_assets(tokens: Iterable[Token], money: Collection[str]) -> dict[str, AssetTerms]:
    """By asset code. Money needs no committee; what it never looked at is not among them, and nobody acquires it.

    What is, or was, offered to the public has passed the tests of a large asset.
    """
    found = {code: AssetTerms(Audience.RETAIL.value, MONEY) for code in money}
    for token in tokens:
        if token.asset not in found:
            found[token.asset] = AssetTerms(token.audience.value, _group(token))
    return found


def _group(token: Token) -> str:
    if token.described.is_money:
        return MONEY
    if token.described.is_stablecoin:
        return STABLECOIN
    return LARGE_CAP if token.audience in _FOR_RETAIL else OTHER
