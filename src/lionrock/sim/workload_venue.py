"""The venue that a random flow sets up first: assets of many scales, markets of both fee currencies, rich and poor."""

from __future__ import annotations

from typing import NamedTuple

from lionrock.words.commands import (
    AssignFeeTier,
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    SetBeneficialOwner,
    SetFeeTier,
    SetValuation,
    Transfer,
)
from lionrock.words.enumerations import AccountKind, FeeCurrency, TransferPurpose

CUSTODY_ACCOUNTS = (1, 2)
EMPTY_CUSTODY_ACCOUNT = 5
"""Owes nothing, so that nothing can be withdrawn through it."""
FEE_ACCOUNTS = (3, 4)
OWN_ACCOUNTS = (6, 7, 8, 9)
"""The operator's: a desk, the insurance fund, what belongs to nobody known, and what was earned."""
RICH_ACCOUNTS = (11, 12, 13, 14, 15, 16)
POOR_ACCOUNTS = (21, 22, 23)
ACTORS = (101, 102, 103)
"""Trade in scenes alone, and have there what they need."""
POVERTY = 2_000
"""How many times less the poor have."""

DECIMALS = {1: 8, 2: 18, 3: 6, 4: 2, 5: 0}
CODES = {1: "BTC", 2: "FINE", 3: "USDT", 4: "USD", 5: "TOK"}
TRADED_ASSETS = tuple(DECIMALS)
WEALTH_ATOMS = {1: 50 * 10**8, 2: 3 * 10**17, 3: 5_000_000 * 10**6, 4: 5_000_000 * 10**2, 5: 100_000}
"""What a rich account starts with. Of FINE, with its 18 decimals, all custody can owe is 4.6 units."""

_WORTH = {1: (6_000_000, 0), 2: (20_000_000, 0), 3: (100, 1), 4: (100, 1), 5: (499, 0)}
"""Of one whole unit, in atoms of the valuation asset, and whether it is money."""

OWNERS = {11: 901, 12: 901, 21: 13}
"""Beneficial owner by account, where it is not the account itself: 11 and 12 share one, 21 is of whom 13 is."""

TIERS = ((0, 1_000, 2_000), (1, 0, 500), (2, 100, 100), (3, 10_000, 250_000), (4, -300, 1_000), (5, -200_000, 50_000))
"""Tier, maker and taker fee in ppm; the last two give rebates, of which one is more than most takers pay.

The fourth charges so much that its rounding shows on every trade.
"""


class TradedMarket(NamedTuple):
    """A market and what is usual on it."""

    market_id: int
    base_asset_id: int
    quote_asset_id: int
    fee_currency: FeeCurrency
    tick_quote_atoms: int
    lot_base_atoms: int
    max_price_ticks: int
    max_size_lots: int
    min_notional_atoms: int
    max_notional_atoms: int
    middle_ticks: int
    """Around which price trading starts."""
    spread_ticks: int
    """How far from the middle orders are sent, at most."""
    common_lots: int
    """No more than this in most orders."""

    @property
    def lot_tick_quote_atoms(self) -> int:
        """What one lot costs at a price of one tick."""
        whole_base_atoms: int = 10 ** DECIMALS[self.base_asset_id]
        return self.tick_quote_atoms * self.lot_base_atoms // whole_base_atoms


_OWN_KINDS = (AccountKind.HOUSE, AccountKind.INSURANCE, AccountKind.SUSPENSE, AccountKind.TREASURY)
_RECEIVED, _QUOTE = FeeCurrency.RECEIVED, FeeCurrency.QUOTE
MARKETS = (
    TradedMarket(1, 1, 3, _RECEIVED, 10**4, 10**5, 10**8, 10**6, 10**8, 10**14, 6_000_000, 4_000, 200),
    TradedMarket(2, 2, 3, _RECEIVED, 10**6, 10**12, 10**6, 10**6, 1, 10**12, 3_000, 80, 20_000),
    TradedMarket(3, 1, 4, _QUOTE, 10**2, 10**6, 10**6, 10**5, 1, 10**12, 60_000, 600, 30),
    TradedMarket(4, 5, 4, _QUOTE, 1, 1, 10**5, 600, 1_000, 10**9, 500, 60, 300),
    TradedMarket(5, 2, 1, _RECEIVED, 10**3, 10**16, 10**5, 400, 1, 10**10, 5_000, 40, 3),
    TradedMarket(6, 5, 1, _RECEIVED, 1, 1, 10**6, 10**6, 1, 10**11, 8_000, 100, 40),
)


SCENE_MARKETS = (
    TradedMarket(31, 1, 4, _RECEIVED, 10**2, 10**6, 10**6, 10**5, 500, 10**8, 1_000, 100, 20),
    TradedMarket(32, 1, 4, _QUOTE, 10**2, 10**6, 10**6, 10**5, 500, 10**8, 1_000, 100, 20),
)
"""Where only scenes are played, so that a scene knows what is in the book."""


def opening_commands() -> list[Command]:
    """Everything the flow's orders refer to, unstamped, in an order that a fresh venue accepts."""
    kinds = {AccountKind.CUSTODY: (*CUSTODY_ACCOUNTS, EMPTY_CUSTODY_ACCOUNT), AccountKind.FEE: FEE_ACCOUNTS}
    kinds |= {kind: (account_id,) for kind, account_id in zip(_OWN_KINDS, OWN_ACCOUNTS, strict=True)}
    kinds[AccountKind.CLIENT] = (*RICH_ACCOUNTS, *POOR_ACCOUNTS, *ACTORS)
    opening: list[Command] = [
        ListAsset(asset_id=asset_id, decimals=decimals, code=CODES[asset_id]) for asset_id, decimals in DECIMALS.items()
    ]
    opening += [
        OpenAccount(account_id=account_id, account_kind=kind)
        for kind, accounts in kinds.items()
        for account_id in accounts
    ]
    opening += [SetFeeTier(tier=tier, maker_fee_ppm=maker, taker_fee_ppm=taker) for tier, maker, taker in TIERS]
    opening += [AssignFeeTier(account_id=account_id, tier=account_id % len(TIERS)) for account_id in RICH_ACCOUNTS]
    opening += [SetBeneficialOwner(account_id=account_id, owner_id=owner_id) for account_id, owner_id in OWNERS.items()]
    opening += [_listing(market) for market in (*MARKETS, *SCENE_MARKETS)]
    for asset_id, wealth_atoms in WEALTH_ATOMS.items():
        opening += [_deposit(asset_id, account_id, wealth_atoms) for account_id in RICH_ACCOUNTS]
        opening += [_deposit(asset_id, account_id, wealth_atoms // POVERTY) for account_id in POOR_ACCOUNTS]
        opening += [_deposit(asset_id, account_id, wealth_atoms // 20) for account_id in OWN_ACCOUNTS[:2]]
    opening += [worth(asset_id) for asset_id in TRADED_ASSETS]
    assets = {market.base_asset_id for market in SCENE_MARKETS} | {market.quote_asset_id for market in SCENE_MARKETS}
    opening += [_deposit(asset_id, actor, WEALTH_ATOMS[asset_id]) for asset_id in sorted(assets) for actor in ACTORS]
    return opening


def worth(asset_id: int) -> SetValuation:
    """What an asset is worth as long as nobody says otherwise."""
    price_atoms, is_money = _WORTH[asset_id]
    return SetValuation(asset_id=asset_id, price_atoms=price_atoms, is_money=is_money)


def _listing(market: TradedMarket) -> ListMarket:
    suffix = f"-{market.market_id}" if market in SCENE_MARKETS else ""
    return ListMarket(
        market_id=market.market_id,
        base_asset_id=market.base_asset_id,
        quote_asset_id=market.quote_asset_id,
        fee_currency=market.fee_currency,
        symbol=f"{CODES[market.base_asset_id]}-{CODES[market.quote_asset_id]}{suffix}",
        tick_quote_atoms=market.tick_quote_atoms,
        lot_base_atoms=market.lot_base_atoms,
        max_price_ticks=market.max_price_ticks,
        max_size_lots=market.max_size_lots,
        min_notional_atoms=market.min_notional_atoms,
        max_notional_atoms=market.max_notional_atoms,
        fee_account_id=FEE_ACCOUNTS[market.market_id % 2],
    )


def _deposit(asset_id: int, account_id: int, amount_atoms: int) -> Transfer:
    return Transfer(
        asset_id=asset_id,
        debit_account_id=CUSTODY_ACCOUNTS[account_id % 2],
        credit_account_id=account_id,
        amount_atoms=amount_atoms,
        purpose=TransferPurpose.DEPOSIT,
    )
