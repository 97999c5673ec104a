"""What a site is stands in its file; a directory belongs to one site; a file that does not fit is refused whole."""

from __future__ import annotations

import json
import re
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
from tests.programs import run

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
        ('"Asia/Hong_Kong"', '"Mars/Phobos"', "there is no time zone Mars/Phobos"),
        ('"Asia/Hong_Kong"', '"Asia"', "there is no time zone Asia"),
        ('"Asia/Hong_Kong"', '"../zone"', "there is no time zone ../zone"),
        ('"Asia/Hong_Kong"', '""', "there is no time zone "),
        ('calendar = "HK"', 'calendar = "MOON"', "there is no calendar MOON; there are AE, BM"),
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


def of_hong_kong(directory: Path) -> Path:
    """A data directory as `lionrock init` makes it."""
    two = ("--staff", "ann@example.com=1", "--staff", "bob@example.com=2")
    assert run("init", f"{directory}", "--site", "hk", *two).returncode == 0
    return directory


def refused_words(*arguments: str, code: int = 1) -> str:
    """The one line that a command ends with."""
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    (line,) = ended.stderr.splitlines()
    return line


@pytest.mark.shows("SITE-003")
@pytest.mark.parametrize("started", [False, True])
def test_a_licensed_site_without_its_file_or_with_anothers_is_refused(tmp_path: Path, started: bool) -> None:
    data = of_hong_kong(tmp_path / "data")
    if started:
        assert LiveServer(data).stop() == 0
    own = (data / FILE_NAME).read_bytes()
    (data / FILE_NAME).unlink()
    for options in ((), ("--site", "hk"), ("--sandbox",)):
        words = refused_words("serve", "--data", f"{data}", "--port", "0", *options)
        assert f"{data} has no {FILE_NAME} and belongs to the site hk: put the site's own back" in words
    assert not (data / FILE_NAME).exists(), "none is put in place of the site's own"
    found = {each["code"]: each for each in json.loads(run("doctor", f"{data}", "--json").stdout)["findings"]}
    assert found["site-file"]["level"] == "error"
    assert "take site.toml out of a backup" in found["site-file"]["remedy"]

    (data / FILE_NAME).write_bytes(own.replace(b'id = "hk"', b'id = "mena"').replace(b"HK-VATP", b"AE-VARA"))
    for command, code in ((("serve", "--data", f"{data}", "--port", "0"), 1), (("eod", f"{data}", "--out", "no"), 2)):
        words = refused_words(*command, code=code)
        assert f"{data / FILE_NAME} is of the site mena, and {data} belongs to the site hk" in words
    assert "put the site's own back" in run("doctor", f"{data}").stdout

    (data / FILE_NAME).write_bytes(own)
    assert LiveServer(data).stop() == 0


@pytest.mark.shows("SITE-003")
async def test_a_site_of_before_is_known_by_the_runs_of_its_rules(tmp_path: Path) -> None:
    choose(tmp_path, "hk")
    site = await Site.open(tmp_path, time.time_ns, token_bytes)
    with site.database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE data_site")
        connection.exec_driver_sql(
            "INSERT INTO rulebook_runs (run_id, site, at_ns, digest, document) VALUES ('1', 'hk', 1, x'00', x'00')"
        )
    await site.close()
    (tmp_path / FILE_NAME).unlink()
    with pytest.raises(AnotherSite, match="belongs to the site hk"):
        definition_of(tmp_path)


@pytest.mark.shows("OPER-010", "SITE-002")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"[site]", b"xx", "Expected '='"),
        (b"Asia/Hong_Kong", b"Mars/Phobos", "there is no time zone Mars/Phobos"),
        (b'id = "HK-VATP"', b'id = "HK-NONE"', "there is no pack of the licence HK-NONE"),
    ],
)
def test_the_doctor_complains_of_a_file_that_keeps_the_site_from_starting(
    tmp_path: Path, old: bytes, new: bytes, words: str
) -> None:
    data = of_hong_kong(tmp_path / "data")
    path = data / FILE_NAME
    path.write_bytes(path.read_bytes().replace(old, new))
    assert words in refused_words("serve", "--data", f"{data}", "--port", "0")
    looked = run("doctor", f"{data}")
    assert looked.returncode == 1
    assert (words in looked.stdout, f"-> mend {path}" in looked.stdout) == (True, True)


@pytest.mark.shows("SITE-002")
def test_a_time_zone_that_there_is_not_is_one_line_of_every_command(tmp_path: Path) -> None:
    data = of_hong_kong(tmp_path / "data")
    path = data / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b"Asia/Hong_Kong", b"Mars/Phobos"))
    words = f"Error: {path}: there is no time zone Mars/Phobos"
    assert refused_words("serve", "--data", f"{data}", "--port", "0") == words
    assert refused_words("eod", f"{data}", "--out", f"{tmp_path / 'packs'}", code=2) == words
    assert refused_words("rulebook", "check", "--site", "hk", "--data", f"{data}", code=2) == words


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


@pytest.mark.shows("SITE-004")
def test_what_is_changed_in_the_file_later_is_told_and_changes_nothing(tmp_path: Path) -> None:
    data = of_hong_kong(tmp_path / "data")
    path = data / FILE_NAME
    assert path.read_text().startswith("# Read at the first start alone, and then changed by the staff, not here")
    server = LiveServer(data)
    before = server.get("/api/v1/exchangeInfo").json()["symbols"]
    assert (server.stop(), "first start alone" in server.errors) == (0, False)
    path.write_text(path.read_text().replace('tick = "0.01"', 'tick = "0.05"', 1))
    server = LiveServer(data)
    assert server.get("/api/v1/exchangeInfo").json()["symbols"] == before
    assert server.stop() == 0
    words = "site.toml is read at the first start alone, market BTCUSDT: tick_quote_atoms is 5000000 in the file and "
    assert words + "1000000 in the ledger: the ledger counts" in server.errors


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
    refused = run("serve", "--data", str(tmp_path / "data"), "--site", "mena")
    assert refused.returncode == 1
    assert "belongs to the site hk" in refused.stderr
