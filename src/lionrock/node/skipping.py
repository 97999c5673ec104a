"""A frame that the engine cannot apply, and the only way past it.

A node that meets such a frame stops at it, at every start, and says so. Nothing of the frame was ever acknowledged: a
fault stops a node before it answers. Two operators, each with their own Ed25519 key (RFC 8032) of which the
configuration knows the public half, may sign a statement that names the frame by its hash. The statement goes into the
journal as the next frame, one without records; from then on every replay passes over the frame it names.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lionrock.journal.frames import Frame

NEEDED_SIGNATURES = 2
_MAGIC = b"LRKX"
_COUNTS = struct.Struct("<II")
_SIGNATURE_BYTES = 64


class PoisonFrame(Exception):
    """The engine met a fault in this frame."""

    def __init__(self, frame: Frame, frame_hash: bytes, fault: Exception, *, is_last: bool) -> None:
        self.statement = statement(frame, frame_hash)
        self.frame_hash = frame_hash
        self.sequence, self.next_sequence = frame.sequence, frame.next_sequence
        self.is_last = is_last
        way_out = (
            "Nothing of it was acknowledged. Mend the program and start again; or have two operators sign that the "
            "frame is skipped (lionrock skip --help)."
            if is_last
            else "Frames follow it, so an earlier version of the program has applied it: start that version."
        )
        sequences = f"{frame.sequence} to {frame.next_sequence - 1}"
        super().__init__(f"the frame of sequences {sequences} cannot be applied: {fault}. {way_out}")


class Signature(NamedTuple):
    """Of one operator, over the bytes of a statement."""

    operator: str
    signature: bytes


def statement(frame: Frame, frame_hash: bytes) -> bytes:
    """What operators sign: lines of text that say which frame of which journal is skipped."""
    return (
        "Lionrock: skip a frame that cannot be applied\n"
        f"journal {frame.journal_id.hex()}\n"
        f"sequences {frame.sequence} to {frame.next_sequence - 1}\n"
        f"frame hash {frame_hash.hex()}\n"
    ).encode()


def sign(operator: str, key: Ed25519PrivateKey, text: bytes) -> Signature:
    return Signature(operator, key.sign(text))


def pack_skip(text: bytes, signatures: Sequence[Signature]) -> bytes:
    """The side section of the frame that has another one skipped."""
    parts = [_MAGIC, _COUNTS.pack(len(text), len(signatures)), text]
    for operator, signature in signatures:
        name = operator.encode()
        parts += [bytes([len(name)]), name, signature]
    return b"".join(parts)


def is_skip_of(following: Frame, frame: Frame, frame_hash: bytes, operator_keys: Mapping[str, bytes]) -> bool:
    """Whether the frame behind says, with enough valid signatures, that this one is skipped."""
    if following.record_count or following.side[: len(_MAGIC)] != _MAGIC:
        return False
    text, signatures = _unpacked(following.side)
    return text == statement(frame, frame_hash) and len(signers(text, signatures, operator_keys)) >= NEEDED_SIGNATURES


def signers(text: bytes, signatures: Sequence[Signature], operator_keys: Mapping[str, bytes]) -> set[bytes]:
    """Public keys of known operators with a valid signature; one key under two names counts once."""
    valid = set()
    for operator, signature in signatures:
        key = operator_keys.get(operator)
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
        except (InvalidSignature, ValueError):
            continue
        valid.add(key)
    return valid


def _unpacked(side: bytes) -> tuple[bytes, list[Signature]]:
    """The text and its signatures; what is cut short counts as absent."""
    if len(side) < len(_MAGIC) + _COUNTS.size:
        return b"", []
    length, count = _COUNTS.unpack_from(side, len(_MAGIC))
    offset = len(_MAGIC) + _COUNTS.size
    text = side[offset : offset + length]
    offset += length
    signatures = []
    for _ in range(min(count, len(side))):
        if offset >= len(side):
            break
        name = side[offset + 1 : offset + 1 + side[offset]]
        offset += 1 + side[offset]
        signatures.append(Signature(name.decode("utf-8", "replace"), side[offset : offset + _SIGNATURE_BYTES]))
        offset += _SIGNATURE_BYTES
    return text, signatures
