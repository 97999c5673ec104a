"""A licensed site with staff at work: hired over HTTP as an operator does it, each in a browser of their own."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pyotp
from playwright.sync_api import Browser, Page

from lionrock.compliance.onboarding.documents import PART_BYTES
from lionrock.compliance.onboarding.forms import PersonForm
from lionrock.gateways.rest.authentication import SESSION_COOKIE, STAFF_COOKIE
from lionrock.people.staff.audit import Audit
from lionrock.people.staff.members import Members
from lionrock.people.staff.roles import SEATS, STANDS_ALONE, Role
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer
from tests.compliance.onboarding.world import ANNA, scan
from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched

PASSWORD = "a long pass phrase"
STAFF = "/lionrock/v1/staff/"
SCRIPT = "<script>alert('Anna')</script>"
ARABIC = "استثمار للشيخوخة"

OFFICER = (Role.COMPLIANCE_OFFICER, Role.RESPONSIBLE_OFFICER, Role.MLRO, Role.COMMITTEE_COMPLIANCE, Role.FINANCE)
OPERATOR = (
    Role.MARKET_OPERATIONS,
    Role.OPERATIONS,
    Role.TECHNOLOGY,
    Role.ONBOARDING_REVIEWER,
    Role.FINANCE,
    Role.COMMITTEE_RISK,
    Role.CUSTOMER_SERVICE,
)
ROLES: dict[str, tuple[Role, ...]] = {
    "officer": OFFICER,
    "operator": OPERATOR,
    "third": (Role.COMPLIANCE_OFFICER, Role.RESPONSIBLE_OFFICER),
    "service": (Role.CUSTOMER_SERVICE,),
    "auditor": (Role.AUDITOR,),
    "administrator": (Role.ADMINISTRATOR,),
    "everywhere": tuple(role for role in Role if role not in STANDS_ALONE and role not in SEATS[1:]),
}


class Member:
    """Somebody of the staff: enrolled with a password and an authenticator, signed in with a recovery code."""

    def __init__(self, house: House, name: str, staff_id: str, code: str) -> None:
        self.house, self.name, self.staff_id = house, name, staff_id
        told = {"enrolmentCode": code, "password": PASSWORD}
        self.totp = pyotp.parse_uri(house.post("enrolment/password", told)["uri"])
        assert isinstance(self.totp, pyotp.TOTP)
        told = {"enrolmentCode": code, "code": self.totp.now()}
        codes = house.post("enrolment/totp", told)["recoveryCodes"]
        sign_in = {"signInName": name, "password": PASSWORD, "code": codes[0]}
        answer = house.live.http.post(f"{STAFF}sessions", json=sign_in)
        assert answer.status_code == 200, answer.text
        self.cookie, self.csrf = answer.cookies[STAFF_COOKIE], answer.json()["csrfToken"]

    def send(self, method: str, path: str, told: object = None) -> httpx.Response:
        headers = {"cookie": f"{STAFF_COOKIE}={self.cookie}", "x-lionrock-csrf": self.csrf}
        return httpx.request(method, self.house.live.url + STAFF + path, json=told, headers=headers, timeout=30)

    def done(self, method: str, path: str, told: object = None) -> Any:
        answer = self.send(method, path, told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, told: object = None) -> str:
        """The name of the refusal."""
        answer = self.send(method, path, told)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["lionrock"]["name"])

    def propose(self, action: str, /, **payload: Any) -> Any:
        told = {"action": action, "payload": payload, "reasonCode": "risk", "words": "because of the case"}
        return self.done("POST", "proposals", told)

    def approve(self, made: dict[str, Any]) -> Any:
        told = {"proposalId": made["proposalId"], "payloadSha256": made["payloadSha256"], "words": "seen"}
        return self.done("POST", "proposals/approve", told)

    @contextmanager
    def at(self, browser: Browser, path: str, **named: Any) -> Iterator[Page]:
        """A page of a browser that has this member's session."""
        watched = Watched(browser, self.house.live.url, **named)
        host = urlsplit(self.house.live.url).hostname or ""
        cookie = {"name": STAFF_COOKIE, "value": self.cookie, "domain": host, "path": STAFF, "httpOnly": True}
        watched.context.add_cookies([cookie])  # type: ignore[list-item]
        watched.context.add_init_script("localStorage.setItem('lionrock.staff', '1')")
        try:
            yield watched.page(path)
        finally:
            watched.close()


class House:
    """The site, and who works there. Roles are given without the two people that they take."""

    def __init__(self, directory: Path, *, with_views: bool = False) -> None:
        self.live = LiveServer(directory, "--site", "hk", "--sandbox", with_views=with_views)
        self.hired: dict[str, Member] = {}
        self.offers = 0
        """Clients that offer a coin for sale, each at less than those before."""
        self.hire(**ROLES)

    def hire(self, **people: tuple[Role, ...]) -> None:
        """More people, each by a name and with their roles."""
        database = open_database(self.live.directory)
        sealer = open_sealer(self.live.directory, os.urandom)
        members = Members(database, sealer, os.urandom, time.time_ns, Audit(database))
        self.hired |= {name: self._hire(members, name, roles) for name, roles in people.items()}
        database.dispose()

    def __getitem__(self, name: str) -> Member:
        return self.hired[name]

    def _hire(self, members: Members, name: str, roles: tuple[Role, ...]) -> Member:
        made = members.enrol(f"{name}@example.com", name, "")
        member = Member(self, f"{name}@example.com", made.staff_id, made.code)
        for role in roles:
            members.grant(made.staff_id, role, "")
        return member

    def post(self, path: str, told: object) -> Any:
        answer = self.live.http.post(STAFF + path, json=told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign_up(self, name: str = "anna.eriksson@mail.example.com") -> Client:
        """An applicant who handed everything in, with a name that tries to be a script."""
        return Client(self, name)

    def restart(self) -> None:
        """A clean stop signs a checkpoint over everything before it."""
        assert self.live.stop() == 0
        self.live.start()


class Client:
    """An applicant with an authenticator, signed in with a recovery code."""

    def __init__(
        self, house: House, name: str, form: PersonForm = ANNA, *, kind: str = "person", hands_in: bool = True
    ) -> None:
        """With everything handed in; a company has begun and filled nothing in."""
        self.house, self.name = house, name
        self.http = httpx.Client(base_url=house.live.url, timeout=30)
        self.csrf = self.account_id = ""
        made = self.http.post("/lionrock/v1/onboarding/users", json={"signInName": name, "password": PASSWORD})
        assert made.status_code == 200, made.text
        self.sign_in()
        secret = self.done("POST", "totp", {"password": PASSWORD})["secret"]
        self.codes: list[str] = self.done("PUT", "totp", {"code": pyotp.TOTP(secret).now()})["recoveryCodes"]
        self.sign_in(code=self.codes.pop())
        draft = self.done("POST", "onboarding", {"kind": kind})
        self.client_id = str(draft["clientId"])
        if kind == "person":
            self._fill_in(draft, form)
        if hands_in:
            self.done("POST", "onboarding/submit")

    def _fill_in(self, draft: dict[str, Any], form: PersonForm) -> None:
        told = msgspec.to_builtins(form) | {"occupation": SCRIPT, "purpose": ARABIC}
        self.done("PUT", "onboarding/form", {"version": draft["version"], "form": told})
        for kind in ("identity", "address"):
            whole = scan(kind)
            document = {"kind": kind, "sizeBytes": len(whole), "name": f"{SCRIPT}.pdf"}
            upload = self.done("POST", "onboarding/documents", document)
            for number in range(-(-len(whole) // PART_BYTES)):
                content = base64.b64encode(whole[number * PART_BYTES :][:PART_BYTES]).decode()
                told = {"documentId": upload["documentId"], "part": number, "content": content}
                self.done("PUT", "onboarding/documents/parts", told)
            self.done("POST", "onboarding/documents/finish", {"documentId": upload["documentId"]})

    def sign_in(self, **more: str) -> None:
        told = {"signInName": self.name, "password": PASSWORD} | more
        answer = self.http.post("/lionrock/v1/sessions", json=told)
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrfToken"]

    def ask(self, method: str, path: str, *, shown: bool = False, **sent: Any) -> httpx.Response:
        """As a page of the client asks; with a second factor where it is to be shown."""
        headers = {"x-lionrock-csrf": self.csrf} | sent.pop("headers", {})
        factor = {"x-two-fa-token": self.codes.pop()} if shown else {}
        return self.http.request(method, path, headers=headers | factor, **sent)

    def done(self, method: str, path: str, told: object = None, **more: Any) -> Any:
        """What our own endpoint of this path answers."""
        answer = self.ask(method, f"/lionrock/v1/{path}", json=told, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def contract(self, method: str, path: str, asked: dict[str, str] | None = None, *, shown: bool = False) -> Any:
        """What an endpoint of the public contract answers."""
        answer = self.ask(method, path, params=asked, shown=shown)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @contextmanager
    def at(self, browser: Browser, path: str, *, script: str = "", **named: Any) -> Iterator[Page]:
        """A page of a browser that has this client's session; with `script` run before any of the page's own."""
        watched = Watched(browser, self.house.live.url, accept_downloads=True, **named)
        cookie = {"name": SESSION_COOKIE, "value": self.http.cookies[SESSION_COOKIE], "url": self.house.live.url}
        watched.context.add_cookies([cookie])  # type: ignore[list-item]
        watched.context.add_init_script("localStorage.setItem('lionrock.client', '1')")
        if script:
            watched.context.add_init_script(script)
        try:
            yield watched.page(path)
        finally:
            watched.close()
