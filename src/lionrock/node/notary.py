"""Says, signed, what the journal holds: every minute, at a clean stop, and to whoever keeps it elsewhere."""

from __future__ import annotations

import logging
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.journal.checkpoints import (
    PUBLIC_KEY_FILE,
    Checkpoint,
    CheckpointFile,
    CheckpointInvalid,
    OutsideDisagrees,
    check_note,
    keep_outside,
    newest_outside,
    sign,
    sign_text,
    verifier_key,
)
from lionrock.journal.disk import Disk
from lionrock.journal.writer import WriterStopped

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60


class Notary:
    """Signs checkpoints with the key of one data directory."""

    def __init__(
        self, directory: Path, disk: Disk, key: Ed25519PrivateKey, key_name: str, *, outside: Path | None = None
    ) -> None:
        """Keeps them in `directory`, and each as a file of its own in `outside`."""
        self._directory, self._disk, self._outside = directory, disk, outside
        self._key, self._key_name = key, key_name
        self._file = CheckpointFile(directory, disk)
        self.public_key = verifier_key(key.public_key(), key_name)
        """What others check the signatures with; it stands in the file `public-key` as well."""
        self.failure: str | None = None
        """Why the last checkpoint could not be written; None when it was."""

    def newest(self, journal_id: bytes) -> Checkpoint | None:
        """The checkpoint of most frames that was written for this journal, here or outside.

        Raises `CheckpointInvalid` for one that this key did not sign, and `OSError`.
        """
        found = [check_note(note, self.public_key) for note in self._file.read()[-1:]]
        if self._outside and (kept := newest_outside(self._outside, journal_id)):
            try:
                found.append(check_note(kept, self.public_key))
            except CheckpointInvalid as error:
                raise CheckpointInvalid(
                    f"{self._outside} ([checkpoints] outside) is the second home of another key's checkpoints of this "
                    f"journal: give this site another, or none ({error})"
                ) from error
        return max(found, key=lambda checkpoint: checkpoint.size, default=None)

    def show_public_key(self) -> None:
        """Write the public key beside the checkpoints, if it is not there. Raises `OSError`."""
        path = self._directory / PUBLIC_KEY_FILE
        self._disk.make_directory(self._directory)
        if PUBLIC_KEY_FILE not in self._disk.list_directory(self._directory):
            self._disk.write_file(path, f"{self.public_key}\n".encode())

    def sign_text(self, text: str) -> str:
        """The signed note of another text, such as that of a bundle for a regulator. Raises `ValueError`.

        A text that could be read as a checkpoint is not signed: nobody may get one by asking for a bundle.
        """
        if text.startswith("lionrock/"):
            raise ValueError("this text begins as a checkpoint does")
        return sign_text(text, self._key, self._key_name)

    def say(self, checkpoint: Checkpoint) -> None:
        """Sign and keep. What cannot be written is logged: the journal has everything, and the next one covers more."""
        note = sign(checkpoint, self._key, self._key_name)
        try:
            self._file.append(note)
            if self._outside:
                keep_outside(self._outside, self._disk, note)
        except (OSError, CheckpointInvalid, OutsideDisagrees, WriterStopped) as error:
            self.failure = f"{type(error).__name__}: {error}"
            _log.error("A checkpoint of %d frames could not be kept: %s", checkpoint.size, self.failure)
        else:
            self.failure = None
