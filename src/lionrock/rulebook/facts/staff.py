"""The operator's people."""

from __future__ import annotations

import msgspec


class StaffRecord(msgspec.Struct, frozen=True):
    """Somebody of the staff."""

    staff_id: str
    roles: tuple[str, ...]
    is_active: bool
    has_second_factor: bool
    access_reviewed_ns: int
    has_trading_account: bool
    """An account of a client that belongs to this person or a relation, as declared."""
    client_ids: tuple[str, ...] = ()
    """The declared clients' opaque ids, as in `ClientRecord`."""
