"""Somebody of the staff at work: enrolled with a device, signed in over HTTP, on a site whose clock the test sets."""

from __future__ import annotations

from typing import Any

import httpx

from lionrock.gateways.rest.authentication import STAFF_COOKIE
from lionrock.people.staff.actions import Reason
from lionrock.people.staff.roles import Role
from lionrock.people.staff.tables import staff_roles
from tests.gateways.rest.authenticator import Device
from tests.gateways.rest.inside import Inside

PATH = "/lionrock/v1/staff/"
LOCAL = "http://localhost:8000"


class Desk:
    """A member with a passkey and a session."""

    def __init__(self, inside: Inside, staff_id: str, name: str, device: Device) -> None:
        self.inside, self.staff_id, self.name, self.device = inside, staff_id, name, device
        self.token = self.csrf = ""

    async def sign_in(self) -> Desk:
        options = (await self.inside.post(f"{PATH}sessions/passkeyOptions", {})).json()
        told = {"credential": self.device.get(options)}
        answer = await self.inside.post(f"{PATH}sessions/passkey", told, origin=LOCAL)
        assert answer.status_code == 200, answer.text
        self.set_cookie = answer.headers["set-cookie"]
        self.token = self.set_cookie.partition(";")[0].partition("=")[2]
        self.csrf = answer.json()["csrfToken"]
        return self

    async def send(self, method: str, path: str, told: object = None, **headers: str) -> httpx.Response:
        given = {"cookie": f"{STAFF_COOKIE}={self.token}", "x_lionrock_csrf": self.csrf}
        return await self.inside.send(method, PATH + path, told, **(given | headers))

    async def done(self, method: str, path: str, told: object = None) -> Any:
        answer = await self.send(method, path, told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def propose(self, action: str, /, **payload: Any) -> Any:
        return await self.done("POST", "proposals", proposal(action, **payload))

    async def verdict(self, path: str, made: dict[str, Any], **more: Any) -> httpx.Response:
        told = {"proposalId": made["proposalId"], "payloadSha256": made["payloadSha256"], "words": "seen"} | more
        return await self.send("POST", f"proposals/{path}", told)

    async def approve(self, made: dict[str, Any]) -> Any:
        answer = await self.verdict("approve", made)
        assert answer.status_code == 200, answer.text
        return answer.json()


def proposal(action: str, /, **payload: Any) -> dict[str, Any]:
    """The body of a proposal with a reason and words."""
    return {"action": action, "payload": payload, "reasonCode": Reason.RISK.value, "words": "because of the case"}


def given_roles(inside: Inside, staff_id: str, *roles: Role) -> None:
    """Roles without the two people that they take: for tests about something else."""
    with inside.site.database.begin() as connection:
        for role in roles:
            row = {"staff_id": staff_id, "role": role.value, "granted_ns": inside.now_ns, "proposal_id": ""}
            connection.execute(staff_roles.insert().values(**row))


async def enrolled(inside: Inside, name: str, *roles: Role, person: str = "") -> Desk:
    """A new member with a passkey, these roles and a session."""
    made = inside.site.staff.members.enrol(name, person or name, "")
    return await at_desk(inside, made.staff_id, name, made.code, *roles)


async def at_desk(inside: Inside, staff_id: str, name: str, code: str, *roles: Role) -> Desk:
    """Enrols with a code."""
    device = Device()
    answer = await inside.post(f"{PATH}enrolment/passkeyOptions", {"enrolmentCode": code})
    assert answer.status_code == 200, answer.text
    told = {"enrolmentCode": code, "credential": device.create(answer.json()), "label": "key"}
    kept = await inside.post(f"{PATH}enrolment/passkey", told, origin=LOCAL)
    assert kept.status_code == 200, kept.text
    given_roles(inside, staff_id, *roles)
    return await Desk(inside, staff_id, name, device).sign_in()
