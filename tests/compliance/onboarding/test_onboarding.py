"""Applications of people and companies, from the first word to the open account, on a real node."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from sqlalchemy import select

from lionrock.compliance.onboarding.clients import Actor, forget_later_clients
from lionrock.compliance.onboarding.documents import DocumentKind
from lionrock.compliance.onboarding.forms import Kind
from lionrock.compliance.onboarding.onboarding import OPENING_GATES
from lionrock.compliance.onboarding.states import Authority, OnboardingRefused, State, Step
from lionrock.core.engine import Engine
from lionrock.people.tables import users
from lionrock.people.users import forget_later_users
from lionrock.store.database import open_database
from lionrock.store.sealing import Sealer
from lionrock.words.commands import OpenAccount
from lionrock.words.enumerations import AccountKind
from lionrock.words.side_notes import StatementKind, statement_of
from tests.compliance.onboarding.world import ANN, ANNA, BOB, COMPANY, DAY, SOLVEIG, World


def name_of(refused: pytest.ExceptionInfo[OnboardingRefused]) -> str:
    refusal = refused.value.refusal
    assert refusal.words.endswith(".")
    assert refusal.next_step
    return refusal.name


@pytest.mark.shows("ONBD-004", "ONBD-012")
async def test_a_person_becomes_a_client(world: World) -> None:
    row = await world.submitted()
    assert world.state(row.client_id) == "identity_checked"
    assert not world.catalogue.accounts, "no account before the decision"
    await world.two(row.client_id, Step.APPROVE)
    client = world.onboarding.clients.get(row.client_id)
    assert (client.state, client.is_open) == (State.ACTIVE, True)
    assert 10**17 <= client.account_id < 10**18
    assert world.catalogue.accounts[client.account_id].account_kind == AccountKind.CLIENT
    user = world.people.users.by_id(row.user_id)
    assert user is not None
    assert user.account_id == client.account_id
    assert [(each.account_id, each.restriction) for each in world.gates.asked] == [(client.account_id, "none")]


@pytest.mark.shows("ONBD-004", "ONBD-006")
async def test_a_company_becomes_a_client(world: World) -> None:
    row = await world.submitted(COMPANY)
    assert world.onboarding.people_to_identify(row.client_id) == ["p1"]
    await world.two(row.client_id, Step.APPROVE)
    assert world.state(row.client_id) == "active"


@pytest.mark.shows("ONBD-005")
async def test_what_is_missing_is_told_field_by_field(world: World) -> None:
    row = await world.onboarding.begin(await world.user(), Kind.PERSON)
    missing = {each.field: each.name for each in world.onboarding.missing(row.client_id)}
    assert missing["surname"] == "required"
    assert missing["address"] == "required"
    assert missing["documents.identity"] == "upload"
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.submit(row.client_id, row.user_id)
    assert name_of(refused) == "application_incomplete"
    await world.onboarding.save(row.client_id, ANNA, 1)
    assert {each.field for each in world.onboarding.missing(row.client_id)} == {
        "documents.identity",
        "documents.address",
    }


@pytest.mark.shows("ONBD-005")
async def test_a_draft_that_was_changed_elsewhere_is_not_written_over(world: World) -> None:
    row = await world.onboarding.begin(await world.user(), Kind.PERSON)
    await world.onboarding.save(row.client_id, ANNA, 1)
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.save(row.client_id, SOLVEIG, 1)
    assert name_of(refused) == "form_changed_meanwhile"
    assert world.onboarding.clients.form(row.client_id) == ANNA
    await world.onboarding.save(row.client_id, SOLVEIG, 2)


@pytest.mark.shows("ONBD-005")
async def test_what_was_handed_in_is_not_changed(world: World) -> None:
    row = await world.submitted()
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.save(row.client_id, SOLVEIG, row.form_version)
    assert name_of(refused) == "form_is_fixed"
    with pytest.raises(OnboardingRefused) as refused:
        await world.upload(row.client_id, DocumentKind.OTHER)
    assert name_of(refused) == "form_is_fixed"


@pytest.mark.shows("ONBD-010")
@pytest.mark.parametrize(
    ("surname", "reason"),
    [
        ("Refer", "provider_unclear"),
        ("Fail", "provider_failed"),
        ("Timeout", "provider_timed_out"),
        ("Unreachable", "provider_unreachable"),
    ],
)
async def test_whatever_the_provider_answers_leads_on(world: World, surname: str, reason: str) -> None:
    document = msgspec.structs.replace(ANNA.document, zone="")
    row = await world.submitted(msgspec.structs.replace(ANNA, surname=surname, document=document))
    assert world.state(row.client_id) == "in_review"
    assert world.onboarding.clients.history(row.client_id)[-1].reason_code == reason
    # Two people look at the documents, then two decide.
    with pytest.raises(OnboardingRefused) as refused:
        await world.two(row.client_id, Step.APPROVE)
    assert name_of(refused) == "identity_not_confirmed"
    await world.two(row.client_id, Step.PASS_IDENTITY, "identity_confirmed")
    await world.two(row.client_id, Step.APPROVE)
    assert world.state(row.client_id) == "active"


@pytest.mark.shows("ONBD-010")
async def test_a_provider_with_an_error_of_its_own_leads_to_people(tmp_path: Path) -> None:
    class Broken:
        name = "broken"

        async def check(self, *_: Any) -> Any:
            raise ValueError("Eriksson, Anna Maria could not be parsed")

    async with World(tmp_path, Broken()).open() as world:
        row = await world.submitted()
        assert world.state(row.client_id) == "in_review"


@pytest.mark.shows("ONBD-003", "ONBD-011")
async def test_an_applicant_who_was_stopped_is_cleared_by_two_people(world: World) -> None:
    """The second application looks like the first client's; nothing goes on until two people have decided."""
    first = await world.client()
    alike = msgspec.structs.replace(
        ANNA, phone="+85221234570", email="other@mail.example.net", tax_residences=SOLVEIG.tax_residences,
        document=msgspec.structs.replace(ANNA.document, kind="identity_card", country="DK", number="Z99", zone=""),
    )  # fmt: skip
    second = await world.submitted(alike, "second")
    assert world.state(second.client_id) == "in_review"
    assert world.onboarding.clients.history(second.client_id)[-1].reason_code == "likeness_found"
    (likeness,) = world.onboarding.duplicates.of(second.client_id)
    assert likeness.other_id == first.client_id
    assert "name_and_birth" in likeness.features
    assert world.onboarding.records.record(second.client_id).duplicate_of == first.client_id
    with pytest.raises(OnboardingRefused) as refused:
        await world.two(second.client_id, Step.APPROVE)
    assert name_of(refused) == "likeness_undecided"
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.decide_likeness(
            second.client_id, first.client_id, is_same=False, maker=ANN, approver_id=ANN.staff_id
        )
    assert name_of(refused) == "second_person_needed"
    await world.onboarding.decide_likeness(
        second.client_id, first.client_id, is_same=False, maker=ANN, approver_id=BOB.staff_id
    )
    await world.two(second.client_id, Step.APPROVE)
    assert world.state(second.client_id) == "active"
    assert len(world.catalogue.accounts) == 2


@pytest.mark.shows("ONBD-011", "ONBD-013")
async def test_somebody_who_is_a_client_already_gets_no_second_account(world: World) -> None:
    first = await world.client()
    second = await world.submitted(ANNA, "second")
    await world.onboarding.decide_likeness(
        second.client_id, first.client_id, is_same=True, maker=ANN, approver_id=BOB.staff_id
    )
    with pytest.raises(OnboardingRefused) as refused:
        await world.two(second.client_id, Step.APPROVE)
    assert name_of(refused) == "one_account_per_client"
    assert refused.value.refusal.rules == ("HK-one_account_per_client",)
    assert refused.value.refusal.figures == {"accounts": 1}
    assert len(world.catalogue.accounts) == 1
    await world.two(second.client_id, Step.DECLINE, "duplicate")
    assert world.state(second.client_id) == "declined"


@pytest.mark.shows("ONBD-011")
async def test_a_name_nearly_the_same_with_one_birthday_is_looked_at(world: World) -> None:
    first = await world.client()
    misspelt = msgspec.structs.replace(
        SOLVEIG, surname="Ericsson", given_names="Anna Maria", birth=ANNA.birth,
        document=msgspec.structs.replace(SOLVEIG.document, zone=""),
    )  # fmt: skip
    second = await world.submitted(misspelt, "second")
    (likeness,) = world.onboarding.duplicates.of(second.client_id)
    assert (likeness.other_id, likeness.features) == (first.client_id, ("near_name",))
    assert 850_000 <= likeness.likeness_ppm < 1_000_000
    born_elsewhen = msgspec.structs.replace(misspelt, birth="1974-08-13", phone="+85221234571", email="x@example.com")
    third = await world.submitted(born_elsewhen, "third")
    assert all("near_name" not in each.features for each in world.onboarding.duplicates.of(third.client_id))


@pytest.mark.shows("ONBD-003")
async def test_one_person_cannot_be_two(world: World) -> None:
    row = await world.submitted()
    await world.looked_at(row.client_id)
    for approver in ("", ANN.staff_id):
        with pytest.raises(OnboardingRefused) as refused:
            await world.onboarding.staff_step(
                row.client_id, Step.APPROVE, ANN, "review_passed", words="", approver_id=approver
            )
        assert name_of(refused) in {"authority_missing", "second_person_needed"}
    assert world.state(row.client_id) == "identity_checked"
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.staff_step(row.client_id, Step.BEGIN_REVIEW, ANN, "whatever", words="")
    assert name_of(refused) == "reason_needed"


@pytest.mark.shows("ONBD-003")
async def test_two_decisions_at_once_are_one(world: World) -> None:
    row = await world.submitted()
    results = await asyncio.gather(
        world.two(row.client_id, Step.APPROVE),
        world.two(row.client_id, Step.DECLINE, "risk"),
        world.two(row.client_id, Step.APPROVE),
        return_exceptions=True,
    )
    assert sum(result is None for result in results) == 1
    assert len(world.catalogue.accounts) <= 1
    assert world.onboarding.clients.is_sound(row.client_id)


@pytest.mark.shows("ONBD-014")
async def test_a_client_is_stopped_by_one_and_let_go_by_two(world: World) -> None:
    client = await world.client()
    await world.onboarding.staff_step(client.client_id, Step.SUSPEND, ANN, "suspicion", words="")
    assert world.gates.asked[-1].restriction == "frozen"
    with pytest.raises(OnboardingRefused):
        await world.onboarding.staff_step(client.client_id, Step.REINSTATE, ANN, "review_passed", words="")
    await world.two(client.client_id, Step.REINSTATE)
    assert (world.state(client.client_id), world.gates.asked[-1].restriction) == ("active", "none")
    await world.onboarding.restrict(client.client_id, Step.RESTRICT, "review_overdue")
    assert (world.state(client.client_id), world.gates.asked[-1].restriction) == ("restricted", "reduce_only")


@pytest.mark.shows("ONBD-014")
async def test_a_client_leaves_and_may_come_back_to_the_same_account(world: World) -> None:
    client = await world.client()
    await world.onboarding.leave(client.client_id, client.user_id)
    await world.two(client.client_id, Step.CLOSE, "client_request")
    assert (world.state(client.client_id), world.gates.asked[-1].restriction) == ("closed", "frozen")
    await world.onboarding.reopen(client.client_id, client.user_id)
    await world.onboarding.submit(client.client_id, client.user_id)
    await world.onboarding.checks.finished()
    await world.two(client.client_id, Step.APPROVE)
    again = world.onboarding.clients.get(client.client_id)
    assert (again.state, again.account_id) == (State.ACTIVE, client.account_id)
    assert len(world.catalogue.accounts) == 1


async def test_who_asks_for_all_clients_gets_one_after_the_other(world: World) -> None:
    """A hundred thousand applications are never open at once: a form is opened when its turn comes."""
    first, second = await world.client(), await world.client(SOLVEIG, "second")
    sealer, opened = world.onboarding.clients.sealer, list[str]()

    class Counting:
        def open(self, sealed: bytes, place: str) -> bytes:
            opened.append(place)
            return sealer.open(sealed, place)

    world.onboarding.clients.sealer = cast("Sealer", Counting())
    everybody = world.onboarding.records.all()
    assert opened == []
    found = {next(everybody).client_id}
    assert len(opened) == 1
    found |= {each.client_id for each in everybody}
    assert (found, len(opened)) == ({first.client_id, second.client_id}, 2)
    assert {each.client_id for each in world.onboarding.records.records()} == found


@pytest.mark.shows("ONBD-002")
async def test_nothing_waits_for_ever(world: World) -> None:
    draft = await world.draft()
    asked = await world.submitted(SOLVEIG, "second")
    await world.onboarding.staff_step(
        asked.client_id, Step.REQUEST_INFORMATION, ANN, "document_unclear", words="the holiday in Bergen"
    )
    world.now_ns += 29 * DAY
    assert await world.onboarding.expire_due() == 0
    world.now_ns += DAY
    assert await world.onboarding.expire_due() == 2
    assert {world.state(each.client_id) for each in (draft, asked)} == {"withdrawn"}
    await world.onboarding.reopen(draft.client_id, draft.user_id)
    assert world.state(draft.client_id) == "draft"


@pytest.mark.shows("ONBD-008")
async def test_every_step_stands_in_the_journal_and_a_changed_one_is_found(world: World) -> None:
    client = await world.client()
    steps = world.onboarding.clients.history(client.client_id)
    assert [each.step for each in steps] == ["submit", "pass_identity", "approve", "activate"]
    assert steps[2].details["gates"] == len(OPENING_GATES)
    assert all(each.sequence for each in steps)
    assert [each.sequence for each in steps] == sorted(each.sequence for each in steps)
    recorded = {each.digest for each in statements(world, StatementKind.DECISION)}
    assert {each.digest for each in steps} <= recorded
    assert world.onboarding.clients.is_sound(client.client_id)
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE client_steps SET approver_id = 'somebody' WHERE number = 3")
    assert not world.onboarding.clients.is_sound(client.client_id)


def statements(world: World, kind: StatementKind) -> list[Any]:
    """Every statement of a kind in the journal so far."""
    from lionrock.journal.disk import Disk
    from lionrock.journal.reader import Reader
    from lionrock.words.side_notes import unpack_notes

    found = []
    for frame in Reader(world.directory / "journal", Disk()):
        notes = [statement_of(note) for note in unpack_notes(frame.side).values()]
        found += [each for each in notes if each is not None and each.kind is kind]
    return found


@pytest.mark.shows("ONBD-012")
@pytest.mark.parametrize("cut", ["ledger", "users", "gates", "record_decision"])
async def test_what_a_crash_cuts_short_is_taken_up(tmp_path: Path, cut: str) -> None:
    """The process ends between any two of: decision, ledger, user, gates. One account is open in the end."""

    class Crash(Exception):
        pass

    async def crash(*_: Any, **__: Any) -> Any:
        raise Crash

    class Broken:
        open = give_account = apply = crash

        def is_taken(self, _account_id: int) -> bool:
            return False

    async with World(tmp_path).open() as world:
        row = await world.submitted()
        broken = {cut: crash if cut == "record_decision" else Broken()}
        world.onboarding.around = msgspec.structs.replace(world.onboarding.around, **broken)
        with suppress(Crash):
            await world.two(row.client_id, Step.APPROVE)
        now_ns = world.now_ns
    after = World(tmp_path)
    after.now_ns = now_ns
    async with after.open() as world:
        await world.onboarding.recover()
        await world.onboarding.recover()
        client = world.onboarding.clients.get(row.client_id)
        assert client.state is State.ACTIVE
        assert list(world.catalogue.accounts) == [client.account_id]
        user = world.people.users.by_id(row.user_id)
        assert user is not None
        assert user.account_id == client.account_id
        assert [each.restriction for each in world.gates.asked] == ["none"], "told once, and not left out"
        assert not world.onboarding.clients.unrecorded()
        assert world.onboarding.clients.is_sound(row.client_id)


@pytest.mark.shows("ONBD-010")
async def test_a_check_that_a_restart_cut_short_is_done_again(tmp_path: Path) -> None:
    async with World(tmp_path).open() as world:
        row = await world.draft()
        await world.onboarding.submit(row.client_id, row.user_id)
        await world.onboarding.checks.stop()
        assert world.state(row.client_id) == "submitted"
        now_ns = world.now_ns
    after = World(tmp_path)
    after.now_ns = now_ns
    async with after.open() as world:
        await world.onboarding.recover()
        await world.onboarding.checks.finished()
        assert world.state(row.client_id) == "identity_checked"


@pytest.mark.shows("AUTH-021", "ONBD-012")
async def test_after_the_journal_was_set_back_the_account_is_opened_again(tmp_path: Path) -> None:
    """As a restore leaves it: a journal that ends before the account, and a database that was told so."""
    async with World(tmp_path / "site").open() as world:
        client = await world.client()
        opened = world.onboarding.clients.history(client.client_id)[2].sequence
    (tmp_path / "site" / "journal").rename(tmp_path / "lost")
    forget_later_clients(open_database(tmp_path / "site"), opened)
    database = open_database(tmp_path / "site")
    assert forget_later_users(database, opened) == 0, "who applied stays"
    with database.begin() as connection:  # what it was before the account is another journal here
        assert connection.execute(select(users.c.account_id)).scalars().all() == [None]
    database.dispose()
    after = World(tmp_path / "site")
    after.now_ns = world.now_ns
    async with after.open() as world:
        assert not world.catalogue.accounts
        await world.onboarding.recover()
        again = world.onboarding.clients.get(client.client_id)
        assert (again.state, again.account_id, again.is_open) == (State.ACTIVE, client.account_id, True)
        assert list(world.catalogue.accounts) == [client.account_id]
        user = world.people.users.by_id(client.user_id)
        assert user is not None
        assert user.account_id == client.account_id
        assert world.gates.asked[-1].restriction == "none"


@pytest.mark.shows("ONBD-004")
async def test_a_user_has_one_application(world: World) -> None:
    row = await world.draft()
    with pytest.raises(OnboardingRefused) as refused:
        await world.onboarding.begin(row.user_id, Kind.COMPANY)
    assert name_of(refused) == "application_is_there"


@pytest.mark.shows("ONBD-001")
async def test_the_client_cannot_take_a_step_of_the_staff(world: World) -> None:
    row = await world.submitted()
    with pytest.raises(OnboardingRefused) as refused:
        world.onboarding.clients.take(row.client_id, Step.APPROVE, Actor(Authority.CLIENT, row.user_id), 5)
    assert name_of(refused) == "authority_missing"
    with pytest.raises(OnboardingRefused) as refused:
        world.onboarding.clients.take("nobody", Step.APPROVE, Actor(Authority.SYSTEM), 5)
    assert name_of(refused) == "client_unknown"


@pytest.mark.shows("ONBD-012")
async def test_accounts_of_clients_and_of_the_node_do_not_meet(world: World) -> None:
    given = await world.node.submit(OpenAccount(account_id=0, account_kind=AccountKind.CLIENT))
    client = await world.client()
    assert client.account_id < 10**18 < given[0].account_id  # type: ignore[attr-defined]
    assert isinstance(world.node.engine, Engine)
