"""A data directory whose journal holds evidence under a signed checkpoint, as a running site leaves it."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.node.statements import Statements
from lionrock.rulebook.checking import check
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import DecisionLog
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.subject import Subject
from lionrock.site.signing import open_notary
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer
from tests.node.trading import venue
from tests.rulebook.samples import CODE, Facts, Token, good_facts


async def site_with_evidence(
    directory: Path, at_ns: int, rules: Regime, facts: Facts | None = None, *, runs: int = 1
) -> str:
    """Runs the rulebook so often, closes the site in good order, and gives its public key."""
    notary = open_notary(directory, open_sealer(directory, os.urandom), os.urandom)
    node = Node.open(directory, Engine, count(at_ns).__next__, make_notary=lambda: notary)
    await node.submit_all([(command, b"") for command in venue()])
    database = open_database(directory)
    try:
        store = EvidenceStore(database)
        log = DecisionLog(database, open_sealer(directory, os.urandom))
        Rulebook(rules, log.add).decide("asset_in_indices", Token("A", 0, 1), at_ns, Subject(audience="retail"))
        await log.state(Statements(node))
        for number in range(runs):
            checked = check(
                rules, facts or good_facts(), at_ns + number, site="harbour", run_id=f"a{number}", code=CODE
            )
            await store.record(checked, Statements(node))
            await node.submit_all([(venue()[0], b"")])
    finally:
        database.dispose()
        await node.close()
    return notary.public_key
