"""A refusal of the core in the units of the market and the assets that it is about.

The core counts ticks, lots and atoms. A person is told 900000 USDT, never 90000000000000 atoms: whoever knows what a
command was about says so here, and what is not known is told as the core counts it. Whole numbers only, cut nowhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from lionrock.views.catalogue import Catalogue, Market
from lionrock.views.valuation import Valuation
from lionrock.words.amounts import format_decimal
from lionrock.words.commands import Command
from lionrock.words.enumerations import Side
from lionrock.words.events import AssetListed, CommandRejected, OrderPlaced
from lionrock.words.figures import FIGURES, Unit, as_the_core_counts, explain
from lionrock.words.rejections import Rejection

_NS_PER_MS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RAW = {Unit.PRICE: "ticks", Unit.SIZE: "lots", Unit.QUOTE: "atoms", Unit.HELD: "atoms", Unit.STAKE: "atoms"}


class About(NamedTuple):
    """What a command was about, as far as it is known."""

    market: Market | None = None
    held: AssetListed | None = None
    """The asset that it moves or sets aside."""
    valuation: Valuation | None = None


NOTHING_KNOWN = About()


def held_asset(market: Market, side: int) -> AssetListed:
    """What an order sets aside."""
    return market.quote if side == Side.BUY else market.base


def about(catalogue: Catalogue, command: Command | OrderPlaced) -> About:
    """What the fields of a command, or of the order that it is about, name: a market and a side, or an asset."""
    market = catalogue.markets.get(getattr(command, "market_id", 0))
    side = getattr(command, "side", None)
    held = catalogue.assets.get(getattr(command, "asset_id", 0))
    return About(market, held_asset(market, side) if market and side is not None else held)


def shown(unit: Unit, figure: int, known: About) -> dict[str, str]:
    """A figure and its unit, as `value` and `unit`."""
    market = known.market
    if unit is Unit.PRICE and market:
        return {"value": market.price_text(figure), "unit": market.quote.code}
    if unit is Unit.SIZE and market:
        return {"value": market.size_text(figure), "unit": market.base.code}
    if unit is Unit.QUOTE and market:
        return {"value": market.quote_text(figure), "unit": market.quote.code}
    if unit is Unit.HELD and known.held:
        return {"value": format_decimal(figure, known.held.decimals), "unit": known.held.code}
    if unit is Unit.STAKE and known.valuation:
        return {"value": format_decimal(figure, known.valuation.decimals), "unit": known.valuation.asset_code}
    if unit is Unit.SHARE:
        return {"value": format_decimal(figure, 6), "unit": "share"}
    if unit is Unit.TIME:
        return {"value": str(figure // _NS_PER_MS), "unit": "ms"}
    return {"value": str(figure), "unit": _RAW.get(unit, "number")}


def figures_told(rejection: Rejection, first: int, second: int, known: About) -> dict[str, dict[str, str]]:
    """The figures that have names, by name."""
    both = zip(FIGURES[rejection], (first, second), strict=True)
    return {name: shown(unit, figure, known) for (name, unit), figure in both if name}


def words_told(rejection: Rejection, first: int, second: int, known: About) -> str:
    """The refusal in words, its figures in units."""

    def tell(unit: Unit, figure: int) -> str:
        if unit is Unit.SHARE:
            return f"{format_decimal(figure, 4)} %"
        if unit is Unit.TIME:
            moment = _EPOCH + timedelta(milliseconds=figure // _NS_PER_MS)
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = shown(unit, figure, known)
        return as_the_core_counts(unit, figure) if told["unit"] == _RAW.get(unit, "number") else " ".join(told.values())

    return explain(rejection, first, second, tell)


def refusal_told(event: CommandRejected, known: About) -> str:
    """The same of an event."""
    return words_told(Rejection(event.rejection), event.first_figure, event.second_figure, known)
