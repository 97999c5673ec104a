"""Documents: part by part, sealed, kept, shown with a reason."""

from __future__ import annotations

from collections.abc import Awaitable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lionrock.compliance.onboarding.clients import Taken
from lionrock.compliance.onboarding.documents import MAX_BYTES, PART_BYTES, DocumentDetails, DocumentKind
from lionrock.compliance.onboarding.states import OnboardingRefused, Step
from lionrock.site.backup import back_up
from lionrock.site.restore import restore
from lionrock.store.sealing import SealBroken
from lionrock.words.side_notes import StatementKind
from tests.compliance.onboarding.test_onboarding import name_of, statements
from tests.compliance.onboarding.world import ANN, ANNA, BOB, PDF, World, scan

DETAILS = DocumentDetails("", "scan.pdf")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
pytestmark = pytest.mark.shows("ONBD-016")


@pytest.fixture
async def client_id(world: World) -> str:
    from lionrock.compliance.onboarding.forms import Kind

    row = await world.onboarding.begin(await world.user(), Kind.PERSON)
    await world.onboarding.save(row.client_id, ANNA, 1)
    return row.client_id


def refusal(world: World, client_id: str, size: int, number: int, content: bytes) -> str:
    begun = world.onboarding.begin_document(client_id, DocumentKind.OTHER, DETAILS, size)
    with pytest.raises(OnboardingRefused) as refused:
        world.onboarding.documents.add_part(begun.document_id, client_id, number, content)
    return name_of(refused)


async def test_a_document_is_kept_and_its_hash_stands_in_the_journal(world: World, client_id: str) -> None:
    assert len(PDF) > PART_BYTES
    document_id = await world.upload(client_id, DocumentKind.IDENTITY)
    kept = world.onboarding.documents.get(document_id, client_id)
    assert (kept.state, kept.media_type, kept.sha256) == (
        "kept",
        "application/pdf",
        sha256(scan("identity")).hexdigest(),
    )
    assert kept.sequence > 0
    assert bytes.fromhex(kept.sha256) in {each.digest for each in statements(world, StatementKind.DOCUMENT)}
    assert await world.onboarding.finish_document(client_id, document_id) == kept


async def test_the_staff_reads_it_with_a_reason_and_each_reading_is_on_record(world: World, client_id: str) -> None:
    document_id = await world.upload(client_id, DocumentKind.IDENTITY)
    for reason, words in (("", "why"), ("review", " ")):
        with pytest.raises(OnboardingRefused) as refused:
            await world.onboarding.read_document(document_id, ANN, reason, words)
        assert name_of(refused) == "reason_needed"
    assert world.onboarding.documents.readings(document_id) == []
    for _ in range(2):
        document, content = await world.onboarding.read_document(document_id, ANN, "review", "the photograph")
        assert (document.document_id, content) == (document_id, scan("identity"))
    readings = world.onboarding.documents.readings(document_id)
    assert [(staff_id, reason) for staff_id, reason, _ in readings] == [(ANN.staff_id, "review")] * 2


@pytest.mark.parametrize(
    ("size", "number", "content", "name"),
    [
        (10, 0, b"MZ an exe ", "document_kind_unknown"),
        (10, 0, b"%PDF-1.7", "part_of_other_size"),
        (10, 0, b"%PDF-1.7 longer", "part_of_other_size"),
        (10, 1, b"%PDF-1.7  ", "part_out_of_order"),
        (10, -1, b"%PDF-1.7  ", "part_out_of_order"),
        (PART_BYTES + 1, 0, b"%PDF-1.7  ", "part_of_other_size"),
    ],
)
async def test_what_is_no_part_is_refused(
    world: World, client_id: str, size: int, number: int, *, content: bytes, name: str
) -> None:
    if number == -1:
        number = 7
    assert refusal(world, client_id, size, number, content) == name


async def test_size_is_limited(world: World, client_id: str) -> None:
    for size in (0, -1, MAX_BYTES + 1):
        with pytest.raises(OnboardingRefused) as refused:
            world.onboarding.begin_document(client_id, DocumentKind.OTHER, DETAILS, size)
        assert name_of(refused) == "document_too_large"
    world.onboarding.begin_document(client_id, DocumentKind.OTHER, DETAILS, MAX_BYTES)


async def test_a_part_sent_again_changes_nothing(world: World, client_id: str) -> None:
    documents = world.onboarding.documents
    begun = world.onboarding.begin_document(client_id, DocumentKind.OTHER, DETAILS, len(PNG))
    for _ in range(2):
        documents.add_part(begun.document_id, client_id, 0, PNG)
    assert documents.finish(begun.document_id, client_id, 5).media_type == "image/png"
    with pytest.raises(OnboardingRefused) as refused:
        documents.add_part(begun.document_id, client_id, 1, b"more")
    assert name_of(refused) == "document_is_whole"


async def test_a_document_that_is_not_whole_is_not_kept(world: World, client_id: str) -> None:
    begun = world.onboarding.begin_document(client_id, DocumentKind.OTHER, DETAILS, len(PDF))
    world.onboarding.documents.add_part(begun.document_id, client_id, 0, PDF[:PART_BYTES])
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.finish_document(client_id, begun.document_id)
    assert name_of(refused) == "document_not_whole"
    with pytest.raises(OnboardingRefused):
        await world.onboarding.read_document(begun.document_id, ANN, "review", "early")


async def test_what_a_crash_left_behind_a_part_is_written_over(world: World, client_id: str) -> None:
    begun = world.onboarding.begin_document(client_id, DocumentKind.OTHER, DETAILS, len(PDF))
    world.onboarding.documents.add_part(begun.document_id, client_id, 0, PDF[:PART_BYTES])
    path = world.directory / "documents" / begun.document_id
    path.write_bytes(path.read_bytes() + b"half a part")
    world.onboarding.documents.add_part(begun.document_id, client_id, 1, PDF[PART_BYTES:])
    await world.onboarding.finish_document(client_id, begun.document_id)
    assert (await world.onboarding.read_document(begun.document_id, ANN, "review", "whole"))[1] == PDF


@pytest.mark.parametrize("damage", ["flip", "cut", "swap", "gone"])
async def test_a_file_that_was_changed_is_not_shown(world: World, client_id: str, damage: str) -> None:
    document_id = await world.upload(client_id, DocumentKind.IDENTITY)
    other = await world.upload(client_id, DocumentKind.ADDRESS)
    path = world.directory / "documents" / document_id
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    elif damage == "swap":
        content = bytearray((world.directory / "documents" / other).read_bytes())
    path.write_bytes(content[:-9] if damage == "cut" else content)
    if damage == "gone":
        path.unlink()
    with pytest.raises(SealBroken):
        await world.onboarding.read_document(document_id, ANN, "review", "damaged")
    assert world.onboarding.documents.readings(document_id) == [], "nobody has seen it"


async def test_somebody_elses_document_is_not_there(world: World, client_id: str) -> None:
    document_id = await world.upload(client_id, DocumentKind.IDENTITY)
    documents = world.onboarding.documents
    for attempt in (
        lambda: documents.get(document_id, "another"),
        lambda: documents.add_part(document_id, "another", 0, PDF),
        lambda: documents.finish(document_id, "another", 5),
        lambda: documents.discard(document_id, "another"),
    ):
        with pytest.raises(OnboardingRefused) as refused:
            attempt()
        assert name_of(refused) == "document_unknown"


async def test_a_document_that_was_removed_is_noise(world: World, client_id: str) -> None:
    document_id = await world.upload(client_id, DocumentKind.IDENTITY)
    world.onboarding.remove_document(client_id, document_id)
    assert not (world.directory / "documents" / document_id).exists()
    assert world.onboarding.documents.of_client(client_id) == []
    with pytest.raises(OnboardingRefused):
        world.onboarding.documents.get(document_id, client_id)


async def test_only_the_owner_of_the_directory_may_look_into_it(world: World, client_id: str) -> None:
    document_id = await world.upload(client_id, DocumentKind.IDENTITY)
    directory = world.directory / "documents"
    assert [others(path) for path in (directory, directory / document_id)] == [0, 0]


def others(path: Path) -> int:
    """What others may do with it."""
    return path.stat().st_mode & 0o077


async def test_documents_come_back_from_a_backup(world: World, client_id: str, tmp_path_factory: Any) -> None:
    document_id = await world.upload(client_id, DocumentKind.IDENTITY)
    place: Path = tmp_path_factory.mktemp("backup")
    back_up(world.directory, place / "kept", lambda: 5, with_master_key=True)
    again = back_up(world.directory, place / "kept", lambda: 6, with_master_key=True)
    assert f"documents/{document_id}" in {file.path for file in again.manifest.files}
    restore(place / "kept", place / "back")
    assert others(place / "back" / "documents" / document_id) == 0
    brought = World(place / "back")
    brought.now_ns = world.now_ns
    async with brought.open() as opened:
        assert (await opened.onboarding.read_document(document_id, ANN, "review", "after"))[1] == scan("identity")


@pytest.mark.shows("ONBD-018")
async def test_one_file_is_not_taken_for_two_documents(world: World, client_id: str) -> None:
    """Whatever it is called, and whatever it is said to show; nothing of the second one is kept."""
    first = await world.upload(client_id, DocumentKind.IDENTITY)
    for kind in (DocumentKind.ADDRESS, DocumentKind.IDENTITY):
        with pytest.raises(OnboardingRefused) as refused:
            await world.upload(client_id, kind, content=scan("identity"))
        assert name_of(refused) == "document_uploaded_before"
        assert refused.value.refusal.figures == {"document_id": first, "kind": "identity"}
    assert [each.document_id for each in world.onboarding.documents.of_client(client_id)] == [first]
    assert [path.name for path in (world.directory / "documents").iterdir()] == [first]
    assert {each.field for each in world.onboarding.missing(client_id)} == {"documents.address"}
    world.onboarding.remove_document(client_id, first)
    await world.upload(client_id, DocumentKind.ADDRESS, content=scan("identity"))


@pytest.mark.shows("ONBD-019")
async def test_whoever_proposes_by_the_documents_has_opened_every_one(world: World) -> None:
    row = await world.draft()
    funds = await world.upload(row.client_id, DocumentKind.FUNDS)
    await world.onboarding.submit(row.client_id, row.user_id)
    await world.onboarding.checks.finished()
    documents = world.onboarding.documents
    identity, address, _ = (each.document_id for each in documents.of_client(row.client_id))
    await world.onboarding.read_document(identity, ANN, "review", "the photograph")
    for each in (identity, address, funds):
        await world.onboarding.read_document(each, BOB, "review", "all of them")

    def proposed() -> None:
        world.onboarding.approving.check_proposal(row.client_id, Step.APPROVE, ANN.staff_id, world.now_ns)

    def carried_out() -> Awaitable[Taken]:
        return world.onboarding.staff_step(
            row.client_id, Step.APPROVE, ANN, "review_passed", words="", approver_id=BOB.staff_id
        )

    with pytest.raises(OnboardingRefused) as refused:
        proposed()
    assert name_of(refused) == "documents_not_opened"
    assert refused.value.refusal.words.endswith("every document of the application: address, funds.")
    assert refused.value.refusal.figures == {"unopened": 2, "documents": f"{address}, {funds}"}
    with pytest.raises(OnboardingRefused) as refused:
        await carried_out()
    assert name_of(refused) == "documents_not_opened"
    await world.looked_at(row.client_id)
    proposed()
    assert (await carried_out()).to_state == "approved"


@pytest.mark.shows("ONBD-019")
async def test_an_identity_is_not_confirmed_by_somebody_who_looked_at_nothing(world: World) -> None:
    document = msgspec.structs.replace(ANNA.document, zone="")
    row = await world.submitted(msgspec.structs.replace(ANNA, surname="Refer", document=document))
    assert world.state(row.client_id) == "in_review"
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.staff_step(
            row.client_id, Step.PASS_IDENTITY, ANN, "identity_confirmed", words="", approver_id=BOB.staff_id
        )
    assert name_of(refused) == "documents_not_opened"
    assert world.state(row.client_id) == "in_review"
    await world.two(row.client_id, Step.PASS_IDENTITY, "identity_confirmed")
    assert world.state(row.client_id) == "identity_checked"
