"""Takes the facts of a running site: what the ledger is, in the loop; what the rooms know, in a thread afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lionrock.compliance.admission.facts import AdmissionFacts
from lionrock.compliance.gates.facts import ClientFacts
from lionrock.compliance.onboarding.facts import OnboardingFacts
from lionrock.compliance.records.facts import KeepingFacts
from lionrock.compliance.staff_facts import StaffFacts
from lionrock.gateways.rest.contract import Endpoint
from lionrock.people.staff import tables as staff_tables
from lionrock.people.tables import sign_in_log
from lionrock.rulebook import tables as rulebook_tables
from lionrock.rulebook.code_version import release_digest
from lionrock.rulebook.facts import (
    AssetSum,
    ClientRecord,
    EntityAccount,
    MovementTally,
    RecordShape,
    Setting,
    TokenRecord,
)
from lionrock.rulebook.ports import FactSource, Joined
from lionrock.site.definition import Definition
from lionrock.site.facts.declared import DeclaredFacts
from lionrock.site.facts.ledger import Entities, LedgerFacts
from lionrock.site.facts.record import RecordFacts
from lionrock.site.facts.shapes import ShapeFacts
from lionrock.site.rooms import Ground, Rooms
from lionrock.views.catalogue import Catalogue
from lionrock.views.movements import Movements
from lionrock.views.trading_rules import TradingRules
from lionrock.words.enumerations import ClientClass

_log = logging.getLogger(__name__)


def audit_fields() -> tuple[str, ...]:
    """What rooms record for an audit beside the journal, each where its table has it."""
    kept = {
        "sign_in": sign_in_log.c.get("outcome"),
        "compliance_exception": rulebook_tables.decisions.c.get("outcome"),
        "access_change": staff_tables.staff_audit.c.get("event"),
    }
    return tuple(name for name, column in kept.items() if column is not None)


class Without:
    """A source less some types, which another one supplies better."""

    def __init__(self, source: FactSource, *types: type[msgspec.Struct]) -> None:
        self._source, self._types = source, frozenset(types)

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        """As `FactSource`."""
        return None if fact_type in self._types else self._source.facts(fact_type)


class Failed:
    """A source that could not be made: whatever it would have supplied cannot be used."""

    def __init__(self, error: Exception, *types: type[msgspec.Struct]) -> None:
        self._error, self._types = error, frozenset(types)

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        """As `FactSource`."""
        if fact_type in self._types:
            raise self._error
        return None


def made(make: Callable[[], FactSource], *types: type[msgspec.Struct]) -> FactSource:
    """A source that reads as it is made. When that fails, the rules that ask for these types are red, and all others
    are asked as ever.
    """
    try:
        return make()
    except Exception as error:  # noqa: BLE001 one room must not keep the others from being asked
        _log.exception("Facts of %s cannot be taken", ", ".join(each.__name__ for each in types))
        return Failed(error, *types)


class UnadmittedTokens:
    """Assets that are listed and that no committee ever looked at: shown with nothing that speaks for them."""

    def __init__(
        self, definition: Definition, catalogue: Catalogue, rules: TradingRules, known: Callable[[], set[str]]
    ) -> None:
        """`known` gives the codes of assets that admission has on record; SQL."""
        money = {asset.code for asset in definition.assets if asset.is_money}
        self._offered = {
            asset.code: _audience(catalogue, rules, asset_id)
            for asset_id, asset in catalogue.assets.items()
            if asset.code not in money
        }
        self._known = known

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        """As `FactSource`."""
        if fact_type is not TokenRecord:
            return None
        known = self._known()
        return [
            _unknown_token(code, audience)
            for code, audience in sorted(self._offered.items())
            if code not in known and audience != "none"
        ]


def _audience(catalogue: Catalogue, rules: TradingRules, asset_id: int) -> str:
    """Whom the markets of an asset let in."""
    classes = 0
    for market_id, market in catalogue.markets.items():
        if market.base.asset_id == asset_id:
            set_by_rule = rules.rules.get(market_id)
            classes |= set_by_rule.admitted_classes if set_by_rule else 1 << ClientClass.RETAIL
    if classes >> ClientClass.RETAIL & 1:
        return "retail"
    return "professional" if classes else "none"


def _unknown_token(code: str, audience: str) -> TokenRecord:
    return TokenRecord(
        asset=code,
        audience=audience,
        is_money=False,
        issued_on_ns=0,
        is_security=False,
        is_stablecoin=False,
        issuer_is_licensed=False,
        has_builtin_anonymity=False,
        indices=(),
        bytecode_sha256="",
        audit_bytecode_sha256="",
        audit_report_sha256="",
        approval_reference="",
        voted_ns=0,
        votes_for=(),
        disclosed_fields=(),
    )


class Gathering:
    """Gives the facts of a site as they are now. `rooms` and `endpoints` are set once they are there."""

    def __init__(self, ground: Ground, movements: Movements) -> None:
        self._ground, self._movements = ground, movements
        self.rooms: Rooms | None = None
        self.endpoints: Sequence[Endpoint] = ()
        self.running: Callable[[], Mapping[str, int | str]] = dict
        """Settings of the running program, asked each time."""

    async def __call__(self) -> FactSource:
        """What the ledger says is read here and now, once it is durable. Raises `NodeStopped`."""
        ground = self._ground
        await ground.node.settled()
        engine, catalogue = ground.node.engine, ground.views.catalogue
        return Joined(
            made(
                lambda: LedgerFacts(engine, catalogue, self._movements, self._entities()),
                *(AssetSum, EntityAccount, MovementTally),
            ),
            made(lambda: DeclaredFacts(ground.definition, self._running(), self._vouches), Setting),
            made(lambda: ShapeFacts(self.endpoints, {"audit_event": audit_fields()}), RecordShape),
            RecordFacts(Path(ground.directory), ground.clock),
            StaffFacts(ground.staff.members),
            *self._of_rooms(),
        )

    def _running(self) -> dict[str, int | str]:
        return {"release.document_sha256": release_digest(), **self.running()}

    def _vouches(self, setting: str, value: str) -> bool:
        return self.rooms is not None and self.rooms.attesting.vouches(setting, value)

    def _entities(self) -> Entities:
        numbers = {entity.number: entity.code for entity in self._ground.definition.entities}
        return Entities(numbers, lambda account_id: self._ground.views.profiles.of(account_id).legal_entity)

    def _of_rooms(self) -> list[FactSource]:
        rooms, ground = self.rooms, self._ground
        if rooms is None:
            return []
        views, desk = ground.views, rooms.admission

        def on_record() -> set[str]:
            return {token.asset for token in desk.admission.register.all()}

        return [
            *rooms.paperwork.sources,
            KeepingFacts(rooms.keeper, ground.clock()),
            rooms.attestations,
            Without(OnboardingFacts(rooms.onboarding), ClientRecord),
            ClientFacts(rooms.assessed.gates, views.trading_rules, ground.clock),
            AdmissionFacts(desk.admission, desk.reports, ground.clock),
            made(
                lambda: UnadmittedTokens(ground.definition, views.catalogue, views.trading_rules, on_record),
                TokenRecord,
            ),
        ]
