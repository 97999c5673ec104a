"""What takes two people, as a list: who may propose and check it, and what its payload is made of."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.gateways.rest.contract import Call, Venue
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff
from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.orders import Executors
from lionrock.people.staff.payloads import PayloadField, described
from lionrock.people.staff.queue import may_look_ahead
from lionrock.people.staff.roles import Role


class StaffAction(msgspec.Struct, rename="camel"):
    """Something that takes two people."""

    action: str
    words: str
    makers: list[str]
    checkers: list[str]
    checkers_needed: int
    lives_seconds: int
    needs_reason: bool
    may_be_at_once: bool
    may_break_glass: bool
    rules: list[str]
    is_wired: bool
    """Whether this site carries it out."""
    subject: str
    """Name of the field that says whom it is about; empty where it is about nobody."""
    fields: list[PayloadField]
    """What its payload is made of; none where the site does not carry it out."""


async def list_actions(venue: Venue, call: Call) -> list[StaffAction]:
    """What takes two people, who may propose and who may check it; of what is one's business also what each field may
    be at the moment.
    """
    return await asyncio.to_thread(_actions, office_of(venue).executors, session_of_staff(call).member.roles)


def _actions(executors: Executors, roles: frozenset[Role]) -> list[StaffAction]:
    return [
        StaffAction(
            action.name,
            action.words,
            sorted(role.value for role in action.makers),
            sorted(role.value for role in action.checkers),
            action.checkers_needed,
            action.lives_ns // 1_000_000_000,
            action.needs_reason,
            action.may_be_at_once,
            action.may_break_glass,
            list(action.rules),
            action.name in executors.actions,
            action.subject.value,
            _fields(executors, action.name, roles) if action.name in executors.actions else [],
        )
        for action in ACTIONS.values()
    ]


def _fields(executors: Executors, action: str, roles: frozenset[Role]) -> list[PayloadField]:
    executor = executors.of(action)
    return executor.fields() if may_look_ahead(roles, action) else described(executor.payload_type)
