"""What a site tells its rules is what its ledger, its record and its files say, and goes red when they go."""

from __future__ import annotations

import json
import os
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
from lionrock.rulebook.facts.general import Backing
from lionrock.rulebook.ports import Joined
from lionrock.site.backup import back_up
from lionrock.site.definition import choose, read_definition
from lionrock.site.facts.declared import DeclaredFacts
from lionrock.site.facts.ledger import Entities, LedgerFacts
from lionrock.site.facts.record import RecordFacts
from lionrock.site.facts.shapes import ORDER_EVENT, ShapeFacts
from lionrock.site.facts.sources import made
from lionrock.site.restore import drill
from lionrock.site.rulebook_run import open_facts
from lionrock.site.signing import open_notary
from lionrock.store.database import open_database
from lionrock.store.sealing import MASTER_KEY_FILE, MasterKeyUnusable, open_sealer
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


@pytest.mark.shows("SITE-014")
def test_what_the_file_alone_says_is_told_as_that() -> None:
    definition = read_definition("hk")
    written = {"notice.login": "on", "release.document_sha256": "a" * 64, "sandbox.available": "yes", "login.x": "yes"}
    boasting = msgspec.structs.replace(definition, settings=definition.settings | written)
    backing = {
        fact.name: fact.backing
        for fact in DeclaredFacts(boasting, {}, lambda name, value: (name, value) == ("records.place", "HK")).facts(
            Setting
        )
        or ()
    }
    assert not written.keys() & backing.keys(), "of these the program tells, or nobody does"
    assert backing["records.place"] is Backing.ATTESTED
    assert backing["promotion.gifts"] is backing["channel.telephone"] is Backing.DECLARED
    assert backing["product.margin"] is backing["market_data.free_after_minutes"] is Backing.PROGRAM
    assert backing["login.second_factor_required"] is Backing.PROGRAM


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
async def test_a_forged_report_of_a_drill_counts_for_nothing(tmp_path: Path) -> None:
    """Whoever writes into the backup knows journal, frames and head of it, and has not the site's master key."""
    sites = [SmallSite(tmp_path / name) for name in ("data", "other")]
    for small in sites:
        await small.begin()
        back_up(small.directory, small.directory.with_suffix(".backup"), lambda: 5, with_master_key=False)
        drill(small.directory.with_suffix(".backup"), lambda: 7, master_key=small.directory / "master.key")
    directory, shown = sites[0].directory, sites[0].directory.with_suffix(".backup") / "drilled.note"
    good, others = shown.read_text(), (sites[1].directory.with_suffix(".backup") / "drilled.note").read_text()
    assert one_proof(directory).last_backup_drilled_ns == 7
    mine, theirs = (text.partition("\n\n") for text in (good, others))
    notary = open_notary(sites[1].directory, open_sealer(sites[1].directory, os.urandom), os.urandom)
    forged = {
        "a later time": good.replace("time-ns 7", "time-ns 8"),
        "another's report": others,
        "another's signature": "".join((*mine[:2], theirs[2])),
        "signed by another": notary.sign_text(f"{mine[0]}\n"),
        "in the site's name": notary.sign_text(f"{mine[0]}\n").replace(theirs[2].split()[1], mine[2].split()[1]),
        "no signature": f"{mine[0]}\n\n",
        "the form of before": json.dumps({"drilled_ns": 7, "journal_id": mine[0].split()[7]}),
        "nothing": "",
    }
    for name, text in forged.items():
        shown.write_text(text)
        assert one_proof(directory).last_backup_drilled_ns == 0, name
    shown.write_text(good)
    assert one_proof(directory).last_backup_drilled_ns == 7


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
    assert not drill(target, lambda: 6).is_signed
    assert one_proof(directory).last_backup_drilled_ns == 0, "nobody signed it"
    assert drill(target, lambda: 7, master_key=directory / "master.key").is_signed
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


@pytest.mark.shows("SITE-008")
def test_a_source_that_cannot_be_made_leaves_the_others_as_they_are() -> None:
    def fails() -> LedgerFacts:
        raise KeyError("an account that nobody opened")

    proof, gone = RecordShape("trading_rules", ()), made(fails, AssetSum, EntityAccount)

    class Shapes:
        def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[Any] | None:
            return [proof] if fact_type is RecordShape else None

    joined = Joined(gone, Shapes())
    assert joined.facts(RecordShape) == [proof]
    assert joined.facts(Setting) is None
    with pytest.raises(KeyError):
        joined.facts(AssetSum)


@pytest.mark.shows("OPER-013")
def test_reading_the_facts_of_a_site_without_its_master_key_makes_none(tmp_path: Path) -> None:
    choose(tmp_path, "hk")
    open_database(tmp_path).dispose()
    with pytest.raises(MasterKeyUnusable, match="put the site's own back"), open_facts(tmp_path):
        pass
    assert not (tmp_path / MASTER_KEY_FILE).exists()
