"""The states and steps as a page: a diagram and a table, made from `states.py`."""

from __future__ import annotations

from lionrock.compliance.onboarding.states import STATES, STEP_WORDS, STEPS, State, Step


def diagram() -> list[str]:
    """Lines of a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.DRAFT}"]
    lines += [f"    {source} --> {target} : {step}" for (source, step), target in STEPS.items()]
    return lines


def page(note: str) -> str:
    """The whole page, in Markdown."""
    lines = ["# States of a client", "", note, "Every pair that the tables do not name is refused.", ""]
    lines += ["```mermaid", *diagram(), "```", ""]
    lines += ["| state | means | what leads out of it |", "|---|---|---|"]
    lines += [f"| {state} | {STATES[state].words} | {STATES[state].next_step} |" for state in State]
    lines += ["", "| step | is to | who may |", "|---|---|---|"]
    lines += [f"| {step} | {STEP_WORDS[step].words} | {', '.join(STEP_WORDS[step].authorities)} |" for step in Step]
    lines += ["", "| from | step | to |", "|---|---|---|"]
    lines += [f"| {source} | {step} | {target} |" for (source, step), target in STEPS.items()]
    return "\n".join([*lines, ""])
