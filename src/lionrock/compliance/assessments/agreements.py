"""What clients agree to: versions by SHA-256, clauses that must stand in them, changes announced ahead, acceptances."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NoReturn

import msgspec
from sqlalchemy import Row, insert, select
from sqlalchemy.exc import IntegrityError

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import NEVER_NS, Records
from lionrock.compliance.assessments.refusals import AssessmentRefused, check_two
from lionrock.compliance.assessments.tables import agreement_acceptances, agreement_texts
from lionrock.compliance.assessments.terms import AgreementTerms
from lionrock.compliance.staff_identity import StaffIdentity


class AgreementText(msgspec.Struct, frozen=True):
    """One version of an agreement in one language, without its text."""

    agreement: str
    version: int
    language: str
    sha256: str
    clauses: tuple[str, ...]
    """Names of the required clauses that it holds."""
    announced_ns: int
    in_force_ns: int
    published_by: str
    approved_by: str


class Acceptance(msgspec.Struct, frozen=True):
    """That a client accepted a version."""

    client_id: str
    sha256: str
    accepted_ns: int


def clause_sha256(paragraph: str) -> str:
    """Hash of a clause's words: whatever stands between them counts as one space."""
    return sha256(" ".join(paragraph.split()).encode()).hexdigest()


def clauses_in(text: str, required: dict[str, str]) -> tuple[str, ...]:
    """Names of the required clauses that stand in a text as paragraphs of their own, word for word."""
    held = {clause_sha256(paragraph) for paragraph in re.split(r"\n\s*\n", text)}
    return tuple(name for name, digest in required.items() if digest in held)


def in_force(texts: Iterable[AgreementText], agreement: str, at_ns: int) -> list[AgreementText]:
    """The version that holds, in every language; empty where there is none yet."""
    begun = [text for text in texts if text.agreement == agreement and text.in_force_ns <= at_ns]
    newest = max((text.version for text in begun), default=0)
    return [text for text in begun if text.version == newest]


class AgreementState(msgspec.Struct, frozen=True):
    """Where a client stands with one agreement."""

    agreement: str
    required_version: int
    """0 where none is in force."""
    accepted_version: int
    """0 for none."""
    accepted: Acceptance | None
    """Of the newest version that was accepted."""
    next_change_ns: int
    """When another version comes into force; the largest number for never."""

    @property
    def is_current(self) -> bool:
        return 0 < self.required_version <= self.accepted_version


def agreement_state(
    texts: Sequence[AgreementText], acceptances: Sequence[Acceptance], agreement: str, at_ns: int
) -> AgreementState:
    """A version may be accepted as soon as it is announced; accepting it in one language is enough."""
    by_hash = {text.sha256: text for text in texts if text.agreement == agreement}
    mine = [(by_hash[each.sha256].version, each) for each in acceptances if each.sha256 in by_hash]
    version, accepted = max(mine, key=lambda pair: pair[0], default=(0, None))
    now = in_force(texts, agreement, at_ns)
    coming = [text.in_force_ns for text in by_hash.values() if text.in_force_ns > at_ns]
    required = now[0].version if now else 0
    return AgreementState(agreement, required, version, accepted, min(coming, default=NEVER_NS))


class Agreements:
    """Agreements of a site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, terms: AgreementTerms) -> None:
        self._database, self.terms = records.database, terms

    def publish(
        self,
        agreement: str,
        texts: dict[str, str],
        in_force_ns: int,
        *,
        proposer: StaffIdentity,
        approver: StaffIdentity,
        at_ns: int,
    ) -> list[AgreementText]:
        """The next version, by language, announced now. Raises `AssessmentRefused` where a clause is missing, or the
        time from now to its effect is shorter than the terms ask of a change.
        """
        check_two(proposer, approver, self.terms.rules)
        known = [text for text in self.texts() if text.agreement == agreement]
        version = max((text.version for text in known), default=0) + 1
        lead_ns = self.terms.lead_days * DAY_NS
        if known and in_force_ns < at_ns + lead_ns:
            self._refuse(
                "announced_too_late",
                "a change must be announced longer before it takes effect",
                f"let it take effect {self.terms.lead_days} days from now or later",
                lead_days=(in_force_ns - at_ns) // DAY_NS,
                least_lead_days=self.terms.lead_days,
            )
        if not texts:
            self._refuse("text_missing", "an agreement without a text is none", "send a text")
        required = self.terms.clauses.get(agreement, {})
        made = []
        for language, text in texts.items():
            held = clauses_in(text, required)
            if missing := sorted(required.keys() - set(held)):
                self._refuse(
                    "clause_missing",
                    f"the text in {language} lacks the clause {', '.join(missing)}, word for word",
                    "put the clause in as a paragraph of its own",
                    missing_clauses=len(missing),
                )
            digest = sha256(text.encode()).hexdigest()
            made.append(
                AgreementText(
                    agreement,
                    version,
                    language,
                    digest,
                    held,
                    at_ns,
                    max(in_force_ns, at_ns),
                    proposer.staff_id,
                    approver.staff_id,
                )
            )
        self._insert(made, texts)
        return made

    def _insert(self, made: list[AgreementText], texts: dict[str, str]) -> None:
        rows = [
            msgspec.structs.asdict(each) | {"clauses": ",".join(each.clauses), "text": texts[each.language]}
            for each in made
        ]
        try:
            with self._database.begin() as connection:
                connection.execute(insert(agreement_texts), rows)
        except IntegrityError:
            self._refuse("text_published_before", "this very text is a version already", "change it, or leave it")

    def accept(self, client_id: str, user_id: str, digest: str, at_ns: int) -> Acceptance:
        """A client accepts a version that is in force or announced; the first time counts. Raises
        `AssessmentRefused`.
        """
        texts = self.texts()
        text = next((each for each in texts if each.sha256 == digest), None)
        current = in_force(texts, text.agreement, at_ns) if text else []
        if text is None or (current and text.version < current[0].version):
            self._refuse("version_not_offered", "no version that is in force or announced has this hash", "read again")
        values = {"client_id": client_id, "sha256": digest, "user_id": user_id, "accepted_ns": at_ns}
        try:
            with self._database.begin() as connection:
                connection.execute(insert(agreement_acceptances).values(**values))
        except IntegrityError:
            return next(each for each in self.accepted(client_id) if each.sha256 == digest)
        return Acceptance(client_id, digest, at_ns)

    def texts(self) -> list[AgreementText]:
        """Every version, oldest first."""
        columns = [agreement_texts.c[name] for name in AgreementText.__struct_fields__]
        with self._database.connect() as connection:
            rows = connection.execute(select(*columns).order_by(agreement_texts.c.version, agreement_texts.c.language))
            return [_text(row) for row in rows]

    def text_of(self, digest: str) -> str | None:
        """The words of a version."""
        with self._database.connect() as connection:
            return connection.execute(
                select(agreement_texts.c.text).where(agreement_texts.c.sha256 == digest)
            ).scalar_one_or_none()

    def accepted(self, client_id: str | None = None) -> list[Acceptance]:
        """Of a client, or of all; oldest first."""
        columns = [agreement_acceptances.c[name] for name in Acceptance.__struct_fields__]
        wanted = select(*columns).order_by(agreement_acceptances.c.number)
        if client_id is not None:
            wanted = wanted.where(agreement_acceptances.c.client_id == client_id)
        with self._database.connect() as connection:
            return [Acceptance(*row) for row in connection.execute(wanted)]

    def _refuse(self, name: str, words: str, next_step: str, **figures: int | str) -> NoReturn:
        raise AssessmentRefused(name, words, next_step=next_step, rules=self.terms.rules, figures=figures)


def _text(row: Row[Any]) -> AgreementText:
    text = AgreementText(*tuple(row))
    return msgspec.structs.replace(text, clauses=tuple(filter(None, row.clauses.split(","))))
