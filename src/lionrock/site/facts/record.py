"""Whether the record is whole, and when it was last backed up: looked at when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lionrock.journal import verify
from lionrock.journal.checkpoints import PUBLIC_KEY_FILE
from lionrock.rulebook.facts import RecordProof
from lionrock.site.backup_log import read_backup_log


class RecordFacts:
    """Supplies `RecordProof`. Reads the whole journal: call it in a thread, once a day."""

    def __init__(self, directory: Path, clock: Callable[[], int]) -> None:
        self._directory, self._clock = directory, clock

    def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[Any] | None:
        """As `FactSource`."""
        return [self._proof()] if fact_type is RecordProof else None

    def _proof(self) -> RecordProof:
        key, keys = self._directory / "checkpoints" / PUBLIC_KEY_FILE, list[verify.Key]()
        try:
            keys.extend([verify.read_key(key.read_text("utf-8").strip())] if key.exists() else [])
            told, faults = verify.check_directory(self._directory, [], keys, lambda *_: None)
            is_whole, frames, journal_id = not faults, int(told["frames"]), str(told["journal_id"])
        except verify.CannotCheck:
            is_whole, frames, journal_id = False, 0, ""
        logged = read_backup_log(self._directory, journal_id, keys)
        return RecordProof(self._clock(), is_whole, frames, logged.backed_up_ns, logged.drilled_ns)
