"""The matrix of roles: who of the staff may use which endpoint, and make or check which action."""

from __future__ import annotations

from collections.abc import Iterable

from lionrock.gateways.rest.contract import Endpoint
from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.roles import Role

_WORDS = """\
A dot: somebody with this role alone may. Every cell is tried over HTTP by a test ([staff](../../spec/staff.md)). Nobody
checks what they proposed, or what is about themselves."""
_OF_ACTIONS = """\
M may make a proposal, C may check one; how many checkers, hours until it expires, whether it may be done at once
(reviewed after) or alone in an emergency, and the rules it serves."""
_SHORT: dict[Role, str] = {role: str(number) for number, role in enumerate(Role, 1)}


def may_use(role: Role, endpoint: Endpoint) -> bool:
    """A cell: whether somebody with this role alone may use an endpoint for staff."""
    return endpoint.permission is not None and role in endpoint.permission.roles


def may_make(role: Role, action: str) -> bool:
    """A cell: whether somebody with this role alone may propose an action."""
    return role in ACTIONS[action].makers


def may_check(role: Role, action: str) -> bool:
    """A cell: whether somebody with this role alone may approve, reject or review an action."""
    return role in ACTIONS[action].checkers


def page(endpoints: Iterable[Endpoint]) -> str:
    """In Markdown, without its title."""
    rows = [each for each in endpoints if each.permission is not None]
    lines = [
        _WORDS,
        "",
        "## Roles",
        "",
        *_table(("column", "role", "answers for"), ((_SHORT[role], f"`{role}`", role.words) for role in Role)),
        "## Permissions",
        "",
        *_table(
            ("permission", "what", "roles"),
            ((f"`{each}`", each.words, ", ".join(sorted(each.roles))) for each in Permission),
        ),
        "## Endpoints",
        "",
        *_table(
            ("endpoint", "permission", *_SHORT.values()),
            (
                (f"`{row.method} {row.path}`", f"`{row.permission}`", *(_dot(may_use(role, row)) for role in Role))
                for row in rows
            ),
        ),
        "## Actions",
        "",
        _OF_ACTIONS,
        "",
        *_table(
            ("action", "what", "checkers", "hours", "at once", "alone", "reason", "rules", *_SHORT.values()),
            (
                (
                    f"`{action.name}`",
                    action.words,
                    action.checkers_needed,
                    action.lives_ns // 3_600_000_000_000,
                    _dot(action.may_be_at_once),
                    _dot(action.may_break_glass),
                    _dot(action.needs_reason),
                    ", ".join(action.rules),
                    *(_letters(role, action.name) for role in Role),
                )
                for action in ACTIONS.values()
            ),
        ),
    ]
    return "\n".join(lines)


def _dot(is_so: bool) -> str:
    return "•" if is_so else ""


def _letters(role: Role, action: str) -> str:
    return "M" * may_make(role, action) + "C" * may_check(role, action)


def _table(head: tuple[object, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    lines = [f"| {' | '.join(map(str, head))} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows), ""]
