"""What moved in the ledger outside trades, and who may hold what."""

from __future__ import annotations

from lionrock.words.event_base import Event, event
from lionrock.words.records import I64, U8, U16, U32, U64


class Booked(Event, frozen=True, kw_only=True):
    """Header of every event that tells of value moved outside trades: where it comes from, as in the command."""

    tax_report_type: U16
    """As in the command."""
    actor_kind: U8
    """An `ActorKind`."""
    actor_id: U64
    """Who asked."""
    authority_id: U64
    """Who approved."""
    source: U32
    """Which outside numbering."""
    source_sequence: U64
    """Its number there."""


@event(102)
class AccountOpened(Event, frozen=True, kw_only=True):
    """The account exists and is empty."""

    account_id: U64
    """Its number."""
    account_kind: U8
    """An `AccountKind`."""


@event(106)
class TransferPosted(Booked, frozen=True, kw_only=True):
    """Both legs are in the ledger."""

    asset_id: U32
    """What moved."""
    debit_account_id: U64
    """Where it left."""
    credit_account_id: U64
    """Where it arrived."""
    amount_atoms: I64
    """How much."""
    purpose: U16
    """A `TransferPurpose`."""


@event(107)
class BeneficialOwnerSet(Event, frozen=True, kw_only=True):
    """The account's orders count as this owner's from now on."""

    account_id: U64
    """Whose."""
    owner_id: U64
    """Who stands behind it."""


@event(126)
class AccountProfileSet(Event, frozen=True, kw_only=True):
    """The account may do this from now on. Fields as in `SetAccountProfile`."""

    account_id: U64
    """Whose."""
    legal_entity: U16
    """Entity it contracts with; 0 for any."""
    products: U32
    """Bit 0: spot."""
    client_class: U8
    """A `ClientClass`."""
    restriction: U8
    """An `AccountRestriction`."""
    open_order_cap: U32
    """Most orders that may rest or wait at a time; 0 for no cap."""
    exposure_limit_atoms: I64
    """Most that its exposure may be worth; 0 for no limit."""


@event(129)
class LegAdded(Event, frozen=True, kw_only=True):
    """The transfer has one leg more. Nothing moved."""

    transfer_id: U64
    """Which transfer."""
    account_id: U64
    """Whose account."""
    asset_id: U32
    """What is to move."""
    amount_atoms: I64
    """Above zero what will arrive, below zero what will leave."""
    hold_id: U64
    """The hold it leaves from; 0 for what is available."""


@event(130)
class LegPosted(Event, frozen=True, kw_only=True):
    """One leg is in the ledger; `LegsPosted` comes after the last."""

    transfer_id: U64
    """Which transfer."""
    account_id: U64
    """Whose account."""
    asset_id: U32
    """What moved."""
    amount_atoms: I64
    """Above zero what arrived, below zero what left."""
    hold_id: U64
    """The hold it left from; 0 for what was available."""


@event(131)
class LegsPosted(Booked, frozen=True, kw_only=True):
    """The transfer is booked whole."""

    transfer_id: U64
    """Which transfer."""
    legs: U16
    """How many legs it had."""
    purpose: U16
    """A `TransferPurpose`."""


@event(132)
class LegsDropped(Event, frozen=True, kw_only=True):
    """The transfer is forgotten; nothing had moved."""

    transfer_id: U64
    """Which transfer."""
    legs: U16
    """How many legs it had."""


@event(133)
class HoldPlaced(Booked, frozen=True, kw_only=True):
    """So much moved from available to held."""

    hold_id: U64
    """Its number."""
    account_id: U64
    """Whose value."""
    asset_id: U32
    """What is held."""
    amount_atoms: I64
    """How much."""
    purpose: U16
    """A `TransferPurpose`."""


@event(134)
class HoldSettled(Booked, frozen=True, kw_only=True):
    """So much left what was held and arrived elsewhere."""

    hold_id: U64
    """Which hold."""
    account_id: U64
    """Whose value it was."""
    credit_account_id: U64
    """Where it arrived."""
    asset_id: U32
    """What moved."""
    amount_atoms: I64
    """How much."""
    released_atoms: I64
    """What of the rest is available again."""
    purpose: U16
    """The hold's `TransferPurpose`."""


@event(135)
class HoldReleased(Booked, frozen=True, kw_only=True):
    """So much moved from held back to available, and the hold is over."""

    hold_id: U64
    """Which hold."""
    account_id: U64
    """Whose value."""
    asset_id: U32
    """What was held."""
    amount_atoms: I64
    """How much."""
    purpose: U16
    """The hold's `TransferPurpose`."""


@event(136)
class TradeCancelled(Booked, frozen=True, kw_only=True):
    """The trade is booked back. The four amounts are what now happened to the two accounts, the reverse of the trade;
    what they do not come to together moved from or to the market's fee account.
    """

    trade_id: U64
    """Which trade."""
    market_id: U32
    """Where it was."""
    buyer_account_id: U64
    """Who had bought."""
    seller_account_id: U64
    """Who had sold."""
    buyer_base_atoms: I64
    """Below zero: what the buyer gives back."""
    buyer_quote_atoms: I64
    """What the buyer gets back."""
    seller_base_atoms: I64
    """What the seller gets back."""
    seller_quote_atoms: I64
    """Below zero: what the seller gives back."""


@event(138)
class AssetPermissionSet(Event, frozen=True, kw_only=True):
    """The account may, or may not, acquire the asset from now on. Fields as in `SetAssetPermission`."""

    account_id: U64
    """Whose."""
    asset_id: U32
    """Which asset."""
    permitted: U8
    """1 or 0."""
