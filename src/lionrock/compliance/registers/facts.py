"""What the rules may ask of registers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

import msgspec

from lionrock.compliance.registers.registers import Registers
from lionrock.compliance.registers.terms import TERMS, Register, Terms
from lionrock.rulebook.facts import Obligation, RecordShape, Watched

Fact = TypeVar("Fact", bound=msgspec.Struct)

PLACE = "compliance.registers"
_OF_EVERY_RECORD = ("record_id", "state", "account_id", "entered_by", "begun_ns", "due_ns", "done_ns", "steps")


class RegisterFacts:
    """A source of facts (`lionrock.rulebook.ports.FactSource`)."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """Obligations, what is watched, shapes of records. SQL: not for the event loop's thread."""
        kept = tuple(self._registers.deadlines)
        if fact_type is Obligation:
            found = [
                Obligation(TERMS[Register(register)].obligation, record_id, begun_ns, done_ns)
                for register, record_id, begun_ns, done_ns in self._registers.times()
            ]
            return cast("Sequence[Fact]", found)
        if fact_type is Watched:
            return cast("Sequence[Fact]", [Watched(TERMS[each].obligation, PLACE) for each in kept])
        if fact_type is RecordShape:
            return cast("Sequence[Fact]", [_shape(TERMS[each]) for each in kept])
        return None


def _shape(terms: Terms) -> RecordShape:
    names = dict(terms.told_as)
    return RecordShape(terms.shape, (*terms.fields, *(names.get(each, each) for each in _OF_EVERY_RECORD)))
