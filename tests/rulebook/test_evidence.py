"""A run is kept with its facts, its hash stands in the journal, and it can be worked out again."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import delete, update

from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.rulebook import tables
from lionrock.rulebook.attestations import (
    Attestation,
    AttestationLog,
    AttestationRecorder,
    Attestations,
    read_attestations,
)
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.checking import Checked, Status, check
from lionrock.rulebook.code_version import code_version, files_digest
from lionrock.rulebook.evidence import EvidenceBroken, EvidenceStore
from lionrock.rulebook.facts import Attested, RecordClass, Setting
from lionrock.store.database import open_database
from lionrock.words.side_notes import StatementKind
from tests.rulebook.samples import CODE, NOON, PACKS, Facts, good_facts, regime
from tests.rulebook.statements import Stated

DAY_NS = 86_400 * 10**9


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.dispose()


def run(run_id: str, at_ns: int = NOON, facts: Facts | None = None) -> Checked:
    return check(regime(), facts or good_facts(), at_ns, site="harbour", run_id=run_id, code=CODE)


@pytest.mark.shows("RULE-011")
async def test_run_is_kept_and_stated(database: Database) -> None:
    store, stated = EvidenceStore(database), Stated()
    sequence = await store.record(run("a1"), stated)
    stored = store.read("a1")
    assert stored.run == run("a1").run
    assert stated.by_sequence == {sequence: (StatementKind.EVIDENCE, sha256(stored.document).digest())}
    assert stored.sequence == sequence
    last = store.last()
    assert last["HB-F01", "2023-06-01"].status is Status.PASS
    assert last["HB-C01", "2023-06-01"].status is Status.NO_DATA
    assert {each.sequence for each in last.values()} == {sequence}


@pytest.mark.shows("RULE-011")
async def test_every_input_is_there_by_its_hash(database: Database) -> None:
    store = EvidenceStore(database)
    await store.record(run("a1"), Stated())
    used = [each for rule in store.read("a1").run.rules for each in rule.inputs]
    assert {each.fact_type for each in used} == {
        *("Attested", "CapitalPosition", "GateWired", "RecordClass", "Setting", "Token"),
    }
    for each in used:
        assert sha256(store.facts(each.sha256)).hexdigest() == each.sha256
        assert store.facts(each.sha256).count(b"\n") == each.count - 1


@pytest.mark.shows("RULE-011")
async def test_run_comes_out_again_from_its_own_facts(database: Database) -> None:
    store = EvidenceStore(database)
    facts = good_facts()
    del facts.by_type[Setting]
    await store.record(run("a1", facts=facts), Stated())
    assert store.check_again("a1", regime())
    assert not store.check_again("a1", regime("STRAIT-EX"))


async def test_newest_evidence_counts(database: Database) -> None:
    store, stated = EvidenceStore(database), Stated()
    await store.record(run("a1"), stated)
    facts = good_facts()
    facts.by_type[RecordClass] = []
    await store.record(run("a2", NOON + DAY_NS, facts), stated)
    assert store.last()["HB-R01", "2023-06-01"].status is Status.FAIL
    assert store.last(NOON)["HB-R01", "2023-06-01"].status is Status.PASS
    assert (store.newest(), store.newest(NOON), store.newest(NOON - 1)) == ("a2", "a1", None)


async def test_run_that_a_crash_left_unstated_is_stated_later(database: Database) -> None:
    store, stated = EvidenceStore(database), Stated()
    store.keep(run("a1"))
    assert store.last() == {}
    assert store.newest() is None
    await store.record(run("a2", NOON + 1), stated)
    assert [statement.digest for statement in stated.by_sequence.values()] == [
        store.read("a1").digest,
        store.read("a2").digest,
    ]


async def test_unchanged_facts_are_kept_once(database: Database) -> None:
    store, stated = EvidenceStore(database), Stated()
    for number in range(3):
        await store.record(run(f"a{number}", NOON + number), stated)
    with database.connect() as connection:
        assert len(list(connection.execute(tables.inputs.select()))) == 6


@pytest.mark.shows("RULE-011")
async def test_changed_evidence_is_found(database: Database) -> None:
    store = EvidenceStore(database)
    await store.record(run("a1"), Stated())
    document = store.read("a1").document.replace(b'"status":"no_data"', b'"status":"pass"', 1)
    key = store.read("a1").run.rules[0].inputs[0].sha256
    with database.begin() as connection:
        connection.execute(update(tables.runs).values(document=zlib.compress(document)))
        connection.execute(update(tables.inputs).where(tables.inputs.c.sha256 == key).values(rows=b"nothing"))
    with pytest.raises(EvidenceBroken, match="the run a1 is not what its hash says"):
        store.read("a1")
    with pytest.raises(EvidenceBroken, match="cannot be read"):
        store.facts(key)
    with database.begin() as connection:
        connection.execute(update(tables.inputs).values(rows=zlib.compress(b"{}")))
    with pytest.raises(EvidenceBroken, match="are not what their hash says"):
        store.facts(key)
    with database.begin() as connection:
        connection.execute(delete(tables.inputs))
    with pytest.raises(EvidenceBroken, match="there are no facts"):
        store.facts(key)
    with pytest.raises(EvidenceBroken, match="there is no run"):
        store.read("a9")


async def test_attestations_are_facts_as_the_journal_has_them(tmp_path: Path) -> None:
    log = AttestationLog()
    attestations = Attestations(log, lambda digest: digest == "ab" * 32)
    told = {"proposal_id": "p1", "staff_id": "s1", "approver_id": "s2"}
    node = Node.open(tmp_path, Engine, lambda: NOON, listeners=[log])
    assert (attestations.facts(Attested), attestations.facts(Setting)) == ([], None)
    recorder = AttestationRecorder(node)
    for digest in ("ab" * 32, "cd" * 32):
        await recorder.record(Attestation(subject="technology_audit", document_sha256=digest, **told))
    await node.close()
    kept, lost = (Attested("technology_audit", NOON, "s1", "s2", each * 32) for each in ("ab", "cd"))
    assert attestations.facts(Attested) == [kept, msgspec.structs.replace(lost, document_is_held=False)]
    assert (log.last_ns(NOON), log.last_ns(NOON - 1)) == (NOON, 0)
    other = AttestationLog()
    other.load(log.save())
    assert other.all == log.all == read_attestations(tmp_path)


def test_version_of_the_code_follows_its_files(tmp_path: Path) -> None:
    assert code_version().package
    assert code_version(PACKS).packs_sha256 != code_version().packs_sha256
    (tmp_path / "a.toml").write_text("x = 1\n")
    before = files_digest(tmp_path, tmp_path.glob("*"))
    (tmp_path / "a.toml").write_text("x = 2\n")
    assert files_digest(tmp_path, tmp_path.glob("*")) != before


@pytest.mark.shows("RULE-011")
async def test_a_run_without_some_facts_is_kept_with_the_reason_and_comes_out_again(database: Database) -> None:
    store, facts = EvidenceStore(database), good_facts()
    facts.by_type[Setting] = [Setting("transfers.names", "\ud800")]
    await store.record(run("a1", facts=facts), Stated())
    assert store.read("a1").run.unusable == {"Setting": "Facts of Setting cannot be written down: UnicodeEncodeError."}
    assert store.check_again("a1", regime())
    assert b"unusable" not in canonical(run("a2").run), "a run that lacks nothing is written as ever"
