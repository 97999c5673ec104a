"""The process that follows: it can be stopped, killed, started again and rebuilt, and the rows are the same."""

from __future__ import annotations

import gzip
import random
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text, update

from lionrock.core.engine_checked import Engine as Core
from lionrock.journal.disk import Disk
from lionrock.journal.segments import JournalDamaged, segment_paths
from lionrock.journal.snapshots import Snapshot, write_snapshot
from lionrock.journal.tail import Tail
from lionrock.node.sections import pack_sections
from lionrock.node.skipping import pack_skip, sign, statement
from lionrock.node.stamping import stamped
from lionrock.sim.workload import random_flow
from lionrock.views.sql.database import DatabaseUnusable, drop, migrate, open_views
from lionrock.views.sql.following import Follower, Lag, from_snapshots, read_lag
from lionrock.views.sql.projection import AnotherWriter, RebuildNeeded, read_position
from lionrock.views.sql.tables import metadata, position
from lionrock.words.faults import Fault
from tests.node.trading import venue
from tests.programs import Program
from tests.views.sql.conftest import new_postgresql
from tests.views.sql.databases import JOURNAL_ID, Site, all_rows, follow, summed_entries

SMALL_SEGMENT = 200_000


@pytest.mark.shows("PROJ-010")
def test_both_databases_and_every_cut_into_transactions_give_the_same_rows(
    tmp_path: Path, site: Site, server_url: str
) -> None:
    """One follower at the end, one that catches up after each frame, and one that is made anew each time."""
    at_end, step_by_step, anew = (f"sqlite:///{tmp_path / name}.sqlite" for name in ("end", "step", "anew"))
    stepping = Follower(site.directory, open_views(step_by_step), Core)
    flow = random_flow(11, 4_000, batch=100)
    for number, batch in enumerate(flow):
        site.append(batch)
        stepping.catch_up()
        if number % 8 == 0:
            follow(site.directory, anew)
    stepping.close()
    expected = all_rows(follow(site.directory, at_end))
    assert len(expected["ledger_entries"]) > 4_000
    assert all_rows(open_views(step_by_step)) == expected
    assert all_rows(follow(site.directory, anew)) == expected
    assert all_rows(follow(site.directory, new_postgresql(server_url))) == expected


@pytest.mark.shows("PROJ-010")
def test_rebuilt_from_journal_and_archive_the_rows_are_the_same(url: str, tmp_path: Path) -> None:
    site = Site(tmp_path / "data", segment_bytes=SMALL_SEGMENT)
    site.play(random_flow(12, 8_000))
    site.close()
    database = follow(site.directory, url)
    before = all_rows(database)
    archive = site.directory / "archive"
    archive.mkdir()
    *old, _ = segment_paths(site.journal, Disk())
    assert len(old) > 3
    for path in old:
        (archive / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    drop(database)
    with database.connect() as connection:
        assert not database.dialect.has_table(connection, "orders")
    follow(site.directory, url)
    after = all_rows(database)
    assert after == before
    assert after["position"][0][3] == site.core.last_sequence


@pytest.mark.shows("PROJ-011")
def test_nothing_is_shown_before_it_is_durable(url: str, site: Site) -> None:
    first, second = random_flow(13, 2_000)
    site.append(first)
    site.append(second, durable=False)
    site.mark_durable(1_000)
    database = follow(site.directory, url)
    with database.connect() as connection:
        assert read_position(connection).sequence == 1_000
    site.mark_durable()
    follow(site.directory, url)
    assert summed_entries(database) == site.balances()


@pytest.mark.shows("PROJ-011")
def test_a_lost_mark_changes_nothing(url: str, site: Site) -> None:
    """It is never synced: after a power cut it may tell less than was read before."""
    first, second = random_flow(13, 2_000)
    site.append(first)
    before = all_rows(follow(site.directory, url))
    site.mark_durable(0)
    assert all_rows(follow(site.directory, url)) == before
    site.append(second)
    assert summed_entries(follow(site.directory, url)) == site.balances()


@pytest.mark.shows("PROJ-012")
def test_damage_stops_it_after_what_was_sound(url: str, site: Site) -> None:
    for batch in random_flow(14, 3_000, batch=500):
        site.append(batch)
    [path] = segment_paths(site.journal, Disk())
    sound = path.read_bytes()
    path.write_bytes(sound[:200_000] + bytes([sound[200_000] ^ 1]) + sound[200_001:])
    with pytest.raises(JournalDamaged):
        follow(site.directory, url)
    path.write_bytes(sound)
    assert summed_entries(follow(site.directory, url)) == site.balances()


@pytest.mark.shows("PROJ-013")
def test_killed_at_any_moment_it_goes_on_exactly(url: str, site: Site, tmp_path: Path) -> None:
    """Processes are killed after a random while, most of them inside a transaction, until one finds nothing to do."""
    for batch in random_flow(15, 12_000, batch=250):
        site.append(batch)
    chance = random.Random(15)
    seen = [0]
    while seen[-1] < site.core.last_sequence:
        process = start(site.directory, url)
        while sequence_in(url) == seen[-1] and process.poll() is None:
            time.sleep(0.01)
        if len(seen) > 1:  # the first one at the first rows it shows: a quick machine needs little longer for all
            time.sleep(chance.random() * 0.1)
        process.kill()
        process.wait()
        seen.append(sequence_in(url))
        assert seen[-1] > seen[-2], process.stderr and process.stderr.read()
    assert len(seen) > 2, "it was never killed before its end"
    undisturbed = follow(site.directory, f"sqlite:///{tmp_path / 'undisturbed.sqlite'}")
    assert all_rows(open_views(url)) == all_rows(undisturbed)


def start(directory: Path, url: str, *arguments: str) -> subprocess.Popen[str]:
    return Program(str(directory), url, *arguments, module="tests.views.sql.kill_me")


def sequence_in(url: str) -> int:
    """Of the position in the database; 0 before there is one."""
    try:
        database = open_views(url, for_writing=False)
    except DatabaseUnusable:
        return 0
    with database.connect() as connection:
        there = database.dialect.has_table(connection, "position")
        sequence = read_position(connection).sequence if there else 0
    database.dispose()
    return sequence


@pytest.mark.shows("PROJ-014")
def test_rows_of_another_journal_are_refused(url: str, site: Site, tmp_path: Path) -> None:
    site.play(random_flow(16, 2_000))
    follow(site.directory, url)
    other = Site(tmp_path / "other")
    other.play(random_flow(17, 3_000))
    other.close()
    with pytest.raises(RebuildNeeded, match="of another journal, run `lionrock views rebuild`"):
        follow(other.directory, url)
    shorter = Site(tmp_path / "shorter")
    shorter.play(random_flow(16, 1_000))
    shorter.close()
    with pytest.raises((RebuildNeeded, JournalDamaged), match=r"of another journal|it is durable"):
        follow(shorter.directory, url)


@pytest.mark.shows("PROJ-014")
def test_rows_of_another_version_are_refused(url: str, site: Site) -> None:
    site.play(random_flow(16, 1_000))
    database = follow(site.directory, url)
    with database.begin() as connection:
        connection.execute(update(position).values(schema_version=99))
    with pytest.raises(RebuildNeeded, match="of version 99"):
        follow(site.directory, url)


@pytest.mark.shows("PROJ-014")
def test_two_followers_of_one_database(url: str, site: Site) -> None:
    """The slower one is refused at its next transaction, and no row is written twice."""
    first, second = random_flow(18, 2_000)
    site.append(first)
    slower, faster = (Follower(site.directory, open_views(url), Core) for _ in range(2))
    faster.catch_up()
    with pytest.raises(AnotherWriter):
        slower.catch_up()
    site.append(second)
    faster.catch_up()
    for follower in slower, faster:
        follower.close()
    assert summed_entries(open_views(url)) == site.balances()


@pytest.mark.shows("PROJ-015")
def test_lag_in_sequences_and_time(url: str, site: Site) -> None:
    first, second, third = random_flow(19, 3_000)
    site.append(first)
    database = follow(site.directory, url)
    site.append(second)
    taken_in = site.core.last_time_ns
    site.append(third)
    with database.connect() as connection:
        at = read_position(connection)
    assert read_lag(site.directory, at, taken_in + 7) == Lag(2_000, 7)
    assert read_lag(site.directory, at, 0) == Lag(2_000, 0)
    follow(site.directory, url)
    with database.connect() as connection:
        assert read_lag(site.directory, read_position(connection), 10**18) == Lag(0, 0)


@pytest.mark.shows("PROJ-016")
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_make_the_tables_that_the_code_knows(url: str) -> None:
    database = open_views(url)
    migrate(database)
    migrate(database)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "schema_migrations"})
        differences = [each for each in compare_metadata(context, metadata) if "schema_migrations" not in str(each)]
        assert differences == []
        names = [index.name for table in metadata.sorted_tables for index in table.indexes]
        listing = "name FROM sqlite_master" if database.dialect.name == "sqlite" else "indexname FROM pg_indexes"
        found = {row[0] for row in connection.execute(text(f"SELECT {listing}"))}
        assert set(names) <= found


def save(site: Site) -> None:
    """A snapshot of the core as it stands, as a node writes it."""
    *_, last = Tail(site.journal, Disk()).read(site.core.last_sequence)
    state = pack_sections({"engine": site.core.save()})
    snapshot = Snapshot(JOURNAL_ID, last.frame.next_sequence, 0, last.hash, b"", state)
    write_snapshot(site.directory / "snapshots", Disk(), snapshot)


@pytest.mark.shows("PROJ-019")
def test_a_core_begins_with_the_newest_snapshot_that_is_not_ahead(url: str, site: Site) -> None:
    first, second, third, fourth = random_flow(20, 4_000)
    loaded: list[int] = []

    def load(state: bytes) -> Core:
        core = Core.load(state)
        loaded.append(core.last_sequence)
        return core

    def follow_from_snapshots() -> None:
        start = from_snapshots(site.directory, Core, load)
        with closing(Follower(site.directory, open_views(url), Core, starting_point=start)) as follower:
            follower.catch_up()
            assert follower.position.sequence == site.core.last_sequence
        assert summed_entries(open_views(url)) == site.balances()

    site.append(first)
    save(site)
    follow_from_snapshots()
    site.append(second)
    save(site)
    follow_from_snapshots()
    site.append(third)
    site.note(b"a frame without commands")
    save(site)
    follow_from_snapshots()
    follow_from_snapshots()
    newest = max((site.directory / "snapshots").iterdir())
    newest.write_bytes(newest.read_bytes()[:-1])
    site.append(fourth)
    follow_from_snapshots()
    assert loaded == [1_000, 2_000, 3_000, 2_000]
    assert site.core.last_sequence == 4_000


@pytest.mark.shows("PROJ-019")
def test_a_core_that_is_ahead_of_the_rows_is_refused(url: str, site: Site) -> None:
    site.play(random_flow(20, 1_000))
    with pytest.raises(ValueError, match="the core begins after command 1, the rows end with 0"):
        Follower(site.directory, open_views(url), Core, starting_point=lambda rows_at: (Core(), rows_at + 1))


@pytest.mark.shows("PROJ-020")
def test_a_frame_that_operators_had_skipped_is_passed_over(url: str, site: Site) -> None:
    """Without the signatures it stops there; with them it goes on, also when it begins anew."""
    first, _ = random_flow(23, 2_000)
    site.append(first)
    poison = site.poison()
    with pytest.raises(Fault):
        follow(site.directory, url)
    keys = {name: Ed25519PrivateKey.generate() for name in ("ann", "bob")}
    known = {name: key.public_key().public_bytes_raw() for name, key in keys.items()}
    text = statement(poison.frame, poison.hash)
    site.note(pack_skip(text, [sign(name, key, text) for name, key in keys.items()]))
    with pytest.raises(Fault):
        follow(site.directory, url, {"ann": known["ann"]})
    follow(site.directory, url, known)
    site.append(refused(site))
    assert summed_entries(follow(site.directory, url, known)) == site.balances()
    with open_views(url).connect() as connection:
        assert read_position(connection)[1:4] == (site.core.last_sequence, site.core.last_time_ns, 4)


def refused(site: Site) -> bytes:
    """Commands that are refused, numbered and timed."""
    packed = [command.pack() for command in venue()]
    return bytes(stamped(packed, site.core.last_sequence + 1, site.core.last_time_ns))


def test_frames_without_commands_count_and_change_nothing(url: str, site: Site) -> None:
    first, second = random_flow(21, 2_000)
    site.note(b"at the very beginning")
    site.append(first)
    site.note(b"between")
    follow(site.directory, url)
    site.note(b"one more")
    site.append(second)
    database = follow(site.directory, url)
    with database.connect() as connection:
        assert read_position(connection).frames == 5
    assert summed_entries(database) == site.balances()


def test_records_of_another_version_are_a_fault(url: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lionrock.views.sql.following.RECORD_VERSION", 99)
    site.play(random_flow(21, 1_000))
    with pytest.raises(Fault, match="of record version 1, this program of 99"):
        follow(site.directory, url)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("nonsense", "no URL of a database"),
        ("mysql://somebody@somewhere/x", "there are sqlite:///PATH and postgresql"),
        ("oracle+nodriver://x", "sqlite:///PATH|no URL"),
        ("sqlite://", "names no file"),
    ],
)
def test_other_databases_are_refused(wrong: str, told: str) -> None:
    with pytest.raises(DatabaseUnusable, match=told):
        open_views(wrong)


def test_an_sqlite_file_is_for_its_owner_alone(tmp_path: Path, site: Site) -> None:
    path = tmp_path / "views.sqlite"
    follow(site.directory, f"sqlite:///{path}")
    assert [file.stat().st_mode & 0o077 for file in tmp_path.glob("views.sqlite*")] == [0, 0, 0][
        : len(list(tmp_path.glob("views.sqlite*")))
    ]


def test_terminated_it_ends_in_good_order(site: Site) -> None:
    site.play(random_flow(22, 1_000))
    with Program("views", "run", str(site.directory), "--json") as process:
        assert process.stdout
        assert '"sequence": 1000' in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
