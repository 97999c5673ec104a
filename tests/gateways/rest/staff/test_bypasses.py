"""Ways around the second person, each tried and refused, and each in the log."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from sqlalchemy import update

from lionrock.compliance.onboarding.orders import SAME, ClientDecided
from lionrock.people.staff.market_orders import MarketPhased
from lionrock.people.staff.orders import Order, OrderRefused
from lionrock.people.staff.proposal import State
from lionrock.people.staff.roles import Role
from lionrock.people.staff.tables import staff_proposals, staff_roles
from lionrock.words.enumerations import KillSwitchScope, MarketPhase
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.staff.desk import Desk, enrolled, given_roles, proposal

HALT = {"market_id": 1, "phase": int(MarketPhase.HALTED)}


@pytest.fixture
async def maker(inside: Inside) -> Desk:
    return await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS, person="1")


@pytest.fixture
async def checker(inside: Inside) -> Desk:
    return await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER, person="2")


def refusals(inside: Inside) -> list[tuple[str, str, object]]:
    """Who was refused what, by the log: member, subject, why."""
    entries = inside.site.staff.audit.entries(most=10_000)
    return [(each.staff_id, each.subject, each.details["why"]) for each in entries if each.event == "refused"]


def is_halted(inside: Inside) -> bool:
    phase = inside.site.trading_rules.phases.get(1)
    return phase is not None and phase.phase == MarketPhase.HALTED


@pytest.mark.shows("STAF-008", "STAF-015")
async def test_nobody_checks_what_they_proposed(inside: Inside, maker: Desk) -> None:
    made = await maker.propose("market_phase", **HALT)
    assert reason_of(await maker.verdict("approve", made)) == "self_approval"
    assert refusals(inside) == [(maker.staff_id, made["proposalId"], "self_approval")]
    assert not is_halted(inside)


@pytest.mark.shows("STAF-008", "STAF-015")
async def test_two_accounts_of_one_person_are_one_person(inside: Inside, maker: Desk) -> None:
    other_account = await enrolled(inside, "market2@example.com", Role.MARKET_OPERATIONS, person="1")
    made = await maker.propose("market_phase", **HALT)
    assert reason_of(await other_account.verdict("approve", made)) == "same_person"
    assert refusals(inside) == [(other_account.staff_id, made["proposalId"], "same_person")]
    assert not is_halted(inside)


@pytest.mark.shows("STAF-008")
async def test_two_checkers_are_two_persons(inside: Inside) -> None:
    """An erasure takes two checkers beside the maker."""
    desks = [await enrolled(inside, f"mlro{n}@example.com", Role.MLRO, person=f"p{n // 2}") for n in range(5)]
    done: list[str] = []

    async def erase(order: Order) -> str:
        done.append(order.payload.client_id)
        assert len(order.checkers) == 2
        return "erased"

    from tests.gateways.rest.staff.test_roles import About

    inside.site.staff.executors.register("erasure", About, erase)
    made = await desks[0].propose("erasure", client_id="c1")
    assert reason_of(await desks[1].verdict("approve", made)) == "same_person"
    assert (await desks[2].approve(made))["state"] == "open"
    assert reason_of(await desks[2].verdict("approve", made)) == "same_person"
    assert reason_of(await desks[3].verdict("approve", made)) == "same_person"
    assert (await desks[4].approve(made))["state"] == "carried_out"
    assert done == ["c1"]


@pytest.mark.shows("STAF-009", "STAF-015")
async def test_ones_own_file_is_off_limits(inside: Inside, checker: Desk) -> None:
    """Of a client by their account as well, and for every account of the person."""
    await inside.user()
    browser = await inside.sign_in()
    account_id, client_id = int(browser.signed_in["accountId"]), browser.signed_in["userId"]
    mlro = await enrolled(inside, "mlro@example.com", Role.MLRO, person="3")
    await mlro.done("POST", "me/files", {"clientId": client_id})
    again = await enrolled(inside, "mlro2@example.com", Role.MLRO, person="3")
    freeze = proposal("account_restriction", account_id=account_id, restriction=1)
    for who in (mlro, again):
        assert reason_of(await who.send("POST", "proposals", freeze)) == "own_file"
        assert reason_of(await who.send("POST", "proposals/atOnce", freeze)) == "own_file"
        assert reason_of(await who.send("POST", "breakGlass", freeze)) == "own_file"
    made = await checker.done("POST", "proposals", freeze)
    assert reason_of(await mlro.verdict("approve", made)) == "own_file"
    assert {why for _, _, why in refusals(inside)} == {"own_file"}


@pytest.mark.shows("STAF-009", "STAF-015")
async def test_ones_own_account_is_off_limits_to_a_kill_switch(inside: Inside) -> None:
    """It is named by scope and number there, and an emergency is no way around."""
    account = await inside.account()
    inside.site.staff.own_files.clients_of.append(lambda number: "c77" if number == account.account_id else "")
    officer = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER, Role.RESPONSIBLE_OFFICER)
    await officer.done("POST", "me/files", {"clientId": "c77"})
    stop = proposal("kill_switch", scope=int(KillSwitchScope.ACCOUNT), scope_id=account.account_id)
    for path in ("proposals", "proposals/atOnce", "breakGlass"):
        assert reason_of(await officer.send("POST", path, stop)) == "own_file"
    other = proposal("kill_switch", scope=int(KillSwitchScope.MARKET), scope_id=account.account_id)
    assert reason_of(await officer.send("POST", "proposals", other)) == "payload_malformed", (
        "no market, and no own file"
    )


@pytest.mark.shows("STAF-009")
@pytest.mark.parametrize("told", [{"client_id": "c77"}, {"client_id": "c1", "other_id": "c77"}])
async def test_ones_own_file_is_off_limits_as_either_of_two(inside: Inside, told: dict[str, str]) -> None:
    """A decision on two clients that look alike is about both; and a name leads to those in other rooms."""

    async def decide(_order: Order) -> str:
        return "decided"

    executors = inside.site.staff.executors
    if "onboarding_decision" not in executors.actions:
        executors.register("onboarding_decision", ClientDecided, decide)
    own = inside.site.staff.own_files
    own.accounts_of.append(lambda client: 5 if client == "c77" else 0)
    own.clients_of.append(lambda account: "u5" if account == 5 else "")
    officer = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    await officer.done("POST", "me/files", {"clientId": "u5"})
    asked = proposal("onboarding_decision", decision=SAME, **told)
    assert reason_of(await officer.send("POST", "proposals", asked)) == "own_file"


@pytest.mark.shows("STAF-008")
@pytest.mark.parametrize("same", ["2001 ", "\uff12\uff10\uff10\uff11", " 2001\u3000"])
async def test_one_person_is_one_however_it_is_typed(inside: Inside, same: str) -> None:
    first = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS, person="2001")
    second = await enrolled(inside, "market2@example.com", Role.MARKET_OPERATIONS, person=same)
    made = await first.propose("market_phase", **HALT)
    assert reason_of(await second.verdict("approve", made)) == "same_person"


@pytest.mark.shows("STAF-007")
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("kill_switch", {"scope": 99, "scope_id": 1}),
        ("kill_switch", {"scope": 2, "scope_id": 1, "engaged": 7}),
        ("account_restriction", {"account_id": 1, "restriction": 77}),
    ],
)
async def test_a_number_that_means_nothing_is_refused(
    inside: Inside, checker: Desk, action: str, payload: dict[str, int]
) -> None:
    for path in ("proposals", "breakGlass"):
        assert reason_of(await checker.send("POST", path, proposal(action, **payload))) == "payload_malformed"
    assert inside.site.staff.proposals.listed() == []


@pytest.mark.shows("STAF-007")
@pytest.mark.parametrize("words", ["halt \u202eit", "halt\x00", "halt\x1b[2J"])
async def test_words_that_do_not_read_as_written_are_refused(inside: Inside, maker: Desk, words: str) -> None:
    told = proposal("market_phase", **HALT) | {"words": words}
    assert reason_of(await maker.send("POST", "proposals", told)) == "words_malformed"
    assert inside.site.staff.proposals.listed() == []


@pytest.mark.shows("STAF-015")
async def test_what_is_sent_as_a_name_starts_no_line_of_the_log(
    inside: Inside, maker: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    forged = "x\nCRITICAL: the glass was broken\x00\u202e"
    told = {"proposalId": forged, "payloadSha256": "0" * 64, "words": "seen"}
    assert reason_of(await maker.send("POST", "proposals/approve", told)) == "proposal_unknown"
    assert reason_of(await maker.send("POST", "proposals", proposal(forged))) == "action_unknown"
    written = [record.getMessage() for record in caplog.records if "Refused to" in record.getMessage()]
    assert len(written) == 2
    assert all(each.isprintable() for each in written)
    assert all(subject.isprintable() for _, subject, _ in refusals(inside))


@pytest.mark.shows("STAF-011")
async def test_who_comes_second_hears_that_it_was_done(inside: Inside, maker: Desk, checker: Desk) -> None:
    """And not that it is to be proposed anew, which would do it twice."""
    made = await maker.propose("market_phase", **HALT)
    assert (await checker.approve(made))["state"] == "carried_out"
    late = await checker.verdict("approve", made)
    assert reason_of(late) == "not_open"
    assert "already" in late.text
    assert "propose it anew" not in late.text


@pytest.mark.shows("STAF-009")
async def test_ones_own_file_is_off_limits_under_every_name(inside: Inside) -> None:
    """Onboarding knows clients by ids of its own."""
    account_id = (await inside.account()).account_id
    inside.site.staff.own_files.clients_of.append(lambda account: "c77" if account == account_id else "")
    mlro = await enrolled(inside, "mlro@example.com", Role.MLRO)
    freeze = proposal("account_restriction", account_id=account_id, restriction=1)
    await mlro.done("POST", "proposals", freeze)
    await mlro.done("POST", "me/files", {"clientId": "c77"})
    assert reason_of(await mlro.send("POST", "proposals", freeze)) == "own_file"


@pytest.mark.shows("STAF-010", "STAF-015")
async def test_a_payload_that_was_swapped_is_not_carried_out(inside: Inside, maker: Desk, checker: Desk) -> None:
    made = await maker.propose("market_phase", **HALT)
    wrong = await checker.verdict("approve", made | {"payloadSha256": "0" * 64})
    assert reason_of(wrong) == "payload_differs"
    other = await maker.propose("market_phase", market_id=2, phase=int(MarketPhase.HALTED))
    with inside.site.database.begin() as connection:  # somebody who can write SQL, without the master key
        row = connection.execute(
            staff_proposals.select().where(staff_proposals.c.proposal_id == other["proposalId"])
        ).one()
        connection.execute(
            update(staff_proposals)
            .where(staff_proposals.c.proposal_id == made["proposalId"])
            .values(sealed_payload=row.sealed_payload)
        )
    assert (await checker.verdict("approve", made)).status_code == 500, "the seal is bound to its proposal"
    assert not is_halted(inside)
    assert refusals(inside) == [(checker.staff_id, made["proposalId"], "payload_differs")]


@pytest.mark.shows("STAF-010")
async def test_a_payload_that_is_sealed_anew_does_not_have_the_hash(inside: Inside, maker: Desk, checker: Desk) -> None:
    """Somebody with the master key changes it between approval and carrying out."""
    made = await maker.propose("market_phase", **HALT)
    sealed = inside.site.sealer.seal(
        b'{"at_time_ns":0,"market_id":2,"phase":4,"reference_price_ticks":0}',
        f"staff_proposals.payload:{made['proposalId']}",
    )
    with inside.site.database.begin() as connection:
        key = staff_proposals.c.proposal_id == made["proposalId"]
        connection.execute(update(staff_proposals).where(key).values(sealed_payload=sealed))
    done = await checker.approve(made)
    assert done["state"] == "failed"
    assert done["outcome"].startswith("payload_differs")
    assert inside.site.trading_rules.phases.get(2) is None


@pytest.mark.shows("STAF-010")
async def test_what_has_changed_since_is_left_alone(inside: Inside, maker: Desk, checker: Desk) -> None:
    first = await maker.propose("market_phase", **HALT)
    second = await maker.propose("market_phase", market_id=1, phase=int(MarketPhase.CANCEL_ONLY))
    assert (await checker.approve(second))["state"] == "carried_out"
    late = await checker.approve(first)
    assert late["state"] == "failed"
    assert late["outcome"].startswith("target_changed")
    assert not is_halted(inside)


@pytest.mark.shows("STAF-011", "STAF-015")
async def test_what_is_over_is_not_approved_again(inside: Inside, maker: Desk, checker: Desk) -> None:
    other = await enrolled(inside, "ro@example.com", Role.RESPONSIBLE_OFFICER)
    made = await maker.propose("market_phase", **HALT)
    await checker.approve(made)
    for who in (checker, other):
        assert reason_of(await who.verdict("approve", made)) == "not_open"
        assert reason_of(await who.verdict("reject", made)) == "not_open"
    withdrawn = await maker.propose("price_band", market_id=1, band_ppm=1)
    told = {"proposalId": withdrawn["proposalId"]}
    assert reason_of(await checker.send("POST", "proposals/withdraw", told)) == "not_made_by_you"
    assert (await maker.done("POST", "proposals/withdraw", told))["state"] == "withdrawn"
    assert reason_of(await checker.verdict("approve", withdrawn)) == "not_open"
    rejected = await maker.propose("price_band", market_id=1, band_ppm=1)
    assert reason_of(await checker.verdict("reject", rejected, words="")) == "words_missing"
    assert (await checker.verdict("reject", rejected)).json()["state"] == "rejected"
    assert reason_of(await other.verdict("approve", rejected)) == "not_open"


@pytest.mark.shows("STAF-011", "STAF-015")
async def test_what_waited_too_long_expires(inside: Inside, maker: Desk, checker: Desk) -> None:
    made = await maker.propose("market_phase", **HALT)
    inside.now_ns = made["endsAtMs"] * 1_000_000 - 300_000_000
    await checker.sign_in()
    inside.now_ns = made["endsAtMs"] * 1_000_000 + 1_000_000
    assert reason_of(await checker.verdict("approve", made)) == "proposal_expired"
    assert inside.site.staff.proposals.read(made["proposalId"]).state is State.EXPIRED
    assert reason_of(await checker.verdict("approve", made)) == "not_open"
    assert not is_halted(inside)


@pytest.mark.shows("STAF-012")
async def test_two_approvals_at_once_carry_out_once(inside: Inside, maker: Desk, checker: Desk) -> None:
    officers = [checker] + [await enrolled(inside, f"ro{n}@example.com", Role.RESPONSIBLE_OFFICER) for n in range(3)]
    halted: list[str] = []

    async def halt(order: Order) -> str:
        halted.append(order.proposal_id)
        await asyncio.sleep(0.05)
        return "halted"

    from lionrock.people.staff.orders import Executors

    only = Executors()
    only.register("market_phase", MarketPhased, halt)
    inside.site.staff.proposals.use(only)
    for _ in range(5):
        halted.clear()
        made = await maker.propose("market_phase", **HALT)
        answers = await asyncio.gather(*(officer.verdict("approve", made) for officer in officers))
        assert len(halted) == 1
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
        assert {reason_of(each) for each in answers if each.status_code == 400} == {"not_open"}
        assert inside.site.staff.proposals.read(made["proposalId"]).state is State.CARRIED_OUT


@pytest.mark.shows("STAF-013", "STAF-015")
async def test_a_role_that_was_taken_approves_nothing(inside: Inside, maker: Desk, checker: Desk) -> None:
    made = await maker.propose("market_phase", **HALT)
    take(inside, checker)
    assert reason_of(await checker.verdict("approve", made)) == "role_missing"
    given_roles(inside, checker.staff_id, Role.FINANCE)
    assert reason_of(await checker.verdict("approve", made)) == "not_checker"
    assert refusals(inside)[-1] == (checker.staff_id, made["proposalId"], "not_checker")
    given_roles(inside, checker.staff_id, Role.COMPLIANCE_OFFICER)
    take(inside, maker)
    assert reason_of(await checker.verdict("approve", made)) == "maker_left"
    assert not is_halted(inside)


@pytest.mark.shows("STAF-013")
async def test_an_earlier_approval_does_not_outlive_the_role(inside: Inside) -> None:
    desks = [await enrolled(inside, f"mlro{n}@example.com", Role.MLRO) for n in range(4)]
    from tests.gateways.rest.staff.test_roles import About

    async def erase(order: Order) -> str:
        return f"{len(order.checkers)}"

    inside.site.staff.executors.register("erasure", About, erase)
    made = await desks[0].propose("erasure", client_id="c1")
    await desks[1].approve(made)
    inside.site.staff.members.deactivate(desks[1].staff_id, "")
    assert (await desks[2].approve(made))["state"] == "open"
    assert (await desks[3].approve(made))["state"] == "carried_out"


def take(inside: Inside, desk: Desk) -> None:
    with inside.site.database.begin() as connection:
        connection.execute(staff_roles.delete().where(staff_roles.c.staff_id == desk.staff_id))


@pytest.mark.shows("STAF-007")
@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"action": "market_phase", "payload": HALT, "reasonCode": "risk"}, "words_missing"),
        ({"action": "market_phase", "payload": HALT, "words": "why"}, "reason_missing"),
        ({"action": "market_phase", "payload": HALT, "words": "why", "reasonCode": "mood"}, "reason_unknown"),
        ({"action": "market_phase", "payload": HALT, "words": "w" * 2001, "reasonCode": "risk"}, "words_missing"),
        (proposal("market_phase", market_id=1), "payload_malformed"),
        (proposal("market_phase", market_id=1, phase="x"), "payload_malformed"),
        (proposal("market_phase", market_id=1, phase=4, more=1), "payload_malformed"),
        (proposal("market_phase", market_id=99, phase=4), "payload_malformed"),
        (proposal("no_such_action"), "action_unknown"),
        (proposal("retention_hold"), "action_not_wired"),
        (proposal("fee_tier", tier=1, maker_fee_ppm=1, taker_fee_ppm=1), "made"),
    ],
)
async def test_a_proposal_is_whole_or_refused(inside: Inside, maker: Desk, told: dict[str, Any], name: str) -> None:
    answer = await maker.send("POST", "proposals", told)
    assert answer.json().get("lionrock", {}).get("name", "made") == name, answer.text


@pytest.mark.shows("STAF-007", "STAF-022")
async def test_the_core_refuses_and_says_why(inside: Inside, maker: Desk, checker: Desk) -> None:
    big = await maker.propose("price_band", market_id=1, band_ppm=2**40)
    assert (await checker.approve(big))["state"] == "failed"


@pytest.mark.shows("STAF-018")
async def test_what_an_earlier_process_was_carrying_out_is_not_done_again(
    inside: Inside, maker: Desk, checker: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    made = await maker.propose("market_phase", **HALT)
    with inside.site.database.begin() as connection:
        connection.execute(update(staff_proposals).values(state=State.CARRYING_OUT.value))
    with caplog.at_level(logging.ERROR):
        await inside.site.staff.open()
    assert made["proposalId"] in caplog.text
    assert inside.site.staff.proposals.read(made["proposalId"]).state is State.UNKNOWN
    assert reason_of(await checker.verdict("approve", made)) == "not_open"
    assert [item["kind"] for item in await maker.done("GET", "queue")] == ["outcome_unknown"]
    assert not is_halted(inside)


@pytest.mark.shows("STAF-018")
async def test_an_executor_that_fails_leaves_the_outcome_unknown(inside: Inside, maker: Desk, checker: Desk) -> None:
    from lionrock.people.staff.orders import Executors

    async def fail(order: Order) -> str:
        raise KeyError(order.action)

    async def refuse(order: Order) -> str:
        raise OrderRefused("there is no such market any more")

    for carry_out, state in ((fail, "unknown"), (refuse, "failed")):
        only = Executors()
        only.register("market_phase", MarketPhased, carry_out)
        inside.site.staff.proposals.use(only)
        assert (await checker.approve(await maker.propose("market_phase", **HALT)))["state"] == state
