"""Clients in SQL live through whatever is tried: only steps of the table happen, each with who may, each on record."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lionrock.compliance.onboarding.clients import Actor, Clients
from lionrock.compliance.onboarding.forms import Kind, PersonForm
from lionrock.compliance.onboarding.states import (
    HAS_ACCOUNT,
    MAY_EDIT,
    STEP_WORDS,
    STEPS,
    Authority,
    OnboardingRefused,
    State,
    Step,
)
from lionrock.store.database import open_database
from lionrock.store.sealing import Sealer

ACTORS = [
    Actor(Authority.CLIENT, "user"),
    Actor(Authority.SYSTEM),
    Actor(Authority.STAFF, "ann"),
    Actor(Authority.TWO_STAFF, "ann", "bob"),
    Actor(Authority.TWO_STAFF, "ann", "ann"),
    Actor(Authority.TWO_STAFF, "ann"),
]


class Life(RuleBasedStateMachine):
    """One client; a model that knows the table and nothing of SQL."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.database = open_database(Path(self.directory.name))
        self.clients = Clients(self.database, Sealer(bytes(32), os.urandom), os.urandom)
        self.now_ns = 1
        self.client_id = self.clients.begin("user", Kind.PERSON, PersonForm(), self.now_ns).client_id
        self.state, self.steps, self.version = State.DRAFT, 0, 1

    @rule(step=st.sampled_from(Step), actor=st.sampled_from(ACTORS))
    def attempt(self, step: Step, actor: Actor) -> None:
        self.now_ns += 1
        allowed = STEP_WORDS[step].authorities
        is_two = actor.authority is Authority.TWO_STAFF
        may = actor.authority in allowed or (is_two and Authority.STAFF in allowed)
        if is_two and actor.approver_id in {"", actor.actor_id}:
            may = False
        target = STEPS.get((self.state, step)) if may else None
        if target is None:
            with pytest.raises(OnboardingRefused):
                self.clients.take(self.client_id, step, actor, self.now_ns)
            return
        taken = self.clients.take(self.client_id, step, actor, self.now_ns, words="seen")
        assert (taken.from_state, taken.to_state, taken.number) == (self.state, target, self.steps + 1)
        self.state, self.steps = target, self.steps + 1

    @rule(surname=st.text("abc", max_size=3))
    def edit(self, surname: str) -> None:
        self.now_ns += 1
        form = PersonForm(surname=surname)
        if self.state not in MAY_EDIT:
            with pytest.raises(OnboardingRefused):
                self.clients.save_form(self.client_id, form, self.version, self.now_ns)
            return
        self.version = self.clients.save_form(self.client_id, form, self.version, self.now_ns).form_version
        assert self.clients.form(self.client_id) == form

    @invariant()
    def is_where_the_model_is(self) -> None:
        row = self.clients.get(self.client_id)
        assert (row.state, row.form_version) == (self.state, self.version)
        assert (row.activated_ns > 0) or self.state not in HAS_ACCOUNT

    @invariant()
    def has_a_way_out(self) -> None:
        assert any(source is self.state for source, _ in STEPS)

    def teardown(self) -> None:
        if hasattr(self, "clients"):
            assert len(self.clients.history(self.client_id)) == self.steps
            assert self.clients.is_sound(self.client_id)
            self.database.dispose()
            self.directory.cleanup()


Life.TestCase.settings = settings(
    max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = pytest.mark.shows("ONBD-002", "ONBD-003", "ONBD-008")(Life.TestCase)
