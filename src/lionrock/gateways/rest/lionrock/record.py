"""The signed record over HTTP: checkpoints for everybody, proofs for those whom a command concerns.

Whoever keeps a checkpoint can later check alone that nothing before it was rewritten (docs/verify.md).
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.histories import ask_complete, explained
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row
from lionrock.journal.frames import frame_hash
from lionrock.journal.public_record import (
    Inclusion,
    IndexBehind,
    NotCovered,
    NothingSigned,
    PublicRecord,
    Signed,
)
from lionrock.journal.segments import JournalDamaged
from lionrock.people.staff.permissions import Permission
from lionrock.views.sql.reading import touches_account

NS_PER_SECOND = 1_000_000_000
_KEY_BYTES = 32

T = TypeVar("T")


class CheckpointShown(msgspec.Struct, rename="camel", kw_only=True):
    """A signed statement about the whole journal up to a frame (C2SP tlog-checkpoint, Ed25519)."""

    note: str
    """What is signed, with its signature, as text; all else here repeats it."""
    origin: str
    """What checkpoints call this journal: "lionrock/" and a one-way hash of its id."""
    tree_size: str
    """Frames that it covers."""
    root_hash: str
    """Of the tree over them, in hex."""
    sequence: str
    """Of the last command in them."""
    time_ms: int
    """When it was signed."""
    key_name: str
    public_key: str
    """The 32 bytes of the Ed25519 key, in base64."""
    verifier_key: str
    """Name, hash and key as signed-note and verify.py take them."""


class ConsistencyProof(msgspec.Struct, rename="camel", kw_only=True):
    """That the tree of the newest checkpoint begins with an older one (RFC 9162, section 2.1.4)."""

    from_size: str
    path: list[str]
    """Hashes in hex; none where both trees are the same."""
    checkpoint: CheckpointShown


class EntryProof(msgspec.Struct, rename="camel", kw_only=True):
    """That the frame with a command of the account is under a checkpoint (RFC 9162, section 2.1.3)."""

    sequence: str
    leaf_hash: str
    """Of the frame, in hex; what else is in the frame cannot be told from it."""
    leaf_index: str
    """Number of the frame in the journal, from 0."""
    path: list[str]
    """Hashes in hex, the sibling of the leaf first."""
    first_sequence: str
    """Of the commands in the frame."""
    last_sequence: str
    """Of the commands in the frame."""
    checkpoint: CheckpointShown


class FrameProof(EntryProof, rename="camel", kw_only=True):
    """The same with the frame itself: every command and note in it."""

    frame: str
    """All its bytes, in base64."""
    frame_hash: str
    """SHA-256 of these bytes, in hex: the data of the leaf."""


async def newest_checkpoint(venue: Venue, _call: Call) -> CheckpointShown:
    """Whoever keeps its note can check every later one against it."""
    return _checkpoint(await _told(venue, lambda record: record.newest()))


async def consistency(venue: Venue, call: Call) -> ConsistencyProof:
    """From a tree that the client knows to the newest checkpoint."""
    size = call.parameters.number("from")
    if not size:
        raise missing_or_invalid("from")
    try:
        proof = await _told(venue, lambda record: record.consistency(size))
    except NotCovered as error:
        figures = {"tree_size": error.newest.size, "asked_size": size}
        words = f"the newest checkpoint is of {error.newest.size} frames, fewer than {size}"
        step = "if you hold a signed checkpoint of that size, keep it and show it: the venue has contradicted itself"
        raise explained(-1004, "tree_not_so_large", words, step, figures=figures) from error
    return ConsistencyProof(
        from_size=str(size), path=[each.hex() for each in proof.path], checkpoint=_checkpoint(proof.signed)
    )


async def prove_entry(venue: Venue, call: Call) -> EntryProof:
    """Of a command that changed a balance of the owner's accounts, or placed an order of theirs."""
    sequence, account_ids = _sequence(call), venue.clients.owners.accounts(call.account_id)
    touched, _ = await ask_complete(venue, lambda connection: touches_account(connection, account_ids, sequence))
    if not touched:
        words = f"no command of sequence {sequence} changed a balance of your accounts or placed an order of theirs"
        raise explained(-1004, "entry_unknown", words, "take a sequence from your history")
    return EntryProof(**_inclusion(sequence, await _inclusion_of(venue, sequence)))


async def prove_frame(venue: Venue, call: Call) -> FrameProof:
    """Who looks at what is on the staff's log."""
    sequence, last_sequence = _sequence(call), venue.node.engine.last_sequence
    await venue.settled()
    if sequence > last_sequence:
        words, figures = f"the last command is {last_sequence}", {"last_sequence": last_sequence}
        raise explained(-1004, "sequence_unknown", words, "ask for one that is there", figures=figures)
    proof = await _inclusion_of(venue, sequence)
    staff_id = session_of_staff(call).member.staff_id
    await office_of(venue).note(staff_id, "frame read", f"{proof.leaf.sequence} to {proof.leaf.next_sequence - 1}")
    frame = await _told(venue, lambda record: record.frame(proof))
    return FrameProof(
        **_inclusion(sequence, proof),
        frame=base64.b64encode(frame).decode(),
        frame_hash=frame_hash(frame).hex(),
    )


def _sequence(call: Call) -> int:
    sequence = call.parameters.number("sequence")
    if not sequence:
        raise missing_or_invalid("sequence")
    return sequence


async def _inclusion_of(venue: Venue, sequence: int) -> Inclusion:
    try:
        return await _told(venue, lambda record: record.inclusion(sequence))
    except NotCovered as error:
        at_ms = venue.now_ms() + venue.node.next_checkpoint_seconds * 1_000
        figures = {"covered_sequence": error.newest.sequence, "asked_sequence": sequence, "next_checkpoint_ms": at_ms}
        words = f"the newest checkpoint covers commands up to {error.newest.sequence}; the next one is due at {at_ms}"
        raise explained(-1007, "not_covered_yet", words, "ask again then", figures=figures) from error


async def _told(venue: Venue, ask: Callable[[PublicRecord], T]) -> T:
    """In a thread of its own. Raises `Refused` and `NotCovered`."""
    record = venue.record
    if record is None:
        raise Refused(-1101)
    try:
        return await asyncio.to_thread(ask, record)
    except NothingSigned as error:
        at_ms = venue.now_ms() + venue.node.next_checkpoint_seconds * 1_000
        words = f"no checkpoint was signed yet; the first one is due at {at_ms}, if there was a command"
        figures = {"next_checkpoint_ms": at_ms}
        raise explained(-1007, "no_checkpoint_yet", words, "ask again then", figures=figures) from error
    except IndexBehind as error:
        words = f"the index that proofs are made from knows {error.known} of {error.needed} frames yet"
        figures = {"known_frames": error.known, "needed_frames": error.needed}
        raise explained(-1007, "proofs_being_prepared", words, "ask again in some seconds", figures=figures) from error
    except (JournalDamaged, OSError) as error:
        words = "the journal could not be read for a proof; the operator is told by the log"
        raise explained(-1101, "proofs_unavailable", words, "ask again later, and keep your checkpoints") from error


def _inclusion(sequence: int, proof: Inclusion) -> dict[str, Any]:
    leaf = proof.leaf
    return {
        "sequence": str(sequence),
        "leaf_hash": proof.leaf_hash.hex(),
        "leaf_index": str(leaf.number),
        "path": [each.hex() for each in proof.path],
        "first_sequence": str(leaf.sequence),
        "last_sequence": str(leaf.next_sequence - 1),
        "checkpoint": _checkpoint(proof.signed),
    }


def _checkpoint(signed: Signed) -> CheckpointShown:
    checkpoint = signed.checkpoint
    key_name, _, kind_and_key = signed.verifier_key.split("+", 2)
    return CheckpointShown(
        note=signed.note,
        origin=f"lionrock/{checkpoint.origin.hex()}",
        tree_size=str(checkpoint.size),
        root_hash=checkpoint.root.hex(),
        sequence=str(checkpoint.sequence),
        time_ms=checkpoint.time_ns // NS_PER_MS,
        key_name=key_name,
        public_key=base64.b64encode(base64.b64decode(kind_and_key)[-_KEY_BYTES:]).decode(),
        verifier_key=signed.verifier_key,
    )


_SEQUENCE = Parameter("sequence", "Which command, by its number in the journal", Kind.WHOLE_NUMBER, is_required=True)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/lionrock/v1/checkpoints/latest",
        Security.NONE,
        1,
        newest_checkpoint,
        "The newest signed checkpoint of the journal",
        shows_state=False,
        answer=CheckpointShown,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/checkpoints/consistency",
        Security.NONE,
        5,
        consistency,
        "That the newest checkpoint only adds to an older one",
        shows_state=False,
        parameters=(
            Parameter(
                "from",
                "`treeSize` of the checkpoint that was kept",
                Kind.WHOLE_NUMBER,
                is_required=True,
                example="1",
            ),
        ),
        answer=ConsistencyProof,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/proofs/entry",
        Security.USER_DATA,
        5,
        prove_entry,
        "That a command which touched the account is in the signed record",
        parameters=(_SEQUENCE,),
        answer=EntryProof,
    ),
    staff_row(
        "GET",
        "audit/proof",
        Permission.AUDIT_READ,
        prove_frame,
        "The frame that holds a command, with its proof",
        (_SEQUENCE,),
        answer=FrameProof,
        weight=5,
    ),
)
