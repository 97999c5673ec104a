"""The outbox: what is put in with its cause arrives, or stays where somebody sees it."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import text, update

from lionrock.store.outbox.messages import Address, Carrier, Channel, DeliveryState, Message
from lionrock.store.outbox.outbox import NS_PER_S, Patience
from lionrock.store.outbox.tables import messages
from tests.gateways.rest.inside import stored
from tests.programs import run
from tests.store.boxes import CONTENT, INBOX, MAIL, Box, hook_at, local_hook, opened, plain_mail
from tests.store.receivers import Hook, Mailbox, mail_server


def both(port: int) -> dict[Channel, Carrier]:
    return {Channel.EMAIL: plain_mail(port), Channel.WEBHOOK: local_hook()}


class TransactionUndone(Exception):
    """What caused the notice went wrong."""


@pytest.mark.shows("OUTB-001")
async def test_a_notice_is_there_with_its_cause_or_not_at_all(tmp_path: Path) -> None:
    with opened(tmp_path, {}) as box:
        with pytest.raises(TransactionUndone):
            _go_wrong(box)
        assert box.outbox.deliveries() == []
        assert box.put("one", MAIL)
        assert [each.message_id for each in box.outbox.deliveries()] == ["one"]


def _go_wrong(box: Box) -> None:
    with box.database.begin() as connection:
        connection.execute(text("CREATE TABLE causes (name TEXT)"))
        box.outbox.put(connection, Message("one", "login", "u1", CONTENT, (MAIL, INBOX)), box.now_ns)
        raise TransactionUndone


def killed(directory: Path, port: int, hook: Hook, point: str) -> None:
    ended = run(str(directory), str(port), str(hook.port), point, module="tests.store.kill_courier")
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.shows("OUTB-002")
async def test_one_cause_is_told_once_however_often_it_is_put(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, opened(tmp_path, {Channel.EMAIL: plain_mail(port)}) as box:
        assert [box.put("one", MAIL, INBOX) for _ in range(3)] == [True, False, False]
        assert await box.deliver_all() == 1
        assert not box.put("one", MAIL, INBOX)
        assert await box.deliver_all() == 0
        assert len(mailbox.mails) == 1
        assert [each.message_id for each in box.outbox.read_inbox("u1")] == ["one"]


@pytest.mark.shows("OUTB-003")
@pytest.mark.parametrize(
    "point",
    ["in transaction", "taken", "before sending", "after sending", "ended"],
    ids=lambda each: each.replace(" ", "-"),
)
async def test_killed_at_any_point_nothing_is_lost_and_nothing_shown_twice(tmp_path: Path, point: str) -> None:
    mailbox, hook = Mailbox(), Hook()
    with mail_server(mailbox) as port:
        killed(tmp_path, port, hook, point)
        with opened(tmp_path, both(port)) as box:
            box.outbox.recover(box.now_ns)
            await box.deliver_all()
            with box.database.connect() as connection:
                caused = list(connection.execute(text("SELECT name FROM causes ORDER BY rowid")).scalars())
            assert caused == (["one"] if point == "in transaction" else ["one", "two", "three"])
            assert box.outbox.counts() == {"waiting": 0, "delivered": 3 * len(caused), "dead": 0}
            assert sorted(each.message_id for each in box.outbox.read_inbox("u1")) == sorted(caused)
    mailed = Counter(str(message_from_bytes(each)["Message-ID"]) for each in mailbox.mails)
    hooked = Counter(headers["webhook-id"] for headers, _ in hook.posts)
    hook.close()
    assert set(mailed) == {f"<{name}@venue.example>" for name in caused}
    assert set(hooked) == set(caused)
    # Of those that were on their way when the process died one or more came twice, under the same id.
    most = 2 if point in ("after sending", "ended", "before sending") else 1
    assert max((mailed | hooked).values()) <= most


@pytest.mark.shows("OUTB-004")
async def test_waits_grow_and_what_does_not_arrive_is_given_up_where_it_is_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = Mailbox()
    mailbox.mood = "greylist"
    waits: list[int] = []
    with mail_server(mailbox) as port, opened(tmp_path, {Channel.EMAIL: plain_mail(port)}) as box:
        box.put("one", MAIL)
        with caplog.at_level(logging.WARNING):
            while box.state("one", Channel.EMAIL) == DeliveryState.WAITING:
                assert await box.deliver_all() == 1
                (row,) = box.outbox.deliveries()
                waits.append((row.next_ns - box.now_ns) // NS_PER_S)
                box.now_ns = row.next_ns - 1
                assert await box.deliver_all() == 0
                box.now_ns += 1
        assert waits[:8] == [10, 30, 90, 270, 810, 2430, 7290, 21_600]
        assert set(waits[8:]) == {21_600}
        assert box.outbox.deliveries(state=DeliveryState.DEAD)[0].attempts == len(waits)
        assert set(box.outcomes("one", Channel.EMAIL)) == {("try_later", 451)}
        assert "Delivery one by email was given up after attempt" in caplog.text
        assert await box.deliver_all() == 0
        mailbox.mood = "take"
        assert box.outbox.send_again("one", Channel.EMAIL, box.now_ns)
        assert not box.outbox.send_again("one", Channel.EMAIL, box.now_ns)
        assert await box.deliver_all() == 1
        assert box.outbox.counts() == {"waiting": 0, "delivered": 1, "dead": 0}
    (mail,) = mailbox.mails
    assert message_from_bytes(mail)["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"


def test_no_wait_is_longer_than_the_longest() -> None:
    patience = Patience()
    assert [patience.wait_ns(number) // NS_PER_S for number in (1, 2, 7, 8, 9, 1_000)] == [
        10, 30, 7290, 21_600, 21_600, 21_600,
    ]  # fmt: skip


@pytest.mark.shows("OUTB-005")
async def test_content_and_addresses_stand_in_no_file_and_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox, hook = Mailbox(), Hook()
    hook.statuses = [410]
    mailbox.mood = "unknown"
    with caplog.at_level(logging.DEBUG), mail_server(mailbox) as port, opened(tmp_path, both(port)) as box:
        address = hook_at(hook.port, "/secret-path")
        box.put("one", MAIL, INBOX, address)
        await box.deliver_all()
        assert box.outbox.counts()["dead"] == 2
        kept = stored(tmp_path)
        ours = [each for each in caplog.records if each.name.startswith("lionrock")]
        assert ours
        logged = "".join(each.getMessage() for each in ours)
        for secret in ("ann@example.com", "Somebody signed in", "192.0.2.7", "secret-path", address.secret):
            assert secret.encode() not in kept
            assert secret not in logged
            assert secret not in repr((address, MAIL, box.outbox.read_inbox("u1")))
    hook.close()


@pytest.mark.shows("OUTB-005")
async def test_what_does_not_open_is_given_up_and_stops_nothing_else(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, opened(tmp_path, {Channel.EMAIL: plain_mail(port)}) as box:
        box.put("one", MAIL)
        box.put("two", MAIL)
        with box.database.begin() as connection:
            changed = update(messages).where(messages.c.message_id == "one").values(sealed_content=b"x" * 40)
            connection.execute(changed)
        await box.deliver_all()
        assert box.outcomes("one", Channel.EMAIL) == [("unreadable", 0)]
        assert (box.state("one", Channel.EMAIL), box.state("two", Channel.EMAIL)) == ("dead", "delivered")


@pytest.mark.shows("OUTB-006")
async def test_a_channel_that_is_not_set_up_keeps_what_it_should_send(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with opened(tmp_path, {}) as box:
        box.put("one", MAIL, INBOX)
        await box.deliver_all()
        assert box.outcomes("one", Channel.EMAIL) == [("not_set_up", 0)]
    with mail_server(mailbox) as port, opened(tmp_path, {Channel.EMAIL: plain_mail(port)}) as box:
        box.pass_time(10)
        await box.deliver_all()
        assert box.state("one", Channel.EMAIL) == "delivered"
    mail = message_from_bytes(mailbox.mails[0], policy=default)
    assert (mail["To"], mail["From"]) == ("ann@example.com", "notices@venue.example")
    assert mail["Message-ID"] == "<one@venue.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"Somebody signed in\.\s+", mail.get_content())


@pytest.mark.shows("OUTB-003")
async def test_a_lease_that_ran_out_is_taken_up_again(tmp_path: Path) -> None:
    """As when the machine was stopped in the middle and nobody recovered."""
    mailbox = Mailbox()
    with mail_server(mailbox) as port, opened(tmp_path, {Channel.EMAIL: plain_mail(port)}) as box:
        box.put("one", MAIL)
        assert len(box.outbox.take(box.now_ns, 5)) == 1
        assert await box.deliver_all() == 0
        box.pass_time(300)
        assert await box.deliver_all() == 1
        assert box.outcomes("one", Channel.EMAIL) == [("interrupted", 0), ("delivered", 250)]


@pytest.mark.shows("OUTB-007")
async def test_a_notice_in_the_inbox_is_its_recipients_alone(tmp_path: Path) -> None:
    with opened(tmp_path, {}) as box:
        box.put("one", INBOX)
        assert box.outbox.read_inbox("u2") == []
        assert not box.outbox.mark_read("u2", "one", box.now_ns)
        assert [each.is_read for each in box.outbox.read_inbox("u1")] == [False]
        assert box.outbox.mark_read("u1", "one", box.now_ns)
        assert [each.is_read for each in box.outbox.read_inbox("u1")] == [True]
        assert box.outbox.mark_read("u1", "one", box.now_ns + 1)


def test_addresses_say_nothing_of_themselves() -> None:
    assert repr(Address(Channel.EMAIL, "ann@example.com")) == "Address(channel='email')"


@pytest.mark.shows("OUTB-003")
async def test_a_receiver_that_dawdles_holds_up_nobody_else(tmp_path: Path) -> None:
    mailbox, hook = Mailbox(), Hook()
    hook.gate.clear()
    with mail_server(mailbox) as port:
        carriers: dict[Channel, Carrier] = {Channel.EMAIL: plain_mail(port), Channel.WEBHOOK: local_hook(30)}
        with opened(tmp_path, carriers) as box:
            for number in range(3):
                box.put(f"slow {number}", hook_at(hook.port))
            running = asyncio.create_task(box.courier.run())
            await until(lambda: len(hook.posts) == 3)
            box.put("quick", MAIL)
            await until(lambda: box.state("quick", Channel.EMAIL) == "delivered")
            assert box.outbox.counts() == {"waiting": 3, "delivered": 1, "dead": 0}
            hook.gate.set()
            await until(lambda: box.outbox.counts()["delivered"] == 4)
            running.cancel()
    hook.close()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to be so")
