"""The machine of states: total, without traps, and not to be jumped in."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lionrock.compliance.onboarding.picture import diagram, page
from lionrock.compliance.onboarding.states import (
    HAS_ACCOUNT,
    STATES,
    STEP_WORDS,
    STEPS,
    Authority,
    Refusal,
    State,
    Step,
    answer,
    authority_refusal,
)
from tests.house.tree import ROOT

PAIRS = list(product(State, Step))


def reachable(start: State) -> set[State]:
    """Every state that steps lead to."""
    found, open_ = {start}, [start]
    while open_:
        here = open_.pop()
        for (source, _), target in STEPS.items():
            if source is here and target not in found:
                found.add(target)
                open_.append(target)
    return found


@pytest.mark.shows("ONBD-001")
@pytest.mark.parametrize(("state", "step"), PAIRS, ids=lambda each: each.value)
def test_every_pair_of_state_and_step_is_answered(state: State, step: Step) -> None:
    told = answer(state, step)
    if isinstance(told, Refusal):
        assert (state, step) not in STEPS
        assert STEP_WORDS[step].words in told.words
        assert told.figures == {"state": state.value, "step": step.value}
        assert told.next_step
    else:
        assert told is STEPS[state, step]
        assert told is not state


@pytest.mark.shows("ONBD-001")
def test_every_state_and_step_has_words() -> None:
    assert set(STATES) == set(State)
    assert set(STEP_WORDS) == set(Step)
    assert {step for _, step in STEPS} == set(Step), "a step that is possible nowhere"
    for words in STATES.values():
        assert words.words.endswith(".")
        assert words.next_step.endswith(".")


@pytest.mark.shows("ONBD-002")
@pytest.mark.parametrize("state", State)
def test_no_state_is_a_trap(state: State) -> None:
    """From everywhere every other state can be reached: a new application can always be begun."""
    assert reachable(state) == set(State)


@pytest.mark.shows("ONBD-003")
def test_an_account_opens_only_after_two_people_approved() -> None:
    """Without the step that takes two people nobody gets to an account."""
    assert STEP_WORDS[Step.APPROVE].authorities == (Authority.TWO_STAFF,)
    found, open_ = {State.DRAFT}, [State.DRAFT]
    while open_:
        here = open_.pop()
        for (source, step), target in STEPS.items():
            if source is here and step is not Step.APPROVE and target not in found:
                found.add(target)
                open_.append(target)
    assert not found & (HAS_ACCOUNT | {State.APPROVED})


@pytest.mark.shows("ONBD-003")
@pytest.mark.parametrize(("step", "authority"), list(product(Step, Authority)), ids=lambda each: each.value)
def test_who_may_take_which_step(step: Step, authority: Authority) -> None:
    allowed = STEP_WORDS[step].authorities
    may = authority in allowed or (authority is Authority.TWO_STAFF and Authority.STAFF in allowed)
    refusal = authority_refusal(step, authority)
    assert (refusal is None) is may
    if refusal is not None:
        assert refusal.name == "authority_missing"
        assert STEP_WORDS[step].words in refusal.words


@pytest.mark.shows("ONBD-003")
def test_what_is_eased_takes_two_and_what_is_stopped_takes_one() -> None:
    for step in (Step.APPROVE, Step.DECLINE, Step.REINSTATE, Step.HALT_OFFBOARDING, Step.CLOSE):
        assert Authority.STAFF not in STEP_WORDS[step].authorities
    assert Authority.STAFF in STEP_WORDS[Step.SUSPEND].authorities


class Life(RuleBasedStateMachine):
    """Whatever is tried in whatever order, one is always in a state, and only where a step leads."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.approved = State.DRAFT, False
        self.came_by: tuple[State, Step] | None = None

    @rule(step=st.sampled_from(Step))
    def attempt(self, step: Step) -> None:
        told = answer(self.state, step)
        if isinstance(told, Refusal):
            return
        self.came_by, self.state = (self.state, step), told
        self.approved = (self.approved or step is Step.APPROVE) and step not in {Step.RETURN_TO_REVIEW, Step.CLOSE}

    @rule(state=st.sampled_from(State))
    def walk_towards(self, state: State) -> None:
        """A way leads there."""
        assert state in reachable(self.state)

    @invariant()
    def is_where_the_table_leads(self) -> None:
        assert self.came_by is None or STEPS[self.came_by] is self.state

    @invariant()
    def has_a_way_out(self) -> None:
        assert any(source is self.state for source, _ in STEPS)

    @invariant()
    def has_an_account_only_when_approved(self) -> None:
        assert self.approved or self.state not in HAS_ACCOUNT


TestLife = pytest.mark.shows("ONBD-002")(Life.TestCase)


@pytest.mark.shows("ONBD-001")
def test_the_page_shows_every_step() -> None:
    shown = (ROOT / "docs" / "reference" / "client-states.md").read_text("utf-8")
    assert "\n".join(diagram()) in shown
    assert page("").splitlines()[-5:] == shown.splitlines()[-5:]
    for (source, step), target in STEPS.items():
        assert f"| {source} | {step} | {target} |" in shown
