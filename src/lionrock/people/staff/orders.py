"""What is carried out once a proposal is approved: functions that the rooms register, one for each action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.audit import canonical_json
from lionrock.people.staff.members import Member
from lionrock.people.staff.payloads import PayloadChoice, PayloadField, described, offering, with_numbers
from lionrock.people.staff.refusals import No, StaffRefused


class OrderRefused(Exception):
    """It cannot be carried out and changed nothing; the words say why, without personal data."""


class Order(msgspec.Struct, frozen=True):
    """What is to be carried out, and who answers for it."""

    proposal_id: str
    action: str
    payload: Any
    """The action's struct."""
    maker: Member
    checkers: tuple[Member, ...]
    """Empty where it was done at once or alone."""
    reason_code: str
    digest: bytes
    """SHA-256 of the payload as it was checked."""
    at_ns: int

    @property
    def authority(self) -> Member:
        """Who approved it last; whoever did it, where nobody has yet."""
        return self.checkers[-1] if self.checkers else self.maker


CarryOut = Callable[[Order], Awaitable[str]]
"""Does it and gives a sentence of what was done. Raises `OrderRefused` or `StaffRefused` when it was not done."""
Target = Callable[[Any], object]
"""What a payload would change, as it is now: JSON; None where it is only looked whether there is such a thing. Raises
`OrderRefused` where there is none.
"""
Ready = Callable[[Any, str], None]
"""Whether what somebody of the staff, by id, proposes could be carried out as things stand. Raises the refusal of the
room, which the gateway tells. May be SQL.
"""
Present = Callable[[Any], Mapping[str, object]]
"""Fields of a payload as they stand at the moment, for whoever reads before and after: JSON."""
Choices = Callable[[], Mapping[str, list[PayloadChoice]]]
"""What fields of a payload may be, by name, where the room knows all of it at the moment. May be SQL."""


def _no_choices() -> Mapping[str, list[PayloadChoice]]:
    return {}


class Executor(msgspec.Struct, frozen=True):
    """How an action is carried out."""

    payload_type: type[msgspec.Struct]
    carry_out: CarryOut
    target: Target | None
    present: Present | None
    ready: Ready | None
    choices: Choices

    def fields(self) -> list[PayloadField]:
        """What its payload is made of, with what each field may be at the moment. May be SQL."""
        return offering(described(self.payload_type), self.choices())


class Executors:
    """Of a site, by action."""

    def __init__(self) -> None:
        self._executors: dict[str, Executor] = {}

    def register(
        self,
        action: str,
        payload_type: type[msgspec.Struct],
        carry_out: CarryOut,
        target: Target | None = None,
        present: Present | None = None,
        *,
        ready: Ready | None = None,
        choices: Choices = _no_choices,
    ) -> None:
        """Once for an action that the table lists; raises `ValueError` otherwise. The payload's struct must have the
        field that the action's subject names.
        """
        row = ACTIONS.get(action)
        if row is None or action in self._executors:
            raise ValueError(f"{action} is no action, or is carried out already")
        fields = {field.name for field in msgspec.structs.fields(payload_type)}
        if row.subject and row.subject.value not in fields:
            raise ValueError(f"the payload of {action} does not name its {row.subject.value}")
        self._executors[action] = Executor(payload_type, carry_out, target, present, ready, choices)

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(self._executors)

    def of(self, action: str) -> Executor:
        """Raises `StaffRefused`."""
        if action not in ACTIONS:
            raise StaffRefused(No.ACTION_UNKNOWN)
        if action not in self._executors:
            raise StaffRefused(No.ACTION_NOT_WIRED, action=action)
        return self._executors[action]

    def read(self, action: str, told: object) -> Any:
        """The payload as the action's struct; unknown names are refused. Raises `StaffRefused`."""
        payload_type = self.of(action).payload_type
        names = {field.encode_name for field in msgspec.structs.fields(payload_type)}
        if not isinstance(told, dict) or not set(told) <= names:
            raise StaffRefused(No.PAYLOAD_MALFORMED, action=action, why="it has other names than the action's")
        fields = described(payload_type)
        told = with_numbers(told, fields)
        try:
            payload = msgspec.convert(told, payload_type)
        except msgspec.ValidationError as error:
            raise StaffRefused(No.PAYLOAD_MALFORMED, action=action, why=_without_values(str(error))) from error
        for name, value in msgspec.to_builtins(payload).items():
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise StaffRefused(No.PAYLOAD_MALFORMED, action=action, why=f"{name} has more than 64 bits")
        for field in fields:
            choices = [choice.value for choice in field.choices]
            if choices and field.name in told and str(told[field.name]) not in choices:
                why = f"{field.name} is none of {', '.join(choices)}"
                raise StaffRefused(No.PAYLOAD_MALFORMED, action=action, why=why)
        return payload

    def present(self, action: str, payload: object) -> dict[str, object]:
        """The payload's fields as they stand now; none where that is not told. May be SQL."""
        executor = self._executors.get(action)
        return dict(executor.present(payload)) if executor is not None and executor.present is not None else {}

    def check_ready(self, action: str, payload: object, staff_id: str) -> None:
        """Raises what the room refuses with: a proposal that could not be carried out is not made."""
        executor = self.of(action)
        if executor.ready is not None:
            executor.ready(payload, staff_id)

    def target_digest(self, action: str, payload: object) -> str:
        """Of what would be changed, as it is now; empty where nothing is watched. Raises `StaffRefused`."""
        target = self.of(action).target
        if target is None:
            return ""
        try:
            found = target(payload)
        except OrderRefused as refused:
            raise StaffRefused(No.PAYLOAD_MALFORMED, action=action, why=str(refused)) from refused
        return "" if found is None else sha256(canonical_json(found)).hexdigest()


def encoded(payload: msgspec.Struct) -> bytes:
    """The bytes that a proposal is bound to: canonical JSON of every field, those with defaults as well."""
    return canonical_json(msgspec.to_builtins(payload))


def of_payload(function: Callable[[Any], Awaitable[object]]) -> CarryOut:
    """For functions that ask for the payload alone."""

    async def carry_out(order: Order) -> str:
        return str(await function(order.payload) or "done")

    return carry_out


def _without_values(words: str) -> str:
    """What msgspec says of kinds and fields; a value that was sent does not reach logs or others' screens."""
    return words.partition(": ")[0][:120] if "Invalid" in words else words[:120]
