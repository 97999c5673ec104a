"""What a sandbox lets everybody do with its simulated chains: send coins, add blocks, undo them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from lionrock.custody.chains import ChainPort
from lionrock.gateways.rest.contract import Body, Call, Endpoint, Handler, Kind, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.words.amounts import InexactAmount, MalformedAmount, parse_decimal
from lionrock.words.limits import MAX_ATOMS

MAX_BLOCKS = 100
"""Added or undone at once."""


class SandboxChains(ChainPort, Protocol):
    """Chains that do as they are told. Methods raise `ChainUnavailable` for a chain there is not."""

    def send(self, chain: str, address: str, asset_code: str, amount_atoms: int) -> str:
        """A transaction that waits for a block; its id."""

    def add_blocks(self, chain: str, count: int) -> int:
        """The height after them."""

    def reorganise(self, chain: str, depth: int, *, drop: bool) -> int:
        """Undo blocks, with their transactions if they are to be dropped; the height after it."""

    async def run(self) -> None:
        """A block from time to time, until it is cancelled."""


MakeChains = Callable[[Path], SandboxChains]
"""From the data directory."""


class _Payment(msgspec.Struct, rename="camel"):
    coin: str
    chain_type: str
    address: str
    quantity: str


class _Blocks(msgspec.Struct, rename="camel"):
    chain_type: str
    count: int


class _Undone(msgspec.Struct, rename="camel"):
    chain_type: str
    depth: int
    drop: bool = False


class Sent(msgspec.Struct, rename="camel"):
    tx_id: str


class Height(msgspec.Struct):
    height: int


_Told = TypeVar("_Told", bound=msgspec.Struct)


def _read(call: Call, wanted: type[_Told]) -> _Told:
    try:
        return msgspec.json.decode(call.body, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise missing_or_invalid("body") from error


def endpoints(chains: SandboxChains) -> tuple[Endpoint, ...]:
    """The rows of the table, which work on these chains."""

    async def send(venue: Venue, call: Call) -> Sent:
        told = _read(call, _Payment)
        asset, terms = venue.catalogue.asset_by_code.get(told.coin), _chain(venue, told.coin, told.chain_type)
        if asset is None or terms is None:
            raise Refused("0402")
        if not chains.is_well_formed(terms, told.address):
            raise Refused(-1163)
        try:
            atoms = parse_decimal(told.quantity, asset.decimals)
        except (MalformedAmount, InexactAmount) as error:
            raise Refused(-1126) from error
        if not 0 < atoms <= MAX_ATOMS:
            raise Refused(-1126)
        return Sent(chains.send(terms, told.address, asset.code, atoms))

    async def add_blocks(venue: Venue, call: Call) -> Height:
        told = _read(call, _Blocks)
        return Height(chains.add_blocks(_known(venue, told.chain_type), _bounded(told.count, "count")))

    async def undo_blocks(venue: Venue, call: Call) -> Height:
        told = _read(call, _Undone)
        chain, depth = _known(venue, told.chain_type), _bounded(told.depth, "depth")
        return Height(chains.reorganise(chain, depth, drop=told.drop))

    return _rows(send, add_blocks, undo_blocks)


def _rows(send: Handler, add_blocks: Handler, undo_blocks: Handler) -> tuple[Endpoint, ...]:
    chain = Parameter("chainType", "Chain, by any of its names", is_required=True, example="BTC")
    return (
        Endpoint(
            "POST",
            "/lionrock/v1/sandbox/deposits",
            Security.NONE,
            1,
            send,
            "Send simulated coins to an address (only on a sandbox)",
            Body.JSON,
            parameters=(
                Parameter("coin", "Asset", is_required=True, example="BTC"),
                chain,
                Parameter("address", "Where to", is_required=True),
                Parameter("quantity", "How much", Kind.DECIMAL, is_required=True, example="1.5"),
            ),
            answer=Sent,
        ),
        Endpoint(
            "POST",
            "/lionrock/v1/sandbox/blocks",
            Security.NONE,
            1,
            add_blocks,
            "Add blocks to a simulated chain",
            Body.JSON,
            parameters=(chain, Parameter("count", "How many, 1 to 100", Kind.WHOLE_NUMBER, is_required=True)),
            answer=Height,
        ),
        Endpoint(
            "POST",
            "/lionrock/v1/sandbox/reorganisations",
            Security.NONE,
            1,
            undo_blocks,
            "Undo the last blocks of a simulated chain",
            Body.JSON,
            parameters=(
                chain,
                Parameter("depth", "How many, 1 to 100", Kind.WHOLE_NUMBER, is_required=True),
                Parameter("drop", "Whether their transactions are gone for good", Kind.BOOLEAN),
            ),
            answer=Height,
        ),
    )


def _chain(venue: Venue, asset_code: str, name: str) -> str | None:
    terms = venue.clients.wallet.chains.find(asset_code, name)
    return None if terms is None else terms.chain


def _known(venue: Venue, name: str) -> str:
    chains = venue.clients.wallet.chains
    chain = chains.named(name)
    if chain not in chains.names:
        raise Refused(-1130, "chainType")
    return chain


def _bounded(count: int, name: str) -> int:
    if not 0 < count <= MAX_BLOCKS:
        raise missing_or_invalid(name)
    return count
