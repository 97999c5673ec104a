"""Ending a relationship: orders cancelled, positions out, account closed; what stays, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from lionrock.compliance.assessments.authorities import Authority
from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.records import Finding, Kind, New
from lionrock.compliance.assessments.refusals import AssessmentRefused, check_reason, check_two
from lionrock.compliance.gates.client_gates import ClientGates
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.rulebook.facts import RecordClass

CLOSED = "closed"


class Position(msgspec.Struct, frozen=True):
    """What is still in an account."""

    account_id: int
    asset: str
    available_atoms: int
    held_atoms: int
    """For orders and withdrawals under way."""


class Stays(msgspec.Struct, frozen=True):
    """A class of records that is kept after the end."""

    record_class: str
    keep_days: int
    from_event: str
    rules: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """How far it is."""

    client_id: str
    is_closed: bool
    positions: tuple[Position, ...]
    authorities: int
    """Standing authorities still in force."""
    stays: tuple[Stays, ...]


class Offboarding:
    """Ends relationships. While onboarding has a client at `offboarding`, the gates let it only reduce."""

    def __init__(self, gates: ClientGates, record_classes: Callable[[], Sequence[RecordClass]] = tuple) -> None:
        self._gates, self._assessments, self._record_classes = gates, gates.assessments, record_classes

    async def report(self, client: Client, at_ns: int) -> Report:
        """What is done and what is left."""
        findings, authorities = await asyncio.to_thread(self._read, client)
        rules = self._assessments.terms.offboarding.rules
        return Report(
            client.client_id,
            any(each.kind == Kind.OFFBOARDING and each.result == CLOSED for each in findings),
            tuple(self.positions(client)),
            sum(each.holds(at_ns) for each in authorities),
            tuple(Stays(each.record_class, each.keep_days, each.from_event, rules) for each in self._record_classes()),
        )

    def _read(self, client: Client) -> tuple[list[Finding], list[Authority]]:
        return (
            self._assessments.records.of(client.client_id),
            self._assessments.authorities.of(client.client_id),
        )

    def positions(self, client: Client) -> list[Position]:
        """Everything that is not zero."""
        ledger = self._gates.ledger
        return [
            Position(account_id, ledger.catalogue.assets[asset_id].code, available, held)
            for account_id in self._gates.accounts(client)
            for asset_id, available, held in ledger.node.engine.balances(account_id)
            if available or held
        ]

    async def close(
        self, client: Client, reason: str, *, proposer: StaffIdentity, approver: StaffIdentity, at_ns: int
    ) -> Report:
        """Two people close what is empty; standing authorities end with it. Onboarding then takes the step `close`.

        Raises `AssessmentRefused` while anything is in the accounts, and before the ending was begun.
        """
        rules = self._assessments.terms.offboarding.rules
        check_two(proposer, approver, rules)
        check_reason(reason)
        if client.state != "offboarding":
            raise AssessmentRefused(
                "offboarding_not_begun",
                f"the relationship stands at {client.state}",
                next_step="begin to end it first",
                rules=rules,
                figures={"state": client.state},
            )
        await self._gates.ledger.node.settled()
        left = self.positions(client)
        if left:
            raise AssessmentRefused(
                "positions_left",
                f"{len(left)} positions are still in the client's accounts",
                next_step="have the client take them out, or settle what is held for them",
                rules=rules,
                figures={"positions": len(left)},
            )

        def write() -> None:
            for authority in self._assessments.authorities.of(client.client_id):
                self._assessments.authorities.revoke(client.client_id, authority.authority_id, at_ns)
            new = New(client.client_id, Kind.OFFBOARDING, CLOSED, at_ns, proposer.staff_id, approver.staff_id)
            self._assessments.records.add(new, {"reason": reason})

        await asyncio.to_thread(write)
        return await self.report(client, at_ns)
