"""Who holds which role, how it is given and taken, and every cell of the matrix over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lionrock.gateways.documents import roles as matrix
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.people.staff.actions import ACTIONS, Subject
from lionrock.people.staff.orders import Executors, Order
from lionrock.people.staff.proposal import State
from lionrock.people.staff.roles import Role
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.staff.desk import Desk, at_desk, enrolled, given_roles, proposal

FOR_STAFF = [row for row in ENDPOINTS if row.permission is not None]


@pytest.mark.shows("STAF-005")
async def test_a_role_is_given_by_two(inside: Inside) -> None:
    first, second = [await enrolled(inside, f"admin{number}@example.com", Role.ADMINISTRATOR) for number in (1, 2)]
    made = await first.done("POST", "members", {"signInName": "new@example.com", "person": "77"})
    told = proposal("role_grant", staff_id=made["staffId"], role="mlro")
    early = await first.done("POST", "proposals", told)
    done = await second.approve(early)
    assert done["state"] == "failed", "whoever has not enrolled gets no role"
    desk = await at_desk(inside, made["staffId"], "new@example.com", made["enrolmentCode"])
    granted = await second.approve(await first.done("POST", "proposals", told))
    assert (granted["state"], granted["outcome"]) == ("carried_out", "mlro granted")
    assert [role["role"] for role in (await desk.done("GET", "me"))["roles"]] == ["mlro"]
    revoked = await first.propose("role_revoke", staff_id=made["staffId"], role="mlro")
    assert (await second.approve(revoked))["state"] == "carried_out"
    assert (await desk.done("GET", "me"))["roles"] == []


@pytest.mark.shows("STAF-027")
async def test_a_verdict_is_taken_though_it_could_not_be_carried_out_and_the_state_says_so(inside: Inside) -> None:
    first, second = [await enrolled(inside, f"admin{number}@example.com", Role.ADMINISTRATOR) for number in (1, 2)]
    made = await first.done("POST", "members", {"signInName": "new@example.com", "person": "77"})
    told = await first.propose("role_grant", staff_id=made["staffId"], role="mlro")
    answer = await second.verdict("approve", told)
    done = answer.json()
    assert (answer.status_code, done["state"]) == (200, "failed")
    assert done["outcome"].startswith("not_enrolled: ")
    assert [each["verdict"] for each in done["verdicts"]] == ["approve"]
    assert inside.site.staff.members.find(made["staffId"]).roles == frozenset()  # type: ignore[union-attr]
    events = [each.event for each in inside.site.staff.audit.entries(subject=told["proposalId"])]
    assert events == ["proposed", "approved", "to be carried out", "failed"]


@pytest.mark.shows("STAF-005")
@pytest.mark.parametrize(
    ("held", "asked"),
    [
        (Role.AUDITOR, Role.OPERATIONS),
        (Role.OPERATIONS, Role.REGULATOR),
        (Role.ADMINISTRATOR, Role.COMPLIANCE_OFFICER),
        (Role.MLRO, Role.ADMINISTRATOR),
        (Role.COMMITTEE_RISK, Role.COMMITTEE_IT),
    ],
)
async def test_roles_that_do_not_go_together(inside: Inside, held: Role, asked: Role) -> None:
    first = await enrolled(inside, "admin1@example.com", Role.ADMINISTRATOR)
    second = await enrolled(inside, "admin2@example.com", Role.ADMINISTRATOR)
    desk = await enrolled(inside, "one@example.com", held)
    done = await second.approve(await first.propose("role_grant", staff_id=desk.staff_id, role=asked.value))
    assert done["state"] == "failed"
    assert done["outcome"].startswith("roles_clash")


@pytest.mark.shows("STAF-005")
async def test_a_new_code_takes_the_roles_away(inside: Inside) -> None:
    """Or whoever makes it would have them."""
    administrator = await enrolled(inside, "admin@example.com", Role.ADMINISTRATOR)
    officer = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    made = await administrator.done("POST", "members/code", {"staffId": officer.staff_id})
    assert (await officer.send("GET", "me")).json()["code"] == -1002
    taken_over = await at_desk(inside, made["staffId"], "officer@example.com", made["enrolmentCode"])
    assert (await taken_over.done("GET", "me"))["roles"] == []
    assert reason_of(await taken_over.send("GET", "audit")) == "role_missing"


@pytest.mark.shows("STAF-015")
async def test_the_log_is_asked_by_what_happened_and_by_whom(inside: Inside) -> None:
    first = await enrolled(inside, "first@example.com", Role.AUDITOR)
    second = await enrolled(inside, "second@example.com", Role.AUDITOR)
    newest = await first.done("GET", "audit?limit=2")
    assert newest[0]["entry"] == newest[1]["entry"] + 1
    assert newest[0]["previous"] == newest[1]["digest"]
    before = await first.done("GET", f"audit?before={newest[1]['entry']}&limit=1")
    assert before[0]["digest"] == newest[1]["previous"]
    signed_in = await first.done("GET", f"audit?event=signed%20in&staffId={second.staff_id}")
    assert [(row["event"], row["staffId"]) for row in signed_in] == [("signed in", second.staff_id)]
    assert {row["staffId"] for row in await first.done("GET", "audit?staffId=-")} == {""}
    assert await first.done("GET", "audit?before=0") == []
    assert (await first.send("GET", "audit?before=-1")).status_code == 400


@pytest.mark.shows("STAF-005")
async def test_nobody_gives_themselves_a_role(inside: Inside) -> None:
    first = await enrolled(inside, "admin1@example.com", Role.ADMINISTRATOR, person="1")
    again = await enrolled(inside, "admin1b@example.com", Role.ADMINISTRATOR, person="1")
    second = await enrolled(inside, "admin2@example.com", Role.ADMINISTRATOR)
    for who in (first, again):
        told = proposal("role_grant", staff_id=first.staff_id, role="mlro")
        assert reason_of(await who.send("POST", "proposals", told)) == "about_yourself"
    made = await second.propose("role_grant", staff_id=first.staff_id, role="mlro")
    for who in (first, again):
        assert reason_of(await who.verdict("approve", made)) == "about_yourself"
    for path in ("members/code", "members/deactivate"):
        assert reason_of(await again.send("POST", path, {"staffId": first.staff_id})) == "own_account"


@pytest.mark.shows("STAF-019")
async def test_access_is_reviewed_by_somebody_else(inside: Inside) -> None:
    officer = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    other = await enrolled(inside, "other@example.com", Role.OPERATIONS)
    before = (await officer.done("GET", "members"))[1]["accessReviewedAtMs"]
    inside.pass_time(60)
    await officer.done("POST", "members/review", {"staffId": other.staff_id})
    assert (await officer.done("GET", "members"))[1]["accessReviewedAtMs"] >= before + 60_000
    assert reason_of(await officer.send("POST", "members/review", {"staffId": officer.staff_id})) == "own_account"
    assert reason_of(await officer.send("POST", "members/review", {"staffId": "0" * 32})) == "member_unknown"


@pytest.fixture
async def desks(inside: Inside) -> dict[Role, Desk]:
    """Somebody of each role, who has no other, with time enough."""
    return {role: await enrolled(inside, f"{role}@example.com", role) for role in Role}


@pytest.mark.shows("STAF-006")
async def test_every_cell_of_endpoints(inside: Inside, desks: dict[Role, Desk]) -> None:
    """What is allowed goes on to be read; what is not is refused before, whatever was sent."""
    wrong, refused = [], 0
    for row in FOR_STAFF:
        if row.path.endswith("/sessions") and row.method == "DELETE":
            continue  # it would end the session that asks; anybody may, and STAF-004 shows it
        for role, desk in desks.items():
            body: dict[str, object] | None = None if row.method == "GET" else {}
            answer = await desk.send(row.method, row.path.removeprefix("/lionrock/v1/staff/"), body)
            name = answer.json().get("lionrock", {}).get("name") if answer.status_code != 200 else ""
            assert answer.json() != {"code": -1002}, (row, role)
            assert name not in {"not_signed_in", "rate_limit_exceeded"}, (row.path, role, answer.text)
            is_refused = name == "role_missing"
            refused += is_refused
            if is_refused == matrix.may_use(role, row):
                wrong.append((row.method, row.path, role))
    assert wrong == []
    logged = [each for each in inside.site.staff.audit.entries(most=100_000) if each.event == "refused"]
    assert len(logged) == refused > 100
    assert {each.details["why"] for each in logged} == {"role_missing"}


class About(msgspec.Struct, frozen=True):
    """Fits whatever an action is about."""

    number: int = 0
    staff_id: str = ""
    client_id: str = ""
    account_id: int = 0


async def _nothing(order: Order) -> str:
    return f"{order.action} done"


def everything_wired(inside: Inside) -> None:
    """Every action is there, and does nothing."""
    wired = Executors()
    for action in ACTIONS:
        wired.register(action, About, _nothing)
    inside.site.staff.proposals.use(wired)


@pytest.mark.shows("STAF-006")
async def test_every_cell_of_actions(inside: Inside, desks: dict[Role, Desk]) -> None:
    everything_wired(inside)
    office = inside.site.staff
    about = office.members.enrol("about@example.com", "somebody else", "").staff_id
    wrong = []
    for action in ACTIONS.values():
        payload: dict[str, Any] = {"staff_id": about} if action.subject is Subject.STAFF else {"number": 1}
        for role, desk in desks.items():
            answer = await desk.send("POST", "proposals", proposal(action.name, **payload))
            name = answer.json().get("lionrock", {}).get("name", "made")
            if (name == "made") != matrix.may_make(role, action.name) and name != "role_missing":
                wrong.append((action.name, role, "makes", name))
            assert name in {"made", "not_maker", "role_missing"}
        maker = await enrolled(inside, f"{action.name}@example.com", *sorted(action.makers)[:1])
        for role, desk in desks.items():
            made = await maker.propose(action.name, **payload)
            answer = await desk.verdict("approve", made)
            name = answer.json().get("lionrock", {}).get("name", "approved")
            if (name == "approved") != matrix.may_check(role, action.name) and name != "role_missing":
                wrong.append((action.name, role, "checks", name))
            assert name in {"approved", "not_checker", "role_missing"}
            if role in {Role.AUDITOR, Role.REGULATOR}:
                assert name == "role_missing"
    assert wrong == []


@pytest.mark.shows("STAF-006")
def test_no_role_makes_and_checks_alone() -> None:
    """One person never has all that an action takes, whatever roles they hold; who only reads has no part in any."""
    for action in ACTIONS.values():
        assert action.makers, action.name
        assert action.checkers, action.name
        assert action.checkers_needed >= 1, action.name
        assert not (action.makers | action.checkers) & {Role.AUDITOR, Role.REGULATOR}
        assert action.rules or action.name in {"rule_parameter", "fee_tier", "fee_tier_assignment"}, action.name


@pytest.mark.shows("STAF-019")
async def test_what_rules_are_told_of_the_staff(inside: Inside) -> None:
    from lionrock.compliance.staff_facts import StaffFacts
    from lionrock.rulebook.facts import StaffRecord, TokenRecord

    desk = await enrolled(inside, "one@example.com", Role.MLRO)
    given_roles(inside, desk.staff_id, Role.OPERATIONS)
    await desk.done("POST", "me/files", {"clientId": "c1"})
    waiting = inside.site.staff.members.enrol("two@example.com", "2", "")
    facts = StaffFacts(inside.site.staff.members)
    assert facts.facts(TokenRecord) is None
    found = facts.facts(StaffRecord)
    assert found is not None
    first, second = found
    assert (first.roles, first.is_active, first.has_second_factor) == (("mlro", "operations"), True, True)
    assert (first.has_trading_account, first.client_ids) == (True, ("c1",))
    assert (second.staff_id, second.has_second_factor, second.roles) == (waiting.staff_id, False, ())


@pytest.mark.shows("STAF-017")
async def test_the_queue_shows_what_waits_for_the_role(inside: Inside) -> None:
    maker = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS)
    colleague = await enrolled(inside, "market2@example.com", Role.MARKET_OPERATIONS)
    stranger = await enrolled(inside, "finance@example.com", Role.FINANCE)
    made = await maker.propose("price_band", market_id=1, band_ppm=50_000)
    soon = await maker.propose("market_phase", market_id=1, phase=4)
    queue = await colleague.done("GET", "queue")
    assert [item["itemId"] for item in queue] == [soon["proposalId"], made["proposalId"]], "by deadline"
    assert await maker.done("GET", "queue") == [], "one's own wait for others"
    assert await stranger.done("GET", "queue") == []
    assert await stranger.done("GET", "proposals") == []
    hidden = await stranger.send("GET", f"proposals/one?proposalId={made['proposalId']}")
    assert reason_of(hidden) == "proposal_unknown"
    inside.pass_time(25 * 3_600)
    await colleague.sign_in()
    assert [item["isOverdue"] for item in await colleague.done("GET", "queue")] == [True, False]
    assert await inside.site.staff.proposals.expire_due() == 1
    assert [item["itemId"] for item in await colleague.done("GET", "queue")] == [made["proposalId"]]
    assert inside.site.staff.proposals.read(soon["proposalId"]).state is State.EXPIRED
