"""What a client is told of its own file: steps of the application, limits, ends, reviews, agreements, authorities.

Why the staff took a step is not among it: whoever is reported must not be told ("tipping-off"; Hong Kong, Organized and
Serious Crimes Ordinance, section 25A(5)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import Engine

from lionrock.compliance.onboarding.states import STATES, State
from lionrock.people.notice_words import letter, moment
from lionrock.people.notices import Notices, language_of, message_id_of
from lionrock.words.amounts import format_minor


class Words(msgspec.Struct, frozen=True):
    """Of one kind of notice."""

    subject: str
    first: str
    todo: str = ""
    """What the client may or must do; empty for nothing."""


CLIENT_STATE = "client_state"
APPLICATION = "Your application and account"
WORDS: dict[str, Words] = {
    "exposure_limit_notice": Words(
        "Your exposure limit", "An exposure limit was set for your account.", "See how it was worked out in your file."
    ),
    "exposure_raise_waits": Words(
        "Your higher exposure limit waits",
        "What you declared would raise your exposure limit. A person of the staff looks at it first, as it protects "
        "you; until then the present one holds.",
        "Nothing is to be done; see your limits.",
    ),
    "exposure_raise_declined": Words(
        "Your exposure limit stays as it is",
        "A person of the staff looked at what you declared, and the present exposure limit stays.",
        "Write to the site if you have questions, or declare anew when something has changed.",
    ),
    "exposure_limit_ends": Words("Your exposure limit ends", "Your exposure limit will end.", "Ask for a new one."),
    "exposure_limit_ended": Words("Your exposure limit has ended", "Your exposure limit has ended; you may only sell."),
    "risk_profile_ends": Words("Your risk profile ends", "Your risk profile will end.", "Answer its questions again."),
    "risk_profile_ended": Words(
        "Your risk profile has ended", "Your risk profile has ended.", "Answer its questions again."
    ),
    "professional_evidence_ends": Words(
        "Your evidence as a professional ends",
        "The evidence that you are a professional investor will end.",
        "Hand in new evidence.",
    ),
    "professional_evidence_ended": Words(
        "Your evidence as a professional has ended",
        "The evidence that you are a professional investor has ended; you are treated as retail.",
        "Hand in new evidence.",
    ),
    "agreement_change": Words(
        "An agreement changes", "A new version of an agreement was announced.", "Read and accept it in your account."
    ),
    "periodic_review_ahead": Words(
        "Your file will be reviewed", "A periodic review of your file is due.", "See that your particulars are right."
    ),
    "dormant": Words(
        "Your account is dormant", "Your account was not used for long and is asleep.", "Ask us to wake it."
    ),
    "standing_authority_confirmation": Words(
        "Your standing authority", "We confirm in writing that your standing authority was renewed."
    ),
    "standing_authority_renewal": Words(
        "Your standing authority will be renewed",
        "Your standing authority is about to end and is renewed unless you object.",
        "Object in your account if you do not want that.",
    ),
    "standing_authority_ended": Words(
        "Your standing authority has ended", "Your standing authority has ended.", "Give a new one if you want to."
    ),
}
"""By kind, all but steps of the application, whose words are those of the state."""


class ClientNotices:
    """Hands notices to the outbox, for whoever speaks for a client. Calls are SQL: from a loop, in a thread."""

    def __init__(
        self, database: Engine, notices: Notices | None, user_of: Callable[[str], str], valuation_asset: str
    ) -> None:
        """`user_of` gives the user of a client, empty where there is none; amounts are in `valuation_asset`."""
        self._database, self._notices = database, notices
        self._user_of, self._valuation_asset = user_of, valuation_asset

    def send(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        """As `assessments.ports.Notices` and `onboarding.ports.Notify`: durable on return, the same key once.

        Raises `KeyError` for a kind without words.
        """
        words = _of_state(str(figures["state"])) if kind == CLIENT_STATE else WORDS[kind]
        user_id = self._user_of(client_id)
        if self._notices is None or not user_id:
            return
        facts = {} if kind == CLIENT_STATE else self._facts(figures)
        with self._database.begin() as connection:
            language = language_of(connection, user_id)
            content = letter(words.subject, words.first, facts, at_ns, last=words.todo, language=language)
            self._notices.put(connection, user_id, kind, content, message_id_of("client_file", key), now_ns=at_ns)

    def _facts(self, figures: Mapping[str, int | str]) -> dict[str, str]:
        return dict(self._fact(name, value) for name, value in figures.items() if value not in ("", 0))

    def _fact(self, name: str, value: int | str) -> tuple[str, str]:
        plain, _, unit = name.rpartition("_")
        if unit == "ns":
            return plain.replace("_", " "), moment(int(value))
        if unit == "minor":
            return plain.replace("_", " "), f"{format_minor(int(value))} {self._valuation_asset}"
        return name.replace("_", " "), str(value)


def _of_state(state: str) -> Words:
    told = STATES[State(state)]
    return Words(APPLICATION, told.words, told.next_step)
