"""What stands on each paper. The same structs make the machine-readable file, the page and what rules check."""

from __future__ import annotations

import msgspec


class Entity(msgspec.Struct, frozen=True):
    """Who issues the paper: the licensed operator."""

    code: str
    name: str
    address: str = ""
    licence: str = ""
    """Its licence and number, and whose."""
    contact: str = ""


class Client(msgspec.Struct, frozen=True):
    """For whom. What the site does not know is empty."""

    client_id: str
    """Opaque."""
    account_id: str
    name: str = ""
    address: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Client(client_id={self.client_id!r})"


class Span(msgspec.Struct, frozen=True):
    """From, included, to, not included; local time with its distance from UTC."""

    begins: str
    ends: str
    time_zone: str


class Source(msgspec.Struct, frozen=True):
    """Where in the journal the figures stand."""

    journal_sequence: str
    journal_frames: str
    journal_frame_hash: str


class NoteTrade(msgspec.Struct, frozen=True):
    """One trade. Amounts are exact, in whole units of the asset that is named beside them."""

    trade_id: str
    order_id: str
    traded_at: str
    settled_at: str
    """At once, in the same ledger entry."""
    market: str
    asset: str
    side: str
    """`buy` or `sell`, as the client did."""
    quantity: str
    price: str
    """Of one whole unit, in `currency`."""
    consideration: str
    """Quantity by price."""
    currency: str
    """Asset that the price is told in."""
    fees: str
    """Charged; below zero a rebate."""
    fee_asset: str
    liquidity: str
    """`maker`, `taker` or `auction`."""
    is_cancelled: bool
    """Booked back as an error trade; in no sum."""


class AssetFlow(msgspec.Struct, frozen=True):
    """What trades did to one asset, fees included."""

    asset: str
    received: str
    paid: str
    fees: str
    net: str


class ContractNote(msgspec.Struct, frozen=True):
    """All trades of an account on one day."""

    paper_id: str
    entity: Entity
    client: Client
    period: Span
    capacity: str
    """`agent`: the client's orders meet those of other clients; the operator is no party."""
    trades: tuple[NoteTrade, ...]
    totals: tuple[AssetFlow, ...]
    recorded_at: Source
    prepared_at: str
    kind: str = "contract_note"


class Balance(msgspec.Struct, frozen=True):
    """Of one asset."""

    asset: str
    available: str
    held: str
    """Set aside for orders and withdrawals."""
    total: str


class Movement(msgspec.Struct, frozen=True):
    """One entry that changed what the account has. Setting aside for an order is none."""

    entry_id: str
    at: str
    asset: str
    what: str
    """Name of the entry's reason, such as TRADE or TRADE_FEE; of a transfer its purpose."""
    reference_id: str
    change: str
    total_after: str


class AssetSum(msgspec.Struct, frozen=True):
    """Of one asset."""

    asset: str
    amount: str


class AccountStatement(msgspec.Struct, frozen=True):
    """What an account had, what changed it, what it has."""

    kind: str
    paper_id: str
    entity: Entity
    client: Client
    period: Span
    opening_balances: tuple[Balance, ...]
    movements: tuple[Movement, ...]
    fees: tuple[AssetSum, ...]
    """Charged in the time, rebates taken off."""
    closing_balances: tuple[Balance, ...]
    recorded_at: Source
    prepared_at: str


class Receipt(msgspec.Struct, frozen=True):
    """One deposit or withdrawal."""

    paper_id: str
    entity: Entity
    client: Client
    direction: str
    """`deposit` or `withdrawal`."""
    received_at: str
    """When it was credited, or left."""
    asset: str
    quantity: str
    account: str
    """Credited or charged."""
    ledger_entry: str
    balance_after: str
    recorded_at: Source
    prepared_at: str
    kind: str = "receipt"


def fields_of(document: type[msgspec.Struct]) -> tuple[str, ...]:
    """Names of every field of a document, those of its parts as well, each once."""
    found: dict[str, None] = {}

    def walk(kind: type[msgspec.Struct]) -> None:
        for field in msgspec.structs.fields(kind):
            found.setdefault(field.name)
            for part in (field.type, *getattr(field.type, "__args__", ())):
                if isinstance(part, type) and issubclass(part, msgspec.Struct):
                    walk(part)

    walk(document)
    return tuple(found)
