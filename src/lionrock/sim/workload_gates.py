"""What compliance and operators forbid in a random flow, and soon allow again: profiles and market rules."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from random import Random

import msgspec

from lionrock.sim.workload_sweeps import CLIENTS
from lionrock.sim.workload_venue import MARKETS
from lionrock.words.commands import Command, SetAccountProfile, SetMarketRules
from lionrock.words.enumerations import AccountRestriction, ClientClass
from lionrock.words.limits import PPM

_ENTITY, _OTHER_ENTITY = 1, 2
"""Every account and market that names an entity names the first, but for those that are to differ."""

_ALL_PRODUCTS = 2**32 - 1
_SPOT = 1
_ALL_CLASSES = 15

_LONGEST = 120
"""After so many commands at most what was forbidden is allowed again."""


class Gatekeeping:
    """What is to be asked about accounts and markets."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._releases: list[tuple[int, int, Command]] = []
        """A heap of the sequence at which to ask, a number that keeps them apart, and what."""
        self._numbered = 0

    def due(self, sequence: int) -> Command | None:
        """A command that takes back what was forbidden, if one is due."""
        if self._releases and self._releases[0][0] <= sequence:
            return heappop(self._releases)[2]
        return None

    def command(self, sequence: int, middles: Sequence[int]) -> Command:
        """A fact about an account or a market; `middles` are the prices about now."""
        if self._chance.random() < 0.6:
            return self.released(self._forbidding_profile(), sequence)
        return self.released(self._forbidding_rules(middles), sequence)

    def released(self, command: Command, sequence: int) -> Command:
        """The command; if it says anything about an account or a market, one that allows everything follows soon."""
        release: Command
        match command:
            case SetAccountProfile():
                release = open_profile(self._chance, command.account_id)
            case SetMarketRules():
                release = open_rules(self._chance, command.market_id)
            case _:
                return command
        self._numbered += 1
        heappush(self._releases, (sequence + self._chance.randint(20, _LONGEST), self._numbered, release))
        return command

    def _forbidding_profile(self) -> SetAccountProfile:
        """One or two of the facts are such that orders are refused."""
        chance = self._chance
        facts: tuple[dict[str, int], ...] = (
            {"legal_entity": _OTHER_ENTITY},
            {"products": chance.choice((0, _ALL_PRODUCTS - _SPOT))},
            {"restriction": AccountRestriction.FROZEN},
            {"restriction": AccountRestriction.REDUCE_ONLY},
            {"open_order_cap": chance.choice((1, 2, 10, 50, 100, 200))},
            {"client_class": ClientClass.RETAIL},
        )
        changes: dict[str, int] = {}
        for fact in chance.sample(facts, k=chance.choice((1, 1, 2))):
            changes |= fact
        return msgspec.structs.replace(open_profile(chance, chance.choice(CLIENTS)), **changes)

    def _forbidding_rules(self, middles: Sequence[int]) -> SetMarketRules:
        chance = self._chance
        number = chance.randrange(len(MARKETS))
        market = MARKETS[number]
        reach = market.spread_ticks * PPM // middles[number]
        worth = market.common_lots * middles[number] * market.lot_tick_quote_atoms
        facts: tuple[dict[str, int], ...] = (
            {"legal_entity": _OTHER_ENTITY},
            {"admitted_classes": chance.randrange(_ALL_CLASSES)},
            {"price_deviation_ppm": max(1, int(reach * chance.random() * 0.3))},
            {"price_deviation_ppm": max(1, int(reach * chance.random() * 0.05))},
            {"max_order_value_atoms": max(1, int(worth * chance.random()))},
        )
        changes: dict[str, int] = {}
        for fact in chance.sample(facts, k=chance.choice((1, 1, 2))):
            changes |= fact
        return msgspec.structs.replace(open_rules(chance, market.market_id), **changes)


def open_profile(chance: Random, account_id: int) -> SetAccountProfile:
    """Forbids nothing where rules are open."""
    return SetAccountProfile(
        account_id=account_id,
        legal_entity=chance.choice((0, _ENTITY)),
        products=chance.choice((_SPOT, _SPOT | 2, _ALL_PRODUCTS)),
        client_class=chance.choice(tuple(ClientClass)),
        restriction=AccountRestriction.NONE,
        open_order_cap=chance.choice((0, 5_000)),
    )


def open_rules(chance: Random, market_id: int) -> SetMarketRules:
    """Forbids nothing to open profiles."""
    return SetMarketRules(
        market_id=market_id,
        legal_entity=chance.choice((0, _ENTITY)),
        admitted_classes=_ALL_CLASSES,
        price_deviation_ppm=chance.choice((0, PPM)),
        max_order_value_atoms=0,
    )
