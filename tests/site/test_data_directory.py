"""What belongs together in a data directory, who may read it, and what is said when it cannot be used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from lionrock.gateways.rest.authentication import sign
from lionrock.gateways.rest.contract import Security
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.people.api_keys import ALL_RIGHTS
from lionrock.site import sandbox
from lionrock.site.site import Site
from lionrock.store.sealing import open_sealer
from lionrock.words.enumerations import AccountKind
from lionrock.words.events import AccountOpened
from tests.gateways.rest.live import LiveServer
from tests.programs import run


def refused_start(directory: Path) -> str:
    """What is said instead of serving."""
    ended = run("serve", "--sandbox", "--data", str(directory), "--port", "0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("Error: ")
    return ended.stderr


@pytest.mark.shows("REST-023")
def test_keys_do_not_act_in_another_journal_or_an_older_one(tmp_path: Path) -> None:
    site, older = tmp_path / "site", tmp_path / "older"
    server = LiveServer(site, "--sandbox")
    first = server.account(BTC="1")
    assert server.stop() == 0
    shutil.copytree(site / "journal", older)
    server.start()
    server.account(BTC="2")
    assert server.stop() == 0

    newer = tmp_path / "newer"
    (site / "journal").rename(newer)
    assert "a whole snapshot covers record 23" in refused_start(site)
    for kept in ("snapshots", "checkpoints"):
        shutil.rmtree(site / kept)
    assert "made for journal" in refused_start(site)
    shutil.rmtree(site / "journal", ignore_errors=True)
    shutil.copytree(older, site / "journal")
    assert "is older than the database or lost its end" in refused_start(site)
    shutil.rmtree(site / "journal")
    newer.rename(site / "journal")
    server.start()
    assert first.balances() == {"BTC": ("1", "0")}
    assert server.stop() == 0


@pytest.mark.shows("REST-023")
async def test_key_of_an_account_that_is_not_open_is_unknown(tmp_path: Path) -> None:
    site = await Site.open(tmp_path / "site", time.time_ns, os.urandom)
    nobody = AccountOpened(sequence=1, index=0, time_ns=1, account_id=77, account_kind=AccountKind.CLIENT)
    key = site.keys.create(nobody, ALL_RIGHTS)
    served = application(site.venue(sandbox.PROFILE), ENDPOINTS)
    text = f"timestamp={time.time_ns() // 1_000_000}"
    url = f"?{text}&signature={sign(key.secret, text.encode())}"
    headers = {"X-HK-APIKEY": key.access_key}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://site") as client:
        for endpoint in ENDPOINTS:
            if endpoint.security not in (Security.NONE, Security.SESSION, Security.STAFF):
                answer = await client.request(endpoint.method, endpoint.path + url, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (400, "0102"), endpoint.path
    await site.close()


@pytest.mark.shows("REST-007")
def test_only_its_owner_reads_a_data_directory(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        server = LiveServer(tmp_path / "site", "--sandbox")
    finally:
        os.umask(mask)
    server.account(BTC="1")

    def modes() -> dict[str, int]:
        return {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "site").glob("site.sqlite*")}

    assert (tmp_path / "site").stat().st_mode & 0o777 == 0o700
    assert set(modes().values()) == {0o600}
    server.kill()
    for path in (tmp_path / "site").glob("site.sqlite*"):
        path.chmod(0o644)
    server.start()
    server.account(BTC="1")
    assert set(modes().values()) == {0o600}
    assert len(modes()) == 3
    assert server.stop() == 0


@pytest.mark.parametrize("content", [b"\x8f" * 5000, b"SQLite format 3\x00" + b"\x8f" * 5000], ids=["noise", "a head"])
def test_a_database_that_is_none_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    open_sealer(tmp_path, os.urandom)  # a directory without its key is refused for that
    (tmp_path / "site.sqlite").write_bytes(content)
    told = refused_start(tmp_path)
    assert "site.sqlite cannot be used" in told
    assert len(told.splitlines()) == 1


def test_a_full_disk_at_the_start_is_told(tmp_path: Path) -> None:
    """Files may not grow beyond 8 KiB, as on a disk that has no more room."""
    command = f"ulimit -f 8; exec {sys.executable} -m lionrock.cli serve --sandbox --data {tmp_path / 'site'} --port 0"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    assert "Error: " in ended.stderr
