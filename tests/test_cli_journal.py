"""`lionrock journal`: what an operator or an auditor sees of a record, and what they are told when that fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lionrock.cli import app
from lionrock.journal.checkpoints import CheckpointFile
from lionrock.journal.disk import Disk
from lionrock.journal.frames import encode, frame_hash
from lionrock.node.skipping import pack_skip, sign, statement
from lionrock.words.commands import CancelOrder, Command, OpenAccount
from lionrock.words.records import RECORD_VERSION
from tests.journal.journals import read, writer_at_end
from tests.journal.records import KEY, PUBLIC_KEY, STRANGER, archive, note_of, segments
from tests.trading_record import TradingRecord, make_trading_record


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["journal", *map(str, arguments)])


def told(*arguments: object) -> list[dict[str, object]]:
    """The JSON lines of a command that succeeds."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def record(data: Path) -> TradingRecord:
    """Recorded trading in several segments, the first of them archived, with checkpoints."""
    record = make_trading_record(data, 60, segment_bytes=4000)
    for size in (5, 20, 55):
        CheckpointFile(data / "checkpoints", Disk()).append(note_of(record.frames[:size]))
    archive(data, segments(data / "journal")[0].name)
    assert len(segments(data / "journal")) > 2
    return record


def shown(command: Command) -> dict[str, object]:
    fields = {name: getattr(command, name) for name in command.__struct_fields__}
    return fields | {"command": type(command).__name__}


@pytest.mark.shows("RECD-016")
def test_a_dump_shows_every_frame_and_every_command_as_recorded(data: Path, record: TradingRecord) -> None:
    lines = told("dump", data)
    frames = [line for line in lines if line["type"] == "frame"]
    commands = [line for line in lines if line["type"] == "command"]
    assert [line["hash"] for line in frames] == [frame_hash(encode(frame)).hex() for frame in record.frames]
    assert [line["frame"] for line in frames] == list(range(60))
    assert [(line["sequence"], line["records"]) for line in frames] == [
        (frame.sequence, frame.record_count) for frame in record.frames
    ]
    assert len(commands) == len(record.commands)
    for line, command in zip(commands, record.commands, strict=True):
        assert shown(command).items() <= line.items()
        assert bytes.fromhex(str(line.get("note", ""))) == record.notes.get(command.sequence, b"")


@pytest.mark.shows("RECD-016")
@pytest.mark.parametrize(("first", "last"), [(1, 1), (20, 35), (21, 21), (90, 10_000)])
def test_a_dump_of_some_sequences_shows_those(data: Path, record: TradingRecord, first: int, last: int) -> None:
    lines = told("dump", data, "--from", first, "--to", last)
    sequences = [line["sequence"] for line in lines if line["type"] == "command"]
    assert sequences == [command.sequence for command in record.commands if first <= command.sequence <= last]
    for line in lines:
        if line["type"] == "frame" and line["records"]:
            frame = record.frames[int(str(line["frame"]))]
            assert frame.sequence <= last
            assert frame.next_sequence > first


@pytest.mark.shows("RECD-016")
def test_a_dump_as_text_is_for_reading_and_lets_no_note_speak_to_the_terminal(
    data: Path, record: TradingRecord
) -> None:
    text = run("dump", data).stdout
    assert "frame 0  2001-09-09T01:46:40.000000000Z  records 1 to " in text
    assert "  1  ListAsset  time_ns=1000000000000000000  asset_id=1  decimals=0  code=BTC" in text
    assert "no record  side 23 bytes" in text
    assert r"note=b'client" in text
    assert "\x1b" not in text


@pytest.mark.shows("RECD-016")
def test_a_replay_and_a_digest_reach_the_state_that_the_venue_had(data: Path, record: TradingRecord) -> None:
    last = record.commands[-1].sequence
    (replayed,) = told("replay", data)
    rate = replayed.pop("commands_per_second")
    assert isinstance(rate, int)
    assert replayed == {"frames": 60, "commands": last, "events": record.events, "digest": record.digests[last]}
    assert f"digest {record.digests[last]}" in run("replay", data).stdout
    for sequence, digest in record.digests.items():
        assert told("digest", data, "--at", sequence) == [{"sequence": sequence, "digest": digest}]
    assert run("digest", data).stdout == f"{record.digests[last]}\n"


@pytest.mark.shows("RECD-016")
def test_the_digest_inside_a_frame_is_that_of_the_commands_up_to_there(data: Path, record: TradingRecord) -> None:
    from lionrock.core.engine import Engine

    engine = Engine()
    for command in record.commands[:30]:
        engine.apply(command.pack())
        assert told("digest", data, "--at", command.sequence) == [
            {"sequence": command.sequence, "digest": engine.digest()}
        ]


@pytest.mark.shows("RECD-016")
def test_a_frame_that_two_operators_had_skipped_is_passed_over(data: Path) -> None:
    from lionrock.core.engine import Engine

    engine = Engine()
    writer = writer_at_end(data / "journal")
    good = OpenAccount(sequence=1, time_ns=5, account_id=9, account_kind=3).pack()
    engine.apply(good)
    writer.append(5, 1, good, b"", RECORD_VERSION)
    writer.append(6, 1, bytes([255]) * 128, b"", RECORD_VERSION)
    frame = read(data / "journal")[0][-1]
    text = statement(frame, frame_hash(encode(frame)))
    signatures = [sign("ann", KEY, text), sign("bob", STRANGER, text)]
    writer.append(7, 0, b"", pack_skip(text, signatures), RECORD_VERSION)
    writer.close()
    result = run("replay", data)
    assert (result.exit_code, result.stdout) == (1, "")
    keys = [f"{name}={key.public_key().public_bytes_raw().hex()}" for name, key in (("ann", KEY), ("bob", STRANGER))]
    assert run("replay", data, "--operator-key", keys[0]).exit_code == 1
    options = ["--operator-key", keys[0], "--operator-key", keys[1]]
    engine.pass_over(2)
    assert told("digest", data, *options) == [{"sequence": 2, "digest": engine.digest()}]
    assert told("digest", data, *options, "--at", 2) == [{"sequence": 2, "digest": engine.digest()}]
    for wrong in ("ann", "ann=", "ann=zz", keys[0][:-2]):
        assert "give it as NAME=" in run("replay", data, "--operator-key", wrong).stderr


@pytest.mark.shows("RECD-016")
def test_records_of_another_version_are_shown_as_bytes_and_not_replayed(data: Path) -> None:
    writer = writer_at_end(data / "journal")
    cancel = CancelOrder(sequence=1, time_ns=5, order_id=3, account_id=4).pack()
    writer.append(5, 1, cancel, b"", RECORD_VERSION + 1)
    writer.close()
    command = told("dump", data)[1]
    assert (command["command"], command["record"]) == (None, cancel.hex())
    result = run("replay", data)
    assert result.exit_code == 1
    assert f"records of version {RECORD_VERSION + 1}, not {RECORD_VERSION}" in result.stderr


@pytest.mark.shows("RECD-007", "RECD-015")
def test_verify_and_prove_work_as_commands(data: Path, record: TradingRecord, tmp_path: Path) -> None:
    (verified,) = told("verify", data, "--public-key", PUBLIC_KEY)
    assert verified["vouched_sequence"] == record.frames[54].next_sequence - 1
    proof = tmp_path / "proof.json"
    for arguments in (["--sequence", "9"], ["--sequence", "9", "--with-frame", "--size", "20"], ["--old-size", "5"]):
        assert told("prove", data, *arguments, "--out", proof)[0]["file"] == str(proof)
        assert json.loads(run("prove", data, *arguments).stdout) == json.loads(proof.read_text("utf-8"))
        (checked,) = told("verify", "--proof", proof, "--public-key", PUBLIC_KEY)
        assert checked["sound"]
    kept = tmp_path / "kept"
    kept.write_text(note_of(record.frames), "utf-8")
    assert run("verify", data, "--checkpoint", kept, "--public-key", PUBLIC_KEY).exit_code == 0
    assert run("verify", data, "--checkpoint", kept).exit_code == 3, "no key, no verdict"
    path = segments(data / "journal")[-1]
    path.write_bytes(path.read_bytes()[:-1])
    result = run("verify", data, "--checkpoint", kept)
    assert result.exit_code == 1
    assert "FAULT: frame 59, " in result.stdout


@pytest.mark.shows("RECD-017")
def test_what_cannot_be_read_is_a_clear_error(data: Path, record: TradingRecord, tmp_path: Path) -> None:
    files = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    nowhere = tmp_path / "nowhere"
    for arguments, code, words in (
        (["verify", nowhere], 2, "has no journal"),
        (["verify", data, "--public-key", "x"], 2, "no public key"),
        (["dump", nowhere], 1, "has no journal"),
        (["replay", nowhere], 1, "has no journal"),
        (["digest", nowhere], 1, "has no journal"),
        (["digest", data, "--at", 10_000], 1, "the journal ends with sequence"),
        (["prove", nowhere, "--sequence", 1], 1, "has no checkpoint"),
        (["prove", data], 1, "give either --sequence or --old-size"),
        (["prove", data, "--sequence", 10_000], 1, "is not one of them"),
        (["prove", data, "--old-size", 6], 1, "no checkpoint is of 6 frames"),
        (["prove", data, "--old-size", 5, "--out", nowhere / "file"], 1, "No such file"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), arguments
        assert words in result.stderr, (arguments, result.stderr)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == files
    path = segments(data / "journal")[0]
    whole = bytearray(path.read_bytes())
    whole[200] ^= 1
    path.write_bytes(whole)
    for command in ("dump", "replay", "digest"):
        result = run(command, data)
        assert result.exit_code == 1
        assert f"journal/{path.name} bytes " in result.stderr
    assert record.frames


def test_verify_without_anything_to_verify_names_its_own_usage() -> None:
    result = run("verify")
    assert result.exit_code == 2
    assert "journal verify" in result.stderr
    assert "DIR or --proof FILE" in result.stderr


def test_the_program_is_a_module_as_well() -> None:
    done = subprocess.run([sys.executable, "-m", "lionrock", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("lionrock ")
