"""Random commands from a seed: a venue is set up, then traded on, changed, and sent what nobody should send.

The flow remembers a little of what it sent (prices, ids of orders that may rest) and nothing of what was answered, so
it is no model of the venue: whether a command is accepted, trades or is refused is the venue's to say. Its proportions
keep a few hundred orders in each book and let every command, event, refusal, reason and mode of the vocabulary occur
within 200,000 commands. What chance would seldom meet, the edges of amounts, sizes and times, `workload_scenes` plays.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import msgspec

from lionrock.sim.workload_bookings import Bookings
from lionrock.sim.workload_clients import (
    SHARE_HIDING,
    SHARE_NAMED,
    SHARE_RETRIED,
    Repeats,
    drawn_display,
    drawn_key,
)
from lionrock.sim.workload_gates import Gatekeeping
from lionrock.sim.workload_numbers import Numbers
from lionrock.sim.workload_phases import Plans
from lionrock.sim.workload_scenes import Scenes
from lionrock.sim.workload_stage import At
from lionrock.sim.workload_sweeps import GROUPS, sweeping_command
from lionrock.sim.workload_triggers import SHARE, Waits, drawn_trigger, may_wait, reaching_price
from lionrock.sim.workload_venue import (
    MARKETS,
    POOR_ACCOUNTS,
    RICH_ACCOUNTS,
    TradedMarket,
    opening_commands,
)
from lionrock.sim.workload_wrong import nasty_value, wrong_command
from lionrock.words.commands import (
    COMMANDS,
    AmendOrder,
    CancelOrder,
    Command,
    PlaceHold,
    PlaceOrder,
    SetAccountProfile,
    SetAssetPermission,
    SetKillSwitch,
    SetMarketRules,
)
from lionrock.words.enumerations import OrderType, SelfTradePrevention, Side, TimeInForce
from lionrock.words.records import RECORD_BYTES, layout_of

HEADER_BYTES = 18
"""Kind, sequence and time stand first in every record."""

RESTING_LIMIT = 1_500
"""From so many orders that may rest on, the oldest is cancelled in the place of each new one."""

LONGEST_LIFE_NS = 8_000_000
"""A good-till-date order ends within this, some 5,000 commands; most much earlier."""

NEW_ACCOUNTS = range(1_001, 1_601)
"""Opened by scenes, each once."""

EXPIRY_STEP_NS = 5_000
"""Expiry times are multiples of this, so that orders share them; some are over before the order is sent."""


def random_flow(seed: int, commands: int, *, batch: int = 1_000) -> Iterator[bytes]:
    """`commands` stamped commands in batches of packed records, the same for the same seed.

    Sequences run from 1 without gaps and times never fall, so that a fresh venue takes the batches as they come.
    """
    flow = _Flow(Random(seed))
    opening = [command.pack() for command in opening_commands()]
    sent = 0
    while sent < commands:
        size = min(batch, commands - sent)
        records = [flow.stamped(opening.pop(0)) if opening else flow.next_record() for _ in range(size)]
        sent += size
        yield b"".join(records)


def fuzz_records(seed: int, count: int, *, batch: int = 1_000) -> Iterator[bytes]:
    """`count` records whose sequences and times are in order and of which the rest is spoilt or chance alone.

    The venue is set up as in `random_flow`. After that, of ten records one is of random bytes, five are commands of a
    flow with some bytes overwritten, and four are left as they were, so that there is a state to spoil.
    """
    chance = Random(~seed)
    opening = len(opening_commands())
    position = 0
    for block in random_flow(seed, count, batch=batch):
        spoilt = bytearray(block)
        for offset in range(0, len(block), RECORD_BYTES):
            position += 1
            if position > opening:
                _spoil(chance, spoilt, offset)
        yield bytes(spoilt)


def _spoil(chance: Random, block: bytearray, offset: int) -> None:
    if block[offset] in _LASTING:
        return  # A spoilt release would leave all that follows refused.
    draw = chance.random()
    if draw < 0.1:
        kind = chance.choice([*COMMANDS, chance.randrange(2**16)])
        block[offset : offset + 2] = kind.to_bytes(2, "little")
        block[offset + HEADER_BYTES : offset + RECORD_BYTES] = chance.randbytes(RECORD_BYTES - HEADER_BYTES)
    elif draw < 0.6:
        # An id that only grows would, with a high byte set, be the last of the flow.
        first = _UNSPOILT.get(block[offset], HEADER_BYTES)
        for _ in range(chance.randint(1, 4)):
            block[offset + chance.randrange(first, RECORD_BYTES)] = chance.randrange(256)


def _packer(command_type: type[Command]) -> Callable[..., bytes]:
    """Packs kind and fields, in the order of the layout, into a whole record: much faster than `Record.pack`."""
    packer = layout_of(command_type).packer
    return struct.Struct(f"{packer.format}{RECORD_BYTES - packer.size}x").pack


def _end_of(command_type: type[Command], name: str) -> int:
    """Where a field ends in its record."""
    fields = layout_of(command_type).fields
    names = list(fields)
    return struct.calcsize("<" + "".join(fields[each].code for each in names[: names.index(name) + 1]))


_GROWING: tuple[tuple[type[Command], str], ...] = ((PlaceOrder, "order_id"), (PlaceHold, "hold_id"))
_pack_place = _packer(PlaceOrder)
_pack_cancel = _packer(CancelOrder)
_pack_amend = _packer(AmendOrder)
_PLACE, _CANCEL, _AMEND = (layout_of(kind).kind for kind in (PlaceOrder, CancelOrder, AmendOrder))
_LASTING = {layout_of(kind).kind for kind in (SetKillSwitch, SetAccountProfile, SetAssetPermission, SetMarketRules)}
_UNSPOILT = {layout_of(kind).kind: _end_of(kind, name) for kind, name in _GROWING}
"""By kind of command, the first byte behind an id that must not be spoilt."""
_STAMP = struct.Struct("<Qq")
_ORDER_ID = HEADER_BYTES + 8
"""Where an order's own id ends in the record that places it."""

# Plain integers: reading a member of an IntEnum costs more than the rest of a draw.
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_LIMIT, _MARKET = int(OrderType.LIMIT), int(OrderType.MARKET)
_GTC, _IOC, _FOK, _GTD, _DAY = (int(each) for each in TimeInForce)
_TIMES_IN_FORCE = ((0.46, _GTC), (0.52, _DAY), (0.55, _GTC), (0.62, _DAY), (0.85, _GTD), (0.93, _IOC), (1.0, _FOK))
"""Below which draw each is chosen."""
_MODES = (*[int(SelfTradePrevention.NONE)] * 4, *map(int, SelfTradePrevention))
_MODES_OF_MARKET_ORDERS = tuple(mode for mode in _MODES if mode != SelfTradePrevention.DECREMENT)


class Sent(NamedTuple):
    """An order that was sent to rest, as it was last asked to be."""

    order_id: int
    account_id: int
    market_number: int
    """Index of its market in `MARKETS`."""
    side: int
    price_ticks: int
    size_lots: int
    expire_time_ns: int
    """0 for never."""
    client_order_key: int = 0


class _Flow:
    """One flow's chance, clock and memory."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.sequence = 0
        self.time_ns = 0
        self.last_order_id = 0
        self.middles = [market.middle_ticks for market in MARKETS]
        """Around which price the orders of each market are, in ticks."""
        self.resting: list[Sent] = []
        """What was sent to rest; the venue may have refused, traded or ended it long ago."""
        self.releases: list[tuple[int, SetKillSwitch]] = []
        """From which sequence on each engaged kill switch is released."""
        self.plans = Plans(chance)
        self.gatekeeping = Gatekeeping(chance)
        self.repeats = Repeats(chance)
        self.numbers = Numbers(chance)
        self.bookings = Bookings(chance, self.numbers)
        self.scenes = Scenes(chance, self)
        self.new_accounts = iter(NEW_ACCOUNTS)

    def next_record(self) -> bytes:
        if step := self.scenes.next_step(may_begin=not self.releases):
            return self._played(step)
        if self.releases and self.releases[0][0] <= self.sequence:
            return self.stamped(self.releases.pop(0)[1].pack())
        if step := self.plans.due(self.sequence):
            return self.stamped(step.pack())
        if release := self.gatekeeping.due(self.sequence):
            return self.stamped(release.pack())
        draw = self.chance.random()
        if draw < 0.60:
            if draw < 0.60 * SHARE_RETRIED and (record := self.repeats.drawn()):
                return self.stamped(record[:HEADER_BYTES] + self.order_id().to_bytes(8, "little") + record[_ORDER_ID:])
            return self._limit_order() if self._has_room() else self._cancel(0)
        if draw < 0.66:
            return self._market_order()
        if draw < 0.76:
            return self._cancel(self._pick()) if self.resting else self._limit_order()
        if draw < 0.86:
            return self._amend(self._pick()) if self.resting else self._limit_order()
        if draw < 0.917:
            booking = self.bookings.command(self.sequence)
            return self.stamped(self.gatekeeping.released(booking, self.sequence).pack())
        if draw < 0.941:
            return self.stamped(self.plans.command(self.sequence, self.time_ns, self.middles).pack())
        if draw < 0.951:
            return self.stamped(self.gatekeeping.command(self.sequence, self.middles).pack())
        if draw < 0.966:
            return self.stamped(self._to_be_released(sweeping_command(self.chance)).pack())
        return self.stamped(self._unusual().pack()) if draw < 0.997 else self._unknown()

    def stamped(self, record: bytes) -> bytes:
        """The record as the next of the flow."""
        self._tick()
        return record[:2] + _STAMP.pack(self.sequence, self.time_ns) + record[HEADER_BYTES:]

    def _played(self, step: Command | At) -> bytes:
        """A step of a scene; at its own time, if that is not over."""
        if not isinstance(step, At):
            return self.stamped(step.pack())
        self.sequence += 1
        self.time_ns = max(self.time_ns, step.time_ns)
        return msgspec.structs.replace(step.command, sequence=self.sequence, time_ns=self.time_ns).pack()

    def _tick(self) -> None:
        self.sequence += 1
        self.time_ns += int(self.chance.random() * 2_000) * (self.sequence & 3)

    def _account(self) -> int:
        draw = self.chance.random()
        accounts = RICH_ACCOUNTS if draw < 0.9 else POOR_ACCOUNTS
        return accounts[int(self.chance.random() * len(accounts))]

    def order_id(self) -> int:
        """A new one; some are left out."""
        self.last_order_id += 1 if self.chance.random() < 0.9 else 7
        return self.last_order_id

    def new_account(self) -> int | None:
        """An account that was never opened, as long as there are any."""
        return next(self.new_accounts, None)

    def _market(self) -> int:
        """Index of a market, rather one that collects orders; the price of the one drawn drifts a little."""
        random = self.chance.random
        number = int(random() * len(MARKETS))
        collecting = self.plans.collecting(self.sequence)
        if collecting and random() < 0.15:
            number = self.chance.choice(collecting)
        market = MARKETS[number]
        if random() < 0.1:
            middle = self.middles[number] + int((random() * 3 - 1.5) * (1 + market.spread_ticks / 40))
            self.middles[number] = min(max(middle, market.middle_ticks // 2), market.middle_ticks * 2)
        return number

    def _limit_order(self) -> bytes:
        random = self.chance.random
        number = self._market()
        market = MARKETS[number]
        side = _BUY if random() < 0.5 else _SELL
        price_ticks = self._price(number, side)
        size_lots = 1 + int(random() * random() * market.common_lots)
        draw = random()
        time_in_force = next(kind for below, kind in _TIMES_IN_FORCE if draw < below)
        post_only = int(0.5 < draw < 0.6)
        account_id, order_id = self._account(), self.order_id()
        waits = self._waits(number, side, _LIMIT, post_only, 0)
        if waits.trigger and random() < 0.6:
            price_ticks = reaching_price(self.chance, side, waits, market.spread_ticks)
        self._tick()
        expire_time_ns = self._expiry() if time_in_force == _GTD else 0
        key = drawn_key(self.chance) if random() < SHARE_NAMED else 0
        if draw < 0.85 or waits.trigger:
            self.resting.append(Sent(order_id, account_id, number, side, price_ticks, size_lots, expire_time_ns, key))
        display_lots = drawn_display(self.chance, size_lots) if draw < 0.85 and random() < SHARE_HIDING else 0
        modes = _MODES_OF_MARKET_ORDERS if time_in_force == _FOK else _MODES
        record = _pack_place(
            _PLACE, self.sequence, self.time_ns, order_id, account_id, market.market_id,
            side, _LIMIT, time_in_force, post_only, price_ticks, size_lots, 0,
            modes[int(random() * len(modes))], expire_time_ns, int(random() * GROUPS), *waits, display_lots, key,
        )  # fmt: skip
        if key:
            self.repeats.keep(record)
        return record

    def _price(self, number: int, side: int) -> int:
        """Most are on their own side of the middle, the more the nearer; some reach across, a few as far as bands do.

        Where orders are collected they are on both sides alike, half of them at round prices, so that auctions have
        several to choose among.
        """
        random, spread_ticks = self.chance.random, MARKETS[number].spread_ticks
        distance = int((random() * random() - 0.03) * spread_ticks)
        if random() < 0.01:
            distance = -int(random() * spread_ticks)
        elif number in self.plans.collecting(self.sequence):
            distance = int((random() - 0.6) * 0.3 * spread_ticks)
            if random() < 0.5:
                step = max(spread_ticks // 16, 1)
                return max(1, (self.middles[number] + distance) // step * step)
        return max(1, self.middles[number] + (distance if side == _SELL else -distance))

    def _expiry(self) -> int:
        life_ns = int(self.chance.random() * self.chance.random() * LONGEST_LIFE_NS)
        return (self.time_ns + life_ns) // EXPIRY_STEP_NS * EXPIRY_STEP_NS

    def _market_order(self) -> bytes:
        random = self.chance.random
        number = self._market()
        market = MARKETS[number]
        side = _BUY if random() < 0.5 else _SELL
        size_lots = 1 + int(random() * random() * market.common_lots)
        if random() < 0.02:
            size_lots *= 50
        quote_atoms = 0
        if random() < 0.5:
            # Around a whole number of lots; now and then less than one.
            quote_atoms = int(size_lots * self.middles[number] * market.lot_tick_quote_atoms * (0.3 + random()))
            size_lots = 0
        size_lots = min(size_lots, market.max_size_lots)
        account_id, order_id = self._account(), self.order_id()
        waits = self._waits(number, side, _MARKET, 0, quote_atoms)
        key = drawn_key(self.chance) if random() < SHARE_NAMED else 0
        if waits.trigger:
            size = max(size_lots, 1)
            self.resting.append(Sent(order_id, account_id, number, side, self.middles[number], size, 0, key))
        self._tick()
        return _pack_place(
            _PLACE, self.sequence, self.time_ns, order_id, account_id, market.market_id,
            side, _MARKET, _IOC, 0, 0, size_lots, quote_atoms,
            _MODES_OF_MARKET_ORDERS[int(random() * len(_MODES_OF_MARKET_ORDERS))], 0, 0, *waits, 0, key,
        )  # fmt: skip

    def _waits(self, number: int, side: int, order_type: int, post_only: int, quote_atoms: int) -> Waits:
        """The trigger of one order in some of those that may have one."""
        if self.chance.random() > SHARE or not may_wait(side, order_type, post_only, quote_atoms):
            return Waits()
        return drawn_trigger(self.chance, side, self.middles[number], MARKETS[number].spread_ticks)

    def _has_room(self) -> bool:
        """Whether one more order may rest; the oldest are forgotten as long as they are overdue."""
        while len(self.resting) > RESTING_LIMIT:
            if not 0 < self.resting[0].expire_time_ns <= self.time_ns:
                return False
            del self.resting[0]
        return True

    def _pick(self) -> int:
        """Position of an order that may rest, the later ones rather; most that are overdue are forgotten on the way."""
        resting, random = self.resting, self.chance.random
        while True:
            position = int((1 - random() * random()) * (len(resting) - 1))
            expire_time_ns = resting[position].expire_time_ns
            if not 0 < expire_time_ns <= self.time_ns or len(resting) == 1 or random() < 0.05:
                return position
            del resting[position]

    def _cancel(self, position: int) -> bytes:
        sent = self.resting.pop(position)
        account_id = self._account() if self.chance.random() < 0.02 else sent.account_id
        order_id, key = self._named(sent)
        self._tick()
        return _pack_cancel(_CANCEL, self.sequence, self.time_ns, order_id, account_id, key)

    def _named(self, sent: Sent) -> tuple[int, int]:
        """Order id and key that name it in a command: rather its own id if it has one, now and then any id."""
        draw = self.chance.random()
        if draw < 0.02:
            return 0, drawn_key(self.chance)
        if draw < 0.40 and sent.client_order_key:
            return 0, sent.client_order_key
        return sent.order_id, drawn_key(self.chance) if draw > 0.95 else 0

    def _amend(self, position: int) -> bytes:
        """Smaller in its place, larger, moved away or across the touch; now and then in a way that must be refused."""
        random = self.chance.random
        sent = self.resting[position]
        _, account_id, number, side, price_ticks, size_lots, *_ = sent
        market = MARKETS[number]
        draw = random()
        if draw < 0.40:
            size_lots = max(1, int(size_lots * random() * 1.1))
        elif draw < 0.50:
            size_lots += 1 + int(random() * market.common_lots / 4)
        if draw >= 0.45:
            distance = int((random() * random() - (0.3 if draw > 0.92 else 0.0)) * market.spread_ticks)
            price_ticks = max(1, self.middles[number] + (distance if side == _SELL else -distance))
        self.resting[position] = sent._replace(price_ticks=price_ticks, size_lots=size_lots)
        if random() < 0.05:
            highest, largest = market.max_price_ticks, market.max_size_lots
            slips = ((0, 1), (highest + 1, 1), (highest, largest), (price_ticks, size_lots * 2_000), (price_ticks, 0))
            price_ticks, size_lots = self.chance.choice(slips)
            account_id = self._account() if random() < 0.2 else account_id
        order_id, key = self._named(sent)
        self._tick()
        return _pack_amend(_AMEND, self.sequence, self.time_ns, order_id, account_id, price_ticks, size_lots, key)

    def _unusual(self) -> Command:
        """What an operator sends, or what nobody should: one command in thirty."""
        number = self._market()
        plain = self._plain_order(MARKETS[number])
        command = wrong_command(self.chance, plain)
        if isinstance(command, PlaceOrder):
            price_ticks, size_lots = plain.price_ticks, plain.size_lots
            sent = Sent(command.order_id, command.account_id, number, plain.side, price_ticks, size_lots, 0)
            self.resting.append(sent)
        return self._to_be_released(self.gatekeeping.released(command, self.sequence))

    def _to_be_released(self, command: Command) -> Command:
        """The command; if it engages a kill switch, the release follows soon."""
        if isinstance(command, SetKillSwitch) and command.engaged:
            release = msgspec.structs.replace(command, engaged=0)
            self.releases.append((self.sequence + self.chance.randint(5, 40), release))
        return command

    def _plain_order(self, market: TradedMarket) -> PlaceOrder:
        return PlaceOrder(
            order_id=self.order_id(),
            account_id=self._account(),
            market_id=market.market_id,
            side=self.chance.choice((_BUY, _SELL)),
            order_type=_LIMIT,
            time_in_force=_GTC,
            post_only=0,
            price_ticks=market.middle_ticks,
            size_lots=1 + market.common_lots // 10,
            quote_amount_atoms=0,
        )

    def _unknown(self) -> bytes:
        kind = nasty_value(self.chance, "H")
        known = kind in COMMANDS
        return self.stamped((77 if known else kind).to_bytes(2, "little").ljust(RECORD_BYTES, b"\0"))
