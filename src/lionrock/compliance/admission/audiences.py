"""How an audience reaches the core: by commands that every order is asked about afterwards.

* `professional`, `retail`, `retail_reduce_only` and `none` set the classes that the token's markets admit
  (`SetMarketRules.admitted_classes`); every other rule of the market stays.
* `retail_reduce_only`: the market goes on admitting retail clients, and each of their accounts may no longer acquire
  the token (`SetAssetPermission`). The core then refuses their buys, in whatever market, with ASSET_NOT_PERMITTED and
  lets them sell: reduce only, for one asset. (`AccountRestriction.REDUCE_ONLY` would stop all their buying.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sqlalchemy import Engine, delete, insert, select

from lionrock.compliance.admission.tables import restrictions
from lionrock.compliance.admission.tokens import Audience
from lionrock.node.node import Node
from lionrock.views.catalogue import Catalogue
from lionrock.views.profiles import Profiles
from lionrock.views.trading_rules import TradingRules
from lionrock.words.commands import Command, SetAssetPermission, SetMarketRules
from lionrock.words.enumerations import ClientClass
from lionrock.words.events import CommandRejected
from lionrock.words.faults import Fault
from lionrock.words.figures import explain
from lionrock.words.rejections import Rejection

_PROFESSIONALS = frozenset({ClientClass.PROFESSIONAL, ClientClass.INSTITUTIONAL})


def _bits(classes: Iterable[ClientClass]) -> int:
    return sum(1 << client_class for client_class in classes)


ADMITTED: dict[Audience, int] = {
    Audience.NONE: 0,
    Audience.PROFESSIONAL: _bits(_PROFESSIONALS),
    Audience.RETAIL: _bits({ClientClass.RETAIL, *_PROFESSIONALS}),
    Audience.RETAIL_REDUCE_ONLY: _bits({ClientClass.RETAIL, *_PROFESSIONALS}),
}
"""Classes that a token's markets admit, as bits. Who was not classified yet trades in none of them."""


class Audiences:
    """Keeps the core as the audiences say."""

    def __init__(
        self, node: Node, database: Engine, catalogue: Catalogue, rules: TradingRules, profiles: Profiles
    ) -> None:
        self._node, self._database = node, database
        self._catalogue, self._rules, self._profiles = catalogue, rules, profiles
        self._one_at_a_time = asyncio.Lock()

    async def keep(self, audiences: dict[str, Audience]) -> int:
        """Sends what the core lacks, by asset code; gives how many commands. May be called again at any time: after a
        decision, at a start, and by the clock, as accounts are opened and clients classified meanwhile.

        Raises `Fault` when the core refuses one, and what the node raises.
        """
        async with self._one_at_a_time:
            await self._node.settled()
            count = 0
            for code, audience in sorted(audiences.items()):
                asset = self._catalogue.asset_by_code.get(code)
                if asset is not None:
                    count += await self._send(self._of_markets(asset.asset_id, audience))
                    count += await self._of_accounts(code, asset.asset_id, audience)
            return count

    def _of_markets(self, asset_id: int, audience: Audience) -> list[Command]:
        found: list[Command] = []
        for market in self._catalogue.markets.values():
            if market.base.asset_id != asset_id:
                continue
            rules = self._rules.rules.get(market.market_id)
            admitted = ADMITTED[audience]
            if rules is None:
                found.append(
                    SetMarketRules(
                        market_id=market.market_id,
                        legal_entity=0,
                        admitted_classes=admitted,
                        price_deviation_ppm=0,
                        max_order_value_atoms=0,
                    )
                )
            elif rules.admitted_classes != admitted:
                found.append(
                    SetMarketRules(
                        market_id=market.market_id,
                        legal_entity=rules.legal_entity,
                        admitted_classes=admitted,
                        price_deviation_ppm=rules.price_deviation_ppm,
                        max_order_value_atoms=rules.max_order_value_atoms,
                        product=rules.product,
                        minimum_fee_base_atoms=rules.minimum_fee_base_atoms,
                        minimum_fee_quote_atoms=rules.minimum_fee_quote_atoms,
                    )
                )
        return found

    async def _of_accounts(self, code: str, asset_id: int, audience: Audience) -> int:
        forbidden = self._profiles.forbidden(asset_id)
        ours = await asyncio.to_thread(self._ours, code)
        wanted: set[int] = set()
        if audience is Audience.RETAIL_REDUCE_ONLY:
            wanted = {each for each in self._profiles.clients if self._is_protected(each)}
        new = sorted(wanted - forbidden)
        # Written first: after a crash in between, what this room forbade is still known to be its own.
        await asyncio.to_thread(self._remember, code, [each for each in new if each not in ours])
        count = await self._send([SetAssetPermission(account_id=each, asset_id=asset_id, permitted=0) for each in new])
        over = sorted(ours - wanted)
        count += await self._send(
            [SetAssetPermission(account_id=each, asset_id=asset_id, permitted=1) for each in over if each in forbidden]
        )
        await asyncio.to_thread(self._forget, code, over)
        return count

    def _is_protected(self, account_id: int) -> bool:
        """Everybody but professionals; who was not classified counts as retail."""
        return self._profiles.of(account_id).client_class not in _PROFESSIONALS

    async def _send(self, commands: list[Command]) -> int:
        for events in await self._node.submit_all([(command, b"") for command in commands]) if commands else ():
            for event in events:
                if isinstance(event, CommandRejected):
                    raise Fault(explain(Rejection(event.rejection), event.first_figure, event.second_figure))
        return len(commands)

    def _ours(self, code: str) -> set[int]:
        with self._database.connect() as connection:
            key = restrictions.c.asset == code
            return set(connection.execute(select(restrictions.c.account_id).where(key)).scalars())

    def _remember(self, code: str, accounts: list[int]) -> None:
        if accounts:
            with self._database.begin() as connection:
                connection.execute(insert(restrictions), [{"asset": code, "account_id": each} for each in accounts])

    def _forget(self, code: str, accounts: list[int]) -> None:
        if accounts:
            key = (restrictions.c.asset == code) & restrictions.c.account_id.in_(accounts)
            with self._database.begin() as connection:
                connection.execute(delete(restrictions).where(key))
