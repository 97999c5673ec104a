"""The tour: every step says what it does, does it, and checks it. A step that cannot be checked ends the tour."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import NamedTuple

from rich.console import Console

from lionrock.demo import market_steps, people_steps, record_steps, rule_steps
from lionrock.demo.stage import Stage


class TourStep(NamedTuple):
    """One step, and the earlier ones that it builds on."""

    name: str
    words: str
    play: Callable[[Stage], None]
    needs: tuple[str, ...] = ("venue",)


STEPS = (
    TourStep("venue", "A Hong Kong venue opens with its rule book.", market_steps.open_house, ()),
    TourStep(
        "replay", "A recorded day is traded again over the public API, by hundreds of accounts.", market_steps.replay
    ),
    TourStep(
        "market", "The book and the trades, as anybody may ask for them.", market_steps.market, ("venue", "replay")
    ),
    TourStep(
        "trade",
        "Two accounts for you: a trade, its fills, its ledger entries.",
        market_steps.two_accounts,
        ("venue", "replay"),
    ),
    TourStep("staff", "The house hires: nothing that matters takes one person alone.", people_steps.staff),
    TourStep(
        "applicant",
        "Somebody applies, is stopped, and is cleared by two people.",
        people_steps.applicant,
        ("venue", "staff"),
    ),
    TourStep(
        "refusal",
        "She is a retail client, and orders a product for professionals.",
        people_steps.not_for_her,
        ("venue", "staff", "applicant"),
    ),
    TourStep(
        "language", "The same refusal in her language.", rule_steps.language, ("venue", "staff", "applicant", "refusal")
    ),
    TourStep("auction", "A market order runs into the price band.", market_steps.auction, ("venue", "staff")),
    TourStep(
        "kill", "The process is killed while orders come in, and comes back.", record_steps.kill, ("venue", "replay")
    ),
    TourStep("byte", "Somebody changes one bit of the record.", record_steps.one_byte),
    TourStep(
        "matrix", "The clauses of the licence, with the evidence of today.", rule_steps.matrix, ("venue", "staff")
    ),
)
"""In their order; a number on the command line counts from 1."""


def take(stage: Stage, only: int | None, between: Callable[[], None]) -> None:
    """All steps, or one with what it needs before it, told in one line each. `between` is called between two.

    Raises `CheckFailedError`, `VenueDidNotStartError`, `RefusedByVenueError`, `httpx.HTTPError` or `OSError`. The
    caller closes the stage.
    """
    wanted = STEPS[only - 1] if only else None
    for number, step in enumerate(STEPS, 1):
        if wanted is not None and step.name not in (*wanted.needs, wanted.name):
            continue
        stage.console.print(f"\n[bold]{number}.[/] {step.words}", highlight=False)
        if wanted is None or step is wanted:
            step.play(stage)
            between()
        else:
            _quietly(stage, step)


def _quietly(stage: Stage, step: TourStep) -> None:
    """Done and checked like any other, and not shown."""
    shown, stage.console = stage.console, Console(file=io.StringIO())
    try:
        step.play(stage)
    finally:
        stage.console = shown
    stage.tell("(done and checked; another step's subject)")
