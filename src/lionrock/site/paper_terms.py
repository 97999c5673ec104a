"""What the rules of a site's licences ask of papers, returns, capital and registers: the rulebook's numbers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lionrock.compliance.capital.reconciling import ReconcilingTerms
from lionrock.compliance.capital.returns import ReturnKind, ReturnRules
from lionrock.compliance.capital.triggers import CapitalRules
from lionrock.compliance.papers.documents import Entity
from lionrock.compliance.papers.job import PaperRules
from lionrock.compliance.papers.periods import Deadline, PaperKind
from lionrock.compliance.registers.terms import TERMS, Register
from lionrock.rulebook.controls.capital import LiquidAssets, LiquidCapitalNotice
from lionrock.rulebook.controls.timers import InTime
from lionrock.rulebook.regime import Regime
from lionrock.site.definition import Definition
from lionrock.site.paperwork import PaperworkTerms
from lionrock.words.enumerations import AccountKind

UNMET_CALLS_BUSINESS_DAYS = 3
"""The site's own: no rule that was read gives a number."""
_NO_CAPITAL = CapitalRules(0, 0, 0, 2**62, UNMET_CALLS_BUSINESS_DAYS)


def terms_of(definition: Definition, regime: Regime, at_ns: int) -> PaperworkTerms:
    """The strictest of all licences. A paper, return or register that no rule speaks of is not kept."""
    merged = [each.parameters for each in regime.merged(at_ns)]
    deadlines = {each.kind: Deadline(each.amount, each.unit) for each in merged if isinstance(each, InTime)}
    notice = next((each for each in merged if isinstance(each, LiquidCapitalNotice)), None)
    operator = definition.entity_of_kind(AccountKind.HOUSE)
    licences = [licence for licence in definition.licences if licence.entity == operator.code]
    told = ", ".join(f"{each.id} {each.reference}".strip() for each in licences)
    return PaperworkTerms(
        Entity(operator.code, operator.title, licence=told),
        ZoneInfo(definition.site.time_zone),
        PaperRules({kind: deadlines[kind.value] for kind in PaperKind if kind.value in deadlines}),
        _capital(notice),
        Deadline(notice.amount, notice.unit) if notice else Deadline(1, "business_days"),
        ReturnRules(
            {kind: deadlines[kind.value] for kind in ReturnKind if kind.value in deadlines},
            reconciling=ReconcilingTerms(
                max((each.months_ppm for each in merged if isinstance(each, LiquidAssets)), default=0),
                frozenset(asset.code for asset in definition.assets if asset.is_money),
            ),
        ),
        {each: deadlines[TERMS[each].obligation] for each in Register if TERMS[each].obligation in deadlines}
        | {Register.COMPLAINT: deadlines.get("complaint", Deadline(2, "months"))},
    )


def _capital(notice: LiquidCapitalNotice | None) -> CapitalRules:
    if notice is None:
        return _NO_CAPITAL
    return CapitalRules(
        notice.least_minor,
        notice.share_of_required_ppm,
        notice.share_of_last_return_ppm,
        notice.liabilities_minor,
        UNMET_CALLS_BUSINESS_DAYS,
    )
