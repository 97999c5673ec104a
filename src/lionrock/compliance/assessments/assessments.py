"""The whole room: everything that is found out about the clients of one site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy import Engine

from lionrock.compliance.assessments.agreements import Acceptance, Agreements
from lionrock.compliance.assessments.authorities import Authorities
from lionrock.compliance.assessments.evidence import Evidence
from lionrock.compliance.assessments.exposure import ExposureLimits, ExposureMethod, read_exposure_method
from lionrock.compliance.assessments.knowledge import Bank, read_bank
from lionrock.compliance.assessments.knowledge_tests import KnowledgeTests
from lionrock.compliance.assessments.obligations import Obligations
from lionrock.compliance.assessments.ports import Clients, Notices
from lionrock.compliance.assessments.profile import ProfileMethod, RiskProfiles, read_profile_method
from lionrock.compliance.assessments.records import Records
from lionrock.compliance.assessments.restrictions import Restrictions
from lionrock.compliance.assessments.reviews import Reviews
from lionrock.compliance.assessments.risk import RiskMethod, RiskRatings, read_risk_method
from lionrock.compliance.assessments.standing import ClientFile, Methods
from lionrock.compliance.assessments.terms import Terms, read_terms
from lionrock.store.sealing import Sealer


class Data(msgspec.Struct, frozen=True):
    """The versions of terms and methods that a site works by; each method with its SHA-256."""

    terms: Terms
    bank: Bank
    risk: tuple[RiskMethod, str]
    profile: tuple[ProfileMethod, str]
    exposure: tuple[ExposureMethod, str]


def read_data(terms: str = "terms-hk.toml") -> Data:
    """The newest versions that the package ships. A method is one everywhere; which rules it carries out at a site, the
    site's terms say. Raises `FileNotFoundError`, and `ValueError` where one contradicts itself.
    """
    told = read_terms(terms)
    risk, profile, exposure = read_risk_method(), read_profile_method(), read_exposure_method()
    return Data(
        told,
        read_bank(),
        (msgspec.structs.replace(risk[0], rules=told.risk.rules), risk[1]),
        (msgspec.structs.replace(profile[0], rules=told.profile.rules), profile[1]),
        (msgspec.structs.replace(exposure[0], rules=told.exposure.rules), exposure[1]),
    )


class Assessments:
    """Calls of its parts are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        *,
        data: Data,
        clients: Clients,
        notices: Notices,
    ) -> None:
        self.data, self.clients, self.terms = data, clients, data.terms
        self.records = Records(database, sealer)
        self.risk = RiskRatings(self.records, *data.risk)
        self.knowledge = KnowledgeTests(self.records, sealer, random_bytes, data.bank, self.terms.knowledge)
        self.profiles = RiskProfiles(self.records, *data.profile)
        self.exposure = ExposureLimits(self.records, *data.exposure, self.terms.exposure)
        self.evidence = Evidence(self.records, self.terms.evidence)
        self.agreements = Agreements(self.records, self.terms.agreements)
        self.authorities = Authorities(self.records, random_bytes, self.terms.authorities)
        self.restrictions = Restrictions(self.records)
        self.obligations = Obligations(self.records, notices)
        self.reviews = Reviews(self.records, data.risk[0], self.terms)

    def methods(self) -> Methods:
        """By what clients are judged now."""
        return Methods(self.terms, self.data.risk[0], self.data.profile[0], self.agreements.texts())

    def file(self, client_id: str, last_used_ns: int = 0) -> ClientFile:
        """What is on record about a client."""
        return ClientFile(self.records.of(client_id), self.agreements.accepted(client_id), last_used_ns)

    def files(self) -> Mapping[str, ClientFile]:
        """Of every client about whom anything is on record."""
        found, accepted = self.records.all(), defaultdict[str, list[Acceptance]](list)
        for each in self.agreements.accepted():
            accepted[each.client_id].append(each)
        return {
            client_id: ClientFile(found.get(client_id, []), accepted.get(client_id, []))
            for client_id in found.keys() | accepted.keys()
        }
