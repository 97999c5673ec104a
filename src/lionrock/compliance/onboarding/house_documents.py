"""Documents of the house itself, such as an audit that somebody attests: kept as clients' are, under its own owner.

They are sealed in files, each under its own key, and their SHA-256 stands in the journal. None is ever taken away: they
are evidence of what the site stated (class `house_documents`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from lionrock.compliance.onboarding.documents import Document, DocumentDetails, DocumentKind, Documents
from lionrock.store.sealing import SealBroken

OWNER = "house"
"""In place of a client's id, which has 32 hex digits."""

RecordDocument = Callable[[bytes], Awaitable[int]]
"""Puts a SHA-256 into the journal (kind DOCUMENT) and gives the sequence."""


class HouseDocuments:
    """Of one site. Calls that are not `async` are SQL and files: from a loop, make them in a thread."""

    def __init__(self, documents: Documents, record: RecordDocument, clock: Callable[[], int]) -> None:
        self._documents, self._record, self._clock = documents, record, clock

    def begin(self, name: str, size_bytes: int) -> Document:
        """A document of so many bytes is to come, part by part. Raises `OnboardingRefused`."""
        return self._documents.begin(OWNER, DocumentKind.OTHER, DocumentDetails("", name), size_bytes, self._clock())

    def add_part(self, document_id: str, number: int, content: bytes) -> Document:
        """The next part, counted from 0. Raises `OnboardingRefused`."""
        return self._documents.add_part(document_id, OWNER, number, content)

    async def finish(self, document_id: str) -> Document:
        """Every part has come; its SHA-256 stands in the journal when this returns. Raises `OnboardingRefused`."""
        kept = await asyncio.to_thread(self._documents.finish, document_id, OWNER, self._clock())
        if not kept.sequence:
            sequence = await self._record(bytes.fromhex(kept.sha256))
            await asyncio.to_thread(self._documents.recorded, document_id, sequence)
        return await asyncio.to_thread(self._documents.get, document_id, OWNER)

    def all(self) -> list[tuple[Document, str]]:
        """Those that are kept, oldest first, each with the name of its file."""
        return [
            (each, self._documents.details(each.document_id, OWNER).name)
            for each in self._documents.of_client(OWNER)
            if each.state == "kept"
        ]

    def is_held(self, sha256: str) -> bool:
        """Whether there is a document of this SHA-256 (hex) whose file still is that. Reads it."""
        found = (each for each in self._documents.of_client(OWNER) if each.state == "kept" and each.sha256 == sha256)
        return any(self._is_whole(each) for each in found)

    def _is_whole(self, document: Document) -> bool:
        try:
            self._documents.content(document.document_id, OWNER)
        except (SealBroken, OSError):
            return False
        return True

    def read(self, document_id: str) -> tuple[Document, bytes]:
        """What it says; that somebody reads it, the caller puts on record. Raises `OnboardingRefused`, `SealBroken`."""
        return self._documents.content(document_id, OWNER)
