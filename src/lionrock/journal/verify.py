"""Checks the record of a Lionrock venue without anything of Lionrock: this one file and Python 3.11 are enough.

    python verify.py DIR [--public-key KEY] [--checkpoint FILE] [--json]
    python verify.py --proof FILE [--public-key KEY] [--json]

DIR is a venue's data directory. Its journal is a row of frames in segment files, DIR/journal/*.frames, the older ones
possibly packed as DIR/archive/*.frames.gz. From the first frame to the last it is checked that

  1. each frame is whole: magic, format version, lengths, CRC-32
  2. each frame holds the SHA-256 of the one before it, belongs to the same journal and goes on with the next sequence
  3. a journal that was closed ends with the very frame that the mark DIR/journal/closed names
  4. each checkpoint in DIR/checkpoints/checkpoints, and in each FILE that you kept yourself, is signed by a KEY you
     trust (Ed25519, RFC 8032) and agrees with the Merkle tree over the frames up to it (RFC 9162, section 2.1)

What it cannot tell: whether frames behind the newest checkpoint are missing at the end of a journal that was not
closed. Keep checkpoints outside of the venue, and every frame up to the newest of yours must be there, unchanged.

KEY is "name+hash+base64" (C2SP signed-note); without one no signature is checked and nothing vouched for. Both KEY and
FILE may be given several times. Exit code 0: no fault, and a checkpoint that a KEY signed vouches for it. 1: a fault,
told with frame and bytes. 2: nothing was checked. 3: no fault, nothing vouched for: anybody could have written it.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import re
import signal
import struct
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any, NamedTuple

Progress = Callable[[int, int], None]  # called with the bytes of files read so far and in all
Told = tuple[dict[str, Any], list["Fault"]]  # what was found, by name, and the faults


class Place(NamedTuple):
    """Bytes `start` to `stop` (not included) of a file; for a packed segment, of what it unpacks to."""

    file: str
    start: int
    stop: int

    def __str__(self) -> str:
        return f"{self.file} bytes {self.start} to {self.stop}"


class Fault(Exception):
    """Something is not as it was written. Frames count from 0; `sequence` is of the first record concerned."""

    def __init__(self, reason: str, *places: Place, frames: tuple[int, int] | None = None, sequence: int = 0) -> None:
        facts: dict[str, Any] = {"frames": frames, "sequence": sequence or None}
        self.places, self.as_json = places, facts | {"places": places, "reason": reason}
        which = "" if not frames else "frame {}, " if frames[0] == frames[1] else "frames {} to {}, "
        which = which.format(*frames or ()) + (f"sequence {sequence}, " if sequence else "")
        super().__init__(f"{which}{', '.join(map(str, places))}: {reason}")


class CannotCheck(Exception):
    """What was asked cannot be checked at all."""


# ---- Frames. Little-endian: magic, format version, journal id, first sequence, time, record count, record bytes, side
# bytes, record version, previous hash, 4 spare bytes, CRC-32 of all other bytes; then the records, the side section.

HEADER = struct.Struct("<4sI16sQqIIII32s4xI")
MAGIC, FORMAT_VERSION, CRC_AT = b"LRKF", 2, HEADER.size - 4
MARK = struct.Struct("<4sIQ32sI")  # magic, version, next sequence, last frame's hash, CRC-32
MAX_FRAME_BYTES, BLOCK_BYTES = 64 * 1024 * 1024, 1024 * 1024


class Frame(NamedTuple):
    """One whole frame, where it stands. `encoded` is all its bytes, `next_sequence` one above its last record's."""

    number: int
    sequence: int
    next_sequence: int
    journal_id: bytes
    previous_hash: bytes
    hash: bytes
    encoded: memoryview
    place: Place


class Segment:
    """The bytes of one segment from `offset` on, read block by block: what comes next stands in `view`."""

    def __init__(self, name: str, read: Callable[[int], bytes | None], view: memoryview | None = None) -> None:
        self.name, self._read, self.view = name, read, view or memoryview(b"")
        self.offset, self.unreadable, self.announced = 0, "", 0

    def has(self, count: int) -> bool:
        """Read on until `view` has so many bytes, or to the end; `unreadable` tells another end than the file's."""
        parts, length = [bytes(self.view)] if len(self.view) < count else [], len(self.view)
        while length < count and not self.unreadable:
            try:
                part = self._read(BLOCK_BYTES)
            except (OSError, EOFError, zlib.error) as error:
                self.unreadable, part = f"the file cannot be read on: {error}", None
            if not part:
                break
            parts.append(part)
            length += len(part)
        if parts:
            self.view = memoryview(b"".join(parts))
        return length >= count

    def next_frame(self, number: int) -> Frame | str:
        self.announced = 0
        if not self.has(HEADER.size):
            return self.unreadable or f"the file ends {len(self.view)} bytes into its header"
        fields = HEADER.unpack_from(self.view)
        magic, version, journal_id, sequence, _, count, record_bytes, side_bytes, _, previous_hash, crc = fields
        if (magic, version) != (MAGIC, FORMAT_VERSION):
            return f"it begins with {magic.hex()}, version {version}, not {MAGIC.hex()}, {FORMAT_VERSION}"
        self.announced = length = HEADER.size + record_bytes + side_bytes
        if not (count or side_bytes) or length > MAX_FRAME_BYTES:
            return f"it announces {count} records and {length} bytes"
        if not self.has(length):
            return self.unreadable or f"the file ends {len(self.view)} bytes into its {length}"
        encoded = self.view[:length]
        found = zlib.crc32(encoded[HEADER.size :], zlib.crc32(encoded[:CRC_AT]))
        if found != crc:
            return f"its CRC is {found:08x}, and {crc:08x} is written in it"
        frame_hash, place = sha256(encoded).digest(), Place(self.name, self.offset, self.offset + length)
        return Frame(number, sequence, sequence + count, journal_id, previous_hash, frame_hash, encoded, place)

    def find_frame(self, journal_id: bytes | None) -> int | None:
        """Where behind the first byte of all that is left a whole frame of this journal begins."""
        beginning = MAGIC + FORMAT_VERSION.to_bytes(4, "little") + (journal_id or b"")
        self.has(sys.maxsize)
        rest, start = bytes(self.view), 0
        while (start := rest.find(beginning, start + 1)) >= 0:
            if isinstance(Segment("", lambda _: None, self.view[start:]).next_frame(0), Frame):
                return start
        return None


class Journal:
    """The frames of a data directory in order, or a `Fault`. Of a segment both plain and packed, the plain is read."""

    def __init__(self, directory: Path, progress: Progress) -> None:
        self._directory, self._progress = directory, progress
        if not (directory / "journal").is_dir():
            raise CannotCheck(f"{directory} has no journal: {directory / 'journal'} is not there")
        packed = {path.name.removesuffix(".gz"): path for path in directory.glob("archive/*.frames.gz")}
        plain = {path.name: path for path in directory.glob("journal/*.frames")}
        self.segments = [path for _, path in sorted((packed | plain).items())]
        self.total_bytes = sum(path.stat().st_size for path in self.segments)
        self.size, self.next_sequence, self.last_hash, self.bytes = 0, 1, bytes(32), 0
        self.journal_id: bytes | None = None
        self.end = Place("journal", 0, 0)
        self.closed: tuple[int, bytes] | None = None
        self.cut_short: Fault | None = None  # a last write cut short by a crash: no fault unless a checkpoint covers it

    def __iter__(self) -> Iterator[Frame]:
        self.closed, read_bytes = self._read_mark(), 0
        for path in self.segments:
            name = path.relative_to(self._directory).as_posix()
            if path.name.split(".")[0] != f"{self.next_sequence:020d}":
                raise self._fault(f"no segment begins with sequence {self.next_sequence}", Place(name, 0, 0))
            with path.open("rb", buffering=0) as file:
                read = gzip.GzipFile(fileobj=file).read1 if path.suffix == ".gz" else file.read
                for frame in self._frames(Segment(name, read), is_last=path == self.segments[-1]):
                    yield frame
                    if frame.number % 256 == 0:
                        self._progress(read_bytes + file.tell(), self.total_bytes)
                read_bytes += file.tell()
        if self.closed and self.closed != (self.next_sequence, self.last_hash):
            raise self._fault(f"the journal was closed after sequence {self.closed[0] - 1}, and ends here", self.end)

    def _read_mark(self) -> tuple[int, bytes] | None:
        if not (path := self._directory / "journal" / "closed").exists():
            return None
        mark = path.read_bytes()
        if len(mark) != MARK.size or zlib.crc32(mark[:-4]) != MARK.unpack(mark)[4] or mark[:8] != b"LRKC\1\0\0\0":
            raise Fault("the mark of a clean close was changed", Place("journal/closed", 0, len(mark)))
        return MARK.unpack(mark)[2:4]

    def _frames(self, segment: Segment, *, is_last: bool) -> Iterator[Frame]:
        before: Frame | None = None
        while segment.has(1) or segment.unreadable:
            frame = segment.next_frame(self.size)
            if isinstance(frame, str):
                self._no_frame(segment, frame, is_last=is_last)
                return
            if self.journal_id not in {None, frame.journal_id}:
                raise self._fault("it belongs to another journal", frame.place)
            if frame.sequence != self.next_sequence:
                raise self._fault(f"its first sequence is {frame.sequence}, not {self.next_sequence}", frame.place)
            segment.view, segment.offset = segment.view[len(frame.encoded) :], frame.place.stop
            if frame.previous_hash != self.last_hash:
                raise self._broken_chain(before, frame, segment.next_frame(0))
            self.size, self.next_sequence, self.last_hash = self.size + 1, frame.next_sequence, frame.hash
            self.journal_id, self.bytes = frame.journal_id, self.bytes + len(frame.encoded)
            self.end, before = Place(segment.name, frame.place.stop, frame.place.stop), frame
            yield frame

    def _fault(self, reason: str, place: Place) -> Fault:
        return Fault(reason, place, frames=(self.size, self.size), sequence=self.next_sequence)

    def _broken_chain(self, before: Frame | None, frame: Frame, behind: Frame | str) -> Fault:
        """Which of two whole frames was changed? The one behind them holds the hash that the second must have."""
        suspects = [before, frame] if before else [frame]
        if isinstance(behind, Frame):
            suspects = suspects[:1] if behind.previous_hash == frame.hash else [frame]
        (first, *_), (*_, last), places = suspects, suspects, [suspect.place for suspect in suspects]
        return Fault("the chain breaks here", *places, frames=(first.number, last.number), sequence=first.sequence)

    def _no_frame(self, segment: Segment, reason: str, *, is_last: bool) -> None:
        """Zeros filled in advance, a last write cut short, or damage, which is raised."""
        behind, rest = segment.find_frame(self.journal_id), bytes(segment.view)
        used = len(rest.rstrip(b"\0"))
        stop = segment.offset + (behind or max(used, min(segment.announced, len(rest))) or len(rest))
        fault = self._fault(reason, Place(segment.name, segment.offset, stop))
        newer = rest[:4] == MAGIC and int.from_bytes(rest[4:8], "little") > FORMAT_VERSION
        if behind or self.closed or segment.unreadable or (used and (newer or not is_last)):
            raise fault
        self.cut_short = fault if used else None


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of the Merkle tree of RFC 9162, section 2.1. The data of a leaf is its frame's hash."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """Grows leaf by leaf and keeps only the roots of its full subtrees, largest first, with their sizes."""

    def __init__(self) -> None:
        self._roots: list[tuple[int, bytes]] = []

    def append(self, root: bytes, size: int = 1) -> None:
        while self._roots and self._roots[-1][0] == size:
            root, size = node_hash(self._roots.pop()[1], root), 2 * size
        self._roots.append((size, root))

    def root(self) -> bytes:
        return reduce(lambda right, left: node_hash(left, right), [root for _, root in reversed(self._roots)])


def root_by_inclusion(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path of section 2.1.3 leads to; takes the path apart. Raises `IndexError` when it is short."""
    if size == 1:
        return leaf
    half, sibling = 1 << (size - 1).bit_length() - 1, path.pop()
    if index < half:
        return node_hash(root_by_inclusion(leaf, index, half, path), sibling)
    return node_hash(sibling, root_by_inclusion(leaf, index - half, size - half, path))


def roots_by_consistency(old: int, size: int, path: list[bytes], whole: bytes | None) -> tuple[bytes, bytes]:
    """The old and the new root by SUBPROOF of section 2.1.4.1; `whole` is the claimed root of the whole old tree."""
    if old == size:
        root = whole or path.pop()
        return root, root
    half, sibling = 1 << (size - 1).bit_length() - 1, path.pop()
    if old <= half:
        old_root, root = roots_by_consistency(old, half, path, whole)
        return old_root, node_hash(root, sibling)
    old_root, root = roots_by_consistency(old - half, size - half, path, None)
    return node_hash(sibling, old_root), node_hash(sibling, root)


# ---- Ed25519, RFC 8032 section 5.1: points as (X, Y, Z, T) with x = X/Z, y = Y/Z, x * y = T/Z. Nothing here is secret.

Point = tuple[int, int, int, int]
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE = (4 * pow(5, -1, P) % P).to_bytes(32, "little")


def add(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(encoded: bytes) -> Point:
    """Section 5.1.3. Raises `ValueError` where no point of the curve is meant."""
    sign, y = encoded[-1] >> 7, int.from_bytes(encoded, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if len(encoded) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("this is no point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def is_signed(message: bytes, signature: bytes, public_key: bytes) -> bool:
    """Section 5.1.7, without the cofactor: R must be S * base - k * public key."""
    factor, base, (x, y, _, t) = int.from_bytes(signature[32:], "little"), decode_point(BASE), decode_point(public_key)
    k = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    if len(signature) != 64 or factor >= ORDER:
        return False
    neutral, minus_key = (0, 1, 1, 0), (P - x, y, 1, P - t)
    terms, total = [neutral, base, minus_key, add(base, minus_key)], neutral
    for bit in range(252, -1, -1):
        total = add(add(total, total), terms[(factor >> bit & 1) + 2 * (k >> bit & 1)])
    x, y, inverse = total[0], total[1], pow(total[2], -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little") == signature[:32]


# ---- Checkpoints: signed notes (C2SP tlog-checkpoint and signed-note), one after the other

NOTE = re.compile(
    rb"(lionrock/([0-9a-f]{32})\n([1-9]\d{0,18})\n([A-Za-z0-9+/]{43}=)\n"
    rb"sequence (\d{1,20})\nframe-hash ([0-9a-f]{64})\ntime-ns \d{1,19}\n)\n((?:\xe2\x80\x94 [^\s+]+ \S+\n)+)"
)
WHOLE_END = re.compile(rb"\n\n\xe2\x80\x94 .*\n\Z")
OWN_CHECKPOINTS = "checkpoints/checkpoints"
Key = tuple[str, bytes, bytes]  # name, hash, and the 32 bytes of an Ed25519 public key


class Checkpoint(NamedTuple):
    """What a venue said about its first `size` frames; `signed_by` is None when no key was given."""

    place: Place
    origin: bytes
    size: int
    root: bytes
    sequence: int
    frame_hash: bytes
    signed_by: str | None


def read_key(text: str) -> Key:
    """Raises `CannotCheck` for what is no C2SP verifier key of Ed25519."""
    try:
        name, key_hash, encoded = text.strip().split("+", 2)
        kind_and_key = base64.b64decode(encoded, validate=True)
        decode_point(kind_and_key[1:])
    except (ValueError, IndexError) as error:
        raise CannotCheck(f"{text!r} is no public key of the form name+hash+base64: {error}") from error
    expected = sha256(name.encode() + b"\n" + kind_and_key).digest()[:4]
    if kind_and_key[:1] != b"\1" or expected.hex() != key_hash:
        raise CannotCheck(f"{text!r} is no public key: its kind is not Ed25519, or its hash is wrong")
    return name, expected, kind_and_key[1:]


def signer(text: bytes, lines: str, keys: Sequence[Key]) -> str:
    """Name of a key that signed the text. Raises `ValueError` when none did, or one did not sign what it claims to."""
    names = []
    for line in lines.strip("\n").split("\n"):
        _, name, encoded = line.split(" ")
        blob = base64.b64decode(encoded, validate=True)
        for known, key_hash, public_key in keys:
            if (known, key_hash) == (name, blob[:4]):
                if base64.b64encode(blob).decode() != encoded or not is_signed(text, blob[4:], public_key):
                    raise ValueError(f"{name} did not sign it")
                names.append(name)
    if not names:
        raise ValueError(f"it was signed by {lines.split(' ')[1]}, with no key that you gave")
    return names[0]


def read_checkpoints(name: str, data: bytes, keys: Sequence[Key], faults: list[Fault]) -> list[Checkpoint]:
    """Those that are sound; adds to `faults` what is wrong with the others. A crash may cut the venue's last short."""
    notes, end = [], 0
    for match in NOTE.finditer(data):
        if match.start() != end:
            faults.append(Fault("this is no checkpoint", Place(name, end, match.start())))
        text, origin, size, root, sequence, frame_hash, signatures = match.groups()
        end, place = match.end(), Place(name, *match.span())
        try:
            signed_by = signer(text, signatures.decode(), keys) if keys else None
        except ValueError as error:
            faults.append(Fault(f"this is no checkpoint of yours: {error}", place))
            continue
        about, last_hash = bytes.fromhex(origin.decode()), bytes.fromhex(frame_hash.decode())
        notes.append(Checkpoint(place, about, int(size), base64.b64decode(root), int(sequence), last_hash, signed_by))
    if (data[end:] or not data) and (name != OWN_CHECKPOINTS or WHOLE_END.search(data, end)):
        faults.append(Fault("this is no checkpoint", Place(name, end, len(data))))
    return notes


def agreeing(journal: Journal, waiting: list[Checkpoint], faults: list[Fault]) -> Iterator[Checkpoint]:
    """Walks the journal and gives each checkpoint, smallest first, that agrees. Raises `Fault` for wrong frames."""
    tree, first, since = Tree(), (0, 1), dict[str, tuple[int, int]]()
    for frame in journal:
        tree.append(sha256(b"\0" + frame.hash).digest())
        file, start, stop = frame.place
        since[file] = since.get(file, (start, 0))[0], stop
        while waiting and waiting[-1].size == journal.size:
            note, true = waiting.pop(), (journal.size, tree.root())
            if note.origin != sha256(b"lionrock journal " + frame.journal_id).digest()[:16]:
                faults.append(Fault("this checkpoint is of another journal", note.place))
            elif since and note.root != true[1] and true not in [(each.size, each.root) for each in waiting]:
                places = [Place(file, *bounds) for file, bounds in since.items()]
                reason = f"not the frames that the checkpoint at {note.place} is about"
                raise Fault(reason, *places, frames=(first[0], frame.number), sequence=first[1])
            elif (note.root, note.sequence, note.frame_hash) != (true[1], frame.next_sequence - 1, frame.hash):
                faults.append(Fault("this checkpoint does not agree with its own frames", note.place))
            else:
                yield note
                first, since = (journal.size, frame.next_sequence), {}
    if waiting:
        places = list(journal.cut_short.places) if journal.cut_short else [journal.end]
        reason = f"missing, and the checkpoint at {waiting[0].place} covers it"
        raise Fault(reason, *places, frames=(journal.size, waiting[0].size - 1), sequence=journal.next_sequence)


def check_directory(directory: Path, kept: Sequence[Path], keys: Sequence[Key], progress: Progress) -> Told:
    """The whole record of a venue. Raises `CannotCheck` and `OSError`."""
    faults, covered, own = list[Fault](), None, directory / OWN_CHECKPOINTS
    data = own.read_bytes() if own.exists() else b""
    notes = read_checkpoints(OWN_CHECKPOINTS, data, keys, faults)
    for file in kept:
        notes += read_checkpoints(str(file), file.read_bytes(), keys, faults)
    journal = Journal(directory, progress)
    try:
        for note in agreeing(journal, sorted(notes, key=lambda each: -each.size), faults):
            covered = note
    except Fault as fault:
        faults.append(fault)
    return {
        "journal_id": journal.journal_id and journal.journal_id.hex(), "segments": len(journal.segments),
        "bytes": journal.bytes, "frames": journal.size, "last_sequence": journal.next_sequence - 1,
        "closed": journal.closed is not None, "cut_short": journal.cut_short and str(journal.cut_short),
        "checkpoints": len(notes), "covered_sequence": covered and covered.sequence,
        "vouched_sequence": covered.sequence if covered and covered.signed_by else None,
        "signed_by": covered and covered.signed_by,
    }, faults  # fmt: skip


def check_proof(file: Path, keys: Sequence[Key]) -> Told:
    """One proof, of inclusion or of consistency, that `lionrock journal prove` made. Raises the same."""
    faults, notes = list[Fault](), list[Checkpoint]()
    try:
        proof = json.loads(file.read_bytes())
        kind, names = proof["kind"], {"inclusion": ["checkpoint"], "consistency": ["old_checkpoint", "checkpoint"]}
        for name in names[kind]:
            notes += read_checkpoints(name, proof[name].encode(), keys, faults)
        if not faults:
            (old, new), path = notes * (3 - len(names[kind])), [bytes.fromhex(text) for text in proof["path"]]
            if kind == "consistency":
                right = (old.root, new.root) == roots_by_consistency(old.size, new.size, path, old.root)
            else:
                index, frame_hash = proof["index"], bytes.fromhex(proof["frame_hash"])
                leaf = sha256(b"\0" + frame_hash).digest()
                right = 0 <= index < new.size and root_by_inclusion(leaf, index, new.size, path) == new.root
                right &= "frame" not in proof or sha256(base64.b64decode(proof["frame"])).digest() == frame_hash
            if path or not right or old.origin != new.origin:
                faults.append(Fault("it does not lead to the root of its checkpoint", Place(str(file), 0, 0)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        why = f"it has no {error}" if isinstance(error, KeyError) else f"it is not made as one ({error})"
        raise CannotCheck(f"{file} is no proof that can be read: {why}") from error
    told = {name: proof.get(name) for name in ("kind", "index", "frame_hash")}
    told["frames"], told["signed_by"] = (notes[-1].size, notes[-1].signed_by) if notes else (None, None)
    return told, faults


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; gives its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, nargs="?", metavar="DIR")
    parser.add_argument("--proof", type=Path, metavar="FILE")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--public-key", action="append", default=[], metavar="KEY")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    if (chosen.directory is None) == (chosen.proof is None):
        parser.error("give either DIR or --proof FILE")

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"{100 * done // max(total, 1)} % of {total:,} bytes", end="\r", file=sys.stderr)

    try:
        keys = [read_key(text) for text in chosen.public_key]
        whole_record = chosen.directory, chosen.checkpoint, keys, progress
        told, faults = check_proof(chosen.proof, keys) if chosen.proof else check_directory(*whole_record)
    except (CannotCheck, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    lines = [f"{name.replace('_', ' '):18}{value}" for name, value in told.items()]
    lines += [f"FAULT: {fault}" for fault in faults]
    if not told["signed_by"]:
        lines.append("Nothing is vouched for: that takes a checkpoint and the --public-key that it was signed with.")
    code = 1 if faults else 0 if told["signed_by"] else 3
    whole = {"sound": code == 0, **told, "faults": [fault.as_json for fault in faults]}
    print(json.dumps(whole) if chosen.json else "\n".join(lines))
    return code


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever stops reading gets no exit code that means a fault
    sys.exit(main())
