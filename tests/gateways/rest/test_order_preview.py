"""What an order would do, told before it is placed: asked of the core, with nothing left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.errors import LicenceRule
from lionrock.gateways.rest.lionrock.previews import CANNOT_BE_UNDONE
from lionrock.rulebook.facts import RecordShape
from lionrock.site.facts.shapes import ShapeFacts
from lionrock.views.valuation import Valuation
from lionrock.words.commands import AssignFeeTier, SetAccountProfile, SetFeeTier, SetValuation
from tests.gateways.rest.inside import Inside, Key, code_of, reason_of

PREVIEW = "/lionrock/v1/orders/preview"
ORDERS = "/lionrock/v1/orders"
UNIT = 10**8


def buy(quantity: str = "2", price: str = "50000", **more: str) -> dict[str, str]:
    return {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": quantity, "price": price} | more


async def asked(key: Key, told: dict[str, str]) -> Any:
    answer = await key.signed("POST", PREVIEW, told)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_book(inside: Inside) -> Key:
    """One BTC at 50,000 and two at 50,100; whoever asks pays 0.1 % and 0.2 %."""
    seller, buyer = await inside.account(BTC="10"), await inside.account(USDT="1000000")
    await inside.site.node.submit(SetFeeTier(tier=7, maker_fee_ppm=1_000, taker_fee_ppm=2_000))
    await inside.site.node.submit(AssignFeeTier(account_id=buyer.account_id, tier=7))
    for quantity, price in (("1", "50000"), ("2", "50100")):
        sell = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "quantity": quantity, "price": price}
        assert (await seller.signed("POST", ORDERS, sell)).status_code == 200
    return buyer


@pytest.mark.shows("ENTR-050")
async def test_a_preview_says_what_the_order_then_does(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        key = await a_book(inside)
        before = inside.site.node.engine.digest()
        told = await asked(key, buy("2", "50100"))
        assert inside.site.node.engine.digest() == before
        assert (told["asset"], told["amount"]) == ("BTC", "2")
        assert told["value"] == {"asset": "USDT", "amount": "100200"}
        assert told["cannotBeUndone"] == CANNOT_BE_UNDONE
        assert (told["atOnce"]["quantity"], told["atOnce"]["value"]) == ("2", "100100")
        assert (told["atOnce"]["averagePrice"], told["atOnce"]["bestPrice"]) == ("50050", "50000")
        assert (told["atOnce"]["slippage"], told["atOnce"]["isAll"]) == ("0.001", True)
        fees = told["fees"]
        assert (fees["makerRate"], fees["takerRate"]) == ("0.001", "0.002")
        assert told["refused"] is None
        done = (await key.signed("POST", ORDERS, buy("2", "50100"))).json()
        assert [each["quote"] for each in done["fills"]] == ["50000", "50100"]
        assert [(each["asset"], each["amount"]) for each in done["fees"]] == [(fees["asset"], fees["atOnce"])]
        assert float(fees["ifMaker"]) * 2 == float(fees["ifTaker"])


@pytest.mark.shows("ENTR-050")
async def test_what_would_be_held_is_what_is_held(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        key = await a_book(inside)
        for told in (
            buy("2", "40000"),
            buy("2", "40000", postOnly="true"),
            buy("1", "60000", type="STOP_LIMIT", triggerPrice="70000"),
            {"symbol": "BTCUSDT", "side": "BUY", "type": "STOP", "amount": "500", "triggerPrice": "70000"},
        ):
            seen = await asked(key, told)
            done = (await key.signed("POST", ORDERS, told)).json()
            assert seen["held"] == done["held"], told
            assert seen["atOnce"]["quantity"] == "0"
        at_market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
        seen = await asked(key, at_market | {"quantity": "2"})
        assert seen["value"] == {"asset": "USDT", "amount": "100100"}
        assert seen["held"]["asset"] == "USDT"
        seen = await asked(key, at_market | {"amount": "50000"})
        assert (seen["amount"], seen["held"]) == (seen["atOnce"]["quantity"], {"asset": "USDT", "amount": "50000"})


@pytest.mark.shows("ENTR-051")
async def test_a_preview_tells_no_hidden_size(tmp_path: Path) -> None:
    """An iceberg behind the first level: the preview sees what everybody sees."""
    async with Inside(tmp_path).open() as inside:
        key, seller = await a_book(inside), await inside.account(BTC="100")
        iceberg = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "quantity": "9", "price": "49000"}
        done = await seller.signed("POST", ORDERS, iceberg | {"displayQuantity": "1"})
        assert done.status_code == 200, done.text
        seen = await asked(key, {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "4"})
        assert (seen["atOnce"]["quantity"], seen["value"]["amount"]) == ("4", "199200")  # 49,000 + 50,000 + 2 x 50,100
        assert seen["held"]["amount"] == "199200"


@pytest.mark.shows("ENTR-050", "ENTR-051")
async def test_a_refusal_is_told_with_its_rule_and_figures(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        key = await a_book(inside)
        inside.venue.licence_rules = {"EXPOSURE_ABOVE_LIMIT": [LicenceRule("HK-K03", "VATP 9.7")]}
        valuation = Valuation(inside.site.catalogue, inside.site.market_data, "USDT", {"USDT": "1"})
        inside.venue.clients = msgspec.structs.replace(inside.venue.clients, valuation=valuation)
        usdt, btc = (inside.site.catalogue.asset_by_code[code].asset_id for code in ("USDT", "BTC"))
        await inside.site.node.submit(SetValuation(asset_id=usdt, price_atoms=UNIT, is_money=1))
        await inside.site.node.submit(SetValuation(asset_id=btc, price_atoms=50_000 * UNIT, is_money=0))
        await inside.site.node.submit(
            SetAccountProfile(
                account_id=key.account_id, legal_entity=0, products=1, client_class=1, restriction=0, open_order_cap=0,
                exposure_limit_atoms=45_000 * UNIT,
            )
        )  # fmt: skip
        fits, above = buy("1", "40000"), buy("1", "45001")
        assert (await asked(key, fits))["exposure"] == {"asset": "USDT", "withOrder": "40000", "limit": "45000"}
        seen = await asked(key, above)
        assert seen["exposure"] == {"asset": "USDT", "withOrder": "45001", "limit": "45000"}
        assert seen["held"] is None
        refused = (await key.signed("POST", ORDERS, above)).json()
        assert seen["refused"] == refused
        assert refused["lionrock"]["licence_rules"] == [{"id": "HK-K03", "citation": "VATP 9.7"}]
        assert (await asked(key, buy("1", "1000000")))["refused"]["lionrock"]["name"] == "exposure_above_limit"


@pytest.mark.shows("ENTR-051")
async def test_who_may_ask_and_what_cannot_be_asked(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        key = await a_book(inside)
        before = inside.site.node.engine.digest()
        for wrong, name in (
            (buy(symbol="NONE"), "symbol_unknown"),
            (buy(price="-1"), "price_malformed"),
            (buy(quantity="0.000000001"), "quantity_not_multiple_of_lot"),
            (buy(amount="5"), "quantity_and_amount_given"),
            ({}, "parameter_missing_or_invalid"),
        ):
            assert reason_of(await key.signed("POST", PREVIEW, wrong)) == name
        unsigned = await inside.send("POST", PREVIEW, buy(), x_hk_apikey=key.key)
        assert code_of(unsigned) == "0001"
        stranger = Key(inside, key.key, "another secret", key.account_id)
        assert code_of(await stranger.signed("POST", PREVIEW, buy())) == "0002"
        assert inside.site.node.engine.digest() == before
        # Nobody asks for another account: the key's own is the one that is looked at, and no other can be named.
        poor = await inside.account(USDT="1")
        for_another = await poor.signed("POST", PREVIEW, buy("1", "40000", accountId=str(key.account_id)))
        assert reason_of(for_another) == "parameter_unsupported"
        named = await poor.signed("POST", PREVIEW, buy("1", "40000"))
        assert named.json()["refused"]["lionrock"]["name"] == "available_insufficient"


@pytest.mark.shows("ENTR-051")
def test_what_is_confirmed_before_a_trade_is_a_record_of_the_site() -> None:
    """VATP 9.31: asset, amount, fees, and that it cannot be undone."""
    told = {shape.record: shape.fields for shape in ShapeFacts(documented(ENDPOINTS), {}).facts(RecordShape) or ()}
    assert told["order_confirmation"] == ("asset", "amount", "fees", "cannot_be_undone")
    without = {shape.record for shape in ShapeFacts((), {}).facts(RecordShape) or ()}
    assert "order_confirmation" not in without
