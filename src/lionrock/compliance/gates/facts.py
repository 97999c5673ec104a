"""What assessments and gates tell the rules: clients as they stand, their authorities, what is owed to them, and how
many accounts each gate of the core is set for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.standing import Standing, standing
from lionrock.compliance.gates.client_gates import PLACE, ClientGates
from lionrock.rulebook.facts import (
    AgreementVersion,
    ClientRecord,
    GateWired,
    Obligation,
    OrderGateSetting,
    RecordShape,
    StandingAuthority,
    Watched,
)
from lionrock.rulebook.ports import Fact
from lionrock.views.trading_rules import TradingRules
from lionrock.words.enumerations import AccountRestriction
from lionrock.words.rejections import Rejection

OWED = (
    "exposure_limit_notice",
    "exposure_limit_review",
    "risk_profile_review",
    "professional_evidence_review",
    "periodic_review",
    "agreement_change",
    "standing_authority_renewal",
    "standing_authority_confirmation",
)
"""Kinds of obligations that are opened here."""

_ALWAYS = (
    Rejection.KILL_SWITCH_ENGAGED,
    Rejection.AVAILABLE_INSUFFICIENT,
    Rejection.SIZE_ABOVE_MAXIMUM,
    Rejection.ACCOUNT_MAY_NOT_TRADE,
)
"""Gates that need no setting: the core asks them of every order."""


class ClientFacts:
    """Facts as they are now. SQL: from a loop, call it in a thread."""

    def __init__(self, gates: ClientGates, rules: TradingRules, clock: Callable[[], int]) -> None:
        self._gates, self._rules, self._clock = gates, rules, clock
        self._offered: dict[type[Any], Callable[[], Sequence[Any]]] = {
            ClientRecord: self.client_records,
            StandingAuthority: self.authorities,
            Obligation: self.obligations,
            Watched: self.watched,
            AgreementVersion: self.agreements,
            OrderGateSetting: self.order_gates,
            GateWired: self.gates_wired,
            RecordShape: self.shapes,
        }

    def facts(self, fact_type: type[Fact]) -> Sequence[Fact] | None:
        """As `lionrock.rulebook.ports.FactSource`."""
        offered = self._offered.get(fact_type)
        return offered() if offered else None

    def client_records(self) -> list[ClientRecord]:
        """Everybody who has an account, by what is on record now."""
        return [self._record(each) for each in standings(self._gates, self._clock()) if each.client.account_id]

    def _record(self, current: Standing) -> ClientRecord:
        return msgspec.structs.replace(current.record, may_trade=self.may_trade(current))

    def may_trade(self, current: Standing) -> bool:
        """Whether the core lets any account of the client place an order."""
        profiles = self._gates.ledger.profiles
        for account_id in self._gates.accounts(current.client):
            profile = profiles.of(account_id)
            if profile.products and profile.restriction == AccountRestriction.NONE:
                return True
        return False

    def authorities(self) -> list[StandingAuthority]:
        """All that were ever granted, without those that were taken back."""
        return [
            StandingAuthority(
                each.authority_id,
                each.client_id,
                each.is_professional,
                each.begins_ns,
                each.ends_ns,
                each.notice_ns,
                each.confirmed_ns,
            )
            for each in self._assessments.authorities.all()
            if not each.revoked_ns
        ]

    def obligations(self) -> list[Obligation]:
        """What is owed to clients, open and done."""
        return [
            Obligation(each.kind, each.obligation_id, each.begun_ns, each.done_ns or None)
            for each in self._assessments.obligations.all()
        ]

    def watched(self) -> list[Watched]:
        """Which kinds of obligations this room opens by itself."""
        return [Watched(kind, PLACE) for kind in OWED]

    def agreements(self) -> list[AgreementVersion]:
        """Every version in every language."""
        return [
            AgreementVersion(
                each.agreement, each.sha256, each.announced_ns, each.in_force_ns, each.version == 1, each.clauses
            )
            for each in self._assessments.agreements.texts()
        ]

    def order_gates(self) -> list[OrderGateSetting]:
        """Accounts of clients who may trade, or open markets, by gate."""
        ledger, refused = self._gates.ledger, self._gates.ledger.profiles.refused
        trading = [each for each in self._gates.standings.values() if self.may_trade(each)]
        accounts = [
            (each, ledger.profiles.of(account_id))
            for each in trading
            for account_id in self._gates.accounts(each.client)
        ]
        markets = [self._rules.rules.get(market_id) for market_id in ledger.catalogue.markets]
        needing = [profile for each, profile in accounts if each.exposure_limit_minor is not None]

        def of(rejection: Rejection, held: Iterable[bool], out_of: int) -> OrderGateSetting:
            return OrderGateSetting(rejection.name, sum(held), out_of, refused[rejection])

        return [
            of(Rejection.EXPOSURE_ABOVE_LIMIT, (each.exposure_limit_atoms > 0 for each in needing), len(needing)),
            of(Rejection.CLIENT_CLASS_NOT_ADMITTED, (each.client_class > 0 for _, each in accounts), len(accounts)),
            of(Rejection.PRODUCT_NOT_PERMITTED, (each.products < 2**32 - 1 for _, each in accounts), len(accounts)),
            of(
                Rejection.PRICE_TOO_FAR_FROM_LAST,
                (each is not None and each.price_deviation_ppm > 0 for each in markets),
                len(markets),
            ),
            of(
                Rejection.ORDER_VALUE_ABOVE_LIMIT,
                (each is not None and each.max_order_value_atoms > 0 for each in markets),
                len(markets),
            ),
            *(OrderGateSetting(each.name, 1, 1, refused[each]) for each in _ALWAYS),
        ]

    def gates_wired(self) -> list[GateWired]:
        """The gates of the rulebook that are asked before a client's accounts may do anything."""
        asked = self._gates.asked
        return [GateWired(gate, PLACE, asked[gate, True], asked[gate, False]) for gate in self._assessments.terms.gates]

    def shapes(self) -> list[RecordShape]:
        """What the method of the risk profile tells a client."""
        method = self._assessments.data.profile[0]
        told = {
            "version": bool(method.id),
            "questions": bool(method.questions),
            "scores": all(choice.points >= 0 for question in method.questions for choice in question.choices),
            "profiles": bool(method.classes),
        }
        return [RecordShape("risk_profile_method", tuple(name for name, is_there in told.items() if is_there))]

    @property
    def _assessments(self) -> Assessments:
        return self._gates.assessments


def standings(gates: ClientGates, at_ns: int) -> Iterator[Standing]:
    """Every client as it stands, in one pass over what is on record. SQL."""
    clients, files, methods = gates.read_all()
    for each in clients:
        yield standing(each, gates.file_of(each, files), methods, None, at_ns)
