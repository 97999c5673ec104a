"""Why a step was taken, as a closed list; and what of it the client is told.

Nobody is told of a suspicion, nor that others are compared with them (tipping-off: OSCO, Cap 455, section 25A): such
reasons are told in the same neutral words as many others.
"""

from __future__ import annotations

_NEUTRAL = "This was decided after a review."
_CHECKING = "The application is being looked at."

CLIENT_WORDS: dict[str, str] = {
    # Given by the staff.
    "document_unclear": "A document cannot be read or does not show what it must.",
    "document_expired": "A document has expired.",
    "data_differs": "What was typed and what the documents say do not fit together.",
    "structure_unclear": "It is not clear who owns or controls the company.",
    "information_needed": "Something more is needed.",
    "identity_confirmed": "The identity was confirmed from the documents.",
    "review_passed": "Everything that is needed is there.",
    "not_eligible": "The site's licences do not let it serve this client.",
    "client_request": "As the client asked.",
    "error": "Something was done by mistake and has been put right.",
    "risk": _NEUTRAL,
    "review": _NEUTRAL,
    "policy": _NEUTRAL,
    "suspicion": _NEUTRAL,
    "regulator_order": _NEUTRAL,
    "court_order": _NEUTRAL,
    "duplicate": _NEUTRAL,
    "emergency": _NEUTRAL,
    "incident": _NEUTRAL,
    "market_integrity": _NEUTRAL,
    # Given by the site.
    "provider_passed": "The identity was confirmed.",
    "provider_unclear": _CHECKING,
    "provider_failed": _CHECKING,
    "provider_timed_out": _CHECKING,
    "provider_unreachable": _CHECKING,
    "check_broken_off": _CHECKING,
    "likeness_found": _CHECKING,
    "not_gone_on_with": "Nobody went on with it for a long time.",
    "account_opened": "The account is open.",
    "review_overdue": "The client's data must be looked through again.",
    "dormant": "The account was not used for a long time.",
}
"""What the client reads, by the reason's code."""

STAFF_REASONS = tuple(CLIENT_WORDS)[: tuple(CLIENT_WORDS).index("provider_passed")]
"""What the staff may give."""


def client_words(reason_code: str) -> str:
    """What of a reason the client is told; empty for none."""
    return CLIENT_WORDS.get(reason_code, _NEUTRAL) if reason_code else ""


def is_told_in_full(reason_code: str) -> bool:
    """Whether anybody of the staff may know it: those behind neutral words are for who works on them."""
    return client_words(reason_code) not in {_NEUTRAL, _CHECKING}
