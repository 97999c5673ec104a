"""An upgrade and its way back, with the journal that an older version recorded: the same state, or back to it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from lionrock.journal.closing import Closed, write_mark
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.sim.golden import recorded_in
from lionrock.words.records import RECORD_VERSION
from tests.gateways.rest.live import LiveServer
from tests.house.tree import ROOT
from tests.programs import run

GOLDEN = ROOT / "tests" / "golden"


def digest(directory: Path) -> str:
    told = run("journal", "digest", f"{directory}", "--json")
    assert told.returncode == 0, told.stderr
    return str(json.loads(told.stdout)["digest"])


@pytest.mark.shows("OPER-024")
@pytest.mark.parametrize("version", range(1, RECORD_VERSION + 1))
def test_a_site_of_an_older_version_goes_on_under_todays_and_comes_back_by_its_backup(
    tmp_path: Path, version: int
) -> None:
    recorded, data = recorded_in(GOLDEN / str(version)), tmp_path / "data"
    data.mkdir(mode=0o700)
    shutil.copytree(GOLDEN / str(version) / "archive", data / "archive")
    (data / "journal").mkdir()
    newest = max((data / "archive").iterdir())  # which a site never archives
    (data / "journal" / newest.stem).write_bytes(gzip.decompress(newest.read_bytes()))
    newest.unlink()
    reader = Reader(data / "journal", Disk(), archive=data / "archive")
    *_, last = reader
    write_mark(data / "journal", Disk(), Closed(last.next_sequence, reader.last_hash))  # it was stopped in good order
    assert digest(data) == recorded.state_digest

    before = run("backup", f"{data}", f"{tmp_path / 'before'}", "--json")
    assert before.returncode == 0, before.stderr
    assert json.loads(before.stdout)["state_digest"] == recorded.state_digest

    server = LiveServer(data)
    replayed = server.get("/ready").json()["figures"]["sequence"]
    assert replayed >= recorded.commands, "nothing of the older journal is left out"
    assert server.stop() == 0
    told = json.loads(run("journal", "digest", f"{data}", "--at", f"{recorded.commands}", "--json").stdout)
    assert told["digest"] == recorded.state_digest, "and what comes after stands behind it"

    back = run("restore", f"{tmp_path / 'before'}", f"{tmp_path / 'back'}", "--json")
    assert back.returncode == 0, back.stderr
    assert digest(tmp_path / "back") == recorded.state_digest


@pytest.mark.shows("OPER-024")
def test_a_journal_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    from tests.site.test_poison import append

    server = LiveServer(tmp_path / "data", "--sandbox")
    server.account(BTC="1")
    assert server.stop() == 0
    append(tmp_path / "data", 1, bytes(128), b"", RECORD_VERSION + 1)
    before = {path.name: path.read_bytes() for path in (tmp_path / "data" / "journal").glob("*.frames")}
    served = run("serve", "--data", f"{tmp_path / 'data'}", "--port", "0", "--no-views")
    assert (served.returncode, "version" in served.stderr, "Traceback" in served.stderr) == (1, True, False)
    looked = run("doctor", f"{tmp_path / 'data'}")
    assert looked.returncode == 1
    assert "run the version of Lionrock that wrote it, or a newer one" in looked.stdout
    assert {path.name: path.read_bytes() for path in (tmp_path / "data" / "journal").glob("*.frames")} == before
