"""Keeps what assets are worth from events alone, and says which order passes an exposure limit (EXPO)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lionrock.words import events
from lionrock.words.events import Event
from lionrock.words.rounding import value_rounded_up

Balances = Mapping[tuple[int, int], int]
"""Atoms by account and asset."""


class Exposures:
    """Fed with every event; raises `AssertionError` for an order above its account's limit."""

    def __init__(self) -> None:
        self._valuations: dict[int, events.ValuationSet] = {}
        self._decimals: dict[int, int] = {}
        self._limits: dict[int, int] = {}
        """By account, where there is one."""

    def enter(self, event: Event) -> None:
        match event:
            case events.AssetListed():
                self._decimals[event.asset_id] = event.decimals
            case events.ValuationSet():
                self._valuations[event.asset_id] = event
            case events.AccountProfileSet():
                self._limits[event.account_id] = event.exposure_limit_atoms

    def hold_more(
        self, event: Event, key: tuple[int, int], more_atoms: int, available: Balances, held: Balances
    ) -> None:
        """An order or amendment is about to hold so much more; balances are those before it."""
        account_id, asset_id = key
        limit = self._limits.get(account_id, 0)
        valuation = self._valuations.get(asset_id)
        if not limit or more_atoms <= 0 or not valuation or not valuation.is_money:
            return
        exposure = 0
        for each in self._valuations.values():
            of_it = account_id, each.asset_id
            atoms = held[of_it] + (more_atoms if each.asset_id == asset_id else 0)
            if not each.is_money:
                atoms += available[of_it]
            exposure += value_rounded_up(atoms, each.price_atoms, self._decimals[each.asset_id])
        assert exposure <= limit, f"an exposure of {exposure} at a limit of {limit}: {event}"

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        rows = [line.split("|") for line in lines]
        theirs = {int(row[1]): (int(row[4]), int(row[5])) for row in rows if row[0] == "asset"}
        mine = dict.fromkeys(self._decimals, (0, 0))
        mine |= {asset_id: (each.price_atoms, each.is_money) for asset_id, each in self._valuations.items()}
        return [f"valuations differ: {sorted({*mine.items()} ^ {*theirs.items()})}"] if mine != theirs else []
