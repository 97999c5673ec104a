"""The pack of a day: what a site shows for it, in one folder that anybody checks without the site.

    pack.json          what was there: journal, digest, papers, reconciliation, rulebook, backup, and what was open
    pack.note          the SHA-256 of pack.json in a note (C2SP) signed by the key that signs the site's checkpoints
    checkpoint         the signed checkpoint of the journal that the pack rests on
    rulebook.bundle    the last run of the rulebook, where the journal has one under a checkpoint

`rulebook/verify.py` checks the folder alone; `journal/verify.py` checks the journal with the checkpoint in it. Nothing
is made here that a room makes: the pack tells of papers, returns, runs and backups as they are, by their hashes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Engine as Database
from sqlalchemy import select

from lionrock.compliance.capital.returns import DAILY
from lionrock.compliance.capital.tables import capital_returns
from lionrock.compliance.papers.tables import paper_periods, papers
from lionrock.core.engine import Engine
from lionrock.journal.checkpoints import PUBLIC_KEY_FILE, Checkpoint, newest_note, read_note
from lionrock.journal.copying import durable_sequence
from lionrock.journal.disk import Disk
from lionrock.journal.proofs import CannotProve
from lionrock.journal.verify import read_key
from lionrock.node.recovery import LookedBack, Place, Progress, look_back
from lionrock.people.staff.audit import Audit
from lionrock.people.staff.tables import staff_proposals
from lionrock.rulebook.bundle import CannotBundle
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.changes import read_changes
from lionrock.rulebook.checking import RED
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.verify import PACK_KIND, PACK_NAME, PACK_NOTE, signed_pack_text
from lionrock.site.backup_log import read_backup_log
from lionrock.site.configuration import read_configuration
from lionrock.site.definition import Definition, definition_of
from lionrock.site.manifest import BackupDamaged, read_manifest
from lionrock.site.paper_terms import terms_of
from lionrock.site.rulebook_bundle import bundle_of
from lionrock.site.signing import KEY_FILE, open_notary
from lionrock.store.database import DATABASE_FILE, open_database
from lionrock.store.sealing import MASTER_KEY_FILE, open_sealer

CHECKPOINT, BUNDLE = "checkpoint", "rulebook.bundle"
DRILL_WITHIN_DAYS = 7
"""A backup that nobody brought back for longer is told as open."""
_NS_PER_DAY = 24 * 3_600 * 10**9


class CannotPack(Exception):
    """The day is not over, or the directory does not hold what a pack rests on."""


class Packed(NamedTuple):
    """A pack that was made."""

    folder: Path
    contents: dict[str, Any]
    sha256: str
    public_key: str

    @property
    def open(self) -> list[str]:
        """What is still to be done about the day, in words."""
        return list(self.contents["open"])


class Day(NamedTuple):
    """A day at the site's place."""

    day: date
    from_ns: int
    until_ns: int
    """Not included."""


def day_of(zone: ZoneInfo, now_ns: int, asked: date | None) -> Day:
    """The day that is asked for; without one the last that is over. Raises `CannotPack`."""
    today = datetime.fromtimestamp(now_ns // 10**9, zone).date()
    day = asked or today - timedelta(days=1)
    if day >= today:
        raise CannotPack(f"{day} is not over in {zone.key}: its pack is made after midnight there")
    begins, ends = (
        int(datetime(each.year, each.month, each.day, tzinfo=zone).timestamp()) * 10**9
        for each in (day, day + timedelta(days=1))
    )
    return Day(day, begins, ends)


def make_pack(
    directory: Path,
    target: Path,
    asked: date | None,
    clock: Callable[[], int],
    random_bytes: Callable[[int], bytes],
    *,
    progress: Progress | None = None,
) -> Packed:
    """Make the pack of a day in a folder of its own below `target`; a later one of the same day stands beside it.

    The site may be serving. Raises `CannotPack`, `JournalDamaged`, `ConfigurationInvalid`, `DefinitionInvalid`,
    `MasterKeyUnusable`, `SealBroken`, `DatabaseUnusable` and `OSError`.
    """
    definition = definition_of(directory)
    missing = [name for name in (DATABASE_FILE, MASTER_KEY_FILE, KEY_FILE) if not (directory / name).exists()]
    if definition is None or missing:
        raise CannotPack(f"{directory} is no data directory of a site that ran: it has no {', '.join(missing)}")
    now_ns = clock()
    day = day_of(ZoneInfo(definition.site.time_zone), now_ns, asked)
    note = _checkpoint_note(directory, day)
    checkpoint = read_note(note)
    database = open_database(directory)
    try:
        notary = open_notary(directory, open_sealer(directory, random_bytes), random_bytes)
        pack = _Pack(directory, definition, day, database, now_ns)
        found = pack.replayed(checkpoint, progress)
        files = {CHECKPOINT: note.encode()} | pack.bundle(notary.sign_text)
        contents = pack.contents(checkpoint, found, files)
    finally:
        database.dispose()
    text = canonical(contents)
    digest = sha256(text).hexdigest()
    signed = notary.sign_text(signed_pack_text(definition.site.id, f"{day.day}", digest))
    folder = _write(target, f"{day.day}", files | {PACK_NAME: text, PACK_NOTE: signed.encode()})
    return Packed(folder, contents, digest, notary.public_key)


def _checkpoint_note(directory: Path, day: Day) -> str:
    """The newest checkpoint, when it covers everything of the day."""
    note = newest_note(directory / "checkpoints", Disk())
    if note is None:
        raise CannotPack(f"{directory} has no checkpoint yet: the site signs one within a minute of its first command")
    checkpoint = read_note(note)
    newer = durable_sequence(directory / "journal", Disk()) > checkpoint.sequence
    if newer and checkpoint.time_ns < day.until_ns:
        raise CannotPack(f"the newest checkpoint does not cover all of {day.day}: serve the site, or wait a minute")
    return note


class _Pack:
    """What is gathered for one day."""

    def __init__(self, directory: Path, definition: Definition, day: Day, database: Database, now_ns: int) -> None:
        self._directory, self._definition, self._day, self._now_ns = directory, definition, day, now_ns
        self._database = database
        licences = [licence.id for licence in definition.licences]
        self._regime = Regime(shipped_library(), licences, read_changes(directory))
        self._open: list[str] = []

    def replayed(self, checkpoint: Checkpoint, progress: Progress | None) -> LookedBack:
        """The state under the checkpoint, from the first frame on."""
        keys = read_configuration(self._directory).known_keys
        place = Place(self._directory, Disk())
        found = look_back(place, Engine, operator_keys=keys, last_sequence=checkpoint.sequence, progress=progress)
        if (found.tree.size, found.tree.root()) != (checkpoint.size, checkpoint.root):
            raise CannotPack(
                "the journal is not the one that the newest checkpoint covers: run lionrock journal verify"
            )
        return found

    def bundle(self, sign: Callable[[str], str]) -> dict[str, bytes]:
        site = self._definition.site.id
        try:
            made, drawn = bundle_of(self._database, self._directory, site, self._regime, at_ns=self._now_ns, sign=sign)
        except (CannotBundle, CannotProve) as error:
            self._open.append(f"no run of the rulebook is in the pack: {error}")
            return {}
        red = sum(row.status in RED for row in drawn.rows)
        if red:
            self._open.append(f"{red} rules of the rulebook are red: lionrock rulebook check tells which")
        return {BUNDLE: made}

    def contents(self, checkpoint: Checkpoint, found: LookedBack, files: Mapping[str, bytes]) -> dict[str, Any]:
        """Everything of pack.json, which is canonical JSON."""
        site, day = self._definition.site, self._day
        return {
            "kind": PACK_KIND,
            "site": site.id,
            "day": f"{day.day}",
            "time_zone": site.time_zone,
            "from_ns": day.from_ns,
            "until_ns": day.until_ns,
            "made_ns": self._now_ns,
            "record": {
                "origin": checkpoint.origin.hex(),
                "frames": checkpoint.size,
                "sequence": checkpoint.sequence,
                "root": checkpoint.root.hex(),
                "frame_hash": checkpoint.frame_hash.hex(),
                "state_digest": found.engine.digest(),
            },
            "papers": self._papers(),
            "reconciliations": self._reconciliations(),
            "rulebook": self._rulebook(),
            "staff": self._staff(),
            "backup": self._backup(found),
            "files": {name: sha256(content).hexdigest() for name, content in sorted(files.items())},
            "open": self._open,
        }

    def _rows(self, statement: Any) -> Iterator[dict[str, Any]]:
        with self._database.connect() as connection:
            yield from ({**row} for row in connection.execute(statement).mappings())

    def _papers(self) -> list[dict[str, Any]]:
        """Those of periods that end with the day: notes and statements, by their hashes in the journal."""
        day, columns = self._day, ("paper_id", "kind", "account_id", "json_sha256", "pdf_sha256", "recorded_sequence")
        ended = (papers.c.until_ns > day.from_ns) & (papers.c.until_ns <= day.until_ns)
        rows = list(self._rows(select(*(papers.c[name] for name in columns)).where(ended).order_by(papers.c.paper_id)))
        waiting = sum(row["recorded_sequence"] is None for row in rows)
        if waiting:
            self._open.append(f"{waiting} papers of the day are not made yet, or not in the journal")
        planned = list(self._rows(select(paper_periods.c.until_ns)))
        if planned and max(row["until_ns"] for row in planned) < day.until_ns:
            self._open.append("papers of the day are not planned yet: they are an hour after midnight, while it serves")
        return rows

    def _reconciliations(self) -> list[dict[str, Any]]:
        """Of the day, where a licence of the site asks for them."""
        asked = terms_of(self._definition, self._regime, self._now_ns).returns.deadlines.keys()
        kinds = [kind.value for kind in DAILY & asked]
        columns = ("return_id", "kind", "state", "json_sha256", "pdf_sha256", "recorded_sequence")
        of_day = capital_returns.c.kind.in_(kinds) & (capital_returns.c.from_ns == self._day.from_ns)
        rows = list(self._rows(select(*(capital_returns.c[name] for name in columns)).where(of_day)))
        self._open += [f"there is no {kind} of the day" for kind in kinds if kind not in {row["kind"] for row in rows}]
        return rows

    def _rulebook(self) -> dict[str, Any]:
        store = EvidenceStore(self._database)
        run_id = store.newest(self._now_ns)
        if run_id is None:
            return {}
        stored = store.read(run_id)
        if stored.run.at_ns < self._day.from_ns:
            self._open.append("the rulebook was not run since the day began")
        told = Counter(found.status.value for found in stored.run.rules)
        return {
            "run_id": run_id,
            "at_ns": stored.run.at_ns,
            "sha256": stored.digest.hex(),
            "sequence": stored.sequence,
            "counts": dict(told),
        }

    def _staff(self) -> dict[str, Any]:
        """The head of the staff's log, and what nobody reviewed in time."""
        overdue = (staff_proposals.c.state == "to_review") & (staff_proposals.c.ends_ns <= self._now_ns)
        waiting = sum(1 for _ in self._rows(select(staff_proposals.c.proposal_id).where(overdue)))
        if waiting:
            self._open.append(f"{waiting} things done alone or at once are not reviewed in time")
        last = Audit(self._database).last()
        return {"entry": last.entry, "digest": last.digest.hex(), "sequence": last.sequence} if last else {}

    def _backup(self, found: LookedBack) -> dict[str, Any]:
        journal_id = found.journal_id.hex() if found.journal_id else ""
        key = (self._directory / "checkpoints" / PUBLIC_KEY_FILE).read_text("utf-8").strip()
        log = read_backup_log(self._directory, journal_id, [read_key(key)])
        if log.backed_up_ns < self._day.until_ns:
            self._open.append("there is no backup since the day ended: lionrock backup")
        if log.drilled_ns < self._day.until_ns - DRILL_WITHIN_DAYS * _NS_PER_DAY:
            self._open.append(f"no backup was brought back in {DRILL_WITHIN_DAYS} days: lionrock backup --drill")
        told: dict[str, Any] = {"backed_up_ns": log.backed_up_ns, "drilled_ns": log.drilled_ns}
        try:
            manifest = read_manifest(Path(log.target)) if log.target else None
        except (BackupDamaged, OSError):
            self._open.append("the last backup cannot be reached from here, or is damaged")
            return told
        if manifest is None:
            return told
        names = ("created_ns", "frames", "sequence", "head_hash", "tree_root", "state_digest")
        return told | {name: getattr(manifest, name) for name in names}


def _write(target: Path, day: str, files: Mapping[str, bytes]) -> Path:
    """Whole or not at all, in a folder that was not there."""
    disk = Disk()
    disk.make_directory(target)
    draft = target / f".{day}.draft"
    disk.make_directory(draft)
    draft.chmod(0o700)
    for path in draft.iterdir():
        path.unlink()
    for name, content in files.items():
        disk.write_file(draft / name, content)
    folder, number = target / day, 1
    while folder.exists():
        number += 1
        folder = target / f"{day}.{number}"
    draft.rename(folder)
    disk.sync_directory(target)
    return folder
