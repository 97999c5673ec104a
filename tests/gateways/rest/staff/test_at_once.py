"""What may be done before it is checked, alone in an emergency, and how that comes to light."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from lionrock.people.staff.office import StaffOffice
from lionrock.people.staff.roles import Role
from lionrock.words.enumerations import KillSwitchScope
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.staff.desk import Desk, enrolled, proposal

STOP = proposal("kill_switch", scope=int(KillSwitchScope.MARKET), scope_id=1, engaged=1)


@pytest.fixture
async def officer(inside: Inside) -> Desk:
    return await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)


@pytest.fixture
async def operator(inside: Inside) -> Desk:
    return await enrolled(inside, "operator@example.com", Role.OPERATIONS)


def metric(inside: Inside, name: str) -> float | None:
    probes = inside.site.probes
    return probes.registry.get_sample_value(name)


@pytest.mark.shows("STAF-014")
async def test_a_kill_switch_works_at_once_and_is_reviewed(inside: Inside, officer: Desk) -> None:
    maker = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS)
    done = await maker.done("POST", "proposals/atOnce", STOP)
    assert (done["state"], done["isBreakGlass"]) == ("to_review", False)
    assert reason_of(await maker.verdict("review", done, verdict="approve")) == "self_approval"
    reviewed = await officer.verdict("review", done, verdict="approve")
    assert reviewed.json()["state"] == "carried_out"
    assert reason_of(await officer.verdict("review", done, verdict="approve")) == "not_to_review"
    again = await maker.done("POST", "proposals/atOnce", STOP)
    disputed = await officer.verdict("review", again, verdict="reject")
    assert disputed.json()["state"] == "disputed"
    slow = await maker.send("POST", "proposals/atOnce", proposal("price_band", market_id=1, band_ppm=1))
    assert reason_of(slow) == "not_at_once"


@pytest.mark.shows("STAF-014", "STAF-015")
async def test_breaking_the_glass_alarms(
    inside: Inside, officer: Desk, operator: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    noticed: list[tuple[str, str]] = []

    async def notify(proposal_id: str, words: str) -> None:
        noticed.append((proposal_id, words))
        raise OSError("the mail server is away")

    office: StaffOffice = inside.site.staff
    office.notify_with(notify)
    assert reason_of(await operator.send("POST", "proposals", STOP)) == "not_maker"
    with caplog.at_level(logging.CRITICAL):
        done = await operator.done("POST", "breakGlass", STOP)
    assert (done["state"], done["isBreakGlass"]) == ("to_review", True)
    assert f"review proposal {done['proposalId']}" in caplog.text
    assert [each[0] for each in noticed] == [done["proposalId"]]
    assert metric(inside, "lionrock_staff_break_glass_total") == 1
    assert metric(inside, "lionrock_staff_overdue_reviews") == 0
    inside.pass_time(25 * 3_600)
    assert metric(inside, "lionrock_staff_overdue_reviews") == 1
    await officer.sign_in()
    assert [(item["kind"], item["isOverdue"]) for item in await officer.done("GET", "queue")] == [("review", True)]
    remark = office.remark()
    assert remark is not None
    assert remark[0] == "staff_reviews_overdue"
    assert (await officer.verdict("review", done, verdict="approve")).json()["state"] == "carried_out"
    assert office.remark() is None
    events = [entry.event for entry in office.audit.entries(most=1_000, subject=done["proposalId"])]
    assert events == ["glass broken", "to review", "reviewed"]


@pytest.mark.shows("STAF-014", "STAF-029")
async def test_who_acts_alone_looks_first_and_follows_what_they_did(inside: Inside, operator: Desk) -> None:
    shown = await operator.done("POST", "proposals/preview", STOP)
    assert (shown["now"], shown["payload"]["engaged"]) == ({"engaged": "0"}, 1)
    others = await operator.send("POST", "proposals/preview", proposal("price_band", market_id=1, band_ppm=1))
    assert reason_of(others) == "not_maker"
    done = await operator.done("POST", "breakGlass", STOP)
    read = await operator.done("GET", f"proposals/one?proposalId={done['proposalId']}")
    assert (read["state"], read["madeBy"]) == ("to_review", operator.staff_id)
    assert [each["proposalId"] for each in await operator.done("GET", "proposals")] == [done["proposalId"]]
    treasurer = await enrolled(inside, "treasurer@example.com", Role.TREASURY)
    assert await treasurer.done("GET", "proposals") == []


@pytest.mark.shows("STAF-024")
async def test_whoever_is_told_of_a_broken_glass_may_read_what_was_done(
    inside: Inside, officer: Desk, operator: Desk
) -> None:
    """A reporting officer neither makes nor checks kill switches, and is told all the same when one is thrown alone."""
    told = await enrolled(inside, "mlro@example.com", Role.MLRO)
    untold = await enrolled(inside, "treasurer@example.com", Role.TREASURY)
    done = await operator.done("POST", "breakGlass", STOP)
    (notice,) = await told.done("GET", "me/notices")
    assert done["proposalId"] in notice["text"]
    path = f"proposals/one?proposalId={done['proposalId']}"
    assert (await told.done("GET", path))["payload"]["scope_id"] == 1
    assert [each["proposalId"] for each in await told.done("GET", "proposals")] == [done["proposalId"]]
    assert reason_of(await untold.send("GET", path)) == "proposal_unknown"
    # Reading is not checking, and what two people made in the ordinary way is none of it.
    assert reason_of(await told.verdict("review", done, verdict="approve")) == "not_checker"
    ordinary = await officer.done("POST", "proposals", STOP)
    unread = await told.send("GET", f"proposals/one?proposalId={ordinary['proposalId']}")
    assert reason_of(unread) == "proposal_unknown"


@pytest.mark.shows("STAF-014")
@pytest.mark.parametrize(
    ("role", "told", "name"),
    [
        (Role.OPERATIONS, proposal("correction", asset_id=3), "payload_malformed"),
        (Role.OPERATIONS, proposal("price_band", market_id=1, band_ppm=1), "no_break_glass"),
        (Role.OPERATIONS, STOP | {"words": " "}, "words_missing"),
        (Role.OPERATIONS, STOP | {"reasonCode": ""}, "reason_missing"),
        (Role.FINANCE, STOP, "role_missing"),
        (Role.AUDITOR, STOP, "role_missing"),
    ],
)
async def test_the_glass_is_not_for_everything(inside: Inside, role: Role, told: dict[str, Any], name: str) -> None:
    desk = await enrolled(inside, "one@example.com", role)
    assert reason_of(await desk.send("POST", "breakGlass", told)) == name
