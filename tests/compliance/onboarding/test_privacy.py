"""Nothing of anybody stands in the clear: not in the database, its log, the journal, files, logs or error texts."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import pytest

from lionrock.compliance.onboarding.documents import DocumentKind
from lionrock.compliance.onboarding.forms import PersonForm
from lionrock.compliance.onboarding.states import OnboardingRefused, Step
from tests.compliance.onboarding.world import ANN, ANNA, BOB, COMPANY, PDF, PERSONAL, World

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def in_clear(directory: Path, values: tuple[str, ...]) -> list[tuple[str, str]]:
    """(file, value) for everything of these that stands in a file, in any usual encoding."""
    found = []
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        content = path.read_bytes()
        found += [(path.name, value) for value in values if any(value.encode(each) in content for each in ENCODINGS)]
    return found


@pytest.mark.shows("ONBD-009")
async def test_a_whole_onboarding_leaves_nothing_in_the_clear(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with World(tmp_path).open() as world:
        client = await world.submitted()
        await world.onboarding.staff_step(
            client.client_id, Step.REQUEST_INFORMATION, ANN, "document_unclear", words="send the holiday in Bergen"
        )
        await world.upload(client.client_id, DocumentKind.FUNDS)
        await world.onboarding.submit(client.client_id, client.user_id)
        await world.onboarding.checks.finished()
        await world.two(client.client_id, Step.APPROVE, words="Anna Maria Eriksson, as her passport L898902C3 shows")
        (document, *_) = world.onboarding.documents.of_client(client.client_id)
        await world.onboarding.read_document(document.document_id, ANN, "review", "harbour light on the photograph")
        company = await world.submitted(COMPANY, "company")
        for likeness in world.onboarding.duplicates.of(company.client_id):
            await world.onboarding.decide_likeness(
                company.client_id, likeness.other_id, is_same=False, maker=ANN, approver_id=BOB.staff_id
            )
        await world.two(company.client_id, Step.APPROVE)
        with pytest.raises(OnboardingRefused) as refused:
            await world.two(client.client_id, Step.APPROVE, words="Anna Maria")
        assert in_clear(tmp_path, (client.client_id,)) != [], "what is not sealed is found"
        assert "site.sqlite-wal" in names(tmp_path), "the write-ahead log is looked at, too"
        assert in_clear(tmp_path, (*PERSONAL, PDF[:20].decode())) == []
        assert world.onboarding.clients.words_of(client.client_id, 3) == "send the holiday in Bergen"
        told = [str(refused.value), repr(refused.value), str(world.told), caplog.text]
    assert in_clear(tmp_path, PERSONAL) == [], "nor after a clean stop"
    assert names(tmp_path) >= {"journal", "documents", "site.sqlite", "master.key"}
    for text in told:
        assert [value for value in PERSONAL if value in text] == []


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.mark.shows("ONBD-009")
def test_the_look_finds_what_stands_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00\x01Eriksson\x02")
    (tmp_path / "wide").write_bytes("Nathan Road".encode("utf-16-le"))
    assert in_clear(tmp_path, PERSONAL) == [("file", "Eriksson"), ("wide", "Nathan Road")]


@pytest.mark.shows("ONBD-009")
async def test_a_check_that_breaks_off_tells_nobody_what_it_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with World(tmp_path).open() as world:
        row = await world.draft()

        def broken(*_: object) -> None:
            raise ValueError("Eriksson, Anna Maria, L898902C3")

        world.onboarding.duplicates.look = broken  # type: ignore[method-assign, assignment]
        await world.onboarding.submit(row.client_id, row.user_id)
        await world.onboarding.checks.finished()
        assert world.state(row.client_id) == "in_review"
    assert "broke off: ValueError" in caplog.text
    assert [value for value in PERSONAL if value in caplog.text] == []


@pytest.mark.shows("ONBD-009")
def test_forms_show_nothing_of_themselves() -> None:
    for shown in (repr(ANNA), repr(COMPANY), repr(ANNA.document), repr(COMPANY.parties), repr(ANNA.address)):
        assert [value for value in PERSONAL if value in shown] == []
    assert repr(msgspec.structs.replace(PersonForm(), surname="Eriksson")) == "PersonForm()"
