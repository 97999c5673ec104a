"""An order that lives, and the market it is in, as far as events tell of them."""

from __future__ import annotations

from dataclasses import dataclass

from lionrock.words import events
from lionrock.words.enumerations import FeeCurrency, Side


@dataclass
class Order:
    """An order that lives."""

    placed: events.OrderPlaced
    held_atoms: int
    price_ticks: int
    size_lots: int
    """As it was placed or last amended, less what self-trade prevention took away."""
    filled_lots: int = 0
    filled_quote_atoms: int = 0
    due_atoms: int = 0
    """The fees of its fills by their rates."""
    charged_atoms: int = 0
    """What it paid of fees; no rebates."""
    received_atoms: int = 0
    """What its fills brought in the asset of its fees; nothing for who pays fees in what it pays with."""

    @property
    def remaining_lots(self) -> int:
        return self.size_lots - self.filled_lots


@dataclass(frozen=True)
class Market:
    """A market as it was listed."""

    listed: events.MarketListed
    base_decimals: int

    def base_atoms(self, size_lots: int) -> int:
        return size_lots * self.listed.lot_base_atoms

    def quote_atoms(self, size_lots: int, price_ticks: int) -> int:
        """Exact: a market is listed only when its tick times its lot is whole."""
        exact = price_ticks * self.listed.tick_quote_atoms * self.base_atoms(size_lots)
        one_base_atoms: int = 10**self.base_decimals
        atoms, over = divmod(exact, one_base_atoms)
        assert not over, f"{size_lots} lots at {price_ticks} are worth no whole number of atoms"
        return atoms

    def pays_fees_in_base(self, side: int) -> bool:
        return side == Side.BUY and self.listed.fee_currency == FeeCurrency.RECEIVED

    def pays_fees_from_hold(self, side: int) -> bool:
        return side == Side.BUY and self.listed.fee_currency == FeeCurrency.QUOTE

    def fee_asset_id(self, side: int) -> int:
        return self.listed.base_asset_id if self.pays_fees_in_base(side) else self.listed.quote_asset_id

    def charged_on_atoms(self, side: int, size_lots: int, quote_atoms: int) -> int:
        """Base or quote of a fill, whichever an order of this side pays its fee in."""
        return self.base_atoms(size_lots) if self.pays_fees_in_base(side) else quote_atoms
