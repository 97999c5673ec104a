"""Onboarding and the gates together: a step of a client's life reaches the core through the one place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.assessments.agreements import AgreementText
from lionrock.compliance.assessments.assessments import Assessments, read_data
from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.gates.client_gates import ClientGates, Ledger
from lionrock.compliance.gates.onboarded import AssessedRecords, OnboardedClients, OnboardingGates
from lionrock.compliance.onboarding.ledger import NodeLedger
from lionrock.compliance.onboarding.ports import Standing
from lionrock.compliance.onboarding.records import ClientRecords
from lionrock.compliance.onboarding.states import OnboardingRefused, Refusal, Step
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

    def lacking(self, client_id: str) -> Refusal | None:
        return self.records.lacking(client_id)

    def unaccepted(self, client_id: str) -> Iterable[Refusal]:
        return self.records.unaccepted(client_id)


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


def published(part: Assessments, now_ns: int, **texts: str) -> list[AgreementText]:
    """The next version of the agreement with clients; its first one is in force at once."""
    known = part.agreements.texts()
    from_ns = now_ns + (31 * DAY_NS if known else 0)
    return part.agreements.publish(
        "client_agreement", texts or {"en": "words"}, from_ns, proposer=EVA, approver=FINN, at_ns=now_ns
    )


@pytest.mark.shows("CGAT-001")
async def test_a_client_of_onboarding_is_let_trade_and_stopped_through_the_gates(tmp_path: Path) -> None:
    late = Late()
    async with World(tmp_path).open(gates=late, assessed=late) as world:
        clock, profiles, clients = joined(world, late)
        row = await world.submitted()
        part, now_ns = clock.assessments, world.clock()
        part.risk.rate(row.client_id, LOW_RISK, EVA.staff_id, now_ns)
        (text,) = published(part, now_ns)
        part.agreements.accept(row.client_id, row.user_id, text.sha256, now_ns)
        await world.two(row.client_id, Step.APPROVE)
        row = world.onboarding.clients.get(row.client_id)
        profile = profiles.of(row.account_id)
        assert (profile.legal_entity, profile.products) == (1, 0)  # nobody trades before everything is there
        pass_knowledge(part, row.client_id, now_ns)
        part.profiles.answer(row.client_id, best_answers(part.data.profile[0]), now_ns)
        part.exposure.assess(row.client_id, MEANS, now_ns)
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


@pytest.mark.shows("ONBD-017")
async def test_nobody_is_approved_before_the_risk_is_rated_and_its_further_checks_are_done(tmp_path: Path) -> None:
    late = Late()
    async with World(tmp_path).open(gates=late, assessed=late) as world:
        clock, _, _ = joined(world, late)
        row, ratings = await world.submitted(), clock.assessments.risk
        client_id = row.client_id
        (text,) = published(clock.assessments, world.clock())
        clock.assessments.agreements.accept(client_id, row.user_id, text.sha256, world.clock())

        async def refused() -> Refusal:
            with pytest.raises(OnboardingRefused) as caught:
                await world.two(client_id, Step.APPROVE)
            assert world.state(client_id) == "identity_checked"
            assert world.onboarding.clients.get(client_id).account_id == 0, "no account was chosen"
            assert not world.onboarding.records.record(client_id).due_diligence_complete
            return caught.value.refusal

        unrated = await refused()
        assert (unrated.name, unrated.rules) == ("risk_not_rated", ratings.method.rules)
        ratings.rate(client_id, LOW_RISK | {"political_exposure": "foreign"}, EVA.staff_id, world.clock())
        steps = ratings.method.level_named("high").enhanced
        for done, step in enumerate(steps):
            lacking = await refused()
            assert (lacking.name, lacking.figures) == (
                "enhanced_checks_missing",
                {"level": "high", "missing_steps": len(steps) - done},
            )
            assert lacking.next_step == f"Record each with its document: {', '.join(steps[done:])}."
            ratings.enhance(client_id, step, "d" * 64, proposer=EVA, approver=FINN, at_ns=world.clock())
        await world.two(client_id, Step.APPROVE)
        assert world.state(client_id) == "active"
        record = world.onboarding.records.record(client_id)
        assert (record.due_diligence_complete, record.risk_rating) == (True, "high")


@pytest.mark.shows("ONBD-020")
async def test_nobody_is_approved_who_did_not_accept_the_agreement_in_force(tmp_path: Path) -> None:
    """By its hash, in any language; an earlier version does not do, and none that nobody published."""
    late = Late()
    async with World(tmp_path).open(gates=late, assessed=late) as world:
        clock, _, _ = joined(world, late)
        row, part = await world.submitted(), clock.assessments
        part.risk.rate(row.client_id, LOW_RISK, EVA.staff_id, world.clock())

        async def refused() -> Refusal:
            with pytest.raises(OnboardingRefused) as caught:
                await world.two(row.client_id, Step.APPROVE)
            assert world.onboarding.clients.get(row.client_id).account_id == 0
            assert world.onboarding.left_to_client(row.client_id) == [caught.value.refusal]
            return caught.value.refusal

        nothing = await refused()
        assert (nothing.name, nothing.figures) == ("agreement_not_in_force", {"agreement": "client_agreement"})
        first, other = published(part, world.clock(), en="words", fr="mots")
        named = await refused()
        assert named.name == "agreement_not_accepted"
        assert named.figures == {"agreement": "client_agreement", "version_in_force": 1, "version_accepted": 0}
        assert "client_agreement in version 1" in named.words
        assert first.sha256 in named.words
        assert other.sha256 in named.words
        part.agreements.accept(row.client_id, row.user_id, other.sha256, world.clock())
        assert world.onboarding.left_to_client(row.client_id) == []
        (second,) = published(part, world.clock(), en="other words")
        world.now_ns += 32 * DAY_NS
        outdated = await refused()
        assert outdated.figures == {"agreement": "client_agreement", "version_in_force": 2, "version_accepted": 1}
        part.agreements.accept(row.client_id, row.user_id, second.sha256, world.clock())
        await world.two(row.client_id, Step.APPROVE)
        assert world.state(row.client_id) == "active"
        assert world.onboarding.left_to_client(row.client_id) == [], (
            "of an application that was decided nothing is left"
        )
