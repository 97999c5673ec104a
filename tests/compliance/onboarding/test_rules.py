"""Which rules are asked before an account is opened, and what they are told of a client."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.onboarding.facts import OnboardingFacts
from lionrock.compliance.onboarding.onboarding import OPENING_GATES
from lionrock.compliance.onboarding.ports import NothingAssessed
from lionrock.compliance.onboarding.states import OnboardingRefused, State, Step
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.facts.capital import CapitalPosition
from lionrock.rulebook.facts.clients import ClientRecord
from lionrock.rulebook.facts.general import GateWired, RecordShape
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.regime import Regime
from tests.compliance.onboarding.test_onboarding import name_of
from tests.compliance.onboarding.world import ANN, ANNA, BOB, SOLVEIG, START_NS, World


@pytest.mark.shows("ONBD-013")
async def test_the_gates_of_the_hong_kong_pack_are_asked(tmp_path: Path) -> None:
    rulebook = Rulebook(Regime(shipped_library(), ["HK-VATP"]))
    for gate in OPENING_GATES:
        assert rulebook.fact_type(gate) is ClientRecord

    class Assessed(NothingAssessed):
        """Who passed the test and accepted the agreement."""

        knowledge_passed_ns = 0

        def assessed(self, record: ClientRecord) -> ClientRecord:
            accepted = {"agreement_accepted_ns": START_NS, "agreement_is_current": True}
            return msgspec.structs.replace(record, knowledge_passed_ns=self.knowledge_passed_ns, **accepted)

    found = Assessed()
    async with World(tmp_path).open(decide=rulebook.decide, answer=rulebook.answer, assessed=found) as world:
        with pytest.raises(OnboardingRefused) as refused:
            await world.client()
        assert (name_of(refused), refused.value.refusal.rules) == ("knowledge_before_trading", ("HK-K01",))
        (waiting,) = world.onboarding.clients.all()
        assert (waiting.state, waiting.account_id) == (State.IDENTITY_CHECKED, 0)
        (left,) = world.onboarding.left_to_client(waiting.client_id)
        assert left == refused.value.refusal, "the applicant reads what an approval would be refused for"
        found.knowledge_passed_ns = START_NS
        assert world.onboarding.left_to_client(waiting.client_id) == []
        await world.two(waiting.client_id, Step.APPROVE)
        first = world.onboarding.clients.get(waiting.client_id)
        approval = world.onboarding.clients.history(first.client_id)[2]
        assert {"HK-A17", "HK-K07"} <= set(str(approval.details["rules"]).split(","))
        second = await world.submitted(ANNA, "second")
        await world.onboarding.decide_likeness(
            second.client_id, first.client_id, is_same=True, maker=ANN, approver_id=BOB.staff_id
        )
        with pytest.raises(OnboardingRefused) as refused:
            await world.two(second.client_id, Step.APPROVE)
        assert name_of(refused) == "one_account_per_client"
        assert refused.value.refusal.rules == ("HK-K07",)


@pytest.mark.shows("ONBD-013")
async def test_rules_see_clients_without_who_they_are(world: World) -> None:
    client = await world.client()
    await world.submitted(SOLVEIG, "second")
    facts = OnboardingFacts(world.onboarding)
    records = facts.facts(ClientRecord)
    assert records is not None
    (record,) = records
    assert (record.client_id, record.state, record.is_person) == (client.client_id, "active", True)
    assert (record.may_trade, record.due_diligence_complete, record.residence_is_admitted) == (True, True, True)
    assert (record.duplicate_of, record.accounts) == ("", 1)
    assert record.tax_self_certified_ns > 0
    wired = facts.facts(GateWired)
    assert wired is not None
    assert {(each.gate, each.admitted, each.refused) for each in wired} == {(gate, 1, 0) for gate in OPENING_GATES}
    shapes = facts.facts(RecordShape)
    assert shapes is not None
    assert {"ultimate_originator", "ultimate_beneficiary"} <= set(shapes[0].fields)
    assert facts.facts(CapitalPosition) is None
    known = world.onboarding.records.of_user(client.user_id)
    assert known is not None
    assert (known.account_id, known.jurisdiction, known.entity) == (client.account_id, "HK", "hk")
    assert world.onboarding.records.client_of_account(client.account_id) == client.client_id
