"""Passwords: argon2id (RFC 9106) with the parameters of its section 4 for little memory: 3 passes over 64 MiB, 4 lanes.

A hash takes a good part of a tenth of a second and holds 64 MiB meanwhile, so that few are made at once, in threads of
their own.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

MIN_PASSWORD, MAX_PASSWORD = 12, 256
"""Characters. NIST SP 800-63B asks for length and forbids rules about kinds of characters."""
_THREADS = 2
_MOST_WAITING = 64

_Result = TypeVar("_Result")


class PasswordsBusy(Exception):
    """Too many passwords are being checked."""


class Passwords:
    """Makes and checks hashes. `random_bytes(n)` must be a cryptographic source."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._random_bytes = random_bytes
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """The hash to store, with its salt and parameters. Raises `PasswordsBusy`."""
        return await self._run(lambda: self._hash(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one; without a stored one it takes as long and is False.

        Raises `PasswordsBusy`.
        """
        return await self._run(lambda: self._matches(stored, password))

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        if self._waiting >= _MOST_WAITING:
            raise PasswordsBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_normalised(password), salt=self._random_bytes(16))

    def _matches(self, stored: str | None, password: str) -> bool:
        if not self._nobodys:
            self._nobodys = self._hash(self._random_bytes(16).hex())
        try:
            self._hasher.verify(stored or self._nobodys, _normalised(password))
        except (VerifyMismatchError, InvalidHashError):
            return False
        return stored is not None


def is_acceptable(password: str) -> bool:
    return MIN_PASSWORD <= len(password) <= MAX_PASSWORD and not any(0xD800 <= ord(sign) < 0xE000 for sign in password)


def _normalised(password: str) -> bytes:
    """One spelling of what keyboards spell in several ways (NIST SP 800-63B, section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace")
