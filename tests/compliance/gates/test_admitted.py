"""What the committee decided of a token decides who acquires it."""

from __future__ import annotations

import pytest

from lionrock.compliance.admission.tokens import Audience, Described, Token
from lionrock.compliance.gates.admitted import admitted_assets


def token(asset: str, audience: Audience, *, is_stablecoin: bool = False, is_money: bool = False) -> Token:
    described = Described(is_stablecoin=is_stablecoin, is_money=is_money)
    return Token(asset, audience, 1, described, 0, 0, (), ())


@pytest.mark.shows("CGAT-007")
def test_groups_follow_from_what_is_known_and_decided() -> None:
    found = admitted_assets(
        [
            token("BTC", Audience.RETAIL),
            token("OLD", Audience.RETAIL_REDUCE_ONLY),
            token("NEW", Audience.PROFESSIONAL),
            token("USDX", Audience.RETAIL, is_stablecoin=True),
            token("EUR", Audience.RETAIL, is_money=True),
            token("HKD", Audience.NONE),
        ],
        {"HKD"},
    )
    assert {code: (each.audience, each.group) for code, each in found.items()} == {
        "HKD": ("retail", "money"),
        "BTC": ("retail", "large_cap"),
        "OLD": ("retail_reduce_only", "large_cap"),
        "NEW": ("professional", "other"),
        "USDX": ("retail", "stablecoin"),
        "EUR": ("retail", "money"),
    }
