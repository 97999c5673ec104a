"""Which rules of a site's licences a refusal carries out, told with where they stand."""

from __future__ import annotations

from lionrock.gateways.rest.errors import LicenceRule, LicenceRules
from lionrock.rulebook.regime import Regime, RuleInForce
from lionrock.words.rejections import Rejection


def citation_of(rule: RuleInForce) -> str:
    """Instrument and paragraph."""
    return f"{rule.loaded.instrument.title}, {rule.loaded.rule.paragraph}"


def citations(regime: Regime, at_ns: int) -> dict[str, str]:
    """Of every rule in force, by id."""
    return {rule.id: citation_of(rule) for rule in regime.at(at_ns)}


def licence_rules(regime: Regime, at_ns: int) -> LicenceRules:
    """By the name of the core's rejection; to be made anew when rules change."""
    cited = citations(regime, at_ns)
    found = {each.name: regime.rules_of(each.name, at_ns) for each in Rejection}
    return {name: [LicenceRule(each, cited[each]) for each in ids] for name, ids in found.items() if ids}
