"""The auditor: the whole venue a second time, written from spec/ alone, slow and obvious.

It shares with the engine the vocabulary and nothing else, so a mistake must be made twice, independently and alike, to
go unseen. Compared are the bytes of all events, the lines of the state and their digest.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable
from typing import Any

from lionrock.sim.auditor import (
    error_trade_rules,
    exposure,
    gate_rules,
    hold_rules,
    leg_rules,
    operator_rules,
    order_rules,
    phase_rules,
    stop_rules,
    transfer_rules,
    trigger_rules,
)
from lionrock.sim.auditor.venue import RefusedError, Venue
from lionrock.words.commands import (
    COMMANDS,
    AddLeg,
    AdvanceTime,
    AmendOrder,
    AssignFeeTier,
    CancelOrder,
    CancelOrders,
    CancelTrade,
    Command,
    DropLegs,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceHold,
    PlaceOrder,
    PostLegs,
    ReleaseHold,
    SetAccountProfile,
    SetAssetPermission,
    SetBeneficialOwner,
    SetFeeTier,
    SetKillSwitch,
    SetMarketPhase,
    SetMarketRules,
    SetPriceBand,
    SettleHold,
    SetValuation,
    Transfer,
)
from lionrock.words.events import CommandRejected
from lionrock.words.faults import Fault
from lionrock.words.records import RECORD_BYTES, layout_of, unpack
from lionrock.words.rejections import Rejection

RULES: dict[type[Command], Callable[[Venue, Any], None]] = {
    ListAsset: operator_rules.list_asset,
    OpenAccount: operator_rules.open_account,
    SetFeeTier: operator_rules.set_fee_tier,
    AssignFeeTier: operator_rules.assign_fee_tier,
    ListMarket: operator_rules.list_market,
    Transfer: transfer_rules.transfer,
    SetBeneficialOwner: operator_rules.set_beneficial_owner,
    PlaceOrder: order_rules.place_order,
    CancelOrder: order_rules.cancel_order,
    AmendOrder: order_rules.amend_order,
    CancelOrders: stop_rules.cancel_orders,
    SetKillSwitch: stop_rules.set_kill_switch,
    AdvanceTime: stop_rules.advance_time,
    SetMarketPhase: phase_rules.set_market_phase,
    SetPriceBand: phase_rules.set_price_band,
    SetAccountProfile: gate_rules.set_account_profile,
    SetMarketRules: gate_rules.set_market_rules,
    AddLeg: leg_rules.add_leg,
    PostLegs: leg_rules.post_legs,
    DropLegs: leg_rules.drop_legs,
    PlaceHold: hold_rules.place_hold,
    SettleHold: hold_rules.settle_hold,
    ReleaseHold: hold_rules.release_hold,
    CancelTrade: error_trade_rules.cancel_trade,
    SetValuation: exposure.set_valuation,
    SetAssetPermission: gate_rules.set_asset_permission,
}
"""Which rule decides which command."""

_HEAD = struct.Struct("<HQq")
"""Kind, sequence and time, with which every command starts, also one of a kind nobody knows."""

_TEXTS: dict[type[Command], tuple[str, re.Pattern[bytes]]] = {
    ListAsset: ("code", re.compile(rb"[A-Z0-9]+\0*")),
    ListMarket: ("symbol", re.compile(rb"[A-Z0-9-]+\0*")),
}
"""The text field of a command and what its bytes may be, filled with NULs up to the field's length."""


class Auditor:
    """Takes what the engine takes and answers what the engine must answer."""

    def __init__(self) -> None:
        self._venue = Venue()

    @property
    def last_sequence(self) -> int:
        """Sequence of the last command applied; 0 before the first."""
        return self._venue.sequence

    @property
    def last_time_ns(self) -> int:
        """Time of the last command applied, nanoseconds since 1970-01-01 UTC; 0 before the first."""
        return self._venue.time_ns

    def apply(self, commands: bytes | memoryview) -> bytes:
        """Applies a block of 128-byte command records and returns the records of all their events.

        Raises `ValueError`, and applies nothing, when the block is not whole records. Raises `Fault` when a record does
        not carry the next sequence or goes back in time (that record and those after it are not applied), and when a
        command left the state in a way that cannot be (then this auditor is of no more use).
        """
        if len(commands) % RECORD_BYTES:
            raise ValueError(f"{len(commands)} bytes are not a whole number of {RECORD_BYTES}-byte records")
        starts = range(0, len(commands), RECORD_BYTES)
        return b"".join(self._apply_one(commands[start : start + RECORD_BYTES]) for start in starts)

    def lines(self) -> list[str]:
        """The state as lines of text, without line feeds (spec/state.md). As they say all, all is checked first."""
        self._venue.check_all()
        return list(self._venue.lines())

    def digest(self) -> str:
        """SHA-256 of the lines in lowercase hexadecimal (spec/state.md)."""
        return hashlib.sha256("".join(f"{line}\n" for line in self.lines()).encode()).hexdigest()

    def _apply_one(self, record: bytes | memoryview) -> bytes:
        venue = self._venue
        kind, sequence, time_ns = _HEAD.unpack_from(record)
        if sequence != venue.sequence + 1:
            raise Fault(f"command {sequence} came after command {venue.sequence}")
        if time_ns < venue.time_ns:
            raise Fault(f"command {sequence} is of {time_ns} ns, the one before of {venue.time_ns} ns")
        venue.sequence, venue.time_ns = sequence, time_ns
        venue.events.clear()
        venue.recent_trades.forget_until(time_ns)
        venue.client_ids.free_until(time_ns)
        phase_rules.do_what_is_due(venue)
        venue.band_references.clear()
        due = len(venue.events)
        try:
            self._decide(kind, record)
        except RefusedError as refused:
            if len(venue.events) > due:
                raise Fault(f"command {sequence} was refused after it had begun") from refused
            self._reject(kind, refused)
        trigger_rules.bring_in_triggered(venue)
        venue.ledger.check()
        return b"".join(event.pack() for event in venue.events)

    def _decide(self, kind: int, record: bytes | memoryview) -> None:
        command_type = COMMANDS.get(kind)
        if command_type is None:
            raise RefusedError(Rejection.COMMAND_UNKNOWN, kind, 0)
        if command_type in _TEXTS:
            record = _without_malformed_text(command_type, record)
        RULES[command_type](self._venue, unpack(COMMANDS, record))

    def _reject(self, kind: int, refused: RefusedError) -> None:
        self._venue.events.append(
            CommandRejected(
                **self._venue.head(),
                command_kind=kind,
                rejection=refused.rejection,
                first_figure=refused.first_figure,
                second_figure=refused.second_figure,
            )
        )


def _without_malformed_text(command_type: type[Command], record: bytes | memoryview) -> bytes:
    """The record with its text blanked if malformed: no text is malformed too, and equals no listed code or symbol.

    So bytes that are no text at all, and bytes hidden behind a NUL, reach the rule that refuses them at its place.
    """
    name, well_formed = _TEXTS[command_type]
    layout = layout_of(command_type)
    values = dict(zip(layout.fields, layout.packer.unpack_from(record), strict=True))
    if well_formed.fullmatch(values[name]) is None:
        values[name] = b""
    return layout.packer.pack(*values.values())
