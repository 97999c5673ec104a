"""How the node says no. A refusal by the venue's rules is not here: that is a `CommandRejected` event."""

from __future__ import annotations

from pathlib import Path


class NodeBusy(Exception):
    """Too many commands are waiting. Nothing was recorded; the same command may be sent again a moment later."""

    def __init__(self, waiting: int, limit: int) -> None:
        super().__init__(f"{waiting} commands are waiting and the limit is {limit}: send it again later")


class NodeStopped(Exception):
    """The node takes no more commands until it is restarted.

    `outcome_known` is True when the command was certainly not recorded, and False when only a restart will tell: the
    sender then asks for its state before sending it again.
    """

    def __init__(self, reason: str, *, outcome_known: bool) -> None:
        outcome = (
            "This command was not recorded."
            if outcome_known
            else "Whether this command was recorded is known after a restart; ask for its state before you repeat it."
        )
        super().__init__(f"The node has stopped: {reason}. {outcome}")
        self.reason, self.outcome_known = reason, outcome_known


class DirectoryInUse(Exception):
    """Another process writes in this directory."""

    def __init__(self, directory: Path, process: str) -> None:
        super().__init__(
            f"{directory} is in use by process {process}: one node at a time (lionrock stop {directory} ends it)"
        )
