"""When the rules are asked again: at once after what people recorded, once a day for what gates decide; open alarms."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lionrock.compliance.capital.figures import MonthExpenses
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.people.staff.roles import Role
from tests.compliance.capital.desks import DOLLAR, with_liquid_capital
from tests.gateways.rest.inside import SECOND
from tests.site.at_work import DAY_SECONDS, AtWork

F1, F2 = (StaffIdentity(name, frozenset({"finance"})) for name in ("f1", "f2"))


async def is_due(site: AtWork, *, after: str) -> bool:
    """A second later; whatever is due is then run, after which nothing is."""
    site.pass_time(1)
    office = site.rooms.rulebook
    due = await office.is_due()
    if due:
        await office.run()
        assert not await office.is_due(), after
    return due


@pytest.mark.shows("RULE-012")
async def test_the_rules_are_asked_again_after_what_people_recorded(tmp_path: Path) -> None:
    async with AtWork(tmp_path).opened() as site:
        await site.hire()
        await site.publish_agreement()
        assert await is_due(site, after="the start")
        assert not await is_due(site, after="nothing")
        await site.record_capital()
        assert await is_due(site, after="capital figures")
        await site.describe("BTC")
        assert await is_due(site, after="a step of an admission")
        document = await site.hand_over()
        assert not await is_due(site, after="a document that nobody attested")
        told = {"subject": "technology_audit", "document_sha256": document}
        await site.two(Role.TECHNOLOGY, Role.COMPLIANCE_OFFICER, "attestation", **told)
        assert await is_due(site, after="an attestation")
        browser = await site.apply()
        await site.cleared(browser)
        assert not await is_due(site, after="decisions about a client, each of a gate"), "asked once a day"
        site.pass_time(DAY_SECONDS)
        assert await is_due(site, after="a day")


async def figures(site: AtWork, minor: int) -> None:
    spent = tuple(MonthExpenses(f"2026-{month:02}", 500_000 * DOLLAR) for month in range(1, 13))
    told = with_liquid_capital(minor, entity="operator", as_of_ns=site.now_ns - SECOND, operating_expenses=spent)
    await asyncio.to_thread(site.rooms.paperwork.book.record, told, F1, F2, site.now_ns)


@pytest.mark.shows("CAPI-023")
async def test_an_alarm_about_capital_is_told_until_the_regulator_knows(
    tmp_path: Path,
) -> None:
    async with AtWork(tmp_path).opened() as site:
        registry = site.site.node.metrics.registry

        def told() -> tuple[float | None, float | None, list[str]]:
            remarks = [each for remark in site.site.probes.remarks if (each := remark()) is not None]
            about = [each.words for each in remarks if each.code == "capital_alarms_open"]
            sample = registry.get_sample_value
            return sample("lionrock_capital_alarms_open"), sample("lionrock_capital_alarms_late"), about

        assert told() == (0, 0, [])
        await figures(site, 1_000_000 * DOLLAR)
        where = "see /lionrock/v1/staff/capital/notices"
        words = "the regulator must be told of {} alarms about capital, {} of them late: "
        assert told() == (1, 0, [words.format(1, 0) + where])
        site.pass_time(7 * DAY_SECONDS)
        assert told() == (1, 1, [words.format(1, 1) + where])
        (alarm,) = site.rooms.paperwork.book.alarms()
        site.rooms.paperwork.book.notified(alarm.alarm_id, F1, site.now_ns)
        assert told() == (0, 0, [])
