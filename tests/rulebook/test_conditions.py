"""What officers may write is small, and whatever is not is refused when it is read."""

from __future__ import annotations

import pytest

from lionrock.rulebook.conditions import MOST_CHARACTERS, Condition, ConditionRefused
from lionrock.rulebook.subject import Subject

RETAIL = Subject(client_class="retail", product="spot", jurisdiction="HK", asset="BTC")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("true", True),
        ("client_class == 'retail'", True),
        ("client_class != 'retail'", False),
        ("client_class == 'retail' && product in ['spot', 'otc']", True),
        ("!(jurisdiction == 'HK') || asset.startsWith('BT')", True),
        ("is_person ? client_class == 'professional' : false", False),
    ],
)
def test_condition_holds_for_a_subject(text: str, holds: bool) -> None:
    assert Condition(text).holds(RETAIL) is holds


REFUSED = [
    ("client_clas == 'retail'", "unknown names: client_clas"),
    ("client_class.matches('(a+)+b')", "what is not allowed: matches"),
    ("fetch(asset)", "what is not allowed: fetch"),
    ("['a'].map(asset, asset + asset).size() == 1", "the macro '.map'"),
    ("[1, 2].all(asset, [1, 2].all(product, true))", "the macro '.all'"),
    ("['a'] . exists ( asset, true)", "the macro '. exists'"),
    ("asset + asset == 'BTCBTC'", "what is not allowed: _\\+_"),
    ("client_class ==", "is no expression"),
    ("client_class", "and not true or false"),
    ("size(client_class)", "and not true or false"),
    ("client_class < 3", "cannot be evaluated"),
    ("(" * 9 + "true" + ")" * 9, "nested deeper than 8"),
    ("!" * 9 + "true", "nested deeper than 8"),
    (" || ".join(["asset == 'BTC'"] * 40), f"the longest allowed has {MOST_CHARACTERS}"),
]


@pytest.mark.shows("RULE-003")
@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_unknown_name_or_unbounded_cost_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConditionRefused, match=told):
        Condition(text)


def test_a_macro_in_quotes_is_only_text() -> None:
    assert not Condition("asset == '.map('").holds(RETAIL)
