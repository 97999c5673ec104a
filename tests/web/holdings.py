"""A client of a licensed site whom two people took, with one of everything that a client may have."""

from __future__ import annotations

import os
import time
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lionrock.compliance.assessments.assessments import Data, read_data
from lionrock.compliance.identity.contact import Address
from lionrock.compliance.onboarding.forms import IdentityDocument, PersonForm, TaxResidence
from lionrock.compliance.papers.drawing import Owed
from lionrock.compliance.papers.periods import PaperKind, Period
from lionrock.compliance.papers.shelf import Shelf, paper_id_of
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer
from tests.compliance.identity.specimens import passport
from tests.compliance.onboarding.world import ANNA
from tests.compliance.rooms import LOW_RISK, best_answers
from tests.gateways.rest.authenticator import Device
from tests.gateways.rest.wallets import BITCOIN, in_time
from tests.web.staffed import PASSWORD, Client, House

AGREEMENT = "What the venue does.\n\nWhat the client does.\n"
DAY_MS = 86_400_000
NS_PER_MS = 1_000_000
HISTORIES = tuple(f"/lionrock/v1/history/{each}" for each in ("orders", "fills", "entries"))
FIRST_ORDER = 10**18
"""Less than an order's number by its sequence."""


def identity_card(digits: str) -> str:
    """A number of Hong Kong's identity card that begins with K, with its check digit."""
    weighed = 9 * 36 + 8 * 20 + sum(int(digit) * weight for digit, weight in zip(digits, range(7, 1, -1), strict=True))
    return f"K{digits}({'0123456789A'[-weighed % 11]})"


def person(surname: str, given: str, number: int) -> PersonForm:
    """Somebody who is like nobody else of the site; `number` is 1 to 8 and, like the given name, nobody else's."""
    birth, passport_number = date(1950 + 4 * number, number, 3 * number), f"P{1_111_111 * number}"
    zone = passport(
        surname.upper(), given.upper(), passport_number, "DNK", birth=f"{birth:%y%m%d}", sex="F", expiry="310101"
    )
    return msgspec.structs.replace(
        ANNA,
        surname=surname,
        given_names=given,
        birth=birth.isoformat(),
        phone=f"+8529{number}234567",
        email=f"{given.lower()}@mail.example.org",
        address=Address("HK", "New Territories", "Sha Tin", "", f"{17 * number} Tai Wai Road"),
        document=IdentityDocument("passport", passport_number, "DK", "2031-01-01", zone),
        tax_residences=(TaxResidence("HK", identity_card(f"{101_101 * number:06}")),),
    )


def publish_agreement(house: House) -> None:
    """In force at once."""
    payload = {"agreement": "client_agreement", "texts": {"en": AGREEMENT}, "in_force_ns": time.time_ns() + 10**9}
    made = house["officer"].propose("agreement_version", **payload)
    assert house["third"].approve(made)["state"] == "carried_out"
    time.sleep(1)


def take(house: House, client: Client) -> None:
    """Rated by one, looked at and taken by two."""
    in_time(lambda: client.done("GET", "onboarding")["state"] == "in_review")
    for document in client.done("GET", "onboarding/documents"):
        told = {"documentId": document["documentId"], "reasonCode": "review", "words": "to decide on it"}
        house["operator"].send("POST", "clients/documents/read", told).raise_for_status()
    house["officer"].done("POST", "clients/risk", {"clientId": client.client_id, "facts": LOW_RISK})
    for decision in ("pass_identity", "approve"):
        made = house["operator"].propose("onboarding_decision", client_id=client.client_id, decision=decision)
        assert house["officer"].approve(made)["state"] == "carried_out"
    assert client.done("GET", "onboarding")["state"] == "active"
    client.sign_in(code=client.codes.pop())
    client.account_id = str(client.done("GET", "user")["accountId"])


def right_answers(data: Data, paper: dict[str, Any], wrong: int = 0) -> dict[str, str]:
    """Letters by question, of which the first so many are wrong."""
    texts, by_id = data.bank.languages["en"].questions, {each.id: each for each in data.bank.questions}
    answers = {}
    for place, shown in enumerate(paper["questions"]):
        text = getattr(texts[shown["questionId"]], by_id[shown["questionId"]].answer)
        letter = next(letter for letter, each in shown["choices"].items() if each == text)
        answers[shown["questionId"]] = letter if place >= wrong else "abcd"[("abcd".index(letter) + 1) % 4]
    return answers


def prepare(client: Client) -> str:
    """What an applicant does itself before there is an account; the number of the test that was passed."""
    paper = client.done("POST", "knowledgeTest", {"language": "en"})
    told = {"testId": paper["testId"], "answers": right_answers(read_data(), paper)}
    assert client.done("PUT", "knowledgeTest", told)["isPassed"]
    for row in client.done("GET", "agreements"):
        client.done("POST", "agreements", {"sha256": row["sha256"]})
    assert client.done("GET", "onboarding")["toDo"] == []
    return str(paper["testId"])


def settle(client: Client) -> None:
    """The rest that lets a client of low risk trade."""
    client.done("POST", "riskProfile", {"answers": best_answers(read_data().profile[0])})
    means = {"netWorthMinor": 100_000_000_00, "yearlyIncomeMinor": 50_000_000_00, "heldElsewhereMinor": 0}
    client.done("PUT", "limits/means", means)
    assert client.done("GET", "limits")["conditions"] == []


def deposit(client: Client, coin: str, chain: str, quantity: str) -> str:
    """Coins that came and were credited; the address."""
    asked = {"coin": coin, "chainType": chain}
    address = str(client.contract("GET", "/api/v1/account/deposit/address", asked)["address"])
    venue = client.house.live.http
    told = asked | {"address": address, "quantity": quantity}
    venue.post("/lionrock/v1/sandbox/deposits", json=told).raise_for_status()
    venue.post("/lionrock/v1/sandbox/blocks", json={"chainType": chain, "count": 30}).raise_for_status()
    in_time(lambda: "CREDITED" in [row["state"] for row in client.contract("GET", "/api/v1/account/depositOrders")])
    return address


def put_paper(client: Client, words: str) -> str:
    """A receipt on the client's shelf, as the venue's own job puts one there; its number."""
    directory = client.house.live.directory
    database = open_database(directory)
    shelf, now_ns = Shelf(database, open_sealer(directory, os.urandom)), time.time_ns()
    period = Period(now_ns - 2 * DAY_MS * NS_PER_MS, now_ns - DAY_MS * NS_PER_MS)
    account_id = int(client.account_id)
    shelf.plan(PaperKind.RECEIPT, period, [Owed(account_id, 4, period.from_ns)], lambda begun: begun + 1, now_ns)
    paper_id = paper_id_of(PaperKind.RECEIPT, account_id, 4, period.from_ns)
    assert shelf.keep(paper_id, f'"{words}"'.encode(), b"%PDF-1.7 " + words.encode(), now_ns, within=lambda _: None)
    shelf.recorded(paper_id, 1)
    database.dispose()
    return paper_id


class Holder(Client):
    """Each attribute is the name of what it says, as this client's own page reads it."""

    def __init__(self, house: House, name: str, form: PersonForm = ANNA, address: str = BITCOIN) -> None:
        super().__init__(house, name, form)
        self.words, self.group, self.listed_address = f"a word of {name} alone", "7", address
        self.test_id = prepare(self)
        take(house, self)
        settle(self)
        self.address = deposit(self, "BTC", "BTC", "2")
        self._trade()
        self._hold()

    def _trade(self) -> None:
        """An order that rests and traded in part, a sub-account, a withdrawal that waits.

        It is the cheapest, so that what is bought for the trade is bought of this client, whoever was there before.
        """
        self.house.offers += 1
        price = str(90_000 - 100 * self.house.offers)
        order = {"symbol": "BTCUSD", "side": "SELL", "type": "LIMIT", "quantity": "0.01", "price": price}
        self.client_order_id = f"order-of-{self.name[:4]}"
        told = order | {"clientOrderId": self.client_order_id, "group": self.group}
        self.order_id = str(self.done("POST", "orders", told)["order"]["orderId"])
        house = self.house.live
        house.account(USD="1000").place(symbol="BTCUSD", side="BUY", quantity="0.004", price=price).raise_for_status()
        self.trade_id = str(self.contract("GET", "/api/v1/account/trades")[0]["id"])
        self.sequence = str(int(self.order_id) - FIRST_ORDER)
        self.sub_account_id = str(self.done("POST", "subAccounts", {"label": self.words})["accountId"])
        listed = {"coin": "BTC", "chainType": "BTC", "address": self.listed_address}
        self.done("POST", "withdrawalAddresses", listed, shown=True)
        self.withdrawal_client_order_id = f"withdrawal-of-{self.name[:4]}"
        asked = listed | {"quantity": "0.5", "remark": self.words, "clientOrderId": self.withdrawal_client_order_id}
        self.withdrawal_id = str(self.contract("POST", "/api/v1/account/withdraw", asked, shown=True)["orderId"])
        self.deposit_id = str(self.contract("GET", "/api/v1/account/depositOrders")[0]["depositOrderId"])
        self.listen_key = str(self.contract("POST", "/api/v1/userDataStream")["listenKey"])

    def cursor_of(self, path: str) -> str:
        """Where a list of this client's goes on, once its rows are there."""
        answer = self.http.get(path, params={"limit": "1"})
        return str(answer.json().get("nextCursor") or "")

    def _hold(self) -> None:
        """Papers and what stands beside them."""
        self.api_key = str(self.done("POST", "keys", {"rights": ["READ"], "label": self.words})["apiKey"])
        port = urlsplit(self.house.live.url).port
        made = Device(f"http://localhost:{port}").create(self.done("POST", "passkeys/options", {"password": PASSWORD}))
        headers = {"Origin": f"http://localhost:{port}"}
        self.done("POST", "passkeys", {"credential": made, "label": self.words}, headers=headers)
        self.passkey_id = str(self.done("GET", "passkeys")[0]["passkeyId"])
        self.paper_id = put_paper(self, self.words)
        self.done("POST", "complaints", {"subject": self.words, "text": self.words})
        document = self.done("GET", "agreements")[0]["sha256"]
        ends_ms = time.time_ns() // NS_PER_MS + 90 * DAY_MS
        authority = {"scope": "settlement", "documentSha256": document, "endsAtMs": ends_ms}
        self.authority_id = str(self.done("POST", "standingAuthorities", authority)["authorityId"])
        self.notice_id = str(self.done("GET", "notices")[0]["noticeId"])
        self.session_id = str(self.done("GET", "user")["sessionId"])
        self.document_id = str(self.done("GET", "onboarding/documents")[0]["documentId"])
        for path in HISTORIES:
            in_time(lambda path=path: bool(self.cursor_of(path)))  # type: ignore[misc]
        self.cursors = {path: self.cursor_of(path) for path in HISTORIES}
