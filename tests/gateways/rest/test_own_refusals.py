"""Every refusal under /lionrock/v1 says why, with figures a trader can read; and changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from lionrock.gateways.rest.errors import CODES, MESSAGES, Refused
from lionrock.gateways.rest.reasons import RULES, own_reason, reason_number, refused_body, refused_by_core
from lionrock.site.sandbox import DEFINITION
from lionrock.views.catalogue import Market
from lionrock.views.telling import About
from lionrock.words.events import AssetListed, CommandRejected, MarketListed
from lionrock.words.figures import FIGURES, Unit
from lionrock.words.rejections import EXPLANATIONS, Rejection
from tests.gateways.rest.live import LiveServer, Trader, now_ms
from tests.gateways.rest.own import ORDERS, done, own, place, placed, reason, send_own
from tests.house.tree import ROOT

STAMP: dict[str, Any] = {"index": 0, "sequence": 5, "time_ns": 9}


def asset(asset_id: int) -> AssetListed:
    return AssetListed(asset_id=asset_id, decimals=8, code=DEFINITION.assets[asset_id - 1].code, **STAMP)


def btcusdt() -> Market:
    listing = DEFINITION.listing(DEFINITION.markets[0])
    fields = {name: getattr(listing, name) for name in listing.__struct_fields__ if name not in STAMP}
    return Market(MarketListed(**fields, **STAMP), asset(1), asset(3))


def figure_names(rejection: Rejection) -> list[str]:
    return [name for name, _ in FIGURES[rejection] if name]


@pytest.mark.shows("ENTR-030")
@pytest.mark.parametrize("rejection", Rejection)
def test_every_rejection_has_named_figures(rejection: Rejection) -> None:
    event = CommandRejected(command_kind=10, rejection=rejection, first_figure=2_000, second_figure=3_000, **STAMP)
    body = refused_by_core(event, About(btcusdt(), asset(3))).body()
    details = body["lionrock"]
    assert isinstance(details, dict)
    assert (body["code"], details["rejection"]) == (CODES[rejection], int(rejection))
    assert details["name"] == rejection.name.lower()
    assert details["next_step"] == EXPLANATIONS[rejection].next_step
    assert details.get("rule") == RULES.get(rejection)
    figures = details["figures"]
    assert (figures.pop("first"), figures.pop("second")) == ("2000", "3000")
    assert list(figures) == figure_names(rejection)
    for (name, unit), raw in zip(FIGURES[rejection], ("2000", "3000"), strict=True):
        if not name:
            continue
        shown = {
            Unit.PRICE: {"value": "20" if raw == "2000" else "30", "unit": "USDT"},
            Unit.SIZE: {"value": "0.02" if raw == "2000" else "0.03", "unit": "BTC"},
            Unit.QUOTE: {"value": "0.00002" if raw == "2000" else "0.00003", "unit": "USDT"},
            Unit.HELD: {"value": "0.00002" if raw == "2000" else "0.00003", "unit": "USDT"},
            Unit.STAKE: {"value": raw, "unit": "atoms"},
            Unit.SHARE: {"value": "0.002" if raw == "2000" else "0.003", "unit": "share"},
            Unit.TIME: {"value": "0", "unit": "ms"},
            Unit.NUMBER: {"value": raw, "unit": "number"},
        }
        assert figures[name] == shown[unit]


@pytest.mark.shows("ENTR-035")
@pytest.mark.parametrize("rejection", Rejection)
def test_the_words_are_in_units_wherever_the_figures_are(rejection: Rejection) -> None:
    event = CommandRejected(command_kind=10, rejection=rejection, first_figure=2_000, second_figure=3_000, **STAMP)
    details = refused_by_core(event, About(btcusdt(), asset(3))).body()["lionrock"]
    assert isinstance(details, dict)
    words, template = str(details["words"]), EXPLANATIONS[rejection].words
    for which, (name, unit) in zip(("first", "second"), FIGURES[rejection], strict=True):
        if f"{{{which}}}" in template and unit in {Unit.PRICE, Unit.SIZE, Unit.QUOTE, Unit.HELD}:
            assert "{value} {unit}".format(**details["figures"][name]) in words
    of_the_core = re.compile(r"\b(atoms|ticks?|lots?|ppm)\b")
    if rejection is not Rejection.EXPOSURE_ABOVE_LIMIT and not of_the_core.search(template):  # no market is listed yet
        assert not of_the_core.search(words), words


@pytest.mark.shows("ENTR-035")
def test_what_is_not_known_is_told_as_the_core_counts_it() -> None:
    event = CommandRejected(command_kind=10, rejection=300, first_figure=2_000, second_figure=3_000, **STAMP)
    details = refused_by_core(event).body()["lionrock"]
    assert isinstance(details, dict)
    assert details["words"] == "2000 atoms are needed and 3000 atoms are available."


@pytest.mark.shows("ENTR-030")
@pytest.mark.parametrize("rejection", Rejection)
def test_a_figure_has_a_name_when_the_words_use_it(rejection: Rejection) -> None:
    used = set(re.findall(r"{(first|second)}", EXPLANATIONS[rejection].words))
    named = {place for place, (name, _) in zip(("first", "second"), FIGURES[rejection], strict=True) if name}
    assert used <= named


@pytest.mark.shows("ENTR-031")
def test_the_rules_named_stand_in_the_specification() -> None:
    text = "".join(page.read_text() for page in (ROOT / "spec").glob("*.md"))
    for rule in RULES.values():
        assert f"### {rule} " in text


@pytest.mark.shows("ENTR-031")
@pytest.mark.parametrize("code", MESSAGES)
def test_every_refusal_of_the_gateway_has_a_reason(code: str | int) -> None:
    own_words = own_reason(Refused(code, "name"))
    assert own_words["rejection"] == reason_number(code)
    assert re.fullmatch(r"[a-z0-9_,.]+", str(own_words["name"]))
    assert own_words["words"]
    assert own_words["next_step"]
    assert "lionrock" in refused_body(Refused(code), "/lionrock/v1/orders")
    assert "lionrock" not in refused_body(Refused(code), "/api/v1/spot/order")


@pytest.mark.shows("ENTR-031")
def test_the_gateways_numbers_are_its_own() -> None:
    numbers = [reason_number(code) for code in MESSAGES]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > max(Rejection)


@pytest.fixture(scope="module")
def trader(server: LiveServer) -> Trader:
    return server.account(BTC="1", USDT="100000")


GOOD = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "40000"}

BAD: dict[str, tuple[dict[str, Any], str | int]] = {
    "no symbol": ({"symbol": None}, "0001"),
    "unknown symbol": ({"symbol": "NONE"}, "0201"),
    "unknown side": ({"side": "HOLD"}, -1117),
    "unknown kind": ({"type": "TRAILING"}, "0206"),
    "price off tick": ({"price": "40000.001"}, "0209"),
    "no number": ({"price": "much"}, "0207"),
    "below zero": ({"quantity": "-1"}, -1126),
    "off lot": ({"quantity": "0.000001"}, -1137),
    "nothing": ({"quantity": "0"}, -1126),
    "unknown time in force": ({"timeInForce": "GTX"}, -1115),
    "unknown self-trade mode": ({"selfTradeMode": "EXPIRE_TAKER"}, -1130),
    "no boolean": ({"postOnly": "yes"}, "0001"),
    "group too large": ({"group": str(2**32)}, "0001"),
    "time too late": ({"timeInForce": "GTD", "expireTimeMs": "9" * 18}, "0001"),
    "time without GTD": ({"expireTimeMs": "1900000000000"}, -1014),
    "GTD without time": ({"timeInForce": "GTD"}, -1014),
    "trigger price without trigger": ({"triggerPrice": "41000"}, -1014),
    "trigger without its price": ({"type": "STOP_LIMIT"}, -1124),
    "trigger price too high": ({"type": "STOP_LIMIT", "triggerPrice": "99999999"}, -1124),
    "market with a price": ({"type": "MARKET"}, -1014),
    "display above size": ({"displayQuantity": "2"}, -1126),
    "not enough": ({"quantity": "10"}, "0401"),
    "too much": ({"quantity": "100000000000000000"}, -1135),
    "a list": ({"price": ["1"]}, "0001"),
    "name like an id": ({"clientOrderId": str(10**18 + 5)}, -1123),
}


@pytest.mark.shows("ENTR-032")
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_a_reason_and_changes_nothing(server: LiveServer, trader: Trader, name: str) -> None:
    change, code = BAD[name]
    members = {key: value for key, value in (GOOD | change).items() if value is not None}
    answer = own(trader, "POST", **members)
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["code"] == code, body
    assert {"rejection", "name", "words", "figures", "next_step"} <= body["lionrock"].keys()
    assert done(own(trader, "GET")) == []
    assert trader.balances() == {"BTC": ("1", "0"), "USDT": ("100000", "0")}


@pytest.mark.shows("ENTR-032")
def test_figures_are_in_the_assets_own_decimals(server: LiveServer, trader: Trader) -> None:
    funds = reason(place(trader, "BUY", "10", "40000"), "0401", "available_insufficient")
    assert funds["figures"]["needed"] == {"value": "400000", "unit": "USDT"}
    assert funds["figures"]["available"] == {"value": "100000", "unit": "USDT"}
    assert funds["words"] == "400000 USDT are needed and 100000 USDT are available."
    coins = reason(place(trader, "SELL", "2", "40000"), "0401", "available_insufficient")
    assert coins["figures"]["available"] == {"value": "1", "unit": "BTC"}
    small = reason(place(trader, "BUY", "0.0001", "40000"), -1140, "notional_below_minimum")
    assert (small["figures"]["least"], small["figures"]["value"]) == (
        {"value": "5", "unit": "USDT"},
        {"value": "4", "unit": "USDT"},
    )
    assert small["words"] == "The order is worth 4 USDT; the market's least is 5 USDT."


@pytest.mark.shows("ENTR-033")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ('"text"', 400),
        ("null", 400),
        ('{"symbol":"BTCUSDT","symbol":"BTCUSDT"}', 400),
        ("[" * 5000, 400),
        ('{"symbol":"\\ud800"}', 400),
        ("\xff", 400),
        ('{"orders":[]}', 400),
        ('{"orders":[1]}', 400),
        ('{"x":"' + "y" * 70_000 + '"}', 413),
    ],
)
def test_what_is_no_object_is_refused(server: LiveServer, trader: Trader, body: str, status: int) -> None:
    for method, path in (("POST", ORDERS), ("POST", f"{ORDERS}/batch"), ("PATCH", ORDERS), ("DELETE", ORDERS)):
        answer = send_own(trader, method, path, body)
        assert (answer.status_code, "lionrock" in answer.json()) == (status, True), answer.text
    assert done(own(trader, "GET")) == []


MISTYPED = {"postonly": "postOnly", "timeInforce": "timeInForce", "tiggerPrice": "triggerPrice", "colour": None}


@pytest.mark.shows("ENTR-036")
@pytest.mark.parametrize("name", MISTYPED)
def test_a_name_that_is_not_known_is_refused_with_it(server: LiveServer, trader: Trader, name: str) -> None:
    """In the body and in the query; the contract's own order goes through with it."""
    order = json.dumps(GOOD | {"price": "30000"})
    bodies = {"POST": order, "PATCH": '{"orderId":"1","price":"1"}', "DELETE": '{"all":true}'}
    for method, path in (("POST", ORDERS), ("POST", f"{ORDERS}/preview"), ("PATCH", ORDERS), ("DELETE", ORDERS)):
        sent = bodies[method][:-1] + f', "{name}": "IOC"' + "}"
        for answer in (
            send_own(trader, method, path, sent),
            send_own(trader, method, path, bodies[method], query=f"{name}=IOC"),
        ):
            why = reason(answer, -1130, "parameter_unsupported")
            assert why["words"] == f"{name} is no parameter of this endpoint."
            if method == "POST":
                nearest = MISTYPED[name]
                assert why["next_step"].startswith(f"Send {nearest}, if" if nearest else "Leave it out;")
    reason(own(trader, "POST", "/lionrock/v1/killSwitch", engaged=True, **{name: "1"}), -1130, "parameter_unsupported")
    rows = done(own(trader, "POST", f"{ORDERS}/batch", orders=[GOOD | {name: "IOC"}, GOOD | {"price": "30000"}]))
    assert rows["results"][0]["refused"]["lionrock"]["words"] == f"{name} is no parameter of this endpoint."
    assert len(done(own(trader, "GET"))) == 1, "the other order of the batch alone"
    done(own(trader, "DELETE", all=True))
    assert trader.place(side="BUY", quantity="1", price="30000", **{name: "IOC"}).status_code == 200
    done(own(trader, "DELETE", all=True))


@pytest.mark.shows("ENTR-033")
def test_a_name_twice_in_an_inner_object_is_refused(server: LiveServer, trader: Trader) -> None:
    row = json.dumps(GOOD)[:-1] + ',"price":"1"}'
    reason(send_own(trader, "POST", f"{ORDERS}/batch", f'{{"orders":[{row}]}}'), "0001", "parameter_missing_or_invalid")
    assert done(own(trader, "GET")) == []


@pytest.mark.shows("ENTR-033")
def test_of_a_name_in_both_the_query_wins(server: LiveServer, trader: Trader) -> None:
    order = placed(trader, "BUY", "1", "40000")
    ended = send_own(trader, "DELETE", ORDERS, '{"orderId":"1"}', query=f"orderId={order['order']['orderId']}")
    assert done(ended)["order"]["status"] == "CANCELED"


@pytest.mark.shows("ENTR-034")
def test_the_body_is_signed(server: LiveServer, trader: Trader) -> None:
    body = json.dumps(GOOD)
    query = f"timestamp={now_ms()}"
    query += f"&signature={trader.sign(query + body)}"
    other = body.replace("40000", "41000")
    reason(trader.send("POST", ORDERS, query, other), "0002", "signature_incorrect")
    unsigned = f"timestamp={now_ms()}"
    unsigned += f"&signature={trader.sign(unsigned)}"
    reason(trader.send("POST", ORDERS, unsigned, body), "0002", "signature_incorrect")
    assert done(own(trader, "GET")) == []


@pytest.mark.shows("ENTR-031")
def test_whatever_else_is_wrong_has_a_reason(server: LiveServer, trader: Trader) -> None:
    def details(answer: httpx.Response) -> Any:
        return answer.json()["lionrock"]

    assert details(server.get("/lionrock/v1/nothing"))["name"] == "path_unknown"
    assert details(server.get("/lionrock/v1/orders"))["name"] == "parameter_missing_or_invalid"
    assert details(server.get("/lionrock/v1/book", symbol="NONE"))["name"] == "symbol_unknown"
    late = f"timestamp={int(now_ms()) - 10_000}"
    stale = trader.send("GET", ORDERS, f"{late}&signature={trader.sign(late)}")
    assert details(stale)["name"] == "timestamp_outside_window"
