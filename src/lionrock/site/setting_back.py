"""Takes out of a site's database what came after the command that its journal is set back to.

Every room drops its own rows, and forgets where the journal had what is no longer in it, so that a start states it
again. What was attested stands in the journal alone and went with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lionrock.compliance.admission.tables import history_statements
from lionrock.compliance.capital.forgetting import forget_later_capital
from lionrock.compliance.gates.client_gates import forget_later_decisions
from lionrock.compliance.onboarding.clients import forget_later_clients
from lionrock.compliance.papers.shelf import forget_later_papers
from lionrock.compliance.records.records import forget_later_erasures
from lionrock.gateways.rest.answer_memory import forget_answers
from lionrock.people.api_keys import forget_later_keys
from lionrock.people.staff.audit import forget_later_statements
from lionrock.people.staff.tables import staff_audit_statements
from lionrock.people.trade_notices import forget_told_trades
from lionrock.people.users import forget_later_users
from lionrock.rulebook.decision_log import forget_later_batches
from lionrock.rulebook.evidence import forget_later_runs
from lionrock.store.database import DATABASE_FILE, open_database


class Forgotten(NamedTuple):
    """How many rows went."""

    keys: int = 0
    """API keys of accounts that were opened later."""
    capital: int = 0
    """Capital figures, alarms and returns."""
    runs: int = 0
    """Runs of the rulebook."""


def forget_later(directory: Path, last_sequence: int, last_ns: int) -> Forgotten:
    """`last_sequence` and `last_ns` are of the last command that is left. Raises `DatabaseUnusable`."""
    if not (directory / DATABASE_FILE).exists():
        return Forgotten()
    database = open_database(directory)
    try:
        forget_later_clients(database, last_sequence)
        forget_later_users(database, last_sequence)
        forget_answers(database)
        forget_later_papers(database, last_sequence)
        forget_told_trades(database)
        forget_later_decisions(database, last_sequence)
        forget_later_erasures(database, last_sequence)
        forget_later_batches(database, last_sequence, last_ns)
        for statements in (staff_audit_statements, history_statements):
            forget_later_statements(database, statements, last_sequence)
        return Forgotten(
            forget_later_keys(database, last_sequence),
            forget_later_capital(database, last_ns, last_sequence),
            forget_later_runs(database, last_sequence),
        )
    finally:
        database.dispose()
