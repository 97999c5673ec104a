"""What the system refused, as a sentence: which file, why, and what helps; `[Errno 28]` helps nobody."""

from __future__ import annotations

import errno

_HELPS = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the quota is used up: make room",
    errno.EROFS: "mount the file system for writing",
    errno.EACCES: "run this as the user that runs the site, or see its permissions",
    errno.EPERM: "run this as the user that runs the site, or see its permissions",
    errno.EEXIST: "it was kept as it is: name another",
}


def words_of(error: BaseException) -> str:
    """Of the system's own error; what another one says stays as it is."""
    if not isinstance(error, OSError) or error.strerror is None:
        return f"{error}"
    files = [f"{each}" for each in (error.filename, error.filename2) if each is not None]
    help_ = _HELPS.get(error.errno or 0)
    return ": ".join([*[" to ".join(files)] * bool(files), error.strerror]) + (f" ({help_})" if help_ else "")
