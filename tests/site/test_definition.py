"""What a site is stands in its file; a directory belongs to one site; a file that does not fit is refused whole."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from secrets import token_bytes

import pytest

from lionrock.site.definition import (
    FILE_NAME,
    AnotherSite,
    DefinitionInvalid,
    choose,
    definition_of,
    known_sites,
    read_definition,
)
from lionrock.site.establishing import establish
from lionrock.site.site import Site
from lionrock.words.enumerations import AccountKind, ClientClass
from lionrock.words.events import AccountProfileSet, CommandRejected
from tests.gateways.rest.live import LiveServer

HK = Path(__file__).parents[2] / "src/lionrock/site/sites/hk.toml"


def complaints(tmp_path: Path, old: str, new: str) -> str:
    text = HK.read_text()
    assert old in text
    (tmp_path / FILE_NAME).write_text(text.replace(old, new, 1))
    with pytest.raises(DefinitionInvalid) as caught:
        definition_of(tmp_path)
    return str(caught.value)


@pytest.mark.shows("SITE-001")
def test_four_sites_come_with_the_program() -> None:
    assert known_sites() == ["eu", "global", "hk", "mena"]
    for site_id in known_sites():
        assert read_definition(site_id).site.id == site_id


@pytest.mark.shows("SITE-002")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("number = 2", "number = 1", "entity number stands twice: 1"),
        ('"CUSTODY", "SUSPENSE"', '"CUSTODY"', "no entity holds accounts of kind SUSPENSE"),
        ('"INSURANCE"]', '"INSURANCE", "CLIENT"]', "kind of account held stands twice: CLIENT"),
        ('entity = "operator"', 'entity = "nobody"', "licence HK-VATP: there is no entity nobody"),
        ('base = "BTC"', 'base = "XRP"', "market BTCUSDT: there is no XRP"),
        ('tick = "0.01"', 'tick = "0.03"', "market BTCUSDT: 10000000 is no multiple of its step"),
        ('classes = ["professional", "institutional"]', 'classes = ["expert"]', "there is no client class expert"),
        ('valuation_asset = "USD"', 'valuation_asset = "JPY"', "the valuation asset JPY is no asset of the site"),
        ('kind = "FEE"', 'kind = "CLIENT"', "account 2: CLIENT is no kind of account of the site's own"),
        ('title = "Hong Kong"', 'titel = "Hong Kong"', "titel"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert words in complaints(tmp_path, old, new)


@pytest.mark.shows("SITE-003")
def test_a_directory_belongs_to_one_site(tmp_path: Path) -> None:
    choose(tmp_path, "hk")
    assert choose(tmp_path, "hk").site.id == "hk"
    with pytest.raises(AnotherSite, match=re.escape("belongs to the site hk")):
        choose(tmp_path, "mena")


@pytest.mark.shows("SITE-004", "SITE-005")
@pytest.mark.parametrize("site_id", ["hk", "mena", "eu", "global"])
async def test_a_first_start_establishes_the_site_and_a_second_changes_nothing(tmp_path: Path, site_id: str) -> None:
    choose(tmp_path, site_id)
    site = await Site.open(tmp_path, time.time_ns, token_bytes)
    heard: list[object] = []
    site.node.subscribe(lambda published: heard.extend(published.events))
    try:
        definition = site.definition
        assert definition is not None
        assert await establish(site, definition) > 0
        assert not [event for event in heard if isinstance(event, CommandRejected)]
        assert [market.symbol for market in site.catalogue.markets.values()] == [m.symbol for m in definition.markets]
        profiles = {event.account_id: event for event in heard if isinstance(event, AccountProfileSet)}
        for account in definition.accounts:
            assert profiles[account.id].legal_entity == definition.entity_of_kind(AccountKind[account.kind]).number
        for market in definition.markets:
            rules = site.trading_rules.rules[market.id]
            assert not rules.admitted_classes >> ClientClass.UNCLASSIFIED & 1  # nobody trades before a decision
            assert rules.legal_entity == definition.entity_of_kind(AccountKind.CLIENT).number
        assert await establish(site, definition) == 0
    finally:
        await site.close()
    again = await Site.open(tmp_path, time.time_ns, token_bytes)
    try:
        assert again.definition == definition
        assert await establish(again, definition) == 0
    finally:
        await again.close()


@pytest.mark.shows("SITE-006")
def test_trustee_and_operator_are_different_in_hong_kong() -> None:
    hk = read_definition("hk")
    assert hk.entity_of_kind(AccountKind.CLIENT).code == hk.entity_of_kind(AccountKind.CUSTODY).code == "trust"
    assert hk.entity_of_kind(AccountKind.FEE).code == hk.entity_of_kind(AccountKind.HOUSE).code == "operator"
    assert hk.entity_of_kind(AccountKind.CLIENT).number != hk.entity_of_kind(AccountKind.HOUSE).number


@pytest.mark.shows("SITE-003", "SITE-007")
def test_a_site_is_served_with_its_gates(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data", "--site", "hk", "--sandbox")
    try:
        trader = server.account(USD="1000000")
        assert trader.limit("BUY", "0.1", "60000", symbol="BTCUSD")["status"] == "NEW"
    finally:
        assert server.stop() == 0
    command = [sys.executable, "-m", "lionrock.cli", "serve", "--data", str(tmp_path / "data"), "--site", "mena"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == 1
    assert "belongs to the site hk" in refused.stderr
