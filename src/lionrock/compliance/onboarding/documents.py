"""Documents of clients: sealed in files of the data directory, each under a key of its own.

A file is uploaded part by part, each sealed with AES-256-GCM under the file's key (`documents/<id>`); the file's key is
sealed in SQL. Its kind is told by its first bytes, not by its name. What is kept stands in the journal by its SHA-256.
Only the staff reads one again, with a reason, and each reading is written down before anything is shown.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, update

from lionrock.compliance.onboarding.clients import ID_BYTES
from lionrock.compliance.onboarding.states import OnboardingRefused, Refusal
from lionrock.compliance.onboarding.tables import client_document_reads, client_documents, writing
from lionrock.store.sealing import SealBroken, Sealer

DIRECTORY = "documents"
PART_BYTES = 45_000
"""Of a part before it is sealed: in base64 it fits a request, whose body has at most 64 KiB."""
MAX_BYTES = 10_000_000
"""Of a document: a scan of some pages."""
MAX_NAME = 120
"""Characters of a file's name."""
_KEY_BYTES = 32
_LENGTH = struct.Struct("<I")

_MAGIC: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
}
"""First bytes of what is taken, by media type."""


class DocumentKind(StrEnum):
    """What a document shows."""

    IDENTITY = "identity"
    """Passport, identity card or visa."""
    ADDRESS = "address"
    """Proof of an address."""
    FUNDS = "funds"
    """Where money comes from."""
    REGISTRATION = "registration"
    """Certificate of a company's registration."""
    CONSTITUTION = "constitution"
    """Articles of a company."""
    OWNERSHIP = "ownership"
    """Chart of a company's owners."""
    AUTHORITY = "authority"
    """That somebody may act for a company."""
    OTHER = "other"


class Document(msgspec.Struct, frozen=True):
    """A document, without what it says."""

    document_id: str
    client_id: str
    kind: DocumentKind
    state: str
    """`uploading`, `kept` or `discarded`."""
    media_type: str
    size_bytes: int
    parts: int
    """How many have come."""
    sha256: str
    """Hex; empty until it is whole."""
    begun_ns: int
    kept_ns: int
    sequence: int
    """Where the journal has its SHA-256; 0 for nowhere yet."""


class DocumentDetails(msgspec.Struct, frozen=True):
    """What is sealed about a document."""

    party: str
    """Key of a party of the application; empty for the applicant."""
    name: str
    """As the file is called at the client's."""

    def __repr__(self) -> str:
        return "DocumentDetails()"


class Documents:
    """The documents of a site. Calls are SQL and files: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        directory: Path,
        *,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._database, self._sealer, self._random_bytes = database, sealer, random_bytes
        self._directory = directory / DIRECTORY
        self._max_bytes = max_bytes

    def begin(
        self, client_id: str, kind: DocumentKind, details: DocumentDetails, size_bytes: int, now_ns: int
    ) -> Document:
        """A document of so many bytes is to come, part by part. Raises `OnboardingRefused`."""
        if not 0 < size_bytes <= self._max_bytes:
            raise _refused(
                "document_too_large",
                "A document must have at least one byte and not more than the limit.",
                "Scan it with fewer dots, or in several documents.",
                limit_bytes=self._max_bytes,
                size_bytes=size_bytes,
            )
        document_id = self._random_bytes(ID_BYTES).hex()
        with writing(self._database) as connection:
            connection.execute(
                insert(client_documents).values(
                    document_id=document_id,
                    client_id=client_id,
                    kind=kind.value,
                    state="uploading",
                    sealed_key=self._sealer.seal(self._random_bytes(_KEY_BYTES), f"client_documents.key:{document_id}"),
                    sealed_details=self._sealer.seal(
                        msgspec.json.encode(details), f"client_documents.details:{document_id}"
                    ),
                    media_type="",
                    size_bytes=size_bytes,
                    parts=0,
                    file_bytes=0,
                    begun_ns=now_ns,
                )
            )
        return self.get(document_id, client_id)

    def add_part(self, document_id: str, client_id: str, number: int, content: bytes) -> Document:
        """The next part, counted from 0; the last one again changes nothing. Raises `OnboardingRefused`.

        On disk before it counts: what a crash leaves behind the last part that counts is written over.
        """
        row = self._row(document_id, client_id)
        if row.state != "uploading":
            raise _refused("document_is_whole", "The document is whole and cannot be changed.", "Upload another one.")
        if number == row.parts - 1:
            return _document(row)
        self._check_part(row, number, content)
        media_type = row.media_type if number else _media_type(content)
        file = self._sealer_of(row)
        sealed = file.seal(content, _part_place(document_id, number))
        file_bytes = self._append(document_id, row.file_bytes, sealed)
        with writing(self._database) as connection:
            connection.execute(
                update(client_documents)
                .where((client_documents.c.document_id == document_id) & (client_documents.c.parts == number))
                .values(parts=number + 1, file_bytes=file_bytes, media_type=media_type)
            )
        return self.get(document_id, client_id)

    def _check_part(self, row: Row[Any], number: int, content: bytes) -> None:
        due = min(PART_BYTES, row.size_bytes - number * PART_BYTES)
        if number != row.parts or due <= 0:
            raise _refused(
                "part_out_of_order",
                "Parts come one after the other.",
                "Send the part that is due.",
                due_part=row.parts,
                part=number,
            )
        if len(content) != due:
            raise _refused(
                "part_of_other_size",
                "Every part has the full size, and the last one what is left.",
                "Cut the file again.",
                due_bytes=due,
                bytes=len(content),
            )

    def finish(self, document_id: str, client_id: str, now_ns: int, *, shows_one_thing: bool = False) -> Document:
        """Every part has come: the document is kept for good. With `shows_one_thing` a file that the owner has uploaded
        before is refused, and nothing of it is kept. Raises `OnboardingRefused`.
        """
        row = self._row(document_id, client_id)
        if row.state == "kept":
            return _document(row)
        if row.parts * PART_BYTES < row.size_bytes:
            raise _refused(
                "document_not_whole", "Not every part has come.", "Send the part that is due.", due_part=row.parts
            )
        digest = sha256()
        for part in self._parts(row):
            digest.update(part)
        with writing(self._database) as connection:
            known = self._same_file(connection, client_id, digest.digest()) if shows_one_thing else None
            if known is None:
                connection.execute(
                    update(client_documents)
                    .where((client_documents.c.document_id == document_id) & (client_documents.c.state == "uploading"))
                    .values(state="kept", sha256=digest.digest(), kept_ns=now_ns)
                )
        if known is not None:
            self.discard(document_id, client_id)
            raise _refused(
                "document_uploaded_before",
                f"This very file is there already, as a document of the kind {known.kind}: one file does not show two "
                "things, and nothing of this one was kept.",
                "Upload the file that shows what is asked for.",
                document_id=known.document_id,
                kind=known.kind,
            )
        return self.get(document_id, client_id)

    def _same_file(self, connection: Connection, client_id: str, digest: bytes) -> Row[Any] | None:
        """A document of the client that has the same content, byte for byte."""
        same = (client_documents.c.client_id == client_id) & (client_documents.c.sha256 == digest)
        query = select(client_documents).where(same & (client_documents.c.state == "kept"))
        return connection.execute(query.order_by(client_documents.c.begun_ns).limit(1)).one_or_none()

    def discard(self, document_id: str, client_id: str) -> None:
        """A document that was never handed in: its key is overwritten and its file removed."""
        row = self._row(document_id, client_id)
        with writing(self._database) as connection:
            connection.execute(
                update(client_documents)
                .where(client_documents.c.document_id == row.document_id)
                .values(state="discarded", sealed_key=b"", sealed_details=b"")
            )
        with suppress(FileNotFoundError):
            self._path(document_id).unlink()

    def get(self, document_id: str, client_id: str) -> Document:
        """A document of this client. Raises `OnboardingRefused` for another's as for one that is not there."""
        return _document(self._row(document_id, client_id))

    def client_of(self, document_id: str) -> str:
        """Whose it is. Raises as `read`."""
        return str(self._row(document_id, None).client_id)

    def of_client(self, client_id: str) -> list[Document]:
        """All that are kept or on their way, oldest first."""
        query = select(client_documents).where(
            (client_documents.c.client_id == client_id) & (client_documents.c.state != "discarded")
        )
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(client_documents.c.begun_ns)).all()
        return [_document(row) for row in rows]

    def details(self, document_id: str, client_id: str) -> DocumentDetails:
        row = self._row(document_id, client_id)
        sealed = self._sealer.open(row.sealed_details, f"client_documents.details:{document_id}")
        return msgspec.json.decode(sealed, type=DocumentDetails)

    def kept(self, client_id: str) -> set[tuple[str, str]]:
        """(kind, key of a party) of every document that is whole."""
        return {
            (document.kind.value, self.details(document.document_id, client_id).party)
            for document in self.of_client(client_id)
            if document.state == "kept"
        }

    def read(
        self, document_id: str, staff_id: str, reason_code: str, words: str, now_ns: int
    ) -> tuple[Document, bytes]:
        """What a document says, for somebody of the staff with a reason. The reading is on record before it is shown;
        what cannot be shown counts as read by nobody.

        Raises `OnboardingRefused`, and `SealBroken` for a file that was changed.
        """
        if not reason_code or not words.strip():
            raise _refused("reason_needed", "A document is shown for a reason only.", "Say why it is to be read.")
        row = self._kept(document_id, None)
        content = self._content(row)
        read_id = self._random_bytes(ID_BYTES).hex()
        with writing(self._database) as connection:
            connection.execute(
                insert(client_document_reads).values(
                    read_id=read_id,
                    document_id=document_id,
                    staff_id=staff_id,
                    reason_code=reason_code,
                    sealed_words=self._sealer.seal(words.encode(), f"client_document_reads.words:{read_id}"),
                    read_ns=now_ns,
                )
            )
        return _document(row), content

    def content(self, document_id: str, client_id: str) -> tuple[Document, bytes]:
        """What a document of this owner says; the caller sees to it that the reading is on record.

        Raises `OnboardingRefused`, and `SealBroken` for a file that was changed.
        """
        row = self._kept(document_id, client_id)
        return _document(row), self._content(row)

    def _kept(self, document_id: str, client_id: str | None) -> Row[Any]:
        row = self._row(document_id, client_id)
        if row.state != "kept":
            raise _refused("document_not_whole", "The document is not whole.", "Wait until it is uploaded.")
        return row

    def _content(self, row: Row[Any]) -> bytes:
        content = b"".join(self._parts(row))
        if sha256(content).digest() != row.sha256:
            raise SealBroken(f"document {row.document_id} is not what was kept")
        return content

    def readings(self, document_id: str) -> list[tuple[str, str, int]]:
        """Who of the staff read it, for which reason, when (nanoseconds), oldest first."""
        query = select(client_document_reads).where(client_document_reads.c.document_id == document_id)
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(client_document_reads.c.read_ns)).all()
        return [(row.staff_id, row.reason_code, row.read_ns) for row in rows]

    def unopened(self, client_id: str, staff_id: str) -> list[Document]:
        """Documents of a client that are whole and that this person of the staff has not opened, oldest first."""
        opened = select(client_document_reads.c.document_id).where(client_document_reads.c.staff_id == staff_id)
        query = select(client_documents).where(
            (client_documents.c.client_id == client_id)
            & (client_documents.c.state == "kept")
            & client_documents.c.document_id.not_in(opened)
        )
        with self._database.connect() as connection:
            return [_document(row) for row in connection.execute(query.order_by(client_documents.c.begun_ns))]

    def unrecorded(self) -> list[Document]:
        """Kept, and not known to be in the journal."""
        query = select(client_documents).where(
            (client_documents.c.state == "kept") & client_documents.c.sequence.is_(None)
        )
        with self._database.connect() as connection:
            return [_document(row) for row in connection.execute(query)]

    def recorded(self, document_id: str, sequence: int) -> None:
        with writing(self._database) as connection:
            connection.execute(
                update(client_documents).where(client_documents.c.document_id == document_id).values(sequence=sequence)
            )

    def _row(self, document_id: str, client_id: str | None) -> Row[Any]:
        query = select(client_documents).where(
            (client_documents.c.document_id == document_id) & (client_documents.c.state != "discarded")
        )
        if client_id is not None:
            query = query.where(client_documents.c.client_id == client_id)
        with self._database.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise _refused("document_unknown", "There is no such document.", "Check the id.")
        return row

    def _sealer_of(self, row: Row[Any]) -> Sealer:
        key = self._sealer.open(row.sealed_key, f"client_documents.key:{row.document_id}")
        return Sealer(key, self._random_bytes)

    def _path(self, document_id: str) -> Path:
        return self._directory / document_id

    def _append(self, document_id: str, after: int, sealed: bytes) -> int:
        """Writes behind the bytes that count, and gives how many count then."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        file = os.open(self._path(document_id), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(file, after)
            os.pwrite(file, _LENGTH.pack(len(sealed)) + sealed, after)
            os.fsync(file)
        finally:
            os.close(file)
        if after == 0:
            directory = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        return after + _LENGTH.size + len(sealed)

    def _parts(self, row: Row[Any]) -> Iterator[bytes]:
        """Every part in the clear. Raises `SealBroken`."""
        file = self._sealer_of(row)
        try:
            stored = self._path(row.document_id).read_bytes()
        except FileNotFoundError as error:
            raise SealBroken(f"the file of document {row.document_id} is gone") from error
        place = 0
        for number in range(row.parts):
            if place + _LENGTH.size > len(stored):
                raise SealBroken(f"the file of document {row.document_id} ends too soon")
            (length,) = _LENGTH.unpack_from(stored, place)
            place += _LENGTH.size
            yield file.open(stored[place : place + length], _part_place(row.document_id, number))
            place += length


def _part_place(document_id: str, number: int) -> str:
    return f"documents:{document_id}:{number}"


def _media_type(content: bytes) -> str:
    for media_type, beginnings in _MAGIC.items():
        if content.startswith(beginnings):
            return media_type
    raise _refused(
        "document_kind_unknown", "The file is no PDF, JPEG or PNG.", "Send one of these; the name does not matter."
    )


def _refused(name: str, words: str, next_step: str, **figures: int | str) -> OnboardingRefused:
    return OnboardingRefused(Refusal(name, words, next_step, figures))


def _document(row: Row[Any]) -> Document:
    return Document(
        row.document_id,
        row.client_id,
        DocumentKind(row.kind),
        row.state,
        row.media_type,
        row.size_bytes,
        row.parts,
        row.sha256.hex() if row.sha256 else "",
        row.begun_ns,
        row.kept_ns or 0,
        row.sequence or 0,
    )
