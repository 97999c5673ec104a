"""A page that is wrong, or a venue that is, does not pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lionrock.words.commands import AmendOrder, CancelOrder, PlaceOrder
from lionrock.words.enumerations import SelfTradePrevention, TimeInForce, Trigger
from lionrock.words.events import EVENTS, AccountOpened, Event, OrderPlaced
from lionrock.words.records import unpack_all
from tests.engines import new_venue
from tests.spec.pages import COMMANDS, SPEC, Criterion, MalformedPage, read_page, read_pages, stage_rows, tables_of
from tests.spec.performance import STAGE_ANSWERS, PageDiffers, Performance
from tests.spec.sentences import expected_events, in_words
from tests.spec.stage import Stage

PAGE = """# Orders

### ORDR-001 An order rests and trades

| command | events |
|---|---|
| tier 1 maker 1000 taker 200000 | set |
| bob to tier 1 | assigned |
| A = ann sell 5 @ 100 | A placed, holds 5 |
| B = bob buy 7 @ 110 | B placed, holds 770; trade 5 @ 100: B takes A, taker fee 1, maker fee 0; \
A filled, releases 0; B hold reduced by 50 |
| PlaceOrder side=7 | refused SIDE_UNKNOWN 7 0 |
| bob cancels B | B cancelled REQUESTED, 2 left, releases 220 |
| ann cancels B | refused ORDER_UNKNOWN B 0 |
| C = cy sell 1 @ 90 | C placed, holds 1 |

| account | asset | available | held |
|---|---|---|---|
| bob | BTC | 104 | 0 |

| bids | price | asks |
|---|---|---|
|  | 90 | 1 C |
"""

WRONG: list[tuple[str, str, str]] = [
    ("holds 5 |", "holds 6 |", "expected  A placed, holds 6\n  actual    A placed, holds 5"),
    ("taker fee 1", "taker fee 2", "TradeExecuted.taker_fee_atoms is 1, not 2"),
    ("trade 5 @ 100", "trade 5 @ 101", "TradeExecuted.price_ticks is 100, not 101"),
    (
        "; B hold reduced by 50",
        "",
        "actual    B placed, holds 770; trade 5 @ 100: B takes A, taker fee 1, maker fee 0; A",
    ),
    ("reduced by 50", "reduced by 50; B filled, releases 0", "hold reduced by 50; B filled, releases 0"),
    ("| set |", "| refused FEE_RATE_ABOVE_LIMIT 1000000 2000 |", "actual    set"),
    ("SIDE_UNKNOWN 7 0", "SIDE_UNKNOWN 8 0", "actual    refused SIDE_UNKNOWN 7 0"),
    ("REQUESTED", "WOULD_TAKE", "OrderCancelled.reason is 1, not 4"),
    ("ORDER_UNKNOWN B 0", "ORDER_UNKNOWN A 0", "CommandRejected.first_figure is 18, not 17"),
    ("| 104 | 0", "| 105 | 0", "row       bob BTC\n  expected  105 | 0\n  actual    104 | 0"),
    ("| 104 | 0", "| 104 | 1", "actual    104 | 0"),
    ("|  | 90 | 1 C |", "", "expected  empty\n  actual     | 90 | 1 C"),
    ("|  | 90 | 1 C |", "| 1 C | 90 |  |", "actual     | 90 | 1 C"),
]

UNREADABLE: list[tuple[str, str, str]] = [
    ("ann sell 5 @ 100", "ann sells 5 @ 100", "not in the grammar of the command column"),
    ("A placed, holds 5", "A rests", "not in the grammar of the events column"),
    ("bob cancels B", "bob cancels Z", "no row named an order Z"),
    ("| A placed", "| B placed", "the row names its order 'A', its events 'B'"),
    ("PlaceOrder side", "PlaceOrder sides", "PlaceOrder has no field sides"),
    ("| tier 1 maker 1000 taker 200000 | set |", "| stop BTCEUR | stopped |", "BTCEUR is neither the site nor"),
    ("| tier 1 maker 1000 taker 200000 | set |", "| cancel all | 0 cancelled |", "not in the grammar of the command"),
    ("PlaceOrder side", "PlaceOrders side", "PlaceOrders is no command"),
    ("bob to tier 1 | assigned", "BTCUSD to LUNCH | phase LUNCH from CONTINUOUS", "LUNCH is no market phase"),
    ("| account | asset | available | held |", "| who | asset | available | held |", "no table has the columns who"),
]


def play(directory: Path, page: str) -> None:
    path = directory / "orders.md"
    path.write_text(page, "utf-8")
    [criterion] = read_page(path)
    Performance(new_venue("auditor")).play(criterion)


def test_right_page_passes(tmp_path: Path) -> None:
    play(tmp_path, PAGE)


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG)
def test_wrong_page_is_told_in_its_own_words(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert PAGE.count(right) == 1
    with pytest.raises(PageDiffers) as difference:
        play(tmp_path, PAGE.replace(right, wrong))
    assert told in str(difference.value)
    assert "ORDR-001 An order rests and trades" in str(difference.value)


@pytest.mark.parametrize(("right", "wrong", "told"), UNREADABLE)
def test_unreadable_page_says_what_it_does_not_understand(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    with pytest.raises(MalformedPage, match=told):
        play(tmp_path, PAGE.replace(right, wrong, 1))


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("# A\n\n### ORD-1 No code\n", "is not a code like ABCD-001 and a sentence"),
        ("# A\n\n## Orders\n\n| command | events |\n|---|---|\n", "stands under no criterion"),
        ("# A\n\n### ORDR-001 One\n\n| command | events |\n| a | b |\n", "row of dashes"),
        ("# A\n\n### ORDR-001 One\n\n| command | events |\n|---|---|\n| a |\n", "1 cells under 2 columns"),
    ],
)
def test_malformed_page_is_refused(tmp_path: Path, page: str, told: str) -> None:
    (tmp_path / "a.md").write_text(page, "utf-8")
    with pytest.raises(MalformedPage, match=told):
        read_page(tmp_path / "a.md")


class Lying:
    """A venue behind a lens: its state lines are changed before anybody sees them."""

    def __init__(self, change: Callable[[str], str], engine: str = "auditor") -> None:
        self._honest = new_venue(engine)
        self._change = change

    def apply(self, commands: bytes | memoryview) -> bytes:
        return self._honest.apply(commands)

    def digest(self) -> str:
        return self._honest.digest()

    def lines(self) -> list[str]:
        return [self._change(line) for line in self._honest.lines()]


RESTING = """# Orders

### ORDR-001 Two orders rest

| command | events |
|---|---|
| A = ann sell 5 @ 200 | A placed, holds 5 |
| B = bob buy 7 @ 110 | B placed, holds 770 |
"""


@pytest.mark.parametrize(
    ("honest", "lie", "told"),
    [
        ("balance|13|1|100|0", "balance|13|1|101|0", "the balances of asset 1 sum to 1, not to 0"),
        ("balance|13|1|100|0", "balance|13|1|-1|101", "account 13 has -1 available and 101 held"),
        ("balance|1|1|-300|0", "balance|1|1|1|0", "account 1 has 1 available"),
        ("balance|11|1|95|5", "balance|11|1|96|4", "account 11 has 4 held of asset 1, its orders and holds 5"),
        ("order|1|2|200|", "order|1|2|110|", "market 1 is crossed: best bid 110, best ask 110"),
        ("|15|11|5|5|5|0|0|0|0|0|0", "|15|11|5|5|5|0|0|0|0|1|0", "order 15 was to end at 1 and rests at 1"),
        ("venue|15|1|0|15|0", "venue|15|1|0|15|1", "order 15 of account 11 rests in market 1 under an engaged"),
        ("account|11|1|0|11|0", "account|11|1|0|11|1", "order 15 of account 11 rests in market 1 under an engaged"),
        ("|1000000000|2|0", "|1000000000|2|1", "order 15 of account 11 rests in market 1 under an engaged"),
        ("|15|11|5|5|5|0|0|0|0|0|0|1", "|15|11|5|5|5|0|0|0|0|0|0|2", "order 15 of time in force 2 rests in market 1"),
        ("|15|11|5|5|5|", "|15|11|5|5|4|", "order 15 sells 5 atoms and holds 4"),
        ("|16|12|7|7|770|", "|16|12|7|7|769|", "order 16 holds 769 and may cost 770"),
        ("|1|0|5|0|0|0|0", "|1|0|4|0|0|0|0", "order 15 shows 4 of 5, its display size is 0"),
        ("|1|0|5|0|0|0|0", "|1|3|4|0|0|0|0", "order 15 shows 4 of 5, its display size is 3"),
        ("|1|0|5|0|0|0|0", "|1|3|0|0|0|0|0", "order 15 shows 0 of 5, its display size is 3"),
        ("|1|0|5|0|0|0|0", "|1|0|5|0|0|2|0", "order 15 of least fee 0 and maker rate 0 paid 0, due 2"),
        ("|1|0|5|0|0|0|0", "|1|0|5|0|9|2|10", "order 15 of least fee 9 and maker rate 0 paid 10, due 2"),
        ("|1|0|5|0|0|0|0", "|1|0|5|0|9|0|9", "order 15 of least fee 9 paid 9 and has 5 of 5 left"),
        ("|1|0|5|0|0|0|0", "|1|0|5|7|0|0|0", "client's id 7 of account 11 is of open order 15, its line says None"),
    ],
)
def test_unsound_state_is_found_after_any_row(tmp_path: Path, honest: str, lie: str, told: str) -> None:
    path = tmp_path / "orders.md"
    path.write_text(RESTING, "utf-8")
    [criterion] = read_page(path)
    Performance(new_venue("auditor")).play(criterion)
    with pytest.raises(PageDiffers) as difference:
        Performance(Lying(lambda line: line.replace(honest, lie))).play(criterion)
    assert told in str(difference.value)


NAMED = """# The client's own ids

### CLID-001 Two orders have ended, one rests

| command | events |
|---|---|
| A = ann buy 1 @ 100 ioc client 7 | A placed, holds 100; A cancelled IMMEDIATE_REMAINDER, 1 left, releases 100 |
| B = ann buy 1 @ 100 ioc client 8 | B placed, holds 100; B cancelled IMMEDIATE_REMAINDER, 1 left, releases 100 |
| C = ann buy 1 @ 100 client 9 | C placed, holds 100 |
| time 86400000000000 | advanced |
"""


@pytest.mark.parametrize(
    ("honest", "lie", "told"),
    [
        (
            "client|11|8|16|2",
            "client|11|8|16|0",
            "the client's id 8 of account 11 is taken at 86400000000000, order 16",
        ),
        (
            "client|11|9|17|-1",
            "client|11|9|17|3",
            "client's id 9 of account 11 is of open order 17, its line says None",
        ),
        ("client|11|9|17|-1", "client|11|9|18|-1", "client's id 9 of account 11 is of open order 17, its line says 18"),
        (
            "client|11|8|16|2",
            "client|11|8|16|-1",
            "client's id 8 of account 11 is of open order None, its line says 16",
        ),
        ("client|11|8|16|2", "client|11|7|16|2", "the clients' ids are not in order, or one is there twice"),
        ("client|11|8|16|2", "client|11|10|16|2", "the clients' ids are not in order, or one is there twice"),
    ],
)
def test_unsound_client_ids_are_found_after_any_row(tmp_path: Path, honest: str, lie: str, told: str) -> None:
    path = tmp_path / "client-ids.md"
    path.write_text(NAMED, "utf-8")
    [criterion] = read_page(path)
    Performance(new_venue("auditor")).play(criterion)
    with pytest.raises(PageDiffers) as difference:
        Performance(Lying(lambda line: line.replace(honest, lie))).play(criterion)
    assert told in str(difference.value)


COLLECTED = """# Auctions

### AUCT-001 Orders cross where they are collected

| command | events |
|---|---|
| BTCUSD to HALTED at 60 | scheduled |
| BTCUSD to PRE_OPEN | phase PRE_OPEN from CONTINUOUS |
| A = ann sell 5 @ 100 day | A placed, holds 5 |
| B = bob buy 5 @ 110 | B placed, holds 550 |
"""


@pytest.mark.parametrize(
    ("honest", "lie", "told"),
    [
        ("|1000000000|2|0|2|0|0", "|1000000000|2|0|1|0|0", "market 1 is crossed: best bid 110, best ask 100"),
        (
            "|1000000000|2|0|2|0|0",
            "|1000000000|2|0|6|0|0",
            "order 17 of time in force 5 is open in market 1, which is closed",
        ),
        ("schedule|60|1|4|0", "schedule|1|1|4|0", "market 1 was to change to phase 4 at 1, and it is 1"),
    ],
)
def test_unsound_phase_is_found_after_any_row(tmp_path: Path, honest: str, lie: str, told: str) -> None:
    path = tmp_path / "auctions.md"
    path.write_text(COLLECTED, "utf-8")
    [criterion] = read_page(path)
    Performance(new_venue("fast")).play(criterion)
    with pytest.raises(PageDiffers) as difference:
        Performance(Lying(lambda line: line.replace(honest, lie), "fast")).play(criterion)
    assert told in str(difference.value)


def test_every_word_of_the_pages_is_told_back_as_it_stands() -> None:
    """Events in words are the page's own words: a cell, understood and told again, is the same cell."""
    performance = Performance(new_venue("auditor"))
    stage = performance.stage
    readme = (SPEC / "README.md").read_text("utf-8").splitlines()
    assert any(table.columns == ("in the events column", "means") for table in tables_of(readme, 1))
    for command, cell in [
        ("A = ann sell 5 @ 100", "A placed, holds 5"),
        ("B = bob buy 7 @ 110", "B placed, holds 770; trade 2 @ 100: B takes A; B hold reduced by 50"),
        ("C = bob buy 7 @ 110", "C placed, holds 770; trade 2 @ 100: C takes A, taker fee 3, maker fee 4"),
        ("bob cancels B", "B filled, releases 7"),
        ("D = cy sell 2 @ 90 day", "D placed, holds 2"),
        ("BTCUSD to PRE_OPEN", "phase PRE_OPEN from HALTED"),
        ("BTCUSD to CLOSED at 50 reference 104", "scheduled"),
        ("BTCUSD band 100000", "band set"),
        ("BTCUSD to CONTINUOUS", "uncrossed 3 @ 100, imbalance -1; auction 2 @ 100: C buys from D"),
        ("time 60", "phase CLOSED from CONTINUOUS; auction 1 @ 99: C buys from D, buyer fee 0, seller fee 2; advanced"),
        ("bob cancels B", "B cancelled WOULD_TAKE, 2 left, releases 220"),
        ("deposit 5 USD to ann", "posted"),
        ("asset ETH id 4 decimals 2", "listed"),
        ("account dee 14 CLIENT", "opened"),
        ("tier 3 maker 1 taker 2", "set"),
        ("dee to tier 3", "assigned"),
        ("E = bob buy 1 @ 99 stop 105 fok", "E placed, holds 99"),
        ("bob cancels D", "E triggered; trade 1 @ 99: E takes D; D filled, releases 0"),
        ("bob amends E to 1 @ 98", "refused AMENDED_ORDER_IS_WAITING E 0"),
        ("SetAccountProfile restriction=1", "profile set"),
        ("SetMarketRules admitted_classes=12", "rules set"),
        ("tier 3 maker -1000 taker 2000", "set"),
        ("F = bob sell 9 @ 99 shows 3 client 7", "F placed, holds 9"),
        ("G = cy buy 4 @ 99", "G placed, holds 396; trade 3 @ 99: G takes F, taker fee 5, maker fee -4"),
        ("time 61", "F replenished, shows 3, 6 left; advanced"),
        ("H = bob sell 9 @ 99 client 7", "refused CLIENT_ORDER_ID_IN_USE F 0"),
        ("bob amends client 7 to 8 @ 99", "F amended, holds 5, keeps its place"),
        ("bob cancels client 7", "F cancelled REQUESTED, 5 left, releases 5"),
        ("Unknown kind=77", "refused COMMAND_UNKNOWN 77 0"),
    ]:
        asked = stage.ask(command)
        assert in_words(expected_events(cell, asked, stage), asked, stage) == cell


@pytest.mark.parametrize(
    "criterion",
    [pytest.param(criterion, id=criterion.code) for criterion in read_pages(SPEC) if criterion.is_executable],
)
def test_every_row_of_the_pages_is_told_back_as_it_stands(criterion: Criterion) -> None:
    """Without any venue: each page is in the grammar, and what a venue does is told in the very words of the page."""
    stage = Stage()
    answers = [(row.cells[0], STAGE_ANSWERS[row.cells[0].split()[0]]) for row in stage_rows(SPEC)]
    rows = [row.cells for table in criterion.tables if table.columns == COMMANDS for row in table.rows]
    for command, cell in [*answers, *rows]:
        asked = stage.ask(command)
        told = in_words(expected_events(cell, asked, stage), asked, stage)
        assert told == cell.replace(", taker fee 0, maker fee 0", "")


def test_orders_details_stand_in_any_order_and_none_twice() -> None:
    stage = Performance(new_venue("auditor")).stage
    stage.time_step_ns = 0
    one = stage.ask("A = ann buy 2 @ 100 until 50 post-only decrement group 4 on BTCUSD").command
    stage.sequence -= 1
    assert stage.ask("A = ann buy 2 @ 100 on BTCUSD group 4 decrement post-only until 50").command == one
    assert isinstance(one, PlaceOrder)
    assert (one.time_in_force, one.expire_time_ns, one.post_only) == (TimeInForce.GOOD_TILL_DATE, 50, 1)
    assert (one.self_trade_prevention, one.group_id) == (SelfTradePrevention.DECREMENT, 4)
    two = stage.ask("B = bob buy for 300 at market take-profit 95").command
    assert isinstance(two, PlaceOrder)
    assert (two.trigger, two.trigger_price_ticks, two.quote_amount_atoms) == (Trigger.TAKE_PROFIT, 95, 300)
    assert (one.trigger, one.trigger_price_ticks) == (Trigger.NONE, 0)
    three = stage.ask("C = bob sell 9 @ 100 client 7 stop 95 shows 4").command
    assert isinstance(three, PlaceOrder)
    assert (three.display_lots, three.client_order_key, three.trigger_price_ticks) == (4, 7, 95)
    assert (one.display_lots, one.client_order_key) == (0, 0)
    for twice in (
        "ioc fok",
        "expire-maker decrement",
        "until 5 until 6",
        "fok until 6",
        "stop 5 take-profit 6",
        "shows 1 shows 2",
    ):
        with pytest.raises(MalformedPage, match="says one thing twice"):
            stage.ask(f"A = ann buy 2 @ 100 {twice}")


def test_least_fee_of_an_order_is_that_of_the_asset_of_its_fees() -> None:
    """Fees of a buy in a RECEIVED-fee market are in base, all others in quote; whom a rebate awaits pays no least."""
    stage = Stage()
    for text, answer in [
        *((row.cells[0], STAGE_ANSWERS[row.cells[0].split()[0]]) for row in stage_rows(SPEC)),
        ("ListMarket symbol=QTE fee_currency=2", "listed"),
        ("SetMarketRules minimum_fee_base_atoms=3 minimum_fee_quote_atoms=30", "rules set"),
        ("SetMarketRules market_id=9 minimum_fee_base_atoms=4 minimum_fee_quote_atoms=40", "rules set"),
        ("tier 1 maker -1 taker 0", "set"),
        ("cy to tier 1", "assigned"),
    ]:
        expected_events(answer, stage.ask(text), stage)

    def least(text: str) -> int:
        [placed] = expected_events("A placed, holds 1", stage.ask(text), stage)
        assert isinstance(placed, OrderPlaced)
        return placed.minimum_fee_atoms

    orders = ("ann buy 1 @ 1", "ann sell 1 @ 1", "ann buy 1 @ 1 on QTE", "ann sell 1 @ 1 on QTE", "cy buy 1 @ 1")
    assert [least(f"A = {order}") for order in orders] == [3, 30, 40, 40, 0]


def test_client_ids_name_orders_in_commands() -> None:
    stage = Performance(new_venue("auditor")).stage
    assert stage.ask("ann cancels client 7").command == CancelOrder(
        sequence=stage.sequence, time_ns=stage.time_ns, order_id=0, account_id=11, client_order_key=7
    )
    assert stage.ask("ann amends client 7 to 3 @ 100").command == AmendOrder(
        sequence=stage.sequence,
        time_ns=stage.time_ns,
        order_id=0,
        account_id=11,
        client_order_key=7,
        price_ticks=100,
        size_lots=3,
    )


ICEBERG = """# Icebergs

### ICEB-001 The book of a page shows what others see

| command | events |
|---|---|
| A = ann sell 5 @ 200 shows 3 | A placed, holds 5 |

| bids | price | asks |
|---|---|---|
|  | 200 | 3 A |
"""


def test_book_of_a_page_gives_what_shows(tmp_path: Path) -> None:
    play(tmp_path, ICEBERG)
    with pytest.raises(PageDiffers, match=r"actual     \| 200 \| 3 A"):
        play(tmp_path, ICEBERG.replace("3 A", "5 A"))


def test_events_carry_their_place_and_time() -> None:
    """The stage is at time 0, each row after it one nanosecond later, as sequence, time and index of events show."""
    performance = Performance(new_venue("auditor"))
    asked = performance.stage.ask("account dee 14 CLIENT")
    told: list[Event] = unpack_all(EVENTS, performance.venue.apply(asked.record))
    assert told == [AccountOpened(index=0, sequence=15, time_ns=1, account_id=14, account_kind=1)]
