"""What people of the staff stated and signed, as the journal has it: facts for the rules that rest on a person's word.

An attestation is the side note of an `AdvanceTime`: bytes FF 41, then canonical JSON. No table has it, so nobody
attests anything by writing into one. It names opaque ids of staff; the document that it rests on stays with the site,
sealed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lionrock.journal.verify import Progress
from lionrock.node.node import Node
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.controls.backing import subject_of
from lionrock.rulebook.facts.general import Attested, Setting
from lionrock.rulebook.noted import NoteLog, past_notes, record_note
from lionrock.rulebook.regime import Regime

_log = logging.getLogger(__name__)

_HEAD = b"\xffA"
"""No UTF-8 text begins with 0xFF, and no other note with these two bytes (`words.side_notes`)."""


class Attestation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one person stated and another one approved."""

    subject: str
    """Such as `technology_audit`."""
    document_sha256: str
    value: str = ""
    """Of the setting that is attested; empty for every other subject."""
    proposal_id: str
    staff_id: str
    approver_id: str


class Recorded(msgspec.Struct, frozen=True):
    """An attestation at its place in the journal."""

    sequence: int
    at_ns: int
    attestation: Attestation


def _read(note: bytes, sequence: int, at_ns: int) -> Recorded | None:
    if not note.startswith(_HEAD):
        return None
    try:
        return Recorded(sequence, at_ns, msgspec.json.decode(note[len(_HEAD) :], type=Attestation))
    except msgspec.MsgspecError:
        _log.error("Command %d records an attestation that cannot be read; it states nothing", sequence)
        return None


class AttestationLog(NoteLog[Recorded]):
    """Every attestation of a site, oldest first; fed with every frame."""

    def __init__(self) -> None:
        super().__init__("attestations 1", Recorded, _read)

    def last_ns(self, until_ns: int) -> int:
        """When somebody last attested something, up to a moment; 0 for never."""
        return last_ns(self.all, until_ns)


def last_ns(recorded: Sequence[Recorded], until_ns: int) -> int:
    """The newest of them up to a moment, nanoseconds since 1970; 0 for none."""
    return max((each.at_ns for each in recorded if each.at_ns <= until_ns), default=0)


class AttestationRecorder:
    """Puts attestations into the journal of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def record(self, attestation: Attestation) -> Recorded:
        """At its place, durable when this returns. Raises what `Node.submit` does."""
        return Recorded(*await record_note(self._node, _HEAD + canonical(attestation)), attestation)


def read_attestations(directory: Path, progress: Progress = lambda _done, _total: None) -> tuple[Recorded, ...]:
    """Those in the journal of a data directory; nothing is locked or changed. Raises as `past_frames` does."""
    return past_notes(directory, _read, progress)


class Attestations:
    """A source of facts (`lionrock.rulebook.ports.FactSource`): what the journal has, beside the documents."""

    def __init__(self, log: AttestationLog, is_held: Callable[[str], bool]) -> None:
        """`is_held` tells of a SHA-256 (hex) whether the site has that document, whole; it may read it."""
        self._log, self._is_held = log, is_held

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        """Every `Attested`; None for every other type. Reads documents: call it in a thread."""
        if fact_type is not Attested:
            return None
        recorded = self._log.all
        held = {digest: self._is_held(digest) for digest in {each.attestation.document_sha256 for each in recorded}}
        return [_fact(each, is_held=held[each.attestation.document_sha256]) for each in recorded]


def _fact(recorded: Recorded, *, is_held: bool) -> Attested:
    told = recorded.attestation
    return Attested(
        told.subject, recorded.at_ns, told.staff_id, told.approver_id, told.document_sha256, document_is_held=is_held
    )


class Asked(NamedTuple):
    """That rules ask for an attestation of a subject."""

    subject: str
    rules: tuple[str, ...]
    """Ids, in the order of the packs."""
    months: int
    """After so many it runs out, by the strictest rule; 0 where none says."""
    setting: str
    """The setting whose value is the SHA-256 of the one document that counts; empty where any document may be it."""
    declares: str = ""
    """The setting of the site's file whose value is attested; empty for every other subject."""


def asked_of(regime: Regime, at_ns: int, declared: Collection[str] = ()) -> dict[str, Asked]:
    """What the rules that are in force, or will be, ask people to attest, by subject; `declared` are names of settings
    that the site's file alone tells, each of which rests on a person's word.
    """
    found: dict[str, Asked] = {}
    for versions in regime.by_id.values():
        for rule in versions:
            if rule.until_ns <= at_ns:
                continue
            for check in rule.loaded.checks:
                subject, asked_for = getattr(check.parameters, "subject", ""), check.control.facts.values()
                if subject and Attested in asked_for:
                    found[subject] = _also(found.get(subject), subject, rule.id, check.parameters)
                elif Setting in asked_for:
                    for name in sorted(_named(check.parameters) & set(declared)):
                        subject = subject_of(name)
                        rules = (*(found[subject].rules if subject in found else ()), rule.id)
                        found[subject] = Asked(subject, tuple(dict.fromkeys(rules)), 0, "", name)
    return found


def _named(parameters: Any) -> set[str]:
    """Settings that a check looks at."""
    return {getattr(parameters, field, "") for field in ("name", "only_if_setting")}


def _also(known: Asked | None, subject: str, rule_id: str, parameters: Any) -> Asked:
    months, setting = getattr(parameters, "months", 0), getattr(parameters, "setting", "")
    if known is None:
        return Asked(subject, (rule_id,), months, setting)
    shorter = min(filter(None, (known.months, months)), default=0)
    return Asked(subject, tuple(dict.fromkeys((*known.rules, rule_id))), shorter, known.setting or setting)


def subjects(asked: Mapping[str, Asked]) -> str:
    """Their names, for whoever has to choose one."""
    return ", ".join(sorted(asked))
