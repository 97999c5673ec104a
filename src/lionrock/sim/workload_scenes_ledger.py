"""Scenes about value outside the book: sources, holds, legs and the bound of what custody may owe, each to its edge."""

from __future__ import annotations

import msgspec

from lionrock.sim.workload_numbers import ACTOR, AUTHORITY
from lionrock.sim.workload_stage import Scene, Stage, frozen, leg, limit, moved
from lionrock.sim.workload_venue import ACTORS, CUSTODY_ACCOUNTS, EMPTY_CUSTODY_ACCOUNT, OWN_ACCOUNTS
from lionrock.words.commands import (
    AddLeg,
    CancelTrade,
    Command,
    DropLegs,
    ListAsset,
    OpenAccount,
    PlaceHold,
    PostLegs,
    ReleaseHold,
    SettleHold,
)
from lionrock.words.enumerations import AccountKind, Side, TransferPurpose
from lionrock.words.limits import MAX_ATOMS, MAX_LEGS

_ANN, _BOB, _CY = ACTORS
_TWO = {"actor_id": ACTOR, "authority_id": AUTHORITY}


def sources_count(stage: Stage) -> Scene:
    """Every kind of booking takes a number of one source, once; what is refused takes none; then the last there is."""
    source, hold_id, transfer_id = (
        stage.hand.numbers.source(),
        stage.hand.numbers.hold_id(),
        stage.hand.numbers.transfer_id(),
    )
    deposit = moved(stage.market.quote_asset_id, _ANN, 5)

    def numbered(command: Command, sequence: int) -> Command:
        return msgspec.structs.replace(command, source=source, source_sequence=sequence)

    first = stage.chance.choice((1, 7, 2**63 - 9, 2**63, 2**64 - 9))
    asset_id = stage.market.quote_asset_id
    yield numbered(deposit, 0)
    yield numbered(deposit, first)
    yield numbered(deposit, first)
    yield numbered(deposit, first - 1)
    yield numbered(msgspec.structs.replace(deposit, amount_atoms=MAX_ATOMS), first + 1)
    place = PlaceHold(hold_id=hold_id, account_id=_ANN, asset_id=asset_id, amount_atoms=5, purpose=1)
    yield numbered(place, first)
    yield numbered(place, first + 1)
    settle = SettleHold(hold_id=hold_id, credit_account_id=_BOB, amount_atoms=1, release_rest=0)
    yield numbered(settle, first + 1)
    yield numbered(settle, first + 2)
    release = ReleaseHold(hold_id=hold_id)
    yield numbered(release, first + 2)
    yield numbered(release, first + 4)
    for account_id, amount_atoms in ((_ANN, -3), (_BOB, 3)):
        yield leg(transfer_id, account_id, asset_id, amount_atoms)
    post = PostLegs(transfer_id=transfer_id, legs=2, purpose=TransferPurpose.OTC)
    yield numbered(post, first + 4)
    yield numbered(post, first + 5)
    trade = CancelTrade(trade_id=0, **_TWO)
    yield numbered(trade, first + 5)
    yield numbered(trade, first + 6)
    yield numbered(deposit, first + 6)
    yield numbered(deposit, 2**64 - 1)
    yield numbered(deposit, 2**64 - 1)


def holds_to_the_atom(stage: Stage) -> Scene:
    """All there is and an atom more is held, settled, released; beside an order, and by a frozen account."""
    account_id = stage.hand.new_account()
    if account_id is None:
        return
    chance, numbers, asset_id = stage.chance, stage.hand.numbers, stage.market.quote_asset_id
    all_atoms, first_id, second_id = chance.randint(50_000, 10**6), numbers.hold_id(), numbers.hold_id()
    purpose = chance.choice((int(TransferPurpose.WITHDRAWAL), int(TransferPurpose.CORRECTION)))
    people = _TWO if purpose == TransferPurpose.CORRECTION else {}
    yield OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT)
    yield moved(asset_id, account_id, all_atoms)
    order = limit(stage, account_id, Side.BUY, 1, stage.market.middle_ticks)
    place = PlaceHold(
        hold_id=first_id, account_id=account_id, asset_id=asset_id, amount_atoms=all_atoms + 1, purpose=purpose
    )
    if chance.random() < 0.5:
        yield order
    yield msgspec.structs.replace(place, **people)
    place = msgspec.structs.replace(place, amount_atoms=all_atoms)
    yield place
    yield msgspec.structs.replace(place, **people)
    yield msgspec.structs.replace(place, amount_atoms=20_000, **people)
    yield msgspec.structs.replace(place, hold_id=first_id - 1, **people)
    yield msgspec.structs.replace(place, hold_id=second_id, amount_atoms=7, purpose=int(TransferPurpose.OTC))
    settle = SettleHold(hold_id=first_id, credit_account_id=_BOB, amount_atoms=7, release_rest=0, **people)
    yield msgspec.structs.replace(settle, actor_id=0)
    yield msgspec.structs.replace(settle, credit_account_id=account_id)
    yield msgspec.structs.replace(settle, credit_account_id=EMPTY_CUSTODY_ACCOUNT)
    yield msgspec.structs.replace(settle, amount_atoms=all_atoms + 1)
    yield settle
    yield frozen(account_id)
    yield settle
    yield msgspec.structs.replace(place, hold_id=numbers.hold_id(), amount_atoms=1, **people)
    yield SettleHold(hold_id=first_id + 10**6, credit_account_id=_BOB, amount_atoms=1, release_rest=0)
    yield moved(asset_id, _CY, 1)
    if chance.random() < 0.3:
        yield ReleaseHold(hold_id=first_id)
        yield ReleaseHold(hold_id=first_id, **people)
    yield frozen(account_id, restriction=0)
    for credit_id, amount_atoms, release_rest in (
        (CUSTODY_ACCOUNTS[0], 19_986 if chance.random() < 0.5 else all_atoms - 14, 0),
        (OWN_ACCOUNTS[0], 7, chance.randint(0, 1)),
        (_BOB, 7, 1),
    ):
        more = {"credit_account_id": credit_id, "amount_atoms": amount_atoms, "release_rest": release_rest}
        yield msgspec.structs.replace(settle, **more)
    yield ReleaseHold(hold_id=first_id, **people)
    yield ReleaseHold(hold_id=second_id)
    yield moved(asset_id, account_id, 20_000, out=True)


def _posted(stage: Stage, collected: list[AddLeg], **fields: int) -> Scene:
    """The legs, which are given one transfer's id, and as many posted; what was refused is dropped."""
    transfer_id = stage.hand.numbers.transfer_id()
    for each in collected:
        yield msgspec.structs.replace(each, transfer_id=transfer_id)
    post = PostLegs(transfer_id=transfer_id, legs=len(collected), purpose=TransferPurpose.OTC)
    yield msgspec.structs.replace(post, **fields)
    yield DropLegs(transfer_id=transfer_id)


def legs_to_the_atom(stage: Stage) -> Scene:
    """All there is, available and held, and an atom more; by frozen accounts, through custody, sixteen and more."""
    account_id = stage.hand.new_account()
    if account_id is None:
        return
    chance, asset_id = stage.chance, stage.market.quote_asset_id
    all_atoms, held_atoms = chance.randint(100, 10**6), chance.randint(10, 99)
    hold_id = stage.hand.numbers.hold_id()
    purpose = chance.choice((int(TransferPurpose.OTC), int(TransferPurpose.CORRECTION)))
    yield OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT)
    yield moved(asset_id, account_id, all_atoms)
    yield PlaceHold(
        hold_id=hold_id, account_id=account_id, asset_id=asset_id, amount_atoms=held_atoms, purpose=purpose, **_TWO
    )

    def from_both(held: int, available: int) -> list[AddLeg]:
        held_leg = leg(0, account_id, asset_id, -held, hold_id)
        others = [leg(0, account_id, asset_id, -available), leg(0, _BOB, asset_id, held + available)]
        return chance.sample([held_leg, *others], k=3)

    free_atoms = all_atoms - held_atoms
    yield from _posted(stage, [leg(0, _ANN, asset_id, -5, hold_id), leg(0, _BOB, asset_id, 5)], **_TWO)
    yield from _posted(stage, [leg(0, account_id, asset_id, 5, hold_id), leg(0, _BOB, asset_id, -5)], **_TWO)
    other_id = stage.market.base_asset_id
    yield from _posted(stage, [leg(0, account_id, other_id, -5, hold_id), leg(0, _BOB, other_id, 5)], **_TWO)
    yield from _posted(stage, from_both(held_atoms + 1, free_atoms), **_TWO)
    yield from _posted(stage, from_both(held_atoms, free_atoms + 1), **_TWO)
    yield frozen(account_id)
    yield from _posted(stage, from_both(held_atoms, free_atoms), **_TWO)
    yield from _posted(stage, [leg(0, account_id, asset_id, 5), leg(0, _BOB, asset_id, -5)])
    yield frozen(account_id, restriction=0)
    yield from _posted(stage, from_both(1, free_atoms + 5))
    yield from _posted(stage, from_both(1, 1), legs=4, **_TWO)
    custody = CUSTODY_ACCOUNTS[0]
    for empty_atoms in (1, 0):
        legs = [leg(0, EMPTY_CUSTODY_ACCOUNT, asset_id, amount) for amount in (-7, 7 + empty_atoms) if amount]
        yield from _posted(stage, [*legs, leg(0, custody, asset_id, -empty_atoms)] if empty_atoms else legs)
    yield from _posted(stage, from_both(held_atoms, free_atoms + 5), **_TWO)
    many = [leg(0, each, asset_id, sign) for _ in range(MAX_LEGS // 2) for each, sign in ((_ANN, -1), (_BOB, 1))]
    yield from _posted(stage, many, purpose=int(TransferPurpose.CORRECTION), **_TWO)
    yield from _posted(stage, [*many, leg(0, _CY, asset_id, 1)], legs=MAX_LEGS, purpose=0)
    yield from _posted(stage, [*many, leg(0, _CY, asset_id, 1)], legs=MAX_LEGS)
    yield from _posted(stage, [leg(0, _ANN, asset_id, -1), leg(0, _BOB, asset_id, 1)], purpose=11, actor_id=5)


def all_that_custody_may_owe(stage: Stage) -> Scene:
    """A new asset comes to its bound by transfers and by legs, and an atom beyond; it moves and is held whole."""
    account_id = stage.hand.new_account()
    if account_id is None:
        return
    asset_id, custody, second = account_id, *CUSTODY_ACCOUNTS
    decimals = stage.chance.choice((0, 9, 18))
    yield OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT)
    yield ListAsset(asset_id=asset_id, decimals=decimals, code=f"S{account_id}")
    part_atoms = stage.chance.choice((0, 1, 10**18))
    if part_atoms:
        yield moved(asset_id, account_id, part_atoms)
    whole = [leg(0, custody, asset_id, part_atoms - MAX_ATOMS), leg(0, account_id, asset_id, MAX_ATOMS - part_atoms)]
    beyond = [leg(0, second, asset_id, -1), leg(0, account_id, asset_id, 1)]
    yield from _posted(stage, whole + beyond)
    yield from _posted(stage, whole)
    yield from _posted(stage, beyond)
    yield moved(asset_id, account_id, 1)
    yield moved(asset_id, account_id, 2**63 - 1)
    yield from _posted(stage, [leg(0, second, asset_id, -1), leg(0, custody, asset_id, 1)])
    out, back = leg(0, account_id, asset_id, -MAX_ATOMS), leg(0, account_id, asset_id, MAX_ATOMS)
    yield from _posted(stage, stage.chance.sample([out, out, out, back, back, back], k=6))
    yield from _posted(stage, [out, leg(0, _ANN, asset_id, MAX_ATOMS)])
    yield from _posted(stage, [leg(0, _ANN, asset_id, -MAX_ATOMS), back])
    hold_id = stage.hand.numbers.hold_id()
    yield PlaceHold(hold_id=hold_id, account_id=account_id, asset_id=asset_id, amount_atoms=MAX_ATOMS, purpose=4)
    yield SettleHold(hold_id=hold_id, credit_account_id=_ANN, amount_atoms=MAX_ATOMS, release_rest=1)
    yield moved(asset_id, _ANN, MAX_ATOMS, out=True)
    yield moved(asset_id, _ANN, MAX_ATOMS - 1, out=True)
