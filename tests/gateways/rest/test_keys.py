"""Keys: how they sign, what they may, from where, until when; shown once; a write once."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.site.configuration import FILE_NAME
from tests.gateways.rest.inside import Inside, Key, code_of, reason_of, said, stored

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000"}


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    (tmp_path / FILE_NAME).write_text('[access]\ntrusted_proxies = ["10.0.0.0/8"]\n')
    async with Inside(tmp_path).open() as opened:
        yield opened


async def make(key: Key, **wanted: object) -> dict[str, object]:
    answer = await key.signed("POST", "/lionrock/v1/keys", {"rights": ["READ"]} | wanted)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.shows("AUTH-001")
async def test_an_ed25519_key_signs_the_same_text(inside: Inside) -> None:
    owner = await inside.account(USDT="10000")
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes_raw()
    made = await make(owner, rights=["READ", "TRADE"], publicKey=raw.hex())
    assert (made["kind"], made["secret"]) == ("ED25519", "")
    name = str(made["apiKey"])
    client = Key(inside, name, "", owner.account_id)

    async def place(spell: object, changed: str = "", number: int = 0) -> object:
        text = "&".join(f"{name}={value}" for name, value in ORDER.items())
        text += f"&number={number}&timestamp={inside.now_ns // 1_000_000}"
        signature = private.sign(text.encode())
        assert callable(spell)
        answer = await client.send("POST", "/api/v1/spot/order", f"{text}{changed}&signature={spell(signature)}")
        return answer.json().get("status", answer.json().get("code"))

    def base64url(signature: bytes) -> str:
        return base64.urlsafe_b64encode(signature).decode()

    spellings = (bytes.hex, base64url, lambda signature: base64url(signature).rstrip("="))
    assert [await place(spell, number=number) for number, spell in enumerate(spellings)] == ["NEW"] * 3
    for number, spell in enumerate(spellings):
        assert await place(spell, "&limit=1", number) == "0002"
    assert await place(lambda _: "no signature") == "0002"
    assert await place(lambda _: "%C3%A9" * 64) == "0002"
    again = await owner.signed("POST", "/lionrock/v1/keys", {"rights": ["READ"], "publicKey": base64url(raw)})
    assert code_of(again) == "0001", "a public key stands under one name only"
    for wrong in ("00", "zz" * 32, raw.hex() + "00", "é" * 32):
        answer = await owner.signed("POST", "/lionrock/v1/keys", {"rights": ["READ"], "publicKey": wrong})
        assert (code_of(answer), "publicKey" in answer.text) == ("0001", True)


@pytest.mark.shows("AUTH-002")
async def test_a_key_does_what_its_rights_say(inside: Inside) -> None:
    owner = await inside.account(USDT="10000")
    reader = owner.another(await make(owner))
    assert (await reader.signed("GET", "/api/v1/account")).status_code == 200
    assert code_of(await reader.signed("POST", "/api/v1/spot/order", **ORDER)) == -1005
    assert code_of(await reader.signed("GET", "/lionrock/v1/keys")) == -1005
    trader = owner.another(await make(owner, rights=["TRADE"]))
    assert (await trader.signed("POST", "/api/v1/spot/order", **ORDER)).status_code == 200
    assert code_of(await trader.signed("GET", "/api/v1/account")) == -1005


@pytest.mark.shows("AUTH-002")
async def test_a_key_makes_and_revokes_none_that_may_more_than_itself(inside: Inside) -> None:
    owner = await inside.account()
    manager = owner.another(await make(owner, rights=["READ", "MANAGE"]))
    assert code_of(await manager.signed("POST", "/lionrock/v1/keys", {"rights": ["READ", "TRADE"]})) == -1005
    assert code_of(await manager.signed("DELETE", "/lionrock/v1/keys", apiKey=owner.key)) == -1005
    assert (await make(manager, rights=["READ"]))["rights"] == ["READ"]


@pytest.mark.shows("ENTR-024", "AUTH-005")
async def test_a_key_asked_for_again_after_a_restart_is_the_same_key(tmp_path: Path) -> None:
    path, body = "/lionrock/v1/keys", b'{"rights":["READ"]}'

    async def ask(owner: Key, method: str = "POST", query: str = "", body: bytes = body) -> bytes:
        told = await owner.send(method, path, query or owner.query(body), body, idempotency_key=f"my {method}")
        assert told.status_code == 200, told.text
        return told.content

    async with Inside(tmp_path).open() as inside:
        owner = await inside.account(USDT="10000")
        first = json.loads(await ask(owner))
        checked = await owner.send("POST", "/api/v1/spot/orderTest", owner.query(**ORDER), idempotency_key="check")
    again = Inside(tmp_path)
    again.now_ns = inside.now_ns
    async with again.open():
        owner = Key(again, owner.key, owner.secret, owner.account_id)
        assert json.loads(await ask(owner)) == first | {"secret": ""}
        listed = [row["apiKey"] for row in (await owner.signed("GET", path)).json()]
        assert listed == [owner.key, first["apiKey"]]
        assert first["secret"].encode() not in stored(tmp_path)
        other = await owner.send("POST", path, owner.query(b"{}"), b"{}", idempotency_key="my POST")
        assert code_of(other) == -1024
        twice = await owner.send("POST", "/api/v1/spot/orderTest", owner.query(**ORDER), idempotency_key="check")
        assert twice.content == checked.content
        revoked = [await ask(owner, "DELETE", owner.query(apiKey=first["apiKey"]), b"") for _ in range(2)]
        assert revoked[0] == revoked[1]
        again.pass_time(24 * 60 * 60)
        assert json.loads(await ask(owner))["apiKey"] != first["apiKey"], "it is another request by then"


@pytest.mark.shows("AUTH-003")
async def test_a_key_is_used_from_its_networks_alone(inside: Inside) -> None:
    owner = await inside.account()
    made = await make(owner, networks=["192.0.2.0/24", "2001:db8::/32"])
    bound = owner.another(made)
    assert made["networks"] == ["192.0.2.0/24", "2001:db8::/32"]
    for host in ("192.0.2.7", "2001:db8::9", "::ffff:192.0.2.7"):
        assert (await bound.signed("GET", "/api/v1/account", host=host)).status_code == 200, host
    for host in ("192.0.3.1", "2001:db9::1", "", "no address"):
        assert code_of(await bound.signed("GET", "/api/v1/account", host=host)) == "0202", host
    wrong = await bound.send("GET", "/api/v1/account", bound.query() + "0", host="192.0.3.1")
    assert code_of(wrong) == "0002", "who cannot sign is not told the networks"
    for networks in (["192.0.2.1/24"], ["here"], [""], ["10.0.0.0/8"] * 21):
        refused = await owner.signed("POST", "/lionrock/v1/keys", {"rights": ["READ"], "networks": networks})
        assert (code_of(refused), "networks" in refused.text) == ("0001", True)


@pytest.mark.shows("AUTH-003")
async def test_a_forwarded_address_is_believed_of_trusted_proxies_alone(inside: Inside) -> None:
    owner = await inside.account()
    bound = owner.another(await make(owner, networks=["192.0.2.0/24"]))

    async def come(host: str, forwarded: str) -> int:
        answer = await bound.send("GET", "/api/v1/account", bound.query(), host=host, x_forwarded_for=forwarded)
        return answer.status_code

    assert await come("10.1.1.1", "192.0.2.7") == 200
    assert await come("10.1.1.1", "198.51.100.1, 192.0.2.7, 10.2.2.2") == 200
    assert await come("10.1.1.1", "192.0.2.7, 198.51.100.1") == 400, "the client itself wrote the first one"
    assert await come("198.51.100.1", "192.0.2.7") == 400, "this is no proxy of ours"


@pytest.mark.shows("AUTH-004")
async def test_a_key_ends_at_its_time(inside: Inside) -> None:
    owner = await inside.account()
    ends_ms = inside.now_ns // 1_000_000 + 60_000
    brief = owner.another(await make(owner, expiresAtMs=ends_ms))
    assert (await brief.signed("GET", "/api/v1/account")).status_code == 200
    inside.pass_time(61)
    assert code_of(await brief.signed("GET", "/api/v1/account")) == "0103"
    (row,) = [each for each in (await owner.signed("GET", "/lionrock/v1/keys")).json() if each["apiKey"] == brief.key]
    assert (row["isExpired"], row["expiresAtMs"]) == (True, ends_ms)
    for wrong in (1, -1, 2**63, "soon"):
        refused = await owner.signed("POST", "/lionrock/v1/keys", {"rights": ["READ"], "expiresAtMs": wrong})
        assert (code_of(refused), "expiresAtMs" in refused.text) == ("0001", True)


@pytest.mark.shows("AUTH-004", "AUTH-005")
async def test_a_revoked_key_is_unknown_and_its_secret_gone(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        owner = await inside.account()
        made = owner.another(await make(owner, label="laptop"))
        assert (await owner.signed("DELETE", "/lionrock/v1/keys", apiKey=made.key)).json() == {"success": True}
        assert code_of(await made.signed("GET", "/api/v1/account")) == "0102"
        assert code_of(await owner.signed("DELETE", "/lionrock/v1/keys", apiKey=made.key)) == "0001"
        with inside.site.database.connect() as connection:
            row = connection.exec_driver_sql("select * from api_keys where access_key = ?", (made.key,)).one()
        assert (row.sealed_secret, row.sealed_details) == (b"", None)
    async with inside.open():
        assert code_of(await made.signed("GET", "/api/v1/account")) == "0102"
        assert (await owner.signed("GET", "/api/v1/account")).status_code == 200


@pytest.mark.shows("AUTH-005")
async def test_what_a_key_signs_with_is_shown_once(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        owner = await inside.account()
        made = await make(owner, label="my laptop at home", networks=["192.0.2.0/24"])
        listed = await owner.signed("GET", "/lionrock/v1/keys")
        assert str(made["secret"]) not in listed.text
        assert owner.secret not in listed.text
        row = next(each for each in listed.json() if each["apiKey"] == made["apiKey"])
        assert row == {name: value for name, value in made.items() if name != "secret"}
    on_disk = stored(tmp_path)
    for secret in (made["secret"], owner.secret, "my laptop at home", "192.0.2.0"):
        assert str(secret).encode() not in on_disk
        assert not str(secret).isalnum() or bytes.fromhex(str(secret)) not in on_disk


@pytest.mark.shows("AUTH-019")
async def test_a_key_of_somebody_else_is_not_there(inside: Inside) -> None:
    owner, other = await inside.account(), await inside.account()
    assert [row["apiKey"] for row in (await owner.signed("GET", "/lionrock/v1/keys")).json()] == [owner.key]
    assert code_of(await other.signed("DELETE", "/lionrock/v1/keys", apiKey=owner.key)) == "0001"
    assert code_of(await other.signed("DELETE", "/lionrock/v1/keys", apiKey="00" * 32)) == "0001"
    assert (await owner.signed("GET", "/api/v1/account")).status_code == 200


@pytest.mark.shows("AUTH-002")
async def test_an_account_has_a_hundred_keys_at_most(inside: Inside) -> None:
    owner = await inside.account()
    made = [await make(owner) for _ in range(99)]
    assert code_of(await owner.signed("POST", "/lionrock/v1/keys", {"rights": ["READ"]})) == -2016
    await owner.signed("DELETE", "/lionrock/v1/keys", apiKey=str(made[0]["apiKey"]))
    await make(owner)


@pytest.mark.shows("AUTH-007")
async def test_the_json_body_is_signed(inside: Inside) -> None:
    owner = await inside.account()
    body = b'{"rights": ["READ"]}'
    query = owner.query(body)
    path = "/lionrock/v1/keys"
    assert code_of(await owner.send("POST", path, query, body.replace(b"READ", b"MANAGE"))) == "0002"
    assert code_of(await owner.send("POST", path, query, b"")) == "0002"
    assert code_of(await owner.send("POST", path, owner.query(), body)) == "0002"
    assert (await owner.send("POST", path, query, body)).status_code == 200


@pytest.mark.shows("AUTH-007")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"[]", "body"),
        (b"{", "body"),
        (b"\xff", "body"),
        (b"[" * 50_000, "body"),
        (b'{"label": NaN, "rights": ["READ"]}', "body"),
        (b'{"rights": ["READ"], "rights": ["MANAGE"]}', "rights"),
        (b'{"label": "x"}', "rights"),
        (b'{"rights": []}', "rights"),
        (b'{"rights": ["EVERYTHING"]}', "rights"),
        (b'{"rights": ["READ"], "label": 3}', "label"),
        (b'{"rights": ["READ"], "label": "a\\u0000"}', "label"),
        (b'{"rights": ["READ"], "label": "\\ud800"}', "label"),
    ],
)
async def test_a_wrong_body_is_refused_by_the_name_of_the_field(inside: Inside, body: bytes, field: str) -> None:
    owner = await inside.account()
    answer = await owner.send("POST", "/lionrock/v1/keys", owner.query(body), body)
    assert said(answer) == ("0001", f"Required field {field} missing or invalid")
    assert len((await owner.signed("GET", "/lionrock/v1/keys")).json()) == 1


@pytest.mark.shows("AUTH-006")
async def test_a_signed_write_is_done_once(inside: Inside) -> None:
    trader = await inside.account(USDT="10000")
    query = trader.query(b"", **ORDER)
    first, second = await asyncio.gather(*(trader.send("POST", "/api/v1/spot/order", query) for _ in range(2)))
    assert sorted([first.status_code, second.status_code]) == [200, 400]
    shouted = query.replace(query[-64:], query[-64:].upper())
    for again in (query, shouted):
        assert code_of(await trader.send("POST", "/api/v1/spot/order", again)) == -1024
    in_form = await trader.send("POST", "/api/v1/spot/order", "", query.encode())
    assert code_of(in_form) == -1024
    assert len((await trader.signed("GET", "/api/v1/spot/openOrders")).json()) == 1
    inside.pass_time(6)
    assert code_of(await trader.send("POST", "/api/v1/spot/order", query)) == -1021


@pytest.mark.shows("AUTH-006")
async def test_a_retry_with_a_new_time_and_a_repeated_read_are_no_replays(inside: Inside) -> None:
    trader = await inside.account(USDT="10000")
    query = trader.query()
    assert [(await trader.send("GET", "/api/v1/account", query)).status_code for _ in range(3)] == [200] * 3
    named = ORDER | {"newClientOrderId": "mine"}
    assert (await trader.signed("POST", "/api/v1/spot/order", **named)).status_code == 200
    assert code_of(await trader.signed("POST", "/api/v1/spot/order", **named)) == -1141
    assert (await trader.signed("POST", "/api/v1/spot/order", **ORDER)).status_code == 200


@pytest.mark.shows("AUTH-005", "AUTH-006")
async def test_an_answer_with_a_secret_is_not_given_again(inside: Inside) -> None:
    owner = await inside.account()
    body = b'{"rights": ["READ"]}'
    path, query, named = "/lionrock/v1/keys", owner.query(body), {"idempotency_key": "once"}
    first, again = [(await owner.send("POST", path, query, body, **named)).json() for _ in range(2)]
    assert again == first | {"secret": ""}
    assert len(first["secret"]) == 64
    assert reason_of(await owner.send("POST", path, query, body)) == "request_repeated"
    assert len((await owner.signed("GET", path)).json()) == 2


@pytest.mark.shows("AUTH-006")
async def test_what_was_refused_before_it_was_taken_may_be_sent_again(inside: Inside) -> None:
    trader = await inside.account(USDT="10000")
    bound = trader.another(await make(trader, rights=["TRADE"], networks=["192.0.2.0/24"]))
    query = bound.query(b"", **ORDER)
    assert code_of(await bound.send("POST", "/api/v1/spot/order", query, host="198.51.100.1")) == "0202"
    assert (await bound.send("POST", "/api/v1/spot/order", query)).status_code == 200


@pytest.mark.shows("AUTH-006")
async def test_nothing_signed_before_the_last_life_of_the_site_ended_is_written(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        trader = await inside.account(USDT="10000")
        query = trader.query(b"", **ORDER, recvWindow="60000")
        assert (await trader.send("POST", "/api/v1/spot/order", query)).status_code == 200
    async with inside.open():
        assert code_of(await trader.send("POST", "/api/v1/spot/order", query)) == -1021
        assert (await trader.send("GET", "/api/v1/account", trader.query())).status_code == 200
        assert len((await trader.signed("GET", "/api/v1/spot/openOrders")).json()) == 1
        assert (await trader.signed("POST", "/api/v1/spot/order", **ORDER)).status_code == 200
