"""Messages as they go over the wire (RFC 6455, section 5.2). A server masks nothing, so one encoding serves all."""

from __future__ import annotations

import gzip

import msgspec
from websockets.frames import Frame, Opcode

encode = msgspec.json.Encoder().encode

PING = Frame(Opcode.PING, b"").serialize(mask=False)

# Close codes. 4000 to 4999 are an application's own.
ABNORMAL = 1006
NOT_TEXT = 1007
INTERNAL_ERROR = 1011
TRY_AGAIN_LATER = 1013
KEY_ENDED = 4001
TOO_SLOW = 4008
TOO_MANY_MESSAGES = 4029


def text_frame(message: object) -> bytes:
    """The message as JSON in one text frame."""
    return Frame(Opcode.TEXT, encode(message)).serialize(mask=False)


def gzip_frame(message: object) -> bytes:
    """The same compressed, in one binary frame."""
    return Frame(Opcode.BINARY, gzip.compress(encode(message), 1, mtime=0)).serialize(mask=False)
