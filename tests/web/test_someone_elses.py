"""Whatever the interface describes, asked by one client for what is another's: nothing is shown, told or changed.

Both are clients of one licensed site with one of everything, so that only the owner is wrong in what is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.gateways.rest.wallets import LEGACY
from tests.web.holdings import Holder, person
from tests.web.staffed import STAFF, Client, House

PLAIN = """
accountType addressExt all amount answers asOf asset before beginsAtMs channel chainType circumstances code coin content
credential currentPassword displayQuantity documentSha256 endTime endsAtMs engaged expireTimeMs expiresAtMs flowType
form format from fund heldElsewhereMinor interval isNeeded kind label language limit name netWorthMinor networks
newPassword
order orders part party password platform postOnly price publicKey quantity rate remark reportDate rights scale scope
selfTradeMode sha256 side signInName sizeBytes startTime stopPrice stpMode subject symbol symbols target text
timeInForce to token topic tradeNotices triggerPrice type version yearlyIncomeMinor
"""
"""Parameters that name nothing of an owner's: figures, choices, texts, what is the same for all."""

ORDER_OF = ("GET", "PUT", "PATCH", "POST", "DELETE")
REST = {"symbol": "BTCUSD", "side": "SELL", "type": "LIMIT", "quantity": "0.001", "price": "91000"}
COINS = {"coin": "BTC", "chainType": "BTC", "quantity": "0.01"}
ORDER = ("POST /api/v1/spot/order", "POST /api/v1.1/spot/order", "POST /api/v1/spot/orderTest")
BESIDE: dict[str, dict[str, Any]] = {
    **dict.fromkeys((*ORDER, "POST /lionrock/v1/orders", "POST /lionrock/v1/orders/preview"), REST),
    "PATCH /lionrock/v1/orders": {"price": "92000"},
    "POST /api/v1/account/assetTransfer": COINS,
    "POST /api/v1/account/withdraw": COINS,
    "POST /lionrock/v1/withdrawalAddresses": COINS,
    "DELETE /lionrock/v1/withdrawalAddresses": COINS,
    "PUT /lionrock/v1/onboarding/documents/parts": {"part": 0, "content": "JVBERg=="},
    "PUT /lionrock/v1/knowledgeTest": {"answers": {}},
    "GET /lionrock/v1/statements": {"from": "1700000000000", "to": "1700000001000", "format": "json"},
}
"""What must be there beside the id, so that nothing but the id can be wrong."""


OWN_BESIDE = {
    "GET /api/v1/spot/order accountId": "orderId",
    "GET /api/v1/spot/subAccount/openOrders orderId": "subAccountId",
    "GET /api/v1/spot/subAccount/tradeOrders orderId": "subAccountId",
    **dict.fromkeys(
        (f"GET /api/v1/subAccount/trades {name}" for name in ("clientOrderId", "fromId", "toId")), "subAccountId"
    ),
}
"""Where one id is asked for together with another, the other is one's own."""
KEPT_ALIVE = "PUT /api/v1/userDataStream listenKey"
"""A listen key is a secret and takes no other: whoever has it keeps it alive and reads by it, as the contract says."""
REFUND = "POST /api/v1/account/depositRefund depositOrderId"
"""A deposit that was credited is refunded to nobody."""
FIXED = "DELETE /lionrock/v1/onboarding/documents documentId"
"""Of an application that was handed in nobody takes a document; the test of drafts below asks."""


def foreign_of(operation: str, owner: Holder) -> dict[str, str]:
    """By the name of a parameter, what of this owner it would ask for."""
    order, named = owner.order_id, owner.client_order_id
    if "withdraw" in operation:
        order, named = owner.withdrawal_id, owner.withdrawal_client_order_id
    address = owner.listed_address if "withdraw" in operation.lower() else owner.address
    return {
        **dict.fromkeys(("orderId", "ids"), order),
        **dict.fromkeys(("fromId", "toId", "beginId"), owner.trade_id),
        **dict.fromkeys(("clientOrderId", "origClientOrderId", "newClientOrderId"), named),
        **dict.fromkeys(("accountId", "fromAccountId"), owner.account_id),
        **dict.fromkeys(("subAccountId", "toAccountId"), owner.sub_account_id),
        "address": address,
        "apiKey": owner.api_key,
        "authorityId": owner.authority_id,
        "cursor": owner.cursors.get(operation.partition(" ")[2], ""),
        "depositOrderId": owner.deposit_id,
        "documentId": owner.document_id,
        "group": owner.group,
        "listenKey": owner.listen_key,
        "noticeId": owner.notice_id,
        "paperId": owner.paper_id,
        "passkeyId": owner.passkey_id,
        "sequence": owner.sequence,
        "sessionId": owner.session_id,
        "testId": owner.test_id,
    }


@pytest.fixture(scope="session")
def stranger(harbour: House, holder: Holder) -> Holder:
    """Another client; `holder` was there before."""
    assert holder.account_id
    return Holder(harbour, "solveig@mail.example.org", person("Dahl", "Solveig", 1), LEGACY)


def operations(client: Holder, *, of_staff: bool = False) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of everything but the sandbox's own."""
    document = client.http.get("/lionrock/v1/openapi.json").json()
    for path, by_method in document["paths"].items():
        if path.startswith(STAFF) != of_staff or "/sandbox/" in path:
            continue
        for method, told in by_method.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), path, told


class Parameters(msgspec.Struct):
    """Of one operation: names in query and body, those that must be there with an example, the body's type."""

    query: set[str]
    body: set[str]
    needed: dict[str, Any]
    kind: str

    @classmethod
    def of(cls, told: dict[str, Any]) -> Parameters:
        asked = [each for each in told.get("parameters", []) if each.get("in") == "query"]
        content = told.get("requestBody", {}).get("content", {})
        kind = next(iter(content), "")
        schema = content.get(kind, {}).get("schema", {})
        fields = schema.get("properties", {})
        needed = {each["name"]: each.get("example", "1") for each in asked if each.get("required")}
        needed |= {name: fields[name].get("example", "1") for name in schema.get("required", [])}
        return cls({each["name"] for each in asked}, set(fields), needed, kind)

    def send(self, client: Holder, method: str, path: str, values: dict[str, Any]) -> httpx.Response:
        query = {name: value for name, value in values.items() if name in self.query}
        body = {name: value for name, value in values.items() if name in self.body}
        return client.ask(method, path, params=query, json=body if "json" in self.kind else None)


GIVEN = (("POST", "clientOrderId"), ("POST", "newClientOrderId"))
"""Ids that the asker gives: nobody's is as good as one's own."""


def made_up(name: str, value: str) -> str:
    """Of the same form, and nobody's."""
    if name == "address":
        return "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"  # of the first block
    return "".join({"0": "7", "a": "b"}.get(sign, "0" if sign.isdigit() else sign) for sign in value[:-1]) + (
        "9" if value[-1] != "9" else "8"
    )


def told(answer: httpx.Response) -> tuple[int, object, object]:
    """Status, code and name: what an answer says whatever the id is."""
    if answer.status_code == 200:
        return 200, "", ""
    body = answer.json()
    return answer.status_code, body["code"], body.get("lionrock", {}).get("name")


READ = """
/api/v1/account /api/v1/spot/openOrders /api/v1/account/withdrawOrders /api/v1/account/depositOrders
/api/v1/account/whitelist/whitelistAddress /lionrock/v1/orders /lionrock/v1/subAccounts /lionrock/v1/keys
/lionrock/v1/passkeys /lionrock/v1/notices /lionrock/v1/notices/settings /lionrock/v1/user/papers
/lionrock/v1/complaints /lionrock/v1/standingAuthorities /lionrock/v1/agreements /lionrock/v1/onboarding
/lionrock/v1/onboarding/form /lionrock/v1/onboarding/documents /lionrock/v1/onboarding/steps /lionrock/v1/limits
/lionrock/v1/riskProfile /lionrock/v1/knowledgeTest
"""


def snapshot(owner: Holder) -> str:
    """All that the owner's own pages read of what is theirs."""
    read = {path: owner.http.get(path).json() for path in READ.split()}
    sessions = [each["sessionId"] for each in owner.http.get("/lionrock/v1/sessions").json()]
    return json.dumps([read, sessions], sort_keys=True)


def test_every_parameter_is_known_as_somebodys_or_nobodys(holder: Holder) -> None:
    for method, path, described in operations(holder):
        found = Parameters.of(described)
        named = foreign_of(f"{method} {path}", holder)
        unknown = (
            (found.query | found.body) - named.keys() - set(PLAIN.split()) - {"timestamp", "recvWindow", "signature"}
        )
        assert unknown == set(), f"{method} {path}: say whether {unknown} can name what is somebody else's"
        assert "{" not in path, f"{path} names something in its path, which nothing here asks for"


def words_of(owner: Holder) -> set[str]:
    """What stands in no answer to anybody else: what they wrote, and their numbers but those that count per kind."""
    counted = {"depositOrderId", "fromId", "toId", "beginId", "group", "sequence"}
    numbers = {value for name, value in foreign_of("GET /", owner).items() if value and name not in counted}
    numbers |= set(owner.cursors.values())
    return numbers | {owner.words, owner.name, owner.client_id, owner.listed_address, owner.withdrawal_client_order_id}


@pytest.mark.shows("WEBP-007")
def test_what_is_somebody_elses_is_as_what_is_not_there_whoever_asks_for_it(holder: Holder, stranger: Holder) -> None:
    before, secret, tried = snapshot(holder), words_of(holder), 0
    # What places something comes last: it gives the stranger things of the same names.
    rows = sorted(operations(stranger), key=lambda each: (each[0] == "POST", ORDER_OF.index(each[0])))
    for method, path, described in rows:
        operation, found = f"{method} {path}", Parameters.of(described)
        theirs = foreign_of(operation, holder)
        for name in sorted((found.query | found.body) & theirs.keys()):
            beside = beside_of(operation, name, found, stranger)
            answer = found.send(stranger, method, path, beside | {name: theirs[name]})
            shown = [word for word in secret if word in answer.text and word != theirs[name]]
            assert (answer.status_code < 500, shown) == (True, []), f"{operation} with {name}: {answer.text}"
            nobodys = found.send(stranger, method, path, beside | {name: made_up(name, theirs[name])})
            alike = told(answer) == told(nobodys) or f"{operation} {name}" == KEPT_ALIVE
            assert alike, f"{operation} with {name} tells that it is there: {answer.text} {nobodys.text}"
            tried += 1
    assert tried > 80
    assert snapshot(holder) == before


def beside_of(operation: str, name: str, found: Parameters, client: Holder) -> dict[str, Any]:
    own = foreign_of(operation, client)
    other = OWN_BESIDE.get(f"{operation} {name}")
    beside = found.needed | BESIDE.get(operation, {})
    return beside | {each: own[each] for each in (*found.needed, *([other] if other else [])) if each in own}


def test_a_document_of_a_draft_is_its_applicants_alone(harbour: House) -> None:
    ida = Client(harbour, "ida@mail.example.org", hands_in=False)
    karen = Client(harbour, "karen@mail.example.org", hands_in=False)
    theirs = [each["documentId"] for each in ida.done("GET", "onboarding/documents")]
    for document_id in (theirs[0], "0" * 32):
        answer = karen.ask("DELETE", "/lionrock/v1/onboarding/documents", params={"documentId": document_id})
        assert told(answer) == (400, -1004, "document_unknown")
    assert [each["documentId"] for each in ida.done("GET", "onboarding/documents")] == theirs
    assert ida.ask("DELETE", "/lionrock/v1/onboarding/documents", params={"documentId": theirs[0]}).status_code == 200


@pytest.mark.shows("WEBP-007")
def test_no_client_reaches_an_endpoint_of_the_staff(holder: Holder, stranger: Holder) -> None:
    """Neither with another client's ids nor with one's own."""
    asked = 0
    for method, path, described in operations(holder, of_staff=True):
        if not described.get("security"):
            continue
        found = Parameters.of(described)
        for owner in (holder, stranger):
            values = found.needed | foreign_of(f"{method} {path}", owner) | {"clientId": owner.client_id}
            answer = found.send(stranger, method, path, values)
            assert told(answer)[:2] == (400, -1002), f"{method} {path}: {answer.text}"
            asked += 1
    assert asked > 100


@pytest.mark.shows("WEBP-007")
def test_whoever_is_not_signed_in_is_told_nothing(holder: Holder) -> None:
    secret = words_of(holder)
    nobody = httpx.Client(base_url=holder.house.live.url, timeout=30)
    for method, path, described in operations(holder):
        operation, found = f"{method} {path}", Parameters.of(described)
        theirs = foreign_of(operation, holder)
        values = found.needed | {name: theirs[name] for name in found.query | found.body if name in theirs}
        query = {name: value for name, value in values.items() if name in found.query}
        body = {name: value for name, value in values.items() if name in found.body}
        answer = nobody.request(method, path, params=query, json=body if "json" in found.kind else None)
        shown = [word for word in secret if word in answer.text and word not in values.values()]
        assert shown == [], operation
        if described.get("security"):
            assert answer.status_code == 400, operation


def test_the_owner_alone_makes_the_difference(harbour: House) -> None:
    """With one's own ids the same is done, or refused for another reason: so the walk asks what it says.

    By a client of its own, whose session it ends at last.
    """
    client = Holder(harbour, "turid@mail.example.org", person("Lund", "Turid", 6), LEGACY)
    same = []
    rows = sorted(operations(client), key=lambda each: (ORDER_OF.index(each[0]), "sessions" in each[1]))
    for method, path, described in rows:
        operation, found = f"{method} {path}", Parameters.of(described)
        own = foreign_of(operation, client)
        for name in sorted((found.query | found.body) & own.keys()):
            beside = beside_of(operation, name, found, client)
            nobodys = told(found.send(client, method, path, beside | {name: made_up(name, own[name])}))
            if (
                nobodys[0] != 200
                and (method, name) not in GIVEN
                and nobodys == told(found.send(client, method, path, beside | {name: own[name]}))
            ):
                same.append(f"{operation} {name}")
    assert same == [REFUND, FIXED]
