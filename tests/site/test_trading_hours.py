"""Markets that open and close by the hours that two people set, on the business days of Hong Kong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lionrock.node.history import past_commands, past_frames
from lionrock.people.staff.roles import Role
from lionrock.rulebook.calendars import CALENDARS
from lionrock.site.auction_clockwork import due_ends
from lionrock.site.trading_hours import BY_HOURS, Clock, HoursOrdered, why_unfit
from lionrock.words.commands import AdvanceTime, SetMarketPhase
from lionrock.words.enumerations import MarketPhase
from tests.gateways.rest.inside import reason_of
from tests.gateways.rest.staff.desk import Desk, enrolled, proposal
from tests.site.at_work import AtWork

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
DAY = {"days": "business_days", "pre_open": "08:30", "opens": "09:00", "closes": "17:00"}
OPEN, CLOSED, PRE_OPEN, HALTED = (
    MarketPhase.CONTINUOUS,
    MarketPhase.CLOSED,
    MarketPhase.PRE_OPEN,
    MarketPhase.HALTED,
)


def ns(text: str) -> int:
    """A time of Hong Kong's clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=HONG_KONG).timestamp()) * 10**9


class Venue(AtWork):
    """A site whose hours are looked at when a test says so."""

    async def at(self, text: str) -> MarketPhase:
        """The first market once the clockwork has looked at this time of Hong Kong's clock."""
        self.now_ns = ns(text)
        await self.rooms.hours.keep()
        return self.phase()

    def phase(self, market_id: int = 1) -> MarketPhase:
        return MarketPhase(self.site.catalogue.phase_of(market_id))

    async def two_of_staff(self) -> tuple[Desk, Desk]:
        maker = await enrolled(self, f"market{self.now_ns}@example.com", Role.MARKET_OPERATIONS)
        return maker, await enrolled(self, f"officer{self.now_ns}@example.com", Role.RESPONSIBLE_OFFICER)

    async def ordered(self, action: str, **payload: Any) -> None:
        maker, checker = await self.two_of_staff()
        done = await checker.approve(await maker.propose(action, market_id=1, **payload))
        assert done["state"] == "carried_out", done


@pytest.mark.shows("OPER-019")
async def test_a_market_opens_and_closes_on_business_days_by_the_hours_that_two_people_set(tmp_path: Path) -> None:
    async with Venue(tmp_path).opened() as venue:
        venue.now_ns = ns("2027-02-03 12:00")  # a Wednesday; Friday the 5th is the day before the Lunar New Year
        maker, checker = await venue.two_of_staff()
        made = await maker.propose("trading_hours", market_id=1, **DAY)
        assert reason_of(await maker.verdict("approve", made)) == "self_approval"
        assert (await checker.done("GET", f"proposals/one?proposalId={made['proposalId']}"))["now"]["days"] == "off"
        done = await checker.approve(made)
        assert (done["state"], "stand in command" in done["outcome"]) == ("carried_out", True)
        assert await venue.at("2027-02-03 12:05") is OPEN, "hours begin with the next moment that they name"
        assert await venue.at("2027-02-03 16:59:59") is OPEN
        assert await venue.at("2027-02-03 17:00:00") is CLOSED
        assert await venue.at("2027-02-04 08:29") is CLOSED
        assert await venue.at("2027-02-04 08:30") is PRE_OPEN
        assert await venue.at("2027-02-04 09:00") is OPEN
        assert await venue.at("2027-02-05 18:00") is CLOSED
        for holiday in ("2027-02-06", "2027-02-07", "2027-02-08", "2027-02-09"):
            assert await venue.at(f"{holiday} 12:00") is CLOSED, holiday
        assert await venue.at("2027-02-10 12:00") is OPEN
        assert venue.phase(2) is OPEN, "another market keeps no hours"
        await venue.ordered("trading_hours", days="off")
        assert await venue.at("2027-02-10 20:00") is OPEN
    past = past_frames(tmp_path, 1, None, lambda *_: None)
    given = [each for frame in past for each in past_commands(frame.frame)]
    notes = [each.note for each in given if isinstance(each.command, SetMarketPhase)]
    assert notes == [BY_HOURS] * 5


@pytest.mark.shows("OPER-019")
async def test_a_site_that_was_away_at_the_opening_opens_as_it_comes_back_and_once(tmp_path: Path) -> None:
    venue = Venue(tmp_path)
    async with venue.opened():
        venue.now_ns = ns("2027-03-03 12:00")
        await venue.ordered("trading_hours", **DAY)
        assert await venue.at("2027-03-03 19:00") is CLOSED
    venue.now_ns = ns("2027-03-04 11:00")
    choose_again = Venue(tmp_path)
    choose_again.now_ns = venue.now_ns
    async with choose_again.opened() as back:
        assert await back.at("2027-03-04 11:00") is OPEN
        sequence = back.site.node.engine.last_sequence
        await back.at("2027-03-04 11:01")
        assert back.site.node.engine.last_sequence == sequence, "what is done is not done again"


@pytest.mark.shows("OPER-019", "OPER-020")
async def test_what_people_did_stands_and_a_halted_market_waits_for_people(tmp_path: Path) -> None:
    async with Venue(tmp_path).opened() as venue:
        venue.now_ns = ns("2027-03-03 08:00")
        await venue.ordered("trading_hours", **DAY)
        await venue.at("2027-03-03 09:00")
        venue.now_ns = ns("2027-03-03 10:00")
        await venue.ordered("market_phase", phase=int(HALTED))
        assert await venue.at("2027-03-03 10:01") is HALTED
        assert venue.site.rooms is not None
        assert venue.rooms.hours.remark() is None, "its last moment is older than the halt"
        assert await venue.at("2027-03-03 17:30") is HALTED
        assert await venue.at("2027-03-04 09:30") is HALTED
        remark = venue.rooms.hours.remark()
        assert remark is not None
        symbol = venue.site.catalogue.markets[1].symbol
        assert remark.code == "markets_out_of_hours"
        assert f"{symbol} (HALTED, by its hours CONTINUOUS)" in remark.words
        ready = (await venue.request("GET", "/ready")).json()
        assert "markets_out_of_hours" in [each["code"] for each in ready["remarks"]]
        await venue.ordered("market_phase", phase=int(CLOSED))
        assert await venue.at("2027-03-04 09:40") is CLOSED, "people closed it after the opening"
        assert venue.rooms.hours.remark() is None
        assert await venue.at("2027-03-05 09:00") is OPEN


@pytest.mark.shows("OPER-019")
async def test_an_auction_that_would_end_after_the_closing_does_not_open_the_market_again(tmp_path: Path) -> None:
    async with Venue(tmp_path).opened() as venue:
        venue.now_ns = ns("2027-03-03 12:00")
        await venue.ordered("trading_hours", **DAY)
        venue.now_ns = ns("2027-03-03 16:59:30")
        await venue.ordered("market_phase", phase=int(MarketPhase.VOLATILITY_AUCTION))
        for command in due_ends(venue.venue, {1: 120}):
            await venue.site.node.submit(command)
        assert (coming := venue.site.trading_rules.next_change(1, venue.now_ns)) is not None
        assert ns("2027-03-03 17:01") < coming.at_time_ns < ns("2027-03-03 17:02")
        assert await venue.at("2027-03-03 17:00") is CLOSED
        venue.now_ns = ns("2027-03-03 17:05")
        await venue.site.node.submit(AdvanceTime())
        assert await venue.at("2027-03-03 17:06") is CLOSED
        assert await venue.at("2027-03-04 09:00") is OPEN


@pytest.mark.shows("OPER-019")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"opens": "9 o'clock"}, "a time is written as 09:00"),
        ({"opens": "09:00:30"}, "a time is written as 09:00"),
        ({"opens": ""}, "opens before it closes"),
        ({"closes": "08:00"}, "opens before it closes"),
        ({"pre_open": "09:00"}, "opens before it closes"),
        ({"days": "off"}, "name no times"),
        ({"days": "weekdays"}, "days is none of"),
        ({"market_id": 99}, "there is no market 99"),
    ],
)
async def test_hours_that_nobody_could_keep_are_refused(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    async with Venue(tmp_path).opened() as venue:
        maker = await enrolled(venue, "market@example.com", Role.MARKET_OPERATIONS)
        told = proposal("trading_hours", **({"market_id": 1} | DAY | changed))
        refused = await maker.send("POST", "proposals", told)
        assert (refused.status_code, words in refused.text) == (400, True), refused.text


@pytest.mark.shows("OPER-019")
def test_hours_are_those_of_the_sites_clock_through_summer_time() -> None:
    paris = Clock(CALENDARS["EU"], ZoneInfo("Europe/Paris"))
    hours = HoursOrdered(market_id=1, days="every_day", opens="09:00", closes="17:30")
    assert why_unfit(hours) == ""
    at = [
        datetime.fromtimestamp(moment.at_ns // 10**9, UTC).strftime("%H:%M")
        for day in ("2027-03-27", "2027-03-28")
        for moment in paris.moments(hours, datetime.fromisoformat(day).date())
    ]
    assert at == ["08:00", "16:30", "07:00", "15:30"]
    (_, closes), (opens, _) = (paris.moments(hours, date(2027, 3, day)) for day in (27, 28))
    assert paris.next_ns(hours, closes.at_ns) == opens.at_ns
