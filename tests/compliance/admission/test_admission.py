"""A token on its way to clients: votes, rules, two people, indices, and back out."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lionrock.compliance.admission.room import GATES
from lionrock.compliance.admission.tokens import Audience
from lionrock.people.staff.roles import SEATS, Role
from lionrock.rulebook.facts import GateWired, Obligation, StaffRecord, TokenRecord, Watched
from lionrock.words.commands import PlaceOrder, SetAccountProfile
from lionrock.words.enumerations import ClientClass, Side, TimeInForce
from lionrock.words.events import CommandRejected
from lionrock.words.rejections import Rejection
from tests.compliance.admission.rules import DAY_NS
from tests.compliance.admission.stage import BASKET, WITHOUT_BTC, Stage
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.staff.desk import enrolled, given_roles


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Inside(tmp_path).open() as inside:
        yield await Stage(inside).gather()


async def classify(stage: Stage, account_id: int, client_class: ClientClass) -> None:
    profile: SetAccountProfile = stage.inside.site.profiles.of(account_id)
    changed = {name: getattr(profile, name) for name in profile.__struct_fields__} | {"client_class": client_class}
    await stage.inside.site.node.submit(SetAccountProfile(**changed))


async def order(stage: Stage, account_id: int, side: Side) -> str:
    """What became of an order for 0.01 BTC: the refusal's name, or nothing."""
    site = stage.inside.site
    placing = PlaceOrder(
        order_id=0,
        account_id=account_id,
        market_id=1,
        side=side,
        order_type=1,
        time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
        post_only=0,
        price_ticks=4_000_000 if side is Side.BUY else 6_000_000,
        size_lots=1_000,
        quote_amount_atoms=0,
    )
    for event in await site.node.submit(placing):
        if isinstance(event, CommandRejected):
            return Rejection(event.rejection).name
    return ""


@pytest.mark.shows("ADMI-001")
async def test_every_seat_votes_before_a_token_is_admitted(stage: Stage) -> None:
    await stage.describe()
    await stage.two_indices()
    for role in SEATS:
        done = await stage.decide("retail")
        assert done["state"] == "failed"
        assert "The vote lacks" in done["outcome"]
        assert (await stage.vote(role)).status_code == 200
    assert (await stage.decide("retail"))["state"] == "carried_out"
    token = (await stage.tokens())["BTC"]
    assert (token["audience"], len(token["votesFor"])) == ("retail", 4)


@pytest.mark.shows("ADMI-001")
async def test_one_seat_one_person_one_vote(stage: Stage) -> None:
    await stage.describe()
    assert reason_of(await stage.vote(Role.COMMITTEE_RISK, reasons=" ")) == "reasons_missing"
    assert reason_of(await stage.vote(Role.COMMITTEE_RISK, asset="ETH")) == "token_unknown"
    assert (await stage.vote(Role.COMMITTEE_RISK)).status_code == 200
    assert reason_of(await stage.vote(Role.COMMITTEE_RISK, isFor=False)) == "voted_already"
    deputy = await enrolled(stage.inside, "deputy@example.com", Role.COMMITTEE_RISK)
    told = {"asset": "BTC", "audience": "retail", "isFor": True, "reasons": "as well"}
    assert reason_of(await deputy.send("POST", "admission/votes", told)) == "voted_already"
    same = await enrolled(stage.inside, "same@example.com", Role.COMMITTEE_IT, person="committee_risk@example.com")
    assert reason_of(await same.send("POST", "admission/votes", told)) == "voted_already"
    assert reason_of(await stage.officer.send("POST", "admission/votes", told)) == "role_missing"


@pytest.mark.shows("ADMI-001")
async def test_a_vote_against_and_a_seat_that_was_lost_do_not_count(stage: Stage) -> None:
    await stage.describe()
    await stage.two_indices()
    assert (await stage.vote(Role.COMMITTEE_IT, isFor=False)).status_code == 200
    for role in SEATS[:3]:
        await stage.vote(role)
    preview = await stage.officer.done("GET", "admission/preview?asset=BTC&audience=retail")
    assert [each["isFor"] for each in preview["votes"]] == [False, True, True, True]
    refused = [each for each in preview["answers"] if each["outcome"] == "refused"]
    assert [each["words"] for each in refused] == ["The vote lacks information_technology."]
    stage.inside.site.staff.members.deactivate(stage.seats[Role.COMMITTEE_RISK].staff_id, "")
    preview = await stage.officer.done("GET", "admission/preview?asset=BTC&audience=retail")
    assert "risk" in next(each["words"] for each in preview["answers"] if each["outcome"] == "refused")


@pytest.mark.shows("ADMI-002")
async def test_a_vote_is_about_what_was_known(stage: Stage) -> None:
    """What the regulator answers, and what the page says, comes after it and leaves it."""
    await stage.describe()
    await stage.two_indices()
    await stage.all_vote()
    known = (await stage.tokens())["BTC"]["described"]
    told: dict[str, Any] = {"asset": "BTC", "described": known | {"approvalReference": "SFC/2"}}
    await stage.officer.done("PUT", "admission/tokens", told)
    assert stage.admission.look("BTC", Audience.RETAIL)[1], "the votes stand"
    await stage.officer.done("PUT", "admission/tokens", {"asset": "BTC", "described": known | {"isSecurity": True}})
    assert stage.admission.look("BTC", Audience.RETAIL)[1] == [], "the votes were about something else"
    assert "The vote lacks" in (await stage.decide("retail"))["outcome"]


@pytest.mark.shows("ADMI-003")
@pytest.mark.parametrize(("days", "state"), [(364, "failed"), (365, "carried_out")])
async def test_a_token_is_old_enough(stage: Stage, days: int, state: str) -> None:
    issued_ns = stage.inside.now_ns + 600 * 10**9 - days * DAY_NS
    await stage.describe(issuedOnNs=issued_ns)
    await stage.two_indices()
    await stage.all_vote()
    stage.inside.now_ns = issued_ns + days * DAY_NS
    for desk in (stage.officer, stage.licensed):
        await desk.sign_in()
    done = await stage.decide("retail")
    assert done["state"] == state, done["outcome"]


@pytest.mark.shows("ADMI-003")
async def test_thresholds_are_the_rulebooks(stage: Stage) -> None:
    """With other parameters the same token passes: the room asks, and knows no figure of its own."""
    stage.rules.days, stage.rules.indices = 0, 0
    await stage.describe(issuedOnNs=stage.inside.now_ns)
    await stage.two_indices()
    await stage.all_vote()
    assert (await stage.decide("retail"))["state"] == "carried_out"
    asked = [gate for gate, _ in stage.rules.asked]
    assert set(asked) == set(GATES)
    assert all(fact.audience == "retail" for _, fact in stage.rules.asked), "as it would stand after the decision"
    facts = stage.facts.facts(GateWired)
    assert facts is not None
    assert {each.gate for each in facts if each.admitted} == set(GATES)


@pytest.mark.shows("ADMI-004")
async def test_two_indices_of_one_group_are_one(stage: Stage) -> None:
    await stage.describe()
    await stage.provider("Alpha", "Alpha Large Cap", "Alpha Mid Cap", group="Holding")
    await stage.provider("Beta", "Beta Large Cap", group="Holding")
    for index, provider in (("Alpha Large Cap", "Alpha"), ("Alpha Mid Cap", "Alpha"), ("Beta Large Cap", "Beta")):
        assert (await stage.upload(index, provider)).status_code == 200
    await stage.all_vote()
    done = await stage.decide("retail")
    assert (done["state"], done["outcome"]) == ("failed", "In 1 independent indices.")
    await stage.provider("Gamma", "Gamma 10", is_iosco_compliant=False, has_conventional_indices=False)
    assert (await stage.upload("Gamma 10", "Gamma")).status_code == 200
    assert (await stage.decide("retail"))["state"] == "carried_out", "the others know conventional indices"


@pytest.mark.shows("ADMI-004")
async def test_one_provider_at_least_knows_conventional_indices(stage: Stage) -> None:
    await stage.describe()
    for name in ("Alpha", "Beta"):
        await stage.provider(name, f"{name} 10", has_conventional_indices=False)
        await stage.upload(f"{name} 10", name)
    await stage.all_vote()
    done = await stage.decide("retail")
    assert (done["state"], done["outcome"]) == ("failed", "No provider knows conventional indices.")


@pytest.mark.shows("ADMI-004")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no rows"),
        ("Symbol\n", "no rows"),
        ("Name\nBitcoin\n", "columns"),
        ("Symbol,Weight\nBTC\n", "row 2 has 1 cells"),
        ("Symbol\nBTC\nETH\nbtc\n", "row 4 has BTC once more"),
        ("Symbol\nB T C\n", "row 2 has no code"),
        ('Symbol\n"BTC\n', "no CSV"),
    ],
)
async def test_a_file_that_is_half_understood_is_not_used(stage: Stage, content: str, words: str) -> None:
    await stage.provider("Alpha", "Alpha Large Cap")
    answer = await stage.upload("Alpha Large Cap", "Alpha", content)
    assert reason_of(answer) == "file_unreadable"
    assert words in answer.json()["lionrock"]["words"]
    assert stage.admission.register.files() == []


@pytest.mark.shows("ADMI-004")
async def test_a_file_is_kept_with_hash_date_and_provider(stage: Stage) -> None:
    await stage.provider("Alpha", "Alpha Large Cap")
    assert reason_of(await stage.upload("Alpha Large Cap", "Alpha", sha256="0" * 64)) == "file_differs"
    assert reason_of(await stage.upload("Alpha Large Cap", "Nobody")) == "provider_unknown"
    assert reason_of(await stage.upload("Alpha Small Cap", "Alpha")) == "provider_unknown"
    late = stage.inside.now_ns + DAY_NS
    assert reason_of(await stage.upload("Alpha Large Cap", "Alpha", as_of_ns=late)) == "file_date"
    assert (await stage.upload("Alpha Large Cap", "Alpha")).status_code == 200
    early = stage.inside.now_ns - DAY_NS
    assert reason_of(await stage.upload("Alpha Large Cap", "Alpha", as_of_ns=early)) == "file_not_newer"
    (file,) = stage.admission.register.files()
    assert (file.sha256, file.constituents) == (hashlib.sha256(BASKET.encode()).hexdigest(), ("BTC", "ETH"))
    assert stage.admission.register.file_is_whole(file)


@pytest.mark.shows("ADMI-005")
async def test_the_audit_is_of_the_contract_on_chain(stage: Stage) -> None:
    await stage.describe(bytecodeSha256="a" * 64, auditBytecodeSha256="b" * 64, auditReportSha256="c" * 64)
    await stage.two_indices()
    await stage.all_vote()
    done = await stage.decide("retail")
    assert (done["state"], done["outcome"]) == ("failed", "The contract is not the audited one.")
    await stage.describe(bytecodeSha256="a" * 64, auditBytecodeSha256="a" * 64, auditReportSha256="c" * 64)
    await stage.all_vote()
    assert (await stage.decide("retail"))["state"] == "carried_out"
    known = (await stage.tokens())["BTC"]["described"]
    changed = {"asset": "BTC", "described": known | {"bytecodeSha256": "e" * 64}}
    await stage.officer.done("PUT", "admission/tokens", changed)
    token = (await stage.tokens())["BTC"]
    assert (token["audience"], token["votesFor"]) == ("retail_reduce_only", []), "the contract on chain was changed"


@pytest.mark.shows("ADMI-006")
async def test_retail_clients_wait_for_the_regulator(stage: Stage) -> None:
    await stage.describe(approvalReference="")
    await stage.two_indices()
    await stage.all_vote()
    done = await stage.decide("retail")
    assert (done["state"], done["outcome"]) == ("failed", "The regulator has not approved.")
    await stage.all_vote(audience="professional")
    assert (await stage.decide("professional"))["state"] == "carried_out"


@pytest.mark.shows("ADMI-007")
async def test_an_audience_reaches_the_core(stage: Stage) -> None:
    """By the classes that its markets admit; other rules of the market stay."""
    key = await stage.inside.account(BTC="1", USDT="10000")
    await stage.describe()
    await stage.two_indices()
    outcomes = {}
    for audience in ("professional", "retail"):
        await stage.all_vote(audience=audience)
        assert (await stage.decide(audience))["state"] == "carried_out"
        for client_class in ClientClass:
            await classify(stage, key.account_id, client_class)
            outcomes[audience, client_class.name] = await order(stage, key.account_id, Side.BUY)
    refused = "CLIENT_CLASS_NOT_ADMITTED"
    assert outcomes == {
        ("professional", "UNCLASSIFIED"): refused,
        ("professional", "RETAIL"): refused,
        ("professional", "PROFESSIONAL"): "",
        ("professional", "INSTITUTIONAL"): "",
        ("retail", "UNCLASSIFIED"): refused,
        ("retail", "RETAIL"): "",
        ("retail", "PROFESSIONAL"): "",
        ("retail", "INSTITUTIONAL"): "",
    }
    assert (await stage.decide("none"))["state"] == "carried_out"
    assert await order(stage, key.account_id, Side.SELL) == refused


@pytest.mark.shows("ADMI-008")
async def test_falling_out_leaves_retail_clients_selling_only(stage: Stage) -> None:
    retail, professional = await stage.inside.account(BTC="1", USDT="9999"), await stage.inside.account(USDT="9999")
    await classify(stage, retail.account_id, ClientClass.RETAIL)
    await classify(stage, professional.account_id, ClientClass.PROFESSIONAL)
    await stage.admit_for_retail()
    assert await order(stage, retail.account_id, Side.BUY) == ""
    answer = await stage.upload("Beta Large Cap", "Beta", WITHOUT_BTC)
    assert answer.json() == {"fallenOut": ["BTC"]}
    assert (await stage.tokens())["BTC"]["audience"] == "retail_reduce_only"
    assert await order(stage, retail.account_id, Side.BUY) == "ASSET_NOT_PERMITTED"
    assert await order(stage, retail.account_id, Side.SELL) == ""
    assert await order(stage, professional.account_id, Side.BUY) == ""
    fact = next(each for each in stage.facts.facts(TokenRecord) or () if each.asset == "BTC")
    assert (fact.audience, len(fact.indices), len(fact.votes_for)) == ("retail_reduce_only", 1, 4)


@pytest.mark.shows("ADMI-008")
async def test_whoever_comes_later_only_sells_as_well(stage: Stage) -> None:
    """The clock brings the core up to date; a client found professional may buy again."""
    await stage.admit_for_retail()
    await stage.upload("Beta Large Cap", "Beta", WITHOUT_BTC)
    later = await stage.inside.account(BTC="1", USDT="9999")
    await classify(stage, later.account_id, ClientClass.RETAIL)
    assert await stage.admission.keep() == 1
    assert await stage.admission.keep() == 0
    assert await order(stage, later.account_id, Side.BUY) == "ASSET_NOT_PERMITTED"
    await classify(stage, later.account_id, ClientClass.PROFESSIONAL)
    assert await stage.admission.keep() == 1
    assert await order(stage, later.account_id, Side.BUY) == ""


@pytest.mark.shows("ADMI-008")
async def test_back_in_the_indices_it_takes_a_new_decision(stage: Stage) -> None:
    retail = await stage.inside.account(BTC="1", USDT="9999")
    await classify(stage, retail.account_id, ClientClass.RETAIL)
    await stage.admit_for_retail()
    await stage.upload("Beta Large Cap", "Beta", WITHOUT_BTC)
    await stage.upload("Beta Large Cap", "Beta", BASKET)
    assert (await stage.tokens())["BTC"]["audience"] == "retail_reduce_only", "not by itself"
    assert "The vote lacks" in (await stage.decide("retail"))["outcome"], "the votes were for another decision"
    await stage.all_vote()
    assert (await stage.decide("retail"))["state"] == "carried_out"
    assert await order(stage, retail.account_id, Side.BUY) == ""


@pytest.mark.shows("ADMI-009")
async def test_what_was_approved_is_what_was_looked_at(stage: Stage) -> None:
    await stage.describe()
    await stage.two_indices()
    await stage.all_vote()
    made = await stage.officer.propose("admission_decision", asset="BTC", audience="retail")
    await stage.describe(isStablecoin=True)
    done = await stage.licensed.approve(made)
    assert (done["state"], done["outcome"].partition(":")[0]) == ("failed", "target_changed")


@pytest.mark.shows("ADMI-010")
async def test_history_and_journal_tell_everything(stage: Stage) -> None:
    await stage.admit_for_retail()
    await stage.upload("Beta Large Cap", "Beta", WITHOUT_BTC)
    rows = await stage.officer.done("GET", "admission/history?subject=BTC")
    assert [row["event"] for row in rows] == ["applied", *["voted"] * 4, "decided", "fell out"]
    assert rows[-1]["details"]["gates"] == "two_independent_indices"
    every = await stage.officer.done("GET", "admission/history")
    assert [row["digest"] for row in every] == [digest.hex() for digest in stage.digests]
    for row in every:
        assert hashlib.sha256(row["canonical"].encode()).hexdigest() == row["digest"]
    assert stage.admission.history.broken_at() == 0


@pytest.mark.shows("ADMI-011")
async def test_the_board_is_told_each_month(stage: Stage) -> None:
    await stage.admit_for_retail()
    month = "2027-01"
    early = await stage.officer.send("POST", "admission/reports", {"month": month})
    assert reason_of(early) == "month_not_over"
    assert reason_of(await stage.officer.send("POST", "admission/reports", {"month": "2027-1"})) == "month_malformed"
    begun_ns = stage.reports.bounds(month)[1]
    stage.inside.now_ns = begun_ns
    await stage.officer.sign_in()
    assert stage.facts.facts(Obligation) == [Obligation("admission_report", month, begun_ns, None)]
    assert [item.item_id for item in stage.facts.work(stage.inside.now_ns)] == [month]
    report = await stage.officer.done("POST", "admission/reports", {"month": month})
    again = await stage.officer.done("GET", f"admission/reports?month={month}")
    assert report == again == await stage.officer.done("POST", "admission/reports", {"month": month})
    assert "Offered to retail clients, or only sold by them: BTC." in report["content"]
    assert report["content"].count("| voted |") == 4
    assert hashlib.sha256(report["content"].encode()).hexdigest() == report["sha256"]
    (owed,) = stage.facts.facts(Obligation) or ()
    assert owed.done_ns is not None
    assert stage.facts.facts(Watched) == [Watched("admission_report", "compliance.admission")]
    assert stage.facts.facts(StaffRecord) is None


@pytest.mark.shows("ADMI-001")
async def test_seats_are_held_by_four_people(stage: Stage) -> None:
    """A person with two seats, had somebody given them, has one vote."""
    await stage.describe()
    desk = stage.seats[Role.COMMITTEE_RISK]
    given_roles(stage.inside, desk.staff_id, Role.COMMITTEE_IT)
    assert (await stage.vote(Role.COMMITTEE_RISK)).status_code == 200
    assert reason_of(await stage.vote(Role.COMMITTEE_RISK)) == "voted_already"
    assert len(stage.admission.look("BTC", Audience.RETAIL)[1]) == 1
