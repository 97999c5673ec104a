"""The door to chains: what custody asks of whoever watches them, and on what terms each asset moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec


class Sighting(msgspec.Struct, frozen=True):
    """One output of a transaction that pays to an address of ours, as the chain has it now."""

    transaction_id: str
    output_index: int
    address: str
    asset_code: str
    amount_atoms: int
    """In the ledger's atoms of the asset."""
    confirmations: int
    """Blocks from its own to the newest, both counted; 0 while it waits for a block."""


class ChainReport(msgspec.Struct, frozen=True):
    """What a chain shows at one moment."""

    height: int
    """Number of the newest block."""
    sightings: tuple[Sighting, ...]
    """All outputs to our addresses that wait for a block or are in the block asked for or a later one."""


class ChainPort(Protocol):
    """Whoever speaks with chains. Every method may raise `ChainUnavailable`; it is then asked again later."""

    async def address_for(self, chain: str, account_id: int) -> str:
        """The address at which this account receives on the chain; the same one whenever it is asked."""

    def is_well_formed(self, chain: str, address: str, /) -> bool:
        """Whether coins could be sent there on this chain."""

    def spelled_alike(self, chain: str, address: str, /) -> str:
        """One spelling for all spellings of a well-formed address."""

    async def report(self, chain: str, from_height: int) -> ChainReport:
        """What is there from a block on."""


class ChainUnavailable(Exception):
    """The chain cannot be asked at the moment."""


class Terms(msgspec.Struct, frozen=True):
    """On what terms one asset moves on one chain. Amounts are decimal text in whole units."""

    asset_code: str
    chain: str
    """Name of the chain in the public interface."""
    coin_type: str
    """`CHAIN_TOKEN`, `ERC20_TOKEN`, `TRC20_TOKEN`."""
    confirmations: int
    """Blocks until a deposit is credited: how deep a reorganisation the site is ready for."""
    min_deposit: str = "0"
    withdraw_fee: str = "0"
    """Taken from what is withdrawn."""
    min_withdraw: str = "0"
    max_withdraw: str = "0"
    """0 for no limit."""
    allow_deposit: bool = True
    allow_withdraw: bool = True


class Chains:
    """The terms of a site, by asset and chain. Chains answer to other names of theirs, too."""

    def __init__(self, terms: Iterable[Terms] = (), other_names: Mapping[str, str] | None = None) -> None:
        self._terms = {(row.asset_code, row.chain): row for row in terms}
        self._other_names = dict(other_names or {})

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(chain for _, chain in self._terms))

    def named(self, name: str) -> str:
        """The chain of this name, as the public interface calls it."""
        return self._other_names.get(name, name)

    def of_asset(self, asset_code: str) -> list[Terms]:
        return [terms for (code, _), terms in self._terms.items() if code == asset_code]

    def find(self, asset_code: str, chain: str) -> Terms | None:
        return self._terms.get((asset_code, self.named(chain)))

    def deepest(self, chain: str) -> int:
        """Most confirmations that any asset of the chain waits for."""
        return max(row.confirmations for (_, name), row in self._terms.items() if name == chain)


class NoChains:
    """The port of a site that is on no chain."""

    async def address_for(self, chain: str, account_id: int) -> str:
        raise ChainUnavailable(f"the site is not on {chain}, where account {account_id} would receive")

    def is_well_formed(self, _chain: str, _address: str) -> bool:
        return False

    def spelled_alike(self, _chain: str, address: str) -> str:
        return address

    async def report(self, chain: str, from_height: int) -> ChainReport:
        raise ChainUnavailable(f"the site is not on {chain} and sees no block from {from_height} on")
