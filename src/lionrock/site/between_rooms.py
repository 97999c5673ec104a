"""What one room asks of another, so that none imports the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class NoticesByKey:
    """Hands notices to the outbox; without one they are told nobody."""

    def __init__(self) -> None:
        self.outbox: Callable[[str, str, str, Mapping[str, int | str], int], None] | None = None

    def send(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        """As `assessments.ports.Notices` and `onboarding.ports.Notify`."""
        if self.outbox is not None:
            self.outbox(key, client_id, kind, figures, at_ns)
