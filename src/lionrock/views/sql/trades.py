"""Trades and their two fills, and what each side paid, received and was charged (spec/fees.md)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lionrock.views.sql.catalogue import Markets
from lionrock.views.sql.decoding import NONE, EventBlock, Ints
from lionrock.words.enumerations import FeeCurrency, Side
from lionrock.words.events import TradeExecuted


class TradeSide(NamedTuple):
    """Maker or taker of every trade, as columns."""

    order_id: Ints
    account_id: Ints
    side: Ints
    fee_atoms: Ints
    """Below zero a rebate."""
    fee_asset_id: Ints
    paid_asset_id: Ints
    paid_atoms: Ints
    """Out of its hold, with a fee that the hold covers."""
    fee_in_paid_atoms: Ints
    """How much of that is the fee."""
    received_asset_id: Ints
    received_atoms: Ints
    """Before a fee that is taken from it."""


class Trades(NamedTuple):
    """Every trade of a block, as columns."""

    at: Ints
    """Position of the event."""
    trade_id: Ints
    market_id: Ints
    price_ticks: Ints
    size_lots: Ints
    quote_atoms: Ints
    taker_side: Ints
    in_auction: Ints
    maker: TradeSide
    taker: TradeSide
    fee_account_id: Ints

    @property
    def sides(self) -> tuple[TradeSide, TradeSide]:
        return self.maker, self.taker


def trades_of(block: EventBlock, markets: Markets) -> Trades:
    """The trades among these events. Every market they are in is known."""
    events = block.of(TradeExecuted)
    rows = markets.rows_of(events["market_id"])
    taker_side = events["taker_side"]
    maker_side = Side.BUY + Side.SELL - taker_side
    quote_atoms, size_lots = events["quote_atoms"], events["size_lots"]
    base_id, quote_id = markets.column("base_asset_id")[rows], markets.column("quote_asset_id")[rows]
    base_atoms = size_lots * markets.column("lot_base_atoms")[rows]
    charged_in_quote = markets.column("fee_currency")[rows] == FeeCurrency.QUOTE
    taker_fee_asset = np.where((taker_side == Side.SELL) | charged_in_quote, quote_id, base_id)

    def side_of(name: str, side: Ints) -> TradeSide:
        buys, fee = side == Side.BUY, events[f"{name}_fee_atoms"]
        own_fee_asset = np.where(buys & ~charged_in_quote, base_id, quote_id)
        from_hold = np.where(buys & charged_in_quote, np.maximum(fee, 0), 0)
        return TradeSide(
            order_id=events[f"{name}_order_id"],
            account_id=events[f"{name}_account_id"],
            side=side,
            fee_atoms=fee,
            fee_asset_id=np.where(fee < 0, taker_fee_asset, own_fee_asset),
            paid_asset_id=np.where(buys, quote_id, base_id),
            paid_atoms=np.where(buys, quote_atoms, base_atoms) + from_hold,
            fee_in_paid_atoms=from_hold,
            received_asset_id=np.where(buys, base_id, quote_id),
            received_atoms=np.where(buys, base_atoms, quote_atoms),
        )

    return Trades(
        at=events.at,
        trade_id=events["trade_id"],
        market_id=events["market_id"],
        price_ticks=events["price_ticks"],
        size_lots=size_lots,
        quote_atoms=quote_atoms,
        taker_side=taker_side,
        in_auction=events["in_auction"],
        maker=side_of("maker", maker_side),
        taker=side_of("taker", taker_side),
        fee_account_id=markets.column("fee_account_id")[rows],
    )


def trade_rows(trades: Trades, block: EventBlock) -> dict[str, Ints]:
    """Columns of `tables.trades`."""
    return {
        "trade_id": trades.trade_id,
        "sequence": block.sequence[trades.at],
        "time_ns": block.time_ns[trades.at],
        "market_id": trades.market_id,
        "price_ticks": trades.price_ticks,
        "size_lots": trades.size_lots,
        "quote_atoms": trades.quote_atoms,
        "taker_side": trades.taker_side,
        "in_auction": trades.in_auction,
        "maker_order_id": trades.maker.order_id,
        "taker_order_id": trades.taker.order_id,
        "maker_account_id": trades.maker.account_id,
        "taker_account_id": trades.taker.account_id,
        "maker_fee_atoms": trades.maker.fee_atoms,
        "taker_fee_atoms": trades.taker.fee_atoms,
        "cancelled_sequence": np.full(len(trades.at), NONE),
    }


def fill_rows(trades: Trades, block: EventBlock) -> dict[str, Ints]:
    """Columns of `tables.fills`, both sides of each trade, by their ids."""

    def both(taker: Ints, maker: Ints) -> Ints:
        return np.stack((taker, maker), axis=1).reshape(-1)

    def twice(column: Ints) -> Ints:
        return np.repeat(column, 2)

    maker, taker = trades.maker, trades.taker
    return {
        "fill_id": both(2 * trades.trade_id, 2 * trades.trade_id + 1),
        "trade_id": twice(trades.trade_id),
        "order_id": both(taker.order_id, maker.order_id),
        "account_id": both(taker.account_id, maker.account_id),
        "market_id": twice(trades.market_id),
        "side": both(taker.side, maker.side),
        "is_maker": both(trades.in_auction, np.ones(len(trades.at), np.int64)),
        "time_ns": twice(block.time_ns[trades.at]),
        "price_ticks": twice(trades.price_ticks),
        "size_lots": twice(trades.size_lots),
        "quote_atoms": twice(trades.quote_atoms),
        "fee_atoms": both(taker.fee_atoms, maker.fee_atoms),
        "fee_asset_id": both(taker.fee_asset_id, maker.fee_asset_id),
        "cancelled_sequence": np.full(2 * len(trades.at), NONE),
    }
