"""Stands for the rulebook: gates with parameters that the tests set, and every question they were asked."""

from __future__ import annotations

import json

import msgspec

from lionrock.rulebook.facts import TokenRecord

DAY_NS = 24 * 3_600 * 10**9
SEATS = ("business", "compliance", "risk", "information_technology")


class Answered(msgspec.Struct, frozen=True):
    """As a decision of the rulebook."""

    outcome: str
    gate: str
    words: str
    next_step: str
    figures: dict[str, int]

    def encode(self) -> bytes:
        return json.dumps(msgspec.to_builtins(self), sort_keys=True).encode()


class Rules:
    """What the licence asks: 365 days since the first issue, two indices, four seats, an approval for retail."""

    def __init__(self) -> None:
        self.days, self.indices = 365, 2
        self.asked: list[tuple[str, TokenRecord]] = []

    def decide(self, gate: str, fact: TokenRecord, at_ns: int) -> Answered:
        self.asked.append((gate, fact))
        complaint, figures = self._judge(gate, fact, at_ns)
        outcome = "refused" if complaint else "admitted"
        return Answered(outcome, gate, complaint or "fine", "mend it" if complaint else "", figures)

    def _judge(self, gate: str, fact: TokenRecord, at_ns: int) -> tuple[str, dict[str, int]]:
        if fact.audience == "none":
            return "", {}
        is_retail = fact.audience == "retail"
        if gate == "admission_votes_complete":
            missing = [seat for seat in SEATS if seat not in fact.votes_for]
            return (f"The vote lacks {', '.join(missing)}." if missing else "", {"missing": len(missing)})
        if gate == "issued_long_enough":
            days = (at_ns - fact.issued_on_ns) // DAY_NS
            return (f"Issued {days} days ago." if days < self.days else "", {"days": days})
        if gate == "two_independent_indices" and is_retail:
            groups = {each.provider_group for each in fact.indices}
            known = any(each.is_iosco_compliant and each.has_conventional_indices for each in fact.indices)
            if len(groups) < self.indices:
                return f"In {len(groups)} independent indices.", {"independent_indices": len(groups)}
            return ("" if known else "No provider knows conventional indices."), {}
        if gate == "audit_matches_bytecode" and fact.bytecode_sha256 != fact.audit_bytecode_sha256:
            return "The contract is not the audited one.", {}
        if gate == "approval_before_listing" and is_retail and not fact.approval_reference:
            return "The regulator has not approved.", {}
        return "", {}
