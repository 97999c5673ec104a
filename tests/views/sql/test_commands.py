"""`lionrock views`: what it prints, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import insert
from typer.testing import CliRunner, Result

from lionrock.cli import app
from lionrock.sim.workload import random_flow
from lionrock.views.sql.database import open_views
from lionrock.views.sql.tables import assets
from tests.views.sql.databases import Site, all_rows, summed_entries


def views(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["views", *map(str, arguments)])


def test_run_once_then_status(site: Site, url: str) -> None:
    first, second = random_flow(31, 2_000)
    site.append(first)
    ran = views("run", site.directory, "--database", url, "--once", "--json")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["sequence"] == 1_000
    site.append(second)
    told = json.loads(views("status", site.directory, "--database", url, "--json").stdout)
    assert (told["sequence"], told["durable_sequence"], told["lag_sequences"]) == (1_000, 2_000, 1_000)
    assert told["frames"] == 1
    assert len(told["frame_hash"]) == 64
    assert told["lag_seconds"] > 0
    assert "1,000 commands behind" in views("status", site.directory, "--database", url).stdout
    assert views("run", site.directory, "--database", url, "--once").exit_code == 0
    assert "up to date" in views("status", site.directory, "--database", url).stdout


def test_rebuild_makes_the_same_rows_and_drops_what_was_there(site: Site, url: str) -> None:
    site.play(random_flow(32, 2_000))
    assert views("run", site.directory, "--database", url, "--once").exit_code == 0
    database = open_views(url)
    before = all_rows(database)
    with database.begin() as connection:
        connection.execute(insert(assets).values(asset_id=999, code="GHOST", decimals=0, is_money=0))
    assert all_rows(database) != before
    database.dispose()
    rebuilt = views("rebuild", site.directory, "--database", url)
    assert rebuilt.exit_code == 0, rebuilt.output
    assert all_rows(database) == before
    assert summed_entries(database) == site.balances()


def test_the_file_in_the_data_directory_is_the_default(site: Site) -> None:
    site.play(random_flow(33, 1_000))
    missing = views("status", site.directory)
    assert missing.exit_code == 1
    assert "start `lionrock views run` first" in missing.stderr
    assert views("run", site.directory, "--once").exit_code == 0
    assert (site.directory / "views.sqlite").exists()
    assert views("status", site.directory).exit_code == 0


def test_wrong_directories_and_damage_are_told(tmp_path: Path, site: Site) -> None:
    nowhere = views("run", tmp_path / "nowhere")
    assert (nowhere.exit_code, "is no data directory" in nowhere.stderr) == (1, True)
    site.play(random_flow(34, 1_000))
    [path] = site.journal.glob("*.frames")
    path.write_bytes(b"x" + path.read_bytes()[1:])
    damaged = views("run", site.directory, "--once")
    assert damaged.exit_code == 1
    assert "the frame of sequence 1" in damaged.stderr
    no_server = views("status", site.directory, "--database", f"postgresql://nobody@/x?host={tmp_path}")
    assert (no_server.exit_code, no_server.stderr.startswith("Error: ")) == (1, True)
