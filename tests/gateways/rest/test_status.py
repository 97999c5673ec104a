"""Whose site it is, and how it is doing, as anybody may read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock import __version__
from lionrock.site import readiness
from lionrock.words.commands import SetKillSwitch, SetMarketPhase
from lionrock.words.enumerations import KillSwitchScope, MarketPhase
from tests.gateways.rest.inside import Inside
from tests.gateways.rest.licensed import Licensed
from tests.gateways.rest.test_other_ways_in import BTCUSDT

STATUS = "/lionrock/v1/status"


@pytest.mark.shows("PUBL-030")
async def test_a_licensed_site_names_its_entities_and_licences(tmp_path: Path) -> None:
    async with Licensed(tmp_path).open(is_sandbox=False) as site:
        told = (await site.request("GET", STATUS)).json()
        assert (told["site"], told["title"], told["isSandbox"]) == ("HK", "Hong Kong", False)
        operator, trustee = told["entities"]
        licence = {"id": "HK-VATP", "name": "Hong Kong: virtual-asset trading platform", "reference": ""}
        assert (operator["title"], operator["licences"]) == ("Platform operator", [licence])
        assert trustee == {
            "code": "trust",
            "title": "Associated entity, trustee of clients' assets",
            "licences": [],
        }
        assert (told["version"], told["ready"], told["reasons"]) == (__version__, True, [])
        assert told["lastSequence"] == str(site.site.node.engine.last_sequence)
        assert told["checkpoint"] is None


@pytest.mark.shows("PUBL-030")
async def test_a_sandbox_says_so_and_claims_no_licence(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        told = (await inside.request("GET", STATUS)).json()
        assert (told["isSandbox"], told["entities"]) == (True, [])
        covered = told["lastSequence"]
    async with Inside(tmp_path).open() as inside:
        inside.pass_time(180)
        told = (await inside.request("GET", STATUS)).json()
        assert told["checkpoint"]["sequence"] == covered
        assert 120_000 < told["checkpoint"]["ageMs"] <= 181_000


@pytest.mark.shows("PUBL-030")
async def test_phases_and_reasons_are_told_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Inside(tmp_path).open() as inside:
        node = inside.site.node
        halt = SetMarketPhase(market_id=BTCUSDT, phase=MarketPhase.HALTED, at_time_ns=0, reference_price_ticks=0)
        await node.submit(halt)
        told = (await inside.request("GET", STATUS)).json()
        market = next(row for row in told["markets"] if row["symbol"] == "BTCUSDT")
        assert market == {"symbol": "BTCUSDT", "phase": "HALTED", "isStopped": False}
        await node.submit(SetKillSwitch(scope=KillSwitchScope.SITE, scope_id=0, engaged=1))
        told = (await inside.request("GET", STATUS)).json()
        assert all(row["isStopped"] for row in told["markets"])
        monkeypatch.setattr(readiness, "_free_bytes", lambda _: 1_000)
        told = (await inside.request("GET", STATUS)).json()
        assert (told["ready"], [reason["code"] for reason in told["reasons"]]) == (False, ["disk_nearly_full"])
