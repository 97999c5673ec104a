"""The key that a site signs its checkpoints with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.journal.disk import Disk
from lionrock.node.notary import Notary
from lionrock.store.sealing import Sealer

KEY_FILE = "checkpoint.key"
_PLACE = "checkpoint key"
_SEED_BYTES = 32


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
