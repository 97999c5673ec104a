"""Named defects of the journal and the node: what a world of faults has to notice."""

from __future__ import annotations

from tests.defects.defect import Defect

_DISK = [
    Defect(
        "the-rest-of-a-short-write-is-forgotten",
        "JRNL-006",
        "        while rest:\n            written",
        "        if rest:\n            written",
    ),
    Defect(
        "a-whole-file-is-renamed-before-it-is-synced",
        "JRNL-019",
        "            self.write_all(descriptor, data, 0)\n            self.sync_all(descriptor)\n",
        "            self.write_all(descriptor, data, 0)\n",
    ),
    Defect(
        "a-renamed-file-is-not-made-durable",
        "JRNL-019",
        "        self.rename(unfinished, path)\n        self.sync_directory(path.parent)\n",
        "        self.rename(unfinished, path)\n",
    ),
    Defect(
        "a-directory-that-is-there-counts-as-durable",
        "JRNL-009",
        "            self.add_directory(directory)\n        self.sync_directory(directory.parent)\n",
        "            self.add_directory(directory)\n            self.sync_directory(directory.parent)\n",
    ),
]
_WRITER = [
    Defect(
        "a-frame-is-not-synced",
        "JRNL-009",
        "        self._disk.write_durably(self._open_descriptor(), written, self._offset)\n",
        "        self._disk.write_all(self._open_descriptor(), written, self._offset)\n",
    ),
    Defect(
        "a-failed-sync-is-tried-again",
        "JRNL-007",
        "        self._disk.write_durably(self._open_descriptor(), written, self._offset)\n",
        "        try:\n            self._disk.write_durably(self._open_descriptor(), written, self._offset)\n"
        "        except OSError:\n            self._disk.sync_data(self._open_descriptor())\n",
    ),
    Defect(
        "a-writer-that-failed-writes-on",
        "JRNL-007",
        "            raise WriterStopped(self._stopped)\n        written = prepared.parts\n",
        "            pass\n        written = prepared.parts\n",
    ),
    Defect(
        "a-torn-tail-is-not-cut-away",
        "JRNL-002",
        "        self._disk.truncate(descriptor, end.offset)\n        self._disk.write_all(",
        "        self._disk.write_all(",
    ),
    Defect(
        "the-size-of-a-segment-is-trusted",
        "JRNL-002",
        "        self._disk.truncate(descriptor, end.offset)\n        self._disk.write_all(",
        "        self._offset = self._filled = self._reserved = self._disk.size(descriptor)\n"
        "        self._disk.write_all(",
    ),
    Defect(
        "the-last-frame-is-not-written-again",
        "JRNL-008",
        "        self._disk.write_all(descriptor, end.last_frame, end.last_frame_offset)\n",
        "",
    ),
    Defect(
        "the-last-frame-is-read-a-second-time",
        "JRNL-008",
        "        self._disk.write_all(descriptor, end.last_frame, end.last_frame_offset)\n",
        "        again = self._disk.read_at(descriptor, len(end.last_frame), end.last_frame_offset)\n"
        "        self._disk.write_all(descriptor, again, end.last_frame_offset)\n",
    ),
    Defect(
        "the-name-of-a-new-segment-is-not-made-durable",
        "JRNL-009",
        "        self._disk.sync_all(self._descriptor)\n        self._disk.sync_directory(self._directory)\n",
        "        self._disk.sync_all(self._descriptor)\n",
    ),
    Defect(
        "the-mark-of-a-clean-close-is-written-before-the-last-sync",
        "JRNL-019",
        "        try:\n            if self._descriptor is not None and whole:\n",
        "        if whole:\n            write_mark(self._directory, self._disk, self._written)\n"
        "        try:\n            if self._descriptor is not None and whole:\n",
    ),
    Defect(
        "the-mark-of-a-clean-close-stays",
        "JRNL-019",
        "            remove_mark(self._directory, self._disk)\n",
        "",
    ),
    Defect(
        "the-mark-of-a-clean-close-may-come-back",
        "JRNL-019",
        "    disk.remove(directory / MARK_NAME)\n    disk.sync_directory(directory)\n",
        "    disk.remove(directory / MARK_NAME)\n",
    ),
]
_READER = [
    Defect(
        "a-wrong-checksum-is-accepted",
        "JRNL-003",
        "    if found != expected:\n        raise FrameInvalid",
        "    if False:\n        raise FrameInvalid",
    ),
    Defect(
        "the-hash-of-the-frame-before-is-not-checked",
        "JRNL-004",
        "    if last_hash not in {None, frame.previous_hash}:\n",
        "    if False:\n",
    ),
    Defect(
        "the-end-of-a-closed-journal-is-not-checked",
        "JRNL-018",
        "            self._check_closed_end(self._closed)\n",
        "            pass\n",
    ),
    Defect(
        "damage-before-whole-frames-counts-as-a-torn-tail",
        "JRNL-003",
        "        if next_frame is not None:\n            raise",
        "        if False:\n            raise",
    ),
    Defect(
        "damage-in-an-older-segment-counts-as-a-torn-tail",
        "JRNL-003",
        "        if path != self._paths[-1]:\n            raise",
        "        if False:\n            raise",
    ),
]
_NODE = [
    Defect(
        "a-command-is-acknowledged-before-the-sync",
        "JRNL-010",
        "            return loop.run_in_executor(self._journal_thread, self._writer.write, prepared)\n",
        "            loop.run_in_executor(self._journal_thread, self._writer.write, prepared)\n"
        "            return asyncio.ensure_future(asyncio.sleep(0))\n",
    ),
    Defect(
        "a-failed-write-is-not-noticed",
        "JRNL-013",
        "            elif error := written.exception():\n",
        "            elif written.exception() and False:\n",
    ),
    Defect(
        "a-stop-forgets-who-waits",
        "JRNL-013",
        "        _refuse(self._waiting, NodeStopped(self._stopped, outcome_known=True))\n",
        "",
    ),
    Defect(
        "a-stop-calls-a-frame-under-way-not-recorded",
        "JRNL-013",
        "            _refuse(frame.calls, NodeStopped(self._stopped, outcome_known=False))\n",
        "            _refuse(frame.calls, NodeStopped(self._stopped, outcome_known=True))\n",
    ),
    Defect(
        "a-stopped-node-takes-commands",
        "JRNL-013",
        "        if self._stopped or self._closing:\n            raise NodeStopped",
        "        if self._closing:\n            raise NodeStopped",
    ),
    Defect(
        "a-close-does-not-wait-for-what-is-under-way",
        "JRNL-013",
        "        await self._idle.wait()\n",
        "",
    ),
    Defect(
        "time-follows-the-clock-back",
        "JRNL-012",
        "max(self._engine.last_time_ns, self._clock())",
        "self._clock()",
    ),
    Defect(
        "a-call-is-given-the-events-of-another",
        "JRNL-011",
        "        start += call.command_count\n\n\ndef _refuse(",
        "        start += 1\n\n\ndef _refuse(",
    ),
    Defect(
        "what-is-settled-is-not-waited-for",
        "JRNL-010",
        "            await asyncio.wait([self._under_way[-1].over])\n",
        "            pass\n",
    ),
]
_RECOVERY = [
    Defect(
        "a-replay-leaves-out-the-last-frame",
        "JRNL-015",
        "        if held:\n            replay.take(*held, following=None)\n",
        "",
    ),
    Defect(
        "a-frame-is-shown-before-it-is-durable-again",
        "JRNL-008",
        "    writer = make_writer(place.journal, place.disk, end, journal_id)\n",
        "    if held:\n        replay.take(*held, following=None)\n        held = None\n"
        "    writer = make_writer(place.journal, place.disk, end, journal_id)\n",
    ),
    Defect(
        "the-journal-id-changes-at-a-restart",
        "JRNL-004",
        "        self._journal_id = end.journal_id or journal_id\n",
        "        self._journal_id = journal_id\n",
    ),
]
_KEEPER = [
    Defect(
        "a-snapshot-is-taken-while-a-frame-is-under-way",
        "JRNL-015",
        "        if self._keeper.is_due and not self._under_way and not self._stopped:\n",
        "        if self._keeper.is_due and not self._stopped:\n",
    ),
    Defect(
        "a-damaged-snapshot-is-taken-for-a-whole-one",
        "JRNL-015",
        "    if found != expected or tree_bytes > len(rest):\n",
        "    if tree_bytes > len(rest):\n",
    ),
    Defect(
        "the-segment-that-a-snapshot-ends-in-is-archived",
        "JRNL-015",
        "        if first_sequence_of(following) >= covered_sequence:\n",
        "        if first_sequence_of(following) > covered_sequence:\n",
    ),
    Defect(
        "segments-are-archived-that-only-the-newest-snapshot-covers",
        "JRNL-015",
        "            oldest = snapshot_paths(place.snapshots, place.disk)[-1]\n",
        "            oldest = snapshot_paths(place.snapshots, place.disk)[0]\n",
    ),
]

DEFECTS = [*_DISK, *_WRITER, *_READER, *_NODE, *_RECOVERY, *_KEEPER]

RARE = {
    "a-directory-that-is-there-counts-as-durable",
    "the-last-frame-is-read-a-second-time",
    "a-frame-is-shown-before-it-is-durable-again",
    "a-damaged-snapshot-is-taken-for-a-whole-one",
}
"""Shown by less than one world in fifty: several things must go wrong one after the other."""
