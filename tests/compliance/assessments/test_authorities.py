"""Standing authorities: how long, renewed by silence when, and what is refused after the end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.authorities import Authority, may_be_renewed, months_later
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.refusals import AssessmentRefused
from tests.compliance.rooms import CLIENT, DOCUMENT, START_NS, assessments_in

YEAR_END_NS = months_later(START_NS, 12)


def day(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.shows("ASSE-060")
@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [
        ("2026-03-01", 12, "2027-03-01"),
        ("2027-02-28", 12, "2028-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
    ],
)
def test_months_are_those_of_the_calendar(begins: str, months: int, ends: str) -> None:
    assert months_later(day(begins) + 7, months) == day(ends) + 7


def granted(room: Assessments, ends_ns: int, client_class: str = "retail") -> Authority:
    return room.authorities.grant(
        CLIENT, client_class, "settlement", DOCUMENT, begins_ns=START_NS, ends_ns=ends_ns, at_ns=START_NS
    )


@pytest.mark.shows_rule("HK-C15")
@pytest.mark.shows("ASSE-060")
def test_a_retail_authority_lasts_twelve_months_at_most(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    with pytest.raises(AssessmentRefused) as refused:
        granted(room, YEAR_END_NS + 1)
    assert (refused.value.name, refused.value.rules) == ("authority_too_long", ("HK-C15",))
    assert refused.value.figures["latest_end_ns"] == YEAR_END_NS
    granted(room, YEAR_END_NS)
    granted(room, 3 * YEAR_END_NS, "professional")
    for ends_ns, at_ns in ((START_NS, START_NS), (YEAR_END_NS, START_NS + 1)):
        with pytest.raises(AssessmentRefused, match="authority_without_time"):
            room.authorities.grant(
                CLIENT, "retail", "settlement", DOCUMENT, begins_ns=START_NS, ends_ns=ends_ns, at_ns=at_ns
            )


@pytest.mark.shows("ASSE-060")
def test_nothing_moves_under_an_authority_that_has_ended(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    authority = granted(room, YEAR_END_NS)
    assert room.authorities.check(CLIENT, "settlement", YEAR_END_NS - 1) == authority
    for client_id, scope, at_ns in (
        (CLIENT, "settlement", YEAR_END_NS),
        (CLIENT, "lending", START_NS),
        ("another", "settlement", START_NS),
    ):
        with pytest.raises(AssessmentRefused, match="authority_not_in_force"):
            room.authorities.check(client_id, scope, at_ns)
    room.authorities.revoke(CLIENT, authority.authority_id, START_NS + 5)
    assert room.authorities.check(CLIENT, "settlement", START_NS + 4).revoked_ns == START_NS + 5
    with pytest.raises(AssessmentRefused) as refused:
        room.authorities.check(CLIENT, "settlement", START_NS + 5)
    assert refused.value.figures["ended_ns"] == START_NS + 5
    with pytest.raises(AssessmentRefused, match="authority_unknown"):
        room.authorities.revoke("another", authority.authority_id, START_NS)


@pytest.mark.shows_rule("HK-C15")
@pytest.mark.shows("ASSE-061")
@pytest.mark.parametrize(("days_before", "renewed"), [(21, True), (14, True), (13, False), (0, False)])
def test_silence_renews_only_after_a_notice_fourteen_days_ahead(
    tmp_path: Path, days_before: int, *, renewed: bool
) -> None:
    room, _, _ = assessments_in(tmp_path)
    authority = granted(room, YEAR_END_NS)
    room.authorities.told(authority.authority_id, YEAR_END_NS - days_before * DAY_NS)
    (told,) = room.authorities.of(CLIENT)
    assert may_be_renewed(told, room.terms.authorities) is renewed
    next_one = room.authorities.renew(told)
    assert (next_one is not None) is renewed
    if next_one is not None:
        assert (next_one.begins_ns, next_one.ends_ns) == (YEAR_END_NS, months_later(YEAR_END_NS, 12))
        assert room.authorities.renew(told) is None  # once


@pytest.mark.shows("ASSE-062")
def test_an_objection_ends_it(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    authority = granted(room, YEAR_END_NS)
    room.authorities.told(authority.authority_id, YEAR_END_NS - 21 * DAY_NS)
    with pytest.raises(AssessmentRefused, match="authority_over"):
        room.authorities.object(CLIENT, authority.authority_id, YEAR_END_NS)
    objected = room.authorities.object(CLIENT, authority.authority_id, YEAR_END_NS - 1)
    assert room.authorities.renew(objected) is None
    with pytest.raises(AssessmentRefused, match="authority_not_in_force"):
        room.authorities.check(CLIENT, "settlement", YEAR_END_NS)
