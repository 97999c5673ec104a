"""Clients as rules see them: what was done about them, never who they are."""

from __future__ import annotations

import msgspec


class ClientRecord(msgspec.Struct, frozen=True):
    """A client that has an account, or asks for one."""

    client_id: str
    """Opaque."""
    state: str
    """A state of onboarding, such as `active` (`lionrock.compliance.onboarding.states`)."""
    client_class: str
    """`unclassified`, `retail`, `professional` or `institutional`."""
    is_person: bool
    may_trade: bool
    """Whether the ledger lets any of its accounts place orders now."""
    due_diligence_complete: bool
    knowledge_passed_ns: int = 0
    """0 for never; also where it is not asked."""
    knowledge_exempt: bool = False
    risk_profile: str = ""
    risk_method_version: str = ""
    exposure_limit_minor: int = 0
    exposure_notified_ns: int = 0
    exposure_reviewed_ns: int = 0
    professional_evidence_until_ns: int = 0
    """When the evidence of being a professional runs out; 0 for none."""
    agreement_sha256: str = ""
    agreement_accepted_ns: int = 0
    agreement_is_current: bool = False
    """Whether what the client accepted is the version in force."""
    next_review_ns: int = 0
    last_activity_ns: int = 0
    dormant: bool = False
    duplicate_of: str = ""
    """Another client of the same identity, if one was found."""
    risk_rating: str = ""
    tax_self_certified_ns: int = 0
    is_employee: bool = False
    accounts: int = 1
    """Main accounts; sub-accounts do not count."""
    residence_is_admitted: bool = False
    """Whether the site's licences let it serve people or companies of this client's residence."""


class OrderGateSetting(msgspec.Struct, frozen=True):
    """For how many accounts or markets a gate of the core is set."""

    rejection: str
    """Name of the core's rejection, such as `EXPOSURE_ABOVE_LIMIT`."""
    set_for: int
    out_of: int
    """Accounts of clients who may trade, or markets that are open; for a gate that needs no setting both are 1."""
    refused: int = 0
    """Orders refused by it since the site began."""


class StandingAuthority(msgspec.Struct, frozen=True):
    """A client's standing permission to move its assets."""

    authority_id: str
    client_id: str
    is_professional: bool
    begins_ns: int
    ends_ns: int
    renewal_notice_ns: int = 0
    renewal_confirmed_ns: int = 0


class AgreementVersion(msgspec.Struct, frozen=True):
    """One version of what clients agree to."""

    agreement: str
    """Such as `client_agreement`."""
    sha256: str
    announced_ns: int
    """When clients were told of it."""
    in_force_ns: int
    is_first: bool
    """Nothing was in force before it, so that nobody had to be told of a change."""
    clauses: tuple[str, ...] = ()
    """Names of the clauses that it must hold and does, such as `suitability`."""
