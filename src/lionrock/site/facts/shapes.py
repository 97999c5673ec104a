"""Which fields the site's own records have. Each is named by where the code keeps it, and goes when that goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lionrock.gateways.documents.codes import MEANINGS
from lionrock.gateways.documents.pages import trading_rule_topics
from lionrock.gateways.rest.contract import Endpoint
from lionrock.gateways.rest.lionrock.previews import OrderPreview, PreviewFees
from lionrock.rulebook.facts import RecordShape
from lionrock.words.commands import AmendOrder, CancelOrder, PlaceOrder
from lionrock.words.events import (
    AccountProfileSet,
    CommandRejected,
    LegsPosted,
    MarketListed,
    MarketRulesSet,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    TradeExecuted,
    TransferPosted,
)

_Field = tuple[type[msgspec.Struct], str]

ORDER_EVENT: Mapping[str, Sequence[_Field]] = {
    "sequence": [(PlaceOrder, "sequence"), (OrderPlaced, "sequence")],
    "event_id": [(OrderPlaced, "sequence"), (OrderPlaced, "index")],
    "event": [(OrderPlaced, "kind"), (OrderCancelled, "kind"), (OrderAmended, "kind"), (OrderFilled, "kind")],
    "received_at": [(PlaceOrder, "time_ns"), (AmendOrder, "time_ns"), (CancelOrder, "time_ns")],
    "executed_at": [(TradeExecuted, "time_ns")],
    "amended_at": [(OrderAmended, "time_ns")],
    "cancelled_at": [(OrderCancelled, "time_ns")],
    "expired_at": [(OrderCancelled, "time_ns"), (OrderCancelled, "reason")],
    "client_id": [(OrderPlaced, "account_id")],
    "asset": [(OrderPlaced, "market_id"), (MarketListed, "base_asset_id")],
    "size": [(OrderPlaced, "size_lots"), (OrderPlaced, "quote_amount_atoms")],
    "side": [(OrderPlaced, "side")],
    "order_type": [(OrderPlaced, "order_type")],
    "price_limit": [(OrderPlaced, "price_ticks")],
    "time_limit": [(OrderPlaced, "time_in_force"), (OrderPlaced, "expire_time_ns")],
    "designation": [(OrderPlaced, "post_only"), (OrderPlaced, "self_trade_prevention"), (OrderPlaced, "trigger")],
    "allocation": [(TradeExecuted, "size_lots"), (TradeExecuted, "maker_order_id"), (TradeExecuted, "taker_order_id")],
    "counterparty": [(TradeExecuted, "maker_account_id"), (TradeExecuted, "taker_account_id")],
}
"""What a rule calls a field of an order's record, and where commands and events hold it."""

LEDGER_ENTRY: Mapping[str, Sequence[_Field]] = {
    "purpose": [(TransferPosted, "purpose"), (LegsPosted, "purpose")],
    "actor_kind": [(TransferPosted, "actor_kind")],
    "actor_id": [(TransferPosted, "actor_id")],
    "authority_id": [(TransferPosted, "authority_id")],
    "legal_entity": [(AccountProfileSet, "legal_entity")],
    "tax_type": [(TransferPosted, "tax_report_type")],
}

AUDIT_EVENT: Mapping[str, Sequence[_Field]] = {
    "event_id": [(CommandRejected, "sequence")],
    "at": [(CommandRejected, "time_ns")],
    "limit_exception": [(CommandRejected, "rejection"), (CommandRejected, "first_figure")],
    "parameter_change": [(MarketRulesSet, "time_ns"), (AccountProfileSet, "time_ns")],
    "master_file_change": [(MarketListed, "time_ns"), (AccountProfileSet, "time_ns")],
    "erroneous_input": [(CommandRejected, "command_kind")],
}
"""What the journal itself records for an audit; sign-ins, refused decisions and access are the rooms' to add."""


ORDER_CONFIRMATION: Mapping[str, Sequence[_Field]] = {
    "asset": [(OrderPreview, "asset")],
    "amount": [(OrderPreview, "amount"), (OrderPreview, "value")],
    "fees": [(OrderPreview, "fees"), (PreviewFees, "if_maker"), (PreviewFees, "if_taker")],
    "cannot_be_undone": [(OrderPreview, "cannot_be_undone")],
}
"""What a client is shown to confirm before it places an order, where the interface has an endpoint that shows it."""


class ShapeFacts:
    """Supplies `RecordShape` of what the journal and the interface hold."""

    def __init__(self, endpoints: Sequence[Endpoint], extra: Mapping[str, Sequence[str]]) -> None:
        """`extra` are fields that rooms add to a record, by its name."""
        self._shapes = [
            _shape("order_event", ORDER_EVENT),
            _shape("ledger_entry", LEDGER_ENTRY),
            _joined(_shape("audit_event", AUDIT_EVENT), extra.get("audit_event", ())),
            *([_shape("order_confirmation", ORDER_CONFIRMATION)] if _shows_orders(endpoints) else []),
            RecordShape("trading_rules", trading_rule_topics()),
            RecordShape("api_documentation", _documented(endpoints)),
            *(RecordShape(name, tuple(fields)) for name, fields in extra.items() if name != "audit_event"),
        ]

    def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[Any] | None:
        """As `FactSource`."""
        return self._shapes if fact_type is RecordShape else None


def _shows_orders(endpoints: Sequence[Endpoint]) -> bool:
    return any(endpoint.answer is OrderPreview for endpoint in endpoints)


def _shape(record: str, fields: Mapping[str, Sequence[_Field]]) -> RecordShape:
    return RecordShape(
        record, tuple(name for name, places in fields.items() if all(_is_there(*each) for each in places))
    )


def _is_there(record_type: type[msgspec.Struct], name: str) -> bool:
    return name == "kind" or name in record_type.__struct_fields__


def _joined(shape: RecordShape, more: Sequence[str]) -> RecordShape:
    return RecordShape(shape.record, (*shape.fields, *more))


def _documented(endpoints: Sequence[Endpoint]) -> tuple[str, ...]:
    """Every operation has words; one that answers has an example made from its answer; every code has a remedy."""
    found = []
    if endpoints and all(endpoint.summary for endpoint in endpoints):
        found.append("operations")
    if any(endpoint.answer is not None for endpoint in endpoints):
        found.append("examples")
    if MEANINGS and all(meaning.cause and meaning.remedy for meaning in MEANINGS.values()):
        found.append("errors")
    return tuple(found)
