"""What people of a site may attest: what its rules ask for, with documents that the site holds."""

from __future__ import annotations

from collections.abc import Callable

from lionrock.compliance.attesting import AttestationDesk
from lionrock.compliance.capital.cyber import SUBJECT as CYBER_RETURN
from lionrock.compliance.onboarding.house_documents import HouseDocuments
from lionrock.rulebook.attestations import Asked, AttestationLog, asked_of
from lionrock.rulebook.code_version import release_digest
from lionrock.rulebook.controls.timers import InTime
from lionrock.rulebook.regime import Regime
from lionrock.site.definition import Definition
from lionrock.site.facts.declared import declared_settings


def open_attesting(
    definition: Definition,
    regime: Regime,
    log: AttestationLog,
    documents: HouseDocuments,
    clock: Callable[[], int],
) -> AttestationDesk:
    """Of one licensed site. What describes the running release is no file: every run says of itself what made it."""
    written = declared_settings(definition)

    def asked() -> dict[str, Asked]:
        now_ns = clock()
        return _cyber_return(regime, now_ns) | asked_of(regime, now_ns, written)

    def is_held(digest: str) -> bool:
        return digest == release_digest() or documents.is_held(digest)

    def named(setting: str) -> str:
        return release_digest() if setting == "release.document_sha256" else str(definition.settings.get(setting, ""))

    return AttestationDesk(log, documents, asked, is_held, named, lambda name: str(written.get(name, "")))


def _cyber_return(regime: Regime, at_ns: int) -> dict[str, Asked]:
    """No control asks for the document of this return: the room that makes the return does, where a rule owes one."""
    rules = [
        rule.id
        for rule in regime.at(at_ns)
        for check in rule.loaded.checks
        if isinstance(check.parameters, InTime) and check.parameters.kind == CYBER_RETURN
    ]
    return {CYBER_RETURN: Asked(CYBER_RETURN, tuple(rules), 0, "")} if rules else {}
