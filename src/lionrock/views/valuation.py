"""What holdings are worth in one asset, in whole atoms of it. Shown and compared with thresholds, never booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lionrock.views.catalogue import Catalogue
from lionrock.views.market_data import MarketData
from lionrock.words.amounts import parse_decimal

_RATE_DECIMALS = 18


class Valuation:
    """Money at rates the operator sets, all else at the last trade against money; what has no price is left out."""

    def __init__(
        self, catalogue: Catalogue, market_data: MarketData, asset_code: str, rates: Mapping[str, str]
    ) -> None:
        """`rates`: worth of one whole unit of each money in whole units of the valuation asset, as decimal text."""
        self._catalogue, self._market_data, self.asset_code = catalogue, market_data, asset_code
        self._rates = {code: parse_decimal(text, _RATE_DECIMALS) for code, text in rates.items()}

    @property
    def decimals(self) -> int:
        """Of the valuation asset."""
        return self._catalogue.asset_by_code[self.asset_code].decimals

    def worth(self, amounts: Iterable[tuple[int, int]]) -> int:
        """Of (asset id, atoms) pairs together, in atoms of the valuation asset, each cut down."""
        return sum(self._worth(asset_id, atoms) for asset_id, atoms in amounts)

    def _worth(self, asset_id: int, atoms: int) -> int:
        asset = self._catalogue.assets[asset_id]
        rate = self._rates.get(asset.code)
        if rate is not None:
            return atoms * rate * int(10**self.decimals) // int(10 ** (_RATE_DECIMALS + asset.decimals))
        for market in self._catalogue.markets.values():
            trades = self._market_data.market(market.market_id).trades
            if market.base.asset_id == asset_id and market.quote.code in self._rates and trades:
                one_quote_atoms = trades[-1].price_ticks * market.listing.tick_quote_atoms
                return self._worth(market.quote.asset_id, atoms * one_quote_atoms // int(10**asset.decimals))
        return 0
