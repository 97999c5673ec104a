"""Checks a rulebook's bundle without anything of Lionrock: this one file and Python 3.11 are enough.

    python verify.py FILE [--public-key KEY] [--json]
    python verify.py FOLDER... [--public-key KEY] [--json]

FILE was made by `lionrock rulebook bundle`. It is checked that

  1. its contents are what a KEY you trust signed (Ed25519, RFC 8032; C2SP signed-note)
  2. the run of the rulebook in it is the one whose SHA-256 stands in a frame of the venue's journal
  3. that frame is under a checkpoint of the journal (RFC 9162, section 2.1.3) that such a KEY signed
  4. every rule that was judged is in it with its own SHA-256, and none besides
  5. no rule is told greener than the run found it, and none is green without a test
  6. facts that are in it are those whose SHA-256 the run names
  7. a sandbox is told as one, and rules of another regime than the site's own as that: the run itself has the mark

FOLDER is the pack of a day that `lionrock eod` made. It is checked that such a KEY signed what it says and the
checkpoint that it rests on, that they speak of the same frames, that every file in it is the one that was signed for,
and its bundle.

What it cannot tell: whether the facts were true, and whether the journal still is what the checkpoint says; for
that, keep checkpoints and check the journal with its own verifier. KEY is "name+hash+base64"; without one 1 and the
second half of 3 are not checked, and anybody could have written the file.

Exit code 0: everything above was checked, and there is no fault. 1: a fault. 2: nothing could be checked. 3: no fault
was found, and no signature was checked, as no KEY was given: the bundle is not verified. Of several each has one line
(or one JSON object), and the exit code is the worst one: 1 before 2 before 3 before 0.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any, NamedTuple

KIND = "lionrock rulebook bundle"
PACK_KIND, PACK_NAME, PACK_NOTE = "lionrock end-of-day pack", "pack.json", "pack.note"


class CannotCheck(Exception):
    """What was given cannot be checked at all."""


def signed_text(site: str, contents_sha256: str) -> str:
    """What the signature of a bundle is over."""
    return f"{KIND}\n{site}\nsha256 {contents_sha256}\n"


def signed_pack_text(site: str, day: str, contents_sha256: str) -> str:
    """What the signature of a day's pack is over."""
    return f"{PACK_KIND}\n{site}\nday {day}\nsha256 {contents_sha256}\n"


# ---- From here to the next line like this: the same text as in the verifier of the journal; a test compares them.


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of the Merkle tree of RFC 9162, section 2.1. The data of a leaf is its frame's hash."""
    return sha256(b"\1" + left + right).digest()


def root_by_inclusion(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path of section 2.1.3 leads to; takes the path apart. Raises `IndexError` when it is short."""
    if size == 1:
        return leaf
    half, sibling = 1 << (size - 1).bit_length() - 1, path.pop()
    if index < half:
        return node_hash(root_by_inclusion(leaf, index, half, path), sibling)
    return node_hash(sibling, root_by_inclusion(leaf, index - half, size - half, path))


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


Key = tuple[str, bytes, bytes]  # name, hash, and the 32 bytes of an Ed25519 public key


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


NOTE = re.compile(
    rb"(lionrock/([0-9a-f]{32})\n([1-9]\d{0,18})\n([A-Za-z0-9+/]{43}=)\n"
    rb"sequence (\d{1,20})\nframe-hash ([0-9a-f]{64})\ntime-ns \d{1,19}\n)\n((?:\xe2\x80\x94 [^\s+]+ \S+\n)+)"
)
HEADER = struct.Struct("<4sI16sQqIIII32s4xI")


# ---- The bundle

STATEMENT = b"\xffS\1"  # head of a note that states the hash of a run
GREEN = ("pass", "attested")
MARKS = {
    "sandbox": "this is a sandbox, where anybody funds an account: its figures may be made up",
    "other_regime": "these rules are not those of the licences of the site whose data it is",
}
SOUND, FAULTY, NO_BUNDLE, NOT_VERIFIED = 0, 1, 2, 3  # exit codes
UNSIGNED = (
    "the contents agree with themselves",
    "the run is the one whose SHA-256 stands in the frame",
    "the frame is under the checkpoint",
)
SIGNED = ("the contents are signed by a key that you gave", "the checkpoint is signed by a key that you gave")


class Checked(NamedTuple):
    """What was found, by name, and the faults."""

    told: dict[str, Any]
    faults: list[str]


class Proved(NamedTuple):
    """A frame that a checkpoint covers, and who signed that."""

    statements: dict[int, bytes]  # hashes of runs that the frame states, by sequence
    frames: int
    signed_by: str | None


def why(error: Exception) -> str:
    """What a file lacks that should be one of ours, in words."""
    return f"it has no {error}" if isinstance(error, KeyError) else f"it is not made as one ({error})"


def check_bundle(data: bytes, keys: Sequence[Key]) -> Checked:
    """Everything. Raises `CannotCheck` for what is no bundle."""
    try:
        bundle = json.loads(data)
        text, note = bundle["contents"], bundle["signature"]
        contents = json.loads(text)
        if contents["kind"] != KIND:
            raise CannotCheck(f"this is a {contents['kind']!r}")
        report, run = contents["report"], json.loads(contents["run"])
        faults: list[str] = []
        expected = signed_text(report["site"], sha256(text.encode()).hexdigest())
        signed_by = check_signature(expected, note, keys, faults)
        proved = check_proof(contents["proof"], keys, faults)
        digest = sha256(contents["run"].encode()).digest()
        sequences = [sequence for sequence, stated in proved.statements.items() if stated == digest]
        if not sequences:
            faults.append(f"the run {run['run_id']} is not the one whose hash the journal holds")
        faults += wrong_rules(contents["rules"], run["rules"])
        faults += wrong_report(report, run, sequences)
        faults += wrong_inputs(contents["inputs"], run["rules"])
        marks = [str(mark) for mark in report.get("marks", [])]
        faults += [f"it does not tell that {MARKS.get(m, m)}" for m in run.get("marks", []) if m not in marks]
        statuses = [rule["status"] for rule in report["rules"]]
        told = {
            "site": report["site"], "licences": ", ".join(report["licences"]), "time": report["time"],
            "run_id": run["run_id"], "sequence": sequences[0] if sequences else None, "frames": proved.frames,
            "rules": len(statuses), "green": sum(status in GREEN for status in statuses),
            "checkpoint_signed_by": proved.signed_by, "signed_by": signed_by, "marks": marks,
        }  # fmt: skip
    except RecursionError as error:
        raise CannotCheck("this is no bundle that can be read: its parts are nested too deeply") from error
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise CannotCheck(f"this is no bundle that can be read: {why(error)}") from error
    return Checked(told, faults)


def check_signature(expected: str, note: str, keys: Sequence[Key], faults: list[str]) -> str | None:
    """Name of the key that signed the contents; None when no key was given or none did."""
    said, separator, signatures = note.partition("\n\n")
    if not separator or said + "\n" != expected:
        faults.append("the contents are not those that were signed")
        return None
    try:
        return signer(f"{said}\n".encode(), signatures, keys) if keys else None
    except ValueError as error:
        faults.append(f"the signature of the contents: {error}")
        return None


def check_proof(proof: dict[str, Any], keys: Sequence[Key], faults: list[str]) -> Proved:
    """That a frame is under a checkpoint of the journal."""
    match = NOTE.fullmatch(proof["checkpoint"].encode())
    if not match:
        raise CannotCheck("the checkpoint is none")
    text, _, size, root, _, _, signatures = match.groups()
    signed_by = None
    try:
        signed_by = signer(text, signatures.decode(), keys) if keys else None
    except ValueError as error:
        faults.append(f"the signature of the checkpoint: {error}")
    frame, path = base64.b64decode(proof["frame"]), [bytes.fromhex(each) for each in proof["path"]]
    frame_hash, index, frames = sha256(frame).digest(), proof["index"], int(size)
    leaf = sha256(b"\0" + frame_hash).digest()
    leads = 0 <= index < frames and root_by_inclusion(leaf, index, frames, path) == base64.b64decode(root)
    if frame_hash.hex() != proof["frame_hash"] or not leads or path:
        faults.append("the frame is not under the checkpoint")
    return Proved(dict(statements_of(frame)), frames, signed_by)


def statements_of(frame: bytes) -> Iterator[tuple[int, bytes]]:
    """Hashes of runs that a frame states, with their sequences."""
    _, _, _, first, _, _, record_bytes, _, _, _, _ = HEADER.unpack_from(frame)
    side, offset = frame[HEADER.size + record_bytes :], 0
    while offset < len(side):
        position, length = struct.unpack_from("<II", side, offset)
        note = side[offset + 8 : offset + 8 + length]
        offset += 8 + length
        if note.startswith(STATEMENT) and len(note) == len(STATEMENT) + 32:
            yield first + position, note[len(STATEMENT) :]


def wrong_rules(rules: list[dict[str, str]], found: list[dict[str, Any]]) -> Iterator[str]:
    """Rows of the packs beside what was judged."""
    for rule in rules:
        if sha256(rule["row"].encode()).hexdigest() != rule["sha256"]:
            yield f"the row of {json.loads(rule['row'])['id']} is not what its hash says"
    given = sorted((json.loads(rule["row"])["id"], rule["sha256"]) for rule in rules)
    judged = sorted((each["id"], each["rule_sha256"]) for each in found)
    if given != judged:
        yield f"not the rules that were judged: {min(set(given) ^ set(judged), default=('one twice',))[0]}"


def wrong_report(report: dict[str, Any], run: dict[str, Any], sequences: list[int]) -> Iterator[str]:
    """What is told of each rule beside what the run found."""
    found = {(each["id"], each["version"]): each["status"] for each in run["rules"]}
    told = {(rule["id"], rule["version"]) for rule in report["rules"]}
    if report["site"] != run["site"] or len(told) != len(report["rules"]):
        yield "the report is of another site than the run, or tells a rule twice"
    if report["rules_version"] == run["rules_version"] and told != found.keys():
        yield f"the report leaves out or adds: {min(told ^ found.keys())[0]}"
    for rule in report["rules"]:
        evidence = rule["evidence"]
        if evidence and evidence["run_id"] == run["run_id"]:
            judged = found.get((rule["id"], rule["version"]))
            if evidence["status"] != judged or evidence["sequence"] not in sequences:
                yield f"the evidence of {rule['id']} is not what the run found"
        if rule["status"] in GREEN:
            if not evidence or evidence["status"] not in GREEN:
                yield f"{rule['id']} is green without evidence that it is"
            if not rule["tests"]:
                yield f"{rule['id']} is green without a test"


def wrong_inputs(inputs: dict[str, str], found: list[dict[str, Any]]) -> Iterator[str]:
    """Facts beside the hashes that the run names."""
    known = {used["sha256"] for each in found for used in each["inputs"]}
    for key, encoded in inputs.items():
        if sha256(base64.b64decode(encoded)).hexdigest() != key:
            yield f"the facts {key} are not what their hash says"
        if key not in known:
            yield f"the facts {key} were judged by no rule"
    if inputs and known - inputs.keys():
        yield f"facts are missing: {min(known - inputs.keys())}"


# ---- The pack of a day

PACK_UNSIGNED = (
    "every file of the pack is the one that pack.json names",
    "the checkpoint is of the frames it tells of",
)


def check_pack(folder: Path, keys: Sequence[Key]) -> Checked:
    """Everything. Raises `CannotCheck` for what is no pack, and `OSError`."""
    text, note = (folder / PACK_NAME).read_bytes(), (folder / PACK_NOTE).read_text("utf-8", errors="replace")
    faults: list[str] = []
    try:
        pack = json.loads(text)
        if pack["kind"] != PACK_KIND:
            raise CannotCheck(f"this is a {pack['kind']!r}")
        expected = signed_pack_text(pack["site"], pack["day"], sha256(text).hexdigest())
        signed_by = check_signature(expected, note, keys, faults)
        there = {path.name for path in folder.iterdir()} - {PACK_NAME, PACK_NOTE}
        faults += [f"{name} is missing, or was not signed for" for name in sorted(there ^ pack["files"].keys())]
        same = {name for name in there & pack["files"].keys() if name == Path(name).name}
        wrong = {name for name in same if sha256((folder / name).read_bytes()).hexdigest() != pack["files"][name]}
        faults += [f"{name} is not the file that was signed for" for name in sorted(wrong)]
        checkpoint_signed_by = check_pack_checkpoint((folder / "checkpoint").read_bytes(), pack["record"], keys, faults)
        bundle = folder / "rulebook.bundle"
        checked = check_bundle(bundle.read_bytes(), keys) if bundle.exists() else Checked({}, [])
        if checked.told and (checked.told["site"], checked.told["run_id"]) != (
            pack["site"],
            pack["rulebook"]["run_id"],
        ):
            faults.append("the bundle is of another site or run than the pack tells of")
        told = {
            "site": pack["site"], "day": pack["day"], "sequence": pack["record"]["sequence"],
            "frames": pack["record"]["frames"], "state_digest": pack["record"]["state_digest"],
            "papers": len(pack["papers"]), "rules": checked.told.get("rules", 0), "open": len(pack["open"]),
            "checkpoint_signed_by": checkpoint_signed_by, "signed_by": signed_by,
            "marks": checked.told.get("marks", []),
        }  # fmt: skip
    except RecursionError as error:
        raise CannotCheck("this is no pack that can be read: its parts are nested too deeply") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CannotCheck(f"this is no pack that can be read: {why(error)}") from error
    return Checked(told, faults + [f"rulebook.bundle: {fault}" for fault in checked.faults])


def check_pack_checkpoint(note: bytes, record: dict[str, Any], keys: Sequence[Key], faults: list[str]) -> str | None:
    """Name of the key that signed the checkpoint; None when no key was given or none did."""
    match = NOTE.fullmatch(note)
    if not match:
        raise CannotCheck("the checkpoint is none")
    text, origin, size, root, sequence, frame_hash, signatures = match.groups()
    said = origin.decode(), int(size), base64.b64decode(root).hex(), int(sequence), frame_hash.decode()
    if said != tuple(record[name] for name in ("origin", "frames", "root", "sequence", "frame_hash")):
        faults.append("the checkpoint is of other frames than the pack tells of")
    try:
        return signer(text, signatures.decode(), keys) if keys else None
    except ValueError as error:
        faults.append(f"the signature of the checkpoint: {error}")
        return None


class Looked(NamedTuple):
    """What one bundle or pack came to."""

    code: int
    told: dict[str, Any]
    """What its JSON has; of what could not be checked, why."""


def look_at(path: Path, keys: Sequence[Key]) -> Looked:
    """Checks one bundle or pack, and says how it came out."""
    is_pack = path.is_dir()
    try:
        told, faults = check_pack(path, keys) if is_pack else check_bundle(path.read_bytes(), keys)
    except (CannotCheck, OSError) as error:
        return Looked(NO_BUNDLE, {"sound": False, "error": str(error)})
    is_signed_by_you = bool(told["signed_by"] and told["checkpoint_signed_by"])
    unsigned = PACK_UNSIGNED if is_pack else UNSIGNED
    verified = [] if faults else [*unsigned, *SIGNED] if is_signed_by_you else list(unsigned)
    not_verified = [] if faults or is_signed_by_you else list(SIGNED)
    code = FAULTY if faults else NOT_VERIFIED if not_verified else SOUND
    found = {"verified": verified, "not_verified": not_verified, "faults": faults}
    return Looked(code, {"sound": code == SOUND, **told, **found})


def in_full(told: dict[str, Any]) -> str:
    """All that is told of one."""
    left_out = ("sound", "marks", "verified", "not_verified", "faults")
    lines = [f"{'ATTENTION':22}{MARKS.get(mark, mark)}" for mark in told["marks"]]
    lines += [f"{name.replace('_', ' '):22}{value}" for name, value in told.items() if name not in left_out]
    lines += [f"{'verified':22}{each}" for each in told["verified"]]
    lines += [f"{'NOT VERIFIED':22}{each}" for each in told["not_verified"]]
    lines += [f"FAULT: {fault}" for fault in told["faults"]]
    if told["not_verified"]:
        lines.append("NOT VERIFIED: without --public-key anybody could have written this file.")
    return "\n".join(lines)


def in_a_line(path: Path, looked: Looked) -> str:
    """One of several."""
    told = looked.told
    if looked.code == NO_BUNDLE:
        return f"{path}: Error: {told['error']}"
    what = f"pack of {told['day']}, {told['open']} open" if "day" in told else f"bundle of {told['time']}"
    words = f"{path}: {told['site']}, {what}, {told['frames']} frames: "
    if looked.code == FAULTY:
        words += "FAULT: " + "; ".join(told["faults"])
    elif looked.code == NOT_VERIFIED:
        words += "NOT VERIFIED: without --public-key anybody could have written it"
    else:
        words += f"verified, signed by {told['signed_by']}"
    return words + "".join(f"; ATTENTION: {MARKS.get(mark, mark)}" for mark in told["marks"])


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; gives its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, metavar="FILE", nargs="+", help="a bundle, or the folder of a day's pack")
    parser.add_argument("--public-key", action="append", default=[], metavar="KEY")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        keys = [read_key(text) for text in chosen.public_key]
    except CannotCheck as error:
        print(f"Error: {error}", file=sys.stderr)
        return NO_BUNDLE
    codes = set()
    for path in chosen.files:
        looked = look_at(path, keys)
        codes.add(looked.code)
        if len(chosen.files) > 1:
            print(json.dumps({"file": str(path), **looked.told}) if chosen.json else in_a_line(path, looked))
        elif looked.code == NO_BUNDLE:
            print(f"Error: {looked.told['error']}", file=sys.stderr)
        else:
            print(json.dumps(looked.told) if chosen.json else in_full(looked.told))
    return min(codes, key=(FAULTY, NO_BUNDLE, NOT_VERIFIED, SOUND).index)


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever stops reading gets no exit code that means a fault
    sys.exit(main())
