"""Why the core really refuses what a client asks: what it holds is set by the client's standing, which says the cause.

The core knows bits and a restriction. `product_not_permitted` may mean that the knowledge test is not passed, that the
agreement is not accepted, or that the product is for another class: the refusal keeps the core's number and name, and
tells the cause in its words, its licence rules and its next step, with every further cause under `causes`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lionrock.compliance.assessments.standing import Condition, Standing
from lionrock.compliance.assessments.terms import Effect
from lionrock.gateways.rest.assessed import cited
from lionrock.gateways.rest.client_limits import told_to_client
from lionrock.gateways.rest.contract import Assessed, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.words.events import CommandRejected
from lionrock.words.rejections import Rejection

_BY_EFFECT = {
    Rejection.PRODUCT_NOT_PERMITTED: frozenset({Effect.NO_ORDERS}),
    Rejection.ACCOUNT_FROZEN: frozenset({Effect.FROZEN}),
    Rejection.ACCOUNT_REDUCE_ONLY: frozenset({Effect.REDUCE_ONLY, Effect.NO_ORDERS}),
}
"""Effects of conditions that bring the core to each refusal."""


def with_cause(venue: Venue, account_id: int, event: CommandRejected, refused: Refused) -> Refused:
    """The same refusal, telling what stands behind it, as far as the client is told that."""
    if refused.details is None:
        return refused
    if venue.assessed is None:
        return refused
    standing = venue.assessed.gates.standing_of_account(account_id)
    found = list(_causes(venue, venue.assessed, standing, event)) if standing is not None else []
    if found:
        refused.details |= {"words": _sentence(found[0].words), "next_step": _sentence(found[0].next_step)}
        refused.details["causes"] = [_shown(venue.assessed, each) for each in found]
    return refused


def _causes(venue: Venue, assessed: Assessed, standing: Standing, event: CommandRejected) -> Iterable[Condition]:
    rejection = Rejection(event.rejection)
    if rejection is Rejection.ASSET_NOT_PERMITTED:
        return _of_asset(venue, assessed, standing, event.first_figure)
    effects = _BY_EFFECT.get(rejection, frozenset())
    return told_to_client(each for each in standing.conditions if each.effect in effects)


def _of_asset(venue: Venue, assessed: Assessed, standing: Standing, asset_id: int) -> Iterable[Condition]:
    """Why a client may not acquire an asset, in the order in which the gates ask."""
    code = venue.catalogue.assets[asset_id].code
    terms = assessed.gates.listed().terms or {}
    asset, client_class = terms.get(code), standing.client_class
    if asset is None or asset.audience == "none":
        yield Condition(
            "asset_not_admitted", Effect.NO_ORDERS, f"{code} is not admitted for anybody here yet",
            "choose another market; the venue tells when it is admitted", (), {"asset": code},
        )  # fmt: skip
    elif standing.client.jurisdiction in asset.blocked_jurisdictions:
        yield Condition(
            "asset_not_offered_there", Effect.NO_ORDERS, f"{code} is not offered where you live or are registered",
            "choose another market", (), {"asset": code, "jurisdiction": standing.client.jurisdiction},
        )  # fmt: skip
    elif client_class in {"unclassified", "retail"} and asset.audience != "retail":
        yield Condition(
            "asset_not_for_class", Effect.NO_ORDERS,
            f"{code} is admitted for {asset.audience.replace('_', ' ')}, and you are of the class {client_class}",
            "choose another market, or show evidence of a higher class",
            assessed.assessments.terms.evidence.rules,
            {"asset": code, "admitted_for": asset.audience, "class": client_class},
        )  # fmt: skip
    else:
        yield Condition(
            "asset_outside_profile", Effect.NO_ORDERS,
            f"{code} is outside your risk profile ({standing.profile or 'none yet'})",
            "choose another market, or answer the questionnaire of the risk profile",
            assessed.assessments.data.profile[0].rules,
            {"asset": code, "asset_group": asset.group, "risk_profile": standing.profile},
        )  # fmt: skip


def _shown(assessed: Assessed, cause: Condition) -> dict[str, object]:
    return {
        "name": cause.name,
        "words": cause.words,
        "figures": {name: str(figure) for name, figure in cause.figures.items()},
        "next_step": cause.next_step,
        "licence_rules": msgspec.to_builtins(cited(assessed, cause.rules)),
    }


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith(".") else ".")
