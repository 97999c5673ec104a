"""Onboarding and the gates together: a step of a client's life reaches the core through the one place."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.assessments.assessments import Assessments, read_data
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.gates.client_gates import ClientGates, Ledger
from lionrock.compliance.gates.onboarded import AssessedRecords, OnboardedClients, OnboardingGates
from lionrock.compliance.onboarding.ledger import NodeLedger
from lionrock.compliance.onboarding.ports import Standing
from lionrock.compliance.onboarding.records import ClientRecords
from lionrock.compliance.onboarding.states import Step
from lionrock.rulebook.facts import ClientRecord
from lionrock.store.sealing import Sealer
from lionrock.views.profiles import Profiles
from lionrock.words.enumerations import AccountRestriction
from tests.compliance.onboarding.world import ANN, World
from tests.compliance.rooms import EVA, FINN, LOW_RISK, MEANS, SITE, Outbox, best_answers, pass_knowledge


class Late:
    """What onboarding is given before the gates are put together."""

    gates: OnboardingGates
    records: AssessedRecords
    clients: ClientRecords

    async def apply(self, client_id: str, standing: Standing) -> None:
        await self.gates.apply(client_id, standing)

    def assessed(self, record: ClientRecord) -> ClientRecord:
        return self.records.assessed(record)


def joined(world: World, late: Late) -> tuple[ClientClock, Profiles, OnboardedClients]:
    profiles = Profiles()
    world.node.subscribe(profiles)
    late.clients = world.onboarding.records
    clients = OnboardedClients(lambda: late.clients, 1)
    assessments = Assessments(
        world.database, Sealer(bytes(32), os.urandom), os.urandom, data=read_data(), clients=clients, notices=Outbox()
    )
    ledger = world.onboarding.around.ledger
    assert isinstance(ledger, NodeLedger)
    gates = ClientGates(
        Ledger(world.node, world.catalogue, ledger._owners, profiles, world.database), assessments, None, SITE
    )
    clock = ClientClock(gates)
    late.gates, late.records = OnboardingGates(clock, world.clock), AssessedRecords(assessments, world.clock)
    return clock, profiles, clients


@pytest.mark.shows("CGAT-001")
async def test_a_client_of_onboarding_is_let_trade_and_stopped_through_the_gates(tmp_path: Path) -> None:
    late = Late()
    async with World(tmp_path).open(gates=late, assessed=late) as world:
        clock, profiles, clients = joined(world, late)
        row = await world.client()
        profile = profiles.of(row.account_id)
        assert (profile.legal_entity, profile.products) == (1, 0)  # nobody trades before everything is there
        part, now_ns = clock.assessments, world.clock()
        part.risk.rate(row.client_id, LOW_RISK, EVA.staff_id, now_ns)
        pass_knowledge(part, row.client_id, now_ns)
        part.profiles.answer(row.client_id, best_answers(part.data.profile[0]), now_ns)
        part.exposure.assess(row.client_id, MEANS, now_ns)
        (text,) = part.agreements.publish(
            "client_agreement", {"en": "words"}, now_ns, proposer=EVA, approver=FINN, at_ns=now_ns
        )
        part.agreements.accept(row.client_id, row.user_id, text.sha256, now_ns)
        await clock.attend(row.client_id, world.clock())
        assert profiles.of(row.account_id).products == 1
        record = world.onboarding.records.record(row.client_id)
        assert (record.client_class, record.risk_profile, record.agreement_is_current) == ("retail", "aggressive", True)
        assert record.residence_is_admitted
        assert not record.dormant
        await world.onboarding.staff_step(row.client_id, Step.SUSPEND, ANN, "suspicion", words="")
        assert profiles.of(row.account_id).restriction == AccountRestriction.FROZEN
        await world.two(row.client_id, Step.REINSTATE)
        assert profiles.of(row.account_id).restriction == AccountRestriction.NONE
        assert clients.of_user(row.user_id) == clients.client(row.client_id) == clients.all()[0]
        assert clients.of_user("nobody") is None
        assert clients.client("nobody") is None
        with_staff = OnboardedClients(lambda: late.clients, 1, lambda: frozenset({row.client_id}))
        assert with_staff.all()[0] == msgspec.structs.replace(clients.all()[0], is_employee=True)
