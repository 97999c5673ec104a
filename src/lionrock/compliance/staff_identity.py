"""Who of the staff does something, as far as the rooms of compliance need to know."""

from __future__ import annotations

import msgspec

from lionrock.people.staff.members import Member
from lionrock.people.staff.orders import Order
from lionrock.rulebook.control import Figure


class StaffIdentity(msgspec.Struct, frozen=True):
    """A person of the staff, with the roles that hold at this moment."""

    staff_id: str
    """Opaque."""
    roles: frozenset[str] = frozenset()
    """Values of `lionrock.people.staff.roles.Role`."""


def identity_of(member: Member) -> StaffIdentity:
    """A member as it is now."""
    return StaffIdentity(member.staff_id, frozenset(role.value for role in member.roles))


def maker_and_approver(order: Order) -> tuple[StaffIdentity, StaffIdentity]:
    """Who proposed an order and who approved it. Of what was done at once they are one person until it is reviewed: who
    did it alone is no second person.
    """
    return identity_of(order.maker), identity_of(order.authority)


class StaffActionRefused(Exception):
    """Somebody of the staff may not do this, or not now. Says which, with figures and what next; nothing personal."""

    def __init__(self, name: str, words: str, next_step: str, **figures: Figure) -> None:
        super().__init__(words)
        self.name, self.words, self.next_step, self.figures = name, words, next_step, figures


def require_role(staff: StaffIdentity, *roles: str) -> None:
    """Raises `StaffActionRefused` for who has none of them."""
    if staff.roles.isdisjoint(roles):
        wanted = " or ".join(roles)
        raise StaffActionRefused(
            "role_needed", f"this takes the role {wanted}", "ask somebody who has it", roles=wanted
        )


def require_another(staff: StaffIdentity, first: str) -> None:
    """Raises `StaffActionRefused` for the person who did the first step."""
    if staff.staff_id == first:
        raise StaffActionRefused(
            "second_person_needed", "nobody approves what they prepared themselves", "ask somebody else to approve it"
        )
