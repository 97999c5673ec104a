"""The yearly return on cyber risk: a calendar and a cover. What it says, people write, attest and send."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from lionrock.compliance.capital.documents import CyberReturn, Stated
from lionrock.compliance.papers.documents import Entity, Span
from lionrock.compliance.papers.drawing import local_time
from lionrock.compliance.papers.periods import Period
from lionrock.compliance.staff_identity import StaffActionRefused
from lionrock.rulebook.facts import Attested

SUBJECT = "cyber_return"
"""What is attested: the document of the return itself, after the year's end."""
AUDITS = ("technology_audit", "security_assessment")


def statement_of(statements: Sequence[Attested], period: Period) -> Attested:
    """The newest document of the return that two people stand for. Raises `StaffActionRefused`."""
    good = [
        each
        for each in statements
        if each.subject == SUBJECT
        and each.attested_ns >= period.until_ns
        and each.approver_id not in {"", each.staff_id}
        and each.document_is_held
    ]
    if not good:
        raise StaffActionRefused(
            "return_not_attested",
            "nobody has attested the document of this return since the year ended",
            f"write it, hand it over, attest {SUBJECT} with its SHA-256 and have a second person approve that",
        )
    return max(good, key=lambda each: each.attested_ns)


def cyber_return(
    return_id: str,
    entity: Entity,
    period: Period,
    statements: Sequence[Attested],
    *,
    now_ns: int,
    zone: ZoneInfo,
) -> CyberReturn:
    """Raises `StaffActionRefused` while the document is not attested."""
    document = statement_of(statements, period)
    audits = [
        each for each in statements if each.subject in AUDITS and period.from_ns <= each.attested_ns < period.until_ns
    ]
    begins, ends = (local_time(each, zone) for each in period)
    return CyberReturn(
        return_id=return_id,
        kind=SUBJECT,
        entity=entity,
        period=Span(begins, ends, zone.key),
        statement=_stated(document, zone),
        audits=tuple(_stated(each, zone) for each in audits),
        prepared_at=local_time(now_ns, zone),
    )


def _stated(attested: Attested, zone: ZoneInfo) -> Stated:
    return Stated(
        attested.subject,
        attested.document_sha256,
        attested.staff_id,
        attested.approver_id,
        local_time(attested.attested_ns, zone),
    )
