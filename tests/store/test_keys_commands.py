"""The commands about keys, on a site of their own."""

from __future__ import annotations

import json
import time
from pathlib import Path
from secrets import token_bytes

import pytest
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.node.lock import DirectoryLock
from lionrock.people.api_keys import ALL_RIGHTS
from lionrock.site import sandbox
from lionrock.site.site import Site
from lionrock.words.commands import OpenAccount
from lionrock.words.enumerations import AccountKind


async def site_with_a_key(directory: Path) -> tuple[str, bytes]:
    site = await Site.open(directory, time.time_ns, token_bytes)
    await sandbox.seed(site)
    await site.node.submit(OpenAccount(account_id=77, account_kind=AccountKind.CLIENT))
    credential = site.keys.create(site.catalogue.accounts[77], ALL_RIGHTS)
    await site.close()
    return credential.access_key, credential.secret


def files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def run(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["keys", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@pytest.mark.shows("KEYS-002", "KEYS-004")
async def test_a_client_s_key_signs_as_before(tmp_path: Path) -> None:
    access_key, secret = await site_with_a_key(tmp_path)
    assert run("rotate", str(tmp_path))["current_key"] == 1
    run("change-master", str(tmp_path))
    assert list(run("show", str(tmp_path))["values"]) == ["1"]  # type: ignore[call-overload]
    site = await Site.open(tmp_path, time.time_ns, token_bytes)
    found = site.keys.find(access_key)
    await site.close()
    assert found is not None
    assert found.secret == secret


@pytest.mark.shows("KEYS-007")
@pytest.mark.parametrize("command", ["show", "rotate", "change-master"])
async def test_keys_of_a_site_at_work_are_not_changed(tmp_path: Path, command: str) -> None:
    await site_with_a_key(tmp_path)
    before = files_of(tmp_path)
    lock = DirectoryLock(tmp_path)
    try:
        result = CliRunner().invoke(app, ["keys", command, str(tmp_path)])
    finally:
        lock.release()
    assert result.exit_code == 1
    assert "Error" in result.stderr
    assert files_of(tmp_path) == before


def test_no_directory_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["keys", "rotate", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "is no data directory" in result.stderr
