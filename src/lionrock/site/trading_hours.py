"""When markets open and close by themselves: hours that two people set, carried out by the site's clockwork.

Hours stand in the journal, as the side note of an `AdvanceTime`: bytes FF 48, then canonical JSON. What they lead to
are `SetMarketPhase` commands, as people give them, each with a note that says so. Nothing else is remembered: the last
change of a market's phase and the last moment that its hours name tell what is to be done, after any stop as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from lionrock.gateways.rest.contract import Reason
from lionrock.node.node import Node
from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.people.staff.payloads import one_of
from lionrock.rulebook.calendars import Calendar
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.noted import NoteLog, record_note
from lionrock.views.catalogue import Catalogue
from lionrock.views.trading_rules import TradingRules
from lionrock.words.commands import SetMarketPhase
from lionrock.words.enumerations import MarketPhase
from lionrock.words.events import CommandRejected
from lionrock.words.figures import explain
from lionrock.words.rejections import Rejection

_log = logging.getLogger(__name__)

BY_HOURS = b"by trading hours"
"""Note of a command that nobody gave but the hours."""
_HEAD = b"\xffH"
"""No UTF-8 text begins with 0xFF, and no other note with these two bytes (`words.side_notes`)."""
_DAYS = ("business_days", "every_day", "off")
_LOOK_BACK_DAYS = 31
"""No row of holidays is longer."""
_LONGEST_PAUSE_S, _SHORTEST_PAUSE_S = 60.0, 0.02
_LEFT_ALONE = frozenset({MarketPhase.HALTED, MarketPhase.CANCEL_ONLY})
"""A market that people stopped is brought back by people."""


class HoursOrdered(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `trading_hours`. Times are those of the site's clock, such as 09:00."""

    market_id: int
    days: Annotated[str, one_of(_DAYS)]
    """Business days of the site's calendar, or every day; off where people alone open and close."""
    pre_open: str = ""
    """From when on orders are collected; empty where trading begins without."""
    opens: str = ""
    closes: str = ""


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """What two people agreed on of one market, and where it stands."""

    ordered: HoursOrdered
    proposal_id: str
    by: str
    approved_by: str


class HoursSet(msgspec.Struct, frozen=True):
    """Hours at their place in the journal."""

    sequence: int
    at_ns: int
    hours: Hours


def _read(note: bytes, sequence: int, at_ns: int) -> HoursSet | None:
    if not note.startswith(_HEAD):
        return None
    try:
        return HoursSet(sequence, at_ns, msgspec.json.decode(note[len(_HEAD) :], type=Hours))
    except msgspec.MsgspecError:
        _log.error("Command %d sets trading hours that cannot be read; they open nothing", sequence)
        return None


class HoursLog(NoteLog[HoursSet]):
    """Everything that was ever set, oldest first; fed with every frame."""

    def __init__(self) -> None:
        super().__init__("trading hours 1", HoursSet, _read)

    def in_force(self) -> dict[int, HoursSet]:
        """The last hours of each market."""
        return {each.hours.ordered.market_id: each for each in self.all}


class Moment(NamedTuple):
    """When hours bring a market into a phase."""

    at_ns: int
    phase: MarketPhase


class Clock(NamedTuple):
    """The place whose days and times hours mean."""

    calendar: Calendar
    zone: ZoneInfo

    def moments(self, hours: HoursOrdered, day: date) -> list[Moment]:
        """Of one day, in their order; none on a day that hours leave out."""
        if hours.days == "off" or (hours.days == "business_days" and not self.calendar.is_business_day(day)):
            return []
        named = [(hours.pre_open, MarketPhase.PRE_OPEN)] if hours.pre_open else []
        named += [(hours.opens, MarketPhase.CONTINUOUS), (hours.closes, MarketPhase.CLOSED)]
        return [Moment(self._ns(day, time.fromisoformat(at)), phase) for at, phase in named]

    def _ns(self, day: date, at: time) -> int:
        return int(datetime.combine(day, at, self.zone).timestamp()) * 10**9

    def day_of(self, at_ns: int) -> date:
        return datetime.fromtimestamp(at_ns // 10**9, UTC).astimezone(self.zone).date()

    def last(self, hours: HoursOrdered, now_ns: int) -> Moment | None:
        """The newest moment that has come."""
        today = self.day_of(now_ns)
        for back in range(_LOOK_BACK_DAYS):
            come = [each for each in self.moments(hours, today - timedelta(days=back)) if each.at_ns <= now_ns]
            if come:
                return come[-1]
        return None

    def next_ns(self, hours: HoursOrdered, now_ns: int) -> int | None:
        """The next moment of today and tomorrow."""
        today = self.day_of(now_ns)
        for day in (today, today + timedelta(days=1)):
            for moment in self.moments(hours, day):
                if moment.at_ns > now_ns:
                    return moment.at_ns
        return None


class TradingHours:
    """Of one site: sets hours when two people say so, and keeps markets to them."""

    def __init__(
        self,
        node: Node,
        log: HoursLog,
        catalogue: Catalogue,
        rules: TradingRules,
        *,
        place: Clock,
        now: Callable[[], int],
    ) -> None:
        self._node, self._log, self._catalogue, self._rules = node, log, catalogue, rules
        self._place, self._now = place, now

    def register(self, executors: Executors) -> None:
        """Raises `ValueError` when it is there already."""
        executors.register("trading_hours", HoursOrdered, self._set, self._as_it_stands, self._present)

    def _as_it_stands(self, payload: HoursOrdered) -> object:
        if payload.market_id not in self._catalogue.markets:
            raise OrderRefused(f"there is no market {payload.market_id}")
        if why := why_unfit(payload):
            raise OrderRefused(why)
        standing = self._log.in_force().get(payload.market_id)
        return [standing.sequence if standing else 0]

    def _present(self, payload: HoursOrdered) -> dict[str, object]:
        standing = self._log.in_force().get(payload.market_id)
        ordered = standing.hours.ordered if standing else HoursOrdered(market_id=payload.market_id, days="off")
        return dict(msgspec.structs.asdict(ordered))

    async def _set(self, order: Order) -> str:
        if not order.checkers:
            raise OrderRefused("hours are set once a second person has approved them")
        hours = Hours(
            ordered=order.payload,
            proposal_id=order.proposal_id,
            by=order.maker.staff_id,
            approved_by=order.authority.staff_id,
        )
        place = await record_note(self._node, _HEAD + canonical(hours))
        return f"the hours of market {order.payload.market_id} stand in command {place.sequence} of the journal"

    async def keep(self) -> None:
        """Bring markets to the phase that is due. Raises what `Node.submit` does."""
        for market_id, phase in self.due():
            if self._phase_of(market_id) in _LEFT_ALONE:
                continue
            answer = await self._node.submit_noted([(each, BY_HOURS) for each in self._commands(market_id, phase)])
            for event in [event for events in answer.events for event in events]:
                if isinstance(event, CommandRejected):
                    words = explain(Rejection(event.rejection), event.first_figure, event.second_figure)
                    _log.error("Market %d is not brought to %s by its hours: %s", market_id, phase.name, words)

    def _commands(self, market_id: int, phase: MarketPhase) -> Iterator[SetMarketPhase]:
        """Into the phase; a market that closes in a volatility auction is closed again as its end comes, as that would
        open it (`auction_clockwork`). Of two changes at one time the later one given stays.
        """
        yield SetMarketPhase(market_id=market_id, phase=phase, at_time_ns=0, reference_price_ticks=0)
        coming = self._rules.next_change(market_id, self._now())
        if phase is MarketPhase.CLOSED and self._phase_of(market_id) is MarketPhase.VOLATILITY_AUCTION and coming:
            yield SetMarketPhase(
                market_id=market_id, phase=phase, at_time_ns=coming.at_time_ns, reference_price_ticks=0
            )

    def due(self) -> Iterator[tuple[int, MarketPhase]]:
        """Markets whose last change is older than the last moment of their hours, and the phase that it names.

        What people did since that moment stands, and hours begin with the first moment after they were set.
        """
        for market_id, standing in self._log.in_force().items():
            moment = self._place.last(standing.hours.ordered, self._now())
            changed = self._rules.phases.get(market_id)
            changed_ns = max(standing.at_ns, changed.time_ns if changed else 0)
            if moment and moment.at_ns > changed_ns and self._phase_of(market_id) is not moment.phase:
                yield market_id, moment.phase

    def _phase_of(self, market_id: int) -> MarketPhase:
        return MarketPhase(self._catalogue.phase_of(market_id))

    def pause_s(self) -> float:
        """Until the next moment, or a minute where that is nearer."""
        now_ns = self._now()
        coming = [self._place.next_ns(each.hours.ordered, now_ns) for each in self._log.in_force().values()]
        waits = [(at_ns - now_ns) / 10**9 for at_ns in coming if at_ns is not None]
        return max(_SHORTEST_PAUSE_S, min([*waits, _LONGEST_PAUSE_S]))

    def remark(self) -> Reason | None:
        """What readiness tells of markets that people stopped and that should be elsewhere by their hours."""
        waiting = [
            f"{self._catalogue.markets[market_id].symbol} ({self._phase_of(market_id).name}, by its hours {phase.name})"
            for market_id, phase in self.due()
            if self._phase_of(market_id) in _LEFT_ALONE
        ]
        if not waiting:
            return None
        words = f"stopped by people, and waiting for people: {', '.join(waiting)}; two of the staff give it its phase"
        return Reason("markets_out_of_hours", words)


def why_unfit(hours: HoursOrdered) -> str:
    """What is wrong with them; empty for hours that can be kept."""
    if hours.days == "off":
        return "" if not (hours.pre_open or hours.opens or hours.closes) else "hours that are off name no times"
    try:
        at = [time.fromisoformat(each) for each in (hours.pre_open, hours.opens, hours.closes) if each]
    except ValueError:
        return "a time is written as 09:00"
    if any(each.tzinfo or each.second or each.microsecond for each in at):
        return "a time is written as 09:00"
    if not (hours.opens and hours.closes) or at != sorted(set(at)):
        return "a market collects orders before it opens, and opens before it closes, on one day"
    return ""
