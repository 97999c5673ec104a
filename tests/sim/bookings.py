"""Keeps sources, holds and legs from events alone, and says which of them cannot be (LEDG, HOLD)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lionrock.words import events
from lionrock.words.enumerations import ActorKind, TransferPurpose
from lionrock.words.events import Event
from lionrock.words.ledger_events import Booked
from lionrock.words.limits import MAX_ATOMS, MAX_LEGS


@dataclass
class Hold:
    """Value set aside, and how much of it is left."""

    placed: events.HoldPlaced
    left_atoms: int


class Bookings:
    """Fed with the events of one command after the other; raises `AssertionError` at the first that cannot be."""

    def __init__(self) -> None:
        self._sources: dict[int, int] = {}
        """Highest number booked, by source."""
        self._holds: dict[int, Hold] = {}
        self._highest_hold_id = 0
        self._legs: dict[int, list[events.LegAdded]] = {}
        """By transfer, as they were added."""
        self._posted: list[events.LegPosted] = []
        """Legs that the command has told of, before what they are part of."""
        self._takes_two = False
        """Whether one of them came out of a hold for a correction."""

    def enter(self, event: Event) -> None:
        if not isinstance(event, events.LegPosted | events.LegsPosted):
            assert not self._posted, f"legs of nothing: {self._posted}"
        if isinstance(event, Booked):
            self._note_origin(event)
        match event:
            case events.HoldPlaced():
                self._place(event)
            case events.HoldSettled():
                self._settle(event)
            case events.HoldReleased():
                hold = self._known(event, event.hold_id, event.account_id, event.asset_id)
                assert (event.amount_atoms, event.purpose) == (hold.left_atoms, hold.placed.purpose), event
                self._take(hold, event.amount_atoms)
            case events.LegAdded():
                self._add(event)
            case events.LegPosted():
                self._post(event)
            case events.LegsPosted():
                self._post_all(event)
            case events.LegsDropped():
                assert event.legs == len(self._legs.pop(event.transfer_id, ())) > 0, event

    def end(self) -> None:
        """After the last event of a command."""
        assert not self._posted, f"legs of nothing: {self._posted}"

    def _note_origin(self, event: Booked) -> None:
        """A source's numbers only grow, and what puts an error right has two people."""
        assert event.actor_kind in set(ActorKind), event
        if event.source:
            last = self._sources.get(event.source, 0)
            assert event.source_sequence > last, f"source {event.source} is at {last}: {event}"
            self._sources[event.source] = event.source_sequence
        if isinstance(event, events.TradeCancelled) or getattr(event, "purpose", 0) == TransferPurpose.CORRECTION:
            _check_two(event)

    def _place(self, event: events.HoldPlaced) -> None:
        assert event.hold_id > self._highest_hold_id, f"the last hold was {self._highest_hold_id}: {event}"
        assert event.amount_atoms > 0, event
        self._highest_hold_id = event.hold_id
        self._holds[event.hold_id] = Hold(event, event.amount_atoms)

    def _settle(self, event: events.HoldSettled) -> None:
        hold = self._known(event, event.hold_id, event.account_id, event.asset_id)
        assert event.purpose == hold.placed.purpose, event
        assert event.credit_account_id != event.account_id, event
        assert event.amount_atoms > 0, event
        rest_atoms = hold.left_atoms - event.amount_atoms
        assert event.released_atoms in (0, rest_atoms), f"{rest_atoms} are left: {event}"
        self._take(hold, event.amount_atoms + event.released_atoms)

    def _known(self, event: Event, hold_id: int, account_id: int, asset_id: int) -> Hold:
        assert hold_id in self._holds, f"there is no such hold: {event}"
        placed = self._holds[hold_id].placed
        assert (account_id, asset_id) == (placed.account_id, placed.asset_id), f"{event} of {placed}"
        return self._holds[hold_id]

    def _take(self, hold: Hold, atoms: int) -> None:
        hold.left_atoms -= atoms
        assert hold.left_atoms >= 0, f"hold {hold.placed.hold_id} gave {-hold.left_atoms} more than it had"
        if not hold.left_atoms:
            del self._holds[hold.placed.hold_id]

    def _add(self, event: events.LegAdded) -> None:
        assert event.transfer_id > 0, event
        assert 0 < abs(event.amount_atoms) <= MAX_ATOMS, event
        legs = self._legs.setdefault(event.transfer_id, [])
        legs.append(event)
        assert len(legs) <= MAX_LEGS, f"{len(legs)} legs: {event}"

    def _post(self, event: events.LegPosted) -> None:
        self._posted.append(event)
        if event.hold_id:
            assert event.amount_atoms < 0, event
            hold = self._known(event, event.hold_id, event.account_id, event.asset_id)
            self._takes_two |= hold.placed.purpose == TransferPurpose.CORRECTION
            self._take(hold, -event.amount_atoms)

    def _post_all(self, event: events.LegsPosted) -> None:
        """They are just those that were added, in their order, and sum to zero in every asset."""
        added = [_figures(leg) for leg in self._legs.pop(event.transfer_id, ())]
        posted = [_figures(leg) for leg in self._posted]
        assert posted == added, f"the legs added were {added}, those posted {posted}"
        assert event.legs == len(posted) > 0, event
        sums: Counter[int] = Counter()
        for leg in self._posted:
            sums[leg.asset_id] += leg.amount_atoms
        assert not any(sums.values()), f"the legs sum to {sums}: {event}"
        if self._takes_two:
            _check_two(event)
        self._posted.clear()
        self._takes_two = False

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        rows = [line.split("|") for line in lines]
        mine: dict[str, list[tuple[int, ...]]] = {
            "source": sorted(self._sources.items()),
            "hold": [
                (hold_id, hold.placed.account_id, hold.placed.asset_id, hold.left_atoms, hold.placed.purpose)
                for hold_id, hold in sorted(self._holds.items())
            ],
            "leg": [
                (transfer_id, number, *_figures(leg)[1:])
                for transfer_id, legs in sorted(self._legs.items())
                for number, leg in enumerate(legs)
            ],
        }
        differences = []
        for kind, told in mine.items():
            theirs = [tuple(map(int, row[1:])) for row in rows if row[0] == kind]
            if told != theirs:
                differences.append(f"{kind} lines or their order differ: {sorted({*told} ^ {*theirs})[:5]}")
        if self._highest_hold_id != int(rows[0][6]):
            differences.append(f"the last hold is {self._highest_hold_id} by the events, and {rows[0][6]}")
        return differences


def _check_two(event: Booked) -> None:
    assert 0 not in (event.actor_id, event.authority_id), f"somebody is missing: {event}"
    assert event.actor_id != event.authority_id, f"one person does it alone: {event}"


def _figures(leg: events.LegAdded | events.LegPosted) -> tuple[int, ...]:
    return leg.transfer_id, leg.account_id, leg.asset_id, leg.amount_atoms, leg.hold_id
