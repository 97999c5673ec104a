"""An action tells what its payload is made of, and what a proposal would change is shown before and after."""

from __future__ import annotations

from hashlib import sha256

import pytest

from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.roles import Role
from lionrock.words.enumerations import MarketPhase
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.staff.desk import enrolled, proposal


@pytest.mark.shows("STAF-028")
async def test_every_action_that_is_carried_out_has_its_fields(inside: Inside) -> None:
    desk = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS)
    actions = {each["action"]: each for each in await desk.done("GET", "actions")}
    assert set(actions) == set(ACTIONS)
    for action in actions.values():
        names = [field["name"] for field in action["fields"]]
        assert bool(names) == action["isWired"], action["action"]
        assert not action["subject"] or not names or action["subject"] in names
    phase = {field["name"]: field for field in actions["market_phase"]["fields"]}
    assert list(phase) == ["market_id", "phase", "at_time_ns", "reference_price_ticks"]
    assert {"value": str(int(MarketPhase.HALTED)), "name": "halted"} in phase["phase"]["choices"]
    assert (phase["phase"]["isRequired"], phase["at_time_ns"]["isRequired"]) == (True, False)
    assert (phase["at_time_ns"]["kind"], phase["at_time_ns"]["initial"]) == ("whole_number", "0")
    role = {field["name"]: field for field in actions["role_grant"]["fields"]}["role"]
    assert [each["value"] for each in role["choices"]] == [each.value for each in Role]


@pytest.mark.shows("STAF-029")
async def test_what_would_change_is_shown_before_and_after(inside: Inside) -> None:
    maker = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS)
    checker = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    other = await enrolled(inside, "service@example.com", Role.CUSTOMER_SERVICE)
    told = proposal("market_phase", market_id=1, phase=int(MarketPhase.HALTED))
    shown = await maker.done("POST", "proposals/preview", told)
    assert (shown["now"], shown["payload"]["phase"]) == ({"phase": "1"}, MarketPhase.HALTED)
    assert await maker.done("GET", "proposals") == [], "a preview proposes nothing"
    wrong = await maker.send("POST", "proposals/preview", proposal("market_phase", market_id=999, phase=4))
    assert reason_of(wrong) == "payload_malformed"
    assert reason_of(await other.send("POST", "proposals/preview", told)) == "not_maker"
    made = await maker.done("POST", "proposals", told)
    assert made["payloadSha256"] == shown["payloadSha256"] == sha256(made["payloadJson"].encode()).hexdigest()
    read = await checker.done("GET", f"proposals/one?proposalId={made['proposalId']}")
    assert read["now"] == {"phase": "1"}
    (work,) = await checker.done("GET", "queue")
    assert (work["action"], work["about"]) == ("market_phase", "")
    await checker.approve(read)
    after = await checker.done("GET", f"proposals/one?proposalId={made['proposalId']}")
    assert after["now"] == {}, "what is over is not compared with what came later"


@pytest.mark.shows("STAF-028")
async def test_a_whole_number_may_come_as_text_and_is_exact(inside: Inside) -> None:
    desk = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    account_id = int((await inside.account()).account_id)
    assert account_id > 2**53, "a page's own numbers would lose its last digits"
    told = proposal("account_restriction", account_id=str(account_id), restriction="1")
    shown = await desk.done("POST", "proposals/preview", told)
    assert shown["payload"] == {"account_id": account_id, "restriction": 1}
    for number in (2**63, -(2**63) - 1, 2**70):
        wide = proposal("exposure_limit", account_id=account_id, exposure_limit_atoms=number)
        answer = await desk.send("POST", "proposals", wide)
        assert (reason_of(answer), "64 bits" in answer.text) == ("payload_malformed", True)
    for wrong in ("1e3", "1.0", "١٢", "9" * 20, "", " 1"):
        answer = await desk.send(
            "POST", "proposals/preview", proposal("account_restriction", account_id=wrong, restriction=1)
        )
        assert reason_of(answer) == "payload_malformed", wrong


@pytest.mark.shows("STAF-029")
async def test_each_order_of_the_core_tells_what_stands(inside: Inside) -> None:
    desk = await enrolled(inside, "all@example.com", Role.MARKET_OPERATIONS, Role.COMPLIANCE_OFFICER, Role.FINANCE)
    administrator = await enrolled(inside, "admin@example.com", Role.ADMINISTRATOR)
    account_id = (await inside.account()).account_id
    for action, payload, standing in (
        ("account_restriction", {"account_id": account_id, "restriction": 1}, {"restriction": "0"}),
        ("kill_switch", {"scope": 2, "scope_id": 1}, {"engaged": "0"}),
        ("price_band", {"market_id": 1, "band_ppm": 5}, {"band_ppm": "0"}),
        ("fee_tier_assignment", {"account_id": account_id, "tier": 3}, {"tier": "0"}),
        ("market_rules", {"market_id": 1, "admitted_classes": 3}, {"admitted_classes": "15"}),
    ):
        now = (await desk.done("POST", "proposals/preview", proposal(action, **payload)))["now"]
        assert {name: now[name] for name in standing} == standing, action
    told = proposal("role_revoke", staff_id=desk.staff_id, role="finance")
    held = (await administrator.done("POST", "proposals/preview", told))["now"]["role"]
    assert held == ["compliance_officer", "finance", "market_operations"]
