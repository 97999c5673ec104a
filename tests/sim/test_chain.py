"""The simulated chains: blocks, reorganisations, and a file that outlives the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.custody.chains import ChainUnavailable
from lionrock.sim.chain import SimulatedChains


def chains(directory: Path) -> SimulatedChains:
    return SimulatedChains(directory, lambda: b"\x01" * 16)


async def confirmations(made: SimulatedChains, from_height: int = 0) -> dict[str, int]:
    report = await made.report("BTC", from_height)
    return {row.transaction_id: row.confirmations for row in report.sightings}


async def test_blocks_confirm_and_a_reorganisation_takes_back(tmp_path: Path) -> None:
    made = chains(tmp_path)
    first = made.send("BTC", "somewhere", "BTC", 5)
    assert await confirmations(made) == {first: 0}
    assert made.add_blocks("BTC", 2) == 2
    second = made.send("BTC", "somewhere", "BTC", 5)
    made.add_blocks("BTC", 1)
    assert await confirmations(made) == {first: 3, second: 1}
    assert await confirmations(made, from_height=2) == {second: 1}
    assert made.reorganise("BTC", 1, drop=False) == 2
    assert await confirmations(made) == {first: 2, second: 0}
    made.add_blocks("BTC", 1)
    assert made.reorganise("BTC", 9, drop=True) == 0
    assert await confirmations(made) == {}


async def test_a_chain_is_there_after_a_restart(tmp_path: Path) -> None:
    made = chains(tmp_path)
    sent = made.send("BTC", "somewhere", "BTC", 5)
    made.add_blocks("BTC", 4)
    again = SimulatedChains(tmp_path, lambda: b"\x02" * 16)
    assert await confirmations(again) == {sent: 4}
    assert await again.address_for("Tron", 7) == await made.address_for("Tron", 7)
    assert (tmp_path / "simulated_chains.json").stat().st_mode & 0o777 == 0o600


async def test_every_account_has_its_address_on_every_chain(tmp_path: Path) -> None:
    made = chains(tmp_path)
    given = {
        (chain, account): await made.address_for(chain, account)
        for chain in ("BTC", "ETH", "Tron")
        for account in (1, 2)
    }
    assert len(set(given.values())) == 6
    assert all(made.is_well_formed(chain, address) for (chain, _), address in given.items())
    assert not made.is_well_formed("DOGE", given["BTC", 1])
    with pytest.raises(ChainUnavailable):
        await made.address_for("DOGE", 1)
    with pytest.raises(ChainUnavailable):
        made.send("DOGE", "somewhere", "BTC", 5)
