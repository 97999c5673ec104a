"""The data directory as a place to keep things: its disk, who may read it, who holds it, its settings."""

from __future__ import annotations

import errno
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from lionrock.journal.checkpoints import PUBLIC_KEY_FILE, CheckpointInvalid, check_note, newest_outside
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.journal.segments import JournalDamaged
from lionrock.node.lock import lock_holder
from lionrock.rulebook.loading import PackInvalid, shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.site.configuration import FILE_NAME, ConfigurationInvalid, read_configuration
from lionrock.site.definition import FILE_NAME as DEFINITION_FILE
from lionrock.site.definition import AnotherSite, DefinitionInvalid, definition_of
from lionrock.site.doctor.finding import Finding, error, ok, remedy_of, warning
from lionrock.site.readiness import LEAST_FREE_BYTES
from lionrock.site.signing import check_master_key
from lionrock.store.database import DATABASE_FILE
from lionrock.store.sealing import MASTER_KEY_FILE, MasterKeyUnusable, SealBroken

_COMFORTABLE_BYTES = 16 * LEAST_FREE_BYTES
_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "glusterfs",
    "lustre",
    "afs",
    "fuse.sshfs",
    "fuse.s3fs",
}
_MEMORY = {"tmpfs", "ramfs"}
_LAYERED = {"overlay", "aufs", "squashfs"}
_SYNCS = 15
_SLOW_SYNC_NS, _IMPOSSIBLE_SYNC_NS = 10_000_000, 10_000
"""Above the first a spinning disk or a burdened volume; below the second nothing can have reached a device."""
_KEY_BYTES = 32


def free_space(directory: Path) -> Finding:
    free = shutil.disk_usage(directory).free
    words = f"{free // 1024**2:,} MiB are free"
    remedy = "make room, or move the directory to a larger disk: a full disk stops the node"
    if free < LEAST_FREE_BYTES:
        return error("disk-space", words, remedy)
    return warning("disk-space", words, remedy) if free < _COMFORTABLE_BYTES else ok("disk-space", words)


def file_system(directory: Path) -> Finding:
    kind = file_system_kind(directory)
    words = f"the directory is on {kind}"
    if kind in _MEMORY:
        return error("file-system", words, "move it to a disk: there everything is lost with the power")
    if kind in _NETWORK:
        remedy = "move it to a local disk: over a network neither the lock nor a sync is sure to hold"
        return error("file-system", words, remedy)
    if kind in _LAYERED:
        return warning("file-system", words, "put it on a volume of its own: it goes with its container")
    return ok("file-system", words)


def file_system_kind(directory: Path) -> str:
    """As the system calls it, by the longest mount point above the directory (proc(5), mountinfo)."""
    best, kind = "", "unknown"
    resolved = str(directory.resolve())
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        left, _, right = line.partition(" - ")
        mount = left.split()[4].encode().decode("unicode_escape")
        inside = resolved == mount or resolved.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, right.split()[0]
    return kind


def sync_speed(directory: Path) -> Finding:
    """Median of some 4-KiB writes with fdatasync, in a file that is removed again."""
    median_ns = measured_sync_ns(directory)
    words = f"a write is durable after {median_ns / 1e6:.2f} ms"
    if median_ns > _SLOW_SYNC_NS:
        return warning("sync-speed", words, "use a disk with a faster sync (NVMe): every order waits for one")
    if median_ns < _IMPOSSIBLE_SYNC_NS:
        remedy = "find what ignores syncs (a write cache, eatmydata, a RAM disk): a power cut would lose orders"
        return warning("sync-speed", f"{words}, faster than any disk", remedy)
    return ok("sync-speed", words)


def measured_sync_ns(directory: Path) -> int:
    times = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for number in range(_SYNCS):
            began_ns = time.perf_counter_ns()
            os.pwrite(file.fileno(), bytes([number]) * 4096, 0)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter_ns() - began_ns)
    return int(statistics.median(times))


def permissions(directory: Path) -> Finding:
    status = directory.stat()
    mode = status.st_mode & 0o777
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        return error("permissions", "it is on a file system that may not be written to", remedy_of(errno.EROFS))
    if status.st_uid == os.geteuid() and not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return error("permissions", f"its mode is {mode:04o}: it may not be written in", f"chmod 700 {directory}")
    if status.st_uid != os.geteuid():
        words = f"it belongs to user {status.st_uid}, and this is user {os.geteuid()}"
        return error("permissions", words, f"run as that user, or chown -R {os.geteuid()} {directory}")
    if mode & 0o077:
        return warning("permissions", f"its mode is {mode:04o}: others may look into it", f"chmod 700 {directory}")
    return ok("permissions", f"its mode is {mode:04o}")


def lock(directory: Path) -> Finding:
    holder = lock_holder(directory)
    return ok("lock", f"process {holder} runs a node here" if holder else "no node runs here")


def configuration(directory: Path) -> Finding:
    try:
        read_configuration(directory)
    except ConfigurationInvalid as invalid:
        return error("configuration", "; ".join(invalid.complaints), f"mend {directory / FILE_NAME}")
    is_there = (directory / FILE_NAME).exists()
    return ok("configuration", f"{FILE_NAME} is valid" if is_there else f"no {FILE_NAME}: all settings are defaults")


def site_file(directory: Path) -> Finding:
    """As a start reads it."""
    try:
        definition = definition_of(directory)
        if definition is not None:
            Regime(shipped_library(), [licence.id for licence in definition.licences])
    except (DefinitionInvalid, PackInvalid) as invalid:
        return error("site-file", "; ".join(invalid.complaints), f"mend {directory / DEFINITION_FILE}")
    except AnotherSite as another:
        remedy = f"take {DEFINITION_FILE} out of a backup (lionrock restore into another directory)"
        return error("site-file", f"{another}", remedy)
    if definition is None:
        return ok("site-file", f"no {DEFINITION_FILE}: the directory is no licensed site's")
    return ok("site-file", f"{DEFINITION_FILE} is valid: the site {definition.site.id}")


def operators(directory: Path) -> Finding:
    try:
        count = len(read_configuration(directory).operators)
    except ConfigurationInvalid:
        return warning("operators", "the settings cannot be read, so no operator is known", "see configuration")
    if count < 2:
        remedy = "make a key for each of two people (lionrock operator new-key) and name them under [operators]"
        words = f"{count} operators have a key; it takes two to get past a frame that cannot be applied"
        return warning("operators", words, remedy)
    return ok("operators", f"{count} operators have a key")


def outside_checkpoints(directory: Path) -> Finding:
    try:
        outside = read_configuration(directory).checkpoints.directory
    except ConfigurationInvalid:
        return warning("checkpoints-outside", "the settings cannot be read", "see configuration")
    remedy = "name a directory on another machine's disk under [checkpoints] outside"
    if outside is None:
        words = "signed checkpoints are kept in the data directory alone: who changes one can change the other"
        return warning("checkpoints-outside", words, remedy)
    if not outside.is_dir() or not os.access(outside, os.W_OK | os.X_OK):
        return error("checkpoints-outside", f"{outside} is no directory that can be written in", remedy)
    if _is_anothers(directory, outside):
        words = f"{outside} is the second home of another key's checkpoints of this journal: the site does not start"
        return error(
            "checkpoints-outside", words, f"name another under [checkpoints] outside of {directory / FILE_NAME}"
        )
    if outside.stat().st_dev == directory.stat().st_dev:
        return warning("checkpoints-outside", f"{outside} is on the same file system as the data", remedy)
    return ok("checkpoints-outside", f"checkpoints are kept in {outside}, too")


def _is_anothers(directory: Path, outside: Path) -> bool:
    """Whether it holds checkpoints of this journal that the key here did not sign, as after a restore to a moment."""
    try:
        frame = next(iter(Reader(directory / "journal", Disk(), from_any_sequence=True)), None)
        note = newest_outside(outside, frame.journal_id) if frame is not None else None
        key = directory / "checkpoints" / PUBLIC_KEY_FILE
        if note is not None and key.exists():
            check_note(note, key.read_text("utf-8").strip())
    except (JournalDamaged, FileNotFoundError):
        return False  # the journal's own check tells
    except (CheckpointInvalid, ValueError):
        return True
    return note is not None and not key.exists()


def master_key(directory: Path) -> Finding:
    path = directory / MASTER_KEY_FILE
    if not path.exists():
        if (directory / DATABASE_FILE).exists():
            remedy = f"put the site's {MASTER_KEY_FILE} back (mode 0600): a new one opens no API secret"
            return error("master-key", f"there is no {MASTER_KEY_FILE} for the database here", remedy)
        return ok("master-key", f"no {MASTER_KEY_FILE} yet: the first start makes it")
    status = path.stat()
    if status.st_mode & 0o077:
        return error("master-key", f"others may read it (mode {status.st_mode & 0o777:04o})", f"chmod 600 {path}")
    if status.st_size != _KEY_BYTES:
        words = f"it has {status.st_size} bytes instead of {_KEY_BYTES}"
        return error("master-key", words, "put the right one back from where it is kept")
    try:
        check_master_key(directory)
    except (MasterKeyUnusable, SealBroken) as broken:
        return error("master-key", f"{broken}", "put the right one back from where it is kept")
    return ok("master-key", "only its owner may read it")


CHECKS = (
    free_space,
    file_system,
    sync_speed,
    permissions,
    lock,
    configuration,
    site_file,
    operators,
    outside_checkpoints,
    master_key,
)
