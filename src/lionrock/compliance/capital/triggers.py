"""When the regulator must be told about the operator's money, each case a comparison of whole numbers.

The nine cases are those of the Guidelines for Virtual Asset Trading Platform Operators (Hong Kong), 6.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from lionrock.compliance.capital.figures import PPM, CapitalFigures
from lionrock.rulebook.control import Figure
from lionrock.rulebook.facts import CapitalPosition


class CapitalRules(msgspec.Struct, frozen=True):
    """What the rules of the entity's licence ask; from the parameters of the pack."""

    floor_minor: int
    """Of the required liquid capital."""
    share_of_required_ppm: int
    """Below this share of what is required the regulator is told; 120 % is 1,200,000."""
    share_of_last_return_ppm: int
    """Below this share of what the last return told."""
    liabilities_minor: int
    """Guarantees or claims above this are told."""
    unmet_calls_business_days: int
    """So many business days in a row."""


class Trigger(msgspec.Struct, frozen=True):
    """One case that is there."""

    name: str
    words: str
    figures: dict[str, Figure]


def triggers(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> list[Trigger]:
    """All cases that are there, in the order of the paragraph."""
    return [found for case in CASES for found in case(figures, position, rules)]


def _below_share_of_required(
    figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules
) -> Iterator[Trigger]:
    """(a) Liquid capital below 120 % of what is required. Exactly the share is enough."""
    del figures
    required = position.required_liquid_capital_minor
    if position.liquid_capital_minor * PPM < required * rules.share_of_required_ppm:
        told = _capital(position) | {"share_of_required_ppm": rules.share_of_required_ppm}
        yield Trigger("below_share_of_required", "Liquid capital is below the told share of what is required.", told)


def _below_share_of_last_return(
    figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules
) -> Iterator[Trigger]:
    """(b) Liquid capital below half of what the last return told, if there was one. Exactly half is enough."""
    del figures
    last = position.last_return_liquid_capital_minor
    if last > 0 and position.liquid_capital_minor * PPM < last * rules.share_of_last_return_ppm:
        told = _capital(position) | {"last_return_minor": last, "share_ppm": rules.share_of_last_return_ppm}
        yield Trigger(
            "below_share_of_last_return", "Liquid capital fell below the told share of the last return.", told
        )


def _last_return_wrong(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    """(c) Something that was told in a return has become false or misleading."""
    del position, rules
    if figures.last_return_was_wrong:
        yield Trigger("last_return_was_wrong", "Something in a return that was filed is false or misleading.", {})


def _facilities_overdrawn(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    """(d) More is drawn from banks than their limits together allow."""
    del position, rules
    drawn = sum(each.drawn_minor for each in figures.bank_facilities)
    limit = sum(each.limit_minor for each in figures.bank_facilities)
    if drawn > limit:
        yield Trigger(
            "facilities_overdrawn",
            "More is drawn from banks than their limits allow.",
            {"drawn_minor": drawn, "limit_minor": limit},
        )


def _calls_unmet(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    """(e) A lender's call was not met for three business days in a row."""
    del position
    days = figures.unmet_calls_business_days
    if days >= rules.unmet_calls_business_days:
        yield Trigger("calls_unmet", "A lender's call was not met for too long.", {"business_days": days})


def _security_liquidated(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    """(f) A lender sells, or says it will sell, what secures a loan."""
    del position, rules
    if figures.lender_may_liquidate:
        yield Trigger("security_liquidated", "A lender sells, or will sell, what secures a loan.", {})


def _guarantees_large(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    """(g) Guarantees given are above the amount, or paying them would bring liquid capital below the share of (a)."""
    yield from _liability("guarantees", figures.guarantees_minor, position, rules)


def _claims_large(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    """(h) Claims outstanding are above the amount, or paying them would bring liquid capital below the share of (a)."""
    yield from _liability("claims", figures.claims_minor, position, rules)


def _liabilities_together(figures: CapitalFigures, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    """(i) Guarantees and claims together are above the amount, where neither is by itself."""
    together = figures.guarantees_minor + figures.claims_minor
    most = rules.liabilities_minor
    if together > most and max(figures.guarantees_minor, figures.claims_minor) <= most:
        told = _capital(position) | {"guarantees_and_claims_minor": together, "most_minor": most}
        yield Trigger("liabilities_together_large", "Guarantees and claims together are above the amount.", told)


def _liability(name: str, amount: int, position: CapitalPosition, rules: CapitalRules) -> Iterator[Trigger]:
    required = position.required_liquid_capital_minor * rules.share_of_required_ppm
    enough_now = position.liquid_capital_minor * PPM >= required
    would_fall = enough_now and (position.liquid_capital_minor - amount) * PPM < required
    if amount > rules.liabilities_minor or would_fall:
        told = _capital(position) | {f"{name}_minor": amount, "most_minor": rules.liabilities_minor}
        words = f"{name.capitalize()} are above the amount, or would bring liquid capital too low."
        yield Trigger(f"{name}_large", words, told)


def _capital(position: CapitalPosition) -> dict[str, Figure]:
    return {
        "liquid_capital_minor": position.liquid_capital_minor,
        "required_minor": position.required_liquid_capital_minor,
    }


Case = Callable[[CapitalFigures, CapitalPosition, CapitalRules], Iterator[Trigger]]
CASES: tuple[Case, ...] = (
    _below_share_of_required,
    _below_share_of_last_return,
    _last_return_wrong,
    _facilities_overdrawn,
    _calls_unmet,
    _security_liquidated,
    _guarantees_large,
    _claims_large,
    _liabilities_together,
)
"""(a) to (i)."""


def draft_notice(entity: str, currency: str, found: Trigger, at: str) -> str:
    """What the regulator would be told, for an officer to complete and send."""
    lines = [
        f"Notice about liquid capital of {entity}",
        "",
        f"At {at} the following became known to us.",
        found.words,
        "",
        *(f"{name.replace('_', ' ')}: {value}" for name, value in found.figures.items()),
        "",
        f"Amounts are in minor units of {currency}; shares in millionths.",
        "",
        "Reason:",
        "What we do, and by when:",
        "Full details of our liquid capital computation are enclosed.",
    ]
    return "\n".join(lines) + "\n"
