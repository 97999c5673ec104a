"""Mail and webhooks against real servers that refuse, drop and dawdle."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path

import pytest

from lionrock.store.outbox.email import EmailCarrier, MailServer, is_mail_address
from lionrock.store.outbox.messages import Address, Channel, Parcel, Result
from lionrock.store.outbox.webhook import WebhookCarrier, is_webhook_url, may_be_called, sign_webhook
from tests.store.boxes import CONTENT, LOCAL, MAIL, SECRET, START_NS, hook_at, local_hook, plain_mail
from tests.store.receivers import Certificate, Hook, Mailbox, mail_server


def parcel(address: Address) -> Parcel:
    return Parcel("one", "login", START_NS, START_NS, 1, address, CONTENT)


async def carried(carrier: EmailCarrier | WebhookCarrier, address: Address) -> tuple[str, int]:
    result: Result = await carrier.send(parcel(address), START_NS)
    return result.outcome.value, result.code


@pytest.mark.shows("OUTB-010")
@pytest.mark.parametrize(
    ("mood", "told"),
    [
        ("take", ("delivered", 250)),
        ("unknown", ("refused", 550)),
        ("greylist", ("try_later", 451)),
        ("drop", ("unreachable", 0)),
        ("take and drop", ("unreachable", 0)),
        ("dawdle", ("timed_out", 0)),
    ],
)
async def test_what_a_mail_server_does_is_told(mood: str, told: tuple[str, int]) -> None:
    mailbox = Mailbox()
    mailbox.mood = mood
    with mail_server(mailbox) as port:
        assert await carried(plain_mail(port, timeout_seconds=1), MAIL) == told


@pytest.mark.shows("OUTB-010")
async def test_no_mail_server_at_all() -> None:
    with mail_server(Mailbox()) as port:
        pass
    assert await carried(plain_mail(port), MAIL) == ("unreachable", 0)


PASSWORD = "mail secret"


@pytest.mark.shows("OUTB-011")
async def test_mail_goes_out_encrypted_or_not_at_all(tmp_path: Path) -> None:
    mailbox, certificate = Mailbox(), Certificate(tmp_path)

    def server(port: int, password: str = PASSWORD) -> MailServer:
        return MailServer("localhost", port, "starttls", "notices@venue.example", "site", password, 5)

    with mail_server(mailbox, certificate) as port:
        assert await carried(EmailCarrier(server(port), certificate.trusted), MAIL) == ("delivered", 250)
        wrong = EmailCarrier(server(port, "wrong"), certificate.trusted)
        assert await carried(wrong, MAIL) == ("not_set_up", 535)
        assert await carried(EmailCarrier(server(port)), MAIL) == ("not_set_up", 0)  # nobody vouches for it
    assert mailbox.was_encrypted == [True]
    with mail_server(mailbox) as port:  # without STARTTLS
        assert await carried(EmailCarrier(server(port), certificate.trusted), MAIL) == ("not_set_up", 0)
    assert len(mailbox.mails) == 1
    assert "secret" not in repr(server(1))


@pytest.mark.shows("OUTB-012")
@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example.com\nBcc: bob@example.com", "ann@x.com,b@x.com",
     "ann@example.com\r\n", "<ann@example.com>", "a" * 250 + "@x.com"],
)  # fmt: skip
async def test_no_address_carries_more_than_one_mailbox(address: str) -> None:
    assert not is_mail_address(address)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        assert await carried(plain_mail(port), Address(Channel.EMAIL, address)) == ("refused", 0)
    assert mailbox.mails == []


@pytest.mark.shows("OUTB-013")
async def test_a_webhook_is_signed_as_the_standard_says(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path)
    hook = Hook(certificate)
    carrier = WebhookCarrier(timeout_seconds=5, allowed=LOCAL, verify=certificate.trusted)
    address = Address(Channel.WEBHOOK, f"https://localhost:{hook.port}/hook?a=1", SECRET)
    assert await carried(carrier, address) == ("delivered", 200)
    ((headers, body),) = hook.posts
    hook.close()
    assert headers["host"] == f"localhost:{hook.port}"
    assert headers["webhook-id"] == "one"
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"one.{START_NS // 10**9}.".encode() + body
    right = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    told = json.loads(body)
    assert (told["id"], told["type"], told["data"]["address"]) == ("one", "login", "192.0.2.7")
    # The example of the standard itself.
    example = sign_webhook(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert example == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.shows("OUTB-014")
async def test_what_a_webhook_answers_is_told() -> None:
    hook = Hook()
    hook.statuses = [204, 500, 429, 404, 410, 302]
    told = [await carried(local_hook(), hook_at(hook.port)) for _ in range(6)]
    assert told == [
        ("delivered", 204), ("try_later", 500), ("try_later", 429), ("try_later", 404), ("refused", 410),
        ("try_later", 302),
    ]  # fmt: skip
    assert len(hook.posts) == 6  # the redirect was not followed
    hook.wait_s = 2
    assert await carried(local_hook(timeout_seconds=1), hook_at(hook.port)) == ("timed_out", 0)
    hook.close()
    assert await carried(local_hook(), hook_at(hook.port)) == ("unreachable", 0)


@pytest.mark.shows("OUTB-015")
async def test_no_webhook_leads_into_the_sites_own_network() -> None:
    hook = Hook()
    outside = WebhookCarrier(timeout_seconds=2)
    hosts = ("127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[::]")
    for host in hosts:
        address = Address(Channel.WEBHOOK, f"https://{host}:{hook.port}/", SECRET)
        assert await carried(outside, address) == ("address_forbidden", 0), host
    plain = Address(Channel.WEBHOOK, f"http://127.0.0.1:{hook.port}/", SECRET)
    assert await carried(outside, plain) == ("address_forbidden", 0)
    assert hook.posts == []
    hook.close()
    public = ("8.8.8.8", "2606:4700::1111")
    private = ("192.168.1.1", "172.16.0.1", "100.64.0.1", "fe80::1%eth0", "fc00::1", "224.0.0.1", "::", "127.0.0.2")
    assert [may_be_called(each, []) for each in public + private] == [True] * 2 + [False] * 8
    assert may_be_called("127.0.0.2", LOCAL)


@pytest.mark.shows("OUTB-015")
@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://example.com/hook", True),
        ("http://example.com/hook", False),
        ("https://user:pass@example.com/", False),
        ("https://example.com/#part", False),
        ("https://", False),
        ("ftp://example.com", False),
        ("https://example.com/\n", False),
        ("javascript:alert(1)", False),
        ("https://example.com:99999/", False),
    ],
)
def test_what_counts_as_a_webhook(url: str, *, is_one: bool) -> None:
    assert is_webhook_url(url) is is_one
