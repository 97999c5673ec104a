"""What assessments tell the rules, judged by the rules' own controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import lionrock.rulebook.controls  # noqa: F401 registers them
from lionrock.compliance.assessments.authorities import months_later
from lionrock.compliance.assessments.terms import read_terms
from lionrock.compliance.gates import by_staff
from lionrock.compliance.gates.facts import ClientFacts, standings
from lionrock.rulebook.control import CONTROLS, Moment, Verdict
from lionrock.rulebook.facts import (
    AgreementVersion,
    ClientRecord,
    GateWired,
    Obligation,
    OrderGateSetting,
    StandingAuthority,
    TokenRecord,
    Watched,
)
from tests.compliance.gates.test_client_gates import StrictRulebook
from tests.compliance.rooms import CLIENT, DOCUMENT, EVA, FINN, START_NS, Room, opened, person

PARAMETERS: dict[str, dict[str, object]] = {"exposure_limit_set_and_notified": {"review_months": 12}}


def facts_of(room: Room) -> ClientFacts:
    return ClientFacts(room.gates, room.site.trading_rules, lambda: room.now_ns)


def verdict(gate: str, fact: msgspec.Struct, at_ns: int) -> Verdict:
    control = CONTROLS[gate]
    name: Any = next(iter(control.facts))
    parameters = msgspec.convert(PARAMETERS.get(gate, {}), control.parameter_type)
    return control.function(parameters, **{name: fact}, moment=Moment(at_ns, "HK")).verdict


@pytest.mark.shows("CGAT-011")
async def test_a_client_with_everything_passes_every_gate_and_one_with_nothing_does_not(tmp_path: Path) -> None:
    nothing = person("beef", 601, tax_self_certified_ns=0, residence_is_admitted=False, duplicate_of=CLIENT)
    async with opened(tmp_path, person(), nothing) as room:
        room.complete()
        for client_id in (CLIENT, "beef"):
            await room.clock.attend(client_id, START_NS)
        good, bad = facts_of(room).client_records()
        assert (good.may_trade, bad.may_trade) == (True, False)
        needs_no_evidence = {"professional_evidence_not_expired"}
        for gate in room.assessments.terms.gates:
            assert verdict(gate, good, START_NS) == Verdict.PASS
            if gate not in needs_no_evidence:
                assert verdict(gate, msgspec.structs.replace(bad, may_trade=True), START_NS) == Verdict.FAIL
        assert good == msgspec.structs.replace(next(standings(room.gates, START_NS)).record, may_trade=True)


@pytest.mark.shows("CGAT-011")
def test_every_gate_of_the_terms_is_one_that_takes_a_client_record() -> None:
    for gate in read_terms().gates:
        assert list(CONTROLS[gate].facts.values()) == [ClientRecord]


@pytest.mark.shows("CGAT-011")
async def test_dormant_accounts_are_told_as_such(tmp_path: Path) -> None:
    async with opened(tmp_path) as room:
        room.complete()
        await room.clock.attend(CLIENT, START_NS)
        await room.buy()
        control = CONTROLS["dormant_accounts_are_marked"]
        parameters = msgspec.convert({"days": 365}, control.parameter_type)
        for day, dormant in ((364, False), (365, True), (366, True)):
            room.now_ns = room.days(day)
            records = facts_of(room).client_records()
            assert [each.dormant for each in records] == [dormant]
            finding = control.function(parameters, clients=records, moment=Moment(room.now_ns, "HK"))
            assert finding.verdict == Verdict.PASS


@pytest.mark.shows("CGAT-011")
async def test_gates_of_the_core_are_told_with_what_they_are_set_for(tmp_path: Path) -> None:
    async with opened(tmp_path, person(), person("beef", 601)) as room:
        for client_id in (CLIENT, "beef"):
            room.complete(client_id)
            await room.clock.attend(client_id, START_NS)
        await room.site.sub_accounts.open(601, "desk")

        def setting(rejection: str) -> tuple[int, int, int]:
            found = facts_of(room).facts(OrderGateSetting)
            assert found is not None
            each = next(each for each in found if each.rejection == rejection)
            return each.set_for, each.out_of, each.refused

        assert setting("EXPOSURE_ABOVE_LIMIT") == (3, 3, 0)
        assert setting("CLIENT_CLASS_NOT_ADMITTED") == (3, 3, 0)
        assert setting("PRICE_TOO_FAR_FROM_LAST") == (0, 3, 0)
        assert setting("KILL_SWITCH_ENGAGED") == (1, 1, 0)
        profile = msgspec.structs.replace(room.profile(), exposure_limit_atoms=0)
        await room.site.node.submit(profile)
        assert setting("EXPOSURE_ABOVE_LIMIT") == (2, 3, 0)
        await room.gates.reconcile(START_NS)
        assert setting("EXPOSURE_ABOVE_LIMIT") == (3, 3, 0)
        room.clients.change(CLIENT, state="in_review")
        await room.clock.attend(CLIENT, START_NS)
        assert await room.buy() == "PRODUCT_NOT_PERMITTED"
        assert setting("PRODUCT_NOT_PERMITTED") == (2, 2, 1)


@pytest.mark.shows("CGAT-011")
async def test_authorities_obligations_agreements_and_wired_gates_are_facts(tmp_path: Path) -> None:
    async with opened(tmp_path, rulebook=StrictRulebook()) as room:
        room.complete()
        ends_ns = months_later(START_NS, 12)
        made = [
            room.assessments.authorities.grant(
                CLIENT, "retail", "settlement", DOCUMENT, begins_ns=START_NS, ends_ns=ends_ns, at_ns=START_NS
            )
            for _ in range(2)
        ]
        room.assessments.authorities.revoke(CLIENT, made[0].authority_id, START_NS)
        await by_staff.publish_agreement(
            room.clock, EVA, "client_agreement", {"en": "other words"}, approver=FINN, in_force_ns=room.days(30),
            at_ns=START_NS,
        )  # fmt: skip
        facts = facts_of(room)
        (authority,) = facts.facts(StandingAuthority) or ()
        assert (authority.ends_ns, authority.is_professional) == (ends_ns, False)
        first, second = facts.facts(AgreementVersion) or ()
        assert (first.is_first, second.is_first, second.in_force_ns) == (True, False, room.days(30))
        kinds = {each.kind for each in facts.facts(Obligation) or ()}
        assert kinds == {"exposure_limit_notice", "agreement_change"}
        assert kinds <= {each.kind for each in facts.facts(Watched) or ()}
        wired = facts.facts(GateWired) or ()
        assert {each.gate for each in wired} == set(room.assessments.terms.gates)
        assert all(each.admitted >= 1 for each in wired)
        assert facts.facts(TokenRecord) is None
