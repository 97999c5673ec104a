"""What was found out about a client reaches the core: when, in which frame, and again after anything went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.assessments.ports import AssetTerms
from lionrock.compliance.assessments.terms import Effect
from lionrock.compliance.gates import by_staff
from lionrock.node.published import Published
from lionrock.rulebook.decisions import ADMITTED, REFUSED, Decision, RuleCited
from lionrock.rulebook.subject import Subject
from lionrock.views.profiles import Profiles
from lionrock.words.commands import Command, SetAccountProfile, SetAssetPermission
from lionrock.words.enumerations import AccountRestriction, ClientClass, Side
from lionrock.words.events import OrderCancelled
from lionrock.words.side_notes import StatementKind, statement_of
from tests.compliance.rooms import (
    ACCOUNT,
    ASSETS,
    CLIENT,
    DOCUMENT,
    EVA,
    FINN,
    LOW_RISK,
    START_NS,
    Room,
    fund,
    opened,
    person,
)

LIMIT_ATOMS = 40_000 * 10**8


class Frames:
    """Every frame from now on."""

    def __init__(self, room: Room) -> None:
        self.all: list[Published] = []
        room.site.node.subscribe(self.all.append)

    def commands(self) -> list[str]:
        return [type(command).__name__ for frame in self.all for command in frame.commands]


@pytest.mark.shows_rule("HK-K01", "HK-K02", "HK-K03")
@pytest.mark.shows("CGAT-001")
async def test_nobody_trades_before_everything_is_there(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        current = await room.clock.attend(CLIENT, START_NS)
        assert current is not None
        assert [condition.name for condition in current.conditions] == [
            "risk_not_rated",
            "knowledge_test_not_passed",
            "risk_profile_missing",
            "exposure_limit_missing",
            "agreement_not_accepted",
        ]
        for condition in current.conditions:
            assert condition.words
            assert condition.rules
            assert condition.next_step
        assert await room.buy() == "PRODUCT_NOT_PERMITTED"
        room.complete()
        current = await room.clock.attend(CLIENT, START_NS)
        assert current is not None
        assert (current.conditions, current.effect) == ((), Effect.NONE)
        assert room.profile() == SetAccountProfile(
            account_id=ACCOUNT,
            legal_entity=1,
            products=0b1,  # what retail and the profile both may, of what the site has
            client_class=ClientClass.RETAIL,
            restriction=AccountRestriction.NONE,
            open_order_cap=200,
            exposure_limit_atoms=LIMIT_ATOMS,
        )
        assert await room.buy() == "placed"


@pytest.mark.shows("CGAT-002")
async def test_a_change_stands_in_one_frame_with_the_hash_of_its_decision(tmp_path: Path) -> None:
    async with opened(tmp_path, asset_terms=ASSETS) as room:
        frames = Frames(room)
        await room.clock.attend(CLIENT, START_NS)
        (frame,) = frames.all
        assert frames.commands() == [
            "AdvanceTime",
            "SetAccountProfile",
            "SetAssetPermission",
            "SetAssetPermission",
            "SetAssetPermission",
            "CancelOrders",
        ]
        told = statement_of(frame.notes[0])
        assert told is not None
        assert told.kind == StatementKind.DECISION
        (body,) = room.gates.decisions_of(CLIENT)
        assert sha256(body.encode()).digest() == told.digest
        assert (body.client_id, body.effect, len(body.commands)) == (CLIENT, "no_orders", 5)
        assert "risk-1" in body.methods


@pytest.mark.shows("CGAT-003")
async def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, asset_terms=ASSETS) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        sequence, digest = room.site.node.engine.last_sequence, room.site.node.engine.digest()
        for _ in range(3):
            await room.clock.attend(CLIENT, START_NS)
            assert await room.gates.reconcile(START_NS) == []
        assert (room.site.node.engine.last_sequence, room.site.node.engine.digest()) == (sequence, digest)
        assert room.outbox.kinds() == ["exposure_limit_notice"]
    async with opened(tmp_path, asset_terms=ASSETS) as room:  # and after a restart
        assert await room.gates.reconcile(START_NS) == []
        assert room.site.node.engine.digest() == digest


@pytest.mark.shows("CGAT-008")
async def test_what_was_set_past_the_gates_is_put_back(tmp_path: Path) -> None:
    async with opened(tmp_path, person(), person("beef", 601), asset_terms=ASSETS) as room:
        for client_id in (CLIENT, "beef"):
            room.complete(client_id)
            await room.clock.attend(client_id, START_NS)
        good = room.profile()
        drift: Iterable[Command] = (
            msgspec.structs.replace(good, exposure_limit_atoms=0),
            msgspec.structs.replace(good, client_class=ClientClass.INSTITUTIONAL),
            msgspec.structs.replace(good, restriction=AccountRestriction.FROZEN),
            SetAssetPermission(account_id=ACCOUNT, asset_id=2, permitted=1),
        )
        for command in drift:
            await room.site.node.submit(command)
            assert await room.gates.reconcile(START_NS) == [CLIENT]
            assert room.profile() == good
            assert room.site.profiles.forbidden_assets(ACCOUNT) == {2}


@pytest.mark.shows("CGAT-006")
async def test_a_lesser_right_takes_back_orders_that_it_would_not_let_in(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        frames = Frames(room)
        assert [await room.buy(), await room.buy(side=Side.SELL)] == ["placed", "placed"]
        await by_staff.restrict(room.clock, EVA, CLIENT, Effect.REDUCE_ONLY, "a call", at_ns=START_NS)
        ended = [event for frame in frames.all for event in frame.events if isinstance(event, OrderCancelled)]
        assert len(ended) == 2
        assert [await room.buy(), await room.buy(side=Side.SELL)] == ["ACCOUNT_REDUCE_ONLY", "placed"]
        await by_staff.restrict(room.clock, EVA, CLIENT, Effect.FROZEN, "another call", at_ns=START_NS)
        assert await room.buy(side=Side.SELL) == "ACCOUNT_FROZEN"


@pytest.mark.shows("CGAT-007")
async def test_class_profile_and_residence_decide_which_assets_are_acquired(tmp_path: Path) -> None:
    async with opened(tmp_path, person(), person("beef", 601, jurisdiction="XX"), asset_terms=ASSETS) as room:
        for client_id in (CLIENT, "beef"):
            room.complete(client_id)
            await room.clock.attend(client_id, START_NS)
        assert [room.site.profiles.forbidden_assets(each) for each in (ACCOUNT, 601)] == [{2}, {2, 3}]
        assert [await room.buy(market_id=2), await room.buy()] == ["ASSET_NOT_PERMITTED", "placed"]
        assert await room.buy(market_id=2, side=Side.SELL) == "placed"  # getting rid of it stays possible
        await by_staff.accept_evidence(
            room.clock, EVA, CLIENT, approver=FINN, kind="public_filing", document_sha256=DOCUMENT,
            dated_ns=START_NS, at_ns=START_NS,
        )  # fmt: skip
        assert room.site.profiles.forbidden_assets(ACCOUNT) == set()
        assert (room.profile().products, room.profile().client_class) == (0b111, ClientClass.PROFESSIONAL)
        careful = dict.fromkeys((each.id for each in room.assessments.data.profile[0].questions), "a")
        room.assessments.profiles.answer(CLIENT, careful, START_NS)
        await room.clock.attend(CLIENT, START_NS)
        assert room.site.profiles.forbidden_assets(ACCOUNT) == {1, 2}
        assert await room.buy() == "ASSET_NOT_PERMITTED"


@pytest.mark.shows("CGAT-007")
async def test_what_nobody_admitted_nobody_acquires(tmp_path: Path) -> None:
    terms = {
        "USD": ASSETS["USD"],
        "BTC": AssetTerms("none", "large_cap"),
        "ETH": AssetTerms("retail_reduce_only", "other"),
    }
    async with opened(tmp_path, asset_terms=terms) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        assert room.site.profiles.forbidden_assets(ACCOUNT) == {1, 2, 3, 5}


@pytest.mark.shows("CGAT-005")
async def test_a_sub_account_has_its_owners_gates_from_the_frame_that_opens_it(tmp_path: Path) -> None:
    async with opened(tmp_path, asset_terms=ASSETS) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        frames = Frames(room)
        sub = await room.site.sub_accounts.open(ACCOUNT, "desk")
        assert len(frames.all) == 1
        assert msgspec.structs.replace(room.profile(sub.account_id), account_id=ACCOUNT) == room.profile()
        assert room.profile().exposure_limit_atoms == LIMIT_ATOMS // 2  # one limit, over both
        assert room.site.profiles.forbidden_assets(sub.account_id) == {2}
        third = await room.site.sub_accounts.open(ACCOUNT, "another")
        limits = [room.profile(each).exposure_limit_atoms for each in (ACCOUNT, sub.account_id, third.account_id)]
        assert limits == [LIMIT_ATOMS // 3] * 3
        assert sum(limits) <= LIMIT_ATOMS
        assert await room.gates.reconcile(START_NS) == []
        await by_staff.restrict(room.clock, EVA, CLIENT, Effect.FROZEN, "a call", at_ns=START_NS)
        assert {room.profile(each).restriction for each in (ACCOUNT, sub.account_id, third.account_id)} == {
            AccountRestriction.FROZEN
        }
        current = room.gates.standing_of_account(sub.account_id)
        assert current is not None
        assert current.client.client_id == CLIENT


@pytest.mark.shows("CGAT-005")
async def test_a_further_account_of_a_client_becomes_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path, person(further_accounts=(777,))) as room:
        await fund(room.site, 777)
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        assert room.site.owners.owner_of(777) == ACCOUNT
        assert await room.gates.reconcile(START_NS) == []


@pytest.mark.shows("ASSE-032")
async def test_a_limit_of_nothing_is_not_taken_for_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        room.complete()
        await by_staff.set_exposure_limit(
            room.clock, EVA, CLIENT, approver=FINN, limit_minor=0, reason="lost everything", at_ns=START_NS
        )
        assert room.profile().exposure_limit_atoms == 1
        await room.site.node.submit(sandbox_valuation())
        assert await room.buy() == "EXPOSURE_ABOVE_LIMIT"


def sandbox_valuation() -> Command:
    from lionrock.words.commands import SetValuation

    return SetValuation(asset_id=3, price_atoms=10**8, is_money=1)


@pytest.mark.shows_rule("HK-K03")
@pytest.mark.shows("ASSE-030")
async def test_an_order_above_the_limit_is_refused_by_the_core(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        await room.site.node.submit(sandbox_valuation())
        placed = [await room.buy() for _ in range(81)]  # 500 dollars each
        assert (placed.count("placed"), placed[-1]) == (80, "EXPOSURE_ABOVE_LIMIT")


class StrictRulebook:
    """Refuses some gates, and remembers what was recorded."""

    def __init__(self, *refusing: str) -> None:
        self.refusing, self.recorded = set(refusing), list[Decision]()

    def answer(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject) -> Decision:
        outcome = REFUSED if gate in self.refusing else ADMITTED
        rules = (RuleCited("HK-T1", "2026-01-01"),)
        facts = msgspec.to_builtins(fact)
        return Decision(outcome, gate, rules, "it says so", {"most": 3}, "ask", facts, "", at_ns, subject)

    def decide(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject) -> Decision:
        self.recorded.append(self.answer(gate, fact, at_ns, subject))
        return self.recorded[-1]


@pytest.mark.shows("CGAT-009")
async def test_a_gate_of_the_rulebook_holds_an_account_back_and_is_recorded_when_it_does(tmp_path: Path) -> None:
    rulebook = StrictRulebook("tax_self_certified")
    async with opened(tmp_path, rulebook=rulebook) as room:
        room.complete()
        current = await room.clock.attend(CLIENT, START_NS)
        assert current is not None
        (condition,) = current.conditions
        assert (condition.name, condition.rules, condition.figures) == ("tax_self_certified", ("HK-T1",), {"most": 3})
        assert await room.buy() == "ACCOUNT_REDUCE_ONLY"
        gates = set(room.assessments.terms.gates)
        assert {each.gate for each in rulebook.recorded} == gates
        body = room.gates.decisions_of(CLIENT)[-1]
        assert [each["outcome"] for each in body.decisions].count(REFUSED) == 1
        recorded = len(rulebook.recorded)
        await room.gates.reconcile(START_NS)
        assert len(rulebook.recorded) == recorded  # nothing was done upon it
        rulebook.refusing.clear()
        await room.gates.reconcile(START_NS)
        assert len(rulebook.recorded) == recorded + len(gates)
        assert await room.buy() == "placed"
        assert room.gates.asked["tax_self_certified", True] == 1


@pytest.mark.shows("CGAT-001")
@pytest.mark.parametrize(
    ("state", "restriction", "products"),
    [
        ("active", AccountRestriction.NONE, 1),
        ("restricted", AccountRestriction.REDUCE_ONLY, 1),
        ("offboarding", AccountRestriction.REDUCE_ONLY, 1),
        ("suspended", AccountRestriction.FROZEN, 1),
        ("closed", AccountRestriction.FROZEN, 1),
        ("a state that nobody foresaw", AccountRestriction.FROZEN, 1),
        ("in_review", AccountRestriction.REDUCE_ONLY, 0),
    ],
)
async def test_states_of_onboarding_reach_the_core(
    tmp_path: Path, state: str, restriction: AccountRestriction, products: int
) -> None:
    async with opened(tmp_path, person(state=state)) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        assert (room.profile().restriction, room.profile().products) == (restriction, products)


@pytest.mark.shows("ASSE-073")
async def test_one_person_restricts_and_two_lift(tmp_path: Path) -> None:
    from lionrock.compliance.assessments.refusals import AssessmentRefused

    async with opened(tmp_path) as room:
        room.complete()
        made = await by_staff.restrict(room.clock, EVA, CLIENT, Effect.FROZEN, "a call", at_ns=START_NS)
        assert room.profile().restriction == AccountRestriction.FROZEN
        for approver, number, name in (
            (EVA, made.number, "second_person_missing"),
            (FINN, 999, "restriction_unknown"),
        ):
            with pytest.raises(AssessmentRefused, match=name):
                await by_staff.lift(room.clock, EVA, CLIENT, number, "over", approver=approver, at_ns=START_NS)
        await by_staff.lift(room.clock, EVA, CLIENT, made.number, "over", approver=FINN, at_ns=START_NS)
        assert room.profile().restriction == AccountRestriction.NONE
        with pytest.raises(AssessmentRefused, match="restriction_without_effect"):
            await by_staff.restrict(room.clock, EVA, CLIENT, Effect.NONE, "a call", at_ns=START_NS)


@pytest.mark.shows("ASSE-004")
async def test_a_rating_that_becomes_high_stops_orders_until_the_checks_are_done(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        facts = LOW_RISK | {"political_exposure": "foreign"}
        await by_staff.rate_risk(room.clock, EVA, CLIENT, facts, START_NS)
        assert await room.buy() == "PRODUCT_NOT_PERMITTED"
        for step in ("source_of_wealth", "source_of_funds", "senior_approval"):
            await by_staff.enhance(
                room.clock, EVA, CLIENT, approver=FINN, step=step, document_sha256=DOCUMENT, at_ns=START_NS
            )
        assert await room.buy() == "placed"


async def test_the_view_is_the_same_from_a_snapshot_and_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, asset_terms=ASSETS) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        assert await room.buy(market_id=2) == "ASSET_NOT_PERMITTED"
        before = room.site.profiles
        again = Profiles()
        again.load(before.save())
        saved = before.save()
        assert again.save() == saved
        assert again.refused == before.refused
    async with opened(tmp_path, asset_terms=ASSETS) as room:
        assert room.site.profiles.save() == saved
        assert room.site.node.recovered.snapshot_sequence > 0


@pytest.mark.shows("ASSE-015")
@pytest.mark.parametrize(
    ("kind", "is_person", "missing"),
    [
        ("regulated_status", False, set()),
        ("regulated_status", True, set()),
        ("public_filing", False, set()),
        ("public_filing", True, {"knowledge_test_not_passed", "risk_profile_missing", "exposure_limit_missing"}),
        ("", False, {"knowledge_test_not_passed", "risk_profile_missing", "exposure_limit_missing"}),
    ],
)
async def test_who_is_exempt_follows_from_class_and_person(
    tmp_path: Path, kind: str, *, is_person: bool, missing: set[str]
) -> None:
    async with opened(tmp_path, person(is_person=is_person)) as room:
        await by_staff.rate_risk(room.clock, EVA, CLIENT, LOW_RISK, START_NS)
        await by_staff.publish_agreement(
            room.clock, EVA, "client_agreement", {"en": "words"}, approver=FINN, in_force_ns=START_NS, at_ns=START_NS
        )
        room.assessments.agreements.accept(CLIENT, "user", room.assessments.agreements.texts()[0].sha256, START_NS)
        if kind:
            await by_staff.accept_evidence(
                room.clock, EVA, CLIENT, approver=FINN, kind=kind, document_sha256=DOCUMENT, dated_ns=START_NS,
                at_ns=START_NS,
            )  # fmt: skip
        current = await room.clock.attend(CLIENT, START_NS)
        assert current is not None
        assert {each.name for each in current.conditions} == missing
        assert (room.profile().exposure_limit_atoms == 0) is (not missing)
        assert await room.buy() == ("PRODUCT_NOT_PERMITTED" if missing else "placed")


@pytest.mark.shows("CGAT-007")
async def test_a_round_over_many_clients_asks_once_who_may_acquire_what(tmp_path: Path) -> None:
    everybody = [person(f"{number:02x}", 701 + number) for number in range(5)]
    async with opened(tmp_path, *everybody, asset_terms=ASSETS) as room:
        asked = list[int]()

        def ask() -> Mapping[str, AssetTerms]:
            asked.append(room.now_ns)
            return ASSETS

        room.gates._read_asset_terms = ask
        await room.clock.look_at_all(START_NS, everybody=True)
        assert (len(room.gates.standings), len(asked)) == (5, 1)
        for client in everybody:
            room.complete(client.client_id)
        await room.clock.look_at_all(START_NS, everybody=True)
        assert len(asked) == 2
        later_ns = room.clock.next_ns
        assert len(await room.clock.look(later_ns)) > 1
        assert len(asked) == 3
        await room.clock.attend(everybody[0].client_id, later_ns)
        assert len(asked) == 4, "one client alone is looked at by what holds now"
        assert await room.clock.look(later_ns) == []
        assert len(asked) == 4
