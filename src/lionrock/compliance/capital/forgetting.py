"""Of a site that is set back: figures, alarms and returns that came after the moment it is set back to."""

from __future__ import annotations

from sqlalchemy import Engine, delete, update

from lionrock.compliance.capital.returns import ReturnState
from lionrock.compliance.capital.tables import capital_alarms, capital_figures, capital_returns


def forget_later_capital(database: Engine, last_ns: int, last_sequence: int) -> int:
    """Drops what two people approved, or the site froze, after a moment, and takes later steps of earlier ones back.

    `last_ns`: time of the last command that is left; digests that stood behind it are stated again. Gives how many rows
    went.
    """
    figures, alarms, returns = capital_figures.c, capital_alarms.c, capital_returns.c
    with database.begin() as connection:
        gone = sum(
            connection.execute(delete(table).where(column > last_ns)).rowcount
            for table, column in (
                (capital_figures, figures.approved_ns),
                (capital_alarms, alarms.found_ns),
                (capital_returns, returns.frozen_ns),
            )
        )
        connection.execute(
            update(capital_alarms).where(alarms.notified_ns > last_ns).values(notified_ns=None, notified_by="")
        )
        connection.execute(
            update(capital_returns)
            .where(returns.filed_ns > last_ns)
            .values(filed_ns=None, state=ReturnState.APPROVED.value)
        )
        connection.execute(
            update(capital_returns)
            .where(returns.approved_ns > last_ns)
            .values(approved_ns=None, approved_by="", state=ReturnState.FROZEN.value, recorded_sequence=None)
        )
        connection.execute(
            update(capital_returns).where(returns.recorded_sequence > last_sequence).values(recorded_sequence=None)
        )
    return gone
