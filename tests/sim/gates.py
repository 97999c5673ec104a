"""Keeps profiles and market rules from events alone, and says which order they should have kept out (GATE)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lionrock.words import events
from lionrock.words.enumerations import AccountRestriction, OrderType, Side
from lionrock.words.events import Event
from lionrock.words.rounding import band_bottom_rounded_up, band_top_rounded_down

_HEADER = ("index", "sequence", "time_ns")


class Gates:
    """Fed with every event; raises `AssertionError` for an order or transfer that a fact forbids."""

    def __init__(self) -> None:
        self._profiles: dict[int, events.AccountProfileSet] = {}
        self._rules: dict[int, events.MarketRulesSet] = {}
        self._markets: dict[int, events.MarketListed] = {}
        self._forbidden: set[tuple[int, int]] = set()
        """Account and asset that it may not acquire."""

    def enter(self, event: Event) -> None:
        match event:
            case events.AccountOpened():
                self._profiles[event.account_id] = _first_profile(event.account_id)
            case events.MarketListed():
                self._rules[event.market_id] = _first_rules(event.market_id)
                self._markets[event.market_id] = event
            case events.AssetPermissionSet():
                key = event.account_id, event.asset_id
                self._forbidden.discard(key) if event.permitted else self._forbidden.add(key)
            case events.AccountProfileSet():
                self._profiles[event.account_id] = event
            case events.MarketRulesSet():
                self._rules[event.market_id] = event
            case events.TransferPosted():
                self._check_not_frozen(event, event.debit_account_id)
            case events.HoldPlaced() | events.HoldSettled():
                self._check_not_frozen(event, event.account_id)
            case events.LegPosted() if event.amount_atoms < 0:
                self._check_not_frozen(event, event.account_id)

    def _check_not_frozen(self, event: Event, account_id: int) -> None:
        restriction = self._profiles[account_id].restriction
        assert restriction != AccountRestriction.FROZEN, f"value leaves a frozen account: {event}"

    def come_in(
        self,
        event: events.OrderPlaced | events.OrderAmended,
        placed: events.OrderPlaced,
        *,
        last_price_ticks: int,
        value_atoms: int,
    ) -> None:
        """An order is placed or amended, worth `value_atoms`, the market's last trade at `last_price_ticks`."""
        profile, rules = self._profiles[event.account_id], self._rules[event.market_id]
        entities = {profile.legal_entity, rules.legal_entity} - {0}
        assert len(entities) < 2, f"entities {entities} differ: {event}"
        permitted = profile.products >> rules.product & 1
        assert permitted, f"products {profile.products} do not permit {rules.product}: {event}"
        market = self._markets[event.market_id]
        acquired = market.base_asset_id if placed.side == Side.BUY else market.quote_asset_id
        assert (event.account_id, acquired) not in self._forbidden, f"it may not acquire asset {acquired}: {event}"
        assert rules.admitted_classes >> profile.client_class & 1, f"{rules} does not admit {profile}: {event}"
        assert profile.restriction != AccountRestriction.FROZEN, f"the account is frozen: {event}"
        buys = placed.side == Side.BUY
        assert profile.restriction != AccountRestriction.REDUCE_ONLY or not buys, f"the account may only sell: {event}"
        if rules.price_deviation_ppm and last_price_ticks and placed.order_type == OrderType.LIMIT:
            if buys:
                bound = band_top_rounded_down(last_price_ticks, rules.price_deviation_ppm)
                assert event.price_ticks <= bound, f"past {bound}: {event}"
            else:
                bound = band_bottom_rounded_up(last_price_ticks, rules.price_deviation_ppm)
                assert event.price_ticks >= bound, f"past {bound}: {event}"
        most = rules.max_order_value_atoms
        assert most == 0 or value_atoms <= most, f"worth {value_atoms}, more than {most}: {event}"

    def has_room(self, event: events.OrderPlaced, open_orders: int) -> None:
        """An order that may rest or wait is placed beside so many that do."""
        cap = self._profiles[event.account_id].open_order_cap
        assert cap == 0 or open_orders < cap, f"{open_orders} open orders at a cap of {cap}: {event}"

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        rows = [line.split("|") for line in lines]
        profiles = {int(row[1]): tuple(map(int, row[6:12])) for row in rows if row[0] == "account"}
        rules = {int(row[1]): tuple(map(int, row[17:24])) for row in rows if row[0] == "market"}
        forbidden = [tuple(map(int, row[1:])) for row in rows if row[0] == "forbidden"]
        odd = [] if forbidden == sorted(self._forbidden) else sorted({*forbidden} ^ self._forbidden)
        return [f"what is forbidden differs: {odd}" for _ in odd[:1]] + [
            f"{what} {key}: the events make {told}, the venue has {theirs.get(key)}"
            for what, mine, theirs in (("account", self._profiles, profiles), ("market", self._rules, rules))
            for key, record in mine.items()
            if (told := _figures(record)) != theirs.get(key)
        ]


def _first_profile(account_id: int) -> events.AccountProfileSet:
    return events.AccountProfileSet(
        index=0,
        sequence=0,
        time_ns=0,
        account_id=account_id,
        legal_entity=0,
        products=2**32 - 1,
        client_class=0,
        restriction=0,
        open_order_cap=0,
        exposure_limit_atoms=0,
    )


def _first_rules(market_id: int) -> events.MarketRulesSet:
    return events.MarketRulesSet(
        index=0,
        sequence=0,
        time_ns=0,
        market_id=market_id,
        legal_entity=0,
        admitted_classes=15,
        price_deviation_ppm=0,
        max_order_value_atoms=0,
        product=0,
        minimum_fee_base_atoms=0,
        minimum_fee_quote_atoms=0,
    )


def _figures(record: events.AccountProfileSet | events.MarketRulesSet) -> tuple[int, ...]:
    """All but the header and the id that comes first."""
    values = msgspec.structs.asdict(record)
    return tuple(value for name, value in values.items() if name not in (*_HEADER, "account_id", "market_id"))
