"""How somebody comes in by HTTP: an applicant with a password and an authenticator, a member of the staff likewise."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import httpx
import pyotp

from lionrock.compliance.identity.mrz import check_digit
from lionrock.sim.api_client import RefusedByVenueError

PASSWORD = "a long pass phrase of the tour"  # noqa: S105 of accounts that live as long as the tour
PREFIX = "/lionrock/v1/"
STAFF = "/lionrock/v1/staff/"
PATIENCE_SECONDS = 60


class Session:
    """A browser's cookies, and the token that its writes carry."""

    def __init__(self, url: str, prefix: str = PREFIX) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE_SECONDS)
        self._prefix = prefix
        self._csrf = ""

    def call(self, method: str, path: str, told: object = None) -> Any:
        """The answer. Raises `RefusedByVenueError` unless the status is 200, `httpx.HTTPError` when nobody answers."""
        return self.read(method, path, told).json()

    def read(self, method: str, path: str, told: object = None) -> httpx.Response:
        """The same for an answer that is no JSON: a document."""
        headers = {"X-Lionrock-CSRF": self._csrf} if self._csrf else {}
        answer = self._http.request(method, self._prefix + path, json=told, headers=headers)
        if answer.status_code != 200:
            raise RefusedByVenueError(answer.status_code, answer.json())
        return answer

    def sign_in(self, name: str, **factors: str) -> None:
        self._csrf = ""
        self._csrf = self.call("POST", "sessions", {"signInName": name, "password": PASSWORD} | factors)["csrfToken"]


class Member(Session):
    """Somebody of the staff, enrolled with a one-time code: a password and an authenticator."""

    def __init__(self, url: str, name: str, staff_id: str, code: str) -> None:
        super().__init__(url, STAFF)
        self.staff_id = staff_id
        begun = self.call("POST", "enrolment/password", {"enrolmentCode": code, "password": PASSWORD})
        told = {"enrolmentCode": code, "code": _authenticator(begun["uri"]).now()}
        recovery = self.call("POST", "enrolment/totp", told)["recoveryCodes"]
        # A code of the authenticator counts once, and the next is half a minute away.
        self.sign_in(name, code=recovery[0])

    def propose(self, action: str, words: str, /, **payload: Any) -> dict[str, Any]:
        told = {"action": action, "payload": payload, "reasonCode": "review", "words": words}
        made: dict[str, Any] = self.call("POST", "proposals", told)
        return made

    def approve(self, proposal: Mapping[str, Any]) -> str:
        """The state that the proposal came to."""
        told = {"proposalId": proposal["proposalId"], "payloadSha256": proposal["payloadSha256"], "words": "read"}
        return str(self.call("POST", "proposals/approve", told)["state"])


def sign_up(url: str, name: str) -> Session:
    """An applicant, with the second factor that the site asks for."""
    session = Session(url)
    session.call("POST", "onboarding/users", {"signInName": name, "password": PASSWORD})
    session.sign_in(name)
    begun = session.call("POST", "totp", {"password": PASSWORD})
    recovery = session.call("PUT", "totp", {"code": _authenticator(begun["uri"]).now()})["recoveryCodes"]
    session.sign_in(name, code=recovery[0])
    return session


def upload(session: Session, kind: str, content: bytes) -> None:
    """One document of an application."""
    begun = session.call(
        "POST", "onboarding/documents", {"kind": kind, "sizeBytes": len(content), "name": f"{kind}.pdf"}
    )
    size = begun["partBytes"]
    for number, start in enumerate(range(0, len(content), size)):
        part = base64.b64encode(content[start : start + size]).decode()
        told = {"documentId": begun["documentId"], "part": number, "content": part}
        session.call("PUT", "onboarding/documents/parts", told)
    session.call("POST", "onboarding/documents/finish", {"documentId": begun["documentId"]})


def application(number: str) -> dict[str, Any]:
    """A person's form: the specimen of ICAO Doc 9303, part 4, as a national of Denmark. `number` is the passport's."""
    return {
        "surname": "Eriksson",
        "givenNames": "Anna Maria",
        "birth": "1974-08-12",
        "nationality": "DK",
        "residence": "HK",
        "address": {"country": "HK", "area": "Kowloon", "city": "Mong Kok", "street": "1 Nathan Road"},
        "phone": "+85221234567",
        "email": "specimen@mail.example.com",
        "document": {
            "kind": "passport",
            "number": number,
            "country": "DK",
            "expiry": "2032-04-15",
            "zone": _zone("L898902C3"),
        },
        "taxResidences": [{"country": "HK", "number": "A123456(3)"}],
        "certifiesTaxes": True,
        "occupation": "Cartographer",
        "sourceOfFunds": "Royalties of maps",
        "purpose": "Investing for old age",
    }


def _zone(number: str) -> str:
    """The machine-readable zone of that passport (ICAO Doc 9303, part 4, section 4.2)."""
    fields = [number, "740812", "320415", "<" * 14]
    number_, birth_, expiry_, optional_ = (field + check_digit(field) for field in fields)
    whole = check_digit(number_ + birth_ + expiry_ + optional_)
    return f"{'P<DNKERIKSSON<<ANNA<MARIA'.ljust(44, '<')}\n{number_}DNK{birth_}F{expiry_}{optional_}{whole}"


def _authenticator(uri: str) -> pyotp.TOTP:
    found = pyotp.parse_uri(uri)
    if not isinstance(found, pyotp.TOTP):
        raise TypeError(f"no authenticator of RFC 6238: {type(found).__name__}")
    return found
