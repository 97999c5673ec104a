"""What is known of a token, what the committee said, and the fact that rules are asked about."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256

import msgspec

from lionrock.people.staff.audit import canonical_json
from lionrock.people.staff.roles import SEATS, Role
from lionrock.rulebook.facts import IndexMembership, TokenRecord


class Audience(StrEnum):
    """To whom a token is offered."""

    NONE = "none"
    PROFESSIONAL = "professional"
    RETAIL = "retail"
    RETAIL_REDUCE_ONLY = "retail_reduce_only"
    """Retail clients may sell what they have and buy no more."""


SEAT_NAMES: dict[Role, str] = dict(
    zip(SEATS, ("business", "compliance", "risk", "information_technology"), strict=True)
)
"""What a seat is called in votes and facts."""


class Described(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of a token, as its application says and later documents add. Votes are bound to it."""

    issued_on_ns: int = 0
    """When it was first issued; 0 when that is not known."""
    is_money: bool = False
    is_security: bool = False
    is_stablecoin: bool = False
    issuer_is_licensed: bool = False
    has_builtin_anonymity: bool = False
    bytecode_sha256: str = ""
    """Of its smart contract on chain; empty for a coin without one."""
    audit_bytecode_sha256: str = ""
    audit_report_sha256: str = ""
    approval_reference: str = ""
    """The regulator's."""
    notified_ns: int = 0
    white_paper_sha256: str = ""
    disclosed_fields: tuple[str, ...] = ()

    @property
    def encoded(self) -> bytes:
        return canonical_json(msgspec.to_builtins(self))

    @property
    def digest(self) -> str:
        """Of what a vote is about. The regulator's answer and the public page come after it and leave it as it is."""
        plain = {name: value for name, value in msgspec.to_builtins(self).items() if name not in _AFTER_THE_VOTE}
        return sha256(canonical_json(plain)).hexdigest()


_AFTER_THE_VOTE = frozenset({"approvalReference", "notifiedNs", "disclosedFields"})


class Vote(msgspec.Struct, frozen=True):
    """Of one seat, on one audience and one state of what is known."""

    seat: str
    staff_id: str
    is_for: bool
    reasons: str
    voted_ns: int

    def __repr__(self) -> str:
        return f"Vote(seat={self.seat!r}, is_for={self.is_for})"


class Token(msgspec.Struct, frozen=True):
    """A token as the room knows it."""

    asset: str
    audience: Audience
    round: int
    """How often something was decided about it; votes are for one decision."""
    described: Described
    voted_ns: int
    """When the vote that its audience rests on was complete."""
    index_evaluated_ns: int
    votes_for: tuple[str, ...]
    """Seats whose votes its audience rests on; none once what they voted on has changed."""
    indices: tuple[IndexMembership, ...]

    def record(self, audience: Audience, votes_for: tuple[str, ...], voted_ns: int) -> TokenRecord:
        """The fact as it would stand with this audience and these votes."""
        known = self.described
        return TokenRecord(
            asset=self.asset,
            audience=audience.value,
            is_money=known.is_money,
            issued_on_ns=known.issued_on_ns,
            is_security=known.is_security,
            is_stablecoin=known.is_stablecoin,
            issuer_is_licensed=known.issuer_is_licensed,
            has_builtin_anonymity=known.has_builtin_anonymity,
            indices=self.indices,
            bytecode_sha256=known.bytecode_sha256,
            audit_bytecode_sha256=known.audit_bytecode_sha256,
            audit_report_sha256=known.audit_report_sha256,
            approval_reference=known.approval_reference,
            notified_ns=known.notified_ns,
            voted_ns=voted_ns,
            votes_for=votes_for,
            disclosed_fields=known.disclosed_fields,
            white_paper_sha256=known.white_paper_sha256,
            index_evaluated_ns=self.index_evaluated_ns,
        )

    @property
    def present(self) -> TokenRecord:
        """The fact as it stands."""
        return self.record(self.audience, self.votes_for, self.voted_ns)
