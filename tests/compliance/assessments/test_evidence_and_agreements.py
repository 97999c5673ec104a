"""Evidence with an end, agreements with clauses and lead times: what counts on which day."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.assessments.agreements import agreement_state, clause_sha256, clauses_in
from lionrock.compliance.assessments.assessments import Data, read_data
from lionrock.compliance.assessments.evidence import class_state
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.staff_identity import StaffIdentity
from tests.compliance.rooms import CLIENT, DOCUMENT, EVA, FINN, START_NS, assessments_in

CLAUSE = "No other provision of this agreement takes anything from this clause."
TEXT = f"The venue offers.\n\n{CLAUSE}\n\nThe client accepts."


def with_clause() -> Data:
    data = read_data()
    agreements = msgspec.structs.replace(
        data.terms.agreements, clauses={"client_agreement": {"suitability": clause_sha256(CLAUSE)}}
    )
    return msgspec.structs.replace(data, terms=msgspec.structs.replace(data.terms, agreements=agreements))


@pytest.mark.shows("ASSE-040")
@pytest.mark.parametrize(
    ("after_ns", "client_class"),
    [
        (0, "professional"),
        (364 * DAY_NS, "professional"),
        (365 * DAY_NS - 1, "professional"),
        (365 * DAY_NS, "retail"),
        (366 * DAY_NS, "retail"),
    ],
)
def test_evidence_counts_on_day_364_and_not_on_day_365(tmp_path: Path, after_ns: int, client_class: str) -> None:
    room, _, _ = assessments_in(tmp_path)
    room.evidence.accept(
        CLIENT, "portfolio_statement", DOCUMENT, dated_ns=START_NS, proposer=EVA, approver=FINN, at_ns=START_NS
    )
    state = class_state(room.records.of(CLIENT), room.terms.evidence, START_NS + after_ns)
    assert state.client_class == client_class


@pytest.mark.shows("ASSE-040")
def test_the_highest_class_counts_while_its_own_evidence_lasts(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    for kind, dated_ns in (("regulated_status", START_NS - 300 * DAY_NS), ("public_filing", START_NS)):
        room.evidence.accept(CLIENT, kind, DOCUMENT, dated_ns=dated_ns, proposer=EVA, approver=FINN, at_ns=START_NS)

    def state(day: int) -> str:
        return class_state(room.records.of(CLIENT), room.terms.evidence, START_NS + day * DAY_NS).client_class

    assert [state(0), state(64), state(65), state(364), state(365)] == [
        "institutional",
        "institutional",
        "professional",
        "professional",
        "retail",
    ]
    institutional = room.records.of(CLIENT)[0]
    with pytest.raises(AssessmentRefused, match="evidence_unknown"):
        room.evidence.revoke("somebody else", institutional.number, EVA, START_NS + DAY_NS)
    room.evidence.revoke(CLIENT, institutional.number, EVA, START_NS + DAY_NS)
    assert [state(0), state(1)] == ["institutional", "professional"]


@pytest.mark.shows("ASSE-041")
def test_evidence_takes_two_people_a_known_kind_a_hash_and_a_fitting_date(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)

    def refused(
        kind: str = "portfolio_statement", document: str = DOCUMENT, day: int = 0, approver: StaffIdentity = FINN
    ) -> str:
        with pytest.raises(AssessmentRefused) as error:
            room.evidence.accept(
                CLIENT,
                kind,
                document,
                dated_ns=START_NS + day * DAY_NS,
                proposer=EVA,
                approver=approver,
                at_ns=START_NS,
            )
        assert error.value.rules == ("HK-R01",) == room.terms.evidence.rules
        return error.value.name

    assert refused(approver=EVA) == "second_person_missing"
    assert refused(kind="a letter") == "evidence_kind_unknown"
    assert refused(document="feed") == "document_hash_malformed"
    assert refused(day=1) == "evidence_dated_later"
    assert refused(day=-365) == "evidence_too_old"
    room.evidence.accept(
        CLIENT,
        "portfolio_statement",
        DOCUMENT,
        dated_ns=START_NS - 364 * DAY_NS,
        proposer=EVA,
        approver=FINN,
        at_ns=START_NS,
    )


@pytest.mark.shows_rule("HK-K05")
@pytest.mark.shows("ASSE-050")
def test_a_clause_must_stand_word_for_word_as_a_paragraph(tmp_path: Path) -> None:
    required = {"suitability": clause_sha256(CLAUSE)}
    assert clauses_in(TEXT, required) == ("suitability",)
    assert clauses_in(TEXT.replace("No other provision", "No  other\nprovision"), required) == ("suitability",)
    assert clauses_in(TEXT.replace("anything", "something"), required) == ()
    assert clauses_in(TEXT.replace("\n\n", " "), required) == ()
    room, _, _ = assessments_in(tmp_path, data=with_clause())
    with pytest.raises(AssessmentRefused) as refused:
        room.agreements.publish(
            "client_agreement", {"en": "Sign here."}, START_NS, proposer=EVA, approver=FINN, at_ns=START_NS
        )
    assert (refused.value.name, refused.value.rules) == ("clause_missing", ("HK-K05",))
    (made,) = room.agreements.publish(
        "client_agreement", {"en": TEXT}, START_NS, proposer=EVA, approver=FINN, at_ns=START_NS
    )
    assert made.clauses == ("suitability",)
    assert room.agreements.text_of(made.sha256) == TEXT


@pytest.mark.shows_rule("AE-11")
@pytest.mark.shows("ASSE-051")
def test_a_change_is_announced_thirty_days_ahead(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)

    def publish(words: str, in_force_ns: int, at_ns: int) -> None:
        room.agreements.publish(
            "client_agreement", {"en": words}, in_force_ns, proposer=EVA, approver=FINN, at_ns=at_ns
        )

    publish("first", START_NS, START_NS)  # nobody had to be told of a change
    with pytest.raises(AssessmentRefused) as refused:
        publish("second", START_NS + 30 * DAY_NS - 1, START_NS)
    assert refused.value.name == "announced_too_late"
    assert refused.value.figures == {"lead_days": 29, "least_lead_days": 30}
    publish("second", START_NS + 30 * DAY_NS, START_NS)
    with pytest.raises(AssessmentRefused, match="text_published_before"):
        publish("first", START_NS + 60 * DAY_NS, START_NS)
    with pytest.raises(AssessmentRefused, match="second_person_missing"):
        room.agreements.publish("client_agreement", {"en": "x"}, START_NS, proposer=EVA, approver=EVA, at_ns=START_NS)
    with pytest.raises(AssessmentRefused, match="text_missing"):
        room.agreements.publish(
            "client_agreement", {}, START_NS + 90 * DAY_NS, proposer=EVA, approver=FINN, at_ns=START_NS
        )


@pytest.mark.shows("ASSE-052")
def test_an_acceptance_counts_for_its_version_and_later_ones_are_needed(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    first, second = (
        room.agreements.publish(
            "client_agreement", {"en": words}, in_force_ns, proposer=EVA, approver=FINN, at_ns=START_NS
        )[0]
        for words, in_force_ns in (("first", START_NS), ("second", START_NS + 30 * DAY_NS))
    )

    def is_current(day: int) -> bool:
        texts, accepted = room.agreements.texts(), room.agreements.accepted(CLIENT)
        return agreement_state(texts, accepted, "client_agreement", START_NS + day * DAY_NS).is_current

    assert not is_current(0)
    made = room.agreements.accept(CLIENT, "user", first.sha256, START_NS)
    assert room.agreements.accept(CLIENT, "user", first.sha256, START_NS + 5) == made  # the first time counts
    assert [is_current(0), is_current(29), is_current(30)] == [True, True, False]
    room.agreements.accept(CLIENT, "user", second.sha256, START_NS + DAY_NS)  # announced is enough
    assert [is_current(29), is_current(30)] == [True, True]
    for digest, day in (("0" * 64, 1), (first.sha256, 31)):
        with pytest.raises(AssessmentRefused, match="version_not_offered"):
            room.agreements.accept("another", "user", digest, START_NS + day * DAY_NS)
