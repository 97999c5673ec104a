"""What the staff orders about an assessed client's account is on record first, so that the gates keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lionrock.compliance.gates import by_staff
from lionrock.compliance.gates.orders import ClientOrders
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.people.staff.roles import Role
from lionrock.words.enumerations import AccountRestriction, ClientClass
from tests.compliance.rooms import DOCUMENT, FINN, LOW_RISK
from tests.gateways.rest.inside import Browser
from tests.gateways.rest.staff.desk import Desk, enrolled, proposal
from tests.gateways.rest.test_assessments import Assessing, assessing

MAKER = StaffIdentity("somebody", frozenset())


async def at_work(room: Assessing) -> tuple[Browser, Desk, Desk]:
    """A client, and two of the staff who may decide about it."""
    inside = room.inside
    inside.site.market_orders.of_client = ClientOrders(room.clock, inside.clock)
    ann = await room.client("ann@example.com", "aa")
    await by_staff.rate_risk(room.clock, MAKER, "aa", LOW_RISK, inside.now_ns)
    return (
        ann,
        await enrolled(inside, "officer@example.com", Role.COMPLIANCE_OFFICER),
        await enrolled(inside, "responsible@example.com", Role.RESPONSIBLE_OFFICER),
    )


async def ordered(maker: Desk, checker: Desk, action: str, **payload: Any) -> tuple[str, str]:
    done = await checker.approve(await maker.propose(action, **payload))
    return done["state"], done["outcome"]


@pytest.mark.shows("ASSE-073", "CGAT-008")
async def test_a_freeze_of_the_staff_outlasts_a_look_at_all(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        ann, maker, checker = await at_work(room)
        account_id = int(ann.signed_in["accountId"])
        profiles = room.inside.site.profiles
        frozen = proposal("account_restriction", account_id=account_id, restriction=int(AccountRestriction.FROZEN))
        assert (await maker.done("POST", "proposals/atOnce", frozen))["state"] == "to_review"
        assert profiles.of(account_id).restriction == AccountRestriction.FROZEN
        await room.clock.look_at_all(room.inside.now_ns)
        assert profiles.of(account_id).restriction == AccountRestriction.FROZEN
        names = [each["name"] for each in (await ann.done("GET", "limits"))["conditions"]]
        assert "restricted_by_staff" in names
        state, _ = await ordered(maker, checker, "account_restriction", account_id=account_id, restriction=0)
        assert state == "carried_out"
        assert profiles.of(account_id).restriction == AccountRestriction.REDUCE_ONLY  # other conditions still hold


@pytest.mark.shows("ASSE-033", "ASSE-041")
async def test_limits_and_classes_by_hand_go_through_the_clients_file(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        ann, maker, checker = await at_work(room)
        account_id = int(ann.signed_in["accountId"])
        profiles = room.inside.site.profiles
        state, _ = await ordered(
            maker, checker, "exposure_limit", account_id=account_id, exposure_limit_atoms=5 * 10**8
        )
        assert (state, profiles.of(account_id).exposure_limit_atoms) == ("carried_out", 5 * 10**8)
        for action, payload in (
            ("exposure_limit", {"exposure_limit_atoms": 0}),
            ("client_class", {"client_class": int(ClientClass.PROFESSIONAL)}),
        ):
            state, words = await ordered(maker, checker, action, account_id=account_id, **payload)
            assert state != "carried_out"
            assert words
        await by_staff.accept_evidence(
            room.clock, MAKER, "aa", approver=FINN, kind="public_filing", document_sha256=DOCUMENT,
            dated_ns=room.inside.now_ns, at_ns=room.inside.now_ns,
        )  # fmt: skip
        assert profiles.of(account_id).client_class == ClientClass.PROFESSIONAL
        state, words = await ordered(
            maker, checker, "client_class", account_id=account_id, client_class=int(ClientClass.RETAIL)
        )
        assert (state, words) == ("carried_out", "the client counts as retail")
        assert profiles.of(account_id).client_class == ClientClass.RETAIL


@pytest.mark.shows("CGAT-008")
async def test_an_account_of_nobody_who_is_assessed_is_ordered_as_before(tmp_path: Path) -> None:
    async with assessing(tmp_path) as room:
        _, maker, checker = await at_work(room)
        key = await room.inside.account(USDT="10")
        frozen = int(AccountRestriction.FROZEN)
        state, _ = await ordered(maker, checker, "account_restriction", account_id=key.account_id, restriction=frozen)
        assert state == "carried_out"
        assert room.inside.site.profiles.of(key.account_id).restriction == AccountRestriction.FROZEN
