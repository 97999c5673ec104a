"""Which roles may use which endpoints. An endpoint's row names one permission; the matrix is made from both."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from lionrock.people.staff.roles import READ_ONLY, SEATS, Role

R = Role
_ALL = frozenset(Role)
_ACTING = _ALL - READ_ONLY
_OVERSIGHT = frozenset({R.COMPLIANCE_OFFICER, R.RESPONSIBLE_OFFICER, R.AUDITOR, R.REGULATOR})


class Permission(StrEnum):
    """Something that a role lets its holder do, over HTTP."""

    words: str
    roles: frozenset[Role]

    def __new__(cls, value: str, words: str, roles: frozenset[Role]) -> Self:
        """Of a value as it is shown, its words, and whoever has it."""
        permission = str.__new__(cls, value)
        permission._value_ = value
        permission.words = words
        permission.roles = roles
        return permission

    OWN = "own", "See and keep in order what is one's own", _ALL
    STAFF_READ = "staff_read", "See who is of the staff", _OVERSIGHT | {R.ADMINISTRATOR}
    STAFF_MANAGE = "staff_manage", "Enrol and deactivate staff", frozenset({R.ADMINISTRATOR})
    ACCESS_REVIEW = (
        "access_review",
        "Confirm that somebody still needs their roles",
        frozenset({R.COMPLIANCE_OFFICER, R.RESPONSIBLE_OFFICER}),
    )
    PROPOSALS_READ = "proposals_read", "See proposals that the role may make, check or oversee", _ALL
    PROPOSALS_WORK = "proposals_work", "Make and check proposals, as the list of actions says", _ACTING
    ATTESTATIONS_READ = (
        "attestations_read",
        "See what was attested, and open the documents for it",
        _OVERSIGHT | {R.MLRO, R.OPERATIONS, R.TECHNOLOGY, R.FINANCE},
    )
    ATTESTATIONS_WORK = (
        "attestations_work",
        "Hand over documents that somebody attests",
        frozenset({R.COMPLIANCE_OFFICER, R.RESPONSIBLE_OFFICER, R.MLRO, R.OPERATIONS, R.TECHNOLOGY, R.FINANCE}),
    )
    QUEUE = "queue", "See what waits for the role, with deadlines", _ACTING
    BREAK_GLASS = (
        "break_glass",
        "Act alone in an emergency, with an alarm",
        frozenset({R.COMPLIANCE_OFFICER, R.MLRO, R.RESPONSIBLE_OFFICER, R.MARKET_OPERATIONS, R.OPERATIONS}),
    )
    AUDIT_READ = "audit_read", "Read the log of what the staff did", _OVERSIGHT
    REGISTERS_WORK = (
        "registers_work",
        "Record complaints and incidents and what became of them",
        frozenset({R.COMPLIANCE_OFFICER, R.RESPONSIBLE_OFFICER, R.OPERATIONS, R.TECHNOLOGY, R.CUSTOMER_SERVICE}),
    )
    REGISTERS_READ = (
        "registers_read",
        "See the registers of complaints and incidents",
        _OVERSIGHT | {R.OPERATIONS, R.TECHNOLOGY, R.CUSTOMER_SERVICE},
    )
    ADMISSION_WORK = (
        "admission_work",
        "Prepare the admission of tokens: applications, documents, index files, reports",
        frozenset({R.COMPLIANCE_OFFICER, R.MARKET_OPERATIONS}),
    )
    ADMISSION_VOTE = "admission_vote", "Vote in the committee that admits tokens", frozenset(SEATS)
    ADMISSION_READ = (
        "admission_read",
        "See tokens, votes and their history",
        _OVERSIGHT | set(SEATS) | {R.MARKET_OPERATIONS},
    )
    CLIENTS_READ = (
        "clients_read",
        "See clients' files",
        frozenset(
            {R.COMPLIANCE_OFFICER, R.MLRO, R.RESPONSIBLE_OFFICER, R.ONBOARDING_REVIEWER, R.CUSTOMER_SERVICE, R.AUDITOR}
        ),
    )
    CLIENTS_WORK = (
        "clients_work",
        "Review and assess clients",
        frozenset({R.COMPLIANCE_OFFICER, R.MLRO, R.ONBOARDING_REVIEWER}),
    )
    EXPOSURE_RAISES = (
        "exposure_raises",
        "Answer what clients' own declarations would raise their exposure limits to",
        frozenset({R.COMPLIANCE_OFFICER, R.RESPONSIBLE_OFFICER}),
    )
    ASSESSMENTS_READ = (
        "assessments_read",
        "See how clients were assessed: risk with its factors, evidence, reviews",
        frozenset({R.COMPLIANCE_OFFICER, R.MLRO, R.RESPONSIBLE_OFFICER, R.ONBOARDING_REVIEWER, R.AUDITOR}),
    )
    CLIENT_IDENTITY = (
        "client_identity",
        "See what shows who a client is: identity documents, their numbers, likenesses, checks",
        frozenset({R.COMPLIANCE_OFFICER, R.MLRO, R.RESPONSIBLE_OFFICER, R.ONBOARDING_REVIEWER, R.AUDITOR}),
    )
    CLIENT_DOCUMENTS = (
        "client_documents",
        "Open clients' documents",
        frozenset({R.COMPLIANCE_OFFICER, R.MLRO, R.ONBOARDING_REVIEWER}),
    )
    DOCUMENT_RELEASE = (
        "document_release",
        "Take a client's document out of the house that two people released",
        frozenset({R.COMPLIANCE_OFFICER, R.MLRO, R.ONBOARDING_REVIEWER, R.OPERATIONS}),
    )
    PAPERS_READ = "papers_read", "See contract notes, statements and receipts", _OVERSIGHT | {R.OPERATIONS, R.FINANCE}
    PAPERS_WORK = "papers_work", "Send papers and notices again", frozenset({R.OPERATIONS, R.COMPLIANCE_OFFICER})
    OUTBOX_READ = (
        "outbox_read",
        "See which notices went out, which wait and which were given up; never what they say",
        _OVERSIGHT | {R.OPERATIONS, R.TECHNOLOGY, R.CUSTOMER_SERVICE},
    )
    CAPITAL_READ = "capital_read", "See capital figures and returns", _OVERSIGHT | {R.FINANCE}
    CAPITAL_WORK = "capital_work", "Prepare capital figures and returns", frozenset({R.FINANCE})
    CAPITAL_ANSWER = (
        "capital_answer",
        "Approve returns, mark them as filed and notices as given",
        frozenset({R.FINANCE, R.RESPONSIBLE_OFFICER, R.COMPLIANCE_OFFICER}),
    )
    RULEBOOK_READ = "rulebook_read", "See rules, controls and evidence", _ALL
    RULEBOOK_WORK = "rulebook_work", "Run controls and make reports", frozenset({R.COMPLIANCE_OFFICER})
    RECORDS_READ = "records_read", "See what is kept for how long", _OVERSIGHT | {R.MLRO, R.OPERATIONS}
    RECORDS_OF_CLIENTS = (
        "records_of_clients",
        "See a client's holds, what an erasure would take, and past erasures",
        _OVERSIGHT | {R.MLRO},
    )
