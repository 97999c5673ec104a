"""Whether somebody is here already: equal features by keyed hashes, nearly equal names among those born on one day.

A client has one account. What is found is for two people to decide on; until they did, nothing is approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select, true, update

from lionrock.compliance.identity.contact import plain_phone
from lionrock.compliance.identity.names import likeness_ppm, plain_name
from lionrock.compliance.onboarding.clients import Clients
from lionrock.compliance.onboarding.forms import CompanyForm, Form, PersonForm
from lionrock.compliance.onboarding.states import OnboardingRefused, Refusal, State
from lionrock.compliance.onboarding.tables import client_features, client_likenesses, clients, writing

WHOLE_PPM = 1_000_000


class Feature(StrEnum):
    """What two applications can have in common."""

    NAME_AND_BIRTH = "name_and_birth"
    DOCUMENT = "document"
    TAX_NUMBER = "tax_number"
    EMAIL = "email"
    PHONE = "phone"
    COMPANY = "company"
    """Registration number and country."""
    LEI = "lei"
    NEAR_NAME = "near_name"
    """Not equal: names that are alike, of people born on one day."""


DECISIVE = frozenset({Feature.NAME_AND_BIRTH, Feature.DOCUMENT, Feature.TAX_NUMBER, Feature.COMPANY, Feature.LEI})
"""Equal in these, two applications are of one client unless people find otherwise. A family may share a telephone."""


class Likeness(msgspec.Struct, frozen=True):
    """Another client that this one may be."""

    other_id: str
    features: tuple[Feature, ...]
    likeness_ppm: int
    """Of the names, parts per million; the whole where a feature is equal."""
    found_ns: int
    verdict: str
    """Empty until decided, then `same` or `different`."""
    decided_by: str
    approved_by: str


class Duplicates:
    """Finds them, and keeps what people decided. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, clients_: Clients) -> None:
        self._clients = clients_
        self._digest = clients_.sealer.digester("clients' features")

    def index(self, client_id: str, form: Form) -> None:
        """Remembers what an application has that others could have, too; in place of what it had."""
        with writing(self._clients.database) as connection:
            self.index_in(connection, client_id, form)

    def index_in(self, connection: Connection, client_id: str, form: Form) -> None:
        connection.execute(delete(client_features).where(client_features.c.client_id == client_id))
        for feature, digest in sorted(set(self._features(form))):
            connection.execute(insert(client_features).values(client_id=client_id, feature=feature.value, hash=digest))
        birth = self._hash("birth", form.birth) if isinstance(form, PersonForm) and form.birth else None
        connection.execute(update(clients).where(clients.c.client_id == client_id).values(birth_hash=birth))

    def look(self, client_id: str, threshold_ppm: int, now_ns: int) -> list[Likeness]:
        """Everybody it may be, now: what is new is written down, what was decided stays decided."""
        with writing(self._clients.database) as connection:
            form = self._clients.form_in(connection, client_id)
            found = self._equal(connection, client_id)
            if isinstance(form, PersonForm):
                for other, ppm in self._near(connection, client_id, form, threshold_ppm):
                    features, before = found.get(other, ((), 0))
                    found[other] = ((*features, Feature.NEAR_NAME), max(ppm, before))
            for other, in_common in found.items():
                self._keep(connection, client_id, other, in_common, now_ns)
        return self.of(client_id)

    def of(self, client_id: str) -> list[Likeness]:
        """What was found, the likest first."""
        return self._read(client_likenesses.c.client_id == client_id).get(client_id, [])

    def of_all(self) -> dict[str, list[Likeness]]:
        """The same of everybody of whom something was found, by client."""
        return self._read(true())

    def _read(self, condition: ColumnElement[bool]) -> dict[str, list[Likeness]]:
        table = client_likenesses
        query = select(table).where(condition).order_by(table.c.likeness_ppm.desc(), table.c.other_id)
        found: dict[str, list[Likeness]] = {}
        with self._clients.database.connect() as connection:
            for row in connection.execute(query):
                likeness = Likeness(
                    row.other_id,
                    tuple(Feature(name) for name in row.features.split(",")),
                    row.likeness_ppm,
                    row.found_ns,
                    row.verdict,
                    row.decided_by,
                    row.approved_by,
                )
                found.setdefault(row.client_id, []).append(likeness)
        return found

    def decide(
        self, client_id: str, other_id: str, *, is_same: bool, decided_by: str, approved_by: str, now_ns: int
    ) -> None:
        """Two people say whether it is the same client. Raises `OnboardingRefused`."""
        if not approved_by or decided_by == approved_by:
            raise OnboardingRefused(
                Refusal(
                    "second_person_needed",
                    "Whether two clients are one is decided by two people.",
                    "Have somebody else of the staff approve it.",
                )
            )
        with writing(self._clients.database) as connection:
            changed = connection.execute(
                update(client_likenesses)
                .where((client_likenesses.c.client_id == client_id) & (client_likenesses.c.other_id == other_id))
                .values(
                    verdict="same" if is_same else "different",
                    decided_by=decided_by,
                    approved_by=approved_by,
                    decided_ns=now_ns,
                )
            ).rowcount
        if not changed:
            raise OnboardingRefused(
                Refusal("likeness_unknown", "These two were not found to be alike.", "Check the ids.")
            )

    def undecided(self, client_id: str) -> list[Likeness]:
        return [likeness for likeness in self.of(client_id) if not likeness.verdict]

    def _hash(self, name: str, *values: str) -> bytes:
        return self._digest("\0".join((name, *values)).encode())

    def _features(self, form: Form) -> Iterator[tuple[Feature, bytes]]:
        for residence in form.tax_residences:
            if residence.number:
                yield Feature.TAX_NUMBER, self._hash("tax", residence.country, _plain(residence.number))
        if form.email:
            yield Feature.EMAIL, self._hash("email", form.email.strip().casefold())
        if form.phone:
            yield Feature.PHONE, self._hash("phone", plain_phone(form.phone))
        if isinstance(form, CompanyForm):
            if form.registration_number:
                yield Feature.COMPANY, self._hash("company", form.country, _plain(form.registration_number))
            if form.lei:
                yield Feature.LEI, self._hash("lei", _plain(form.lei))
            return
        if form.full_name and form.birth:
            parts = " ".join(sorted(plain_name(form.full_name).split()))
            yield Feature.NAME_AND_BIRTH, self._hash("name", parts, form.birth)
        if form.document.number:
            document = form.document
            yield Feature.DOCUMENT, self._hash("document", document.country, _plain(document.number))

    def _equal(self, connection: Connection, client_id: str) -> dict[str, tuple[tuple[Feature, ...], int]]:
        mine = client_features.alias("mine")
        others = client_features.alias("others")
        query = (
            select(others.c.client_id, others.c.feature)
            .join(mine, (mine.c.feature == others.c.feature) & (mine.c.hash == others.c.hash))
            .where((mine.c.client_id == client_id) & (others.c.client_id != client_id))
        )
        found: dict[str, tuple[tuple[Feature, ...], int]] = {}
        for other_id, feature in connection.execute(query):
            features, _ = found.get(other_id, ((), 0))
            found[other_id] = ((*features, Feature(feature)), WHOLE_PPM)
        return {other: (tuple(sorted(set(features))), ppm) for other, (features, ppm) in found.items()}

    def _near(
        self, connection: Connection, client_id: str, form: PersonForm, threshold_ppm: int
    ) -> Iterator[tuple[str, int]]:
        """People born on the same day whose names are alike, drafts apart."""
        if not form.birth:
            return
        query = select(clients.c.client_id).where(
            (clients.c.birth_hash == self._hash("birth", form.birth))
            & (clients.c.client_id != client_id)
            & (clients.c.state != State.DRAFT.value)
        )
        for (other_id,) in connection.execute(query).all():
            other = self._clients.form_in(connection, other_id)
            ppm = likeness_ppm(form.full_name, other.full_name) if isinstance(other, PersonForm) else 0
            if ppm >= threshold_ppm:
                yield other_id, ppm

    def _keep(
        self, connection: Connection, client_id: str, other_id: str, found: tuple[tuple[Feature, ...], int], now_ns: int
    ) -> None:
        """A verdict holds as long as nothing more was found in common."""
        features, ppm = found
        same = (client_likenesses.c.client_id == client_id) & (client_likenesses.c.other_id == other_id)
        before = connection.execute(select(client_likenesses).where(same)).one_or_none()
        names = [feature.value for feature in features]
        if before is not None and set(names) <= set(before.features.split(",")):
            return
        connection.execute(delete(client_likenesses).where(same))
        connection.execute(
            insert(client_likenesses).values(
                client_id=client_id, other_id=other_id, features=",".join(names), likeness_ppm=ppm, found_ns=now_ns
            )
        )


def duplicate_in(likenesses: Iterable[Likeness]) -> str:
    """Another client that this one is, as far as is known: found so by people, or equal in something decisive and not
    decided yet. Empty for none.
    """
    for likeness in likenesses:
        if likeness.verdict == "same" or (not likeness.verdict and DECISIVE & set(likeness.features)):
            return likeness.other_id
    return ""


def _plain(number: str) -> str:
    return "".join(sign for sign in number.upper() if sign.isalnum())
