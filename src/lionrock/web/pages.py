"""Serves the built web application from memory, under a policy that lets it run its own script and nothing else."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

Response: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]

BUILT = Path(__file__).parent / "built"
"""Where `make setup` puts what Vite built."""
INDEX = "index.html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
)
"""Content Security Policy Level 3: no script, style or connection of anybody else, no page around this one, and no text
that becomes markup but by the framework's own templates.
"""
_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"content-security-policy", POLICY.encode()),
)
_FOR_A_YEAR = b"public, max-age=31536000, immutable"
_ASK_AGAIN = b"no-cache"
_PACKED_ALREADY = frozenset((".woff2", ".png", ".jpg", ".gz"))
_LEAST_PACKED = 256
"""Bytes below which packing saves nothing."""


class _File(msgspec.Struct, frozen=True):
    content_type: bytes
    cache: bytes
    plain: bytes
    packed: bytes
    """With gzip; empty where that saves nothing."""


def is_built(folder: Path = BUILT) -> bool:
    """Whether there is an application to serve."""
    return (folder / INDEX).is_file()


class Pages:
    """What a browser is given: files by their names, and the one page for every address of the application.

    All in memory, so nothing that is asked for can reach another file, and none costs more than copying bytes.
    """

    def __init__(self, folder: Path = BUILT) -> None:
        """Of `folder` every file is read, once. A folder that is not there serves nothing."""
        self._files = {
            "/" + path.relative_to(folder).as_posix(): _read(path, folder)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def find(self, path: str, headers: Mapping[bytes, bytes]) -> Response | None:
        """The answer to a GET of `path` that no endpoint answers; None where the application has no such address.

        An address of the application is one without an ending that a browser asks for as a page.
        """
        found = self._files.get(path)
        if found is None and _is_page(path, headers):
            found = self._files.get("/" + INDEX)
        if found is None:
            return None
        return _response(found, headers)


def _is_page(path: str, headers: Mapping[bytes, bytes]) -> bool:
    last = path.rpartition("/")[2]
    return "." not in last and b"text/html" in headers.get(b"accept", b"")


def _read(path: Path, folder: Path) -> _File:
    plain = path.read_bytes()
    packed = b""
    if path.suffix not in _PACKED_ALREADY and len(plain) >= _LEAST_PACKED:
        packed = gzip.compress(plain, 9, mtime=0)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    lasting = path.parent != folder  # Vite names files in folders by their content
    return _File(kind.encode(), _FOR_A_YEAR if lasting else _ASK_AGAIN, plain, packed)


def _response(file: _File, headers: Mapping[bytes, bytes]) -> Response:
    told = [(b"content-type", file.content_type), (b"cache-control", file.cache), *_SAFE]
    body = file.plain
    if file.packed:
        told.append((b"vary", b"accept-encoding"))
        if b"gzip" in headers.get(b"accept-encoding", b""):
            body = file.packed
            told.append((b"content-encoding", b"gzip"))
    told.append((b"content-length", b"%d" % len(body)))
    return 200, told, body
