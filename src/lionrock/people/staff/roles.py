"""What somebody of the staff is there for. Roles are granted by two people and looked up anew at every request."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Self


class Role(StrEnum):
    """A role, with what its holder answers for."""

    words: str

    def __new__(cls, value: str, words: str) -> Self:
        """Of a value as it is stored and sent, and words for whoever grants it."""
        role = str.__new__(cls, value)
        role._value_ = value
        role.words = words
        return role

    ADMINISTRATOR = "administrator", "Enrols staff and proposes their roles; decides nothing about clients or markets."
    COMPLIANCE_OFFICER = "compliance_officer", "Answers for the rule book, restrictions and what is told the regulator."
    MLRO = "mlro", "Money laundering reporting officer: suspicions, reports, freezes."
    RESPONSIBLE_OFFICER = "responsible_officer", "Licensed to run the venue; checks what others propose."
    ONBOARDING_REVIEWER = "onboarding_reviewer", "Reviews applications of clients by hand."
    OPERATIONS = "operations", "Daily running: corrections, error trades, documents."
    MARKET_OPERATIONS = "market_operations", "Phases, halts, bands and listings of markets."
    TREASURY = "treasury", "The operator's assets and its accounts."
    FINANCE = "finance", "Capital figures, fees and returns."
    TECHNOLOGY = "technology", "Keeps the systems running; no say over clients or money."
    CUSTOMER_SERVICE = "customer_service", "Speaks with clients; takes their complaints."
    COMMITTEE_BUSINESS = "committee_business", "Seat for business in the committee that admits tokens."
    COMMITTEE_COMPLIANCE = "committee_compliance", "Seat for compliance in the committee that admits tokens."
    COMMITTEE_RISK = "committee_risk", "Seat for risk in the committee that admits tokens."
    COMMITTEE_IT = "committee_it", "Seat for technology in the committee that admits tokens."
    AUDITOR = "auditor", "Reads everything that is kept as evidence; changes nothing."
    REGULATOR = "regulator", "Reads what a regulator is shown; changes nothing."


SEATS = (Role.COMMITTEE_BUSINESS, Role.COMMITTEE_COMPLIANCE, Role.COMMITTEE_RISK, Role.COMMITTEE_IT)
"""Of the committee, all needed."""

READ_ONLY = frozenset({Role.AUDITOR, Role.REGULATOR})
STANDS_ALONE = READ_ONLY | {Role.ADMINISTRATOR}
"""A role of which its holder has no other: who reads independently, and who hands out roles, does not act."""


def clash(roles: Iterable[Role]) -> str:
    """Why nobody may have these roles together; empty when somebody may."""
    held = frozenset(roles)
    if len(held & set(SEATS)) > 1:
        return "one person has one seat in the committee"
    for role in sorted(held & STANDS_ALONE):
        if len(held) > 1:
            return f"{role} goes with no other role"
    return ""
