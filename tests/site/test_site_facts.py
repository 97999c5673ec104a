"""What a site tells its rules is what its ledger, its record and its files say, and goes red when they go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lionrock.core.engine import Engine
from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.node.published import Published
from lionrock.node.stamping import stamped
from lionrock.rulebook.facts import AssetSum, EntityAccount, MovementTally, RecordProof, RecordShape, Setting
from lionrock.rulebook.ports import Joined
from lionrock.site.backup import back_up
from lionrock.site.definition import read_definition
from lionrock.site.facts.declared import DeclaredFacts
from lionrock.site.facts.ledger import Entities, LedgerFacts
from lionrock.site.facts.record import RecordFacts
from lionrock.site.facts.shapes import ORDER_EVENT, ShapeFacts
from lionrock.site.restore import drill
from lionrock.views.catalogue import Catalogue
from lionrock.views.movements import Movements
from lionrock.words.commands import Command, ListAsset, OpenAccount, Transfer
from lionrock.words.enumerations import AccountKind, TransferPurpose
from tests.site.backups import SmallSite

CUSTODY, FEES, ANN = 1, 2, 11


def ledger(*commands: Command, entity_of: dict[int, int]) -> LedgerFacts:
    engine, catalogue, movements = Engine(), Catalogue(), Movements()
    kinds = {CUSTODY: AccountKind.CUSTODY, FEES: AccountKind.FEE, ANN: AccountKind.CLIENT}
    opened: list[Command] = [ListAsset(asset_id=1, decimals=0, code="BTC")]
    opened += [OpenAccount(account_id=account_id, account_kind=kind) for account_id, kind in kinds.items()]
    records = stamped([command.pack() for command in (*opened, *commands)], 1, 1)
    published = Published(1, 1, records, b"", engine.apply(records))
    catalogue.apply(published)
    movements.apply(published)
    entities = Entities({1: "operator", 2: "trust"}, lambda account_id: entity_of.get(account_id, 0))
    return LedgerFacts(engine, catalogue, movements, entities)


@pytest.mark.shows("SITE-008")
def test_the_ledger_tells_sums_accounts_and_movements() -> None:
    deposit = Transfer(
        asset_id=1, debit_account_id=CUSTODY, credit_account_id=ANN, amount_atoms=100, purpose=TransferPurpose.DEPOSIT
    )
    charge = Transfer(
        asset_id=1, debit_account_id=ANN, credit_account_id=FEES, amount_atoms=3, purpose=TransferPurpose.CHARGE
    )
    told = ledger(deposit, charge, entity_of={CUSTODY: 2, FEES: 1})
    assert told.facts(AssetSum) == [AssetSum("BTC", 0, 0, client_liability_atoms=97, custody_atoms=100)]
    assert told.facts(EntityAccount) == [
        EntityAccount(CUSTODY, "CUSTODY", "trust", may_trade=False, has_debt=True),
        EntityAccount(FEES, "FEE", "operator", may_trade=False, has_debt=False),
        EntityAccount(ANN, "CLIENT", "", may_trade=True, has_debt=False),  # nobody said whose it is
    ]
    assert told.facts(MovementTally) == [MovementTally("CHARGE", 1, without_authority=1)]
    assert told.facts(Setting) is None


@pytest.mark.shows("SITE-008")
def test_a_record_s_shape_is_that_of_the_code() -> None:
    shapes = {shape.record: shape.fields for shape in ShapeFacts(documented(ENDPOINTS), {}).facts(RecordShape) or ()}
    assert set(shapes["order_event"]) == set(ORDER_EVENT)
    assert {"order_size_limits", "auctions", "outages", "wash_trades"} <= set(shapes["trading_rules"])
    assert shapes["api_documentation"] == ("operations", "examples", "errors")
    assert {"limit_exception", "erroneous_input"} <= set(shapes["audit_event"])
    more = ShapeFacts((), {"audit_event": ["sign_in"]}).facts(RecordShape) or ()
    assert "sign_in" in next(shape.fields for shape in more if shape.record == "audit_event")


@pytest.mark.shows("SITE-009")
def test_what_is_not_listed_is_forbidden_and_cannot_be_declared_otherwise() -> None:
    definition = read_definition("hk")
    boasting = msgspec.structs.replace(definition, settings=definition.settings | {"product.margin": "allowed"})
    told = {
        fact.name: fact.value for fact in DeclaredFacts(boasting, {"sandbox.available": "yes"}).facts(Setting) or ()
    }
    assert told["product.margin"] == "forbidden"
    assert (told["entity.trust"], told["entity.operator"]) == ("trust", "operator")
    assert told["sandbox.available"] == "yes"
    assert told["records.place"] == "HK"


class _Two:
    def __init__(self, *settings: str) -> None:
        self._settings = settings

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        return [Setting(name, 1) for name in self._settings] if fact_type is Setting and self._settings else None


@pytest.mark.shows("SITE-008")
def test_rooms_are_joined_and_what_nobody_supplies_is_unknown() -> None:
    gathered = Joined(_Two("a"), _Two(), _Two("b", "c"))
    assert gathered.facts(Setting) == [Setting("a", 1), Setting("b", 1), Setting("c", 1)]
    assert gathered.facts(RecordProof) is None
    assert Joined(_Two()).facts(Setting) is None


@pytest.mark.shows("SITE-010")
async def test_the_record_says_whether_it_is_whole_and_when_it_was_backed_up(tmp_path: Path) -> None:
    directory, target = tmp_path / "data", tmp_path / "backup"
    small = SmallSite(directory)
    await small.begin()
    await small.trade(3)
    proof = one_proof(directory)
    assert proof.is_whole
    assert proof.frames > 0
    assert (proof.last_backup_ns, proof.last_backup_drilled_ns) == (0, 0)
    back_up(directory, target, lambda: 5, with_master_key=False)
    assert (one_proof(directory).last_backup_ns, one_proof(directory).last_backup_drilled_ns) == (5, 0)
    drill(target, lambda: 7)
    assert one_proof(directory).last_backup_drilled_ns == 7
    segment = min((directory / "journal").iterdir())
    content = bytearray(segment.read_bytes())
    content[200] ^= 1
    segment.write_bytes(content)
    assert not one_proof(directory).is_whole


def one_proof(directory: Path) -> RecordProof:
    (proof,) = RecordFacts(directory, time.time_ns).facts(RecordProof) or ()
    assert isinstance(proof, RecordProof)
    return proof
