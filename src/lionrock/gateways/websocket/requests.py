"""What clients send."""

from __future__ import annotations

import msgspec


class V1Request(msgspec.Struct, frozen=True):
    """To the public stream, first version. A `{"ping": ms}` is answered `{"pong": ms}` everywhere."""

    symbol: str = ""
    """One symbol, or several with commas between."""
    topic: str = ""
    event: str = ""
    """`sub` or `cancel`."""
    params: dict[str, object] = {}
    id: int | str | None = None
    """Echoed as text in the messages of this subscription."""


class V2Request(msgspec.Struct, frozen=True):
    """To the public stream, second version."""

    topic: str = ""
    event: str = ""
    """`sub` or `cancel`."""
    params: dict[str, object] = {}
    """With the symbol among them."""


class FeedRequest(msgspec.Struct, frozen=True, rename="camel"):
    """To the venue's own streams."""

    op: str = ""
    """`subscribe`, `unsubscribe`, `ping`; on the private one `resume`, `cancelOnDisconnect`, `ping`."""
    id: int | str | None = None
    """Echoed in the answer."""
    topic: str = ""
    symbol: str = ""
    from_sequence: int | None = None
    """The last sequence that the client has seen."""
    group_id: int | None = None
    """Which orders are cancelled when the connection ends; 0 for all of the account."""


def read_object(data: str | bytes) -> dict[str, object] | None:
    """The message as a JSON object; None when it is none."""
    try:
        message = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return message if isinstance(message, dict) else None
