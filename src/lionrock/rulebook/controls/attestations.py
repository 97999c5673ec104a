"""What a person states and answers for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from lionrock.rulebook.control import Finding, Moment, control
from lionrock.rulebook.controls.findings import attested, due, failed, no_data
from lionrock.rulebook.controls.spans import NS_PER_DAY, months_later
from lionrock.rulebook.facts import Attested, Setting
from lionrock.rulebook.rule import Kind
from lionrock.rulebook.strictness import Stricter

WARNING_DAYS = 30
"""How long before it runs out an attestation is shown as due."""
_GONE = "The document behind the attestation of {} is gone or was changed."


class Within(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    months: Annotated[int, Stricter.LOWER]
    two_people: Annotated[bool, Stricter.TRUE] = False


@control(Kind.ATTESTATION)
def attested_within(parameters: Within, statements: Sequence[Attested], moment: Moment) -> Finding:
    """Somebody of the staff stated, not longer ago than the rule allows, that this was done, with the document for it.

    Shown as due from thirty days before it runs out, so that nobody finds out on the day. A statement runs out at the
    same time of day so many months later; at that very moment it still counts. Where two people are asked, one who
    signs for both does not count. A person's word is shown as that, and never as a pass. Statements are those of the
    journal; one whose document the site has no longer, or not unchanged, counts for nothing.
    """
    valid = [each for each in statements if each.subject == parameters.subject and _counts(each, parameters.two_people)]
    name = parameters.subject.replace("_", " ")
    last = max((each.attested_ns for each in valid if each.attested_ns <= moment.now_ns), default=None)
    step = f"Do it, and attest {name} with its document."
    if last is None and any(each.subject == parameters.subject and not each.document_is_held for each in statements):
        return failed(_GONE.format(name), step)
    if last is None:
        return no_data(f"Nobody has attested {name}.", step, months=parameters.months)
    end_ns = months_later(last, parameters.months)
    days = (end_ns - moment.now_ns) // NS_PER_DAY
    if moment.now_ns > end_ns:
        return failed(f"The attestation of {name} has run out.", step, months=parameters.months, days_left=days)
    if days < WARNING_DAYS:
        return due(f"The attestation of {name} runs out soon.", step, months=parameters.months, days_left=days)
    return attested(f"Attested: {name}.", months=parameters.months, days_left=days)


class For(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    setting: str
    """Its value is the SHA-256 of the document that has to be attested."""
    two_people: Annotated[bool, Stricter.TRUE] = False


@control(Kind.ATTESTATION)
def attested_for(
    parameters: For, statements: Sequence[Attested], settings: Sequence[Setting], moment: Moment
) -> Finding:
    """Somebody attested the very document that the running site names, such as the paper of the release that is
    running.

    An attestation of an earlier release does not count for a later one.
    """
    name = parameters.subject.replace("_", " ")
    document = next((str(each.value) for each in settings if each.name == parameters.setting), "")
    if not document:
        return no_data(f"The site does not say {parameters.setting}.", "Name the document in the site's settings.")
    for each in statements:
        if each.subject == parameters.subject and each.document_sha256 == document:
            if _counts(each, parameters.two_people) and each.attested_ns <= moment.now_ns:
                return attested(f"Attested for the document that is in force: {name}.", document=document)
            if not each.document_is_held:
                return failed(_GONE.format(name), f"Attest {name}.")
            return failed(f"One person alone attested {name}.", "Have a second person sign.", document=document)
    return no_data(
        f"Nobody has attested {name} for the document that is in force.", f"Attest {name}.", document=document
    )


def _counts(statement: Attested, two_people: bool) -> bool:
    if not statement.staff_id or not statement.document_sha256 or not statement.document_is_held:
        return False
    return not two_people or statement.approver_id not in {"", statement.staff_id}
