"""What each site asks of its clients: its licences' own numbers over the operator's base, and rules of nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.compliance.assessments.assessments import read_data
from lionrock.compliance.assessments.terms import Terms, is_exempt, read_terms
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.site.definition import read_definition

USED = {
    "hk": "terms-hk-2",
    "mena": "terms-mena-1",
    "eu": "terms-eu-1",
    "global": "terms-global-1",
}
SECTIONS = ("risk", "knowledge", "profile", "exposure", "evidence", "agreements", "review", "dormancy", "authorities")


def rules_of(terms: Terms) -> dict[str, tuple[str, ...]]:
    return {section: getattr(terms, section).rules for section in SECTIONS if getattr(terms, section).rules}


@pytest.mark.shows("ASSE-082")
@pytest.mark.parametrize("site", USED)
def test_a_site_uses_its_own_terms_and_names_rules_of_its_own_licences(site: str) -> None:
    definition = read_definition(site)
    data = read_data(definition.assessment_terms)
    assert data.terms.id == USED[site]
    regime = Regime(shipped_library(), [licence.id for licence in definition.licences])
    in_force = {rule.id for rule in regime.at(1_796_000_000 * 10**9)}
    cited = {rule for rules in rules_of(data.terms).values() for rule in rules}
    cited |= {*data.risk[0].rules, *data.profile[0].rules, *data.exposure[0].rules}
    assert cited <= in_force
    offered = {product.name for product in definition.products}
    for client_class in ("professional", "institutional"):
        assert offered <= set(data.terms.class_products[client_class]), "what a class may trade is within its reach"


@pytest.mark.shows("ASSE-082")
def test_what_the_licences_differ_in() -> None:
    hk, mena, eu, world = (read_data(read_definition(site).assessment_terms).terms for site in USED)
    assert rules_of(mena) == {"evidence": ("AE-10",), "agreements": ("AE-11",), "authorities": ("AE-08",)}
    assert rules_of(eu) == {"authorities": ("EU-04",)}
    assert rules_of(world) == {"knowledge": ("SG-1",), "evidence": ("SG-1",)}
    assert set(rules_of(hk)) == set(SECTIONS)
    # Singapore frees every accredited investor of the test, Hong Kong companies and institutions alone.
    free = {
        name: is_exempt(terms.knowledge.exempt, "professional", is_person=True)
        for name, terms in (("hk", hk), ("mena", mena), ("eu", eu), ("global", world))
    }
    assert free == {"hk": False, "mena": False, "eu": False, "global": True}
    assert all(is_exempt(each.knowledge.exempt, "professional", is_person=False) for each in (hk, mena, eu, world))
    assert "accredited_investor" in world.evidence.kinds
    assert "portfolio_statement" not in world.evidence.kinds
    assert mena.evidence.kinds["qualified_investor"] == "professional"
    assert {each.evidence.falls_back_to for each in (hk, mena, eu, world)} == {"retail"}
    assert "staking" not in world.class_products["professional"]
    assert hk.authorities.unlimited_classes == ("professional", "institutional")
    assert mena.authorities.unlimited_classes == eu.authorities.unlimited_classes == ()


@pytest.mark.shows("ASSE-082")
def test_the_base_is_the_operators_own_and_names_no_rule() -> None:
    base = read_terms("terms-base.toml")
    assert rules_of(base) == {}
    for site in USED:
        terms = read_terms(f"terms-{site}.toml")
        assert (terms.knowledge.pass_correct, terms.knowledge.minutes) == (12, 40), "nobody is asked less than another"
        assert terms.gates == base.gates
        assert terms.states == base.states
        assert terms.agreements.lead_days >= 30


@pytest.mark.shows("ASSE-080")
def test_terms_that_say_what_no_terms_say_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import lionrock.compliance.assessments.terms as room

    (tmp_path / "terms-base.toml").write_bytes(room.read_file("terms-base.toml").data)
    (tmp_path / "odd.toml").write_text('id = "odd"\nbase = "terms-base.toml"\n[knowledge]\npass_corect = 1\n')
    (tmp_path / "lost.toml").write_text('id = "lost"\nbase = "nowhere.toml"\n')
    monkeypatch.setattr(room, "_METHODS", tmp_path)
    with pytest.raises(ValueError, match="pass_corect"):
        room.read_terms("odd.toml")
    with pytest.raises(FileNotFoundError):
        room.read_terms("lost.toml")
