"""The key that a site signs its checkpoints with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.journal.disk import Disk
from lionrock.node.notary import Notary
from lionrock.store.sealing import MASTER_KEY_FILE, Sealer, open_sealer

KEY_FILE = "checkpoint.key"
_PLACE = "checkpoint key"
_SEED_BYTES = 32


def check_master_key(directory: Path) -> None:
    """That the master key here opens the site's signing key; makes nothing where one of them is missing.

    Raises `MasterKeyUnusable` and `SealBroken`.
    """
    sealed = directory / KEY_FILE
    if sealed.exists() and (directory / MASTER_KEY_FILE).exists():
        open_sealer(directory, os.urandom).open(sealed.read_bytes(), _PLACE)


def notary_of(directory: Path) -> Notary | None:
    """The notary of a data directory as it stands; None where its signing key or its master key is not there.

    Raises `MasterKeyUnusable`, `SealBroken` and `OSError`.
    """
    if not all((directory / name).exists() for name in (KEY_FILE, MASTER_KEY_FILE)):
        return None
    return open_notary(directory, open_sealer(directory, os.urandom), os.urandom)


def open_notary(
    directory: Path, sealer: Sealer, random_bytes: Callable[[int], bytes], *, outside: Path | None = None
) -> Notary:
    """The notary of a data directory; its key is made at the first start and sealed under the master key.

    The caller holds the lock of the directory. Raises `SealBroken` and `OSError`.
    """
    disk = Disk()
    path = directory / KEY_FILE
    if not path.exists():
        disk.write_file(path, sealer.seal(random_bytes(_SEED_BYTES), _PLACE))
        path.chmod(0o600)
    key = Ed25519PrivateKey.from_private_bytes(sealer.open(path.read_bytes(), _PLACE))
    name = f"lionrock-{key.public_key().public_bytes_raw()[:4].hex()}"
    notary = Notary(directory / "checkpoints", disk, key, name, outside=outside)
    notary.show_public_key()
    return notary
