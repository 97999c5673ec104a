"""What falls due for clients, day by day: a simulated year goes by in a moment, and replays to the byte."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.assessments.authorities import months_later
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import NEVER_NS
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.terms import Effect
from lionrock.compliance.gates import by_staff, client_clock
from lionrock.site import sandbox
from lionrock.words.commands import CancelOrders, Transfer
from lionrock.words.enumerations import AccountRestriction, CancelReason, ClientClass, Side, TransferPurpose
from tests.compliance.gates.test_client_gates import StrictRulebook
from tests.compliance.rooms import (
    ACCOUNT,
    CLIENT,
    DOCUMENT,
    EVA,
    FINN,
    LOW_RISK,
    MEANS,
    START_NS,
    UNIT,
    Room,
    best_answers,
    opened,
    person,
)


async def until(room: Room, end_ns: int) -> None:
    """Looks whenever something falls due."""
    while room.clock.next_ns <= end_ns:
        room.now_ns = max(room.now_ns, room.clock.next_ns)
        await room.clock.look(room.now_ns)
    room.now_ns = end_ns


async def begun(room: Room) -> None:
    room.complete()
    await room.clock.attend(CLIENT, START_NS)


@pytest.mark.shows_rule("HK-K03")
@pytest.mark.shows("ASSE-031")
async def test_a_limit_is_told_once_and_reviewed_within_a_year(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        assert room.outbox.kinds() == ["exposure_limit_notice"]
        room.assessments.profiles.answer(CLIENT, best_answers(room.assessments.data.profile[0]), room.days(300))
        await room.buy()  # so that the account does not fall asleep
        await until(room, room.days(335) - 1)
        assert "exposure_limit_ends" not in room.outbox.kinds()
        await until(room, room.days(335))
        assert "exposure_limit_ends" in room.outbox.kinds()
        await until(room, room.days(364))
        assert room.profile().restriction == AccountRestriction.NONE
        room.now_ns = room.days(364)
        await room.buy()
        await until(room, room.days(365) - 1)
        assert room.profile().restriction == AccountRestriction.NONE
        await until(room, room.days(365))
        assert room.profile().restriction == AccountRestriction.REDUCE_ONLY
        assert room.profile().exposure_limit_atoms == 40_000 * UNIT  # it still bounds
        owed = [each for each in room.assessments.obligations.all() if each.kind == "exposure_limit_review"]
        assert [(each.begun_ns, each.done_ns) for each in owed] == [(room.days(365), 0)]
        room.assessments.exposure.assess(CLIENT, MEANS, room.days(366))
        await room.clock.attend(CLIENT, room.days(366))
        assert room.profile().restriction == AccountRestriction.NONE
        owed = [each for each in room.assessments.obligations.all() if each.kind == "exposure_limit_review"]
        assert owed[0].done_ns == room.days(366)
        assert room.outbox.kinds().count("exposure_limit_notice") == 2


@pytest.mark.shows_rule("HK-25b")
@pytest.mark.shows("ASSE-042")
async def test_a_professional_falls_back_to_retail_by_itself_on_day_365(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        await by_staff.accept_evidence(
            room.clock, EVA, CLIENT, approver=FINN, kind="portfolio_statement", document_sha256=DOCUMENT,
            dated_ns=START_NS, at_ns=START_NS,
        )  # fmt: skip
        assert room.profile().client_class == ClientClass.PROFESSIONAL
        assert await room.buy() == "placed"
        await until(room, room.days(335) - 1)
        assert "professional_evidence_ends" not in room.outbox.kinds()
        await until(room, room.days(335))
        assert "professional_evidence_ends" in room.outbox.kinds()
        await until(room, room.days(364))
        assert room.profile().client_class == ClientClass.PROFESSIONAL
        await until(room, room.days(365) - 1)
        assert room.profile().client_class == ClientClass.PROFESSIONAL
        await until(room, room.days(365))
        assert room.profile().client_class == ClientClass.RETAIL
        assert room.profile().products == 0b1
        assert room.profile().open_order_cap == 200
        assert "professional_evidence_ended" in room.outbox.kinds()


@pytest.mark.shows_rule("AE-11")
@pytest.mark.shows("ASSE-052")
async def test_a_new_agreement_is_announced_and_from_its_day_on_the_old_one_only_reduces(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        (second,) = await by_staff.publish_agreement(
            room.clock, EVA, "client_agreement", {"en": "other words"}, approver=FINN, in_force_ns=room.days(30),
            at_ns=START_NS,
        )  # fmt: skip
        assert room.outbox.kinds().count("agreement_change") == 1
        await until(room, room.days(30) - 1)
        assert room.profile().restriction == AccountRestriction.NONE
        await until(room, room.days(30))
        assert room.profile().restriction == AccountRestriction.REDUCE_ONLY
        (condition,) = room.gates.standings[CLIENT].conditions
        assert condition.name == "agreement_outdated"
        assert condition.figures == {"agreement": "client_agreement", "version_in_force": 2, "version_accepted": 1}
        room.assessments.agreements.accept(CLIENT, "user", second.sha256, room.days(31))
        await room.clock.attend(CLIENT, room.days(31))
        assert room.profile().restriction == AccountRestriction.NONE
        assert room.outbox.kinds().count("agreement_change") == 1


@pytest.mark.shows("ASSE-070")
async def test_how_often_a_client_is_reviewed_follows_from_its_risk(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        await by_staff.override_risk(
            room.clock, EVA, CLIENT, approver=FINN, level="medium", reason="known to us", at_ns=START_NS
        )
        assert room.gates.standings[CLIENT].risk.next_review_ns == room.days(730)
        await until(room, room.days(700))
        assert "periodic_review_ahead" in room.outbox.kinds()

        def owed() -> list[int]:
            return [each.done_ns for each in room.assessments.obligations.all() if each.kind == "periodic_review"]

        assert owed() == []
        await until(room, room.days(730))
        assert owed() == [0]
        names = [each.name for each in room.gates.standings[CLIENT].conditions]
        assert "review_overdue" not in names
        await until(room, room.days(760))
        assert "review_overdue" in [each.name for each in room.gates.standings[CLIENT].conditions]
        await by_staff.review(room.clock, EVA, CLIENT, approver=FINN, document_sha256=DOCUMENT, at_ns=room.days(761))
        assert owed() == [room.days(761)]
        assert "review_overdue" not in [each.name for each in room.gates.standings[CLIENT].conditions]
        assert room.gates.standings[CLIENT].risk.next_review_ns == room.days(761 + 730)
        with pytest.raises(AssessmentRefused, match="second_person_missing"):
            await by_staff.review(room.clock, EVA, CLIENT, approver=EVA, document_sha256=DOCUMENT, at_ns=room.days(762))


@pytest.mark.shows_rule("HK-C19")
@pytest.mark.shows("ASSE-071")
async def test_an_account_that_nobody_uses_falls_asleep_and_its_client_wakes_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        room.now_ns = room.days(10)
        await room.buy()
        await room.site.node.submit(
            CancelOrders(account_id=ACCOUNT, market_id=0, group_id=0, reason=CancelReason.REQUESTED)
        )
        await until(room, room.days(375) - 1)
        assert "dormant" not in room.outbox.kinds()
        await until(room, room.days(375))
        assert room.outbox.kinds().count("dormant") == 1
        assert room.profile().restriction == AccountRestriction.FROZEN
        await deposit(room)  # what somebody sends to it does not wake it
        await room.clock.attend(CLIENT, room.days(376))
        assert room.profile().restriction == AccountRestriction.FROZEN
        client, used_ns = person(), room.gates.standings[CLIENT].record.last_activity_ns
        reviews = room.assessments.reviews
        with pytest.raises(AssessmentRefused) as refused:
            reviews.wake(client, used_ns, room.days(377), second_factor_shown=False)
        assert (refused.value.name, refused.value.rules) == ("second_factor_needed", ("HK-C19",))
        reviews.wake(client, used_ns, room.days(377), second_factor_shown=True)
        await room.clock.attend(CLIENT, room.days(377))
        assert not room.gates.standings[CLIENT].record.dormant
        with pytest.raises(AssessmentRefused, match="not_dormant"):
            reviews.wake(client, used_ns, room.days(377), second_factor_shown=True)


@pytest.mark.shows("ASSE-071")
async def test_a_client_whose_review_is_due_is_reviewed_before_it_wakes(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        await until(room, room.days(1095))
        with pytest.raises(AssessmentRefused, match="review_overdue"):
            room.assessments.reviews.wake(person(), 0, room.days(1095), second_factor_shown=True)


async def deposit(room: Room) -> None:
    await room.site.node.submit(
        Transfer(
            asset_id=1,
            debit_account_id=sandbox.CUSTODY_ACCOUNT,
            credit_account_id=ACCOUNT,
            amount_atoms=1,
            purpose=TransferPurpose.DEPOSIT,
        )
    )


@pytest.mark.shows_rule("HK-C15")
@pytest.mark.shows("ASSE-061")
async def test_an_authority_is_told_of_renewed_by_silence_and_confirmed(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        ends_ns = months_later(START_NS, 12)
        made = room.assessments.authorities.grant(
            CLIENT, "retail", "settlement", DOCUMENT, begins_ns=START_NS, ends_ns=ends_ns, at_ns=START_NS
        )
        await room.clock.attend(CLIENT, START_NS)
        await until(room, ends_ns - 21 * DAY_NS - 1)
        assert "standing_authority_renewal" not in room.outbox.kinds()
        await until(room, ends_ns - 21 * DAY_NS)
        assert "standing_authority_renewal" in room.outbox.kinds()
        await until(room, ends_ns)
        first, second = room.assessments.authorities.of(CLIENT)
        assert (first.authority_id, second.renews) == (made.authority_id, made.authority_id)
        assert (second.begins_ns, second.confirmed_ns) == (ends_ns, ends_ns)
        (owed,) = [
            each for each in room.assessments.obligations.all() if each.kind == "standing_authority_confirmation"
        ]
        assert owed.done_ns - owed.begun_ns < 7 * DAY_NS
        assert room.assessments.authorities.check(CLIENT, "settlement", ends_ns) == second


@pytest.mark.shows("ASSE-061")
async def test_looks_at_one_time_renew_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        ends_ns = months_later(START_NS, 12)
        room.assessments.authorities.grant(
            CLIENT, "retail", "settlement", DOCUMENT, begins_ns=START_NS, ends_ns=ends_ns, at_ns=START_NS
        )
        await room.clock.attend(CLIENT, START_NS)
        await until(room, ends_ns - 1)
        await asyncio.gather(*(room.clock.attend(CLIENT, ends_ns) for _ in range(5)))
        assert len(room.assessments.authorities.of(CLIENT)) == 2
        assert room.outbox.kinds().count("standing_authority_confirmation") == 1


@pytest.mark.shows("ASSE-062")
async def test_a_notice_that_comes_too_late_is_not_sent_and_the_authority_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        await begun(room)
        ends_ns = START_NS + 13 * DAY_NS
        room.assessments.authorities.grant(
            CLIENT, "retail", "settlement", DOCUMENT, begins_ns=START_NS, ends_ns=ends_ns, at_ns=START_NS
        )
        await room.clock.attend(CLIENT, START_NS)
        await until(room, ends_ns)
        assert "standing_authority_renewal" not in room.outbox.kinds()
        assert "standing_authority_ended" in room.outbox.kinds()
        assert len(room.assessments.authorities.of(CLIENT)) == 1


async def a_year(directory: Path) -> list[bytes]:
    """Three clients over fourteen months; a rule begins to refuse half-way. Every decision that was acted on."""
    rulebook = StrictRulebook()
    everybody = [person(client_id, account_id) for client_id, account_id in (("aa", 701), ("bb", 702), ("cc", 703))]
    async with opened(directory, *everybody, rulebook=rulebook) as room:
        for client in everybody:
            room.complete(client.client_id)
        room.assessments.evidence.accept(
            "bb", "public_filing", DOCUMENT, dated_ns=START_NS, proposer=EVA, approver=FINN, at_ns=START_NS
        )
        room.assessments.restrictions.place("cc", Effect.REDUCE_ONLY, "a call", EVA, START_NS)
        await room.clock.look_at_all(START_NS)
        await until(room, room.days(180))
        rulebook.refusing.add("tax_self_certified")
        await room.clock.look_at_all(room.days(180))
        await until(room, room.days(425))
        assert room.clock.next_ns > room.days(425)
        return [each.encode() for client in everybody for each in room.gates.decisions_of(client.client_id)]


@pytest.mark.shows("ASSE-081")
async def test_a_year_of_decisions_replays_to_the_same_bytes(tmp_path: Path) -> None:
    first, second = await a_year(tmp_path / "one"), await a_year(tmp_path / "two")
    assert len(first) == 8
    assert first == second
    at = [msgspec.json.decode(body)["at_ns"] for body in first]
    assert {START_NS, START_NS + 180 * DAY_NS, START_NS + 365 * DAY_NS} <= set(at)


@pytest.mark.shows("ASSE-081")
async def test_nothing_falls_due_for_somebody_nobody_knows(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        assert await room.clock.attend("nobody", START_NS) is None
        assert room.clock.next_ns == NEVER_NS
        assert await room.clock.look(START_NS) == []


@pytest.mark.shows("ASSE-042")
async def test_a_company_that_falls_back_may_still_sell_what_it_has(tmp_path: Path) -> None:
    async with opened(tmp_path, person(is_person=False)) as room:
        await by_staff.rate_risk(room.clock, EVA, CLIENT, LOW_RISK, START_NS)
        await by_staff.publish_agreement(
            room.clock, EVA, "client_agreement", {"en": "words"}, approver=FINN, in_force_ns=START_NS, at_ns=START_NS
        )
        room.assessments.agreements.accept(CLIENT, "user", room.assessments.agreements.texts()[0].sha256, START_NS)
        await by_staff.accept_evidence(
            room.clock, EVA, CLIENT, approver=FINN, kind="public_filing", document_sha256=DOCUMENT, dated_ns=START_NS,
            at_ns=START_NS,
        )  # fmt: skip
        room.now_ns = room.days(200)
        assert await room.buy() == "placed"
        await until(room, room.days(365))
        assert room.profile().client_class == ClientClass.RETAIL
        assert {each.name for each in room.gates.standings[CLIENT].conditions} == {
            "knowledge_test_not_passed",
            "risk_profile_missing",
            "exposure_limit_missing",
        }
        assert await room.buy() == "ACCOUNT_REDUCE_ONLY"
        assert await room.buy(side=Side.SELL) == "placed"


async def in_time(holds: Callable[[], bool]) -> None:
    """Returns when it holds; fails when it does not after many turns of the loop."""
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError


@pytest.mark.shows("CGAT-008")
async def test_the_coroutine_looks_and_ends_with_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_clock, "LOOK_SECONDS", 0)
    monkeypatch.setattr(client_clock, "FULL_LOOKS", 3)
    async with opened(tmp_path) as room:
        room.complete()
        running = asyncio.create_task(client_clock.keep_clients(room.clock, lambda: room.now_ns))
        await in_time(lambda: room.profile().products == 1)
        good = room.profile()
        await room.site.node.submit(msgspec.structs.replace(good, exposure_limit_atoms=0))
        await in_time(lambda: room.profile() == good)
        await room.site.node.close()
        room.clients.change(CLIENT, state="suspended")
        await asyncio.wait_for(running, 30)
