"""A regulator checks a bundle alone: with one file, and no change of any part goes unseen."""

from __future__ import annotations

import ast
import asyncio
import base64
import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from lionrock.journal import verify as journal_verify
from lionrock.rulebook import verify
from lionrock.rulebook.bundle import CannotBundle, make_bundle
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.matrix import matrix
from lionrock.rulebook.reports import Report
from lionrock.site.signing import open_notary
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer
from tests.rulebook.samples import CODE, NOON, ns, regime
from tests.rulebook.site_of_harbour import site_with_evidence
from tests.rulebook.test_matrix import INDEX

MORNING = ns("2026-06-01T08:00:00+08:00")


class Made:
    """A bundle, the key that it is checked with, and who can sign another one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.key = asyncio.run(site_with_evidence(directory, MORNING, regime()))
        self.notary = open_notary(directory, open_sealer(directory, os.urandom), os.urandom)
        self.bundle = self.make()
        self.file = directory / "harbour.bundle"
        self.file.write_bytes(self.bundle)

    def make(self, at_ns: int = NOON) -> bytes:
        database = open_database(self.directory)
        try:
            store = EvidenceStore(database)
            rows = tuple(matrix(regime(), at_ns, INDEX, store.last(at_ns)))
            report = Report("harbour", regime().licences, at_ns, regime().version(at_ns), CODE, rows, ())
            return make_bundle(report, regime(), store, self.directory, self.notary.sign_text, with_inputs=True)
        finally:
            database.dispose()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("site"))


def faults(made: Made, bundle: bytes, *, keys: bool = True) -> list[str]:
    return verify.check_bundle(bundle, [verify.read_key(made.key)] if keys else []).faults


@pytest.mark.shows("RULE-014")
def test_sound_bundle_is_vouched_for(made: Made) -> None:
    told, found = verify.check_bundle(made.bundle, [verify.read_key(made.key)])
    assert found == []
    name = made.key.split("+")[0]
    assert (told["signed_by"], told["checkpoint_signed_by"]) == (name, name)
    assert (told["site"], told["rules"], told["green"], told["run_id"]) == ("harbour", 9, 6, "a0")
    assert told["frames"] >= 2


@pytest.mark.shows("RULE-014")
def test_one_file_alone_verifies(made: Made, tmp_path: Path) -> None:
    """Isolated from site-packages and from the working directory."""
    alone = shutil.copy(str(verify.__file__), tmp_path / "verify.py")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", str(alone), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = run(f"{made.file}", "--public-key", made.key, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sound"]
    assert json.loads(done.stdout)["not_verified"] == []
    other = tmp_path / "other.bundle"
    other.write_bytes(made.bundle.replace(b"harbour", b"harbor"))
    assert run(f"{other}", "--public-key", made.key).returncode == 1
    other.write_bytes(b"{}")
    done = run(f"{other}")
    assert (done.returncode, done.stderr) == (2, "Error: this is no bundle that can be read: it has no 'contents'\n")
    assert run(f"{tmp_path / 'nothing'}").returncode == 2


@pytest.mark.shows("RULE-014")
def test_without_a_key_nothing_is_verified_and_it_says_so(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([f"{made.file}"]) == verify.NOT_VERIFIED == 3
    text = capsys.readouterr().out
    assert "NOT VERIFIED: without --public-key anybody could have written this file" in text
    assert verify.main([f"{made.file}", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["faults"], told["signed_by"]) == (False, [], None)
    assert told["not_verified"] == list(verify.SIGNED)
    assert verify.main([f"{made.file}", "--json", "--public-key", made.key]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["not_verified"]) == (True, [])
    assert set(told["verified"]) == {*verify.UNSIGNED, *verify.SIGNED}


@pytest.mark.shows("RULE-014")
def test_several_are_told_in_a_line_each_and_the_worst_counts(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, nothing = tmp_path / "changed.bundle", tmp_path / "nothing"
    changed.write_bytes(made.bundle.replace(b"harbour", b"harbor"))
    keys = ["--public-key", made.key]
    assert verify.main([f"{made.file}", f"{made.file}", *keys]) == verify.SOUND
    good = capsys.readouterr().out.splitlines()
    assert len(good) == 2
    assert all(line.startswith(f"{made.file}: harbour, ") and ": verified, signed by " in line for line in good)

    for files, code in (
        ([made.file, nothing, changed], verify.FAULTY),
        ([nothing, made.file], verify.NO_BUNDLE),
    ):
        assert verify.main([*map(str, files), *keys]) == code
        lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
        assert list(lines) == [f"{file}" for file in files]
        assert "verified" in lines[f"{made.file}"]
        assert lines[f"{nothing}"].startswith("Error: ")
        assert "FAULT: " in lines.get(f"{changed}", "FAULT: ")

    assert verify.main([f"{made.file}", f"{nothing}", "--json"]) == verify.NO_BUNDLE
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["file"], each["sound"]) for each in told] == [(f"{made.file}", False), (f"{nothing}", False)]
    assert verify.main([f"{made.file}", f"{made.file}"]) == verify.NOT_VERIFIED
    assert capsys.readouterr().out.count("NOT VERIFIED: without --public-key") == 2


DEEP = "[" * 200_000 + "]" * 200_000


@pytest.mark.shows("RULE-014")
@pytest.mark.parametrize("where", ["file", "contents", "run"])
def test_what_is_nested_too_deeply_is_refused_with_words(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    bundle = json.loads(made.bundle)
    if where == "run":
        contents = json.loads(bundle["contents"])
        bundle["contents"] = json.dumps(contents | {"run": DEEP})
    else:
        bundle["contents"] = DEEP
    file = tmp_path / "deep.bundle"
    file.write_text(DEEP if where == "file" else json.dumps(bundle))
    assert verify.main([f"{file}", "--public-key", made.key]) == verify.NO_BUNDLE
    assert capsys.readouterr().err == "Error: this is no bundle that can be read: its parts are nested too deeply\n"


def changed(contents: dict[str, Any], *path: str | int, to: Callable[[Any], Any]) -> None:
    *way, last = path
    for step in way:
        contents = contents[step]  # type: ignore[index]
    contents[last] = to(contents[last])  # type: ignore[index]


def rule_of(contents: dict[str, Any], rule_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(rule for rule in contents["report"]["rules"] if rule["id"] == rule_id)
    return found


def greener(contents: dict[str, Any]) -> None:
    rule = rule_of(contents, "HB-C01")
    rule["status"] = "pass"


def greener_with_evidence(contents: dict[str, Any]) -> None:
    rule = rule_of(contents, "HB-C01")
    rule["status"] = rule["evidence"]["status"] = "pass"


def without_a_test(contents: dict[str, Any]) -> None:
    rule_of(contents, "HB-F01")["tests"] = []


def run_changed(contents: dict[str, Any]) -> None:
    contents["run"] = contents["run"].replace('"status":"no_data"', '"status":"pass"', 1)


def row_changed(contents: dict[str, Any]) -> None:
    rule = next(rule for rule in contents["rules"] if "500000000" in rule["row"])
    rule["row"] = rule["row"].replace("500000000", "1")


def row_and_hash_changed(contents: dict[str, Any]) -> None:
    row_changed(contents)
    for rule in contents["rules"]:
        rule["sha256"] = sha256(rule["row"].encode()).hexdigest()


def facts_changed(contents: dict[str, Any]) -> None:
    key = min(contents["inputs"])
    contents["inputs"][key] = base64.b64encode(b"{}").decode()


def frame_changed(contents: dict[str, Any]) -> None:
    frame = bytearray(base64.b64decode(contents["proof"]["frame"]))
    frame[-1] ^= 1
    contents["proof"]["frame"] = base64.b64encode(frame).decode()


CHANGES: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("a red rule is told green", greener, "HB-C01 is green without evidence that it is"),
    ("its evidence as well", greener_with_evidence, "the evidence of HB-C01 is not what the run found"),
    ("a test is taken away", without_a_test, "HB-F01 is green without a test"),
    ("the run", run_changed, "is not the one whose hash the journal holds"),
    ("a rule is left out", lambda c: c["report"]["rules"].pop(0), "the report leaves out or adds"),
    ("a number of a rule", row_changed, "the row of HB-F01 is not what its hash says"),
    ("a number and its hash", row_and_hash_changed, "not the rules that were judged: HB-F01"),
    ("a row is left out", lambda c: c["rules"].pop(), "not the rules that were judged"),
    ("facts", facts_changed, "are not what their hash says"),
    ("facts are left out", lambda c: c["inputs"].pop(min(c["inputs"])), "facts are missing"),
    ("the frame", frame_changed, "the frame is not under the checkpoint"),
    ("the place of the frame", lambda c: changed(c, "proof", "index", to=lambda n: n - 1), "not under the checkpoint"),
    ("the path", lambda c: c["proof"]["path"].pop(), "cannot"),
    ("the checkpoint", lambda c: changed(c, "proof", "checkpoint", to=lambda t: t.replace("time-ns 1", "time-ns 2")),
     "the signature of the checkpoint"),
]  # fmt: skip


@pytest.mark.shows("RULE-014")
@pytest.mark.parametrize(("change", "told"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_change_of_any_part_is_found_by_the_signature_and_by_itself(
    made: Made, change: Callable[[dict[str, Any]], None], told: str
) -> None:
    """Once as it is, and once as if the venue itself had signed the changed bundle."""
    bundle = json.loads(made.bundle)
    contents = json.loads(bundle["contents"])
    change(contents)
    text = canonical(contents).decode()
    forged = json.dumps(bundle | {"contents": text}).encode()
    note = made.notary.sign_text(verify.signed_text("harbour", sha256(text.encode()).hexdigest()))
    signed = json.dumps(bundle | {"contents": text, "signature": note}).encode()
    try:
        assert "the contents are not those that were signed" in faults(made, forged)
        assert any(told in fault for fault in faults(made, signed)), faults(made, signed)
    except verify.CannotCheck as error:
        assert told == "cannot", error  # noqa: PT017 the bundle itself is broken
    if told not in {"cannot", "the signature of the checkpoint"}:
        assert any(told in fault for fault in faults(made, signed, keys=False))


@pytest.mark.shows("RULE-014")
def test_signature_of_somebody_else_is_none(made: Made, tmp_path: Path) -> None:
    other = open_notary(tmp_path, open_sealer(tmp_path, os.urandom), os.urandom)
    bundle = json.loads(made.bundle)
    note = other.sign_text(verify.signed_text("harbour", sha256(bundle["contents"].encode()).hexdigest()))
    bundle["signature"] = note
    (found,) = faults(made, json.dumps(bundle).encode())
    assert "with no key that you gave" in found
    pretended = note.replace(other.public_key.split("+")[0], made.key.split("+")[0])
    bundle["signature"] = pretended
    (found,) = faults(made, json.dumps(bundle).encode())
    assert found.startswith("the signature of the contents")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"contents": "{}", "signature": ""}', b"\xff", b"3", b"null"])
def test_what_is_no_bundle_cannot_be_checked(data: bytes) -> None:
    with pytest.raises(verify.CannotCheck):
        verify.check_bundle(data, [])


def test_nothing_is_bundled_before_evidence_stands_in_the_journal(made: Made) -> None:
    with pytest.raises(CannotBundle, match="no run of the rulebook stands in the journal"):
        made.make(MORNING - 10**9)


def test_notary_signs_no_checkpoint_for_others(made: Made) -> None:
    for text in ("lionrock/94af\n3\n", "two\n\nparts\n", "no end"):
        with pytest.raises(ValueError):
            made.notary.sign_text(text)


def test_what_both_verifiers_do_they_do_alike() -> None:
    """Each has to stand alone, so the text is there twice; it may not drift apart."""
    names = ("node_hash", "root_by_inclusion", "add", "decode_point", "is_signed", "read_key", "signer")
    for name in names:
        mine, theirs = (ast.dump(ast.parse(inspect.getsource(getattr(m, name)))) for m in (verify, journal_verify))
        assert mine == theirs, name
    for name in ("P", "ORDER", "D", "BASE", "NOTE"):
        assert getattr(verify, name) == getattr(journal_verify, name), name
    assert verify.HEADER.format == journal_verify.HEADER.format
    assert verify.STATEMENT == b"\xffS\1"
