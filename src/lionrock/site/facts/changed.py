"""When people last recorded what rules judge: what a run found before that no longer tells how a site stands.

Decisions about clients are not among it: each is a gate's, recorded with its own rules as it is made, and rules that
look over all clients are asked once a day.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, func, select

from lionrock.compliance.admission.tables import history
from lionrock.compliance.capital.tables import capital_figures
from lionrock.rulebook.attestations import Recorded, last_ns


def last_change_ns(database: Engine, attestations: Sequence[Recorded], until_ns: int) -> int:
    """Of capital figures, steps of admissions and attestations, up to a moment; 0 for never. SQL."""
    with database.connect() as connection:
        moments = [
            connection.execute(select(func.max(column)).where(column <= until_ns)).scalar() or 0
            for column in (capital_figures.c.approved_ns, history.c.at_ns)
        ]
    return max(*moments, last_ns(attestations, until_ns))
