"""Whatever the figures, a client's accounts together never get more than its limit, and what is set once stays set."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lionrock.compliance.assessments.profile import read_profile_method
from lionrock.compliance.assessments.risk import read_risk_method
from lionrock.compliance.assessments.standing import ClientFile, Methods, standing
from lionrock.compliance.assessments.terms import read_terms
from lionrock.compliance.gates.outcomes import Listed, SiteTerms, difference, is_reduced, wanted
from lionrock.node.published import Published
from lionrock.views.profiles import Profiles
from lionrock.words.commands import SetAccountProfile
from lionrock.words.limits import MAX_ATOMS
from tests.compliance.rooms import ASSETS, START_NS, person

TERMS, METHOD = read_terms(), read_profile_method()[0]
METHODS = Methods(TERMS, read_risk_method()[0], METHOD)
LISTED = Listed({1: "BTC", 2: "ETH", 3: "USDT"}, {1: (1, 3), 2: (2, 3)}, ASSETS)


@pytest.mark.shows("CGAT-005")
@given(
    limit=st.integers(0, 10**15),
    accounts=st.integers(1, 101),
    decimals=st.integers(0, 10),
)
def test_the_parts_of_a_limit_never_come_to_more_than_the_limit(limit: int, accounts: int, decimals: int) -> None:
    site = SiteTerms({"spot": 0}, decimals)
    current = standing(person(), ClientFile([], []), METHODS, None, START_NS)
    current = msgspec.structs.replace(current, exposure_limit_minor=limit)
    parts = wanted(current, range(1, accounts + 1), LISTED, site=site, terms=TERMS, method=METHOD)
    each = {want.profile.exposure_limit_atoms for want in parts.values()}
    (part,) = each
    whole = min(site.atoms(limit), MAX_ATOMS)
    assert 1 <= part <= max(whole, 1)
    assert part * accounts <= max(whole, accounts)
    assert site.minor(site.atoms(limit)) <= limit


_PROFILES = st.builds(
    SetAccountProfile,
    account_id=st.just(7),
    legal_entity=st.integers(0, 3),
    products=st.integers(0, 15),
    client_class=st.integers(0, 3),
    restriction=st.integers(0, 2),
    open_order_cap=st.integers(0, 3),
    exposure_limit_atoms=st.integers(0, 3),
)


@pytest.mark.shows("CGAT-006")
@given(before=_PROFILES, after=_PROFILES)
def test_nothing_is_lost_and_gained_at_once_without_being_seen(
    before: SetAccountProfile, after: SetAccountProfile
) -> None:
    if before.products & ~after.products or after.client_class < before.client_class:
        assert is_reduced(before, after)
    assert not is_reduced(before, before)


@pytest.mark.shows("CGAT-003")
def test_an_account_that_nothing_was_set_for_is_told_everything_once() -> None:
    current = standing(person(), ClientFile([], []), METHODS, None, START_NS)
    want = wanted(current, [7], LISTED, site=SiteTerms({"spot": 0}, 8), terms=TERMS, method=METHOD)
    have = Profiles()
    commands = difference(want, have, {7: 7}, 7, LISTED)
    assert [type(each).__name__ for each in commands] == [
        "SetAccountProfile",
        "SetAssetPermission",
        "SetAssetPermission",
        "SetAssetPermission",
        "CancelOrders",
    ]
    have.apply(Published(1, 0, b"", b"", b""))
    assert difference(want, have, {7: 7}, 7, LISTED) == commands
