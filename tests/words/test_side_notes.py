"""Notes of statements are told apart from every other note."""

from __future__ import annotations

from hashlib import sha256

import pytest

from lionrock.words.side_notes import Mark, StatementKind, marked, statement, statement_of

DIGEST = sha256(b"what was seen").digest()


@pytest.mark.shows("RULE-001")
@pytest.mark.parametrize("kind", StatementKind)
def test_statement_comes_back(kind: StatementKind) -> None:
    assert statement_of(statement(kind, DIGEST)) == (kind, DIGEST)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"my-order-1",
        marked(Mark(1, 2, bytes(16)), b"my-order-1"),
        statement(StatementKind.EVIDENCE, DIGEST)[:-1],
        statement(StatementKind.EVIDENCE, DIGEST) + b"x",
        b"\xffS\x63" + DIGEST,
    ],
)
def test_other_notes_are_none(note: bytes) -> None:
    assert statement_of(note) is None


def test_only_a_digest_is_stated() -> None:
    with pytest.raises(ValueError, match="31 bytes"):
        statement(StatementKind.DOCUMENT, DIGEST[1:])
