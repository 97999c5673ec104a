"""Two people halt a market, one freezes an account at once, one breaks the glass: the core does as ordered."""

from __future__ import annotations

from typing import Any

import pytest

from lionrock.people.staff.roles import Role
from lionrock.words.enumerations import AccountRestriction, KillSwitchScope, MarketPhase
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.staff.desk import Desk, enrolled, proposal


async def officers(inside: Inside) -> tuple[Desk, Desk]:
    maker = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS)
    checker = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    return maker, checker


@pytest.mark.shows("STAF-007", "STAF-022")
async def test_a_market_is_halted_by_two(inside: Inside) -> None:
    maker, checker = await officers(inside)
    made = await maker.propose("market_phase", market_id=1, phase=int(MarketPhase.HALTED))
    assert made["state"] == "open"
    done = await checker.approve(made)
    assert (done["state"], done["outcome"]) == ("carried_out", "SetMarketPhase was carried out")
    assert inside.site.trading_rules.phases[1].phase == MarketPhase.HALTED


@pytest.mark.shows("STAF-014", "STAF-022")
async def test_an_account_is_frozen_at_once_and_reviewed(inside: Inside) -> None:
    maker, checker = await officers(inside)
    key = await inside.account(USDT="10")
    other = await enrolled(inside, "mlro@example.com", Role.MLRO)
    told = proposal("account_restriction", account_id=key.account_id, restriction=int(AccountRestriction.FROZEN))
    assert (await maker.send("POST", "proposals/atOnce", told)).status_code == 400
    done = await other.done("POST", "proposals/atOnce", told)
    assert done["state"] == "to_review"
    assert inside.site.profiles.of(key.account_id).restriction == AccountRestriction.FROZEN
    queue = await checker.done("GET", "queue")
    assert [(item["kind"], item["itemId"]) for item in queue] == [("review", done["proposalId"])]
    reviewed = await checker.verdict("review", done, verdict="approve")
    assert reviewed.json()["state"] == "carried_out"


@pytest.mark.shows("STAF-022")
@pytest.mark.parametrize(
    ("maker", "checker", "action", "payload"),
    [
        (Role.MARKET_OPERATIONS, Role.RESPONSIBLE_OFFICER, "price_band", {"market_id": 1, "band_ppm": 50_000}),
        (Role.MARKET_OPERATIONS, Role.COMPLIANCE_OFFICER, "market_rules", {"market_id": 1, "admitted_classes": 14}),
        (
            Role.MARKET_OPERATIONS,
            Role.COMPLIANCE_OFFICER,
            "asset_listing",
            {"asset_id": 90, "decimals": 8, "code": "NEW"},
        ),
        (Role.FINANCE, Role.RESPONSIBLE_OFFICER, "fee_tier", {"tier": 3, "maker_fee_ppm": 5, "taker_fee_ppm": 7}),
        (Role.FINANCE, Role.RESPONSIBLE_OFFICER, "fee_tier_assignment", {"tier": 3}),
        (Role.ONBOARDING_REVIEWER, Role.COMPLIANCE_OFFICER, "client_class", {"client_class": 2}),
        (Role.ONBOARDING_REVIEWER, Role.COMPLIANCE_OFFICER, "exposure_limit", {"exposure_limit_atoms": 10**12}),
        (Role.COMPLIANCE_OFFICER, Role.MARKET_OPERATIONS, "kill_switch", {"scope": 2, "scope_id": 1}),
        (Role.OPERATIONS, Role.FINANCE, "correction", {"asset_id": 3, "amount_atoms": 5}),
    ],
)
async def test_every_order_of_the_core(
    inside: Inside, maker: Role, checker: Role, action: str, payload: dict[str, Any]
) -> None:
    key, other = await inside.account(USDT="10"), await inside.account()
    if action in {"fee_tier_assignment", "client_class", "exposure_limit"}:
        payload = payload | {"account_id": key.account_id}
    if action == "correction":
        payload = payload | {"debit_account_id": key.account_id, "credit_account_id": other.account_id}
    made = await (await enrolled(inside, "maker@example.com", maker)).propose(action, **payload)
    done = await (await enrolled(inside, "checker@example.com", checker)).approve(made)
    assert done["state"] == "carried_out", done["outcome"]
    if action == "correction":
        assert [available for _, available, _ in inside.site.node.engine.balances(other.account_id)] == [5]


@pytest.mark.shows("STAF-022")
async def test_a_change_of_one_thing_keeps_the_others(inside: Inside) -> None:
    maker = await enrolled(inside, "review@example.com", Role.ONBOARDING_REVIEWER)
    checker = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    other = await enrolled(inside, "mlro@example.com", Role.MLRO)
    account_id = (await inside.account()).account_id
    for action, payload in (("client_class", {"client_class": 1}), ("exposure_limit", {"exposure_limit_atoms": 77})):
        await checker.approve(await maker.propose(action, account_id=account_id, **payload))
    await checker.approve(await other.propose("account_restriction", account_id=account_id, restriction=2))
    profile = inside.site.profiles.of(account_id)
    assert (profile.client_class, profile.exposure_limit_atoms, profile.restriction) == (1, 77, 2)
    saved = type(inside.site.profiles)()
    saved.load(inside.site.profiles.save())
    assert saved.of(account_id) == profile
    assert saved.clients == inside.site.profiles.clients


@pytest.mark.shows("STAF-029")
@pytest.mark.parametrize(
    ("action", "payload", "words"),
    [
        ("kill_switch", {"scope": int(KillSwitchScope.MARKET), "scope_id": 99}, "there is no market 99"),
        ("kill_switch", {"scope": int(KillSwitchScope.ACCOUNT), "scope_id": 999}, "there is no account 999"),
        ("kill_switch", {"scope": int(KillSwitchScope.SITE), "scope_id": 1}, "the whole site has no number 1"),
        ("error_trade", {"trade_id": 7}, "there is no trade 7 of the last hour"),
        ("correction", {"asset_id": 99, "amount_atoms": 5}, "there is no asset 99"),
        ("fee_tier_assignment", {"tier": 77}, "there is no fee tier 77"),
    ],
)
async def test_what_there_is_not_is_said_before_it_is_sent(
    inside: Inside, action: str, payload: dict[str, int], words: str
) -> None:
    maker = await enrolled(inside, "market@example.com", Role.MARKET_OPERATIONS, Role.OPERATIONS)
    account_id = (await inside.account()).account_id
    whose = {
        "correction": {"debit_account_id": account_id, "credit_account_id": account_id},
        "fee_tier_assignment": {"account_id": account_id},
    }.get(action, {})
    for path in ("proposals/preview", "proposals"):
        answer = await maker.send("POST", path, proposal(action, **whose, **payload))
        assert (answer.status_code, reason_of(answer)) == (400, "payload_malformed")
        assert words in answer.text
    assert await maker.done("GET", "proposals") == []


@pytest.mark.shows("STAF-022", "STAF-029")
async def test_a_trade_of_the_last_hour_is_booked_back_and_an_older_one_is_not_proposed(inside: Inside) -> None:
    maker = await enrolled(inside, "operations@example.com", Role.OPERATIONS)
    checker = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    seller, buyer = await inside.account(BTC="1"), await inside.account(USDT="100000")
    for key, side in ((seller, "SELL"), (buyer, "BUY")):
        told = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "quantity": "0.5", "price": "50000"}
        assert (await key.signed("POST", "/api/v1/spot/order", **told)).status_code == 200
    made = await maker.propose("error_trade", trade_id=1)
    assert (await checker.approve(made))["state"] == "carried_out"
    inside.pass_time(3_700)
    await inside.account()  # a command of now: what is older than an hour is forgotten with it
    await maker.sign_in()
    answer = await maker.send("POST", "proposals/preview", proposal("error_trade", trade_id=1))
    assert "there is no trade 1 of the last hour" in answer.text


@pytest.mark.shows("STAF-028")
async def test_a_form_is_told_what_is_listed_as_it_is_now_and_strangers_are_not(inside: Inside) -> None:
    maker, checker = await officers(inside)

    async def assets(desk: Desk) -> list[str]:
        (action,) = [each for each in await desk.done("GET", "actions") if each["action"] == "market_listing"]
        (field,) = [each for each in action["fields"] if each["name"] == "base_asset_id"]
        return [each["name"] for each in field["choices"]]

    before = await assets(maker)
    assert before[:2] == ["BTC", "ETH"]
    done = await checker.approve(await maker.propose("asset_listing", asset_id=90, decimals=8, code="NEW"))
    assert done["state"] == "carried_out"
    assert await assets(maker) == [*before, "NEW"]
    assert await assets(await enrolled(inside, "treasurer@example.com", Role.TREASURY)) == []
