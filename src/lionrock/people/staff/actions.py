"""What takes two people, as a table: who may propose, who may check, how many, for how long, why, for which rules.

The rule ids are those of `controls.md` as the packs carry them; a test compares them once the packs are there.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lionrock.people.attempts import NS_PER_S
from lionrock.people.staff.roles import Role

_HOUR_NS = 3_600 * NS_PER_S
_DAY_NS = 24 * _HOUR_NS
REVIEW_WITHIN_NS = 24 * _HOUR_NS
"""What was done at once, or alone, is to be reviewed within so long; red beyond."""

R = Role


class Reason(StrEnum):
    """Why something is proposed. Words say the rest."""

    CLIENT_REQUEST = "client_request"
    REGULATOR_ORDER = "regulator_order"
    COURT_ORDER = "court_order"
    SUSPICION = "suspicion"
    RISK = "risk"
    MARKET_INTEGRITY = "market_integrity"
    INCIDENT = "incident"
    ERROR = "error"
    REVIEW = "review"
    POLICY = "policy"
    JOINER = "joiner"
    MOVER = "mover"
    LEAVER = "leaver"
    EMERGENCY = "emergency"


class Subject(StrEnum):
    """What a payload is about, by the name of its field: nobody decides about themselves or their own file."""

    NOTHING = ""
    STAFF = "staff_id"
    CLIENT = "client_id"
    ACCOUNT = "account_id"


class Action(msgspec.Struct, frozen=True):
    """One row."""

    name: str
    """Permanent; proposals carry it for years."""
    words: str
    makers: frozenset[Role]
    checkers: frozenset[Role]
    subject: Subject = Subject.NOTHING
    checkers_needed: int = 1
    """Other people than the maker, each another."""
    lives_ns: int = 7 * _DAY_NS
    """After so long without enough approvals it expires."""
    needs_reason: bool = False
    may_be_at_once: bool = False
    """May be done before it is checked, where waiting would do harm; a review follows."""
    may_break_glass: bool = False
    """May be done alone in an emergency by any role that has `break_glass`; an alarm goes off and a review follows."""
    rules: tuple[str, ...] = ()
    """Ids of the rules it serves."""


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


_COMPLIANCE = _roles(R.COMPLIANCE_OFFICER, R.MLRO)
_OFFICERS = _roles(R.COMPLIANCE_OFFICER, R.RESPONSIBLE_OFFICER)

_ROWS = (
    Action(
        "role_grant",
        "Give a member of the staff a role",
        _roles(R.ADMINISTRATOR),
        _roles(R.ADMINISTRATOR) | _OFFICERS,
        Subject.STAFF,
        needs_reason=True,
        rules=("HK-Y03",),
    ),
    Action(
        "role_revoke",
        "Take a role from a member of the staff",
        _roles(R.ADMINISTRATOR) | _OFFICERS,
        _roles(R.ADMINISTRATOR) | _OFFICERS,
        Subject.STAFF,
        needs_reason=True,
        may_be_at_once=True,
        rules=("HK-Y03",),
    ),
    Action(
        "account_restriction",
        "Freeze an account, let it only reduce, or lift that",
        _COMPLIANCE | _roles(R.RESPONSIBLE_OFFICER),
        _COMPLIANCE | _roles(R.RESPONSIBLE_OFFICER),
        Subject.ACCOUNT,
        lives_ns=_DAY_NS,
        needs_reason=True,
        may_be_at_once=True,
        may_break_glass=True,
        rules=("HK-S01", "HK-A14"),
    ),
    Action(
        "client_class",
        "Change what a client was found to be: retail, professional, institutional",
        _roles(R.ONBOARDING_REVIEWER, R.COMPLIANCE_OFFICER),
        _OFFICERS,
        Subject.ACCOUNT,
        needs_reason=True,
        rules=("HK-K01", "HK-25b"),
    ),
    Action(
        "exposure_limit",
        "Set an account's exposure limit by hand",
        _roles(R.ONBOARDING_REVIEWER, R.COMPLIANCE_OFFICER),
        _OFFICERS,
        Subject.ACCOUNT,
        needs_reason=True,
        rules=("HK-K03",),
    ),
    Action(
        "client_evidence",
        "Accept evidence that a client is professional or institutional",
        _roles(R.ONBOARDING_REVIEWER, R.COMPLIANCE_OFFICER),
        _OFFICERS,
        Subject.CLIENT,
        rules=("HK-R01", "HK-25b"),
    ),
    Action(
        "client_risk",
        "Set another risk level than the method gives",
        _roles(R.ONBOARDING_REVIEWER, R.COMPLIANCE_OFFICER),
        _OFFICERS | _roles(R.MLRO),
        Subject.CLIENT,
        needs_reason=True,
        rules=("HK-A17",),
    ),
    Action(
        "client_due_diligence",
        "Record a step of enhanced due diligence",
        _roles(R.ONBOARDING_REVIEWER, R.COMPLIANCE_OFFICER),
        _OFFICERS | _roles(R.MLRO),
        Subject.CLIENT,
        rules=("HK-A17",),
    ),
    Action(
        "client_review",
        "Record that a client was looked at again",
        _roles(R.ONBOARDING_REVIEWER, R.COMPLIANCE_OFFICER),
        _OFFICERS | _roles(R.MLRO),
        Subject.CLIENT,
        rules=("HK-A17",),
    ),
    Action(
        "agreement_version",
        "Publish the next version of an agreement with clients",
        _roles(R.COMPLIANCE_OFFICER),
        _OFFICERS,
        rules=("HK-K05", "AE-11"),
    ),
    Action(
        "market_phase",
        "Open, halt or close a market, now or at a time",
        _roles(R.MARKET_OPERATIONS),
        _OFFICERS | _roles(R.MARKET_OPERATIONS),
        lives_ns=_DAY_NS,
        needs_reason=True,
        may_be_at_once=True,
        may_break_glass=True,
        rules=("HK-S01", "HK-K10"),
    ),
    Action(
        "trading_hours",
        "Set when a market opens and closes by itself",
        _roles(R.MARKET_OPERATIONS),
        _OFFICERS | _roles(R.MARKET_OPERATIONS),
        needs_reason=True,
        rules=("HK-K10",),
    ),
    Action(
        "kill_switch",
        "Stop a market, an account or the site, or let it go on",
        _roles(R.MARKET_OPERATIONS, R.COMPLIANCE_OFFICER, R.RESPONSIBLE_OFFICER),
        _OFFICERS | _roles(R.MARKET_OPERATIONS),
        lives_ns=_DAY_NS,
        needs_reason=True,
        may_be_at_once=True,
        may_break_glass=True,
        rules=("HK-S01", "HK-K10"),
    ),
    Action(
        "price_band",
        "Set how far trades may move before an auction is held",
        _roles(R.MARKET_OPERATIONS),
        _OFFICERS | _roles(R.MARKET_OPERATIONS),
        needs_reason=True,
        rules=("HK-K14",),
    ),
    Action(
        "market_rules",
        "Set who may trade in a market, and how far an order may reach",
        _roles(R.MARKET_OPERATIONS),
        _OFFICERS,
        needs_reason=True,
        rules=("HK-T06", "HK-K10"),
    ),
    Action("asset_listing", "List an asset in the ledger", _roles(R.MARKET_OPERATIONS), _OFFICERS, rules=("HK-F08",)),
    Action("market_listing", "Open a new market", _roles(R.MARKET_OPERATIONS), _OFFICERS, rules=("HK-F08",)),
    Action(
        "fee_tier",
        "Set the rates of a fee tier",
        _roles(R.FINANCE, R.MARKET_OPERATIONS),
        _roles(R.FINANCE, R.RESPONSIBLE_OFFICER),
    ),
    Action(
        "fee_tier_assignment",
        "Move an account to a fee tier by hand",
        _roles(R.FINANCE, R.MARKET_OPERATIONS),
        _roles(R.FINANCE, R.RESPONSIBLE_OFFICER),
        Subject.ACCOUNT,
        needs_reason=True,
    ),
    Action(
        "error_trade",
        "Book an error trade back",
        _roles(R.OPERATIONS, R.MARKET_OPERATIONS),
        _OFFICERS,
        lives_ns=_HOUR_NS,
        needs_reason=True,
        rules=("HK-K14",),
    ),
    Action(
        "correction",
        "Book an adjusting entry",
        _roles(R.OPERATIONS, R.TREASURY),
        _roles(R.FINANCE, R.RESPONSIBLE_OFFICER),
        needs_reason=True,
        rules=("HK-C18",),
    ),
    Action(
        "deposit_return",
        "Return a deposit that came after its account was closed",
        _roles(R.OPERATIONS, R.TREASURY),
        _roles(R.FINANCE, R.RESPONSIBLE_OFFICER),
        Subject.ACCOUNT,
        needs_reason=True,
        rules=("HK-C07", "HK-C18"),
    ),
    Action(
        "admission_decision",
        "Admit a token, change its audience, or end its admission",
        _roles(R.COMPLIANCE_OFFICER),
        _roles(R.RESPONSIBLE_OFFICER),
        needs_reason=True,
        rules=("HK-T01", "HK-T05", "HK-F08"),
    ),
    Action(
        "index_provider",
        "Record a provider of indices, its group, and what it is known for",
        _roles(R.COMPLIANCE_OFFICER),
        _roles(R.RESPONSIBLE_OFFICER, R.COMMITTEE_RISK),
        rules=("HK-T03",),
    ),
    Action(
        "attestation",
        "State that something was done or is so, with the SHA-256 of the document that shows it",
        _OFFICERS | _roles(R.MLRO, R.OPERATIONS, R.TECHNOLOGY, R.FINANCE),
        _OFFICERS | _roles(R.MLRO),
        rules=("HK-C19", "HK-Y01", "HK-Y02", "HK-A16", "HK-X02"),
    ),
    Action(
        "onboarding_decision",
        "Take or decline a client after a review by hand",
        _roles(R.ONBOARDING_REVIEWER, R.COMPLIANCE_OFFICER),
        _COMPLIANCE,
        Subject.CLIENT,
        needs_reason=True,
        rules=("HK-A17",),
    ),
    Action(
        "document_release",
        "Hand a client's document to somebody outside",
        _roles(R.ONBOARDING_REVIEWER, R.OPERATIONS) | _COMPLIANCE,
        _COMPLIANCE,
        Subject.CLIENT,
        needs_reason=True,
        rules=("HK-A14",),
    ),
    Action(
        "retention_hold",
        "Place or lift a legal hold on records",
        _COMPLIANCE,
        _COMPLIANCE | _roles(R.RESPONSIBLE_OFFICER),
        Subject.CLIENT,
        needs_reason=True,
        rules=("HK-R01",),
    ),
    Action(
        "erasure",
        "Erase a person's data that need not be kept",
        _COMPLIANCE,
        _COMPLIANCE | _roles(R.RESPONSIBLE_OFFICER),
        Subject.CLIENT,
        checkers_needed=2,
        needs_reason=True,
        rules=("HK-R01",),
    ),
    Action(
        "capital_figures",
        "Record capital figures of a legal entity",
        _roles(R.FINANCE),
        _roles(R.FINANCE, R.RESPONSIBLE_OFFICER),
        rules=("HK-F03", "HK-F05"),
    ),
    Action(
        "rule_parameter",
        "Change a parameter of a rule from a day on",
        _roles(R.COMPLIANCE_OFFICER),
        _roles(R.RESPONSIBLE_OFFICER, R.MLRO),
        needs_reason=True,
    ),
)

ACTIONS: dict[str, Action] = {action.name: action for action in _ROWS}
"""Every action by its name."""
