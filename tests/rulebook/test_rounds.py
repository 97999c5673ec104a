"""A site asks its rules once a day; everything that it decided and found stands in its journal."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.node.statements import Statements
from lionrock.rulebook.checking import Status
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import DecisionLog, replay
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.facts import CapitalPosition, RecordClass, Setting
from lionrock.rulebook.ports import Joined
from lionrock.rulebook.rounds import Rounds
from lionrock.rulebook.statements_of_journal import read_statements
from lionrock.rulebook.subject import Subject
from lionrock.store.database import open_database
from lionrock.store.sealing import Sealer
from lionrock.words.side_notes import StatementKind
from tests.rulebook.samples import CODE, NOON, Facts, Token, good_facts, ns, regime

TOKEN = Token("A", 0, 5)
RETAIL = Subject(audience="retail", product="spot")


@pytest.mark.shows("RULE-010", "RULE-011")
async def test_a_round_leaves_evidence_and_decisions_in_the_journal(tmp_path: Path) -> None:
    node = Node.open(tmp_path, Engine, count(NOON).__next__)
    database = open_database(tmp_path)
    log, store = DecisionLog(database, Sealer(bytes(32), os.urandom)), EvidenceStore(database)
    rounds = Rounds(
        regime(), good_facts(), store, Statements(node), site="harbour", code=CODE, random_bytes=os.urandom, log=log
    )
    rulebook = Rulebook(regime(), log.add)
    rulebook.decide_all([("asset_in_indices", TOKEN, NOON + number, RETAIL) for number in range(5)])
    assert await rounds.is_due(NOON)
    run = await rounds.go(NOON)
    assert not await rounds.is_due(ns("2026-06-01T23:59:59+08:00"))
    assert await rounds.is_due(ns("2026-06-02T00:00:00+08:00"))
    assert await rounds.state_decisions() == 0
    await node.close()

    stated = read_statements(tmp_path)
    assert sorted(each.kind for each in stated.values()) == [StatementKind.EVIDENCE, StatementKind.DECISION]
    kept = store.read(run.run_id)
    assert kept.sequence is not None
    assert stated[kept.sequence] == (StatementKind.EVIDENCE, kept.digest)
    assert replay(log, Rulebook(regime()), stated.get) == []
    assert store.last()["HB-F01", "2023-06-01"].status is Status.PASS
    database.dispose()


def test_facts_of_rooms_are_joined() -> None:
    rooms = Joined(
        Facts({Setting: [Setting("a", 1)], RecordClass: []}),
        Facts({Setting: [Setting("b", 2)]}),
    )
    assert rooms.facts(Setting) == [Setting("a", 1), Setting("b", 2)]
    assert rooms.facts(RecordClass) == []
    assert rooms.facts(CapitalPosition) is None
