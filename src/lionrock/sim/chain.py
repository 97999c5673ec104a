"""Simulated chains behind custody's port: addresses with right checksums, blocks by the clock, and some on demand.

What is sent is kept in a file, as a chain outlives the process of whoever watches it. The addresses belong to nobody:
coins of a real chain sent there are lost. Those of Bitcoin are of regression-test networks, which no real wallet pays
to.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from lionrock.custody.addresses import (
    ChainKind,
    bitcoin_test_address,
    evm_address,
    is_well_formed,
    same_destination,
    tron_address,
)
from lionrock.custody.chains import ChainReport, ChainUnavailable, Sighting

FILE = "simulated_chains.json"
KINDS = {"BTC": ChainKind.BITCOIN, "ETH": ChainKind.EVM, "Tron": ChainKind.TRON}
"""Chains there are, by the name of the public interface."""
_WRITE = {
    ChainKind.BITCOIN: bitcoin_test_address,
    ChainKind.EVM: evm_address,
    ChainKind.TRON: tron_address,
}
_ACCOUNT_BYTES = 20
BLOCK_SECONDS = 2


class _Output(msgspec.Struct):
    transaction_id: str
    output_index: int
    address: str
    asset_code: str
    amount_atoms: int
    block: int
    """Number of its block; 0 while it waits for one."""


class _Chain(msgspec.Struct):
    height: int = 0
    transactions: int = 0
    outputs: list[_Output] = []


class _State(msgspec.Struct):
    seed: str
    chains: dict[str, _Chain]


class SimulatedChains:
    """All chains of one sandbox. `seed` names it: other sandboxes give other addresses."""

    def __init__(self, directory: Path, seed: Callable[[], bytes], kinds: Mapping[str, ChainKind] = KINDS) -> None:
        self._path, self._kinds = directory / FILE, kinds
        try:
            self._state = msgspec.json.decode(self._path.read_bytes(), type=_State)
        except FileNotFoundError:
            self._state = _State(seed().hex(), {name: _Chain() for name in kinds})
            self._write()

    def _write(self) -> None:
        """Whole or not at all."""
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(self._state))
        draft.chmod(0o600)
        draft.rename(self._path)

    def _chain(self, name: str) -> _Chain:
        try:
            return self._state.chains[name]
        except KeyError:
            raise ChainUnavailable(f"there is no simulated chain {name}") from None

    async def address_for(self, chain: str, account_id: int) -> str:
        self._chain(chain)
        digest = hashlib.sha256(f"{self._state.seed} {chain} {account_id}".encode()).digest()
        return _WRITE[self._kinds[chain]](digest[:_ACCOUNT_BYTES])

    def is_well_formed(self, chain: str, address: str) -> bool:
        return chain in self._kinds and is_well_formed(self._kinds[chain], address)

    def spelled_alike(self, chain: str, address: str) -> str:
        return same_destination(self._kinds[chain], address)

    async def report(self, chain: str, from_height: int) -> ChainReport:
        there = self._chain(chain)
        return ChainReport(
            there.height,
            tuple(
                Sighting(
                    output.transaction_id,
                    output.output_index,
                    output.address,
                    output.asset_code,
                    output.amount_atoms,
                    there.height - output.block + 1 if output.block else 0,
                )
                for output in there.outputs
                if not output.block or output.block >= from_height
            ),
        )

    def send(self, chain: str, address: str, asset_code: str, amount_atoms: int) -> str:
        """A transaction with one output, to be in the next block; its id. Raises `ChainUnavailable`."""
        there = self._chain(chain)
        there.transactions += 1
        transaction_id = hashlib.sha256(f"{self._state.seed} {chain} {there.transactions}".encode()).hexdigest()
        if self._kinds[chain] is ChainKind.EVM:
            transaction_id = "0x" + transaction_id
        there.outputs.append(_Output(transaction_id, 0, address, asset_code, amount_atoms, 0))
        self._write()
        return transaction_id

    def add_blocks(self, chain: str, count: int) -> int:
        """What waits goes into the first of them; the height after the last."""
        there = self._chain(chain)
        for _ in range(count):
            there.height += 1
            for output in there.outputs:
                output.block = output.block or there.height
        self._write()
        return there.height

    def reorganise(self, chain: str, depth: int, *, drop: bool) -> int:
        """Undo the last blocks: their transactions wait again, or never were; the height after it."""
        there = self._chain(chain)
        there.height = max(0, there.height - depth)
        undone = [output for output in there.outputs if output.block > there.height]
        for output in undone:
            output.block = 0
        if drop:
            there.outputs = [output for output in there.outputs if output.block]
        self._write()
        return there.height

    async def run(self, pause_seconds: float = BLOCK_SECONDS) -> None:
        """A block on every chain again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(pause_seconds)
            for name, there in self._state.chains.items():
                if there.outputs:  # an empty chain has nothing to confirm
                    self.add_blocks(name, 1)
