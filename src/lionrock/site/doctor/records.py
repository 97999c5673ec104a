"""What stands in the data directory: the end of the journal or all of it, snapshots, the database."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from lionrock.core.engine import Engine
from lionrock.journal import verify
from lionrock.journal.checkpoints import PUBLIC_KEY_FILE
from lionrock.journal.copying import cut_after, durable_sequence, segments
from lionrock.journal.disk import Disk
from lionrock.journal.frames import Frame
from lionrock.journal.reader import Reader
from lionrock.journal.segments import JournalDamaged
from lionrock.journal.snapshots import SnapshotInvalid, read_snapshot, snapshot_paths
from lionrock.node.lock import lock_holder
from lionrock.node.recovery import Place, Progress
from lionrock.node.sections import unpack_sections
from lionrock.site.doctor.finding import Finding, error, ok, warning
from lionrock.store.database import DATABASE_FILE
from lionrock.words.records import RECORD_VERSION

_DAMAGED = "stop the site, keep this directory as it is, and restore a backup into another one (lionrock restore)"
_EVER = 2**64
_PRIMARY = 0xFF
"""Of an extended code of SQLite."""
_DAMAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNREAD = {
    **dict.fromkeys(
        (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
        "see permissions: the directory may not be written in",
    ),
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), "look again in a moment: it is in use"),
    **dict.fromkeys((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR), "see disk-space: a full disk does this"),
}
"""What says nothing about the file itself."""


def journal_end(directory: Path) -> Finding:
    """The segments that are not archived; of one that is written to at the moment, what is durable."""
    place = Place(directory, Disk())
    if not place.journal.is_dir():
        return ok("journal", "no journal yet: the first start makes it")
    if lock_holder(directory):
        return _end_while_written(place)
    reader = Reader(place.journal, place.disk, from_any_sequence=True)
    last: Frame | None = None
    try:
        for frame in reader:
            last = frame
    except JournalDamaged as damaged:
        return error("journal", f"it is damaged: {damaged}", _DAMAGED)
    if torn := reader.end.torn_tail:
        words = f"the last write was cut short: {torn.path.name}, bytes {torn.start} to {torn.stop} ({torn.reason})"
        return warning("journal", words, "nothing, after a crash: the next start cuts off what was never acknowledged")
    return _judged(last, reader.end.next_sequence - 1)


def _end_while_written(place: Place) -> Finding:
    durable = durable_sequence(place.journal, place.disk)
    newest = segments(place.journal, place.archive, place.disk).newest
    whole = cut_after(place.disk.read_file(newest), _EVER) if newest else b""
    if durable and not whole:
        return error("journal", f"sequence {durable} is durable, and its segment begins with no whole frame", _DAMAGED)
    return ok("journal", f"a node writes it; durable up to sequence {durable:,}")


def _judged(last: Frame | None, sequence: int) -> Finding:
    if last is not None and last.record_version > RECORD_VERSION:
        words = f"its last frame has records of version {last.record_version}; this program reads {RECORD_VERSION}"
        return error("journal", words, "run the version of Lionrock that wrote it, or a newer one")
    if last is not None and last.time_ns > time.time_ns():
        words = f"its last frame is {(last.time_ns - time.time_ns()) // 10**9} s later than the clock"
        return warning("journal", words, "set the clock: until it has caught up, time stands still in the venue")
    return ok("journal", f"it ends whole, with sequence {sequence:,}")


def snapshots(directory: Path) -> Finding:
    """Whether the next start can begin from the newest."""
    disk = Disk()
    paths = snapshot_paths(Place(directory, disk).snapshots, disk)
    if not paths:
        remedy = "nothing, when the site is new; otherwise stop it once in good order (SIGTERM)"
        return warning("snapshots", "there is none: a start replays the whole journal", remedy)
    unusable = []
    for path in paths:
        try:
            snapshot = read_snapshot(path, disk)
            Engine.load(unpack_sections(snapshot.state)["engine"])
        except (SnapshotInvalid, ValueError, KeyError) as invalid:
            unusable.append(f"{path.name}: {invalid!r}")
            continue
        words = f"the next start begins behind sequence {snapshot.next_sequence - 1:,}"
        if not unusable:
            return ok("snapshots", words)
        return warning("snapshots", f"{words}; not usable: {'; '.join(unusable)}", "remove the unusable ones")
    remedy = "nothing, behind a new version of Lionrock; otherwise look at the disk: its files change"
    return warning("snapshots", f"none is usable: {'; '.join(unusable)}", remedy)


def database(directory: Path) -> Finding:
    path = directory / DATABASE_FILE
    if not path.exists():
        return ok("database", f"no {DATABASE_FILE} yet: the first start makes it")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            told = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as refused:
        if (code := getattr(refused, "sqlite_errorcode", 0) & _PRIMARY) not in _DAMAGES:
            words = f"{DATABASE_FILE} cannot be looked at: {refused}"
            return error("database", words, _UNREAD.get(code, "see disk-space and permissions: it may be sound"))
        told = [str(refused)]
    if told != ["ok"]:
        return error("database", f"{DATABASE_FILE} is damaged: {'; '.join(told)}", _DAMAGED)
    return ok("database", f"{DATABASE_FILE} is sound")


def whole_record(directory: Path, progress: Progress) -> Finding:
    """Every frame and every checkpoint, as `lionrock journal verify` checks them."""
    key = directory / "checkpoints" / PUBLIC_KEY_FILE
    try:
        keys = [verify.read_key(key.read_text("utf-8").strip())] if key.exists() else []
        told, faults = verify.check_directory(directory, [], keys, progress)
    except verify.CannotCheck as unable:
        return error("record", str(unable), "see journal")
    if faults:
        return error("record", "; ".join(str(fault) for fault in faults), _DAMAGED)
    return ok("record", f"every frame and checkpoint is as it was written: {told['frames']:,} frames")


CHECKS = (journal_end, snapshots, database)
