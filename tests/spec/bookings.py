"""The words of both columns for what is booked outside the book: legs, holds, cancelled trades, permissions.

`asked` makes the command of a row, `told` the event of a sentence, `in_words` the sentence of an event.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from lionrock.words import commands, events
from lionrock.words.commands import Command
from lionrock.words.enumerations import TransferPurpose
from lionrock.words.events import Event

if TYPE_CHECKING:
    from tests.spec.stage import Asked, Stage

_LEG = r"leg (?P<transfer>\d+ )?(?P<account>\w+) (?P<amount>-?\d+) (?P<asset>\w+)(?: from hold (?P<hold>\d+))?"
_COMMANDS = {
    "leg": re.compile(_LEG),
    "post": re.compile(r"post (\d+) legs of (\d+)"),
    "drop": re.compile(r"drop legs of (\d+)"),
    "hold": re.compile(r"hold (\d+): (\d+) (\w+) of (\w+)"),
    "settle": re.compile(r"settle (\d+) of hold (\d+) to (\w+)( and release)?"),
    "release": re.compile(r"release hold (\d+)"),
    "cancel": re.compile(r"cancel trade (\d+)"),
    "permit": re.compile(r"(\w+) may (not )?acquire (\w+)"),
}
_DROPPED = re.compile(r"(\d+) legs dropped")
_SETTLED = re.compile(r"hold settled, releases (\d+)")
_RELEASED = re.compile(r"hold released (\d+)")
_PARTY = r"(\w+) (-?\d+) (\w+) (-?\d+) (\w+)"
_TRADE_CANCELLED = re.compile(rf"trade cancelled: {_PARTY}, {_PARTY}")
_HEADER = {"index": 0, "sequence": 0, "time_ns": 0}


def plain(kind: str, stage: Stage) -> Command | None:
    """What a raw command of these kinds starts from; None for other kinds."""
    usual = {
        "AddLeg": "leg 1 ann -1 USD",
        "PostLegs": "post 2 legs of 1",
        "DropLegs": "drop legs of 1",
        "PlaceHold": "hold 1: 1 USD of ann",
        "SettleHold": "settle 1 of hold 1 to custody",
        "ReleaseHold": "release hold 1",
        "CancelTrade": "cancel trade 1",
        "SetAssetPermission": "ann may acquire BTC",
    }
    if kind == "SetValuation":
        return commands.SetValuation(asset_id=stage.assets["USD"].asset_id, price_atoms=1, is_money=1)
    return asked(usual[kind], stage) if kind in usual else None


def asked(text: str, stage: Stage) -> Command | None:
    """The command that a row asks for, or None when it is none of these."""
    matches = {verb: found for verb, pattern in _COMMANDS.items() if (found := pattern.fullmatch(text))}
    match matches:
        case {"leg": leg} if leg["transfer"]:
            return commands.AddLeg(transfer_id=int(leg["transfer"]), **_leg(leg, stage))
        case {"post": post}:
            return commands.PostLegs(transfer_id=int(post[2]), legs=int(post[1]), purpose=TransferPurpose.OTC)
        case {"drop": drop}:
            return commands.DropLegs(transfer_id=int(drop[1]))
        case {"hold": hold}:
            return commands.PlaceHold(
                hold_id=int(hold[1]),
                account_id=stage.accounts[hold[4]],
                asset_id=stage.assets[hold[3]].asset_id,
                amount_atoms=int(hold[2]),
                purpose=TransferPurpose.WITHDRAWAL,
            )
        case {"settle": settle}:
            return commands.SettleHold(
                hold_id=int(settle[2]),
                credit_account_id=stage.accounts[settle[3]],
                amount_atoms=int(settle[1]),
                release_rest=int(settle[4] is not None),
            )
        case {"release": release}:
            return commands.ReleaseHold(hold_id=int(release[1]))
        case {"cancel": cancel}:
            return commands.CancelTrade(trade_id=int(cancel[1]), actor_id=5, authority_id=6)
        case {"permit": permit}:
            return commands.SetAssetPermission(
                account_id=stage.accounts[permit[1]],
                asset_id=stage.assets[permit[3]].asset_id,
                permitted=int(permit[2] is None),
            )
    return None


def _leg(leg: re.Match[str], stage: Stage) -> dict[str, int]:
    return {
        "account_id": stage.accounts[leg["account"]],
        "asset_id": stage.assets[leg["asset"]].asset_id,
        "amount_atoms": int(leg["amount"]),
        "hold_id": int(leg["hold"] or 0),
    }


def told(sentence: str, row: Asked, stage: Stage) -> Event | None:
    """The event that a sentence names, its header still empty, or None when it is none of these."""
    given = msgspec.structs.asdict(row.command) if row.command else {}
    if match := re.fullmatch(_LEG, sentence):
        return events.LegPosted(**_HEADER, transfer_id=given["transfer_id"], **_leg(match, stage))
    if match := _DROPPED.fullmatch(sentence):
        return events.LegsDropped(**_HEADER, transfer_id=given["transfer_id"], legs=int(match[1]))
    if match := _SETTLED.fullmatch(sentence):
        return _of_hold(events.HoldSettled, given, stage, released_atoms=int(match[1]))
    if match := _RELEASED.fullmatch(sentence):
        return _of_hold(events.HoldReleased, given, stage, amount_atoms=int(match[1]))
    if match := _TRADE_CANCELLED.fullmatch(sentence):
        values = given | _HEADER
        values |= {f"buyer_{asset}_atoms": int(match[group]) for asset, group in (("base", 2), ("quote", 4))}
        values |= {f"seller_{asset}_atoms": int(match[group]) for asset, group in (("base", 7), ("quote", 9))}
        values |= {"buyer_account_id": stage.accounts[match[1]], "seller_account_id": stage.accounts[match[6]]}
        return events.TradeCancelled(**values, market_id=stage.markets[match[3] + match[5]].market_id)
    return None


def _of_hold(event_type: type[Event], given: dict[str, int], stage: Stage, **figures: int) -> Event:
    """An event about a hold: its own fields from where it was placed, the others from the command."""
    placed = stage.holds[given["hold_id"]]
    values = given | _HEADER | {"account_id": placed.account_id, "asset_id": placed.asset_id, "purpose": placed.purpose}
    return event_type(**{name: (values | figures)[name] for name in event_type.__struct_fields__})


def in_words(event: Event, stage: Stage) -> str | None:
    """The sentence of an event, or None when it is none of these."""
    accounts = {number: name for name, number in stage.accounts.items()}
    codes = {listed.asset_id: code for code, listed in stage.assets.items()}
    match event:
        case events.LegPosted():
            hold = f" from hold {event.hold_id}" if event.hold_id else ""
            return f"leg {accounts[event.account_id]} {event.amount_atoms} {codes[event.asset_id]}{hold}"
        case events.LegsDropped():
            return f"{event.legs} legs dropped"
        case events.HoldSettled():
            return f"hold settled, releases {event.released_atoms}"
        case events.HoldReleased():
            return f"hold released {event.amount_atoms}"
        case events.TradeCancelled():
            market = next(found for found in stage.markets.values() if found.market_id == event.market_id)
            base, quote = codes[market.base_asset_id], codes[market.quote_asset_id]
            parties = [
                (event.buyer_account_id, event.buyer_base_atoms, event.buyer_quote_atoms),
                (event.seller_account_id, event.seller_base_atoms, event.seller_quote_atoms),
            ]
            told = [f"{accounts[party]} {of_base} {base} {of_quote} {quote}" for party, of_base, of_quote in parties]
            return f"trade cancelled: {', '.join(told)}"
    return None
