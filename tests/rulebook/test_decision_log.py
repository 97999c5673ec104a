"""A year of decisions comes out again byte for byte, a rule having changed half-way; whatever was changed is named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import msgspec
import pytest
from sqlalchemy import Engine, delete, insert, select, update

from lionrock.rulebook import tables
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import DecisionLog, replay
from lionrock.rulebook.decisions import Decision, RuleCited
from lionrock.rulebook.facts import GateWired
from lionrock.rulebook.loading import load_library
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.subject import Subject
from lionrock.store.database import DATABASE_FILE, open_database
from lionrock.store.sealing import Sealer
from lionrock.words.side_notes import StatementKind
from tests.rulebook.samples import CONTROLS, PACKS, Token, ns, regime
from tests.rulebook.statements import Stated

BEGIN, END = ns("2025-05-01T00:00:00+08:00"), ns("2026-05-01T00:00:00+08:00")
"""The rule of HB-T02 changes on 3 November, in the middle."""
DECISIONS = 4_000
DAY_NS = 86_400 * 10**9
SEALER = Sealer(bytes(32), os.urandom)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(tmp_path)
    yield opened
    opened.dispose()


def questions(count: int) -> list[tuple[str, msgspec.Struct, int, Subject]]:
    """A year of tokens, some too young, some in too few indices, in order of time."""
    chance = Random(6)
    asked: list[tuple[str, msgspec.Struct, int, Subject]] = []
    for number in range(count):
        at_ns = BEGIN + (END - BEGIN) * number // count
        token = Token(f"T{number % 50}", at_ns - chance.randrange(300, 430) * DAY_NS, chance.randrange(4))
        subject = Subject(audience=chance.choice(["retail", "professional"]), product="spot")
        gate = chance.choice(["asset_is_old_enough", "asset_in_indices", "asset_not_named"])
        asked.append((gate, token, at_ns, subject))
    return asked


async def recorded(database: Engine, count: int = DECISIONS) -> tuple[DecisionLog, Stated, list[Decision]]:
    log, stated = DecisionLog(database, SEALER), Stated()
    decisions = Rulebook(regime(), log.add).decide_all(questions(count))
    assert await log.state(stated) == count
    assert await log.state(stated) == 0
    return log, stated, decisions


@pytest.mark.shows("RULE-010")
async def test_a_year_comes_out_again_byte_for_byte(database: Engine) -> None:
    log, stated, decisions = await recorded(database)
    assert {decision.outcome for decision in decisions} == {"admitted", "refused"}
    assert {rule.version for each in decisions for rule in each.rules if rule.id == "HB-T02"} == {
        "2023-06-01",
        "2025-11-03",
    }
    again = Rulebook(regime())
    assert [again.again(logged.decision).encode() for logged in log.read()] == [each.encode() for each in decisions]
    assert replay(log, again, stated.by_sequence.get) == []
    assert log.count() == DECISIONS
    assert len(stated.by_sequence) == 1


@pytest.mark.shows("RULE-010")
async def test_rule_changed_afterwards_is_found_for_the_time_that_it_held(database: Engine, tmp_path: Path) -> None:
    """Somebody lets 300 days pass for the time before November: decisions of that time do not come out again."""
    log, stated, decisions = await recorded(database, 500)
    packs = tmp_path / "packs"
    for path in PACKS.rglob("*.toml"):
        copy = packs / path.relative_to(PACKS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text().replace("least_days = 365", "least_days = 300", 1))
    differences = replay(log, Rulebook(Regime(load_library(packs, CONTROLS), ["harbour"])), stated.by_sequence.get)
    changed = {each.decision_id for each in differences}
    expected = {
        number
        for number, each in enumerate(decisions, 1)
        if each.gate == "asset_is_old_enough" and each.at_ns < ns("2025-11-03T00:00:00+08:00")
    }
    assert changed == expected
    assert {each.what for each in differences} >= {"outcome", "rules_version"}


def _reseal(change: Callable[[Decision], Decision], *, hide: bool) -> Callable[[Engine], None]:
    """Somebody who holds the master key changes decision 7; to hide it, the clear columns and hashes as well."""

    def tamper(database: Engine) -> None:
        rows, batches = tables.decisions, tables.decision_batches
        with database.begin() as connection:
            row = connection.execute(select(rows).where(rows.c.decision_id == 7)).one()
            place = f"rulebook_decisions.sealed:{row.digest.hex()}"
            changed = change(msgspec.json.decode(SEALER.open(row.sealed, place), type=Decision))
            encoded = changed.encode()
            digest = sha256(encoded).digest()
            sealed = SEALER.seal(encoded, f"rulebook_decisions.sealed:{digest.hex()}")
            values = {"digest": digest, "sealed": sealed, "outcome": changed.outcome}
            connection.execute(update(rows).where(rows.c.decision_id == 7).values(**values))
            if hide:
                found = connection.execute(select(rows.c.digest).order_by(rows.c.decision_id)).scalars()
                connection.execute(update(batches).values(digest=sha256(b"".join(found)).digest()))

    return tamper


def _sql(*statements: object) -> Callable[[Engine], None]:
    def tamper(database: Engine) -> None:
        with database.begin() as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    return tamper


ROWS, BATCHES = tables.decisions, tables.decision_batches


def older(decision: Decision) -> Decision:
    """Another fact, which changes no outcome."""
    return msgspec.structs.replace(decision, facts=decision.facts | {"asset": "OTHER"})


def turned(decision: Decision) -> Decision:
    other = {"admitted": "refused", "refused": "admitted"}
    return msgspec.structs.replace(decision, outcome=other[decision.outcome])


def other_rule(decision: Decision) -> Decision:
    rules = tuple(msgspec.structs.replace(rule, id="HB-T09") for rule in decision.rules)
    return msgspec.structs.replace(decision, rules=rules or (RuleCited("HB-T09", "2023-06-01"),))


TAMPERED: list[tuple[str, Callable[[Engine], None], set[tuple[int, str]]]] = [
    ("a fact", _reseal(older, hide=False), {(0, "record"), (0, "journal")}),
    ("a fact, hidden", _reseal(older, hide=True), {(0, "journal")}),
    ("an outcome", _reseal(turned, hide=False), {(7, "outcome"), (0, "record"), (0, "journal")}),
    ("an outcome, hidden", _reseal(turned, hide=True), {(7, "outcome"), (0, "journal")}),
    ("a rule, hidden", _reseal(other_rule, hide=True), {(7, "rules"), (0, "journal")}),
    ("what is shown", _sql(update(ROWS).where(ROWS.c.decision_id == 7).values(rules="HB-T99")), {(7, "record")}),
    ("what is sealed", _sql(update(ROWS).where(ROWS.c.decision_id == 7).values(sealed=bytes(40))), {(7, "seal")}),
    ("one is gone", _sql(delete(ROWS).where(ROWS.c.decision_id == 7)), {(0, "record"), (0, "journal")}),
    ("a batch is gone", _sql(delete(BATCHES)), {(0, "journal")}),
    (
        "one is added",
        _sql(insert(ROWS).from_select(
            [column.name for column in ROWS.c if column.name != "decision_id"],
            select(*(column for column in ROWS.c if column.name != "decision_id")).where(ROWS.c.decision_id == 7),
        )),
        {(0, "record"), (0, "journal")},
    ),
]  # fmt: skip


@pytest.mark.shows("RULE-010")
@pytest.mark.parametrize(("tamper", "found"), [case[1:] for case in TAMPERED], ids=[case[0] for case in TAMPERED])
async def test_what_was_changed_is_found_and_named(
    database: Engine, tamper: Callable[[Engine], None], found: set[tuple[int, str]]
) -> None:
    log, stated, _ = await recorded(database, 20)
    tamper(database)
    differences = replay(log, Rulebook(regime()), stated.by_sequence.get)
    told = {(each.decision_id, each.what) for each in differences}
    assert told >= found, differences
    assert {key for key, _ in told} <= {0, 7}
    assert all(each.words for each in differences)


async def test_hash_goes_into_the_journal_and_nothing_else(database: Engine, tmp_path: Path) -> None:
    log, stated, decisions = await recorded(database, 10)
    ((sequence, statement),) = stated.by_sequence.items()
    digests = b"".join(sha256(each.encode()).digest() for each in decisions)
    assert statement == (StatementKind.DECISION, sha256(digests).digest())
    assert {logged.sequence for logged in log.read()} == {sequence}
    assert [logged.decision_id for logged in log.read(3, 5)] == [3, 4, 5]
    assert decisions[0].words.encode() not in _on_disk(tmp_path)


def _on_disk(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.glob(f"{DATABASE_FILE}*"))


async def test_gates_tell_what_they_answered(database: Engine) -> None:
    log, _, decisions = await recorded(database, 50)
    refused = sum(each.gate == "asset_in_indices" and not each.is_admitted for each in decisions)
    admitted = sum(each.gate == "asset_in_indices" and each.is_admitted for each in decisions)
    assert log.gates_wired({"asset_in_indices": "compliance.tokens", "asset_not_asked": "nowhere"}) == [
        GateWired("asset_in_indices", "compliance.tokens", admitted, refused),
        GateWired("asset_not_asked", "nowhere", 0, 0),
    ]


async def test_decisions_not_stated_yet_are_shown_so(database: Engine) -> None:
    log = DecisionLog(database, SEALER)
    Rulebook(regime(), log.add).decide_all(questions(3))
    assert [logged.sequence for logged in log.read()] == [None, None, None]
    assert replay(log, Rulebook(regime())) == []
