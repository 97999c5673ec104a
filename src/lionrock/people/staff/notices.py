"""Notices to members of the staff: into their inbox, and by mail where their sign-in name is a mail address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine

from lionrock.people.attempts import NS_PER_S
from lionrock.people.notices import message_id_of
from lionrock.people.staff.members import Member, Members
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.proposals import Proposals
from lionrock.store.outbox.email import is_mail_address
from lionrock.store.outbox.messages import Address, Channel, Content, Message
from lionrock.store.outbox.outbox import Outbox

BREAK_GLASS = "break_glass"
"""Kind of the notice that somebody acted alone."""


class StaffNotices:
    """Of one site. What is said names ids only: mail leaves the house."""

    def __init__(
        self, database: Engine, outbox: Outbox, members: Members, proposals: Proposals, clock: Callable[[], int]
    ) -> None:
        self._database, self._outbox = database, outbox
        self._members, self._proposals, self._clock = members, proposals, clock

    async def glass_broken(self, proposal_id: str, words: str) -> None:
        """Tells everybody else whose role answers for what is done in an emergency, each once for each proposal.

        Whoever did it is told by none of their accounts. Raises what SQLAlchemy raises, `StaffRefused` for a proposal
        that is not there.
        """
        await asyncio.to_thread(self._tell, proposal_id, words)

    def _tell(self, proposal_id: str, words: str) -> None:
        made = self._proposals.read(proposal_id)
        members = self._members.all()
        person = next((each.person for each in members if each.staff_id == made.made_by), b"")
        told = [each for each in members if each.is_active and each.roles & Permission.BREAK_GLASS.roles]
        at = f"{datetime.fromtimestamp(made.made_ns // NS_PER_S, UTC):%Y-%m-%d %H:%M:%S} UTC"
        text = f"Somebody of the staff acted alone in an emergency.\n\nTime: {at}\n{words}\n"
        facts = {"proposal": proposal_id, "action": made.action, "by": made.made_by}
        content = Content("The glass was broken", text, facts)
        with self._database.begin() as connection:
            for member in told:
                if member.person != person:
                    message_id = message_id_of(BREAK_GLASS, proposal_id, member.staff_id)
                    message = Message(message_id, BREAK_GLASS, member.staff_id, content, self._addresses(member))
                    self._outbox.put(connection, message, self._clock())

    def _addresses(self, member: Member) -> tuple[Address, ...]:
        name, inbox = self._members.name_of(member.staff_id), Address(Channel.INBOX)
        return (Address(Channel.EMAIL, name), inbox) if is_mail_address(name) else (inbox,)
