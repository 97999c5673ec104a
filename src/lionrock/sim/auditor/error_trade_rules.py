"""The rules of spec/error-trades.md: a trade is booked back."""

from __future__ import annotations

from lionrock.sim.auditor.origin import note_source, refuse_origin, told_of
from lionrock.sim.auditor.recent_trades import RecentTrade
from lionrock.sim.auditor.venue import Venue, refuse, refuse_if
from lionrock.words.commands import CancelTrade
from lionrock.words.enumerations import TransferPurpose
from lionrock.words.events import TradeCancelled
from lionrock.words.rejections import Rejection

R = Rejection


def cancel_trade(venue: Venue, command: CancelTrade) -> None:
    trade_id = command.trade_id

    refuse_origin(venue, command, TransferPurpose.CORRECTION)
    trade = venue.recent_trades.find(trade_id)
    if trade is None:
        refuse(R.TRADE_UNKNOWN, trade_id, venue.recent_trades.oldest_id())
    refuse_if(trade.is_cancelled, R.TRADE_ALREADY_CANCELLED, trade_id)
    changes = _changes_back(venue, trade)
    for (account_id, asset_id), atoms in changes.items():
        available = venue.ledger.available(account_id, asset_id)
        refuse_if(atoms < 0 and -atoms > available, R.AVAILABLE_INSUFFICIENT, -atoms, available)
    # ---- Decided. Nothing below may fail. ----
    for (account_id, asset_id), atoms in changes.items():
        venue.ledger.post(account_id, asset_id, available=atoms)
    trade.is_cancelled = True
    note_source(venue, command)
    venue.events.append(
        TradeCancelled(
            **venue.head(),
            trade_id=trade_id,
            market_id=trade.market_id,
            buyer_account_id=trade.buyer_account_id,
            seller_account_id=trade.seller_account_id,
            buyer_base_atoms=-trade.buyer_base_atoms,
            buyer_quote_atoms=-trade.buyer_quote_atoms,
            seller_base_atoms=-trade.seller_base_atoms,
            seller_quote_atoms=-trade.seller_quote_atoms,
            **told_of(command),
        )
    )


def _changes_back(venue: Venue, trade: RecentTrade) -> dict[tuple[int, int], int]:
    """What happens to each account and asset, in the order of the refusals: buyer, seller, fee account.

    One account on both sides has one sum for each asset.
    """
    listing = venue.markets[trade.market_id].listing
    base_id, quote_id, fee_account_id = listing.base_asset_id, listing.quote_asset_id, listing.fee_account_id
    parts = [
        (trade.buyer_account_id, base_id, -trade.buyer_base_atoms),
        (trade.buyer_account_id, quote_id, -trade.buyer_quote_atoms),
        (trade.seller_account_id, base_id, -trade.seller_base_atoms),
        (trade.seller_account_id, quote_id, -trade.seller_quote_atoms),
        (fee_account_id, base_id, trade.buyer_base_atoms + trade.seller_base_atoms),
        (fee_account_id, quote_id, trade.buyer_quote_atoms + trade.seller_quote_atoms),
    ]
    changes: dict[tuple[int, int], int] = {}
    for account_id, asset_id, atoms in parts:
        changes[account_id, asset_id] = changes.get((account_id, asset_id), 0) + atoms
    return changes
