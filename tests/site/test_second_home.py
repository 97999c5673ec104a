"""The second home of checkpoints stays with the site that went on: one that is set back does not start in it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from lionrock.site.configuration import FILE_NAME
from lionrock.site.settings_file import without_outside
from tests.gateways.rest.live import LiveServer
from tests.programs import run


@pytest.mark.shows("OPER-014", "OPER-010")
def test_a_restore_to_a_moment_leaves_the_second_home_and_says_so(tmp_path: Path) -> None:
    data, back, outside = tmp_path / "data", tmp_path / "back", tmp_path / "outside"
    outside.mkdir()
    data.mkdir(mode=0o700)
    (data / FILE_NAME).write_text(f'# of ours\n[checkpoints]\n  outside = "{outside}" # a disk elsewhere\n')
    server = LiveServer(data, "--sandbox")
    server.account(BTC="1")
    assert server.stop() == 0
    assert list(outside.iterdir())
    assert run("backup", f"{data}", f"{tmp_path / 'kept'}").returncode == 0

    with_key = ("--master-key", f"{data / 'master.key'}")
    told = run("restore", f"{tmp_path / 'kept'}", f"{back}", "--until", "12", *with_key, "--json")
    found = json.loads(told.stdout)
    assert (found["outside"], found["outside_left_out"]) == (f"{outside}", True)
    assert (back / FILE_NAME).read_text().startswith(f'# of ours\n[checkpoints]\n#  outside = "{outside}"')
    words = run("restore", f"{tmp_path / 'kept'}", f"{tmp_path / 'again'}", "--until", "12", *with_key).stdout
    assert "[checkpoints] outside is taken out of lionrock.toml" in words
    assert LiveServer(back).stop() == 0

    (back / FILE_NAME).write_text(f'[checkpoints]\noutside = "{outside}"\n')
    refused = run("serve", "--data", f"{back}", "--port", "0")
    assert (refused.returncode, f"{outside} ([checkpoints] outside) is the second home" in refused.stderr) == (1, True)
    looked = run("doctor", f"{back}").stdout
    assert f"{outside} is the second home of another key's checkpoints of this journal" in looked
    assert f"name another under [checkpoints] outside of {back / FILE_NAME}" in looked
    assert "the second home of another" not in run("doctor", f"{data}").stdout, "whose home it is"

    whole = run("restore", f"{tmp_path / 'kept'}", f"{tmp_path / 'whole'}", *with_key, "--json")
    assert json.loads(whole.stdout)["outside"] is None
    assert (tmp_path / "whole" / FILE_NAME).read_text() == (data / FILE_NAME).read_text(), "nothing was set back"


@pytest.mark.parametrize(
    ("text", "is_changed"),
    [
        ('checkpoints.outside = "/a"\n', True),
        ('[checkpoints]\noutside="/a"', True),
        ('[checkpoints]\n"outside" = "/a"\n', False),
        ('checkpoints = { outside = "/a" }\n', False),
    ],
)
def test_a_setting_is_taken_out_only_where_nothing_else_changes(text: str, is_changed: bool) -> None:
    changed = without_outside(text)
    assert (changed is not None) == is_changed
    if changed is not None:
        assert tomllib.loads(changed).get("checkpoints", {}) == {}


def test_nothing_is_no_moment_to_go_back_to(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data", "--sandbox")
    assert server.stop() == 0
    assert run("backup", f"{tmp_path / 'data'}", f"{tmp_path / 'kept'}").returncode == 0
    refused = run("restore", f"{tmp_path / 'kept'}", f"{tmp_path / 'back'}", "--until", "0")
    assert (refused.returncode, "nothing of a site up to 0" in refused.stderr) == (1, True)
    assert not (tmp_path / "back").exists()
