"""What two people change of a rule: a parameter, from a day that has not begun, to nothing looser than its row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import msgspec

from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.people.staff.payloads import PayloadChoice
from lionrock.rulebook.adjusting import ChangeUnfit
from lionrock.rulebook.changes import ParameterChange, RuleChange, Value
from lionrock.rulebook.regime import Regime, RuleInForce

Record = Callable[[ParameterChange], Awaitable[RuleChange]]
"""Puts a change into the journal; durable, and held by the regime, when it returns."""


class ParameterOrdered(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `rule_parameter`."""

    rule_id: str
    control: str
    """Which of the rule's checks, by its control."""
    parameter: str
    value: Value
    from_day: date
    """The first day on which it holds, by the calendar of the rule's licence."""
    about: dict[str, int | bool | str] = {}
    """Where a rule has several checks of one control: values of parameters that tell which."""


class RuleParameters:
    """Carries `rule_parameter` out."""

    def __init__(self, regime: Regime, record: Record, now: Callable[[], int]) -> None:
        self._regime, self._record, self._now = regime, record, now

    def register(self, executors: Executors) -> None:
        """Raises `ValueError` when it is there already."""
        executors.register("rule_parameter", ParameterOrdered, self._change, self._as_it_would_be, choices=self._rules)

    def _rules(self) -> dict[str, list[PayloadChoice]]:
        """Rules in force that have numbers, and the controls that take them."""
        checks = [(rule.id, check) for rule in self._regime.at(self._now()) for check in rule.loaded.checks]
        named = [(rule_id, check.control.name) for rule_id, check in checks if check.parameters.__struct_fields__]
        return {
            "rule_id": [PayloadChoice(each, each) for each in dict.fromkeys(rule_id for rule_id, _ in named)],
            "control": [PayloadChoice(each, each) for each in sorted({control for _, control in named})],
        }

    def _as_it_would_be(self, payload: ParameterOrdered) -> object:
        """The rule's row on that day, so that nobody approves one change and gets it on top of another."""
        return self._version(payload).loaded.digest

    def _version(self, payload: ParameterOrdered) -> RuleInForce:
        try:
            return self._regime.would_be(RuleChange(0, self._now(), _change_of(payload, "", "", "")))
        except ChangeUnfit as error:
            raise OrderRefused(str(error)) from error
        except OverflowError as error:
            raise OrderRefused(f"{payload.from_day} is no day of the venue's calendar") from error

    async def _change(self, order: Order) -> str:
        payload: ParameterOrdered = order.payload
        if not order.checkers:
            raise OrderRefused("a rule is changed once a second person has approved it")
        await asyncio.to_thread(self._version, payload)
        change = _change_of(payload, order.proposal_id, order.maker.staff_id, order.authority.staff_id)
        recorded = await self._record(change)
        if why := self._regime.held.unfit.get(recorded.sequence):
            raise OrderRefused(why)  # its day began while it was on its way
        where = f"command {recorded.sequence} of the journal"
        return f"{payload.parameter} of {payload.rule_id} changes on {payload.from_day}: {where}"


def _change_of(payload: ParameterOrdered, proposal_id: str, by: str, approved_by: str) -> ParameterChange:
    return ParameterChange(
        rule_id=payload.rule_id,
        control=payload.control,
        parameter=payload.parameter,
        value=payload.value,
        from_day=payload.from_day,
        about=payload.about,
        proposal_id=proposal_id,
        by=by,
        approved_by=approved_by,
    )
