"""Values and bodies with which operations of the API succeed, made on a live sandbox when they are asked for."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from typing import Any

import pyotp

from lionrock.compliance.papers.drawing import Owed
from lionrock.compliance.papers.periods import PaperKind, Period
from lionrock.compliance.papers.shelf import Shelf, paper_id_of
from lionrock.site.staffing import enrol_administrator
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer
from tests.gateways.rest import wallets
from tests.gateways.rest.authenticator import Device
from tests.gateways.rest.live import LiveServer, Trader, now_ms
from tests.gateways.rest.own import done, own, placed
from tests.gateways.rest.wallets import deposit_address, signed_json

PASS_PHRASE = "a long pass phrase of ann's"
COIN = {"coin": "BTC", "chainType": "BTC"}
ADDRESSES = "/lionrock/v1/withdrawalAddresses"
KEYS = "/lionrock/v1/keys"
DAY_MS = 24 * 3600 * 1000


class GoodRequests:
    """Everything is the trader's, whose key has every right."""

    def __init__(self, server: LiveServer, trader: Trader) -> None:
        self.server, self.trader = server, trader
        self.sub = wallets.open_sub(trader, "desk")
        self.address = deposit_address(trader, "BTC", "BTC")
        wallets.send_coins(server, "BTC", "BTC", self.address, "1.5")
        wallets.add_blocks(server, "BTC", 3)
        wallets.in_time(lambda: bool(wallets.deposits(trader)))
        self.deposit = str(wallets.deposits(trader)[0]["depositOrderId"])
        done(signed_json(trader, "POST", ADDRESSES, COIN | {"address": wallets.BITCOIN}))
        self.device, self.name = Device(server.url.replace("127.0.0.1", "localhost")), "ann@example.com"
        self._register()

    def query(self, operation: str) -> dict[str, Any] | None:
        """The whole of its parameters; None where the general ones do."""
        make = self._queries().get(operation)
        return make() if make else None

    def body(self, operation: str) -> Any:
        """None for an operation without one."""
        make = self._bodies().get(operation)
        return make() if make else None

    def values(self) -> dict[str, str]:
        """Of parameters whose example cannot stand in the table: an open order's ids."""
        order = self.trader.limit("BUY", "0.01", "40000")
        return {
            "orderId": order["orderId"],
            "clientOrderId": order["clientOrderId"],
            "origClientOrderId": order["clientOrderId"],
            "ids": order["orderId"],
            "accountId": self.trader.account_id,
            "symbol": "BTCUSDT",
            "price": "40000",
            "quantity": "0.01",
        }

    def _queries(self) -> dict[str, Callable[[], dict[str, Any]]]:
        now, trader = int(now_ms()), self.trader
        of_sub: dict[str, Any] = {"subAccountId": self.sub}
        history = {"from": str(now - DAY_MS), "to": str(now + DAY_MS), "limit": "5"}
        between = {"from": str(now - DAY_MS), "to": str(now + DAY_MS)}
        withdrawal = COIN | {"address": wallets.BITCOIN, "quantity": "0.01"}
        return {
            "GET /lionrock/v1/orders": lambda: {"orderId": self._order()},
            "POST /api/v1/account/assetTransfer": lambda: {
                "fromAccountId": trader.account_id,
                "toAccountId": self.sub,
                "coin": "USDT",
                "quantity": "1",
            },
            "GET /api/v1/spot/subAccount/openOrders": lambda: of_sub,
            "GET /api/v1/spot/subAccount/tradeOrders": lambda: of_sub,
            "GET /api/v1/subAccount/trades": lambda: of_sub,
            "POST /api/v1/account/withdraw": lambda: withdrawal,
            "GET /api/v1/account/withdrawOrders": lambda: {"coin": "BTC"},
            "GET /lionrock/v1/deposits/steps": lambda: {"depositOrderId": self.deposit},
            "DELETE /lionrock/v1/withdrawals": lambda: {"orderId": self._withdrawal()},
            f"DELETE {ADDRESSES}": lambda: COIN | {"address": wallets.BITCOIN},
            "GET /api/v1/account/fiat/history": lambda: {"type": "deposit"},
            "GET /api/v1/account/balanceFlow": lambda: {"limit": "5"},
            "GET /lionrock/v1/history/orders": lambda: history,
            "GET /lionrock/v1/history/fills": lambda: history,
            "GET /lionrock/v1/history/entries": lambda: history,
            "GET /lionrock/v1/proofs/entry": lambda: {"sequence": self._entry()},
            "GET /lionrock/v1/statements": lambda: between | {"format": "csv"},
            "PUT /api/v1/userDataStream": lambda: {"listenKey": self._listen_key()},
            "DELETE /api/v1/userDataStream": lambda: {"listenKey": self._listen_key()},
            f"DELETE {KEYS}": lambda: {"apiKey": self._spare_key()},
            "GET /lionrock/v1/papers": lambda: {"kind": "contract_note", "limit": "5"},
            "GET /lionrock/v1/papers/file": lambda: {"paperId": self._paper(), "format": "pdf"},
        }

    def _bodies(self) -> dict[str, Callable[[], Any]]:
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "40000"}
        return {
            "POST /api/v1/spot/batchOrders": lambda: [order],
            "POST /lionrock/v1/orders": lambda: order,
            "PATCH /lionrock/v1/orders": lambda: {"orderId": self._order(), "price": "39999"},
            "DELETE /lionrock/v1/orders": lambda: {"orderId": self._order()},
            "POST /lionrock/v1/orders/batch": lambda: {"orders": [order]},
            "POST /lionrock/v1/orders/preview": lambda: order,
            "POST /lionrock/v1/killSwitch": lambda: {"engaged": True},
            "POST /lionrock/v1/subAccounts": lambda: {"label": "desk"},
            f"POST {ADDRESSES}": lambda: COIN | {"address": wallets.LEGACY},
            f"POST {KEYS}": lambda: {"rights": ["READ"], "label": "laptop"},
            "POST /lionrock/v1/sandbox/accounts": lambda: {"fund": {"BTC": "1"}},
            "POST /lionrock/v1/sandbox/deposits": lambda: COIN | {"address": self.address, "quantity": "1"},
            "POST /lionrock/v1/sandbox/blocks": lambda: {"chainType": "BTC", "count": 1},
            "POST /lionrock/v1/sandbox/reorganisations": lambda: {"chainType": "BTC", "depth": 1},
            "POST /lionrock/v1/users": lambda: {
                "signInName": f"{uuid.uuid4().hex}@example.com",
                "password": PASS_PHRASE,
            },
            "POST /lionrock/v1/onboarding/users": lambda: {
                "signInName": f"{uuid.uuid4().hex}@example.com",
                "password": PASS_PHRASE,
            },
            "POST /lionrock/v1/sessions": lambda: {"signInName": self.name, "password": PASS_PHRASE},
            "POST /lionrock/v1/sessions/passkeyOptions": dict,
            "POST /lionrock/v1/sessions/passkey": lambda: {
                "credential": self.device.get(done(self._post("sessions/passkeyOptions", {})))
            },
            **self._bodies_of_staff(),
        }

    def _bodies_of_staff(self) -> dict[str, Callable[[], Any]]:
        path = "POST /lionrock/v1/staff/"
        return {
            f"{path}enrolment/passkeyOptions": lambda: {"enrolmentCode": self._enrolment_code()},
            f"{path}enrolment/passkey": self._staff_passkey,
            f"{path}enrolment/password": lambda: {"enrolmentCode": self._enrolment_code(), "password": PASS_PHRASE},
            f"{path}enrolment/totp": lambda: self._staff_password()[0],
            f"{path}sessions": self._staff_sign_in,
            f"{path}sessions/passkeyOptions": dict,
            f"{path}sessions/passkey": self._staff_by_passkey,
        }

    def _enrolment_code(self) -> str:
        self.staff_name = f"{uuid.uuid4().hex}@example.com"
        return enrol_administrator(self.server.directory, self.staff_name, "1", time.time_ns, os.urandom).code

    def _staff_passkey(self) -> dict[str, Any]:
        code = self._enrolment_code()
        options = done(self._post("staff/enrolment/passkeyOptions", {"enrolmentCode": code}))
        return {"enrolmentCode": code, "credential": Device(self.device.origin).create(options), "label": "key"}

    def _staff_password(self) -> tuple[dict[str, Any], pyotp.TOTP]:
        """The body that confirms it, and the authenticator."""
        told = {"enrolmentCode": self._enrolment_code(), "password": PASS_PHRASE}
        totp = pyotp.TOTP(done(self._post("staff/enrolment/password", told))["secret"])
        return {"enrolmentCode": told["enrolmentCode"], "code": totp.now()}, totp

    def _staff_sign_in(self) -> dict[str, Any]:
        told, _ = self._staff_password()
        codes = done(self._post("staff/enrolment/totp", told))["recoveryCodes"]
        return {"signInName": self.staff_name, "password": PASS_PHRASE, "code": codes[0]}

    def _staff_by_passkey(self) -> dict[str, Any]:
        code, device = self._enrolment_code(), Device(self.device.origin)
        options = done(self._post("staff/enrolment/passkeyOptions", {"enrolmentCode": code}))
        told = {"enrolmentCode": code, "credential": device.create(options), "label": "key"}
        done(self._post("staff/enrolment/passkey", told, Origin=self.device.origin))
        return {"credential": device.get(done(self._post("staff/sessions/passkeyOptions", {})))}

    def restore(self) -> None:
        """Nothing stays engaged or in the book, so that later operations find what the first did."""
        done(own(self.trader, "POST", "/lionrock/v1/killSwitch", engaged=False))
        done(own(self.trader, "DELETE", all=True))

    def _order(self) -> str:
        return str(placed(self.trader, "BUY", "0.01", "40000")["order"]["orderId"])

    def _entry(self) -> str:
        """The first one of the account: a restart since then had it signed."""
        rows = done(self.trader.signed("GET", "/lionrock/v1/history/entries", limit="1"))["rows"]
        return str(rows[0]["sequence"])

    def _withdrawal(self) -> str:
        done(signed_json(self.trader, "POST", ADDRESSES, COIN | {"address": wallets.BITCOIN}))
        return str(done(wallets.withdraw(self.trader, quantity="0.01"))["orderId"])

    def _listen_key(self) -> str:
        return str(done(self.trader.signed("POST", "/api/v1/userDataStream"))["listenKey"])

    def _spare_key(self) -> str:
        return str(done(signed_json(self.trader, "POST", KEYS, {"rights": ["READ"]}))["apiKey"])

    def _paper(self) -> str:
        """Put on the shelf beside the server, which makes the first of its own after a day."""
        database, account_id = open_database(self.server.directory), int(self.trader.account_id)
        shelf, kind = Shelf(database, open_sealer(self.server.directory, os.urandom)), PaperKind.CONTRACT_NOTE
        period = Period(time.time_ns(), time.time_ns() + 1)
        paper_id = paper_id_of(kind, account_id, 0, period.from_ns)
        shelf.plan(kind, period, [Owed(account_id, 0, period.from_ns)], lambda begun: begun, period.from_ns)
        shelf.keep(paper_id, b"{}", b"%PDF", period.from_ns, within=lambda _: None)
        database.dispose()
        return paper_id

    def _post(self, path: str, body: Any, **headers: str) -> Any:
        return self.server.http.post(f"/lionrock/v1/{path}", json=body, headers=headers)

    def _register(self) -> None:
        """A user, whose device has a passkey."""
        told = {"signInName": self.name, "password": PASS_PHRASE}
        done(self._post("users", told))
        answer = self._post("sessions", told)
        headers = {"X-Lionrock-CSRF": done(answer)["csrfToken"], "Origin": self.server.url}
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        self.server.http.cookies.clear()
        headers |= {"Cookie": cookie}
        options = done(self._post("passkeys/options", {"password": PASS_PHRASE}, **headers))
        headers["Origin"] = self.device.origin
        done(self._post("passkeys", {"credential": self.device.create(options), "label": "phone"}, **headers))
        self.server.http.cookies.clear()
