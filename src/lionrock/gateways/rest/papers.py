"""A client's own papers: contract notes, statements, receipts. Ours, beside the contract.

The same by a key that may read, and by a session.
"""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.compliance.papers.periods import PaperKind
from lionrock.compliance.papers.shelf import FORMATS, Shelf
from lionrock.gateways.rest.contract import (
    NS_PER_MS,
    Call,
    Endpoint,
    Kind,
    Media,
    Parameter,
    Reply,
    Security,
    Venue,
    readable_account,
)
from lionrock.gateways.rest.errors import Refused, missing_or_invalid

_MOST, _USUAL = 500, 100
_KINDS = tuple(kind.value for kind in PaperKind)


class PaperShown(msgspec.Struct, rename="camel"):
    """A paper in the list."""

    paper_id: str
    kind: str
    account_id: str
    from_ms: int
    to_ms: int
    """End of its period, not included."""
    due_at_ms: int
    """By when it was to be there."""
    made_at_ms: int
    json_sha256: str
    pdf_sha256: str
    journal_sequence: str
    """Of the command whose side note carries the SHA-256 of the files; empty until it is recorded."""


def _shelf(venue: Venue) -> Shelf:
    if venue.papers is None:
        raise Refused(-1101)
    return venue.papers


async def list_papers(venue: Venue, call: Call) -> list[PaperShown]:
    """Newest first. The next page begins before the `madeAtMs` of the last."""
    shelf, parameters = _shelf(venue), call.parameters
    account_id = readable_account(venue, call)
    kind, before_ms, limit = parameters.text("kind"), parameters.number("before"), parameters.number("limit")
    if kind is not None and kind not in _KINDS:
        raise missing_or_invalid("kind")
    if limit is not None and not 1 <= limit <= _MOST:
        raise missing_or_invalid("limit")
    before_ns = None if before_ms is None else before_ms * NS_PER_MS
    rows = await asyncio.to_thread(
        lambda: shelf.of_account(account_id, kind=kind, before_ns=before_ns, most=limit or _USUAL)
    )
    return [
        PaperShown(
            row.paper_id,
            row.kind,
            str(row.account_id),
            row.from_ns // NS_PER_MS,
            row.until_ns // NS_PER_MS,
            row.due_ns // NS_PER_MS,
            (row.made_ns or 0) // NS_PER_MS,
            row.json_sha256,
            row.pdf_sha256,
            "" if row.recorded_sequence is None else str(row.recorded_sequence),
        )
        for row in rows
    ]


async def paper_file(venue: Venue, call: Call) -> Reply:
    """The file. Somebody else's is refused as one that is not there is."""
    shelf, parameters = _shelf(venue), call.parameters
    paper_id, file_format = parameters.required("paperId"), parameters.text("format") or "pdf"
    if file_format not in FORMATS:
        raise missing_or_invalid("format")
    row = await asyncio.to_thread(shelf.find, paper_id)
    if row is None or row.account_id not in venue.clients.owners.accounts(call.account_id):
        raise missing_or_invalid("paperId")
    content = await asyncio.to_thread(shelf.open, paper_id, file_format)
    name = f'attachment; filename="{row.kind}-{row.paper_id}.{file_format}"'.encode()
    headers = ((b"content-disposition", name), (b"cache-control", b"no-store"))
    return Reply(200, FORMATS[file_format].encode(), content, headers)


_LISTED = (
    Parameter("kind", "Papers of one kind only", choices=_KINDS, example="contract_note"),
    Parameter("before", "Only those that were made before", Kind.MILLISECONDS),
    Parameter("limit", "How many, 1 to 500; 100 unless sent", Kind.WHOLE_NUMBER),
    Parameter("accountId", "The account, or a sub-account of it", Kind.WHOLE_NUMBER),
)
_FILE = (
    Parameter("paperId", "Which paper", is_required=True),
    Parameter("format", "Of the file; PDF unless said otherwise", choices=tuple(FORMATS), example="json"),
)


def _rows(prefix: str, security: Security, whose: str) -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            "GET",
            prefix,
            security,
            5,
            list_papers,
            f"Contract notes, statements and receipts {whose}",
            shows_state=False,
            parameters=_LISTED,
            answer=list[PaperShown],
        ),
        Endpoint(
            "GET",
            f"{prefix}/file",
            security,
            5,
            paper_file,
            f"One paper {whose}, as PDF or JSON",
            shows_state=False,
            parameters=_FILE,
            answer=Media(tuple(FORMATS.values())),
        ),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    *_rows("/lionrock/v1/papers", Security.USER_DATA, "of the account"),
    *_rows("/lionrock/v1/user/papers", Security.SESSION, "of the user who is signed in"),
)
