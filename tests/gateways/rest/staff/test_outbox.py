"""The outbox as the staff sees it: what was given up, every attempt, sending again; and notices to the staff itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lionrock.people.staff.roles import Role
from lionrock.store.outbox.messages import Channel, DeliveryState, Outcome, Parcel, Result
from lionrock.store.outbox.outbox import Outbox
from tests.gateways.rest.inside import Inside, reason_of
from tests.gateways.rest.staff.desk import Desk, enrolled
from tests.gateways.rest.staff.test_at_once import STOP, metric


def outbox(inside: Inside) -> Outbox:
    notices = inside.site.people.notices
    assert notices is not None
    return notices.outbox


def given_up(inside: Inside, count: int) -> list[Parcel]:
    """So many deliveries that their receiver refused for good."""
    parcels = outbox(inside).take(inside.now_ns + 1, count)
    for parcel in parcels:
        assert outbox(inside).end(parcel, Result(Outcome.REFUSED, 550), inside.clock()) is DeliveryState.DEAD
    return parcels


async def told_users(inside: Inside, count: int) -> None:
    """Each has a notice of a sign-in, by mail and in the inbox."""
    for number in range(count):
        await inside.user(f"user{number}@example.com")
        await inside.sign_in(f"user{number}@example.com")


def remarks(inside: Inside) -> list[str]:
    told = [remark() for remark in inside.site.probes.remarks]
    return [each.code for each in told if each]


@pytest.mark.shows("OUTB-030")
async def test_what_was_given_up_is_seen_with_its_attempts_and_without_its_words(inside: Inside) -> None:
    await told_users(inside, 2)
    assert "notices_given_up" not in remarks(inside)
    (dead,) = given_up(inside, 1)
    desk = await enrolled(inside, "tech@example.com", Role.TECHNOLOGY)
    page = await desk.done("GET", "outbox?state=dead")
    assert page["counts"] == {"waiting": 1, "delivered": 2, "dead": 1}
    (row,) = page["deliveries"]
    assert (row["messageId"], row["kind"], row["channel"]) == (dead.message_id, "login", "email")
    assert (row["state"], row["outcome"], row["attempts"]) == ("dead", "refused", 1)
    assert row["endedAtMs"] > 0
    (attempt,) = await desk.done("GET", f"outbox/attempts?messageId={dead.message_id}&channel=email")
    assert (attempt["number"], attempt["outcome"], attempt["code"]) == (1, "refused", 550)
    everything = json.dumps(await desk.done("GET", "outbox"))
    assert "example.com" not in everything
    assert "Somebody signed in" not in everything
    assert metric(inside, "lionrock_outbox_dead") == 1
    assert metric(inside, "lionrock_outbox_waiting") == 1
    assert "notices_given_up" in remarks(inside)
    inside.pass_time(25 * 3_600)
    assert "notices_given_up" not in remarks(inside), "still counted, no news any more"
    assert metric(inside, "lionrock_outbox_dead") == 1


@pytest.mark.shows("OUTB-030")
async def test_pages_of_deliveries_come_to_all_of_them_once(inside: Inside) -> None:
    await told_users(inside, 3)
    desk = await enrolled(inside, "auditor@example.com", Role.AUDITOR)
    seen, cursor = [], ""
    while True:
        page = await desk.done("GET", f"outbox?limit=2{cursor}")
        assert len(page["deliveries"]) <= 2
        seen += [(each["createdAtMs"], each["messageId"], each["channel"]) for each in page["deliveries"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert len(seen) == len(set(seen)) == 6
    assert [each[0] for each in seen] == sorted((each[0] for each in seen), reverse=True)
    other = await desk.send("GET", f"outbox?state=waiting{cursor}")
    assert reason_of(other) == "cursor_of_another_question"
    for wrong in ("outbox?cursor=zzz", "outbox?state=lost", "outbox/attempts?messageId=x&channel=pigeon"):
        assert reason_of(await desk.send("GET", wrong)) == "parameter_missing_or_invalid"
    assert reason_of(await desk.send("GET", "outbox/attempts?messageId=x&channel=email")) == "delivery_unknown"


@pytest.mark.shows("OUTB-031", "OUTB-004")
async def test_sending_again_takes_a_reason_and_is_on_the_log(inside: Inside) -> None:
    await told_users(inside, 1)
    (dead,) = given_up(inside, 1)
    desk = await enrolled(inside, "ops@example.com", Role.OPERATIONS)
    told = {"messageId": dead.message_id, "channel": "email", "reasonCode": "error"}
    for wrong in ({"reasonCode": "mood"}, {"reasonCode": ""}, {"channel": "pigeon"}):
        assert (await desk.send("POST", "outbox/sendAgain", told | wrong)).status_code == 400
    unknown = await desk.send("POST", "outbox/sendAgain", told | {"messageId": "0" * 32})
    assert reason_of(unknown) == "delivery_unknown"
    arrived = await desk.send("POST", "outbox/sendAgain", told | {"channel": "inbox"})
    assert reason_of(arrived) == "delivery_not_dead"
    assert outbox(inside).take(inside.now_ns + 1, 9) == [], "nothing is sent by what was refused"
    await desk.done("POST", "outbox/sendAgain", told)
    assert [each.message_id for each in outbox(inside).take(inside.now_ns + 1, 9)] == [dead.message_id]
    assert reason_of(await desk.send("POST", "outbox/sendAgain", told)) == "delivery_not_dead"
    (entry,) = inside.site.staff.audit.entries(subject=dead.message_id)
    assert (entry.staff_id, entry.event) == (desk.staff_id, "notice sent again")
    assert entry.details == {"channel": "email", "reason": "error"}
    assert entry.sequence > 0, "its digest stands in the journal"


@pytest.mark.shows("OUTB-031")
async def test_who_only_reads_sends_nothing_again(inside: Inside) -> None:
    await told_users(inside, 1)
    (dead,) = given_up(inside, 1)
    told = {"messageId": dead.message_id, "channel": "email", "reasonCode": "error"}
    for role in (Role.AUDITOR, Role.TECHNOLOGY, Role.CUSTOMER_SERVICE):
        desk = await enrolled(inside, f"{role}@example.com", role)
        assert reason_of(await desk.send("POST", "outbox/sendAgain", told)) == "role_missing"
    browser = await inside.sign_in("user0@example.com")
    assert (await browser.send("GET", "staff/outbox")).json()["code"] == -1002, "a client is nobody of the staff"


async def notices(desk: Desk) -> list[str]:
    return [each["text"] for each in await desk.done("GET", "me/notices")]


@pytest.mark.shows("STAF-024")
async def test_all_others_who_may_break_the_glass_are_told(inside: Inside) -> None:
    who = await enrolled(inside, "ops@example.com", Role.OPERATIONS, person="1")
    also = await enrolled(inside, "mlro@example.com", Role.MLRO, person="1")
    officer = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
    named = await enrolled(inside, "a responsible officer", Role.RESPONSIBLE_OFFICER)
    finance = await enrolled(inside, "finance@example.com", Role.FINANCE)
    gone = await enrolled(inside, "gone@example.com", Role.MARKET_OPERATIONS)
    inside.site.staff.members.deactivate(gone.staff_id, "")
    done = await who.done("POST", "breakGlass", STOP)
    for desk in (officer, named):
        (text,) = await notices(desk)
        assert f"kill_switch was ordered alone by {who.staff_id}: review proposal {done['proposalId']}" in text
        assert "because of the case" not in text, "the words stay in the house"
    for desk in (who, also, finance):
        assert await notices(desk) == []
    mails = [each for each in outbox(inside).take(inside.now_ns + 1, 9) if each.kind == "break_glass"]
    assert [each.address.target for each in mails] == ["officer@example.com"]
    (shown,) = await officer.done("GET", "me/notices")
    stolen = await finance.send("POST", "me/notices/read", {"noticeId": shown["noticeId"]})
    assert reason_of(stolen) == "parameter_missing_or_invalid"
    assert not (await officer.done("GET", "me/notices"))[0]["isRead"]
    await officer.done("POST", "me/notices/read", {"noticeId": shown["noticeId"]})
    assert (await officer.done("GET", "me/notices"))[0]["isRead"]


@pytest.mark.shows("STAF-024")
async def test_a_notice_that_was_not_written_is_written_at_the_next_start(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        officer = await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER)
        who = await enrolled(inside, "ops@example.com", Role.OPERATIONS)

        async def lost(_proposal_id: str, _words: str) -> None:
            raise OSError("the process ended here")

        inside.site.staff.notify_with(lost)
        await who.done("POST", "breakGlass", STOP)
        assert await notices(officer) == []
    async with inside.open():
        for _ in range(2):
            await inside.site.staff.open()
        assert len(await notices(officer)) == 1
        assert [each.channel for each in outbox(inside).deliveries(recipient=officer.staff_id)] == [
            Channel.EMAIL.value,
            Channel.INBOX.value,
        ]
