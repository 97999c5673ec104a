"""What compliance and operators forbid in a random flow, and soon allow again: profiles, permissions, market rules."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from random import Random

import msgspec

from lionrock.sim.workload_sweeps import CLIENTS
from lionrock.sim.workload_venue import MARKETS, TRADED_ASSETS, worth
from lionrock.words.commands import Command, SetAccountProfile, SetAssetPermission, SetMarketRules, SetValuation
from lionrock.words.enumerations import AccountRestriction, ClientClass
from lionrock.words.limits import MAX_ATOMS, PPM

_ENTITY, _OTHER_ENTITY = 1, 2
"""Every account and market that names an entity names the first, but for those that are to differ."""

_ALL_PRODUCTS = 2**32 - 1
_PRODUCTS = (0, 0, 1, 5, 31)
"""Of the markets; 0 is spot."""
_ANY_OF_THEM = sum(1 << product for product in set(_PRODUCTS))
_ALL_CLASSES = 15

_MARKETS = {market.market_id: market for market in MARKETS}

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
        draw = self._chance.random()
        if draw < 0.15:
            account_id, asset_id = self._chance.choice(CLIENTS), self._chance.choice(TRADED_ASSETS)
            return self.released(SetAssetPermission(account_id=account_id, asset_id=asset_id, permitted=0), sequence)
        if draw < 0.65:
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
            case SetAssetPermission():
                release = msgspec.structs.replace(command, permitted=1)
            case SetValuation(asset_id=asset_id) if asset_id in TRADED_ASSETS:
                release = worth(asset_id)
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
            {"products": chance.choice((0, _ALL_PRODUCTS - (1 << chance.choice(_PRODUCTS))))},
            {"restriction": AccountRestriction.FROZEN},
            {"restriction": AccountRestriction.REDUCE_ONLY},
            {"open_order_cap": chance.choice((1, 2, 10, 50, 100, 200))},
            {"client_class": ClientClass.RETAIL},
            {"exposure_limit_atoms": int(10 ** chance.uniform(0, 10))},
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
        products=chance.choice((_ANY_OF_THEM, _ANY_OF_THEM | 4, _ALL_PRODUCTS)),
        client_class=chance.choice(tuple(ClientClass)),
        restriction=AccountRestriction.NONE,
        open_order_cap=chance.choice((0, 5_000)),
        exposure_limit_atoms=chance.choice((0, 0, 0, MAX_ATOMS)),
    )


def open_rules(chance: Random, market_id: int) -> SetMarketRules:
    """Forbids nothing to open profiles; its least fees stay until other rules are set."""
    market = _MARKETS.get(market_id)
    base_atoms = market.common_lots * market.lot_base_atoms if market else 0
    quote_atoms = market.common_lots * market.middle_ticks * market.lot_tick_quote_atoms if market else 0
    return SetMarketRules(
        market_id=market_id,
        legal_entity=chance.choice((0, _ENTITY)),
        admitted_classes=_ALL_CLASSES,
        price_deviation_ppm=chance.choice((0, PPM)),
        max_order_value_atoms=0,
        product=chance.choice(_PRODUCTS),
        minimum_fee_base_atoms=_part_of(chance, base_atoms),
        minimum_fee_quote_atoms=_part_of(chance, quote_atoms),
    )


def _part_of(chance: Random, atoms: int) -> int:
    """Nothing, a fee as it is usual, or more than most orders bring, of what a common order is worth."""
    per_mille = chance.choice((0, 0, 1, 2, 10, 300))
    return chance.randint(0, atoms * per_mille // 1_000)
